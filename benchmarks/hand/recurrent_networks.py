"""Recurrent networks with states in a list (examples/recurrent_networks.py).

The products with the inputs and the outputs, and the outer products of all steps, are gathered into
one matrix product each.
"""

import numpy as np


def rnn_loss_grad(params, V, x, h, y):
    W, U, b = params
    steps, size = len(x), len(h)
    states = np.empty((steps + 1, size))
    states[0] = h
    inputs = x @ U.T
    inputs += b
    for t in range(steps):
        z = W.dot(h)
        z += inputs[t]
        h = np.tanh(z, out=states[t + 1])

    after = states[1:]
    residual = after @ V.T
    residual -= y
    residual *= 2 / steps
    h_bars = residual @ V
    z_bars = after * after
    np.subtract(1, z_bars, out=z_bars)  # the slopes of tanh, scaled step by step below
    h_bar = h_bars[-1]
    for t in range(steps - 1, 0, -1):
        z_bar = z_bars[t]
        z_bar *= h_bar
        h_bar = z_bar.dot(W)
        h_bar += h_bars[t - 1]
    z_bars[0] *= h_bar
    params_bar = z_bars.T @ states[:-1], z_bars.T @ x, z_bars.sum(axis=0)
    return params_bar, residual.T @ after


def lstm_loss_grad(params, V, x, h, y):
    W, U, b = params
    steps, n = len(x), len(h)
    states = np.empty((steps + 1, n))
    cells = np.empty((steps + 1, n))
    squashed = np.empty((steps, n))
    states[0], cells[0] = h, 0.0
    gates = x @ U.T  # of all steps: forget, enter, leave, and what may enter
    gates += b
    for t in range(steps):
        z = gates[t]
        z += W.dot(states[t])
        s = z[: 3 * n]
        np.negative(s, out=s)
        np.exp(s, out=s)
        s += 1
        np.reciprocal(s, out=s)
        np.tanh(z[3 * n :], out=z[3 * n :])
        c = cells[t + 1]
        np.multiply(z[:n], cells[t], out=c)
        c += z[n : 2 * n] * z[3 * n :]
        np.tanh(c, out=squashed[t])
        np.multiply(z[2 * n : 3 * n], squashed[t], out=states[t + 1])

    after = states[1:]
    residual = after @ V.T
    residual -= y
    residual *= 2 / steps
    h_bars = residual @ V
    # What z_bar is made of for all steps: products with the gates' slopes.
    forget, enter, leave = gates[:, :n], gates[:, n : 2 * n], gates[:, 2 * n : 3 * n]
    new = gates[:, 3 * n :]
    z_bars = np.empty_like(gates)
    z_bars[:, :n] = cells[:-1] * forget * (1 - forget)
    z_bars[:, n : 2 * n] = new * enter * (1 - enter)
    z_bars[:, 3 * n :] = enter * (1 - new * new)
    z_bars[:, 2 * n : 3 * n] = squashed * leave * (1 - leave)
    slopes = leave * (1 - squashed * squashed)
    c_bar = np.zeros(n)
    h_bar = h_bars[-1]
    for t in range(steps - 1, -1, -1):
        z_bar = z_bars[t]
        c_bar += slopes[t] * h_bar
        z_bar[2 * n : 3 * n] *= h_bar
        z_bar[:n] *= c_bar
        z_bar[n : 2 * n] *= c_bar
        z_bar[3 * n :] *= c_bar
        c_bar *= forget[t]
        if t:
            h_bar = z_bar.dot(W)
            h_bar += h_bars[t - 1]
    params_bar = z_bars.T @ states[:-1], z_bars.T @ x, z_bars.sum(axis=0)
    return params_bar, residual.T @ after

"""Recurrent networks: states appended to a list and stacked, and what time does to gradients.

The state of a plain network is multiplied by the same matrix in each step; the gradient of the last
output with respect to an early state is the product of many Jacobian matrices, which vanishes or
explodes with the size of W.  A long short-term memory carries its cell through a gate instead,
where the gradient passes unharmed while the gate is open.  Clipping shortens a gradient that has
exploded without turning it.
"""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def rnn(params, x, h):
    W, U, b = params
    states = []
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t] + b)
        states.append(h)
    return np.stack(states)


def lstm(params, x, h):
    W, U, b = params
    n = len(h)
    c = np.zeros(n)
    states = []
    for t in range(len(x)):
        z = W @ h + U @ x[t] + b
        forget, enter, leave = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), sigmoid(z[2 * n : 3 * n])
        c = forget * c + enter * np.tanh(z[3 * n :])
        h = leave * np.tanh(c)
        states.append(h)
    return np.stack(states)


def rnn_loss(params, V, x, h, y):
    """Squared error of the outputs of all steps."""
    return np.sum((rnn(params, x, h) @ V.T - y) ** 2) / len(x)


def lstm_loss(params, V, x, h, y):
    return np.sum((lstm(params, x, h) @ V.T - y) ** 2) / len(x)


def rnn_last(inputs, params, h):
    """The sum of the last state, as a function of what is added to each step's input."""
    W, _, b = params
    states = []
    for u in inputs:
        h = np.tanh(W @ h + u + b)
        states.append(h)
    return np.sum(np.stack(states)[-1])


def lstm_last(inputs, params, h):
    W, _, b = params
    n = len(h)
    c = np.zeros(n)
    states = []
    for u in inputs:
        z = W @ h + u + b
        forget, enter, leave = sigmoid(z[:n]), sigmoid(z[n : 2 * n]), sigmoid(z[2 * n : 3 * n])
        c = forget * c + enter * np.tanh(z[3 * n :])
        h = leave * np.tanh(c)
        states.append(h)
    return np.sum(np.stack(states)[-1])


def clip(gradient, limit):
    """The gradient, shortened to the norm ``limit`` where it is longer."""
    norm = np.sqrt(sum(np.sum(g**2) for g in gradient))
    scale = min(1.0, limit / norm)
    return tuple(scale * g for g in gradient)


def make_rnn(rng, inputs, hidden, radius=1.0):
    """Random parameters; ``radius`` is the size of the largest eigenvalue of W, nearly."""
    W = radius * rng.normal(size=(hidden, hidden)) / np.sqrt(hidden)
    U = rng.normal(size=(hidden, inputs)) / np.sqrt(inputs)
    return W, U, np.zeros(hidden)


def make_lstm(rng, inputs, hidden, open_gate=0.0):
    """Random parameters; ``open_gate`` is the bias of the gates that let the cell remember."""
    W = rng.normal(size=(4 * hidden, hidden)) / np.sqrt(hidden)
    U = rng.normal(size=(4 * hidden, inputs)) / np.sqrt(inputs)
    b = np.zeros(4 * hidden)
    b[:hidden] = open_gate
    return W, U, b


def echo_task(rng, steps=30, delay=5):
    """Noise, and the same noise some steps later."""
    x = rng.normal(size=(steps, 1))
    y = np.zeros((steps, 1))
    y[delay:] = x[:-delay]
    return x, y


def train(loss_and_grad, params, V, hidden, seed, rate, steps=1000, limit=1.0):
    """Gradient descent with clipping; the mean losses of the first and the last 50 steps."""
    rng = np.random.default_rng(seed)
    losses = []
    for _ in range(steps):
        x, y = echo_task(rng)
        loss, (params_bar, V_bar) = loss_and_grad(params, V, x, np.zeros(hidden), y)
        *params_bar, V_bar = clip((*params_bar, V_bar), limit)
        params = tuple(p - rate * g for p, g in zip(params, params_bar))
        V = V - rate * V_bar
        losses.append(loss)
    return np.mean(losses[:50]), np.mean(losses[-50:])


def main():
    from srcgrad import grad, value_and_grad

    rng = np.random.default_rng(0)
    hidden, steps = 32, 60
    rnn_last_grad, lstm_last_grad = grad(rnn_last), grad(lstm_last)
    inputs = 0.1 * rng.normal(size=(steps, hidden))
    lstm_inputs = 0.1 * rng.normal(size=(steps, 4 * hidden))
    start = np.zeros(hidden)
    rows = {}
    for radius in (0.5, 1.0, 1.5, 3.0):
        params = make_rnn(np.random.default_rng(1), 1, hidden, radius)
        rows[f"plain, radius {radius}"] = rnn_last_grad(inputs, params, start)
    for bias in (0.0, 4.0):
        params = make_lstm(np.random.default_rng(1), 1, hidden, bias)
        rows[f"memory, bias {bias}"] = lstm_last_grad(lstm_inputs, params, start)
    back = (0, 10, 20, 40, 59)
    print("norm of the gradient with respect to the input of a step, so many steps before the last")
    print(f"{'':20}" + "".join(f"{k:10}" for k in back))
    for name, gradient in rows.items():
        norms = np.sqrt(np.sum(gradient**2, axis=1))
        print(f"{name:20}" + "".join(f"{norms[steps - 1 - k]:10.1e}" for k in back))
    print()

    print("echo of the input after 5 steps, gradients clipped to the norm 1")
    V = rng.normal(size=(1, hidden)) / np.sqrt(hidden)
    for name, loss, params, rate in (
        ("plain", rnn_loss, make_rnn(rng, 1, hidden), 0.05),
        ("memory", lstm_loss, make_lstm(rng, 1, hidden, 1.0), 1.0),
    ):
        loss_and_grad = value_and_grad(loss, argnums=(0, 1))
        first, last = train(loss_and_grad, params, V, hidden, 2, rate)
        print(f"{name:8} loss {first:.3f}, after 1000 steps {last:.3f}")
    print()
    print(rnn_last_grad.source)


if __name__ == "__main__":
    main()

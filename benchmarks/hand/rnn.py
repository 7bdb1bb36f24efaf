"""A recurrent network (`rnn` in benchmarks/problems.py).

The outer products of all steps are gathered into one matrix product each.
"""

import numpy as np


def rnn_grad(W, U, x, h):
    n = len(x)
    states = np.empty((n + 1, len(h)))
    states[0] = h
    for t in range(n):
        z = W.dot(h)
        z += U.dot(x[t])
        h = np.tanh(z, out=states[t + 1])

    z_bars = states[1:] * states[1:]
    np.subtract(1, z_bars, out=z_bars)  # the slopes of tanh, scaled step by step below
    h_bar = 1.0
    for t in range(n - 1, -1, -1):
        z_bar = z_bars[t]
        z_bar *= h_bar
        h_bar = z_bar.dot(W)
    return z_bars.T @ states[:-1], z_bars.T @ x

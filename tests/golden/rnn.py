import numpy as np


def rnn_grad(W, U, x, h):
    """Gradient of rnn (problems.py:60) with respect to W and U."""
    # Forward
    h_before = []
    h_after = []
    for t in range(len(x)):
        h_before.append(h)
        h = np.tanh(W.dot(h) + U.dot(x[t]))
        h_after.append(h)

    # Backward
    h_bar = np.ones_like(h)                 # 63: return np.sum(h)
    W_bar = np.zeros_like(W)                # 61: for t in range(len(x)):
    U_bar = np.zeros_like(U)
    h_rows = np.array(h_after)              # 62: h = np.tanh(W @ h + U @ x[t])
    total_bars = 1 - h_rows * h_rows
    for total_bar in reversed(total_bars):  # 61: for t in range(len(x)):
        total_bar *= h_bar                  # 62: h = np.tanh(W @ h + U @ x[t])
        h_bar = total_bar.dot(W)
    U_bar += total_bars.T.dot(x)            # 61: for t in range(len(x)):
    W_bar += total_bars.T.dot(np.array(h_before))
    return W_bar, U_bar

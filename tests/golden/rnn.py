import numpy as np


def rnn_grad(W, U, x, h):
    """Gradient of rnn (problems.py:47) with respect to W and U."""
    # Forward
    h_before = []
    for t in range(len(x)):
        h_before.append(h)
        h = np.tanh(W @ h + U @ x[t])

    # Backward
    h_bar = np.ones_like(h)                # 50: return np.sum(h)
    W_bar = np.zeros_like(W)               # 48: for t in range(len(x)):
    U_bar = np.zeros_like(U)
    total_bars = []
    x_ts = []
    hs = []
    for t in range(len(x) - 1, -1, -1):
        x_ts.append(x[t])
        total_bar = h_bar * (1 - h * h)    # 49: h = np.tanh(W @ h + U @ x[t])
        total_bars.append(total_bar)
        h_bar = total_bar.dot(W)
        h = h_before.pop()
        hs.append(h)
    total_bar_rows = np.array(total_bars)  # 48: for t in range(len(x)):
    U_bar += total_bar_rows.T.dot(np.array(x_ts))
    W_bar += total_bar_rows.T.dot(np.array(hs))
    return W_bar, U_bar

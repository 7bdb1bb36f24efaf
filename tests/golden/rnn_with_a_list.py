import numpy as np


def rnn_loss_grad(params, V, x, h, y):
    """Gradient of rnn_loss (recurrent_networks.py:40) with respect to params and V."""
    # Forward
    W, U, b = params
    states = []
    h_before = []
    h_after = []
    for t in range(len(x)):
        h_before.append(h)
        h = np.tanh(W.dot(h) + U.dot(x[t]) + b)
        h_after.append(h)
        states.append(h)
    stack_states = np.stack(states)

    # Backward
    # 42: return np.sum((rnn(params, x, h) @ V.T - y) ** 2) / len(x)
    diff_bar = 2 / len(x) * (stack_states.dot(V.T) - y)
    stack_states_bar = diff_bar.dot(V)
    V_bar = diff_bar.T.dot(stack_states)
    W_bar = np.zeros_like(W)                             # 20: for t in range(len(x)):
    U_bar = np.zeros_like(U)
    b_bar = np.zeros_like(b)
    h_rows = np.array(h_after)                           # 21: h = np.tanh(W @ h + U @ x[t] + b)
    total_bars = 1 - h_rows * h_rows
    h_bar = np.zeros_like(h)                             # 20: for t in range(len(x)):
    for t in range(len(x) - 1, -1, -1):
        h_bar += stack_states_bar[t]                     # 22: states.append(h)
        total_bar = total_bars[t]                        # 21: h = np.tanh(W @ h + U @ x[t] + b)
        total_bar *= h_bar
        b_bar += total_bar
        h_bar = total_bar.dot(W)
    U_bar += total_bars.T.dot(x)                         # 20: for t in range(len(x)):
    W_bar += total_bars.T.dot(np.array(h_before))
    return (W_bar, U_bar, b_bar), V_bar

import numpy as np


def network_loss_grad(params, X, Y, activation, kind, decay):
    """Gradient of network_loss (deep_network.py:53) with respect to params."""
    # Forward
    (W_2, b), (W_1, b_1), (W, b_2) = params
    a = np.tanh(X @ W_2 + b)
    a_1 = np.tanh(a @ W_1 + b_1)
    total = a_1 @ W + b_2
    logaddexp = np.logaddexp(0, total)

    # Backward
    total_bar = 1 / len(Y)                        # 50: return total / len(Y)
    prod = total_bar * np.exp(total - logaddexp)  # 49: total = np.sum(np.logaddexp(0, s) - Y * s)
    total_bar = np.full_like(logaddexp, -total_bar) * Y + prod
    b_bar = total_bar.sum(axis=0)                 # 38: return a @ W + b
    a_bar = total_bar @ W.T
    W_bar = a_1.T @ total_bar
    total_bar = a_bar * (1 - a_1 * a_1)           # 25: a = np.tanh(z)
    b_bar_1 = total_bar.sum(axis=0)               # 36: a = activate(a @ W + b, activation)
    a_bar = total_bar @ W_1.T
    W_bar_1 = a.T @ total_bar
    total_bar = a_bar * (1 - a * a)               # 25: a = np.tanh(z)
    b_bar_2 = total_bar.sum(axis=0)               # 36: a = activate(a @ W + b, activation)
    W_bar_2 = X.T @ total_bar
    prod = 2 * decay                              # 56: penalty = penalty + np.sum(W**2)
    W_bar += prod * W
    W_bar_1 += prod * W_1
    W_bar_2 += prod * W_2
    return [(W_bar_2, b_bar_2), (W_bar_1, b_bar_1), (W_bar, b_bar)]

import numpy as np


def network_loss_grad(params, X, Y, activation, kind, decay):
    """Gradient of network_loss (deep_network.py:53) with respect to params."""
    # Forward
    (W, b), (W_1, b_1), (W_2, b_2) = params
    total = X.dot(W) + b
    a = np.logaddexp(0, total)
    total_1 = a.dot(W_1) + b_1
    a_1 = np.logaddexp(0, total_1)

    # Backward
    diff_bar = 2 / len(Y) * (a_1.dot(W_2) + b_2 - Y)  # 47: total = np.sum((s - Y) ** 2)
    b_2_bar = diff_bar.sum(axis=0)                    # 38: return a @ W + b
    a_1_bar = diff_bar.dot(W_2.T)
    W_2_bar = a_1.T.dot(diff_bar)
    total_bar = a_1_bar * np.exp(total_1 - a_1)       # 29: a = np.logaddexp(0, z)
    b_1_bar = total_bar.sum(axis=0)                   # 36: a = activate(a @ W + b, activation)
    a_bar = total_bar.dot(W_1.T)
    W_1_bar = a.T.dot(total_bar)
    total_bar = a_bar * np.exp(total - a)             # 29: a = np.logaddexp(0, z)
    b_bar = total_bar.sum(axis=0)                     # 36: a = activate(a @ W + b, activation)
    W_bar = X.T.dot(total_bar)
    prod = 2 * decay                                  # 56: penalty = penalty + np.sum(W**2)
    W_2_bar += prod * W_2
    W_1_bar += prod * W_1
    W_bar += prod * W
    return [(W_bar, b_bar), (W_1_bar, b_1_bar), (W_2_bar, b_2_bar)]

import numpy as np


def network_loss_grad(params, X, Y, activation, kind, decay):
    """Gradient of network_loss (deep_network.py:53) with respect to params."""
    # Forward
    (W, b), (W_1, b_1), (W_2, b_2) = params
    a = np.tanh(X.dot(W) + b)
    a_1 = np.tanh(a.dot(W_1) + b_1)
    total = a_1.dot(W_2) + b_2

    # Backward
    total_bar = 1 / len(Y)                 # 50: return total / len(Y)
    # 49: total = np.sum(np.logaddexp(0, s) - Y * s)
    total_bar = total_bar * np.exp(total - np.logaddexp(0, total)) - total_bar * Y
    b_2_bar = total_bar.sum(axis=0)        # 38: return a @ W + b
    a_1_bar = total_bar.dot(W_2.T)
    W_2_bar = a_1.T.dot(total_bar)
    total_bar = a_1_bar * (1 - a_1 * a_1)  # 25: a = np.tanh(z)
    b_1_bar = total_bar.sum(axis=0)        # 36: a = activate(a @ W + b, activation)
    a_bar = total_bar.dot(W_1.T)
    W_1_bar = a.T.dot(total_bar)
    total_bar = a_bar * (1 - a * a)        # 25: a = np.tanh(z)
    b_bar = total_bar.sum(axis=0)          # 36: a = activate(a @ W + b, activation)
    W_bar = X.T.dot(total_bar)
    prod = 2 * decay                       # 56: penalty = penalty + np.sum(W**2)
    W_2_bar += prod * W_2
    W_1_bar += prod * W_1
    W_bar += prod * W
    return [(W_bar, b_bar), (W_1_bar, b_1_bar), (W_2_bar, b_2_bar)]

import numpy as np


def network_loss_grad(params, X, Y, activation, kind, decay):
    """Gradient of network_loss (deep_network.py:53) with respect to params."""
    # Forward
    (W, b), (W_1, b_1), (W_2, b_2) = params
    a = np.maximum(X.dot(W) + b, 0)
    a_1 = np.maximum(a.dot(W_1) + b_1, 0)
    total = a_1.dot(W_2) + b_2
    largest = np.max(total, axis=1, keepdims=True)
    shifted = total - largest
    exp_shifted = np.exp(shifted)

    # Backward
    total_bar = 1 / len(Y)             # 50: return total / len(Y)
    prod = total_bar * Y               # 45: total = np.sum(log_sums) - np.sum(Y * shifted)
    # 44: log_sums = np.log(np.sum(np.exp(shifted), axis=1))
    prod_1 = (total_bar / np.sum(exp_shifted, axis=1))[:, None] * exp_shifted
    shifted_bar = prod_1 - prod
    mask = total == largest            # 43: shifted = s - np.max(s, axis=1, keepdims=True)
    ratio = shifted_bar.sum(axis=1, keepdims=True) / mask.sum(axis=1, keepdims=True)
    shifted_bar -= mask * ratio
    b_2_bar = shifted_bar.sum(axis=0)  # 38: return a @ W + b
    a_1_bar = shifted_bar.dot(W_2.T)
    W_2_bar = a_1.T.dot(shifted_bar)
    total_bar = a_1_bar * (a_1 > 0)    # 23: a = np.maximum(z, 0)
    b_1_bar = total_bar.sum(axis=0)    # 36: a = activate(a @ W + b, activation)
    a_bar = total_bar.dot(W_1.T)
    W_1_bar = a.T.dot(total_bar)
    total_bar = a_bar * (a > 0)        # 23: a = np.maximum(z, 0)
    b_bar = total_bar.sum(axis=0)      # 36: a = activate(a @ W + b, activation)
    W_bar = X.T.dot(total_bar)
    prod = 2 * decay                   # 56: penalty = penalty + np.sum(W**2)
    W_2_bar += prod * W_2
    W_1_bar += prod * W_1
    W_bar += prod * W
    return [(W_bar, b_bar), (W_1_bar, b_1_bar), (W_2_bar, b_2_bar)]

import numpy as np


def network_loss_grad(params, X, Y, activation, kind, decay):
    """Gradient of network_loss (deep_network.py:53) with respect to params."""
    # Forward
    (W_2, _), (W_1, __1), (W, __2) = params
    total = X @ W_2 + _
    a = np.maximum(total, 0)
    total_1 = a @ W_1 + __1
    a_1 = np.maximum(total_1, 0)
    total_2 = a_1 @ W + __2
    largest = np.max(total_2, axis=1, keepdims=True)
    shifted = total_2 - largest
    exp_shifted = np.exp(shifted)

    # Backward
    total_bar = 1 / len(Y)                   # 50: return total / len(Y)
    shifted_bar = -(total_bar * Y)           # 45: total = np.sum(log_sums) - np.sum(Y * shifted)
    # 44: log_sums = np.log(np.sum(np.exp(shifted), axis=1))
    prod = (total_bar / np.sum(exp_shifted, axis=1))[:, None] * exp_shifted
    shifted_bar += prod
    mask = total_2 == largest                # 43: shifted = s - np.max(s, axis=1, keepdims=True)
    total_2 = mask.sum(axis=1, keepdims=True)
    prod = mask * (shifted_bar.sum(axis=1, keepdims=True) / total_2)
    total_bar = shifted_bar - prod
    __bar = total_bar.sum(axis=0)            # 38: return a @ W + b
    a_bar = total_bar @ W.T
    W_bar = a_1.T @ total_bar
    where = np.where(total_1 > 0, a_bar, 0)  # 23: a = np.maximum(z, 0)
    __bar_1 = where.sum(axis=0)              # 36: a = activate(a @ W + b, activation)
    a_bar = where @ W_1.T
    W_bar_1 = a.T @ where
    where = np.where(total > 0, a_bar, 0)    # 23: a = np.maximum(z, 0)
    __bar_2 = where.sum(axis=0)              # 36: a = activate(a @ W + b, activation)
    W_bar_2 = X.T @ where
    prod = 2 * decay                         # 56: penalty = penalty + np.sum(W**2)
    W_bar += prod * W
    W_bar_1 += prod * W_1
    W_bar_2 += prod * W_2
    return [(W_bar_2, __bar_2), (W_bar_1, __bar_1), (W_bar, __bar)]

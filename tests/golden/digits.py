import numpy as np


def digits_loss_value_and_grad(params, X, Y):
    """Value and gradient of digits_loss (digits_network.py:10) with respect to params."""
    # Forward
    (W1, b1), (W2, b2) = params
    h = np.maximum(X.dot(W1) + b1, 0)
    scores = h.dot(W2) + b2
    largest = np.max(scores, axis=1, keepdims=True)
    shifted = scores - largest
    exp_shifted = np.exp(shifted)
    total = np.sum(exp_shifted, axis=1, keepdims=True)
    log_p = shifted - np.log(total)
    value = -np.sum(Y * log_p) / len(Y)

    # Backward
    log_p_bar = -(Y / len(Y))          # 16: return -np.sum(Y * log_p) / len(Y)
    # 15: log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    log_p_bar -= log_p_bar.sum(axis=1, keepdims=True) / total * exp_shifted
    mask = scores == largest  # 14: shifted = scores - np.max(scores, axis=1, keepdims=True)
    ratio = log_p_bar.sum(axis=1, keepdims=True) / mask.sum(axis=1, keepdims=True)
    scores_bar = log_p_bar - mask * ratio
    b2_bar = scores_bar.sum(axis=0)    # 13: scores = h @ W2 + b2
    h_bar = scores_bar.dot(W2.T)
    W2_bar = h.T.dot(scores_bar)
    total_bar = h_bar * (h > 0)        # 12: h = np.maximum(X @ W1 + b1, 0)
    b1_bar = total_bar.sum(axis=0)
    W1_bar = X.T.dot(total_bar)
    return value, [(W1_bar, b1_bar), (W2_bar, b2_bar)]

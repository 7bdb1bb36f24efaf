import numpy as np


def classifier_loss_grad(W, b, x, y):
    """Gradient of classifier_loss (softmax_classifier.py:21) with respect to W and b."""
    # Forward
    total = W.dot(x) + b
    largest = np.max(total)
    e = np.exp(total - largest)
    total_1 = np.sum(e)
    ratio = e / total_1

    # Backward
    ratio_bar = -(y / ratio)           # 18: return -np.sum(y * np.log(probabilities(scores)))
    e_bar = ratio_bar / total_1 - (ratio_bar * (ratio / total_1)).sum()  # 14: return e / np.sum(e)
    diff_bar = e_bar * e               # 13: e = np.exp(scores - np.max(scores))
    mask = total == largest
    b_bar = diff_bar - diff_bar.sum() / np.count_nonzero(mask) * mask
    W_bar = b_bar[:, None] * x         # 22: return cross_entropy(W @ x + b, y)
    return W_bar, b_bar

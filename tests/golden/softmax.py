import numpy as np


def cross_entropy_grad(scores, y):
    """Gradient of cross_entropy (softmax_classifier.py:17) with respect to scores."""
    # Forward
    largest = np.max(scores)
    e = np.exp(scores - largest)
    total = np.sum(e)
    ratio = e / total

    # Backward
    ratio_bar = -(y / ratio)           # 18: return -np.sum(y * np.log(probabilities(scores)))
    e_bar = ratio_bar / total - (ratio_bar * (ratio / total)).sum()  # 14: return e / np.sum(e)
    diff_bar = e_bar * e               # 13: e = np.exp(scores - np.max(scores))
    mask = scores == largest
    scores_bar = diff_bar - diff_bar.sum() / np.count_nonzero(mask) * mask
    return scores_bar

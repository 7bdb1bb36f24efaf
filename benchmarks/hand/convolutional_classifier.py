"""The convolutional classifier (examples/convolutional_classifier.py)."""

import numpy as np


def classifier_loss_grad(kernel1, kernel2, W3, X, y, layout1, layout2):
    band1, offset1 = layout1
    band2, offset2 = layout2
    W1 = kernel1[offset1]
    W1 *= band1
    W2 = kernel2[offset2]
    W2 *= band2
    h1 = W1 @ X
    np.maximum(h1, 0, out=h1)
    h2 = W2 @ h1
    np.maximum(h2, 0, out=h2)
    score = W3 @ h2
    np.maximum(score, 0, out=score)

    # y / (-N (1 + exp(y score))): the logistic loss; exp may overflow to inf, rightly giving 0.
    s_bar = np.exp(y * score)
    s_bar += 1
    s_bar *= -len(y)
    np.divide(y, s_bar, out=s_bar)
    s_bar *= score > 0
    W3_bar = h2 @ s_bar
    h2_bar = W3[:, None] * s_bar
    h2_bar *= h2 > 0
    W2_bar = h2_bar @ h1.T
    W2_bar *= band2
    h1_bar = W2.T @ h2_bar
    h1_bar *= h1 > 0
    W1_bar = h1_bar @ X.T
    W1_bar *= band1
    kernel1_bar = np.bincount(offset1.ravel(), W1_bar.ravel(), len(kernel1))
    kernel2_bar = np.bincount(offset2.ravel(), W2_bar.ravel(), len(kernel2))
    return kernel1_bar, kernel2_bar, W3_bar

import numpy as np


def classifier_loss_grad(kernel1, kernel2, W3, X, y, layout1, layout2):
    """Gradient of classifier_loss (convolutional_classifier.py:19) with respect to kernel1,
    kernel2 and W3.
    """
    # Forward
    band1, offset1 = layout1
    band2, offset2 = layout2
    h1 = np.maximum(0, np.where(band1, kernel1[offset1], 0.0).dot(X))
    where = np.where(band2, kernel2[offset2], 0.0)
    h2 = np.maximum(0, where.dot(h1))
    score = np.maximum(0, W3.dot(h2))
    minus_y = -y
    exp_prod = np.exp(minus_y * score)

    # Backward
    # 25: return np.sum(np.log(1 + np.exp(-y * score))) / len(y)
    score_bar = 1 / (1 + exp_prod) * exp_prod * minus_y / len(y)
    W3_h2_bar = score_bar * (score > 0)       # 24: score = np.maximum(0, W3 @ h2)
    W3_bar = h2.dot(W3_h2_bar)
    h2_bar = W3[:, None] * W3_h2_bar
    prod_bar = h2_bar * (h2 > 0)  # 23: h2 = np.maximum(0, toeplitz(kernel2, band2, offset2) @ h1)
    where_bar = prod_bar.dot(h1.T)
    h1_bar = where.T.dot(prod_bar)
    kernel2_bar = np.zeros_like(kernel2)      # 16: return np.where(band, kernel[offset], 0.0)
    np.add.at(kernel2_bar, offset2, where_bar * band2)
    # 22: h1 = np.maximum(0, toeplitz(kernel1, band1, offset1) @ X)
    where_bar = (h1_bar * (h1 > 0)).dot(X.T)
    kernel1_bar = np.zeros_like(kernel1)      # 16: return np.where(band, kernel[offset], 0.0)
    np.add.at(kernel1_bar, offset1, where_bar * band1)
    return kernel1_bar, kernel2_bar, W3_bar

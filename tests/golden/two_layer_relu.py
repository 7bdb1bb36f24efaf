import numpy as np


def loss_grad(W1, W2, X):
    """Gradient of loss (two_layer_relu.py:11) with respect to W1 and W2."""
    # Forward
    z1 = X.dot(W1)
    h1 = np.maximum(z1, 0)
    y_hat = h1.dot(W2)

    # Backward
    y_hat_bar = 2 * y_hat              # 15: return np.sum(y_hat**2)
    h1_bar = y_hat_bar.dot(W2.T)       # 14: y_hat = h1 @ W2
    W2_bar = h1.T.dot(y_hat_bar)
    z1_bar = h1_bar * (h1 > 0)         # 13: h1 = np.maximum(z1, 0)
    W1_bar = X.T.dot(z1_bar)           # 12: z1 = X @ W1
    return W1_bar, W2_bar

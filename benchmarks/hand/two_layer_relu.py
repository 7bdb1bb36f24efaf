"""L = || relu(X W1) W2 ||^2 (examples/two_layer_relu.py)."""

import numpy as np


def loss_grad(W1, W2, X):
    h1 = X @ W1
    np.maximum(h1, 0, out=h1)
    y_bar = h1 @ W2
    y_bar *= 2
    W2_bar = h1.T @ y_bar
    z1_bar = y_bar @ W2.T
    z1_bar *= h1 > 0
    return X.T @ z1_bar, W2_bar

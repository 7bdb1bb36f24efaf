"""A fully connected network, with ReLU and softmax cross entropy (examples/deep_network.py).

The rows of the targets must sum to 1: the gradient of cross entropy is then p - y.
"""

import numpy as np


def network_loss_grad(params, X, Y, decay):
    inputs = [X]
    a = X
    for W, b in params[:-1]:
        a = a @ W
        a += b
        np.maximum(a, 0, out=a)
        inputs.append(a)
    W, b = params[-1]
    z_bar = a @ W
    z_bar += b
    z_bar -= z_bar.max(axis=1, keepdims=True)
    np.exp(z_bar, out=z_bar)
    z_bar /= z_bar.sum(axis=1, keepdims=True)
    z_bar -= Y
    z_bar /= len(Y)

    params_bar = []
    for layer in range(len(params) - 1, -1, -1):
        W, _ = params[layer]
        a = inputs[layer]
        W_bar = a.T @ z_bar
        W_bar += (2 * decay) * W
        params_bar.append((W_bar, z_bar.sum(axis=0)))
        if layer > 0:
            z_bar = z_bar @ W.T
            z_bar *= a > 0
    params_bar.reverse()
    return params_bar

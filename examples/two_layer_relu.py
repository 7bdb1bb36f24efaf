"""A two-layer network without biases: L = || relu(X W1) W2 ||^2.

The generated gradient is the one that a person would write by hand.
"""

import numpy as np

from srcgrad import grad


def loss(W1, W2, X):
    z1 = X @ W1
    h1 = np.maximum(z1, 0)
    y_hat = h1 @ W2
    return np.sum(y_hat**2)


def make_data(rng, samples=8, inputs=5, hidden=6, outputs=3):
    """Random weights and inputs: the arguments of `loss`."""
    return (
        rng.normal(size=(inputs, hidden)),
        rng.normal(size=(hidden, outputs)),
        rng.normal(size=(samples, inputs)),
    )


def main():
    W1, W2, X = make_data(np.random.default_rng(0))
    loss_grad = grad(loss, argnums=(0, 1))
    W1_bar, W2_bar = loss_grad(W1, W2, X)
    print(f"loss = {loss(W1, W2, X):.4f}")
    for name, gradient, W in (("W1", W1_bar, W1), ("W2", W2_bar, W2)):
        print(f"gradient of {name}: shape {gradient.shape}, as {name} {W.shape}")

    # Along a small step the loss changes by the step's product with the gradient.
    step = 1e-6
    change = loss(W1 + step * W1_bar, W2 + step * W2_bar, X)
    change -= loss(W1 - step * W1_bar, W2 - step * W2_bar, X)
    squared = np.sum(W1_bar**2) + np.sum(W2_bar**2)
    print(f"slope along the gradient: {change / (2 * step):.4f}, its squared norm: {squared:.4f}")
    print()
    print(loss_grad.source)


if __name__ == "__main__":
    main()

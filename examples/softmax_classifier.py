"""Softmax and cross entropy: the gradient with respect to the scores is p - y.

Scores (3.2, 5.1, -1.7) have the probabilities p = (0.13, 0.87, 0.00).  If class 0 is the right
one, the loss is -ln 0.13 = 2.04, and the gradient p - y = (-0.87, 0.87, 0.00).
"""

import numpy as np

from srcgrad import grad


def probabilities(scores):
    e = np.exp(scores - np.max(scores))
    return e / np.sum(e)


def cross_entropy(scores, y):
    return -np.sum(y * np.log(probabilities(scores)))


def classifier_loss(W, b, x, y):
    return cross_entropy(W @ x + b, y)


def main():
    scores = np.array([3.2, 5.1, -1.7])
    y = np.array([1.0, 0.0, 0.0])
    p = probabilities(scores)
    cross_entropy_grad = grad(cross_entropy)
    gradient = cross_entropy_grad(scores, y)
    print(f"p         = {np.round(p, 2)}  (known: 0.13 0.87 0.00)")
    print(f"loss      = {cross_entropy(scores, y):.2f}  (known: 2.04)")
    print(f"gradient  = {gradient}")
    print(f"p - y     = {p - y}")
    print()
    print(cross_entropy_grad.source)

    rng = np.random.default_rng(0)
    W, b, x = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=4)
    classifier_grad = grad(classifier_loss, argnums=(0, 1))
    W_bar, b_bar = classifier_grad(W, b, x, y)
    delta = probabilities(W @ x + b) - y
    print("a linear classifier: the gradient of W is (p - y) x', that of b is p - y")
    print(f"largest differences: {np.max(np.abs(W_bar - np.outer(delta, x))):.1e}", end=", ")
    print(f"{np.max(np.abs(b_bar - delta)):.1e}")
    print()
    print(classifier_grad.source)


if __name__ == "__main__":
    main()

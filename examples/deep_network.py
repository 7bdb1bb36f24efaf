"""A fully connected network of any depth: parameters in a list, four activations, four losses.

The parameters are a list of pairs (weights, bias); the gradient is a list of pairs just like it.
Losses are averaged over the batch:

* ``"binary"``       cross entropy of one sigmoid output, targets 0 or 1
* ``"softmax"``      cross entropy of K classes, each row of targets is 1 at its class, else 0
* ``"one-vs-rest"``  K binary cross entropies, one for each class against the rest
* ``"squared"``      squared error

and weights, but not biases, are regularised by ``decay`` times the sum of their squares.
"""

from itertools import pairwise

import numpy as np

from srcgrad import grad


def activate(z, kind):
    if kind == "relu":
        a = np.maximum(z, 0)
    elif kind == "tanh":
        a = np.tanh(z)
    elif kind == "sigmoid":
        a = 1 / (1 + np.exp(-z))
    else:  # softplus, a smooth ReLU
        a = np.logaddexp(0, z)
    return a


def scores(params, X, activation):
    a = X
    for W, b in params[:-1]:
        a = activate(a @ W + b, activation)
    W, b = params[-1]
    return a @ W + b


def data_loss(s, Y, kind):
    if kind == "softmax":
        shifted = s - np.max(s, axis=1, keepdims=True)
        log_sums = np.log(np.sum(np.exp(shifted), axis=1))
        total = np.sum(log_sums) - np.sum(Y * shifted)
    elif kind == "squared":
        total = np.sum((s - Y) ** 2)
    else:  # binary, one-vs-rest: -Y ln p - (1 - Y) ln (1 - p) with p = sigmoid(s)
        total = np.sum(np.logaddexp(0, s) - Y * s)
    return total / len(Y)


def network_loss(params, X, Y, activation="relu", kind="softmax", decay=0.0):
    penalty = 0.0
    for W, _ in params:
        penalty = penalty + np.sum(W**2)
    return data_loss(scores(params, X, activation), Y, kind) + decay * penalty


def make_params(rng, sizes, biases=0.0):
    """Random weights and biases, of the given scale, of a network with layers of these sizes."""
    return [
        (rng.normal(size=(m, n)) * np.sqrt(2 / m), biases * rng.normal(size=n))
        for m, n in pairwise(sizes)
    ]


def make_data(rng, samples, sizes, kind):
    """Random inputs, and targets of the form that the loss wants."""
    X = rng.normal(size=(samples, sizes[0]))
    if kind == "squared":
        Y = rng.normal(size=(samples, sizes[-1]))
    elif kind == "binary":
        Y = rng.integers(0, 2, size=(samples, sizes[-1])).astype(float)
    else:
        Y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], size=samples)]
    return X, Y


def slope_error(params, gradient, loss):
    """Relative difference of the slope along the gradient from central differences."""
    step = 1e-6

    def moved(distance):
        return [
            (W + distance * W_bar, b + distance * b_bar)
            for (W, b), (W_bar, b_bar) in zip(params, gradient)
        ]

    slope = (loss(moved(step)) - loss(moved(-step))) / (2 * step)
    squared = sum(np.sum(W_bar**2) + np.sum(b_bar**2) for W_bar, b_bar in gradient)
    return abs(slope - squared) / squared


def main():
    rng = np.random.default_rng(0)
    network_grad = grad(network_loss)
    print("loss         activation   value     relative error of the slope along the gradient")
    for kind in ("binary", "softmax", "one-vs-rest", "squared"):
        sizes = (6, 8, 7, 1) if kind == "binary" else (6, 8, 7, 4)
        # With zero biases, the inputs of a ReLU may all be zero, where it has no slope.
        params = make_params(rng, sizes, biases=0.1)
        X, Y = make_data(rng, 20, sizes, kind)
        for activation in ("sigmoid", "tanh", "relu", "softplus"):
            settings = (X, Y, activation, kind, 0.01)
            gradient = network_grad(params, *settings)
            error = slope_error(params, gradient, lambda p, s=settings: network_loss(p, *s))
            value = network_loss(params, *settings)
            print(f"{kind:12} {activation:10} {value:8.4f}   {error:8.1e}")
    print()
    network_grad(params, X, Y, "relu", "softmax", 0.01)
    print(network_grad.source)


if __name__ == "__main__":
    main()

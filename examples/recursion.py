"""Recursive functions: a polynomial by Horner's rule, Chebyshev polynomials, a network of the shape
of a tree.

The depth of the first two is known only when they run: their gradients are recursive functions too.
The tree is a structure that the compiler sees: its gradient is straight-line code, and what it
gives is a tree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def horner(c, x, i=0):
    """c[0] + c[1] x + c[2] x^2 + ..., from the term i on."""
    if i == len(c):
        return 0.0
    return c[i] + x * horner(c, x, i + 1)


def chebyshev(n, x):
    """T_n(x) = cos(n arccos x), by its recursion."""
    if n == 0:
        return 1.0
    if n == 1:
        return x
    return 2 * x * chebyshev(n - 1, x) - chebyshev(n - 2, x)


@dataclass
class Leaf:
    """A vector that stands for a word."""

    v: np.ndarray


@dataclass
class Branch:
    """Two parts of a sentence, and how they are put together."""

    W: np.ndarray
    b: np.ndarray
    left: Branch | Leaf
    right: Branch | Leaf


def encode(node):
    """The vector of a sentence: that of a word, or a function of those of its two parts."""
    if isinstance(node, Leaf):
        return np.tanh(node.v)
    parts = np.concatenate([encode(node.left), encode(node.right)])
    return np.tanh(node.W @ parts + node.b)


def tree_loss(tree, target):
    return np.sum((encode(tree) - target) ** 2)


def make_tree(rng, depth, size=3):
    """A tree with random weights, whose right branches are shorter than its left ones."""
    if depth <= 0:
        return Leaf(rng.normal(size=size))
    W, b = 0.5 * rng.normal(size=(size, 2 * size)), np.zeros(size)
    return Branch(W, b, make_tree(rng, depth - 1, size), make_tree(rng, depth - 2, size))


def descend(node, bar, rate):
    """A tree after one step of gradient descent: ``bar`` is a tree of the same shape."""
    if isinstance(node, Leaf):
        return Leaf(node.v - rate * bar.v)
    return Branch(
        node.W - rate * bar.W,
        node.b - rate * bar.b,
        descend(node.left, bar.left, rate),
        descend(node.right, bar.right, rate),
    )


def main():
    from srcgrad import grad, value_and_grad

    c, x = np.array([1.0, -2.0, 0.5, 3.0]), 0.7
    horner_grad = grad(horner, argnums=(0, 1))
    c_bar, x_bar = horner_grad(c, x)
    print("Horner's rule, with respect to the coefficients and to x")
    print("  gradient   ", np.round(c_bar, 6), round(x_bar, 6))
    print("  closed form", np.round(x ** np.arange(4), 6), round(-2 + x + 9 * x**2, 6))

    print("Chebyshev polynomials at 0.3")
    chebyshev_grad = grad(chebyshev, argnums=1)
    for n in (1, 2, 5, 12):
        slope = n * np.sin(n * np.arccos(0.3)) / np.sqrt(1 - 0.3**2)
        print(f"  T_{n:<2}  derivative {chebyshev_grad(n, 0.3):10.6f}  closed form {slope:10.6f}")

    print("a network of the shape of a tree")
    tree, target = make_tree(np.random.default_rng(0), 3), np.array([0.5, -0.5, 0.2])
    tree_gradient = value_and_grad(tree_loss)
    for step in range(61):
        loss, bar = tree_gradient(tree, target)
        if step % 20 == 0:
            print(f"  step {step:2}  loss {loss:.6f}")
        tree = descend(tree, bar, 0.02)
    print()
    print(horner_grad.source)


if __name__ == "__main__":
    main()

"""Transposes in the adjoint: taken back, and moved from a product to its factors."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.transform.passes import check_gradient

A = np.array([[0.3, -0.7, 1.1], [0.2, 0.5, -0.4]])
B = np.array([[0.6, 0.1, -0.9], [1.2, -0.3, 0.8]])


def through_a_transpose(x, v):
    return np.sum((x @ v.T) ** 2)


def through_both(x, v):
    return np.sum((x.T @ v).T ** 2)


def vector(x, v):
    return np.sum((x[0] @ v.T) ** 2)


def in_a_loop(x, v):
    total = 0.0
    for _ in range(3):
        x = np.tanh(x @ v.T @ v)
        total = total + np.sum(x)
    return total


def written(x, v):
    m = v * 1.0
    y = x @ m.T
    m[0] *= 2.0
    return np.sum(y**2) + np.sum((x @ m.T) ** 3)


@pytest.mark.parametrize("f", [through_a_transpose, through_both, vector, in_a_loop, written])
def test_gradient(f):
    check_gradient(grad(f, (0, 1)), f, A, B, wrt=(0, 1))


def test_no_transpose_of_a_transpose_and_none_of_a_product_is_left():
    f = grad(through_a_transpose, (0, 1))
    f(A, B)
    assert ".T.T" not in f.source
    assert ").T" not in f.source
    assert ".copy()" not in f.source
    assert "v_bar = " in f.source and ".T.dot(x)" in f.source


def test_gradients_are_in_the_order_of_memory_of_their_arguments():
    for gradient in grad(through_a_transpose, (0, 1))(A, B):
        assert gradient.flags.c_contiguous
        assert gradient.flags.owndata


def test_a_product_that_is_read_twice_is_computed_once():
    def f(x, v):
        y = x.T @ v
        return np.sum(y.T * np.sin(y.T)) + np.sum(y**2)

    check_gradient(grad(f, (0, 1)), f, A, B, wrt=(0, 1))
    _, pull_back = vjp(f, A, B)
    first, again = pull_back(1.0), pull_back(1.0)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))

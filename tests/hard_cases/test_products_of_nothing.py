"""Products that sum over no element, or give none: their cotangents are zeros, or empty too."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad

SHAPES = [
    ((2, 2, 0), (0,)),
    ((0, 2, 0), (0,)),
    ((0, 2, 0), (0, 3)),
    ((2, 2, 0), (0, 3)),
    ((2, 2, 3), (3, 0)),
    ((0, 2, 3), (3, 2)),
    ((0, 2, 3), (3,)),
    ((2, 0, 2, 0), (0, 3)),
    ((0,), (2, 0, 3)),
    ((2, 0), (0, 3)),
]
PRODUCTS = {"matmul": lambda a, b: a @ b, "dot": np.dot, "method": lambda a, b: a.dot(b)}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_empty_axes(name, shapes):
    product = PRODUCTS[name]
    a, b = map(np.ones, shapes)

    def f(a, b):
        return np.sum(product(a, b)) + 2.0 * np.sum(b)

    a_bar, b_bar = grad(f, (0, 1))(a, b)
    np.testing.assert_array_equal(a_bar, np.zeros(a.shape))
    np.testing.assert_array_equal(b_bar, np.full(b.shape, 2.0))


def test_a_length_that_only_data_tell():
    def f(a, b, mask):
        return np.sum(np.sin(a[..., mask] @ b[mask]))

    a, b = np.ones((2, 2, 3)), np.ones(3)
    gradient = grad(f, (0, 1))
    some = gradient(a, b, np.array([True, False, True]))
    np.testing.assert_allclose(some[1], 4 * np.cos(2) * np.array([1, 0, 1]))
    none = gradient(a, b, np.zeros(3, bool))
    np.testing.assert_array_equal(none[0], np.zeros_like(a))
    np.testing.assert_array_equal(none[1], np.zeros_like(b))


def test_what_has_elements_is_multiplied_as_matrices():
    gradient = grad(lambda a, b: np.sum(np.tanh(a @ b)), 1)
    gradient(np.ones((2, 3, 4)), np.ones((4, 5)))
    assert "tensordot" not in gradient.source

"""``np.putmask`` and ``np.place`` take a mask of as many elements as the array, in any shape."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.hard_cases.checking import Case

X = np.array([[0.3, 0.05, -0.4], [0.7, -0.2, 0.9]])


def a_view_and_a_mask_of_the_whole(x):
    y = 2.0 * x
    v = y.reshape(-1)
    np.putmask(v, y > 0.2, 0.7)
    return np.sum(y * y)


def a_flat_mask(x):
    y = 2.0 * x
    np.putmask(y, (x > 0.2).ravel(), 0.7)
    return np.sum(y * y)


def a_transposed_mask(x):
    y = 2.0 * x
    np.putmask(y, x.T > 0.2, x**3)
    return np.sum(y * y)


def values_in_another_shape(x):
    y = 2.0 * x
    np.putmask(y.reshape(-1), y > 0.2, x.T**3)
    return np.sum(y * y)


def repeated_values(x):
    y = 2.0 * x
    np.putmask(y, (x.T > 0.2).ravel(), x[0] ** 3)
    return np.sum(y * y)


def the_columns_of_a_transpose(x):
    y = 2.0 * x
    np.putmask(y.T, (x > 0.2).ravel(), 0.5)
    return np.sum(y * y)


def a_display(x):
    y = 2.0 * x
    np.putmask(y, [True, False, True] * 2, x)
    return np.sum(y * y)


def placed_by_a_flat_mask(x):
    y = 2.0 * x
    np.place(y, (x.T > 0.2).ravel(), x[0] ** 3)
    return np.sum(y * y)


def placed_in_a_view(x):
    y = 2.0 * x
    np.place(y.reshape(-1), x > 0.2, x[0] ** 3)
    return np.sum(y * y)


@pytest.mark.parametrize(
    "f",
    [
        a_view_and_a_mask_of_the_whole,
        a_flat_mask,
        a_transposed_mask,
        values_in_another_shape,
        repeated_values,
        the_columns_of_a_transpose,
        a_display,
        placed_by_a_flat_mask,
        placed_in_a_view,
    ],
)
def test_the_order_of_the_elements_counts(f):
    Case(f, (X,)).run()


@pytest.mark.parametrize("write", [np.putmask, np.place])
def test_a_mask_of_another_size_is_not_broadcast(write):
    def f(x):
        y = 2.0 * x
        write(y, x[0] > 0.2, 0.5)
        return np.sum(y * y)

    with pytest.raises(ValueError):
        f(X)
    with pytest.raises(ValueError):
        grad(f)(X)

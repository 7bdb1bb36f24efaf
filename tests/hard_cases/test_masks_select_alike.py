"""What one mask selects of two arrays is equally long, as long as nobody writes into the mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.3, -1.2, 0.7, 2.1, -0.4])
Y = np.array([1.5, 0.2, -0.8, 0.6, 1.1])


def residual(x, y):
    seen = y > 0
    return np.sum((x[seen] - y[seen]) ** 2)


def rows(x, y):
    table = np.stack([x, x * x, y], axis=1)
    late = y > 0.5
    return np.sum(table[late] * np.stack([y, x, x], axis=1)[late] + table[late, 1][:, None])


def in_a_loop(x, y):
    total = 0.0
    for k in range(3):
        above = x * (k + 1) > 0.5
        total += np.sum(x[above] * y[above] ** 2)
    return total


@pytest.mark.parametrize("f", [residual, rows, in_a_loop])
def test_nothing_is_tested(f: Any) -> None:
    check_grads(f, (X, Y))
    gradient = grad(f, argnums=(0, 1))
    gradient(X, Y)
    assert "_unbroadcast" not in gradient.source


# In these what is selected the second time may be one element, which is broadcast.


def written_between(x, y):
    m = np.abs(x) > 0.2
    a = x[m]
    m[:] = False
    m[2] = True
    return np.sum(a * y[m])


def written_by_a_helper(x, y):
    def keep_one(mask):
        mask[1:] = False

    m = np.abs(x) > 0.2
    a = x[m] ** 2
    keep_one(m)
    return np.sum(a * y[m])


def written_through_a_view(x, y):
    m = np.abs(x) > 0.2
    a, b = x[m], m[1:]
    b &= False
    return np.sum(a * y[m])


def written_by_out(x, y):
    m = np.abs(x) > 0.2
    a = x[m]
    np.greater(y, 1.2, out=m)
    return np.sum(a * y[m])


def copied_into(x, y):
    m = np.abs(x) > 0.2
    a = x[m]
    np.copyto(m, y > 1.2)
    return np.sum(a * y[m])


def written_in_a_trip(x, y):
    m = np.abs(x) > 0.2
    total, a = 0.0, x[m]
    for _ in range(2):
        total += np.sum(a * y[m])
        m[:4] = False
    return total


def of_the_trip_before(x, y):
    m = np.abs(x) > 0.2
    total, a = 0.0, x[m]
    for _ in range(2):
        b = y[m]
        total += np.sum(a * b)
        a = b
        m[1:] = False
    return total


def written_in_an_arm(x, y):
    m = np.abs(x) > 0.2
    a = x[m]
    if y[0] > 1:
        m[1:] = False
    return np.sum(a * y[m])


WRITTEN = [
    *(written_between, written_by_a_helper, written_through_a_view, written_by_out, copied_into),
    *(written_in_a_trip, of_the_trip_before, written_in_an_arm),
]


@pytest.mark.parametrize("f", WRITTEN)
def test_another_mask_after_a_write(f: Any) -> None:
    check_grads(f, (X, Y))
    value, _ = value_and_grad(f)(X, Y)
    np.testing.assert_allclose(value, f(X, Y))

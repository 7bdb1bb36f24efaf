"""Numbers and arrays that are truth values in one run and integers in another."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad

X = np.array([0.3, 0.5, -0.2, 0.7])


def larger(x, n):
    return max(x[0] > 0, n) * x[1] + min(x[0] > 0, n) * x[2]


def counted(x, n):
    m = x[0] > 0
    for _ in range(n):
        m = n
    return m * x[1] + sum([x[0] > 0, n]) * x[2]


def a_mask_or_places(x, n):
    a = x > 0
    if n > 1:
        a = np.arange(4)
    return np.sum(a * x) + np.sum(x[a])


def elements(x, n):
    a = np.array([True, False, True, True])
    for _ in range(n):
        a = np.array([2, 3, 4, n])
    return np.sum(a * x)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("f", [larger, counted, a_mask_or_places, elements])
def test_gradient(f, n):
    value, x_bar = value_and_grad(f)(X, n)
    assert value == f(X, n)
    slopes = [(f(X + e, n) - f(X - e, n)) / 2e-6 for e in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(x_bar, slopes, atol=1e-8)

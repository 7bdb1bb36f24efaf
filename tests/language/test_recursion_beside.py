"""Functions that call themselves beside the differentiated one, in a function around both.

The function of the program has the name of the user's, which a cell of the closure has too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads

X = np.array([9.3, 1.5])


def _counted() -> Callable[..., Any]:
    def count(v, th):
        return 0 if v < th else 1 + count(v * 0.5, th)

    def loss(x):
        return count(x[0], 1.0) * x[1]

    return loss


def _bisected() -> Callable[..., Any]:
    """With as many parameters as the function of the program has, by chance."""

    def bisect(f, a, b):
        m = 0.5 * (a + b)
        if b - a < 1e-4:
            return m
        return bisect(f, a, m) if f(m) > 0 else bisect(f, m, b)

    def loss(x, c=2.0):
        return bisect(lambda t: t * t - c, 0.0, 3.0) * x[0]

    return loss


def _active_and_not(c: float = 7.0) -> Callable[..., Any]:
    def go(v, k):
        return v if v < 1 else go(v * 0.5, k) + v * k

    def loss(x):
        return go(x[0], 2.0) * go(c, 3.0) * c

    return loss


def _one_another() -> Callable[..., Any]:
    def even(v, h):
        return v if v < 1 else odd(v - h, h) * v

    def odd(v, h):
        return v * v if v < 1 else even(v - h, h) + v

    def loss(x):
        return even(x[0], 0.7) + odd(x[1], 0.4)

    return loss


@pytest.mark.parametrize("make", [_counted, _bisected, _active_and_not, _one_another])
def test_beside(make: Callable[..., Callable[..., Any]]) -> None:
    f = make()
    value, gradient = value_and_grad(f)(X)
    assert value == pytest.approx(f(X), rel=1e-13)
    np.testing.assert_allclose(grad(f)(X), gradient, rtol=1e-13)
    pulled, pullback = vjp(f, X)
    assert pulled == pytest.approx(f(X), rel=1e-13)
    np.testing.assert_allclose(pullback(1.0)[0], gradient, rtol=1e-12)
    check_grads(f, (X,))


def test_each_closure_has_its_own_cells() -> None:
    """Of the numbers around, which are read where they stand; the code is compiled once."""
    first, second = _active_and_not(7.0), _active_and_not(6.0)
    for f in (first, second, first):
        value, gradient = value_and_grad(f)(X)
        assert value == pytest.approx(f(X), rel=1e-13)
        step = 1e-6 * np.array([1.0, 0.0])
        assert gradient[0] == pytest.approx((f(X + step) - f(X - step)) / 2e-6, rel=1e-6)

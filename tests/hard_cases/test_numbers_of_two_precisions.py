"""Numbers that are Python's before a loop and of single precision in it."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

X = np.random.default_rng(0).normal(size=5)


def waiting(arrivals):
    """The sum of the waiting times in a queue."""
    free = 0.0
    waited = 0.0
    for a in arrivals:
        start = max(a, free)
        waited += start - a
        free = start + a
    return waited


def extremes(x):
    least, most, total = 0.0, 0.0, 0.0
    for a in x:
        least, most = min(least, a, 1), max(most, abs(a), 0.1)
        total += most * most - least * a
    return total


@pytest.mark.parametrize("f", [waiting, extremes])
def test_value_type_and_gradient(f):
    for x in (X, X.astype(np.float32), X[:1].astype(np.float32), X[:0]):
        value, gradient = value_and_grad(f)(x)
        assert value == f(x)
        assert type(value) is type(f(x))
        assert gradient.dtype == x.dtype
        np.testing.assert_allclose(gradient, grad(f)(x.astype(np.float64)), rtol=1e-5)
    step = 1e-6 * np.linspace(0.5, 1, 5)
    slope = (f(X + step) - f(X - step)) / 2
    assert np.isclose(grad(f)(X) @ step, slope, rtol=1e-7)

"""One cotangent of two values, one of which is an array or something else: neither is written."""

import numpy as np
import pytest

from srcgrad import grad, vjp

X, Y = np.array([0.2, 0.4, 0.6]), np.array([0.3, 0.5, 0.7])


def read_before(x, y, s):
    t = y[0]
    b = y if s > 1 else 0.0
    return np.sum(np.sin(x + b)) + t


def none_and_then_rows(x, y, s):
    h, t = None, 0.0
    for row in (x, y):
        t = t + row[0]
        h = row if h is None else h + row
    return np.sum(np.sin(h)) * s + t


def none_or_an_array(x, y, s):
    q = x if s > 1 else None
    t = x[0] ** 2
    if q is not None:
        t = t + np.sum((q + y) ** 2)
    return t


def mean_of_it(x, y, s):
    if s > 1:
        a, r = x, x[0]
    else:
        a, r = None, 2.0
    if a is not None:
        r = a.mean() * r
    return r * y[0]


def number_and_then_arrays(x, y, s):
    z = 0.0
    if s > 1:
        z = z + x
    return np.sum(z * y) + x[0] * y[1]


@pytest.mark.parametrize("s", [0.5, 1.5])
@pytest.mark.parametrize(
    "f",
    [read_before, none_and_then_rows, none_or_an_array, mean_of_it, number_and_then_arrays],
)
def test_gradient(f, s):
    bars = grad(f, argnums=(0, 1))(X, Y, s)
    for again in (vjp(f, X, Y, s)[1](1.0)[:2],):
        for a, b in zip(bars, again, strict=True):
            np.testing.assert_allclose(a, b)
    for position, bar in enumerate(bars):
        for i, step in enumerate(1e-6 * np.eye(3)):
            up, down = [X, Y], [X, Y]
            up[position], down[position] = up[position] + step, down[position] - step
            slope = (f(*up, s) - f(*down, s)) / 2e-6
            np.testing.assert_allclose(bar[i], slope, rtol=1e-6, atol=1e-8)

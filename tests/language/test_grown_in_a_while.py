"""Lists that are empty before a ``while``, grow in it, and are read in its branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def numbers(x):
    a, s, k = [], 0.0, 0
    while k < 4:
        if k >= 2:
            s += a[k - 1]
        a.append(x[k] * x[k])
        k += 1
    return s


@program
def the_last_one(x):
    a, s, k = [], 0.0, 0
    while k < 4:
        if a:
            s += a[-1] * x[k]
            s *= a[0]
        a.append(x[k])
        k += 1
    return s


@program
def arrays(x):
    a, s, k = [], np.zeros(4), 0
    while k < 4:
        if k >= 2:
            s += a[k - 1]
            s[k - 1] *= a[0][k]
        a.append(x * x[k])
        k += 1
    return np.sum(s * x)


@program
def rows_of_lists(x):
    a, s, k = [], 0.0, 0
    while k < 4:
        if k >= 1:
            s += a[k - 1][0] * a[0][1]
        a.append([x[k], s])
        k += 1
    return s


@program
def two_lists(x):
    a, b, s, k = [], [], 0.0, 0
    while s < 3.0 and k < 4:
        if len(b) > 1:
            s += b[-2]
        if a:
            b.append(a[-1] * x[0])
        a.append(x[k] * x[k])
        k += 1
    return s + sum(b)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x = np.array([1.3, -0.7, 2.1, 0.4])
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)


def test_the_sum_is_known_to_be_a_number():
    gradient = grad(numbers)
    gradient(np.ones(4))
    assert "ndim" not in gradient.source

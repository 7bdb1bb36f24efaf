"""An element that is read, overwritten and put back; sums of what a helper writes meanwhile."""

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
def put_back(x, s):
    t = x[-1]
    x[-1] = s
    x[-1] = t
    return np.sum(x * x)


@program
def put_back_after_a_use(x, s):
    y = x.copy()
    t = y[1]
    y[1] = s
    total = np.sum(y**3)
    y[1] = t
    return total + np.sum(y * x)


@program
def put_back_after_a_loop(x, s):
    y = x.copy()
    t = y[1]
    for _ in range(2):
        y[1] = s * t
    y[1] = t
    return np.sum(y * x)


@program
def differences(x, s):
    """As a numerical derivative is taken."""
    total = 0.0
    for i in range(len(x)):
        old = x[i]
        x[i] = old + 0.1 * s
        up = np.sum(np.sin(x))
        x[i] = old - 0.1 * s
        down = np.sum(np.sin(x))
        x[i] = old
        total += (up - down) * x[i]
    return total


@program
def of_a_matrix(x, s):
    A = np.outer(x, x)
    t = A[1, 2]
    A[1, 2] = s
    b = np.sum(A**2)
    A[1, 2] = t
    return b + np.sum(A)


@program
def a_row_is_a_view(x, s):
    A = np.outer(x, x)
    t = A[1]
    A[1] = s * t
    A[1] = t
    return np.sum(A)


def write(a):
    a[0] = 5.0 * a[1]
    return a[2]


@program
def a_sum_of_what_is_written(x, s):
    x[0] = x[0] + write(x)
    return np.sum(x * x)


@program
def an_augmented_sum(x, s):
    x[0] += write(x)
    x[1] -= write(x) * s
    return np.sum(x * x)


@program
def rows_of_what_is_written(x, s):
    A = np.outer(x, x)
    A[0] = A[0] + write(A)
    A[0] += write(A)
    A[1] -= write(A.T)
    return np.sum(A * x)


@program
def in_branches(x, s):
    x[0] = x[0] * write(x) + x[0]
    x[1] = x[1] + (write(x) if s > 0 else 2.0)
    return np.sum(x * x)


@program
def products(x, s):
    x[0] *= write(x)
    x[2] **= 1.0 + 0.1 * write(x[::-1])
    return np.sum(x * x)


@program
def chosen_by_a_mask(x, s):
    y = x.copy()
    m = x > 1
    t = y[m]
    y[m] = s
    total = np.sum(y**2)
    y[m] = t
    k = np.array([0, 2])
    u = y[k]
    y[k] = s
    total += np.sum(y**3)
    y[k] = u
    return total + np.sum(y * x)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, s = np.array([0.6, 1.4, 0.8, 1.2]), 1.7
    v = np.array([0.3, -0.2, 0.5, 0.1])
    slope = (f(x + 1e-6 * v, s) - f(x - 1e-6 * v, s)) / 2e-6
    of_s = (f(x.copy(), s + 1e-6) - f(x.copy(), s - 1e-6)) / 2e-6
    value, (x_bar, s_bar) = value_and_grad(f, (0, 1))(x, s)
    np.testing.assert_allclose(value, f(x.copy(), s), rtol=1e-14)
    np.testing.assert_allclose([x_bar @ v, s_bar], [slope, of_s], rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(grad(f)(x, s), x_bar, rtol=1e-14)

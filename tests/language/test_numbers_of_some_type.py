"""Numbers whose type is known at run time only: powers of integers, ``None`` before a number."""

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
def powers_of_two(x):
    r = np.zeros(3)
    for i in range(3):
        r[i] = x[0] / 2**i
    return np.sum(r * x)


@program
def alternating_signs(x):
    A = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            A[i, j] = (-1) ** (i + j) * x[i] * x[j]
    return np.sum(A * x)


@program
def a_series(x):
    s = 0.0
    for i in range(3):
        s += x[i] * 2**i + (-1) ** i * x[0] ** (2 * i + 1) / (2.0 * i + 1)
    return s


@program
def arrays_scaled_in_place(x):
    r = np.ones(3) * x[0]
    for i in range(3):
        r[i] /= 2**i
    for i in range(3):
        r *= 2**i
    return np.sum(r * x)


@program
def scaling_and_squaring(x):
    """As the exponential of a matrix is computed."""
    s = int(x.max() * 3)
    A = np.outer(x, x) / 2**s
    B = np.eye(3) + A
    for _ in range(s):
        B = B @ B
    B[0] /= 2**s * 1.5
    return np.sum(B)


@program
def an_array_and_a_power(x):
    s = int(np.ceil(x.max()))
    y = x * 2**-s
    y[1] += 3.0 * 2 ** len(x)
    y[:2] *= -(2**s) + min(2**s, 5)
    return np.sum(y[y > 2**-s]) + np.sum(y * ~(y > 2**s))


@program
def butterflies(x):
    """Powers of two as places, as in a fast transform."""
    out = x.copy()
    for j in range(2):
        h = 2**j
        for i in range(0, len(x) - h, 2 * h):
            out[i] += out[i + h]
            out[i + h] = out[i] - 2 * out[i + h]
    return np.sum(out * x) + x[2**1] * x[0]


@program
def sums_so_far(x):
    out = np.zeros(len(x))
    s = 0.0
    for i in range(len(x)):
        s += x[i]
        out[i] = s
    return np.sum(out * x)


@program
def the_one_before(x):
    s, prev = 0.0, None
    for v in x:
        if prev is not None:
            s += v * prev
        prev = v
    return s


@program
def the_first_one(x):
    s, first = 0.0, None
    for v in x:
        if first is None:
            first = v * 2
            continue
        s += v * first
        first = first * v
    return s


@program
def extremes(x):
    lo = hi = None
    for v in x:
        lo = v if lo is None else min(lo, v)
        hi = v if hi is None else max(hi, v)
    return (hi - lo) ** 2


@program
def the_largest(x):
    best, at = None, None
    for i, v in enumerate(x):
        if best is None or v > best:
            best, at = v, i
    return best * x[at - 1]


def square_of_large(v):
    if v > 0.6:
        return v * v


@program
def a_helper_that_may_give_none(x):
    s = 0.0
    for v in x:
        r = square_of_large(v)
        if r is not None:
            s += r
    return s


@program
def written_after_none(x):
    y, p = np.zeros(3), None
    for i in range(3):
        if p is not None:
            y[i] += p * x[i]
        p = x[i] * 2
    return np.sum(y)


@program
def a_default(x, y=None):
    a = y
    for v in x:
        a = v if a is None else a * v
    return a


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, dtype):
    x, v = np.array([1.2, 0.5, 0.9]), np.array([0.3, -0.2, 0.7])
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    x = x.astype(dtype)
    near = {"rtol": 2e-6 if dtype is np.float64 else 1e-4, "atol": 1e-8}
    value, x_bar = value_and_grad(f)(x)
    assert x_bar.dtype == dtype
    np.testing.assert_allclose(value, f(x), rtol=1e-6)
    np.testing.assert_allclose(x_bar @ v, slope, **near)
    np.testing.assert_allclose(grad(f)(x), x_bar, rtol=1e-6)


def test_places_that_are_powers_are_numbers():
    """An index that is a power of two names one element: no helper is needed to undo a write."""
    text = grad(butterflies).lower(np.ones(4)).source
    assert "np.add.at" not in text
    assert "_last_writes" not in text


def test_a_power_that_is_a_float_is_no_index():
    def f(x, n):
        return x[2**n] * 2

    np.testing.assert_array_equal(grad(f)(np.ones(3), 1), [0, 0, 2])
    with pytest.raises((IndexError, TypeError)):
        grad(f)(np.ones(3), -1)


def test_comparisons_of_powers_are_pythons():
    def f(x):
        s = int(x.max() * 3)
        return x.sum() * (3 + (~(2**s > 4)))

    x = np.array([1.2, 0.5, 0.9])
    np.testing.assert_array_equal(grad(f)(x), np.full(3, float(3 + ~True)))


def test_none_is_no_number():
    def f(x):
        last = None
        for i in range(len(x) - 3):
            last = x[i]
        return last * 2.0

    np.testing.assert_array_equal(grad(f)(np.ones(4)), [2, 0, 0, 0])
    for function in (f, value_and_grad(f)):
        with pytest.raises(TypeError):
            function(np.ones(3))

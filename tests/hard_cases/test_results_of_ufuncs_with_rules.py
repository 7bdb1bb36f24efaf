"""Writing what a function with a rule of its own gives: that of a ufunc is an array of known rank,
and that of another function of a library is written as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad, register_vjp, value_and_grad
from srcgrad.ir.ops import DERIVATIVES

clip = next(f for f in vars(np._core.umath).values() if getattr(f, "__name__", "") == "clip")
"""A ufunc that no rule here is for, as those of scipy.special are."""
X = np.array([0.3, 1.2, -0.7])


def clip_vjp(y_bar, y, x1, x2, x3):
    return y_bar * ((x1 > x2) & (x1 < x3))


def i0_vjp(y_bar, y, x):
    """By its series, of which three terms do here."""
    return y_bar * (x / 2 + x**3 / 16 + x**5 / 384 + x**7 / 18432 + x**9 / 1474560)


@pytest.fixture(autouse=True)
def rules():
    register_vjp(clip)(clip_vjp)
    register_vjp(np.i0)(i0_vjp)
    register_vjp(np.modf)(lambda y_bar, y, x: y_bar[0])
    yield
    for function in (clip, np.i0, np.modf):
        DERIVATIVES.pop(function, None)


def element_of_the_result(x):
    y = clip(x, -1.0, 1.0)
    y[0] = 2.0
    return np.sum(y * x)


def element_of_what_is_converted(x):
    y = np.asarray(clip(x, -1.0, 1.0))
    y[2] = 2.0 * y[0]
    return np.sum(y * x)


def into_another_array(x):
    buffer = np.zeros(3)
    buffer[:] = clip(x, -1.0, 1.0)
    buffer += clip(2.0 * x, -1.0, 1.0)
    return np.sum(buffer * x)


def into_a_row(x):
    rows = np.zeros((2, 3))
    for i in range(2):
        rows[i] = clip(x * i, -1.0, 0.9)
    return np.sum(rows**2)


def numbers(x):
    y = np.zeros_like(x)
    for i in range(len(x)):
        y[i] = clip(x[i], -1.0, 1.0)
    return np.sum(y * x)


def numbers_of_what_is_not_known(x):
    v = np.i0(x)
    y = np.zeros_like(x)
    for i in range(len(x)):
        y[i] = float(v[i])
    y[0] = 2.0
    return np.sum(y * x)


def several_results(x):
    part, whole = np.modf(x)
    return np.sum(part * x) + np.sum(whole)


PROGRAMS = [
    element_of_the_result, element_of_what_is_converted, into_another_array, into_a_row, numbers,
    numbers_of_what_is_not_known, several_results,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS)
def test_derivatives(f):
    value, x_bar = value_and_grad(f)(X)
    assert value == f(X)
    slopes = [(f(X + step) - f(X - step)) / 2e-6 for step in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)


def test_single_precision():
    x_bar = grad(element_of_the_result)(X.astype(np.float32))
    assert x_bar.dtype == np.float32
    np.testing.assert_allclose(x_bar, grad(element_of_the_result)(X), rtol=1e-5)


def element_of_what_is_not_known(x):
    y = np.asarray(np.i0(x))
    y[0] = 2.0
    return np.sum(y * x)


def into_another_array_of_what_is_not_known(x):
    buffer = np.zeros(3)
    buffer[:] = np.i0(x)
    return np.sum(buffer * x)


@pytest.mark.parametrize(
    "f", [element_of_what_is_not_known, into_another_array_of_what_is_not_known]
)
def test_hint_says_what_helps(f):
    with pytest.raises(UnknownTypeError, match=r"as numbers, one by one: y\[i\] = float\(v\[i\]\)"):
        grad(f)(X)

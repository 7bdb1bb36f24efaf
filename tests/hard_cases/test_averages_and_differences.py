"""``np.average`` with weights, and ``np.diff`` with what is put before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import NoDerivativeError, UnsupportedSyntaxError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
W = np.array([1.0, 2.0, 4.0])
M = np.arange(6.0).reshape(2, 3) + 1


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def weighted(x):
    return np.average(x, weights=W) * np.average(x**2, weights=x) * np.average(W, weights=x)


@program
def weights_that_are_lists(x):
    a = np.average([x[0], x[1]], weights=[1, x[2]])
    return a * np.average(x, axis=-1, weights=[1, 2, 3]) * np.average(x * M, 0, [x[0], 2.0])[1]


@program
def rows(x):
    a = np.average(x * M, axis=1, weights=x)
    a[0] *= 2
    return a @ x[:2] + np.sum(np.average(x * M, axis=0, weights=x * M, keepdims=True) ** 2)


@program
def without_weights(x):
    return np.average(x * M, axis=0) @ x * np.average(x)


@program
def of_integers_and_conditions(x):
    return np.average(np.array([1, 2, 3]), weights=x) * np.average(x > 0.5, weights=x)


@program
def of_what_is_not_differentiated(x):
    y = np.zeros(2)
    y[0] = np.average(W) * x[0]
    y[1] = np.average(M, axis=0, weights=[1, 2])[1] * x[0]
    return y.sum()


@program
def a_number_before_a_vector(x):
    y = np.diff(x, prepend=0)
    y[0] = 2 * x[1]
    return np.sum(y**2) + np.sum(x * np.diff(np.array([1, 3, 4]), prepend=0))


@program
def a_number_before_rows(x):
    y = np.diff(x * M, prepend=0)
    y[0] *= x
    return np.sum(y**2) + np.sum(np.diff(x * M, axis=0, prepend=x[0], append=1.5) ** 3)


@program
def columns_after_rows(x):
    y = np.diff(x * M, append=x[:2, None], axis=1)
    return np.sum(y**3) + np.sum(np.diff(x * M, n=2, prepend=[[1.0], [2.0]], append=0) ** 2)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.3, 0.8, 1.2]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def test_weights_that_sum_to_zero_raise_what_numpy_raises():
    with pytest.raises(ZeroDivisionError):
        value_and_grad(lambda x: np.average(x, weights=[1, -1]))(np.ones(2))


def test_weights_that_do_not_fit_are_found_out():
    with pytest.raises(UnsupportedSyntaxError, match="Axis must be specified"):
        value_and_grad(lambda x: np.average(x * M, weights=W))(np.ones(3))


def in_a_try(x):
    try:
        return np.average(x * M, weights=W)
    except TypeError:
        return np.average(x, weights=W)


def test_a_try_decides_by_that():
    value, x_bar = value_and_grad(in_a_try)(np.ones(3))
    assert value == 1
    np.testing.assert_allclose(x_bar, W / 7)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.average(x, weights=W, returned=True)[0], "'returned'"),
        (lambda x: np.average(x * M, axis=(0, 1), weights=M), "one axis, or all"),
    ],
)
def test_what_the_derivative_does_not_cover(f, message):
    with pytest.raises(NoDerivativeError, match=message):
        value_and_grad(f)(np.ones(3))

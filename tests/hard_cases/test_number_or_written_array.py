"""A name for a number or an array, depending on data, where the array is written later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


@program
def a_number_that_is_constant(x, s, n):
    a = x * s
    t = a if x[0] > 0.5 else n
    a[0] = s
    return np.sum(t * x) + a[0]


@program
def a_length(x, s, n):
    a = x * s
    t = a if x[1] > 5 else float(len(x))
    a[0] = s
    return np.sum(t * x) + a[0]


@program
def a_condition(x, s, n):
    a = x * s
    t = x[0] > 0.5 and a
    a[0] = s
    return np.sum(t * x)


@program
def in_a_loop(x, s, n):
    a, t = x * s, np.float64(0.0)
    for i in range(n):
        if x[i] > 0:
            t = a
        a[i] = x[i] * 2
    return np.sum(t * x)


@program
def a_copy(x, s, n):
    a = x * s
    t = a.copy() if x[0] > 0.5 else s
    u = a.copy() if x[1] > 5 else s
    a[0] = s
    return np.sum(t * x) + np.sum(u * a)


@refused
def an_argument(x, s, n):
    a = x * s
    t = a if x[0] > 0.5 else s
    a[0] = 1.0
    return np.sum(t)


@refused
def a_mean(x, s, n):
    a = x * s
    t = np.mean(x)
    if x[0] > 0.5:
        t = a
    a[0] = 1.0
    return np.sum(t)


@refused
def after_the_first_trip(x, s, n):
    a, t = x * s, s
    for _ in range(n):
        t = a
    a[0] = 1.0
    return np.sum(t)


@refused
def written_through_it(x, s, n):
    t = x if x[0] > 0.5 else s
    t *= 2.0
    return np.sum(t)


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("first", [0.6, 0.3])
def test_gradient(f, first):
    x, v = np.array([first, 1.4, -0.8]), np.array([0.3, -0.2, 0.5])
    value, (x_bar, s_bar) = value_and_grad(f, (0, 1))(x, 1.5, 2)
    slope = (f(x + 1e-6 * v, 1.5, 2) - f(x - 1e-6 * v, 1.5, 2)) / 2e-6
    of_s = (f(x.copy(), 1.5 + 1e-6, 2) - f(x.copy(), 1.5 - 1e-6, 2)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy(), 1.5, 2), rtol=1e-14)
    np.testing.assert_allclose([x_bar @ v, s_bar], [slope, of_s], rtol=1e-6)


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    with pytest.raises(AliasingError, match="number or an array") as caught:
        value_and_grad(f, (0, 1))(np.array([0.6, 1.4, -0.8]), 1.5, 2)
    assert caught.value.loc is not None
    assert "copy" in caught.value.hint

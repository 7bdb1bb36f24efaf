"""Loops whose test begins with an assignment, and what it then says in the body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
POINTS = (
    np.array([2.1, 1.55, 0.52, 3.3]),
    np.array([-0.7, 2.53, 1.2, 0.3]),
    np.array([1.1, 0.5, -1.2, 0.3]),
)


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def none_at_the_end(x):
    tot = 0.0
    i = 0
    while (i := (i + 1 if i < 3 else None)) is not None:
        tot += x[i] ** 2
    return tot


@program
def none_where_data_say_so(x):
    tot = 0.0
    i = 0
    while (i := (i + 1 if i < 3 and x[i] > -1 else None)) is not None:
        tot += x[i] ** 2
    return tot


@program
def left_in_several_ways(x):
    tot = 0.0
    i = 0
    while (i := (i + 1 if i < 3 else None)) is not None:
        if x[i] > 3:
            continue
        if x[i] < 0:
            break
        tot += x[i] ** 2
    else:
        tot = tot * 2
    return tot + x[0] * (0 if i is None else i)


@program
def a_number_that_shrinks(x):
    tot = 0.0
    s = x[1]
    while (s := s * 0.6) > 0.1:
        tot = tot + s * x[0]
    return tot + s


@program
def the_name_alone(x):
    tot = 0.0
    n = 4
    while n := n - 1:
        tot = tot + n * x[n]
        if n < 2 and x[0] > 0:
            return tot * x[1]
    return tot


@program
def several_names(x):
    tot = 0.0
    k = 4
    while (k := k - 1) >= 0 and (y := x[k]) > -1:
        tot = tot + y**2
    while (z := x[0]) < 0:
        tot += x[1] * z
        break
    return tot


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients(f):
    for x in POINTS:
        value, found = value_and_grad(f)(x)
        expected = [(f(x + step) - f(x - step)) / 2e-6 for step in 1e-6 * np.eye(4)]
        assert value == pytest.approx(f(x), rel=1e-12)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=str(x))


def test_the_test_is_of_the_name():
    assert "while s > 0.1" in grad(a_number_that_shrinks).lower(POINTS[0]).source

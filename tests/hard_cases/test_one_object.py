"""``is``: equal arrays that are computed twice are two; a tuple has no identity here."""

from __future__ import annotations

import copy
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def equal_arrays(x):
    a = x * 2
    b = x * 2
    return np.sum(x**2) if a is b else np.sum(x**3)


@program
def equal_numbers(x):
    s = x[0] * 2
    t = x[0] * 2
    return np.sum(x) * (2.0 if s is t else 3.0) * (2.0 if x[0] is x[0] else 3.0)


@program
def sums_and_copies(x):
    same = np.sum(x) is np.sum(x) or x.copy() is x.copy() or x is x.copy()
    return np.sum(x**2) if same else np.sum(x**3)


@program
def in_a_list(x):
    a, items = x * 2, [x * 2, x * 3]
    return np.sum(x**2) * sum(1.0 for v in [a, *items] if v is a)


@program
def views(x):
    same = x[1:] is x[1:] or x.T is x or x[:] is x or x.reshape(-1) is x
    return np.sum(x**2) if same else np.sum(x**3)


@program
def names_of_one(x):
    y = np.asarray(x)
    z = y
    z += 1.0
    return np.sum(z**2) if x is y and y is z else np.sum(z**3)


Pair = namedtuple("Pair", "a b")


@program
def tuples_of_other_lengths(x):
    pair, other = Pair(x, x), pair_of(x)
    same = pair is (x, x) or (x, x) is (x, x, x) or pair is None or other is (x,)
    return np.sum(x**2) if same else np.sum(x**3)


def pair_of(x):
    return (x, 2.0 * x)


@program
def what_is_rebound(x):
    y = x
    y = y + 1.0
    return np.sum(y**2) if x is y else np.sum(y**3)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x, v = np.array([0.6, 1.4, -0.8]), np.array([0.3, -0.2, 0.5])
    value, x_bar = value_and_grad(f)(x)
    slope = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar @ v, slope, rtol=1e-6)


def two_arguments(x, y):
    return np.sum(x * y) if x is y else np.sum(x + y)


def test_arguments_are_asked():
    x = np.array([0.6, 1.4, -0.8])
    assert value_and_grad(two_arguments)(x, x)[0] == two_arguments(x, x)
    assert value_and_grad(two_arguments)(x, x.copy())[0] == two_arguments(x, x.copy())


def chosen_by_data(x):
    a = x * 2
    b = a if x[0] > 0 else x * 2
    return np.sum(a) if a is b else np.sum(x)


def one_of_two_numbers(x):
    s = x[0]
    return max(s, x[1]) * (2.0 if max(s, x[1]) is s else 3.0)


def carried(x):
    before = x
    for _ in range(3):
        now = np.sin(x)
        if now is before:
            return np.sum(x)
        before = now
    return np.sum(before)


def two_names_of_a_tuple(x):
    t = (x, 1)
    u = t
    return np.sum(x) * (2.0 if u is t else 3.0)


def two_empty_tuples(x):
    t, u = (), ()
    return np.sum(x) * (2.0 if u is t else 3.0)


def a_copy_of_a_tuple(x):
    t = (x, 1)
    return np.sum(x) * (2.0 if copy.copy(t) is t else 3.0)


TUPLES = [two_names_of_a_tuple, two_empty_tuples, a_copy_of_a_tuple]


@pytest.mark.parametrize("f", [chosen_by_data, one_of_two_numbers, carried, *TUPLES])
def test_what_is_not_known_is_refused(f):
    with pytest.raises(AliasingError, match="one object|one tuple"):
        value_and_grad(f)(np.array([0.6, 1.4, -0.8]))

"""Arrays that are of integers in this run, and of floats in another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

POINTS = (
    np.array([2.1, 1.55, 0.52, 3.3]),
    np.array([-1.1, 2.53, 1.2, 0.3]),
    np.array([-1.1, -0.5, -1.2, 0.3]),
)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- chosen, carried, given back ----------------------------------------------------------------


@program
def of_a_branch(x):
    v = x
    if x[0] > 0:
        v = np.array([1, 2, 3, 4])
    return np.sum(v) + v[0]


@program
def of_conditions(x):
    v = x
    if x[0] > 0:
        v = np.array([True, False, True, True])
    return np.sum(v * x) + v[0]


@program
def the_best_so_far(x):
    best = np.zeros(4, dtype=int)
    for i in range(4):
        if x[i] > 1:
            best = x * i
    return np.sum(best * x) + best[1]


@program
def the_best_that_is_given_up(x):
    best = np.zeros(4, dtype=int)
    for i in range(4):
        if x[i] > 1:
            best = x * i
        elif x[i] > 0.4:
            best = np.arange(4)
    return np.sum(best * x) + best[1]


@program
def a_loop_of_perhaps_no_trip(x):
    t = np.zeros(4, int)
    for _ in range(int(x[0] > 1) * 2):
        t = t + x
    return np.sum(t * t) + t[0]


class _Sums:
    def __init__(self):
        self.w = np.zeros(4, int)

    def add(self, x):
        self.w = self.w + x


@program
def an_attribute(x):
    sums = _Sums()
    for i in range(4):
        if x[i] > 1:
            sums.add(x * i)
    return np.sum(sums.w * x) + sums.w[1]


def _added(x, n):
    return np.arange(4) if n == 0 else _added(x, n - 1) + x


@program
def a_function_that_calls_itself(x):
    v = _added(x, int(x[1] > 0))
    return np.sum(v * v) + v[0]


@program
def swapped_in_a_dict(x):
    d = {"a": np.arange(4), "b": x}
    for i in range(3):
        if x[i] > 0:
            d["a"], d["b"] = d["b"], d["a"]
    return np.sum(d["a"] * x) + d["b"][0] ** 2


@program
def none_or_either(x):
    a = None
    if x[0] > 0:
        a = np.arange(4)
    elif x[1] > 0:
        a = x
    if a is None:
        return np.sum(x)
    return np.sum(a) + a[0]


@program
def of_a_list(x):
    xs = [np.arange(4)]
    for i in range(4):
        xs.append(x * i if x[i] > 1 else np.arange(4))
    s = 0.0
    for v in xs:
        s = s + v[1] * x[2] + np.sum(v)
    return s


@program
def many_operations(x):
    v = x * 2
    if x[0] > 0:
        v = np.arange(1, 5)
    s = np.sum(v / 3) + np.sum(v**2) + np.max(v) + np.sort(v)[1] + np.cumsum(v)[2]
    s = s + np.where(x > 0, v, x).sum() + np.concatenate([v, x])[2] + np.stack([v, v])[0, 1]
    return s + v @ v + np.sum(v[1:] * v[:-1] * x[0]) + np.sum(x * -v)


@program
def written_into_a_sum(x):
    w = np.arange(4) if x[0] > 0 else x
    u = w + x
    u[0] = 1
    return np.sum(u * x)


@program
def taken_one_by_one(x):
    w = np.arange(4) if x[0] > 0 else x
    s = 0.0
    for e in w:
        s = s + e * e * x[1]
    return s


# --- written ------------------------------------------------------------------------------------


@program
def written(x):
    v = x * 1
    if x[0] > 0:
        v = np.array([1, 2, 3, 4])
    v[0] = x[1] * 2.1
    return np.sum(v * x)


@program
def beside_what_is_written(x):
    b = a = x * 1
    if x[0] > 0:
        b = np.arange(4)
    a[0] = 1.0
    return np.sum(b * x)


@program
def beside_what_is_written_in_a_loop(x):
    a = x * 1
    c = np.arange(4)
    b = a
    for i in range(3):
        if x[i] > 1:
            b = c
        elif x[i] < 0:
            b = a
        a[i] = x[i] * 3
        b[1] = 2
    return np.sum(b * x) + a[2] * x[1]


@program
def several_names(x):
    a = x * 1
    n = np.array([1, 1, 3, 4])
    c = n[::-1] if x[2] > 0 else n
    b = c if x[0] > 0 else a
    d = a if x[1] > 0 else b
    a[0] = x[3]
    d[1] = x[0]
    d[2] += 3
    return np.sum(b * x) + np.sum(d * d)


@program
def exchanged(x):
    u, v = x * 1, np.zeros(4, dtype=int)
    for i in range(3):
        u, v = v, u
        if x[i] > 0:
            v[i] = 2 * x[i + 1]
    return np.sum(u * x) + v[1] ** 2


@program
def in_a_list_of_what_is_written(x):
    a = x * 1
    xs = [a, np.arange(4)]
    xs.append(a if x[0] > 0 else np.zeros(4, int))
    a[0] = x[1] * 2
    s = 0.0
    for v in xs:
        s = s + v[0] * x[2] + np.sum(v)
    return s


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients(f):
    """Value and gradient are those of f, as differences give them, wherever the integers are."""
    for x in POINTS:
        value, found = value_and_grad(f)(x.copy())
        expected = [(f(x + step) - f(x - step)) / 2e-6 for step in 1e-6 * np.eye(4)]
        assert value == pytest.approx(f(x.copy()), rel=1e-12)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5, err_msg=str(x))
        assert found.dtype == np.float64


def test_an_argument_of_integers():
    """An argument that is not differentiated, in the place of an array that is written."""

    def f(x, n):
        b = a = x * 1
        if x[0] > 0:
            b = n
        a[0] = 1.0
        return np.sum(b * x)

    n = np.arange(4)
    np.testing.assert_allclose(grad(f)(POINTS[0], n), n)
    np.testing.assert_allclose(grad(f)(POINTS[1], n), [1.0, *(2 * POINTS[1][1:])])


def test_single_precision():
    """The cotangent of what may be of integers is of the floats' precision."""

    def f(x):
        v = x
        if x[0] > 0:
            v = np.arange(4)
        return np.sum(v) + v[0]

    for x, expected in zip(POINTS, ([0, 0, 0, 0], [2, 1, 1, 1], [2, 1, 1, 1]), strict=True):
        found = grad(f)(x.astype(np.float32))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected)


def test_an_array_of_numbers_that_may_be_ints():
    """``1.0 * A`` is not ``A`` where that may be of integers: a gradient is of floats."""

    def f(y):
        t = 1 if y[0] > 0 else y[0]
        A = np.array([t, 1, 2, 3])
        return np.sum(A * y)

    found = grad(f)(POINTS[0])
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [1, 1, 2, 3])


def test_what_integers_refuse():
    """``v += x`` raises where v is of integers, as in the program."""

    def f(x):
        v = x * 2
        if x[0] > 0:
            v = np.arange(4)
        v += x
        return np.sum(v * x)

    for g in (f, grad(f)):
        with pytest.raises(TypeError):
            g(POINTS[0])
    np.testing.assert_allclose(grad(f)(POINTS[1]), 6 * POINTS[1])

"""Recursive functions that are called again after something has changed that they read.

One function of the program serves several calls only if what it rests on is what it was: variables
that functions among its arguments read, attributes of objects from outside, containers, settings.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from tests.language.checking import check

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    """A program of an array ``x`` and a depth ``n``."""
    PROGRAMS.append(f)
    return f


def last_of(fn, t, n):
    """``fn``, applied once more than ``n`` times."""
    return fn(t) if n <= 0 else last_of(fn, fn(t) * 0.9, n - 1)


def first_of(fns, t, n):
    return fns[0](t) if n <= 0 else first_of(fns, fns[-1](t) * 0.9, n - 1)


def simpson(f, a, b, n):
    c = 0.5 * (a + b)
    if n <= 0:
        return (b - a) / 6 * (f(a) + 4 * f(c) + f(b))
    return simpson(f, a, c, n - 1) + simpson(f, c, b, n - 1)


class Gain:
    """An object with a method that calls itself."""

    def __init__(self, a):
        self.a = a

    def run(self, t, n):
        return self.a * t if n <= 0 else np.sin(self.run(t, n - 1))

    def even(self, t, n):
        return self.a * t if n <= 0 else self.odd(t * self.a, n - 1)

    def odd(self, t, n):
        return self.a + t if n <= 0 else self.even(np.sin(t), n - 1)

    def once(self, t):
        return np.tanh(self.a * t)

    def put(self, a):
        self.a = a


def scaled(o, t, n):
    return o.a * t if n <= 0 else np.sin(scaled(o, t * o.a, n - 1))


# --- variables that functions among the arguments read ------------------------------------------


@program
def a_variable_is_bound_anew(x, n):
    k = x[0]
    g = lambda v: v * k
    a = last_of(g, x[1], n)
    k = a * 3
    return last_of(g, x[1], n)


@program
def a_constant_in_an_unrolled_loop(x, n):
    t = 0.0
    for k in (1.0, 2.0):
        t = t + last_of(lambda v: v * k, x[0], n)
    return t


@program
def an_element_in_a_loop(x, n):
    t = 0.0
    for k in x:
        t = t + last_of(lambda v: v * k, 1.5, n)
    return t


@program
def an_element_in_a_sum(x, n):
    return sum(last_of(lambda v: v * k, 1.5, n) for k in x)


@program
def an_arm_binds_it(x, n):
    k = x[0]

    def g(v):
        return v * k

    if n > 1:
        k = x[1]
        a = last_of(g, 1.5, n)
    else:
        a = last_of(g, 2.5, n)
    return a * last_of(g, 0.5, n)


@program
def a_while_binds_it(x, n):
    k, i, t = x[0], 0, 0.0
    g = lambda v: v * k
    while i < n:
        t = t + last_of(g, x[1], n)
        k = np.sin(t)
        i += 1
    return t + last_of(g, x[1], n)


@program
def a_function_that_calls_another(x, n):
    k = x[0]
    g = lambda v: v * k
    more = lambda v: g(v) + 1
    a = last_of(more, x[1], n)
    k = a * 3
    b = last_of(more, x[1], n)
    g = lambda v: v - b
    return last_of(more, x[1], n)


@program
def a_list_of_functions(x, n):
    k = x[0]
    fns = [lambda v: v * k, lambda v: v + k]
    a = first_of(fns, x[1], n)
    k = a * 2
    b = first_of(fns, x[1], n)
    fns[0] = lambda v: v * b
    return first_of(fns, x[1], n) + a


@program
def a_captured_list_of_functions(x, n):
    k = x[0]
    fns = [lambda v: v * k]

    def descend(t, m):
        return fns[0](t) if m <= 0 else np.sin(descend(fns[0](t), m - 1))

    a = descend(x[1], n)
    k = a
    return descend(x[1], n)


@program
def a_partial(x, n):
    k = x[0]

    def g(c, v):
        return v * k + c

    once = partial(g, 0.5)
    a = last_of(once, x[1], n)
    k = a * 2
    b = last_of(once, x[1], n)
    once = partial(g, b)
    return last_of(once, x[1], n)


@program
def a_method_of_an_object(x, n):
    o = Gain(x[0])
    a = last_of(o.once, x[1], n)
    o.put(a * 2)
    return last_of(o.once, x[1], n) * a


@program
def a_rate_of_a_differential_equation(x, n):
    def step(rate, y, t, m):
        return y if m <= 0 else step(rate, y + 0.1 * rate(y, t), t + 0.1, m - 1)

    w = x[0]
    rate = lambda y, t: -w * y + t
    a = step(rate, x[1], 0.0, n)
    w = a
    return step(rate, x[1], 0.0, n)


@program
def integrals_of_integrals(x, n):
    def inner(z, w):
        return simpson(lambda y: np.exp(w * z * y), 0.0, z, n)

    return sum(simpson(lambda z: inner(z, w), 0.0, 1.0, n) for w in x)


@program
def within_a_recursive_function(x, n):
    def outer(t, m):
        k = t
        g = lambda v: v * k
        a = last_of(g, t, m)
        k = a + 1
        b = last_of(g, t, m)
        return a * b if m <= 0 else outer(a * 0.5, m - 1) + last_of(g, b, m)

    return outer(x[0], n) * outer(x[1], n)


# --- what containers show -----------------------------------------------------------------------


def weighed(pairs, t, n):
    if n <= 0:
        return sum(w * t for _, w in pairs)
    return np.sin(weighed(pairs, t * 0.5, n - 1))


@program
def a_view_of_a_dict(x, n):
    d = {"a": x[0], "b": 0.3}
    pairs = d.items()
    a = weighed(pairs, x[1], n)
    d["a"] = a
    b = weighed(pairs, x[1], n)
    d["c"] = b
    return weighed(pairs, x[1], n)


def applied(fns, t, n):
    return sum(f(t) for f in fns) if n <= 0 else np.sin(applied(fns, t * 0.5, n - 1))


@program
def a_view_of_functions(x, n):
    k = x[0]
    d = {"a": lambda v: v * k}
    fns = d.values()
    a = applied(fns, x[1], n)
    k = a
    return applied(fns, x[1], n)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f, n):
    check(f, np.array([0.3, 0.7]), n)


# --- attributes of objects from outside ---------------------------------------------------------

SHARED = Gain(0.6)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    SHARED.a = 0.6
    yield
    SHARED.a = 0.6


def method_called_again(s, o, n):
    a = o.run(s, n)
    o.a = a
    return o.run(s, n) * a


def function_called_again(s, o, n):
    a = scaled(o, s, n)
    o.put(a)
    return scaled(o, s, n) * a


def in_an_arm(s, o, n):
    a = scaled(o, s, n)
    if a > 0.01:
        o.a = a
    return scaled(o, s, n) * a


def in_a_loop(s, o, n):
    for i in range(n):
        s = scaled(o, s, n)
        if i == 1:
            o.a = s * 0.9
    return scaled(o, s, n)


def each_other(s, o, n):
    a = o.even(s, n)
    o.a = a
    b = o.even(s, n)
    o.a = b
    return o.odd(s, n) + a


def bound_method_again(s, o, n):
    a = last_of(o.once, s, n)
    o.a = a
    return last_of(o.once, s, n)


def written_and_put_back(s, o, n):
    old = o.a
    a = scaled(o, s, n)
    o.a = a
    b = scaled(o, s, n)
    o.a = old
    return scaled(o, s, n) * b


def shared(s, o, n):
    def descend(t, m):
        return SHARED.a * t if m <= 0 else np.sin(descend(t * SHARED.a, m - 1))

    a = descend(s, n)
    SHARED.a = a * o.a
    return descend(s, n) * a


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize(
    "f",
    [
        method_called_again,
        function_called_again,
        in_an_arm,
        in_a_loop,
        each_other,
        bound_method_again,
        written_and_put_back,
        shared,
    ],
    ids=lambda f: f.__name__,
)
def test_gradient_where_attributes_are_written(f, n):
    def at(s, a):
        SHARED.a = 0.6
        return f(s, Gain(a), n)

    SHARED.a = 0.6
    value, (s_bar, o_bar) = value_and_grad(f, (0, 1))(0.7, Gain(0.5), n)
    step = 1e-6
    assert value == pytest.approx(at(0.7, 0.5), rel=1e-12)
    by_s = (at(0.7 + step, 0.5) - at(0.7 - step, 0.5)) / (2 * step)
    by_a = (at(0.7, 0.5 + step) - at(0.7, 0.5 - step)) / (2 * step)
    np.testing.assert_allclose((s_bar, o_bar.a), (by_s, by_a), rtol=1e-6, atol=1e-9)


def test_objects_of_a_list_are_written_in_turn():
    def walked_twice(items, s, n):
        for o in items:
            s = scaled(o, s, n)
            o.a = s
        for o in items:
            s = scaled(o, s, n) + s
        return s

    items = [Gain(0.5), Gain(0.4)]
    value, slope = value_and_grad(walked_twice, 1)(copy.deepcopy(items), 0.7, 2)
    ends = [walked_twice(copy.deepcopy(items), 0.7 + e, 2) for e in (1e-6, -1e-6)]
    assert value == pytest.approx(walked_twice(copy.deepcopy(items), 0.7, 2))
    assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


# --- settings, and objects that others may have changed -----------------------------------------


def logarithms(t, n):
    return np.sum(np.log(t)[1:]) if n <= 0 else logarithms(t * 0.9, n - 1)


def quiet_and_loud(x, n):
    with np.errstate(divide="ignore"):
        a = logarithms(x, n)
    with np.errstate(divide="raise"):
        return a * logarithms(x, n)


def loud_within_quiet(x, n):
    def descend(t, m):
        if m <= 0:
            return np.sum(np.log(t)[1:])
        with np.errstate(divide="raise"):
            return descend(t * 0.9, m - 1)

    with np.errstate(divide="ignore"):
        return descend(x, n)


@pytest.mark.parametrize("f", [quiet_and_loud, loud_within_quiet], ids=lambda f: f.__name__)
def test_settings_are_those_around_the_call(f):
    check(f, np.array([0.3, 0.5]), 2)
    x = np.array([0.0, 0.5])
    for g in (f, grad(f), value_and_grad(f)):
        with pytest.raises(FloatingPointError, match="divide by zero encountered in log"):
            g(x, 2)


def doubled(o):
    exec("o.a = o.a * 2")
    return 0.0


def scaled_after(o, t, n):
    return t if n <= 0 else np.sin(scaled_after(o, t, n - 1)) * o.a


def test_an_object_that_was_handed_over_is_not_read_again():
    def handed_over(s, o, n):
        a = scaled_after(o, s, n)
        b = doubled(o)
        return scaled_after(o, s, n) * a + b

    with pytest.raises(UnsupportedSyntaxError, match="read after it was handed to a function"):
        grad(handed_over)(0.7, Gain(0.5), 2)


def test_one_function_serves_both_calls_where_nothing_changes():
    def twice(x, n):
        k = x[0]
        unrelated = lambda v: v * k
        g = lambda v: np.sin(v * 0.7)
        a = last_of(g, x[1], n) + unrelated(x[0])
        k = a
        return last_of(g, x[0], n) + unrelated(a)

    check(twice, np.array([0.3, 0.7]), 2)
    assert grad(twice).lower(np.array([0.3, 0.7]), 2).source.count("def last_of") == 1

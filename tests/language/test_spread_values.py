"""``f(*values)`` and tuples, where only running the program tells how many values there are."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.errors import SrcgradError
from srcgrad.testing import check_grads

X = np.array([0.5, -1.2, 0.7, 1.3, -0.4, 0.9])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- functions that take any number of arguments --------------------------------------------------


def mean(*values):
    return sum(values) / len(values)


def weighted(first, *others, power=2):
    return first * len(others) + sum(v**power for v in others)


class Polynomial:
    def __init__(self, *coefficients):
        self.coefficients = coefficients

    def __call__(self, t):
        total = 0.0
        for a in self.coefficients:
            total = total * t + a
        return total

    def scaled(self, *factors):
        return sum(factors) * self(0.5) + len(factors[1:])


@program
def an_average(x):
    return mean(*[v for v in x if v > 0])


@program
def an_average_of_a_selection(x):
    return mean(*x[x > 0]) * mean(*x)


@program
def parameters_before(x):
    positive = [v * v for v in x if v > 0]
    alone = weighted(*positive) + weighted(*positive, power=3)
    return alone + weighted(x[0], *positive) + weighted(x[0], *positive, x[1])


@program
def exactly_as_many(x):
    def volume(a, b, c):
        return a * b * c

    return volume(*[v for v in x if v > 0.6])


@program
def passed_on(x):
    def inner(*values):
        return mean(*values) * len(values) + values[0] * sum(values[1:])

    def doubled(f):
        def outer(*values, **named):
            return f(*values, **named) * 2

        return outer

    return doubled(inner)(*[v for v in x if v > 0]) + functools.partial(mean, x[0])(*x[x < 0])


@program
def recursive(x):
    def horner(first, *others):
        return first + 0.5 * (horner(*others) if others else 0.0)

    return horner(*[v for v in x if v > 0])


@program
def an_instance_and_its_method(x):
    p = Polynomial(*[v for v in x if v > 0])
    return p(2.0) + p.scaled(*[v * v for v in x if v < 0])


@program
def the_median(x):
    def median(*values):
        return sorted(values)[len(values) // 2] ** 2

    return median(*(v for v in x if v > 0))


@program
def what_it_is(x):
    def kind(*values):
        return (
            isinstance(values, tuple) + 2 * isinstance(values, list) + 4 * (type(values) is tuple)
        )

    return sum(x) * kind(*[v for v in x if v > 0])


# --- what takes any number of arguments -----------------------------------------------------------


@program
def extremes(x):
    values = [v for v in x if v > 0]
    return max(*values) * min(*values) + max(0.1, *values, x[0])


@program
def a_length(x):
    return math.hypot(*[v for v in x if v > 0]) + x[0] * math.hypot(*[v for v in x if v > 5])


@program
def printed(x):
    values = [round(float(v), 1) for v in x if v > 0]
    print("values", *values, sep=", ")
    print(*values)
    return sum(x)


@program
def columns(x):
    rows = [(v, v * v) for v in x if v > 0]
    a, b = zip(*rows)
    return sum(a) * sum(p * q for p, q in zip(a, b)) + a[-1]


@program
def columns_of_different_kinds(x):
    rows = [(i, v, "a") for i, v in enumerate(x) if v > 0]
    places, values, names = zip(*rows)
    return sum(np.array(values) * np.array(places)) * len(names)


@program
def columns_as_arrays(x):
    rows = [[v, v * v] for v in x if v > 0]
    a, b = map(np.array, zip(*rows))
    return a @ b


@program
def columns_in_a_loop(x):
    rows = [(v, v * v) for v in x if v > 0]
    found = [sum(column) for column in zip(*rows)]
    nothing = [sum(column) for column in zip(*[(v, v) for v in x if v > 5])]
    return found[0] * found[1] + len(nothing) + list(zip(*rows))[1][0]


@program
def columns_of_rows_of_an_array(x):
    rows = [x[i : i + 2] for i in range(len(x) - 1) if x[i] > 0]
    a, b = zip(*rows)
    return sum(a) * sum(p * p for p in b)


@program
def chained(x):
    parts = []
    for v in x:
        parts.append([v] * 2 if v > 0 else [v * 3])
    all_of_them = enumerate(itertools.chain(*parts))
    return sum(i * v for i, v in all_of_them) + sum(itertools.chain.from_iterable(parts))


# --- tuples ---------------------------------------------------------------------------------------


@program
def a_tuple(x):
    t = tuple(v for v in x if v > 0)
    return np.array(t) @ np.array(t) + sum(t) * len(t) * t[0] + sum(sorted(t)[1:])


@program
def sums_of_tuples(x):
    t = tuple([v for v in x if v > 0])
    u, w = t + (x[0],), (x[1],) + t
    u += (x[2],)
    return sum(u) * sum(w) + sum(w[1:]) * u[-1] + sum(t * 2) + sum(list(t) + [x[0]])


@program
def starred_in_a_tuple(x):
    t = (x[0] ** 2, *[v for v in x if v > 0])
    total = 0.0
    for i, (a, b) in enumerate(itertools.pairwise(t)):
        total = total + a * b * i
    first, *others = t
    return total + first * sum(others) + len({*[int(v > 0) for v in t]})


@program
def tuples_in_a_list(x):
    rows = []
    for v in x:
        if v > 0:
            rows.append(tuple([w * v for w in x if w > v]))
    return sum(sum(row) * len(row) for row in rows)


@program
def given_back(x):
    def chosen(x):
        return tuple(v for v in x if v > 0)

    t = chosen(x)
    return sum(t) + len(t) * t[0] + len(f"{tuple([1 for v in x if v > 1])}")


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives(f):
    both = value_and_grad(f)
    value, slope = both(X)
    assert value == pytest.approx(f(X))
    check_grads(f, (X,))
    other = np.array([0.65, 0.8, -0.2, 1.1])
    assert both(other)[0] == pytest.approx(f(other))
    check_grads(f, (other,))
    np.testing.assert_array_equal(both(X)[1], slope)


def test_what_is_printed(capsys):
    printed(X)
    wanted = capsys.readouterr().out
    grad(printed)(X)
    assert capsys.readouterr().out == wanted


# --- what raises ----------------------------------------------------------------------------------


def _none_to_unpack(x):
    a, b = zip(*[(v, v * v) for v in x if v > 5])
    return sum(a) * sum(b)


def _too_many_columns(x):
    a, b, c = zip(*[(v, v * v) for v in x if v > 0])
    return sum(a) * sum(b)


def _no_mean(x):
    return mean(*[v for v in x if v > 5])


def _nothing_for_the_first(x):
    return weighted(*[v for v in x if v > 5])


def _too_many(x):
    def product(a, b):
        return a * b

    return product(*[v for v in x if v > 0])


def _largest_of_one(x):
    return max(*[v for v in x if v > 1])


def _largest_of_none(x):
    return max(*[v for v in x if v > 5])


@pytest.mark.parametrize(
    "f",
    [
        *(_none_to_unpack, _too_many_columns, _no_mean, _nothing_for_the_first, _too_many),
        *(_largest_of_one, _largest_of_none),
    ],
)
def test_what_raises(f):
    with pytest.raises(Exception) as raised:
        f(X)
    with pytest.raises(raised.type):
        grad(f)(X)


# --- what is refused ------------------------------------------------------------------------------


def _with_defaults(x):
    def product(a, b, c=2.0):
        return a * b * c

    return product(*[v for v in x if v > 0.6])


def _a_library_function(x):
    return np.add(*[v for v in x if v > 0.8])


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (_with_defaults, "only data tell how many arguments"),
        (_a_library_function, "the number of elements must be known"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_is_refused(f, text):
    with pytest.raises(SrcgradError, match=text) as raised:
        grad(f)(X)
    assert raised.value.loc is not None
    assert raised.value.hint

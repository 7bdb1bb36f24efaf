"""What has to know how many elements an array has: it is compiled for each length."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, combinations, pairwise, product
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, grad
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_tuple_of_a_generator(x):
    t = tuple(v * v for v in x)
    return t[0] * t[1] * len(t) * isinstance(t, tuple)


@program
def a_tuple_of_numbers(x):
    t = (*tuple(x), 2.0)
    return t[0] * t[-2] + sum(t)


@program
def a_tuple_of_rows(x):
    rows = tuple(np.outer(x, x))
    return np.sum(rows[0] * rows[1])


@program
def a_tuple_of_pairs(x):
    t = tuple(pairwise(x))
    return t[0][0] * t[-1][1]


@program
def all_pairs(x):
    return sum(a * np.sin(b) for a, b in combinations(x, 2))


@program
def pairs_of_rows_that_are_written(x):
    A = np.outer(x, x)
    t = 0.0
    for a, b in combinations(A, 2):
        t += np.sum(a * b)
        a *= 1.1
    return t


@program
def running_sums(x):
    y = x.copy()
    t = 0.0
    for a in accumulate(y):
        t += a * a
        y *= 1.1
    return t


@program
def running_products(x):
    return np.sum(list(accumulate(x, lambda a, b: a * b)))


@program
def sorted_numbers(x):
    return sorted(x, reverse=True)[0] ** 2 + sum(sorted(x)[:1])


@program
def a_dict_of_numbers(x):
    d = dict(enumerate(x))
    e = {i: v * v for i, v in enumerate(x)}
    f = {}
    for k, v in enumerate(x):
        f[k] = v * e[k]
    return d[0] * e[1] + sum(f.values())


@program
def an_index_into_a_list(x):
    params = [0.1, x[0], 0.3, 4.0]
    t = 0.0
    for i, v in enumerate(x):
        t += params[i] * v
    return t


@program
def names_by_number(x):
    names = {0: "a", 1: "b", 2: "a", 3: "c"}
    d = {"a": x[0], "b": 1.0, "c": 0.0}
    for i, v in enumerate(x):
        d[names[i]] = d[names[i]] + v * v * i
    return d["a"] * d["b"] + d["c"]


@program
def of_equal_length(x):
    t = 0.0
    for a, (b, c) in zip(x, zip(x[::-1], map(np.sin, x), strict=True), strict=True):
        t += a * b * b + c
    return t


# --- lengths that are not known: displays beside arrays -------------------------------------------


@program
def a_display_beside_a_selection(x):
    y = x[x > 0]
    t = 0.0
    for c, v in zip((0.3, x[0], 0.5), y):
        t += c * v * v
    return t + sum(a * b for a, b in zip([0.1, 0.2], y))


@program
def arrays_beside_a_selection(x):
    y = x[x > 0]
    t = 0.0
    for w, v in zip([np.sin(x), x * 2], y):
        t += np.sum(w) * v
    return t


@program
def a_selection_with_arrays(x):
    y = x[x > 0]
    t = 0.0
    for a, w in product(y, (np.sin(x), np.cos(x))):
        t += a * np.sum(w)
    return t


ARGUMENTS = [np.array([0.3, 0.5, -0.7, 1.2]), np.array([1.3, -0.7])]


@pytest.mark.parametrize("x", ARGUMENTS, ids=len)
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, x):
    check_slope(f, x)


def test_each_length():
    def f(x):
        return sum(accumulate(x, lambda a, b: a * b), 0.0)

    gradient = grad(f)
    for n in (1, 3, 2, 3, 0):
        x = np.linspace(0.5, 1.5, n)
        ends = [[f(x + h) for h in sign * 1e-6 * np.eye(n)] for sign in (1, -1)]
        wanted = np.subtract(*ends) / 2e-6
        np.testing.assert_allclose(gradient(x), wanted, rtol=1e-6)
    assert gradient.dispatch().compiled == 4


@pytest.mark.parametrize(("n", "what"), [(2, "longer"), (4, "shorter")])
def test_not_of_equal_length(n, what):
    def f(x, y):
        t = 0.0
        for a, b in zip(x, y, strict=True):
            t += a * b
        return t

    x, y = np.ones(n), np.ones(3)
    for function in (f, grad(f)):
        with pytest.raises(ValueError, match=rf"zip\(\) argument 2 is {what} than argument 1"):
            function(x, y)
    np.testing.assert_array_equal(grad(f)(y, 2 * y), 2 * y)


def test_too_many():
    def f(x):
        return np.logaddexp(*(v * v for v in x))

    with pytest.raises(SrcgradError, match="not more than 256"):
        grad(f)(np.ones(300))


def test_a_selection_is_not_counted():
    def f(x):
        return np.logaddexp(*x[x > 0])

    with pytest.raises(SrcgradError, match="the number of elements must be known"):
        grad(f)(np.ones(3))


def test_tuples_that_are_not_counted():
    def many(x):
        return tuple(v * v for v in x)[3]

    def selected(x):
        return tuple(x[x > 0])[0]

    np.testing.assert_array_equal(grad(many)(np.ones(300)), 2.0 * (np.arange(300) == 3))
    np.testing.assert_array_equal(grad(selected)(np.array([-1.0, 2.0, 3.0])), [0.0, 1.0, 0.0])

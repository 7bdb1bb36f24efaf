"""Errors that a program handles, and lists that it gives back early."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, grad
from srcgrad.testing import check_grads
from tests.language.cases import Table, vector

case = Table()


@case(vector())
def one_place_or_the_other(x):
    names = ["b", "a"]
    e = names.index("a") if "a" in names else names.index("z")
    return x[e] * 2


@case(vector())
def a_missing_name(x):
    try:
        e = ["b", "a"].index("z")
    except ValueError as err:
        e = len(str(err))
    try:
        e += (1, 2).index(7)
    except ValueError:
        e += 1
    return x[1] * e


@case(vector())
def nothing_to_remove(x):
    names = ["b", "a"]
    try:
        names.remove("z")
    except ValueError as err:
        return x[1] * len(str(err))
    return x[1]


@case(vector())
def too_many_and_too_few(x):
    total = 0.0
    try:
        a, b, c = (x[0], 2.0)
    except ValueError as err:
        total += x[0] * len(str(err))
    try:
        a, b = x[0], 1.0, 2.0
    except ValueError as err:
        total += x[1] * len(str(err))
    try:
        a, b, *c = (x[0],)
    except ValueError as err:
        total += x[2] * len(str(err))
    return total


@case(vector())
def a_tuple_is_not_written(x):
    t = (1.0, x[1])
    try:
        t[0] = x[0]
    except TypeError as err:
        return x[0] * len(str(err)) + t[1]
    return t[0]


@case(vector())
def nothing_to_reduce(x):
    try:
        return reduce(lambda a, b: a * b, [])
    except TypeError as err:
        return x[0] * len(str(err))


def collected(v, n):
    found = [v]
    for _ in range(n):
        v = v * 1.5
        found.append(v)
        if v > 2:
            return found
    return found


@case(np.array([1.3, 0.2]))
@case(np.array([0.1, 0.2]))
def given_back_early(x):
    return sum(collected(x[0], 5)) * x[1]


def kept(v, best):
    if v > 1:
        best.append(v)
        return best
    best.append(2.0 * v)
    return best


@case(np.array([1.3, 0.2]))
@case(np.array([0.1, 0.2]))
def the_same_list_either_way(x):
    best = [x[1]]
    found = kept(x[0], best)
    found.append(x[0] * 3)
    return best[-1] * best[1] * len(best)


@case(vector())
def widths_of_a_margin(x, p=1):
    return np.sum(np.pad(x.reshape(2, 2), ((0, 0), (p, p))) ** 2)


@case(np.array([1.3, 0.2]))
def a_number_in_an_array_under_a_condition(x):
    a = np.array(x[0])
    a[a > 1.2] = a * 2
    a[a > 90] = a
    return a * x[1]


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def a_view_or_another_error(x):
    a = x.reshape(2, 2).T * 2
    try:
        flat = a.reshape(4)
    except ValueError as error:
        raise RuntimeError("bad") from error
    flat *= 3
    return np.sum(a)


def test_a_test_of_a_view_is_not_taken_for_an_error() -> None:
    with pytest.raises(AliasingError, match="cannot be tested"):
        grad(a_view_or_another_error)(vector())


def a_product_of_vectors(x):
    a = x.copy()
    a[:] @= x
    return np.sum(a)


def test_no_product_in_place_of_a_vector() -> None:
    with pytest.raises(ValueError):
        a_product_of_vectors(vector())
    with pytest.raises(UnsupportedSyntaxError, match="inplace matrix multiplication"):
        grad(a_product_of_vectors)(vector())


def observed_twice(x):
    log = []

    def observed(h):
        def w(v):
            log.append(v)
            return h(v)

        return w

    return observed(observed(np.sin))(x[0]) * log[1] + len(log)


def numerals(x):
    two = lambda f: lambda v: f(f(v))
    times = lambda a, b: lambda f: a(b(f))
    return times(two, times(two, two))(lambda v: v * 1.1)(x[0])


def in_a_row(fs, v):
    return reduce(lambda h, layer: layer(h), fs, v)


def a_row_in_a_row(x):
    inner = [np.sin, lambda v: v * x[1]]
    return in_a_row([np.cos, lambda v: in_a_row(inner, v), np.tanh], x[0])


def into_nothing(a, out=None):
    return np.add(a, 1, out=out)


def then_written(x):
    a = into_nothing(x)
    a *= x
    return np.sum(a)


@pytest.mark.parametrize("f", [observed_twice, numerals, a_row_in_a_row, then_written])
def test_closures_of_one_function(f) -> None:
    check_grads(f, (vector(),))

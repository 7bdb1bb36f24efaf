"""Generator expressions compute an element when it is asked for, of what names stand for then."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import SrcgradError
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []
REFUSED: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def refused(f: Callable[..., Any]) -> Callable[..., Any]:
    REFUSED.append(f)
    return f


@program
def bound_before_it_is_used(x):
    s = 2.0
    gen = (v * s for v in x)
    s = 3.0
    return sum(gen) * s


@program
def bound_in_the_loop(x):
    s = x[0]
    t = 0.0
    for e in (v * s for v in x):
        t += e * e
        s = s + e
    return t


@program
def bound_in_an_enumeration(x):
    s = x[0]
    t = 0.0
    for i, e in enumerate(v * s for v in x):
        t += e * e * i
        s = s + e
    return t


@program
def a_condition_reads_it(x):
    s = x[0]
    t = 0.0
    for e in (v * s for v in x if v > s - 1):
        t += e * e
        s = s * 0.5 + e
    return t


@program
def two_loops_and_an_exit(x):
    s = x[0]
    t = 0.0
    for e in (v * s + w for v in x if v > s - 1 for w in x if w < s + 0.5):
        t += e * e
        s = s * 0.5 + 0.1 * e
        if t > 20:
            break
    return t * s


@program
def zipped_with_what_is_written(x):
    y = x.copy()
    t = 0.0
    for a, b in zip((v * y[0] for v in x), (v + y[1] for v in y)):
        t += a * b
        y *= 1.1
    return t


def same(values, scale=1.0):
    return values


@program
def given_back_by_a_function(x):
    scale = 2.0
    values = same(v * scale for v in x)
    scale = 3.0
    return sum(values) * scale


@program
def assigned_beside_it(x):
    scale = 2.0
    return sum(same((v * scale for v in x), (scale := 3.0))) * scale


@program
def in_a_tuple(x):
    s = 2.0
    pair = ((v * s for v in x), 1.0)
    s = 3.0
    return sum(pair[0]) * s


@program
def appended_to_a_list(x):
    s = 2.0
    gens = []
    gens.append(v * s for v in x)
    s = 3.0
    return sum(gens[0]) * s


@program
def in_a_dict(x):
    s = 2.0
    gens = {"a": (v * s for v in x)}
    s = 3.0
    return sum(gens["a"]) * s


@program
def from_a_lambda(x):
    s = 2.0
    f = lambda y: (v * s for v in y)
    s = 3.0
    return sum(f(x)) * s


def make(x, k):
    g = (v * k for v in x)
    k = k * 2
    return g


@program
def from_a_helper(x):
    return sum(make(x, x[0]))


@program
def made_by_a_comprehension(x):
    s = 2.0
    gens = [(v * s * i for v in x) for i in range(3)]
    s = 3.0
    return sum(sum(g) for g in gens)


@program
def made_in_a_loop(x):
    t = 0.0
    gens = []
    for i in range(3):
        gens.append(v * i for v in x)
    for g in gens:
        t += sum(g)
    return t


@program
def its_first_element(x):
    it = (v * v for v in x)
    a = next(it)
    return a


@program
def an_array_is_written_before(x):
    y = x.copy()
    it = (v * v for v in y)
    y *= 2
    return sum(it)


@program
def an_array_is_bound_anew(x):
    y = x.copy()
    it = (v * v for v in y)
    y = y * 2
    return sum(it) + sum(y)


@program
def over_another(x):
    t = 0.0
    for e in (w * t for w in (v * (t + 1) for v in x)):
        t += e + 1
    return t


@program
def inner_elements_read_it(x):
    t = 0.0
    for e in (w for v in x for w in (v * t, v + t)):
        t += np.sin(e)
    return t


@program
def another_inside(x):
    t = 0.0
    for e in (w for v in x for w in (v * t * u for u in x)):
        t += np.sin(e)
    return t


@program
def in_a_loop_that_binds_what_it_reads(x):
    t = 1.0
    for v in x:
        for e in (w * v * t for w in x):
            v = v * 0.5
            t += np.sin(e)
    return t


@program
def in_a_nested_function(x):
    def inner():
        k = x[1]
        for e in (w * k for w in x):
            k = k + e
        return k

    return inner()


@program
def given_to_a_nested_function(x):
    k = x[1]

    def inner(values):
        t = 0.0
        for e in values:
            t += e * k
        return t

    r = inner(w * k for w in x)
    k = 2.0
    return r + inner(w * k for w in x)


@program
def an_index_that_counts(x):
    t = 0.0
    i = 0
    for e in (x[i] * w for w in x):
        t += e
        i = i + 1
    return t


@program
def with_continue_and_else(x):
    t = 1.0
    for e in (w * t for w in x):
        if e > 0.4:
            continue
        t = t + e
    else:
        t = t * 2
    return t


@program
def given_to_a_function_that_leaves(x):
    t = 1.0

    def go(values, s):
        for v in values:
            s = s + v * s
            if s > 5:
                return s
        return s * 2

    return go((w * t for w in x), 1.0) + go((t for w in x), x[0])


@program
def rows_are_its_own(x):
    rows = (r * 2 for r in np.outer(x, x))
    t = 0.0
    for r in rows:
        r *= 3
        t += np.sum(r**2)
    return t


@program
def rows_are_written(x):
    A = np.outer(x, x)
    for r in (r for r in A):
        r *= x[0]
    return np.sum(A**2)


@program
def views_of_rows_are_written(x):
    A = np.outer(x, x)
    for i, r in enumerate(r[1:] for r in A):
        r *= x[i]
    return np.sum(A**2)


@program
def zipped_in_a_comprehension(x):
    return np.sum([a * b for a, b in zip((v for v in x if v > 0), x)])


@program
def reduced(x):
    g = (v * w for v in x for w in x)
    return reduce(lambda a, b: np.sin(a) + b, g)


@program
def in_a_chain(x):
    t = 0.0
    for a in chain((v * v for v in x), (v for v in x if v > 0), x):
        t += a * np.sin(a)
    return t


@program
def its_pairs(x):
    t = 0.0
    for a, b in pairwise(v * v for v in x):
        t += a * np.sin(b)
    return t


@program
def its_pairs_where_it_is_written(x):
    y = x.copy()
    t = 0.0
    for a, b in pairwise(v * y[0] for v in y):
        t += a * np.sin(b)
        y *= 1.1
    return t


@program
def in_a_chain_where_it_is_written(x):
    y = x.copy()
    t = 0.0
    for a in chain(x, (v * y[0] for v in y)):
        t += a * a
        y *= 1.1
    return t


@program
def of_pairs(x):
    t = 0.0
    for d in ((b - a) ** 2 for a, b in pairwise(x)):
        t += d * np.cos(t)
    return t


@program
def functions_of_a_comprehension_in_a_lambda(x):
    f = lambda: [g() for g in [(lambda: w) for w in (x[0], x[1])]]
    h = lambda: [(v * w for v in x) for w in (x[0], x[1])]
    return sum(f()) * sum(sum(values) for values in h())


@program
def functions_that_it_makes(x):
    t, kept = 0.0, []
    for f in ((lambda: w) for w in (x[0], x[1])):
        kept.append(f)
        t += f()
    for f, v in zip(((lambda: w) for w in x), x):
        t += f() * v
    return t + sum(f() for f in kept)


@program
def running_sums_and_a_name(x):
    t = 5.0
    for e in chain(accumulate(x), map(lambda v: t, x)):
        t += e
    return t


@program
def running_sums_reduced(x):
    t = reduce(lambda p, q: np.sin(p) + 0.5 * q, accumulate(x), 0.0)
    return t * reduce(lambda p, q: q * p, accumulate(x))


class Sums:
    def __init__(self, values):
        self.values = values

    def total(self):
        return sum(self.values)


@program
def kept_by_an_object(x):
    s = 2.0
    sums = Sums(v * s for v in x)
    s = 3.0
    return sums.total() * s


def total(values, first=0.0):
    for v in values:
        first = first + v * np.sin(first + v)
    return first


@program
def given_by_keyword(x):
    s = np.sum(x)
    return total(first=s, values=(v * s for v in x)) + total(v for v in x if v > s)


@program
def used_twice(x):
    values = (v * v for v in x)
    return sum(values) + sum(values)


@program
def used_in_each_trip(x):
    values = (v * v for v in x)
    t = 0.0
    for i in range(2):
        for a in values:
            t += a * (i + 1)
    return t


@refused
def a_filter_of_what_is_written(x):
    y = x.copy()
    t = 0.0
    for a, b in zip((v for v in y if v > 0), x):
        t += a * b
        y[1] *= 1.5
    return t


@refused
def a_filter_of_what_is_bound(x):
    s = 1.0
    t = 0.0
    for a, b in zip((v * s for v in x if v > 0), x):
        t += a * b
        s = s * 1.5
    return t


ARGUMENTS = [np.array([0.3, 0.5, -0.7, 1.2]), np.array([1.3, -0.7])]


@pytest.mark.parametrize("x", ARGUMENTS, ids=len)
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, x):
    check_slope(f, x)


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    with pytest.raises(SrcgradError, match="iterat"):
        grad(f)(ARGUMENTS[0])

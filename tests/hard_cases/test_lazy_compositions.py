"""Iterators of iterators, in loops that write what they come from or bind names they read anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


# --- names that are bound anew --------------------------------------------------------------------


@program
def a_name_before_the_loop(x):
    s = 2.0
    values = chain(map(lambda v: v * s, x), x)
    s = 3.0
    t = 0.0
    for e in values:
        t += e * e
    return t * s


@program
def a_name_in_the_loop(x):
    s = x[0]
    t = 0.0
    for i, e in enumerate(map(lambda v: v * s, x)):
        t += e * e * i
        s = s + e
    return t * s


@program
def a_name_in_a_chain(x):
    s = 2.0
    t = 0.0
    for e in chain(map(lambda v: v * s, x), x):
        t += e * e
        s = s + 1.0
    return t


@program
def a_name_in_pairs(x):
    s = 2.0
    t = 0.0
    for a, b in pairwise(map(lambda v: v * s, x)):
        t += a * b
        s = s + a
    return t


@program
def a_name_before_pairs(x):
    s = 2.0
    values = pairwise(map(lambda v: v * s, x))
    s = 3.0
    t = 0.0
    for a, b in values:
        t += a * b
    return t * s


@program
def a_name_of_a_number(x):
    s = 2.0
    values = enumerate(chain(x, map(lambda v: v * s, x)))
    s = np.sum(x)
    t = 0.0
    for a, b in values:
        t += a * b
        s = s + b
    return t


@program
def a_name_in_a_loop_around(x):
    s = np.sum(x)
    t = 0.0
    for i in range(3):
        values = chain(map(lambda v: v * s, x), x)
        s = s * 1.5
        for e in values:
            t += e * e * i
    return t


@program
def a_name_where_the_loop_is_left(x):
    s = np.sum(x)
    t = 0.0
    for e in map(lambda v: v * s, (x.sum(), x.mean(), 2.0)):
        t += e * e
        if t > 100:
            break
        s = s * 1.5 + e
    return t * s


@program
def a_name_where_a_trip_ends(x):
    s = np.sum(x)
    t = 0.0
    for e in map(lambda v: v * s, x):
        if e > 1.0:
            s = s * 0.5
            continue
        t += e * e
        s = s * 1.5 + e
    return t * s


@program
def an_array_bound_anew(x):
    y = x * 2.0
    t = 0.0
    for v, w in zip(map(lambda v: v * np.sum(y), x), chain(y, x)):
        t += v * w
        y = y * 1.1
    return t


# --- arrays that are written ----------------------------------------------------------------------


@program
def pairs_of_a_chain(x):
    y = x.copy()
    t = 0.0
    for a, b in pairwise(chain(y, y)):
        t += a * b
        y *= 1.1
    return t


@program
def pairs_of_a_map(x):
    y = x.copy()
    t = 0.0
    for a, b in pairwise(map(lambda v: v * v, y)):
        t += a * b
        y *= 1.1
    return t


@program
def pairs_of_an_enumeration(x):
    y = x.copy()
    t = 0.0
    for (i, a), (j, b) in pairwise(enumerate(y)):
        t += a * b * (i + 2 * j)
        y[j] *= 1.1
    return t


@program
def pairs_backwards(x):
    y = x.copy()
    t = 0.0
    for a, b in pairwise(reversed(y)):
        t += a * b * b
        y *= 1.1
    return t


@program
def a_map_in_a_chain(x):
    y = x.copy()
    t = 0.0
    for a in chain(x, map(lambda v: v * v, y)):
        t += a * a
        y *= 1.1
    return t


@program
def backwards_in_a_chain(x):
    y = x.copy()
    t = 0.0
    for a in chain(reversed(y), x):
        t += a * a
        y *= 1.1
    return t


@program
def enumerations_in_a_chain(x):
    y = x.copy()
    t = 0.0
    for i, a in chain(enumerate(y), zip(range(3), y)):
        t += a * a * i
        y *= 1.1
    return t


@program
def displays_in_a_chain(x):
    y = x.copy()
    t = 0.0
    for a in chain([np.sum(y), x[0]], chain(y, x), (np.mean(x), 2.0), y):
        t += a * a
        y *= 1.1
    return t


@program
def a_range_in_a_chain(x):
    y = x.copy()
    t = 0.0
    for a in chain(range(3), y):
        t += a * a
        y *= 1.1
    return t


@program
def pairs_beside_a_chain(x):
    y = x.copy()
    t = 0.0
    for a, b in zip(pairwise(y), chain(y, [np.sum(x)])):
        t += a[0] * b * a[1]
        y *= 1.1
    return t


@program
def numbered_pairs_of_a_chain(x):
    y = x.copy()
    t = 0.0
    for k, (a, b) in enumerate(pairwise(chain(y, map(np.sin, y)))):
        t += a * b * k
        y *= 1.1
    return t


@program
def a_map_that_reads_what_is_written(x):
    y = x.copy()
    t = 0.0
    for a in chain(x, map(lambda v: v * y[0], x)):
        t += a * a
        y[0] *= a
    return t


# --- what is kept of the element before -----------------------------------------------------------


@program
def running_sums_in_pairs(x):
    t = 0.0
    for (a, b), c in zip(pairwise(accumulate(x)), [2.0, 3.0]):
        t += a * b * c
    return t


@program
def running_sums_in_a_chain(x):
    t = 0.0
    for c, a in zip(chain(accumulate(x), accumulate(x)), (np.sum(x), 2.0)):
        t += a * c * c
    return t


@program
def numbered_pairs_of_running_sums(x):
    t = 0.0
    for (i, (a, b)), c in zip(enumerate(pairwise(accumulate(x))), (np.sum(x), 2.0)):
        t += a * b * c * i
    return t


ARGUMENTS = [np.array([1.2, 2.1, -3.3, 0.5]), np.array([1.3, 0.7]), np.array([0.7]), np.zeros(0)]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")
def test_gradient(f):
    for x in ARGUMENTS:
        if len(x) == 0 and f in (a_name_in_the_loop, displays_in_a_chain):  # which read x[0]
            for function in (f, value_and_grad(f)):
                with pytest.raises(IndexError):
                    function(x)
        else:
            check_slope(f, x)

"""Loops over lists that get longer meanwhile, as queues do."""

from __future__ import annotations

import itertools
from functools import reduce

import numpy as np
import pytest

from srcgrad import UnknownTypeError, UnsupportedSyntaxError, grad
from tests.language.cases import Table, vector

case = Table()


@case(vector())
def a_queue(x):
    queue, s = [(x[0], 0)], 0.0
    for v, depth in queue:
        s = s + v
        if depth < 2:
            queue.append((v * x[1], depth + 1))
            queue.append((v * x[2], depth + 1))
    return s


@case(vector())
def counted(x):
    values, s = [x[0], x[1]], 0.0
    for i, v in enumerate(values, 3):
        s = s + i * v * v
        if i < 7:
            values.append(0.5 * v * x[3])
    return s + len(values) * x[0]


@case(vector())
def added_in_the_last_trip(x):
    values = [x]
    for v in values:
        if len(values) < 3:
            values.append(v * 2)
    return np.sum(values[-1] * values[0])


@case(vector())
def left_early(x):
    values, s = [x[0]], 0.0
    for v in values:
        s = s + v
        values.append(v * x[1])
        if len(values) > 4:
            break
    return s * len(values)


@case(vector())
@case(3.0 * vector())
def left_depending_on_data(x):
    values, s = [x[0], x[1]], 0.0
    for i, v in enumerate(values):
        s = s + v
        if i < 3:
            values.append(v * x[2])
        if s > 2.0:
            break
    return s * s


@case(vector())
def put_in_front(x):
    """The same element comes again."""
    values, s = [x[0], x[1]], 0.0
    for v in values:
        s = s * 0.5 + v
        if len(values) < 5:
            values.insert(0, 2.0 * v)
    return s


@case(vector())
def another_list_of_that_name(x):
    values, s = [x[0], x[1], x[2]], 0.0
    for v in values:
        s = s + v
        values = [*values, v]
    return s * len(values)


@case(vector())
def and_the_loop_around(x):
    s = 0.0
    for i in range(2):
        values = [x[i]]
        for v in values:
            s = s + v
            if len(values) < 3:
                values.append(v * v)
    return s


@pytest.mark.parametrize("one", case.cases)
def test_derivatives(one):
    one.run()


def by_a_map(x):
    values = [x[0]]

    def add(v):
        if len(values) < 3:
            values.append(v * 2)
        return v

    return sum(map(add, values))


def zipped(x):
    values, s = [x[0]], 0.0
    for v, w in zip(values, [1.0, 2.0, 3.0], strict=False):
        s = s + v * w
        values.append(v * 2)
    return s


def a_dict(x):
    d, s = {"a": x[0]}, 0.0
    for k in d:
        s = s + d[k]
        d["b"] = x[1]
    return s


def a_set(x):
    keys, s = {"a"}, 0.0
    for _ in keys:
        s = s + x[0]
        keys.add("b")
    return s


def chained_before_it_grows(x):
    values = [x[0]]
    chained = itertools.chain(values, [x[1]])
    values.append(x[0] * 2)
    return sum(chained)


def pairs_before_it_grows(x):
    values = [x[0], x[1]]
    pairs = itertools.pairwise(values)
    values.append(x[0] * 2)
    return sum(a * b for a, b in pairs)


def reduced(x):
    values = [x[0], x[1]]

    def both(a, b):
        if len(values) < 4:
            values.append(a)
        return a * b

    return reduce(both, values)


def it_shrinks(x):
    values, s = [x[0], x[1], x[2]], 0.0
    for v in values:
        s = s + v
        values.pop()
    return s


REFUSED = [
    by_a_map, zipped, a_dict, a_set, chained_before_it_grows, pairs_before_it_grows, reduced,
    it_shrinks,
]  # fmt: skip


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="changes its length"):
        grad(f)(vector())


def without_end(x):
    values, s = [x[0]], 0.0
    for v in values:
        s = s + v
        values.append(v * 0.5)
    return s


def test_a_loop_without_end_is_refused() -> None:
    with pytest.raises(UnknownTypeError, match="container of"):
        grad(without_end)(vector())

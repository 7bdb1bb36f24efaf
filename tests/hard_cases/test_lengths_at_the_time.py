"""Iterators give what is there when they get to it: lists that grow after they were made, what
``chain.from_iterable`` is given in its turn."""

from itertools import accumulate, chain, pairwise, repeat

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import SrcgradError, UnsupportedSyntaxError
from tests.slopes import check_slope

X = np.array([0.7, 1.2, 1.6])


def accumulated(x):
    items = list(x)
    sums = accumulate(items)
    items.append(x[0])
    return sum(sums)


def accumulated_from_nothing(x):
    items = []
    sums = accumulate(items)
    for v in x:
        items.append(v * v)
    return sum(sums) + x[0]


def accumulated_in_a_loop(x):
    items = list(x)
    total = 0.0
    for v in accumulate(items):
        total += v
        if len(items) < 5:
            items.append(x[1])
    return total


def chained_to_nothing(x):
    items = []
    h = chain(items, [x[0]])
    items.append(x[1])
    return sum(h)


def paired_with_nothing(x):
    items = [x[0]]
    total = x[0]
    pairs = pairwise(items)
    items.append(x[1])
    for a, b in pairs:
        total += a * b
    return total


def shortened(x):
    items = list(x)
    weights = {0: x[1], 1: 2.0, 2: 3.0}
    total = 0.0
    for i, v in enumerate(items):
        total += v * weights[i]
        items.pop()
    return total


def another_row(x):
    rows = [[x[0]], [x[1]]]
    h = chain.from_iterable(rows)
    rows.append([x[2]])
    return sum(h)


def another_row_of_unknown_length(x):
    rows = [list(v for v in x if v > 1), x]
    h = chain.from_iterable(rows)
    rows[0] = [x[2], x[2]]
    return sum(h)


@pytest.mark.parametrize(
    "f",
    [
        accumulated,
        accumulated_from_nothing,
        accumulated_in_a_loop,
        chained_to_nothing,
        paired_with_nothing,
        shortened,
        another_row,
        another_row_of_unknown_length,
    ],
)
def test_another_length_than_when_it_was_made(f):
    assert np.isfinite(f(X))
    with pytest.raises(SrcgradError, match="changes its length|is written in a loop over"):
        grad(f)(X)


def late_binding(x):
    k = x[0]
    h = chain.from_iterable([v * k] for v in (x[1], x[2]))
    k = 3.0 * x[1]
    return sum(h)


def late_binding_over_an_array(x):
    k = x[0]
    total = 0.0
    for v in chain.from_iterable([v * k, k] for v in x):
        total = total * 1.5 + v
        k = k + v
    return total


def a_row_replaced(x):
    rows = [[x[0]], [x[1]]]
    h = chain.from_iterable(rows)
    rows[0] = [5.0 * x[2]]
    return sum(h) * x[0]


def a_row_replaced_in_the_loop(x):
    rows = [[x[0]], [x[1]]]
    total = x[2]
    for v in chain.from_iterable(rows):
        rows[1] = [v * 2]
        total = total * v * x[1]
    return total


def entries_of_a_dict(x):
    d = {"a": [x[0], x[1]], "b": [], "c": [x[2]]}
    k = 2.0
    total = 0.0
    for v in chain.from_iterable([u * k for u in d[name]] for name in d):
        total = total * 1.5 + v
        k = k + 1.0
    return total


def of_inner_generators(x):
    return sum(chain.from_iterable((v * x[0] for v in row) for row in (x, x * 2)))


def of_arrays_that_the_loop_writes(x):
    total = 0.0
    for v in chain.from_iterable([x, x * 2]):
        x[0] = x[0] * 1.5
        total = total + v * x[1]
    return total


def accumulated_in_time(x):
    items = list(x)
    items.append(x[0])
    total = 0.0
    for v in accumulate(chain.from_iterable([v, x[0]] for v in items), lambda a, b: a * b):
        items[3] = v
        total = total + v
    return total


@pytest.mark.parametrize(
    "f",
    [
        late_binding,
        late_binding_over_an_array,
        a_row_replaced,
        a_row_replaced_in_the_loop,
        entries_of_a_dict,
        of_inner_generators,
        of_arrays_that_the_loop_writes,
        accumulated_in_time,
    ],
)
def test_from_iterable_asks_in_turn(f):
    check_slope(lambda x: f(x * 1.0), X)


def test_from_iterable_with_effects():
    def f(x):
        log, total = [], 0.0
        for v in chain.from_iterable((log.append(v), [v])[1] for v in (x[0], x[1])):
            total += v * len(log)
        return total

    with pytest.raises(UnsupportedSyntaxError, match="writes, draws or prints besides"):
        grad(f)(X)


def test_from_iterable_of_an_array_that_is_replaced():
    def f(x):
        rows = [x, x * 2]
        total = 0.0
        for v in chain.from_iterable(rows):
            rows[1] = x * 3
            total = total + v * x[1]
        return total

    with pytest.raises(UnsupportedSyntaxError, match="is written in a loop over an iterator"):
        grad(f)(X)


def growing(x):
    items = list(x)
    total = 0.0
    for v in items:
        total = total * 2 + v
        if len(items) < 9:
            items.append(v * x[0])
    return total


def growing_and_counted(x):
    items = list(x)
    weights = {0: x[0], 1: 2.0, 2: 3.0, 3: x[1]}
    total = 0.0
    for i, v in enumerate(items):
        total = total * v + weights[i]
        if len(items) < 4:
            items.append(x[2])
    return total


def growing_until_an_exit(x):
    items = list(x)
    total = 0.0
    for i, v in enumerate(items):
        total = total * 2 + v * i
        if len(items) < 8:
            items.append(v * x[0])
        if total > 20:
            break
    return total


def growing_in_a_loop(x):
    total = x[0]
    for u in x:
        items = [v * u for v in x]
        for v in items:
            total = total * 2 + v
            if len(items) < 5:
                items.append(v * x[0])
    return total


def reversed_in_the_loop(x):
    items = list(x)
    total = 0.0
    for v in items:
        total = total * 2 + v
        items.reverse()
    return total


def elements_of_a_repetition(x):
    total = 0.0
    for items in repeat([x[0]], 3):
        items.append(x[1])
        total += sum(items)
    return total


@pytest.mark.parametrize(
    "f",
    [
        growing,
        growing_and_counted,
        growing_until_an_exit,
        growing_in_a_loop,
        reversed_in_the_loop,
        elements_of_a_repetition,
    ],
)
def test_a_loop_over_a_list_that_changes(f):
    check_slope(f, X)


def test_a_list_that_grows_as_data_decides():
    def f(x):
        items = list(x)
        total = 0.0
        for v in items:
            total = total * 2 + v
            if v < 1.0 and len(items) < 9:
                items.append(v * 2)
        return total

    with pytest.raises(SrcgradError, match="changes its length while it is iterated over"):
        grad(f)(X)

"""Where a number is in a list of known length whose elements only running the program tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.language.checking import check

X = np.array([0.3, 1.2, 0.7])


def machines(x):
    """Each job goes to the machine that is free first."""
    ends = [0.0, 0.0]
    total = 0.0
    for job in x:
        k = ends.index(min(ends))
        ends[k] = ends[k] + job
        total += ends[k] * job
    return total + max(ends)


def so_many_machines(x, n):
    free = [0.0] * n
    total = 0.0
    for v in x:
        first = min(free)
        k = free.index(first)
        free[k] += v * v
        total += free[k] + first
    return total


def given(x, free):
    total = 0.0
    for v in x:
        k = free.index(min(free))
        total += free[k] * v * (k + 1)
    return total


def counters(x):
    used = [0, 0]
    total = 0.0
    for v in x:
        k = used.index(min(used))
        used[k] += 1
        total += v * v * (k + 1)
    return total


def display(x):
    values = [x[0], x[1], 1.0]
    return values.index(min(values)) * x[1] + values[values.index(max(values))] ** 2


def the_place_of_an_integer(x):
    return x[[1, 2, 3].index(int(2 * x[1]))] ** 2


def handled(x):
    try:
        return x[[x[0], x[1], x[2]].index(2.0)]
    except ValueError:
        return x[0] ** 2


@pytest.mark.parametrize(
    ("f", "more"),
    [
        (machines, ()),
        (so_many_machines, (2,)),
        (given, ([1.0, 0.5],)),
        (counters, ()),
        (display, ()),
        (the_place_of_an_integer, ()),
        (handled, ()),
    ],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_index(f: Callable[..., Any], more: tuple[Any, ...]) -> None:
    check(f, X, *more, wrt=0)
    check(f, X[[1, 2, 0]] + 0.4, *more, wrt=0)


def test_what_is_not_in_it() -> None:
    def f(x, n):
        return x[[x[0], x[1], x[2]].index(n)]

    with pytest.raises(ValueError, match="^7.0 is not in list$"):
        value_and_grad(f)(X, 7.0)


def test_a_place_that_is_known() -> None:
    """It still chooses what is no number."""

    def f(x, n):
        return [np.sin, np.cos][[1, 2].index(n)](x[0])

    check(f, X, 2, wrt=0)

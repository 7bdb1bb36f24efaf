"""Where a number is in a list of unknown length, and what to write in place of other methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad
from srcgrad.testing import check_grads
from tests.language.checking import check

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def the_largest(x):
    c = [v * x[0] for v in x if v > 0]
    k = c.index(max(c))
    return c[k] * x[k - 1]


def of_known_length(x):
    c = [x[i] * x[0] for i in range(3)]
    k = c.index(max(c))
    return c[k] ** 2 + k


def in_each_trip(x):
    total = 0.0
    for e in x:
        c = [x[i] * e for i in range(3)]
        k = c.index(max(c))
        total += c[k] * k
    return total


def handled(x):
    c = [v for v in x if v > 0]
    try:
        k = c.index(x[1])
    except ValueError:
        k = 3
    return x[k] ** 2


@pytest.mark.parametrize("x", [X, -X], ids=["x", "-x"])
@pytest.mark.parametrize(
    "f", [the_largest, of_known_length, in_each_trip, handled], ids=lambda f: f.__name__
)
def test_index(f: Callable[..., Any], x: Any) -> None:
    if f is the_largest and x[0] < 0:
        x = x[::-1].copy()
    check(f, x, wrt=0)


def test_what_is_not_in_it() -> None:
    def f(x, ks):
        found = [k for k in ks if k > 2]
        return x[found.index(3)] ** 2

    check(f, X, [1, 4, 3], wrt=0)
    with pytest.raises(ValueError, match="^3 is not in list$"):
        value_and_grad(f)(X, [1, 4, 5])


def index_of_a_pair(x):
    c = [(v, i) for i, v in enumerate(x) if v > 0]
    return x[c.index(max(c))] * c[0][0] ** 2


def counted(x):
    c = [int(v > 0.5) for v in x if v > 0]
    pairs = [(k, i % 2) for i, k in enumerate(c)]
    return x[0] * c.count(1) + x[1] * c.count(5) + sum(pairs.count((k, 0)) * x[k] for k in c)


def removed(x):
    c = [(v * v, i) for i, v in enumerate(x) if v > 0]
    c.remove(max(c))
    names = ["up" if v > 0 else "down" for v in x if v != x[1]]
    names.remove("up")
    return sum(v * (i + 1) for v, i in c) + x[0] * names.count("up") + x[1] * names.index("down")


def every_other_one_deleted(x):
    a, b, c = ([v * v for v in x if v > -1.0] for _ in range(3))
    del a[::2]
    del b[1::2]
    del c[-1::-3]
    return sum(v * (i + 1) for part in (a, b, c) for i, v in enumerate(part))


def compared(x):
    a = [int(v > 0.5) for v in x if v > 0]
    b = [(k, i) for i, k in enumerate(a)]
    c = [(1, i) for i, _ in enumerate(x) if i < len(a)]
    total = x[0] * (a == [1, 1]) + x[1] * (b == c)
    return total + (x[2] if a != [0, 1] else x[3]) + (x[4] ** 2 if [] == a else x[4])


@pytest.mark.parametrize("x", [X, -X, X[::-1].copy()], ids=["x", "-x", "from the end"])
@pytest.mark.parametrize(
    "f",
    [index_of_a_pair, counted, removed, every_other_one_deleted, compared],
    ids=lambda f: f.__name__,
)
def test_of_pairs_and_of_texts(f: Callable[..., Any], x: Any) -> None:
    check(f, x, wrt=0)


def test_nothing_to_remove() -> None:
    def f(x):
        c = [(v, i) for i, v in enumerate(x) if v > 0]
        c.remove((x[0], 0))
        return c[0][0]

    check(f, X, wrt=0)
    with pytest.raises(ValueError, match="x not in list"):
        value_and_grad(f)(-X)


def sort(x):
    c = [(v, i) for i, v in enumerate(x) if v > 0]
    c.sort()
    return c[0][0]


def rows_counted(x):
    c = [[v] for v in x if v > 0]
    return x[0] * c.count([x[0]])


def rows_removed(x):
    c = [[v] for v in x if v > 0]
    c.remove([x[0]])
    return c[0][0]


def rows_looked_for(x):
    c = [[v] for v in x if v > 0]
    return x[c.index([x[0]])]


HINTS = {
    rows_looked_for: "leave at the one",
    rows_counted: "sum(each == item for each in items)",
    rows_removed: "a new list of the others",
}


@pytest.mark.parametrize("f", HINTS, ids=lambda f: f.__name__)
def test_what_to_write_instead(f: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedSyntaxError, match="whose length is not known") as caught:
        grad(f)(X)
    assert caught.value.hint is not None
    assert HINTS[f] in caught.value.hint


def test_pairs_are_sorted() -> None:
    check_grads(sort, (X,))
    check_grads(sort, (X[::-1].copy(),))

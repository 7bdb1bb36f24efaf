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
    c = [(v, v) for v in x if v > 0]
    return x[c.index((x[0], x[0]))]


def count(x):
    c = [v for v in x if v > 0]
    return x[0] * c.count(x[0])


def remove(x):
    c = [(v, i) for i, v in enumerate(x) if v > 0]
    c.remove((x[0], 0))
    return c[0][0]


def sort(x):
    c = [(v, i) for i, v in enumerate(x) if v > 0]
    c.sort()
    return c[0][0]


HINTS = {
    index_of_a_pair: "leave at the one",
    count: "sum(each == item for each in items)",
    remove: "a new list of the others",
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

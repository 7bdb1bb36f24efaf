"""``reversed`` and ``iter`` look at what they are given when they are called."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import SrcgradError, UnsupportedSyntaxError
from tests.slopes import check_slope

X = np.array([0.7, -0.4, 1.3])


def weighed(items, x):
    total = x[0] * 0.5
    for i, v in enumerate(items):
        total = total + (i + 1) * v
    return total


def append(items, x):
    items.append(x[2])


def append_and_set(items, x):
    items.append(x[2])
    items[0] = x[1] * 3


def pop(items, x):
    items.pop()


def pop_first(items, x):
    items.pop(0)


def insert(items, x):
    items.insert(0, x[2] * 2)


def clear_and_add(items, x):
    items.clear()
    items += [x[0]]


def refill(items, x):
    items.clear()
    items.extend([x[2], x[0], x[1], x[2]])


def pop_and_append(items, x):
    items.pop(0)
    items.append(x[2] * 5)


@pytest.mark.parametrize(
    "change",
    [append, append_and_set, pop, pop_first, insert, clear_and_add, refill, pop_and_append],
)
def test_a_list_that_changes_after_reversed(change):
    def f(x):
        items = [x[0], x[1] * 2]
        backwards = reversed(items)
        change(items, x)
        return weighed(backwards, x)

    def zipped(x):
        items = [x[0], x[1] * 2]
        backwards = reversed(items)
        change(items, x)
        return x[0] + sum(v * w for v, w in zip(backwards, x, strict=False))

    def in_loop(x):
        items = [x[0], x[1] * 2, x[2]]
        total = x[1]
        for i, v in enumerate(reversed(items)):
            items[0] = v * x[0]
            total = total + v * (i + 1)
        return total * items[0]

    check_slope(f, X)
    check_slope(zipped, X)
    check_slope(in_loop, X)


def test_a_list_of_unknown_length():
    def f(x, more):
        items = []
        for v in x:
            items.append(v * v)
        backwards = reversed(items)
        if more:
            items.append(x[0])
        total = 0.0
        for v in backwards:
            total = total * 2 + v
        return total

    check_slope(lambda x: f(x, False), X)
    with pytest.raises(SrcgradError):
        grad(lambda x: f(x, x[0] > 0))(X)


def test_a_dict_of_another_length():
    def f(x):
        d = {"a": x[0], "b": x[1]}
        keys = reversed(d)
        d["c"] = x[2]
        return sum(d[k] for k in keys)

    with pytest.raises(UnsupportedSyntaxError, match="dictionary changed size during iteration"):
        grad(f)(X)


class Plain:
    def __init__(self, v):
        self.v = v


class Backwards(Plain):
    def __reversed__(self):
        return [self.v, 2.0 * self.v]


class Forwards(Plain):
    def __iter__(self):
        return iter([self.v, 3.0])


class Measured(Forwards):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [self.v, 3.0][i]


def reverses(v):
    try:
        reversed(v)
        return True
    except TypeError:
        return False


def iterates(v):
    try:
        iter(v)
        return True
    except TypeError:
        return False


def test_reversed_of_an_instance():
    check_slope(lambda x: weighed(reversed(Backwards(x[1])), x), X)
    check_slope(lambda x: weighed(reversed(Measured(x[1])), x), X)

    def f(x):
        return x[0] * x[1] * (2 if reverses(Forwards(x[2])) else 3) * (5 if reverses([x]) else 7)

    check_slope(f, X)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x * 2,
        lambda x: x[0],
        lambda x: x.sum(),
        lambda x: float(x[0]),
        lambda x: len(x),
        lambda x: 3,
        lambda x: None,
        lambda x: "text",
        lambda x: [x],
        lambda x: {"a": x},
        lambda x: range(3),
        lambda x: Plain(x[0]),
        lambda x: Forwards(x[0]),
        lambda x: lambda v: v * x[0],
        lambda x: np.sin,
    ],
)
def test_what_can_be_iterated_over(make):
    check_slope(lambda x: x[0] * x[1] * (2 if iterates(make(x)) else 3), X)


def test_of_a_number_that_is_given():
    def f(x, s):
        try:
            iter(s)
        except TypeError:
            return x[0] * 5 * s
        return x[0] * s[0]

    assert grad(f)(X, 0.5)[0] == 2.5
    assert grad(f)(X, np.array([3.0]))[0] == 3.0


def test_length_of_an_instance():
    def f(x):
        plain = Plain(x[0])
        try:
            n = len(plain)
        except TypeError:
            n = 5
        return x[0] * n * len(Measured(x[1]))

    check_slope(f, X)

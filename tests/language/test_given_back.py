"""Recursive functions that give back a container that they were given: it is one object."""

import numpy as np
import pytest

from srcgrad import AliasingError, grad
from tests.slopes import check_slope


def the_same(items, k):
    return items if k > 3 else the_same(items, k + 1)


def in_a_tuple(items, k):
    return (items, k) if k > 3 else in_a_tuple(items, k + 1)


def result_is_changed(x):
    items = [x[0]]
    same = the_same(items, x[1])
    same[0] = x[2] * 7
    return items[0]


def argument_is_changed(x):
    entry = {"a": x[0]}
    same = the_same(entry, x[1])
    entry["a"] = x[2] * 7
    return same["a"]


def result_grows(x):
    items = [x[0]]
    same, _ = in_a_tuple(items, x[1])
    same.append(x[2] * 7)
    return items[-1]


def captured(x):
    items = [x[0], x[1]]

    def inner(k):
        return items if k > 3 else inner(k + 1)

    same = inner(x[1])
    same[0] = same[0] * x[2]
    return items[0]


def of_unknown_length(x):
    items = [v for v in x if v > 0]
    same = the_same(items, x[1])
    items[0] = x[2] * 5
    return same[0] * x[0]


@pytest.mark.parametrize(
    "f", [result_is_changed, argument_is_changed, result_grows, captured, of_unknown_length]
)
def test_changes_are_refused(f):
    with pytest.raises(AliasingError, match="may be one of two"):
        grad(f)(np.array([0.3, 1.2, 0.7]))


def only_read(x):
    items = [x[0], x[1]]
    same = the_same(items, x[1])
    return same[0] * items[1]


def a_new_one(x):
    def doubled(items, k):
        return [items[0] * 2, items[1]] if k > 3 else doubled(items, k + 1)

    items = [x[0], x[1]]
    new = doubled(items, x[1])
    new[0] = x[2]
    items[1] = 2.0 * x[1]
    return new[0] * items[1] + new[1]


def changed_on_the_way(x):
    def build(k):
        if k > 3:
            return {"leaf": k}
        tree = build(k + 1)
        tree["leaf"] = tree["leaf"] * x[0]
        return tree

    tree = build(x[1])
    tree["leaf"] += 1.0
    return tree["leaf"] * x[2]


@pytest.mark.parametrize("f", [only_read, a_new_one, changed_on_the_way])
def test_gradient(f):
    check_slope(f, np.array([0.3, 1.2, 0.7]))

"""Lists of the program that are given to methods of objects that nobody looks into: what these may
change, or keep, is not read as it was before."""

from __future__ import annotations

import functools
import queue
import random
from collections import deque

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, value_and_grad
from tests.hard_cases.checking import Case

X = np.array([1.2, 1.5, 2.1])
KEPT = deque()


class Store:
    """What keeps rows for somebody else."""

    def __init__(self) -> None:
        self.rows = deque()

    def put(self, row):
        self.rows.append(row)


def put(q, row):
    q.append(row)
    return row


def keep(q, row):
    q.append(row)


def shuffled(x, r):
    idx = [0, 1, 2]
    r.shuffle(idx)
    return x[idx[0]] * 2 + x[idx[1]] ** 2


def kept_and_changed(x, q):
    row = [1, 2]
    q.append(row)
    q.pop().append(5)
    return x[0] * len(row)


def method_as_a_value(x, q):
    append, row = q.append, [1, 2]
    append(row)
    q.pop().append(5)
    return x[0] * len(row)


def partly_applied(x, q):
    row = [1, 2]
    functools.partial(q.append, row)()
    q.pop().append(4)
    return x[0] * len(row)


def of_the_module(x, q):
    row = [1, 2]
    KEPT.append(row)
    KEPT.pop().append(4)
    return x[0] * len(row)


def in_a_tuple(x, q):
    row = [1, 2]
    q.append((row, 2))
    q.pop()[0].append(4)
    return x[0] * len(row)


def inner_one(x, q):
    rows = [[1, 2], 3]
    row = rows[0]
    q.append(rows)
    q.pop()[0].append(4)
    return x[0] * len(row)


def inner_one_extends(x, q):
    row = [1, 2]
    q.extend([row])
    q.pop().append(4)
    return x[0] * len(row)


def of_a_dict(x, q):
    row = {"a": 2}
    q.append(row)
    q.pop()["a"] = 3
    return x[0] * row["a"]


def in_the_next_trip(x, q):
    row = [1, 2]
    s = 0.0
    for i in range(3):
        s = s + x[i] * row[0]
        q.append(row)
        q.pop()[0] += 1
    return s


def by_a_nested_function(x, q):
    row = [1, 2]

    def put_row():
        q.append(row)

    put_row()
    q.pop().append(3)
    return x[0] * len(row)


def read_by_a_closure(x, q):
    row = [1, 2]

    def size():
        return len(row)

    q.append(row)
    q.pop().append(3)
    return x[0] * size()


def given_back(x, q):
    row = put(q, [1, 2])
    q.pop().append(4)
    return x[0] * len(row)


def by_the_caller(x, q):
    row = [1, 2]
    put(q, row)
    q.pop().append(4)
    return x[0] * len(row)


def read_by_a_handler(x, q):
    row = [1, 2]
    try:
        q.append(row)
        q.pop().append(4)
        q.pop()
    except IndexError:
        return x[0] * len(row)
    return x[1]


def of_unknown_length(x, q):
    row = []
    for i in range(int(x[0] * 3)):
        row.append(x[i % 3])
    q.append(row)
    q.pop().append(4.0)
    return x[0] * len(row)


def pushed(x, push):
    row = [1, 2]
    push(row)
    push.__self__.pop().append(4)
    return x[0] * len(row)


@pytest.mark.parametrize(
    "f",
    [
        *(kept_and_changed, method_as_a_value, partly_applied, of_the_module, in_a_tuple),
        *(inner_one, inner_one_extends, of_a_dict, in_the_next_trip, by_a_nested_function),
        *(read_by_a_closure, given_back, by_the_caller, read_by_a_handler, of_unknown_length),
    ],
)
def test_read_later(f):
    refused = "may change, or keep|was left in an object from outside"
    with pytest.raises((UnsupportedSyntaxError, AliasingError), match=refused) as caught:
        value_and_grad(f)(X, deque())
    assert "a copy" in str(caught.value)


def test_shuffled_and_pushed():
    with pytest.raises(UnsupportedSyntaxError, match="'shuffle' may change, or keep"):
        value_and_grad(shuffled)(X, random.Random(3))
    with pytest.raises(UnsupportedSyntaxError, match="'append' may change, or keep"):
        value_and_grad(pushed)(X, deque().append)


def rows_of_a_loop(x, q):
    for i in range(3):
        row = [i, i + 1]
        q.append(row)
    return np.sum(x**2) * len(q)


def a_copy(x, q):
    row = [1, 2]
    q.append(list(row))
    q.pop().append(3)
    return np.sum(x**2) * len(row)


def what_is_in_it(x, q):
    row = [1, 2]
    q.extend(row)
    return np.sum(x**2) * len(row)


def through_functions(x, q):
    keep(q, [1, 2])
    keep(q, [3.0, 2.0])
    return np.sum(x**2) * len(q)


def bound_again(x, q):
    row = [0, 1]
    q.append(row)
    row = [len(q), 2]
    return np.sum(x**2) * row[0]


def tried(x, q):
    try:
        q.append([1, 2])
    except ValueError:
        return np.sum(x)
    return np.sum(x**2) * len(q)


def on_one_branch(x, q):
    if x[0] > 0:
        q.append([1, 2])
    return np.sum(x**2) * len(q)


@pytest.mark.parametrize(
    "f",
    [
        *(a_copy, what_is_in_it, through_functions, bound_again, tried, on_one_branch),
        rows_of_a_loop,
    ],
)
def test_not_read_later(f):
    value, x_bar = value_and_grad(f)(X, deque())
    want = f(X, deque())
    assert np.isclose(value, want)
    np.testing.assert_allclose(x_bar, 2 * X * want / np.sum(X**2))


def drawn(x, r):
    places = [0, 2]
    return x[r.choice(places)] * len(places) + x[places[1]]


def test_other_objects():
    value, x_bar = value_and_grad(drawn)(X, random.Random(3))
    assert np.isclose(value, drawn(X, random.Random(3)))
    assert np.isclose(np.sum(x_bar), 3.0)

    def rows(x, store):
        for i in range(3):
            store.put([i, i + 1])
        return np.sum(x**2) * len(store.rows)

    assert np.isclose(value_and_grad(rows)(X, Store())[0], rows(X, Store()))

    def waiting(x, q):
        q.put([1, 2])
        return np.sum(x**2) * q.qsize()

    np.testing.assert_allclose(value_and_grad(waiting)(X, queue.Queue())[1], 2 * X)


def test_texts():
    def named(x, d):
        names = [d["a"], "b"]
        return x[0] ** 2 * len(", ".join(names)) + x[1] * len(names)

    Case(named, (X, {"a": "u"})).run()

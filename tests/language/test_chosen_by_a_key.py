"""``min``, ``max`` and ``sorted`` with a key that only running tells; ``operator.itemgetter``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.7, -1.2, 1.5, 0.4])
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Point:
    def __init__(self, v):
        self.v = v


@program
def the_best_place(x):
    k = min(range(len(x)), key=lambda i: x[i])
    best = max(range(len(x)), key=x.__getitem__)
    return x[k] ** 2 * x[best]


@program
def the_best_action(x):
    Q = np.outer(x, x)
    state, total = 0, 0.0
    for _ in range(3):
        action = max(range(4), key=lambda a: Q[state, a])
        total += Q[state, action]
        state = action
    return total


@program
def the_best_object(x):
    points = [Point(v) for v in x]
    best = max(points, key=lambda p: p.v)
    return best.v**2 + sum(p.v for p in points)


@program
def the_nearest_row(x):
    rows, centre = x.reshape(2, 2), np.array([0.5, 0.1])
    near = min(rows, key=lambda row: np.sum((row - centre) ** 2))
    return np.sum(near**3)


@program
def an_array_that_is_written(x):
    parts = [x[:2] * 1.0, x[2:] * 1.0]
    largest = max(parts, key=np.sum)
    largest[0] = 3 * x[1]
    return sum(np.sum(part**2) for part in parts)


@program
def of_pairs(x):
    pairs = [(v, v * 2) for v in x]
    i, v = min(enumerate(x), key=lambda pair: pair[1])
    return min(pairs, key=lambda pair: pair[0] ** 2)[1] + v * i + x[i] ** 2


@program
def of_the_items_of_a_dict(x):
    d = {"a": x[0], "b": x[1], "c": x[2]}
    _, v = max(d.items(), key=lambda item: item[1])
    ordered = sorted(d.items(), key=operator.itemgetter(1))
    return v * 2 + sum(i * v for i, (_, v) in enumerate(ordered))


@program
def of_two(x):
    return max(x[0], x[1], key=lambda v: v**2) * max([x[0], x[1]], key=None)


@program
def a_default(x):
    large = [v * v for v in x if v > 9]
    return max(large, key=lambda v: -v, default=x[1] * 2) + min([], key=abs, default=x[0])


@program
def places_in_order(x):
    order = sorted(range(len(x)), key=lambda i: -x[i])
    return x[order[0]] * x[order[1]] ** 2 + x[order[3]]


@program
def by_their_sizes(x):
    ordered = sorted(x, key=abs, reverse=True)
    return ordered[0] * 2 + ordered[1] ** 2 + ordered[3] * 3


@program
def rows_in_order(x):
    rows = sorted(x.reshape(2, 2), key=lambda row: row[1])
    return rows[0] @ np.array([1.0, 2.0]) + rows[1][0] ** 2


@program
def sorted_in_place(x):
    some = [v for v in x if v > 0]
    some.sort(key=lambda v: -v)
    pairs = sorted(enumerate(some), key=lambda pair: pair[1])
    return some[0] * 2 + some[1] ** 2 + sum(k * v for k, (_, v) in enumerate(pairs))


@program
def a_list_of_work(x):
    todo, out = [(float(i), v) for i, v in enumerate(x)], 0.0
    while todo:
        todo.sort(key=lambda pair: pair[1])
        i, v = todo.pop(0)
        out = out * 0.5 + v * i
    return out


@program
def getters(x):
    d = {"a": x * 2, "b": x[1]}
    first, second = operator.itemgetter("a", "b")(d)
    p = Point(x[2])
    return np.sum(first) * second + operator.itemgetter(3)(x) * operator.attrgetter("v")(p)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    for x in (X, X[::-1].copy(), X + 0.05):
        check_grads(f, (x,))
        assert value_and_grad(f)(x)[0] == f(x.copy())


@pytest.mark.parametrize("function", [min, max])
def test_nothing_to_choose_from(function):
    def f(x):
        some = [v for v in x if v > 9]
        return function(some, key=abs)

    for derivative in (f, value_and_grad(f)):
        with pytest.raises(ValueError, match="arg is an empty sequence|argument is empty"):
            derivative(X)


def test_equal_keys_keep_their_places():
    """The first of those that are largest is taken, and what is equal stays in order."""

    def f(x):
        pairs = [(v, i) for i, v in enumerate(x)]
        ordered = sorted(pairs, key=lambda pair: pair[0] * 0)
        best = max(pairs, key=lambda pair: pair[0] * 0)
        return sum(v * (k + 1) for k, (v, _) in enumerate(ordered)) + 10 * best[0]

    np.testing.assert_allclose(grad(f)(X), [11.0, 2.0, 3.0, 4.0])


def test_objects_in_an_order_that_data_tell():
    def f(x):
        points = sorted([Point(v) for v in x], key=lambda p: p.v)
        return points[0].v + 10 * points[-1].v

    least, most = np.argmin(X), np.argmax(X)
    expected = np.zeros(len(X))
    expected[least], expected[most] = 1.0, 10.0
    np.testing.assert_array_equal(grad(f)(X), expected)

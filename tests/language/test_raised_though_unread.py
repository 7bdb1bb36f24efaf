"""What a program asks for and its gradient does not need raises in the gradient as in the program:
elements of its own lists, keys of its own dicts, names that no trip has assigned."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.slopes import slopes

X = np.array([0.9, 1.3, 0.4])


class Point:
    def __init__(self, x: Any) -> None:
        self.x = x


def points(x, least):
    found = []
    for v in x:
        if v > least:
            found.append(Point(v))
    return found


def attribute_of_the_only_one(x, least):
    ps = points(x, least)
    ps[1].x = ps[0].x
    return sum(p.x for p in ps)


def attribute_set(x, least):
    ps = points(x, least)
    ps[1].x = 2.0
    return np.sum(x)


def attribute_changed(x, least):
    ps = points(x, least)
    ps[0].x *= 2
    return sum(p.x for p in ps)


def popped(x, least):
    found = [v for v in x if v > least]
    found.pop()
    found.pop()
    return np.sum(x)


def read(x, least):
    found = [v * v for v in x if v > least]
    second = found[1]
    return np.sum(x)


def put(x, least):
    found = [v for v in x if v > least]
    for i in range(2):
        found[i] = x[i]
    return np.sum(x)


def key_read(x, least):
    found = {}
    for i in range(len(x)):
        if x[i] > least:
            found[i] = x[i]
    second = found[1]
    return np.sum(x)


def key_deleted(x, least):
    found = {}
    for i in range(len(x)):
        if x[i] > least:
            found[i] = x[i]
    del found[1]
    return np.sum(x)


def in_a_loop(x, least):
    found = [v for v in x if v > least]
    for i in range(len(x)):
        last = found[i - 3]
    return np.sum(x)


LISTS = [
    *(attribute_of_the_only_one, attribute_set, attribute_changed, popped, read, put),
    *(key_read, key_deleted, in_a_loop),
]


def raised_alike(f: Callable[..., Any], x: np.ndarray, n: Any, *others: Any) -> None:
    """Whether derivatives of ``f`` raise what ``f`` does."""
    with pytest.raises((LookupError, UnboundLocalError)) as expected:
        f(x, n)
    for derivative in (grad, *others):
        with pytest.raises(expected.type):
            derivative(f)(x, n)


def pulled(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, n: vjp(lambda x: f(x, n), x)[1](1.0)


def agrees(f: Callable[..., Any], x: np.ndarray, n: Any) -> None:
    found = grad(f)(x.copy(), n)
    np.testing.assert_allclose(found, slopes(lambda v: f(v, n), x), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", LISTS)
def test_elements(f):
    others = () if f in (attribute_changed, key_deleted) else (value_and_grad, pulled)
    raised_alike(f, X, 2.5, *others)
    if f is not attribute_changed:
        raised_alike(f, X[:1], 0.1)
    if f is not in_a_loop:
        agrees(f, X, 0.5)


def length(x, n):
    for _ in range(n):
        y = x * 2.0
    return np.sum(x) * len(y)


def size(x, n):
    for _ in range(1, n + 1):
        y = x * 2.0
    return np.sum(x) * y.size


def total(x, n):
    for t in range(n):
        x = np.sin(x)
        loss = np.sum(x * t)
    return loss


def index(x, n):
    def last(count):
        for t in range(count - 2):
            pass
        return t

    return x[0] * last(n + 2)


@pytest.mark.parametrize("f", [length, size, total, index])
def test_names(f):
    agrees(f, X, 3)
    raised_alike(f, X, 0, value_and_grad, pulled)
    raised_alike(f, X, -1)
    agrees(f, X, 1)


def test_names_that_are_not_read():
    def f(x, n):
        for _ in range(n):
            y = x * 2.0
        if n > 0:
            return np.sum(y)
        return np.sum(x * x)

    for n in (2, 0):
        agrees(f, X, n)


def stack(x, n):
    todo = [0.0]
    while todo:
        v = todo.pop()
        if v < n:
            todo.append(v + 1)
    return np.sum(x)


def counted(x, n):
    found = [v for v in x if v > n]
    for i in range(len(found)):
        second = found[i]
        found[i] = second * 2.0
    return np.sum(x)


def looked_at(x, n):
    found = [v for v in x if v > n]
    if len(found) > 1:
        second = found[1]
    if not found:
        return np.sum(x)
    second = found[-1]
    return np.sum(x) * 2.0


def asserted(x, n):
    found = [v for v in x if v > n]
    assert found
    first = found[0]
    return np.sum(x)


def keys(x, n):
    found = {}
    for i in range(len(x)):
        if x[i] > n:
            found[i] = x[i]
    if 2 in found:
        second = found[2]
    for k in found:
        second = found[k]
    return np.sum(x)


def appended(x, n):
    found = [0.0]
    for v in x:
        if v > n:
            found.append(v)
            last = found[-1]
        last = found[0]
    return np.sum(x)


@pytest.mark.parametrize("f", [stack, counted, looked_at, asserted, keys, appended])
def test_nothing_is_left_of_what_is_surely_there(f):
    derivative = grad(f)
    derivative(X, 0.5)
    assert not questions(derivative.source)


def questions(source: str) -> list[str]:
    """The elements that a text asks for and does nothing with."""
    alone = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr))
    return [ast.unparse(value) for value in alone if isinstance(value, ast.Subscript)]


def test_what_may_not_be_there_is_asked_for():
    derivative = grad(read)
    derivative(X, 0.5)
    assert questions(derivative.source) == ["found[1]"]


QUEUE: deque[float] = deque()


def from_an_empty_queue(x, n):
    y = x.copy()
    for _ in range(n):
        if x[0] < 2:
            y = y * 1.1
        else:
            y[2] *= QUEUE.popleft()
    return np.sum(y)


def test_a_pop_that_is_not_reached():
    agrees(from_an_empty_queue, X, 2)
    with pytest.raises(IndexError, match="pop from an empty deque"):
        grad(from_an_empty_queue)(X + 5.0, 2)


def in_a_handler(x, n):
    found = [v for v in x if v > n]
    try:
        factor = {1: 2.0, 3: 4.0}[int(found[1])]
    except KeyError:
        found.append(x[0])
        factor = 3.0
        found.pop()
        last = found[2]
    return np.sum(x) * factor


def test_in_a_handler():
    agrees(in_a_handler, X, 0.5)
    agrees(in_a_handler, np.array([2.2, 2.4, 5.1]), 0.5)
    raised_alike(in_a_handler, np.array([2.2, 2.4, 0.1]), 0.5)

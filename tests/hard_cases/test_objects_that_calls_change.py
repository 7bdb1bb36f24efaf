"""A queue, a set or a buffer from outside is asked, a call changes it, and the gradient still knows
what the answer was."""

from __future__ import annotations

import array
import copy
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, UnsupportedSyntaxError, grad, value_and_grad, vjp

X = np.array([0.7, 1.3, 0.9, 1.1, 0.6, 1.7])
STEP = 1e-6
MORE = {8, 9}
PROGRAMS: list[Callable[..., Any]] = []


class Store:
    """What a program keeps beside its arrays."""

    def __init__(self) -> None:
        self.seen = {1, 2}
        self.queue = deque([1, 2])
        self.bytes = bytearray(b"ab")

    def size(self) -> int:
        return len(self.seen)

    def put(self, k: int) -> None:
        self.seen.add(k)


def slopes(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    steps = STEP * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / (2 * STEP) for step in steps])


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def asked_before(x, store):
    y = x * len(store.queue)
    store.queue.append(7)
    return np.sum(y**2)


@program
def of_a_set(x, store):
    y = x * len(store.seen)
    store.seen.add(7)
    return np.sum(y**2)


@program
def of_bytes(x, store):
    y = x * len(store.bytes)
    store.bytes.append(7)
    return np.sum(y**2)


@program
def asked_before_and_after(x, store):
    y = x * (3 in store.seen)
    store.seen.add(3)
    return np.sum(y * 2 + x**2 * (3 in store.seen))


@program
def in_every_trip(x, store):
    s = 1.0
    for i in range(3):
        s *= x[i] * len(store.queue)
        store.queue.append(i)
    return s


@program
def an_index_in_every_trip(x, store):
    s = 1.0
    for _ in range(3):
        k = len(store.queue)
        store.queue.append(k)
        s *= x[k]
    return s


@program
def decides_a_branch(x, store):
    s = x[0]
    for i in range(3):
        if len(store.queue) > 3:
            s = s * x[1]
        else:
            s = s * x[2]
        store.queue.append(i)
    return s


@program
def decides_a_branch_itself(x, store):
    s = x[0]
    for _ in range(3):
        if store.queue:
            s = s * x[1]
        else:
            s = s * x[2] * x[2]
        store.queue.clear()
    return s


@program
def in_both_arms(x, store):
    if x[0] > 0:
        store.queue.append(5)
        n = len(store.queue)
    else:
        n = len(store.queue)
    return n * np.sum(x**2)


@program
def in_arms_of_one_condition(x, store):
    cond = x[0] > 0
    s = x[1]
    if cond:
        store.queue.append(5)
    n = len(store.queue)
    if cond:
        s = s * x[2] * n
    return s * n


@program
def decides_a_while(x, store):
    s = x[0]
    while len(store.queue) < 5:
        k = len(store.queue)
        store.queue.append(k)
        if x[k] > 1:
            s += x[k] ** 2
        else:
            s *= x[k]
    return s


@program
def by_its_own_methods(x, store):
    s = 1.0
    for i in range(3):
        store.put(i + 7)
        s *= x[store.size()] * store.size()
    return s


@program
def by_a_method_that_has_a_name(x, store):
    add = store.queue.append
    y = x * len(store.queue)
    add(3)
    z = x**2 * len(store.queue)
    return np.sum(y * z) * store.queue.pop()


@program
def in_an_expression(x, store):
    return x[0] * (len(store.queue) + store.queue.pop()) * len(store.queue)


@program
def in_a_nested_function(x, store):
    def scaled(y):
        return y * len(store.queue)

    a = scaled(x)
    store.queue.append(3)
    b = scaled(a)
    store.queue.clear()
    return np.sum(b * a) + x[0] * (store.queue == deque())


@program
def in_a_comprehension(x, store):
    parts = [x[i] * len(store.queue) + store.queue.pop() for i in range(2)]
    return parts[0] * parts[1]


@program
def in_a_try(x, store):
    try:
        k = len(store.queue)
        store.queue.pop()
        store.queue.pop()
        store.queue.pop()
    except IndexError:
        k = len(store.queue) + 3
    return np.sum(x**2) * k


def _multiplied(y, n, queue):
    if n == 0:
        return y
    k = len(queue)
    queue.append(n)
    r = _multiplied(y * k, n - 1, queue)
    return r * r * k * len(queue)


@program
def in_a_recursion(x, store):
    return _multiplied(x[0], 3 if x[1] > 0 else 2, store.queue)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_gradient_knows_what_was_asked(f):
    want = slopes(lambda y: f(y, Store()), X)
    value, gradient = value_and_grad(f)(X, Store())
    np.testing.assert_allclose(value, f(X, Store()), rtol=1e-12)
    np.testing.assert_allclose(gradient, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(grad(f)(X, Store()), want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_a_pullback_knows_it_when_it_is_called(f):
    """Whatever becomes of the object until then."""
    store = Store()
    _, pullback = vjp(lambda y: f(y, store), X)
    for held in (store.seen, store.queue, store.bytes):
        held.clear()
    want = slopes(lambda y: f(y, Store()), X)
    np.testing.assert_allclose(pullback(1.0)[0], want, rtol=1e-6, atol=1e-7)


def test_what_the_function_does_to_the_object_it_does_once():
    mine, twin = Store(), Store()
    grad(in_every_trip)(X, mine)
    in_every_trip(X, twin)
    assert mine.queue == twin.queue


def test_numbers_of_an_object_that_a_call_changes():
    """The derivative of a product reads its factors, which are others by then."""

    def product(x, w):
        y = x * w
        w.reverse()
        return np.sum(y**2)

    def of_an_array(x, w):
        y = x * np.array(w)
        w.reverse()
        return np.sum(y**2)

    w = array.array("d", range(6))
    with pytest.raises(AliasingError, match="a call may have changed"):
        grad(product)(X, copy.copy(w))
    want = 2 * X * np.arange(6.0) ** 2
    np.testing.assert_allclose(grad(of_an_array)(X, w), want)


def test_an_object_is_not_changed_by_an_operator():
    """Which would be a new object for all that the program knows."""

    def extended(x, store):
        queue = store.queue
        queue += [1, 2]
        return np.sum(x**2) * len(store.queue)

    def joined(x, store):
        seen = store.seen
        seen |= MORE
        return np.sum(x**2) * len(store.seen)

    np.testing.assert_allclose(
        grad(extended)(X, Store()), slopes(lambda x: extended(x, Store()), X)
    )
    with pytest.raises(UnsupportedSyntaxError, match="in place"):
        grad(joined)(X, Store())


def test_numbers_of_an_object_until_the_pullback_is_called():
    w = array.array("d", range(6))
    with pytest.raises(AliasingError, match="a call may have changed"):
        vjp(lambda x: x * w, X)
    np.testing.assert_allclose(grad(lambda x: np.sum(x * w))(X), np.arange(6.0))

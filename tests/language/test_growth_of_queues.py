"""Lists of which loops take the first element off, in gradients that cost what the queue costs.

Bytes and lines are counted, not time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.counting import bytes_made
from tests.slopes import check_at


def numbers(x: np.ndarray) -> Any:
    queue: deque[Any] = deque()
    s = 0.0
    for i in range(len(x)):
        queue.append(x[i] ** 2)
        if i % 3 == 0:
            s += queue.popleft() * x[i]
    return s


def places(x: np.ndarray) -> Any:
    waiting = [0]
    total = [0.0] * len(x)
    while waiting:
        i = waiting.pop(0)
        for j in (2 * i + 1, 2 * i + 2):
            if j < len(x):
                total[j] = total[i] * 0.5 + x[j] ** 2
                waiting.append(j)
    return sum(total)


def to_the_end(x: np.ndarray) -> Any:
    items = list(x)
    s = 0.0
    while items:
        s = s * 0.9 + items.pop(0) ** 2
    return s


def rebound(x: np.ndarray) -> Any:
    items = [v * v for v in x]
    s = 0.0
    while len(items) > 1:
        s += items[0] * items[1]
        items = items[1:]
    return s


def from_both_ends(x: np.ndarray) -> Any:
    items = deque(x)
    s = 0.0
    while len(items) > 1:
        s += items.popleft() * items.pop() ** 2
    return s


def turned(x: np.ndarray) -> Any:
    items = deque(x)
    s = 0.0
    for _ in range(len(x)):
        first = items.popleft()
        s += first * items[0]
        items.append(first * 0.5)
    return s


QUEUES = [numbers, places, to_the_end, rebound, from_both_ends, turned]


@pytest.mark.parametrize("f", QUEUES)
def test_is_right(f: Callable[..., Any]) -> None:
    check_at(f, np.array([0.7, 1.3, 0.4, 1.1, 0.8]), np.array([1.2, 0.6, 0.9, 1.4, 0.5, 1.1, 0.3]))


@pytest.mark.parametrize("f", QUEUES)
def test_costs_what_it_touches(f: Callable[..., Any]) -> None:
    few, many = np.linspace(0.3, 0.9, 300), np.linspace(0.3, 0.9, 600)
    gradient = grad(f)
    gradient(few)
    assert bytes_made(gradient, many) < 2.3 * bytes_made(gradient, few)
    few_, many_ = vjp(f, few)[1], vjp(f, many)[1]
    assert bytes_made(many_, 1.0) < 2.3 * bytes_made(few_, 1.0)
    np.testing.assert_array_equal(many_(1.0)[0], gradient(many))


def rest_of_nothing(x: np.ndarray, n: int) -> Any:
    """The rest of an empty list is one."""
    items: list[Any] = []
    s = 0.0
    for i in range(n):
        if i % 2:
            items.append(x[i] ** 2)
        items = items[1:]
        items.append(x[i])
        if i % 3 == 0:
            items = items[1:]
            items = items[1:]
        s += sum(items) * x[i]
    return s


def rest_that_is_not_alone(x: np.ndarray, n: int) -> Any:
    items = [v * v for v in x]
    s = 0.0
    for i in range(n):
        rest = items[1:]
        s += items[0] * rest[0] + items[-1]
        items = rest
    return s + len(items) * items[0]


def kept(x: np.ndarray, n: int) -> Any:
    items = [v * v for v in x]
    every = []
    for _ in range(n):
        every.append(items)
        s = items[0]
        items = items[1:]
    return sum(sum(each) * s for each in every)


@pytest.mark.parametrize("f", [rest_of_nothing, rest_that_is_not_alone, kept])
def test_lists_that_others_have_or_that_are_empty(f: Callable[..., Any]) -> None:
    check_at(lambda x: f(x, 4), np.array([0.7, 1.3, 0.4, 1.1, 0.8, 0.9]))


def test_errors_are_those_of_the_function() -> None:
    def f(x: np.ndarray, n: int) -> Any:
        items = list(x)
        s = 0.0
        for _ in range(n):
            s += items.pop(0) ** 2
        return s

    np.testing.assert_allclose(grad(f)(np.array([1.0, 2.0, 3.0]), 2), [2.0, 4.0, 0.0])
    with pytest.raises(IndexError, match="pop from empty list"):
        grad(f)(np.array([1.0, 2.0, 3.0]), 4)


def test_reads_as_one_would_write_it() -> None:
    gradient = grad(numbers)
    gradient(np.ones(4))
    assert ".pop(0)" in gradient.source and ".insert(0, 0.0)" in gradient.source

"""What functions that call themselves cost in the gradient: what they touch, and no array a call.

Bytes are counted, and lines, not time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.counting import bytes_made
from tests.slopes import check_at


@pytest.fixture(autouse=True)
def deep() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def by_index(x: np.ndarray) -> Any:
    def go(i: int) -> Any:
        return 0.0 if i == len(x) else x[i] ** 2 + go(i + 1)

    return go(0)


def rest(x: np.ndarray) -> Any:
    if len(x) == 0:
        return 0.0
    return x[0] ** 2 + 0.5 * rest(x[1:])


def of_what_is_made(x: np.ndarray) -> Any:
    return rest(np.sin(x)) * x[0]


def but_the_ends(x: np.ndarray) -> Any:
    if len(x) < 2:
        return np.sum(x)
    inner = x[1:-1]
    return x[0] * x[-1] + but_the_ends(inner[::-1]) * 0.9


def blocks(A: np.ndarray) -> Any:
    if len(A) == 0:
        return 0.0
    return A[0, 0] * A[-1, 0] + blocks(A[1:, 1:])


def blocks_of(x: np.ndarray) -> Any:
    return blocks(np.outer(x, x))


def both(x: np.ndarray, y: np.ndarray) -> Any:
    if len(x) == 0 or len(y) == 0:
        return 0.0
    if x[0] < y[0]:
        return x[0] * y[0] + both(x[1:], y)
    return y[0] ** 2 + both(x, y[1:])


def of_both(x: np.ndarray) -> Any:
    return both(x, np.sqrt(x))


READING = [by_index, rest, of_what_is_made, but_the_ends, of_both]


@pytest.mark.parametrize("f", [*READING, blocks_of])
def test_reading_is_right(f: Callable[..., Any]) -> None:
    check_at(f, np.array([0.7, 1.3, 0.4, 1.1, 0.8]), np.array([1.2, 0.6, 0.9, 1.4, 0.5, 1.1, 0.3]))


@pytest.mark.parametrize("f", READING)
def test_reading_costs_what_it_touches(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    few, many = np.linspace(0.3, 1.5, 150), np.linspace(0.3, 1.5, 300)
    gradient(few)
    assert bytes_made(gradient, many) < 2.2 * bytes_made(gradient, few)
    few_, many_ = vjp(f, few)[1], vjp(f, many)[1]
    assert bytes_made(many_, 1.0) < 2.2 * bytes_made(few_, 1.0)
    np.testing.assert_array_equal(many_(1.0)[0], many_(1.0)[0])


def test_parts_are_handed_on_as_one_would_write_it() -> None:
    gradient = grad(rest)
    gradient(np.ones(4))
    assert "rest_pullback(0.5 * y_bar, x_bar[1:])" in gradient.source

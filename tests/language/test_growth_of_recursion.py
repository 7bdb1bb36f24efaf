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
    few, many = np.linspace(0.3, 1.5, 100), np.linspace(0.3, 1.5, 200)
    gradient(few)
    assert bytes_made(gradient, many) < 2.2 * bytes_made(gradient, few)
    few_, many_ = vjp(f, few)[1], vjp(f, many)[1]
    assert bytes_made(many_, 1.0) < 2.2 * bytes_made(few_, 1.0)
    np.testing.assert_array_equal(many_(1.0)[0], many_(1.0)[0])


def test_parts_are_handed_on_as_one_would_write_it() -> None:
    gradient = grad(rest)
    gradient(np.ones(4))
    assert "rest_pullback(0.5 * y_bar, x_bar[1:])" in gradient.source


# --- writing --------------------------------------------------------------------------------------


def fill(a: np.ndarray, i: int, x: np.ndarray) -> None:
    if i == len(a):
        return
    a[i] = np.sin(x[i]) * (a[i - 1] if i else 1.0)
    fill(a, i + 1, x)


def filled(x: np.ndarray) -> Any:
    a = np.zeros(len(x))
    fill(a, 0, x)
    return np.sum(a * a)


def halves(out: np.ndarray, x: np.ndarray) -> None:
    if len(x) == 1:
        out[0] = x[0] ** 2
        return
    m = len(x) // 2
    halves(out[:m], x[:m])
    halves(out[m:], x[m:])
    out[0] += 0.5 * out[m]


def in_halves(x: np.ndarray) -> Any:
    out = np.zeros(len(x))
    halves(out, x)
    return np.sum(out**2)


def remembered(n: int, x: np.ndarray, memo: np.ndarray, done: np.ndarray) -> Any:
    if n < 2:
        return x[n]
    if done[n]:
        return memo[n]
    before = remembered(n - 1, x, memo, done), remembered(n - 2, x, memo, done)
    memo[n] = before[0] * 0.5 + before[1] * x[n]
    done[n] = True
    return memo[n]


def with_a_memo(x: np.ndarray) -> Any:
    n = len(x)
    memo = np.zeros(n)
    return remembered(n - 1, x, memo, np.zeros(n, dtype=bool)) + memo[2]


def around_it(x: np.ndarray) -> Any:
    out = np.zeros(len(x))
    total = np.zeros(1)

    def visit(i: int, weight: float) -> Any:
        if i >= len(x):
            return 0.0
        total[0] += weight * x[i]
        out[i] = total[0] * x[i]
        return visit(2 * i + 1, 0.5 * weight) + visit(2 * i + 2, 0.3 * weight) + out[i]

    return visit(0, 1.0) + np.sum(out) + total[0] ** 2


def even(a: np.ndarray, i: int, x: np.ndarray) -> None:
    if i < len(a):
        a[i] = x[i] ** 2
        odd(a, i + 1, x)


def odd(a: np.ndarray, i: int, x: np.ndarray) -> None:
    if i < len(a):
        a[i] = np.exp(a[i - 1] * x[i])
        even(a, i + 1, x)


def in_turn(x: np.ndarray) -> Any:
    a = np.zeros(len(x))
    even(a, 0, x)
    return np.sum(a)


def two(a: np.ndarray, b: np.ndarray, i: int, x: np.ndarray) -> None:
    if i == len(a):
        return
    a[i] = x[i] * b[i - 1]
    b[i] = np.sin(a[i])
    two(a, b, i + 1, x)
    b[i] += a[i] * 0.5


def into_two(x: np.ndarray) -> Any:
    a, b = np.zeros(len(x)), np.ones(len(x))
    two(a, b, 0, x)
    return np.sum(a * b)


def into_the_argument(x: np.ndarray) -> Any:
    s = np.sum(np.sin(x))
    fill(x, 1, x * 2.0)
    return s + np.sum(x**2)


def into_rows(x: np.ndarray) -> Any:
    A = np.zeros((3, len(x)))
    for k in range(3):
        fill(A[k], 0, x * (k + 1.0))
    return np.sum(A * A)


def into_either(x: np.ndarray) -> Any:
    u, v = np.zeros(len(x)), np.ones(len(x))
    for k in range(4):
        w = u if k % 2 else v
        fill(w, 0, x + 0.1 * u)
        u, v = v, u
    return np.sum(u * v)


def between_writes(x: np.ndarray) -> Any:
    a = x.copy()
    fill(a, 1, x)
    s = a[2] * a[1]
    a[1] *= 0.5
    fill(a, 0, x * a[1])
    return s + np.sum(a * x)


def in_a_loop(x: np.ndarray) -> Any:
    a = np.zeros(len(x))
    s = 0.0
    for k in range(3):
        if x[k] > 0.0:
            fill(a, 0, x * s + x)
            s += a[k]
        a[k] *= 0.5
    return s + np.sum(a)


def for_the_last_alone(x: np.ndarray) -> Any:
    a = np.ones(len(x))
    fill(a, 0, x)
    return a[-1] * x[0]


def eliminate(A: np.ndarray) -> None:
    if len(A) < 2:
        return
    A[1:] -= A[1:, :1] / A[0, 0] * A[0]
    eliminate(A[1:, 1:])


def pivots(x: np.ndarray) -> Any:
    A = np.outer(x, x) * 0.1 + np.diag(x + 1.0)
    eliminate(A)
    return np.sum(np.diag(A) ** 2)


WRITING = [filled, in_halves, with_a_memo, around_it, in_turn, into_two, into_the_argument]
WRITING += [into_rows, into_either, between_writes, in_a_loop, for_the_last_alone]


@pytest.mark.parametrize("f", [*WRITING, pivots])
def test_writing_is_right(f: Callable[..., Any]) -> None:
    check_at(f, np.array([0.7, 1.3, 0.4, 1.1, 0.8]), np.array([1.2, 0.6, 0.9, 1.4, 0.5, 1.1, 0.3]))
    x = np.array([0.7, 1.3, 0.4, 1.1, 0.8, 0.6])
    kept, expected = x.copy(), grad(f)(x)
    value, pullback = vjp(f, x)
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-12)
    np.testing.assert_array_equal(x, kept)
    x[:] = 0.0
    for y_bar in (1.0, 1.0, -2.0):
        np.testing.assert_allclose(pullback(y_bar)[0], y_bar * expected, rtol=1e-12)


@pytest.mark.parametrize("f", WRITING)
def test_writing_costs_what_it_touches(f: Callable[..., Any]) -> None:
    few, many = np.linspace(0.3, 0.9, 60), np.linspace(0.3, 0.9, 120)
    gradient = grad(f)
    gradient(few)
    assert bytes_made(gradient, many) < 2.3 * bytes_made(gradient, few)

    def call(x: np.ndarray) -> None:
        vjp(f, x)[1](1.0)

    call(few)
    assert bytes_made(call, many) < 2.3 * bytes_made(call, few)


def test_writing_reads_as_one_would_write_it() -> None:
    gradient = grad(filled)
    gradient(np.ones(4))
    assert "_, fill_pullback = fill_vjp(a, i + 1, x)" in gradient.source
    assert "            fill_pullback(a_bar, x_bar)" in gradient.source
    assert "copy" not in gradient.source


def guarded(a: np.ndarray, i: int, x: np.ndarray) -> None:
    if i == len(a):
        return
    if x[i] > 10.0:
        raise ValueError("too large")
    a[i] = x[i] ** 2
    guarded(a, i + 1, x)


def test_errors_are_those_of_the_function() -> None:
    def f(x: np.ndarray) -> Any:
        a = np.zeros(len(x))
        guarded(a, 0, x)
        return np.sum(a)

    np.testing.assert_array_equal(grad(f)(np.array([1.0, 2.0])), [2.0, 4.0])
    with pytest.raises(ValueError, match="too large"):
        grad(f)(np.array([1.0, 20.0]))


def test_what_fails_half_way() -> None:
    """Where errors are caught, functions work on copies."""

    def f(x: np.ndarray) -> Any:
        a = np.ones(len(x))
        try:
            guarded(a.copy(), 0, x)
            s = 1.0
        except ValueError:
            s = 2.0
        return s * np.sum(a * x)

    np.testing.assert_array_equal(grad(f)(np.array([1.0, 2.0])), [1.0, 1.0])
    np.testing.assert_array_equal(grad(f)(np.array([1.0, 20.0])), [2.0, 2.0])

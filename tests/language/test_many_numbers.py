"""Lists of numbers that loops of many trips write: the loops stay loops, and the text is short."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnknownTypeError, grad, value_and_grad
from tests.slopes import check_at

STEP = 1e-6


def recurrence(b):
    x = [0.0] * len(b)
    x[0] = b[0]
    for i in range(1, len(b)):
        x[i] = 0.5 * x[i - 1] + b[i] ** 2
    return sum(x)


def gauss_seidel(b):
    n = len(b)
    x = [0.0] * n
    for _ in range(2):
        for i in range(n):
            s = b[i]
            if i > 0:
                s -= 0.3 * x[i - 1]
            if i < n - 1:
                s -= 0.2 * x[i + 1]
            x[i] = s / 1.5
    return sum(v * v for v in x)


def triangular(b):
    n = len(b)
    x = [0.0] * n
    for i in range(n):
        s = b[i]
        for j in range(i):
            s -= 0.1 * x[j] * b[j]
        x[i] = s
    return sum(v * v for v in x)


def from_the_end(b):
    n = len(b)
    x = [v * v for v in b]
    for i in range(n - 2, -1, -1):
        x[i] += 0.5 * x[i + 1]
    return x[0] + x[n // 2]


def elimination(b):
    n = len(b)
    rows = [list(row) for row in np.eye(n) * n + np.outer(b, b)]
    for k in range(n):
        for i in range(k + 1, n):
            rows[i][k] = rows[i][k] / rows[k][k]
            for j in range(k + 1, n):
                rows[i][j] -= rows[i][k] * rows[k][j]
    return sum(np.log(rows[k][k]) for k in range(n))


def warped(b):
    n = len(b)
    cost = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            c = (b[i] - 2 * b[j]) ** 2
            if i == 0 or j == 0:
                cost[i][j] = c
            else:
                cost[i][j] = c + min(cost[i - 1][j], cost[i][j - 1], cost[i - 1][j - 1])
    return cost[n - 1][n - 1]


def by_positions(b):
    order = [(7 * i) % len(b) for i in range(len(b))]
    x = [0.0] * len(b)
    for i in range(len(b)):
        x[order[i]] = b[i] * i
    return sum(v * v for v in x)


def functions_beside_numbers(b):
    maps = [np.sin, np.cos, np.tanh]
    x = [0.0] * len(b)
    for i in range(len(b)):
        x[i] = maps[i % 3](b[i])
    return sum(v * v for v in x)


def point(count: int) -> np.ndarray:
    return np.cos(1.7 * np.arange(count)) + 1.2


def check(f: Callable[..., Any], derivative: Callable[..., Any], b: np.ndarray) -> None:
    u = np.sin(1.0 + np.arange(len(b)))
    slope = (f(b + STEP * u) - f(b - STEP * u)) / (2 * STEP)
    value, b_bar = derivative(b)
    np.testing.assert_allclose(value, f(b), rtol=1e-12)
    np.testing.assert_allclose(b_bar @ u, slope, rtol=1e-5)


@pytest.mark.parametrize(
    "f", [recurrence, gauss_seidel, triangular, from_the_end, elimination, warped, by_positions]
)
def test_gradient(f: Callable[..., Any]) -> None:
    """The text has so many lines, whatever the number of elements."""
    lines = []
    for count in (18, 23):
        derivative = value_and_grad(f)
        check(f, derivative, point(count))
        text = re.sub(r"(0\.0,\s*)+", "", derivative.source)  # the display before the loop
        lines.append(len(text.splitlines()))
    assert lines[0] == lines[1] < 160


@pytest.mark.parametrize("f", [recurrence, gauss_seidel, triangular, from_the_end, warped])
def test_few(f: Callable[..., Any]) -> None:
    check(f, value_and_grad(f), point(4))


def test_what_has_to_be_known_is() -> None:
    check(functions_beside_numbers, value_and_grad(functions_beside_numbers), point(17))


# --- tuples of numbers ----------------------------------------------------------------------------

PAIRS = [(i % 4, float(i % 3) - 1.0) for i in range(300)]
ROWS = tuple((i % 4, float(i % 5) - 1.0, i % 2 == 0) for i in range(300))


def summed_pairs(x):
    s = 0.0
    for i, q in PAIRS:
        s += x[i] ** 2 * q
    return s * len(PAIRS)


def rows_of_three(x):
    s = 0.0
    for k, (i, q, is_even) in enumerate(ROWS):
        if k > 290:
            break
        if is_even:
            s += x[i] ** 2 * q * k
    return s


def pairs_beside_pairs(x):
    s = sum(x[i] * q for i, q in reversed(PAIRS))
    for (i, q), row in zip(PAIRS, ROWS):
        s = s * 0.9 + x[i] * q * row[1] + sum(row)
    return s


def pairs_by_an_index(x):
    k = int(np.argmax(x))
    return PAIRS[k][1] * x[0] + np.sum(np.array(PAIRS)[:4] * np.outer(x, x[:2]))


@pytest.mark.parametrize("f", (summed_pairs, rows_of_three, pairs_beside_pairs, pairs_by_an_index))
def test_pairs_of_numbers(f):
    check_at(f, np.array([0.3, -0.7, 1.2, 0.4]), np.array([0.9, 0.1, -0.5, 0.2]))


def test_given_pairs():
    def f(x, pairs):
        s = 0.0
        for p, q in pairs:
            s += x[0] * p + x[1] ** 2 * q
        return s

    derivative = grad(f)
    x = np.array([0.31, -0.7])
    mixed = [(1, 2.0)] * 300 + [(1.0, 2.0)]
    for pairs in ([(1, 2)] * 300, [(1.0, 2)] * 400, [(1.0, 2)] * 3):
        p, q = np.sum(pairs, axis=0)
        np.testing.assert_allclose(derivative(x, pairs), [p, -1.4 * q])
    with pytest.raises(UnknownTypeError, match="301 elements"):
        derivative(x, mixed)

"""Ranges that NumPy is given, and ``in`` of a range; lists by the index of a loop that data end."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from srcgrad.testing import check_grads

X = np.array([0.7, 1.2, 0.4, 0.9])
WEIGHTS = [0.5, 2.0, 3.0, 1.5]
PLACES = [0, 2, 1, 1]


def likelihood(x):
    p, n = np.outer(x, x), len(x)
    return -np.log(p[range(n), np.arange(n)[::-1]]).mean()


def without_the_diagonal(x):
    d, n = np.outer(x, x), len(x)
    d[range(n), range(n)] = 0
    d[range(n), 0] *= 2
    return np.sum(d**2)


def kept(x):
    d, r = np.outer(x, x), range(len(x))
    return np.sum(d[r, r[::-1]]) + sum(d[i, i] for i in r)


def of_a_loop(x):
    d = np.outer(x, x)
    return sum(np.sum(d[range(i), i]) for i in range(len(x)))


def operands(x):
    n = len(x)
    total = np.dot(range(n), x) + np.sum(x ** range(n)) + np.mean(range(n)) * x[0]
    return total + np.sum(np.array(range(1, n + 1)) * x) + np.sum(np.take(x, range(n - 1)))


def added(x):
    counts = np.zeros(len(x))
    np.add.at(counts, range(len(x)), x**2)
    counts[:] += range(len(x))
    return np.sum(counts**2)


def by_data(x):
    d, n = np.outer(x, x), int(x[0] * 3 + 1)
    y = d[range(n), 0]
    y += 1
    return np.sum(d) + np.sum(y**2)


def stays_a_range(x):
    total = 0.0
    for v, i in zip(x, range(len(x)), strict=True):
        total += v * (1 if isinstance(i, np.integer) else 2) * i
    r = range(len(x))
    return total * (2 if isinstance(r, range) else 3) * (5 if type(r) is range else 7)


def inside(x):
    total = 0.0
    for i in range(len(x)):
        if i not in range(1, len(x) - 1):
            total += x[i] ** 2
        if i in range(len(x) - 1, 0, -2):
            total *= x[i]
        if i in range(0, len(x), 3):
            total += np.sin(x[i])
    return total * (2 if x[0] in range(len(x)) else 3) * (5 if 2.0 in range(len(x)) else 7)


def optional_rows(x):
    rows, best = np.zeros((2, len(x))), None
    for i in range(2):
        row = x * (i - 0.4)
        if best is None or row.sum() > best.sum():
            best = row
    rows[1] = best
    rows[0, :] += best
    return np.sum(rows**2)


def counted_by_data(x):
    total, table = 0.0, np.outer(x, x)
    for i in range(int((x > 0.45).sum())):
        total += x[i] * WEIGHTS[i] + table[PLACES[i], 0] * WEIGHTS[PLACES[i]]
        for j in range(i):
            total += x[i] * WEIGHTS[j]
    return total


def active_weights(x):
    weights, total = [x[0], x[1] * x[2], 3.0, x[0]], 0.0
    for i in range(len(x[x > 0.45])):
        total += x[i] * weights[i]
        weights[i] = weights[i] * x[i]
    return total + sum(weights)


def rows_of_lists(x):
    rows = [[0.5, x[0]], [2.0, x[1]], [3.0, x[1]], [x[2], 1.0]]
    n, total = int((x > 0.45).sum()), 0.0
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            total += rows[j - i][1] * x[i] + rows[i][0] * x[j]
    return total


def functions(x):
    curves, total = [np.sin, np.cos, np.sin], 0.0
    for i in range(3):
        total += curves[i](x[i])
    return total


PROGRAMS = [
    *(likelihood, without_the_diagonal, kept, of_a_loop, operands, added, by_data, stays_a_range),
    *(inside, optional_rows, counted_by_data, active_weights, rows_of_lists, functions),
]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("x", [X, X[:3] + 0.2, X[::-1] - 0.3])
def test_programs(f, x) -> None:
    assert value_and_grad(f)(x)[0] == pytest.approx(f(x), rel=1e-14)
    check_grads(f, (x,))

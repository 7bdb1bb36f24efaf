"""Loops that a ``break`` leaves, whose last trip only hands on, are reversed without that trip."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from tests.slopes import check_at


def fixed_point(x):
    y = np.ones_like(x)
    for _ in range(100):
        new = np.cos(0.5 * x * y)
        if np.max(np.abs(new - y)) < 1e-9:
            break
        y = new
    return np.sum(y)


def counted(x):
    s, n = 0.0, 0
    for i in range(len(x)):
        a = np.sin(x[i])
        if a > 0.9:
            break
        s = s * 0.7 + a * x[i]
        n += 1
    return s * n


def by_steps(x):
    s = 1.0
    for i in range(len(x) - 1, -1, -2):
        if x[i] > 1.0:
            break
        s = s * x[i] + i
    return s


def which_trip(x):
    y, last = x.copy(), -1
    for k in range(20):
        new = np.cos(0.5 * y * x)
        if np.max(np.abs(new - y)) < 1e-2:
            last = k
            break
        y = new
    return np.sum(y) * (last + 2)


def two_breaks(x):
    y, k = x.copy(), 0
    while True:
        if k == 3:
            break
        g = 2 * (y - 0.3 * np.sin(y))
        size = np.sqrt(np.sum(g**2))
        if size < 0.7:
            break
        y = y - 0.2 * g
        k = k + 1
    return np.sum(y**2) * k


def exchanged(x):
    a, b = x.copy(), 2 * x
    for k in range(7):
        if k == int(abs(x[0]) * 3):
            break
        b[:] = 0.5 * np.sin(a) * a + b
        a, b = b, a
    return np.sum(a * b)


def written_before(x):
    """The trip that is left has written, and is reversed."""
    u = x.copy()
    for _ in range(5):
        u[0] = u[0] * u[1]
        if u[0] < 0.2:
            break
        u[1:] = np.sin(u[1:])
    return np.sum(u**2)


def given_as_it_is_left(x):
    s, found = 1.0, 0.0
    for v in x:
        t = s * v
        if t > 0.9:
            found = t
            break
        s = s + 0.3 * t
    return s * found + s


def searched(x):
    best = 0.0
    for i in range(len(x)):
        prod = 1.0
        for v in x[i:]:
            if prod * v < -0.5:
                break
            prod = prod * v
            best = best + prod
    return best


def in_a_list(x):
    xs = []
    for v in x:
        if v > 1.0:
            break
        xs.append(v * v)
        if len(xs) > 2:
            break
    return sum(xs) * len(xs) + x[0]


PROGRAMS = (
    *(fixed_point, counted, by_steps, which_trip, two_breaks, exchanged, written_before),
    *(given_as_it_is_left, searched, in_a_list),
)
POINTS = ([0.3, -0.2, 0.5, 0.1], [1.7, 0.4, 0.6, -1.2], [0.2, 1.6, -0.9, 0.5], [0.4, 0.8, 0.9, 1.8])


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any]) -> None:
    check_at(f, *map(np.array, POINTS))


@pytest.mark.parametrize("f", PROGRAMS[:6], ids=lambda f: f.__name__)
def test_the_reverse_knows_no_break(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    gradient(np.array(POINTS[0]))
    assert "stopped" not in gradient.source


def test_a_trip_that_does_more_is_reversed() -> None:
    for f in (written_before, given_as_it_is_left):
        gradient = grad(f)
        gradient(np.array(POINTS[0]))
        assert "stopped" in gradient.source


def test_nothing_is_saved_of_the_trip_that_is_left() -> None:
    def f(x, trips):
        y = x
        for k in range(10):
            new = np.sin(y)
            if k == trips:
                break
            y = new
        return np.sum(y)

    x, gradient = np.linspace(0.1, 1.0, 10_000), grad(f)
    gradient(x, 1)
    used = []
    for trips in (0, 4):
        tracemalloc.start()
        gradient(x, trips)
        used.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert used[0] < 4 * x.nbytes
    assert 2.5 * x.nbytes < used[1] - used[0] < 5.5 * x.nbytes

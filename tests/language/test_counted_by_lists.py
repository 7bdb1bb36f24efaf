"""A loop whose reverse takes an element from a list in each trip does not count its trips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from srcgrad.testing import check_grads


def newton(x, tol):
    y = x
    while abs(y * y - x) > tol:
        y = 0.5 * (y + x / y)
    return y


def newton_with_a_cap(x, tol):
    y = x
    for k in range(20):
        y = 0.5 * (y + x / y)
        if abs(y * y - x) < tol:
            break
    return y


def in_a_loop(x, tol):
    total = 0.0
    for k in range(3):
        y = x + k
        while abs(y * y - x) > tol:
            y = 0.5 * (y + x / y)
        total += y * y
    return total


def counted_by_the_program(x, tol):
    y, n = x, 0
    while abs(y * y - x) > tol:
        y = 0.5 * (y + x / y)
        n += 1
    return y * n


def two_reversed_loops(x, tol):
    y, z = x, 1.0
    while abs(y * y - x) > tol:
        y = 0.5 * (y + x / y)
        z = z * np.sin(y)
    return y * z


def loops_in_loops(x, tol):
    total = 0.0
    while total < 3.0:
        y = x + total
        while abs(y * y - x) > tol:
            y = 0.5 * (y + x / y)
        total = total + y
    return total * x


def loops_in_loops_in_loops(x, tol):
    total, k = 0.0, 0
    while k < x:
        j = 0
        while j < x - k:
            y = x + j
            while abs(y * y - x) > 10 * tol:
                y = 0.5 * (y + x / y)
            total = total + y * y
            j += 1
        k += 1
    return total


PROGRAMS = [newton, newton_with_a_cap, in_a_loop, counted_by_the_program, two_reversed_loops]
NESTED = [loops_in_loops, loops_in_loops_in_loops]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients(f: Any) -> None:
    check_grads(f, (2.3, 1e-12), 0)
    gradient = grad(f)
    gradient(2.3, 1e-12)
    assert "trips" not in gradient.source


@pytest.mark.parametrize("f", NESTED)
def test_loops_in_loops(f: Any) -> None:
    check_grads(f, (2.3, 1e-12), 0)


@pytest.mark.parametrize("f", PROGRAMS + NESTED)
def test_a_pullback_can_be_called_again(f: Any) -> None:
    _, pull = vjp(f, 2.3, 1e-12)
    np.testing.assert_array_equal(pull(1.0)[0], pull(1.0)[0])
    np.testing.assert_allclose(pull(1.0)[0], grad(f)(2.3, 1e-12))


def nothing_saved(u, tol):
    r = 1.0
    while r > tol:
        old = u.copy()
        u[1:-1] = 0.5 * (u[:-2] + u[2:])
        r = np.abs(u - old).max()
    return np.sum(u**2)


def test_trips_are_counted_where_nothing_is_saved() -> None:
    u = np.linspace(0.0, 1.0, 7) ** 2
    check_grads(nothing_saved, (u, 1e-2), 0)
    gradient = grad(nothing_saved)
    gradient(u, 1e-2)
    assert "trips = trips + 1" in gradient.source

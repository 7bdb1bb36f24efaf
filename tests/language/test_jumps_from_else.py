"""Jumps of the loop around in the ``else`` of a loop: what that assigns is needed where it goes."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad


def out_of_two_loops(x, n):
    s = 0.0
    for _ in range(n):
        for _j in range(2):
            if s > 100:
                break
        else:
            x = x * 1.5
            s = s + x
            continue
        break
    return s


def left_from_the_else(x, n):
    y = 0.0
    for it in range(n):
        y = x * it
        while y > 100:
            break
        else:
            y = y + 1.0
            break
        y = 0.0
    return y


def read_in_the_next_trip(x, n):
    y = x
    for _ in range(n):
        y = x * 2
        for _j in range(2):
            if y > 100:
                break
        else:
            x = y + 1.0
            continue
        break
    return y


def line_search(x, n):
    x, f = np.array([x, 2 * x]), 0.0
    for _ in range(n):
        f, g, step = np.sum(x**4), 4 * x**3, 1.0
        for _j in range(10):
            moved = x - step * g
            if np.sum(moved**4) < f - 1e-4 * step * np.sum(g * g):
                break
            step = step * 0.5
        else:
            f = f + 100.0
            break
        x = moved
    return f + np.sum(x)


def arrays(x, n):
    a, b = np.ones(2) * x, np.array([1.0, x])
    for _ in range(n):
        k = 0
        while k < 2:
            k += 1
            if b[0] > 50:
                break
        else:
            a = a + b
            b = b * x
            continue
        break
    return np.sum(a * b)


@pytest.mark.parametrize(
    "f", [out_of_two_loops, left_from_the_else, read_in_the_next_trip, line_search, arrays]
)
@pytest.mark.parametrize("n", [0, 1, 3, 6])
@pytest.mark.parametrize("x", [0.7, 2.13, 60.0])
def test_gradient(f, n, x) -> None:
    value, bar = value_and_grad(f)(x, n)
    assert value == pytest.approx(f(x, n), rel=1e-12)
    slope = (f(x + 1e-6, n) - f(x - 1e-6, n)) / 2e-6
    assert bar == pytest.approx(slope, rel=1e-5, abs=1e-6)

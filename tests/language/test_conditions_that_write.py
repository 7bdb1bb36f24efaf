"""Conditions of `while` that call functions which call themselves, and write or do not."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, value_and_grad


def shrink(x, n):
    if n <= 0:
        x[0] = x[0] * 1.5 + 0.1
        return x[1]
    return shrink(x, n - 1)


def of_a_function(x, n):
    k = 0
    s = 0.0
    while shrink(x, n) < 3 and k < 3:
        s += x[0]
        k += 1
    return s


def of_a_view(x, n):
    k = 0
    s = 0.0
    while k < 3 and shrink(x[1:], n) < 3:
        s += x[1]
        k += 1
    return s


class Shrinking:
    def __init__(self, factor):
        self.factor = factor

    def step(self, x, n):
        if n <= 0:
            x *= self.factor
            return x.sum()
        return self.step(x, n - 1)


def of_a_method(x, n):
    shrinking = Shrinking(0.7)
    s = 0.0
    while shrinking.step(x, n) > 0.1:
        s += x[0] ** 2
    return s


def of_a_closure(x, n):
    def step(k):
        if k <= 0:
            x[1] = x[1] * 0.5
            return x[1]
        return step(k - 1)

    s = 0.0
    while step(n) > 0.01:
        s += x[0] * x[1]
    return s


def of_an_expression(x, n):
    s = 0.0
    while all(shrink(x, n) < 3 for _ in range(n + 1)) and x[0] < 2:
        s += x[0]
    return s


def inside_of_another(x, n):
    def walk(y, k):
        if k <= 0:
            return y[0]
        s = 0.0
        while shrink(y, k) < 3 and y[0] < 2:
            s += y[0]
        return s + walk(y, k - 1)

    return walk(x, n)


@pytest.mark.parametrize(
    "f",
    [of_a_function, of_a_view, of_a_method, of_a_closure, of_an_expression, inside_of_another],
)
def test_what_writes_is_refused(f):
    with pytest.raises(UnsupportedSyntaxError, match="condition of this loop writes") as caught:
        value_and_grad(f)(np.array([0.3, 0.2, 0.5]), 1)
    assert "break" in str(caught.value)


def measured(x, n):
    if n <= 0:
        return x[0] * x[1]
    return measured(x, n - 1) * 0.9


def reads_only(x, n):
    s = 0.0
    while s + measured(x, n) < 3:
        s += x[0] + measured(x, n)
    return s


def of_a_copy(x, n):
    s = x[1]
    while s + shrink(x.copy(), n) < 3:
        s += x[0]
    return s * x[0]


def before_the_end(x, n):
    k = 0
    s = 0.0
    while True:
        if not (shrink(x, n) < 3 and k < 3):
            break
        s += x[0]
        k += 1
    return s


@pytest.mark.parametrize("f", [reads_only, of_a_copy, before_the_end])
@pytest.mark.parametrize("n", [0, 2])
def test_what_writes_nothing_of_others(f, n):
    x = np.array([0.3, 0.2])
    want = f(x.copy(), n)
    value, gradient = value_and_grad(f)(x, n)
    np.testing.assert_allclose(value, want, rtol=1e-12)
    for i in range(2):
        ends = []
        for step in (1e-6, -1e-6):
            moved = x.copy()
            moved[i] += step
            ends.append(f(moved, n))
        np.testing.assert_allclose(gradient[i], (ends[0] - ends[1]) / 2e-6, rtol=1e-6)

"""Counters of loops: the reverse counts back, and saves nothing of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from tests.slopes import slopes

X = np.array([0.7, 0.4, 1.3])


def up(x, n):
    k = 0
    while k < n:
        k += 1
        x = np.sin(x) * k
    return np.sum(x)


def used_before(x, n):
    k = 5
    for _ in range(n):
        x = np.sin(x) * k
        k -= 2
    return np.sum(x) * k


def before_and_after(x, n):
    k = 1
    for _ in range(n):
        y = np.sin(x) * k
        k = k + 1
        z = np.cos(y) * k
        k = k + 3
        x = 0.1 * z + 0.05 * y * k
    return np.sum(x)


def nested(x, n):
    k = 0
    for i in range(n):
        for j in range(i + 1):
            k += 1
            x = np.cos(x) + x * k * 0.1
        x = x * (k + j)
    return np.sum(x)


def left_early(x, n):
    k = 0
    for _ in range(n):
        k += 1
        x = np.sin(x) * k
        if np.sum(x) > 2.0:
            break
    else:
        k = 10
    return np.sum(x) * k


class Steps:
    def __init__(self):
        self.k = 0

    def step(self, x):
        self.k += 1
        return x - 0.1 * np.sin(x) * self.k


def attribute(x, n):
    steps = Steps()
    for _ in range(n):
        x = steps.step(x)
    return np.sum(x)


COUNTING = [up, used_before, before_and_after, nested, left_early, attribute]


@pytest.mark.parametrize("f", COUNTING)
def test_counters_are_counted_back(f: Callable[..., Any]) -> None:
    derivative = grad(f)
    for n in (4, 1, 2):
        expected = slopes(lambda x, n=n: f(x, n), X)
        np.testing.assert_allclose(derivative(X, n), expected, rtol=1e-6, atol=1e-8)
    _, pullback = vjp(lambda x: f(x, 4), X)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], derivative(X, 4), rtol=1e-12)
    if f is not nested:  # of which the outer loop counts by what the inner one gives
        assert "k_saved" not in derivative.source and "k_before" not in derivative.source


def test_the_text():
    derivative = grad(up)
    derivative(X, 3)
    assert "k -= 1" in derivative.source


def where_data_say(x, n):
    k = 1
    for i in range(n):
        if x[i % 3] > 0.5:
            k += 1
        x = np.sin(x) * k
    return np.sum(x)


def in_floats(x, n):
    t = 0.1
    for _ in range(n):
        t += 0.1
        x = np.sin(x) * t
    return np.sum(x)


@pytest.mark.parametrize("f", [where_data_say, in_floats])
def test_what_is_no_counter_is_saved(f: Callable[..., Any]) -> None:
    derivative = grad(f)
    expected = slopes(lambda x: f(x, 4), X)
    np.testing.assert_allclose(derivative(X, 4), expected, rtol=1e-6, atol=1e-8)
    assert "_saved.append(" in derivative.source

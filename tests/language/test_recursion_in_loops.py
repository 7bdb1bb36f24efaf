"""Loops that carry what a recursive function gives, and back what its pullback gives."""

from __future__ import annotations

import pytest

from srcgrad import grad
from tests.language.checking import check


def carried_power(t, n, k):
    return k * t if n <= 0 else carried_power(t * k, n - 1, k)


def lerp(a, b, n):
    return a if n <= 0 else lerp(0.5 * (a + b), b, n - 1)


def carried_by_a_for(s, n):
    k = s
    for _ in range(n):
        k = carried_power(s, n, k)
    return k


def carried_by_a_while(s, n):
    k, i = s, 0
    while i < n:
        k = carried_power(s, n, k)
        i += 1
    return k


def carried_first(s, n):
    a, b = 0.3 * s, s
    for _ in range(n):
        a = lerp(a, b, n)
    return a


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize(
    "f", [carried_by_a_for, carried_by_a_while, carried_first], ids=lambda f: f.__name__
)
def test_gradient_of_a_loop(f, n):
    check(f, 0.7, n)


def test_a_pullback_gives_what_a_loop_carries_at_once():
    assert "s_bar_1, k_bar = k_pullback(k_bar)" in grad(carried_by_a_for).lower(0.7, 2).source

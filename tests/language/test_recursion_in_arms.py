"""Recursive functions that read elements of an array, called in arms, in loops and beside writes.

The cotangent of such an array is collected in a buffer, into which each pullback writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.language.checking import check

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    """A program of an array ``x``, a number ``s`` and a depth ``n``."""
    PROGRAMS.append(f)
    return f


def folded(x, t, n):
    """``t``, moved by an element of ``x`` in each call."""
    return t + 0.1 * x[1] if n <= 0 else np.sin(folded(x, (t + x[0]) * 0.9, n - 1))


def picked(f, t, n):
    return f(t) if n <= 0 else np.sin(picked(f, f(t) * 0.9, n - 1))


@program
def in_one_arm(x, s, n):
    t = 0.0
    if n > 1:
        t = t + folded(x, s, n)
    return t


@program
def as_an_expression(x, s, n):
    return folded(x, s, n) if n > 0 else 0.5 * s


@program
def of_a_function_in_one_arm(x, s, n):
    t = 0.5 * s
    if s > 0.1:
        t = t + picked(lambda v: v + 0.1 * x[1], s, n)
    return t


@program
def in_both_arms(x, s, n):
    if s * n > 0.8:
        t = folded(x, s, n)
    else:
        t = folded(x, 2.0 * s, n) * 3.0
    return t * s


@program
def with_different_arrays(x, s, n):
    y = np.cos(x)
    if n > 0:
        t = folded(x, s, n)
    else:
        t = folded(y, s, n)
    return t * folded(y, t, n)


@program
def in_an_arm_in_a_loop(x, s, n):
    t = s
    for i in range(3):
        if i > 0:
            t = t + folded(x, t, n)
    return t


@program
def around_another_use(x, s, n):
    t = 0.0
    if n > 0:
        t = folded(x, s, n) * x[1]
    return t * np.sum(x * x)


@program
def within_a_recursive_function(x, s, n):
    def outer(t, m):
        if m <= 0:
            return t
        return outer(t + folded(x, t, m) if t > 0.5 else t * x[2], m - 1)

    return outer(s, n)


@program
def of_two_arrays_of_one_length(x, s, n):
    y = np.cos(x)
    return folded(x, s, n) * folded(y, s, n) + folded(x * y, s, n)


@program
def of_an_array_that_is_written_between(x, s, n):
    y = x * s
    a = folded(y, s, n)
    y[1] = a
    y[0] *= 2.0
    b = folded(y, s, n)
    y[:] = b * x
    return folded(y, a, n) + np.sum(y * y)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f, n):
    x = np.array([0.3, 0.7, 0.4])
    check(lambda x: f(x, 0.6, n), x)
    check(lambda x, s: f(x, s, n), x, 0.6, wrt=(0, 1))

"""Conditions and bounds that are arrays, and are written by what they decide."""

from __future__ import annotations

import numpy as np
import pytest

from tests.slopes import check_slope

W = np.arange(1.0, 5.0)


def a_branch(x):
    m = np.array([True, False])
    v = m[:1]
    y = x * 1
    if v:
        m[0] = False
        y = y * x
    else:
        y = y * x * x
    return np.sum(y * W)


def the_operand_of_and(x):
    n = np.array([3])
    y = x * 1
    z = 1.0
    for i in range(n[0]):
        if n > 2 and n:
            y = y * x[i]
            n -= 1
        z = z * x[n[0]] if n - 1 else z * 2
        n[n > 2] -= 1
    return np.sum(y * W) * z


def a_loop(x):
    m = np.array([True])
    y = x * 1
    k = 0
    while m:
        y = y * x
        k += 1
        m[:] = k < 4
    return np.sum(y * W)


def bounds(x):
    n = np.array(3)
    y = x * 1
    for i in range(n):
        y = y * x[i] + i
        n[...] = 1
    return np.sum(y * W) * x[n]


def a_differentiated_array(x):
    x = x * 1
    w = x[:1]
    y = x * 2
    while w < 5:
        w *= 2
        y = y * w
    if w - 3:
        w -= 3
        y = y + w
    return np.sum(y * W)


def descend(x, m, d):
    if d == 0:
        return np.sum(x)
    if m:
        m[0] = False
        x = x * x
    return descend(x, m, d - 1) * x[0]


def a_recursion(x):
    m = np.array([True])
    return descend(x, m, 3) * (2 if m else 3)


@pytest.mark.parametrize("x", [np.array([0.6, 1.4, 0.8, 1.2]), np.array([1.6, 0.4, 0.9, 2.2])])
@pytest.mark.parametrize(
    "f", [a_branch, the_operand_of_and, a_loop, bounds, a_differentiated_array, a_recursion]
)
def test_gradient(f, x):
    check_slope(f, x)

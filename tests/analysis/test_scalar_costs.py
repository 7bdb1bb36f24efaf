"""Quotients and squares of numbers are computed again in a reversed loop, not saved."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, testing


def by_quotient(x, h, steps):
    for _ in range(steps):
        x = x + h / 2 * np.sin(x)
    return np.sum(x)


def by_square(x, h, steps):
    for _ in range(steps):
        x = x + h**2 * np.sin(x)
    return np.sum(x)


def by_root(x, h, steps):
    for _ in range(steps):
        x = x + h**0.5 * np.sin(x)
    return np.sum(x)


@pytest.mark.parametrize(("function", "saved"), [(by_quotient, 1), (by_square, 1), (by_root, 1)])
def test_what_a_loop_saves(function, saved):
    args = (np.array([0.3, 0.8]), 0.7, 4)
    gradient = grad(function)
    gradient(*args)
    assert gradient.source.count(".append(") == saved
    testing.check_grads(function, args, (0, 1))

"""Functions that call themselves where the cotangent of an array is collected in a buffer."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad
from tests.language.cases import Table, vector
from tests.verifying import verified_passes

case = Table()


def plus_first(x, c, n):
    if n <= 0:
        return c
    return plus_first(x, c, n - 1) + x[0]


# In the reverse of a branch, one arm makes a buffer and the other gives zeros.


@case(vector(3), 2)
def in_one_arm(x, n):
    y = x[1]
    if x[2] > -10:
        y = plus_first(x, y, n)
    return y


@case(vector(3), 2)
@case(vector(3), 0)
def in_both_arms(x, n):
    y = x[1]
    if x[2] > -10:
        y = plus_first(x, y, n) * y
    else:
        y = plus_first(x, x[2], n + 1)
    return y + np.sum(x)


@case(vector(3), 2)
def in_a_loop(x, n):
    y = x[1]
    for _ in range(n):
        if y > -10:
            y = plus_first(x, 0.5 * y, n)
    return y


@case(vector(3), 2)
def of_a_closure(x, n):
    y = x[0]

    def go(n):
        if n <= 0:
            return x[2]
        return go(n - 1) + y

    if x[1] > -10:
        y = go(n)
    return y


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()


def added(y, c, n):
    if n <= 0:
        return c
    return added(y, c, n - 1) + y[0]


def test_parameters_have_different_names(monkeypatch: pytest.MonkeyPatch):
    """The buffer of 'y' is not called as the cotangent of the result is."""
    verified_passes(monkeypatch)
    found = grad(lambda y, n: added(y, y[1], n))(np.array([0.3, 0.7, 1.1]), 2)
    np.testing.assert_array_equal(found, [2.0, 1.0, 0.0])

"""What is an array before a loop still is one after it where the loop makes no trip.

Whatever a trip would make of it: None, a number, or an error.
"""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import value_and_grad
from tests.hard_cases.checking import Table

X = np.array([1.0, -2.0, 3.0, 0.5])
case = Table()


@case(X, 0)
@case(X, 3)
def none_in_a_loop(x, n):
    c, b = x + 0.2, x * 2
    y = m = c
    b[0] = x[1]
    for _ in range(n):
        y, m = b, None
    return c[2] * x[3] + np.sum(y) + (0.0 if m is None else np.sum(m))


@case(X, 0)
@case(X, 3)
def a_number_in_a_loop(x, n):
    c = x + 0.2
    m = c
    c[0] = x[1] * 2
    for _ in range(n):
        m = 3.0
    c[1] *= 3
    return c[2] * x[3] + np.sum(m)


@case(X, 0)
@case(X, 3)
def written_if_it_is_there(x, n):
    c = x * 2
    m = c
    for _ in range(n):
        m = None
    if m is not None:
        m[1] *= 3.0
    return np.sum(c * c)


@case(X, 0)
@case(X, 3)
def an_argument_in_a_while(x, n):
    m = x
    while n > 0:
        m = None
        n -= 1
    if m is not None:
        m[1] *= 3.0
    return np.sum(x * x)


@case(X, 0)
@case(X, 3)
def written_before_and_after_it_is_read(x, n):
    c = x * 2
    m = c
    for _ in range(n):
        m = None
    c[1] *= c[0]
    t = 0.0 if m is None else m[1] * m[1]
    c[1] *= c[0]
    return np.sum(c * c) + t


def scaled(a, c, n):
    j = 1
    w = np.zeros(4)
    w[1:] *= c
    for _ in range(n):
        if j != 0:
            raise ValueError
        w = np.sin(w) * a[1]
    return w @ a


@case(X, 1.3, 0, wrt=(0, 1))
@case(X, 1.3, 2, wrt=(0, 1))
def caught_around_a_call(x, s, n):
    try:
        r = scaled(x, s, n)
    except ValueError:
        r = s
    return r * x[0]


@pytest.mark.parametrize("program", case.cases)
def test_with_and_without_trips(program):
    program.run()


def test_the_error_of_the_first_trip():
    def f(x, s, n):
        return scaled(x, s, n) * x[0]

    gradient = value_and_grad(f, (0, 1))
    with pytest.raises(ValueError, match="^$"):
        gradient(X, 1.3, 2)
    value, (x_bar, s_bar) = gradient(X, 1.3, 0)
    assert value == s_bar == 0
    np.testing.assert_array_equal(x_bar, np.zeros(4))

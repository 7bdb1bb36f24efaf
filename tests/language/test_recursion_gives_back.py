"""Functions that call themselves, and give back the very array into which they have written."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from tests.hard_cases.checking import differences
from tests.language.cases import Table, matrix, vector

case = Table()


def smooth(u, n):
    if n == 0:
        return u
    u[1:-1] = 0.5 * (u[:-2] + u[2:]) * u[1:-1]
    return smooth(u, n - 1)


@case(vector(6), 3)
@case(vector(6), 0)
def smoothed(x, n):
    return np.sum(smooth(x.copy(), n) ** 2)


def the_argument_itself(x):
    y = smooth(x, 2)
    return np.sum(y * x[::-1])


@case(vector(6), 3)
def written_on_both_sides(x, n):
    """What is given back is the array that was given, by whatever name it is written."""
    u = x * 2
    y, z = smooth(u[1:], n), smooth(u[:-1], 2)
    y[0] = z[1] * 2
    y += z
    return np.sum(y * u[1:]) + z[0]


@case(vector(6), 3)
def again_and_again(x, n):
    u = x * 2
    first = u
    for k in range(n):
        u = smooth(u, k + 1)
        u[0] *= u[1]
    return np.sum(u * first)


def relax(u, tolerance, n):
    r = u[:-1] - u[1:]
    if np.abs(r).max() < tolerance or n > 20:
        return u
    u[:-1] -= 0.3 * r
    return relax(u, tolerance, n + 1)


@case(vector(5))
def as_often_as_data_say(x):
    return np.sum(relax(x * 1.0, 0.3, 0) ** 2)


def insert(a, i):
    if i >= len(a):
        return a
    if a[i] < a[i - 1]:
        a[i], a[i - 1] = a[i - 1], a[i]
        return insert(a, max(i - 1, 1))
    return insert(a, i + 1)


@case(vector(5))
def sorted_in_place(x):
    return np.sum(insert(x[::-1] * 1.0, 1) * np.arange(5))


def left(u, n):
    if n == 0:
        return u
    u *= 1.1
    return right(u, n - 1)


def right(u, n):
    if n == 0:
        return u
    if n > 4:
        raise ValueError("too far")
    u[0] += u[1] ** 2
    return left(u, n - 1)


@case(vector(4), 4)
def by_turns(x, n):
    return np.sum(left(x * 1.0, n) ** 2)


def from_inside(u, n):
    if n == 0:
        return u
    w = from_inside(u, n - 1)
    u[0] *= w[1]
    w[1] += u[0]
    return w


@case(vector(4), 3)
def both_names_are_written(x, n):
    return np.sum(from_inside(x * 1.0, n) ** 2)


def scan(u):
    if len(u) < 2:
        return u
    h = len(u) // 2
    a, b = scan(u[:h]), scan(u[h:])
    b += a[-1]
    return u


@case(vector(7))
def halves(x):
    return np.sum(scan(x * x) ** 2)


def eliminated(A, k):
    if k == len(A):
        return A
    for i in range(k + 1, len(A)):
        A[i] -= A[k] * (A[i, k] / A[k, k])
    return eliminated(A, k + 1)


@case(matrix(4, 4) + 4 * np.eye(4))
def a_matrix(x):
    return np.prod(np.diag(eliminated(x.copy(), 0)))


@pytest.mark.parametrize("program", case.cases)
def test_gradient(program):
    program.run()
    args = [np.copy(arg) if isinstance(arg, np.ndarray) else arg for arg in program.args]
    np.testing.assert_array_equal(value_and_grad(program.f)(*program.args)[0], program.f(*args))


def test_the_argument_stays_as_it_is():
    x = vector(6)
    found = grad(the_argument_itself)(x)
    np.testing.assert_array_equal(x, vector(6))
    want = differences(the_argument_itself, (x,), (0,))[0]
    np.testing.assert_allclose(found, want, rtol=1e-6, atol=1e-7)


def test_what_it_raises_is_raised():
    for g in (by_turns, grad(by_turns)):
        with pytest.raises(ValueError, match="too far"):
            g(vector(4), 6)

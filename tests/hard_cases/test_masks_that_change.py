"""Masks and index arrays that are written between their uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import vjp
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def assigned_twice(x):
    a = x.copy()
    m = x > 1
    a[m] = 3
    m[0] = True
    a[m] = 2
    return np.sum(a)


@program
def scaled_and_assigned(x):
    a = x.copy()
    m = x > 1
    a[m] *= 3
    m[0] = True
    a[m] = x[m] * 2
    return np.sum(a * x)


@program
def raised_to_powers(x):
    a = x.copy()
    m = x > 1
    a[m] **= 3
    m[:] = ~m
    a[m] = x[m] ** 2
    return np.sum(a * x)


@program
def inverted_by_out(x):
    a = x.copy()
    m = x > 1
    a[m] = x[m] ** 3
    np.logical_not(m, out=m)
    a[m] = 2
    return np.sum(a * x)


@program
def changed_through_a_view(x):
    a = x.copy()
    m = x > 1
    a[m] = 3
    v = m[:2]
    v[:] = True
    a[m] = 2
    return np.sum(a * x)


def flip(m):
    m[:] = ~m


@program
def changed_by_a_helper(x):
    a = x.copy()
    m = x > 1
    a[m] = 3
    flip(m)
    a[m] = 2
    return np.sum(a * x)


@program
def in_a_branch(x):
    a = x.copy()
    m = x > 1
    if x[0] < 5:
        a[m] = 3
        m[0] = True
        a[m] = 2
        m[3] = False
        a[m] = x[m]
    return np.sum(a * x)


@program
def a_mask_that_is_a_view(x):
    a = x.copy()
    m = x > 1
    v = m[1:]
    a[1:][v] = 0
    m[2] = True
    a[1:][v] = 1
    return np.sum(a * x)


@program
def numbers_assigned_twice(x):
    a = x.copy()
    k = np.array([1, 2])
    a[k] = 3
    k[0] = 0
    a[k] = 2
    return np.sum(a)


@program
def numbers_several_times(x):
    a = x.copy()
    i = np.array([0, 1])
    a[i] = np.sin(a[i])
    i[0] = 3
    a[i] = x[i]
    i[1] = 2
    a[i] *= x[i]
    return np.sum(a**3)


@program
def put(x):
    a = x.copy()
    k = np.array([1, 2])
    np.put(a, k, 3.0)
    k[0] = 0
    np.put(a, k, 2.0)
    return np.sum(a)


@program
def copyto(x):
    a = x.copy()
    m = x > 1
    np.copyto(a, 3.0, where=m)
    m[0] = True
    np.copyto(a, 2.0, where=m)
    return np.sum(a)


@program
def putmask(x):
    a = x.copy()
    m = x > 1
    np.putmask(a, m, 3.0)
    m[0] = True
    np.putmask(a, m, 2.0)
    return np.sum(a)


@program
def of_two_dimensions(x):
    a = np.outer(x, x)
    m = x > 1
    a[:, m] = 3
    m[0] = True
    a[m, 1:] = 2
    return np.sum(a)


@program
def sums_where(x):
    m = x > 1
    y = np.sum(x, where=m)
    m[0] = True
    return y + np.sum(x, where=m)


@program
def means_where(x):
    m = x > 1
    y = np.mean(x, where=m)
    m[0] = True
    return y + np.mean(x, where=m)


@program
def in_a_loop(x):
    a = x.copy()
    m = np.zeros(4, bool)
    for i in range(4):
        a[m] **= 3
        m[i] = True
        a[m] = x[m]
    return np.sum(a * x)


@program
def in_a_loop_of_several(x):
    a = x.copy()
    m = x > 1
    a[:2] **= 2
    for t in range(3):
        a[m] = np.sin(a[m])
        m[t] = True
        a[m] = x[m]
    a[m] *= 3
    return np.sum(a**3)


@program
def gathered(x):
    k = np.array([0, 1])
    y = x[k] * 2
    k[0] = 2
    return np.sum(y * x[k])


@program
def gathered_in_a_loop(x):
    k = np.array([0, 1])
    s = 0.0
    for i in range(3):
        s += np.sum(x[k] ** 2)
        k += 1
        if i == 1:
            k[0] = 0
        s = s + x[k[0]]
    return s


@program
def chosen(x):
    m = x > 1
    y = np.where(m, x, x * x)
    m[:] = ~m
    return np.sum(y * np.where(m, np.sin(x), x))


@program
def added_at(x):
    a = x.copy()
    k = np.array([0, 1, 1])
    np.add.at(a, k, x[:3])
    k[0] = 3
    np.add.at(a, k, x[1:] ** 2)
    a[k] *= x[k]
    return np.sum(a**2)


@program
def taken(x):
    k = np.array([0, 1, 1])
    y = np.take(x, k)
    k[:] = 2
    z = np.take(x, k) * y
    k[1] = 3
    return np.sum(z * x.take(k))


@program
def where_of_functions(x):
    m = x > 1
    y = np.zeros(4)
    np.multiply(x, x, out=y, where=m)
    m[0] = True
    np.sin(y, out=y, where=m)
    m[:] = ~m
    return (
        np.sum(y * x) + np.sum(x, where=m) * np.max(x, where=m, initial=-5.0) + np.prod(x, where=m)
    )


@program
def a_number_that_counts(x):
    i = np.array([0])
    y = x.copy()
    for t in range(3):
        y[i[0]] = y[i[0]] * x[i[0] + 1]
        i[0] += 1
        y[i] = np.sin(y[i])
    return np.sum(y)


@program
def found_so_far(x):
    m = np.zeros(4, bool)
    best = 0.0
    for t in range(3):
        masked = np.where(m, -10.0, x)
        j = np.argmax(masked)
        best += x[j] * (t + 1)
        m[j] = True
    return best + np.sum(x[m] ** 2)


@pytest.mark.parametrize("x", [np.array([0.6, 1.4, 0.8, 1.2]), np.array([1.6, 0.4, -0.8, 2.2])])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, x):
    x_bar = check_slope(f, x)
    _, pullback = vjp(f, x)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], x_bar, rtol=1e-14)

"""Recursion that gives back what it is given, in the end, and before that a new array: sorting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import MutationError, grad, vjp
from tests.slopes import check_at

PROGRAMS: list[Callable[..., Any]] = []
X = np.array([0.3, 0.1, 0.7, 0.5, 0.9, 0.2, 0.4, 0.6])
WEIGHTS = np.arange(1.0, 9.0)


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


def merge_sort(a):
    n = len(a)
    if n <= 1:
        return a
    left, right = merge_sort(a[: n // 2]), merge_sort(a[n // 2 :])
    out = np.empty(n)
    i = j = 0
    for k in range(n):
        if j >= len(right) or (i < len(left) and left[i] <= right[j]):
            out[k] = left[i]
            i += 1
        else:
            out[k] = right[j]
            j += 1
    return out


def transform(a):
    """As a fast transform; in the end it gives a view."""
    n = len(a)
    if n == 1:
        return a[:]
    even, odd = transform(a[::2]), transform(a[1::2])
    out = np.empty(n)
    out[: n // 2] = even + 2 * odd
    out[n // 2 :] = even - 3 * odd
    return out


def quick_sort(a):
    if len(a) > 1:
        pivot, rest = a[0], a[1:]
        out, low = np.zeros(len(a)), rest[rest < pivot]
        out[: len(low)] = quick_sort(low)
        out[len(low)] = pivot
        out[len(low) + 1 :] = quick_sort(rest[rest >= pivot])
        return out
    return a


def smooth(u, f):
    u = u.copy()
    for i in range(1, len(u) - 1):
        u[i] = 0.5 * (u[i - 1] + u[i + 1] + f[i])
    return u


def v_cycle(u, f):
    if len(u) <= 3:
        u = smooth(u, f)
        return u
    u = smooth(u, f)
    r = np.zeros(len(u))
    r[1:-1] = f[1:-1] - (2 * u[1:-1] - u[:-2] - u[2:])
    e = v_cycle(np.zeros(len(u) // 2 + 1), 4 * r[::2])
    u[::2] += e
    u[1::2] += 0.5 * (e[:-1] + e[1:])
    return smooth(u, f)


@program
def sorted_by_merging(x):
    return np.sum(merge_sort(x) * WEIGHTS)


@program
def sorted_twice(x):
    y = merge_sort(merge_sort(x)[::-1] ** 2)
    return np.sum(y * WEIGHTS * x)


@program
def transformed(x):
    return np.sum(transform(x) ** 2)


@program
def sorted_by_a_pivot(x):
    return np.sum(quick_sort(x) * WEIGHTS)


@program
def a_cycle(x):
    u = np.zeros(9)
    f = np.append(x, 1.0)
    for _ in range(2):
        u = v_cycle(u, f)
    return np.sum(u * f)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    h = 1e-6
    slopes = [(f(X + h * d) - f(X - h * d)) / (2 * h) for d in np.eye(8)]
    np.testing.assert_allclose(grad(f)(X), slopes, rtol=1e-6)


def test_what_it_gives_is_its_own():
    """A pullback reads what was given when it was made."""
    x = X[:1].copy()
    y, pullback = vjp(lambda x: transform(x) * x, x)
    np.testing.assert_allclose(y, x**2)
    x *= 2
    np.testing.assert_allclose(pullback(np.ones(1))[0], 2 * X[:1])


def the_result_is_written(x):
    y = transform(x)
    y[0] = 3.0
    return np.sum(y**2)


def what_it_is_given_is_written(x):
    x = x.copy()
    y = transform(x[:1])
    x[0] = 3.0
    return np.sum(y**2) + np.sum(x)


def in_a_helper_that_recurs(x):
    def inner(a, n):
        return transform(a[:1]) if n == 0 else inner(a, n - 1)

    x = x.copy()
    y = inner(x, 2)
    x[0] = 7.0
    return np.sum(y * y) + np.sum(x)


def in_a_list(x):
    ys = [transform(x[:1]), transform(x)]
    ys[0][0] = 2.0
    return np.sum(ys[1] ** 2) + np.sum(x * x)


@pytest.mark.parametrize(
    "f",
    [the_result_is_written, in_a_list],
)
def test_refused_where_either_is_written(f):
    """It would make a difference whether what it gives is what it is given."""
    with pytest.raises(MutationError, match="is written, and may be what it was given"):
        grad(f)(X)


@pytest.mark.parametrize("f", [what_it_is_given_is_written, in_a_helper_that_recurs])
def test_of_one_element_it_gives_what_it_is_given(f):
    """The length of a slice of one element is known, and so that the call does not call itself."""
    check_at(f, X)

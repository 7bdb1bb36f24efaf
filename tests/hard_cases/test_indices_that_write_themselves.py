"""Index arrays and masks that are the array which is written, or views of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad, vjp
from tests.slopes import check_slope

PROGRAMS: list[Callable[..., Any]] = []
W = np.arange(1.0, 5.0)


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_permutation(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    p[p] = np.arange(4)
    return np.sum(y * x[p])


@program
def by_another_name(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    q = p
    p[q] = q[::-1].copy()
    return np.sum(y * x[p])


@program
def by_asarray(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    p[np.asarray(p)] = [0, 1, 2, 3]
    return np.sum(y * x[p])


def relabel(q):
    q[q] = np.arange(len(q))


@program
def by_a_helper(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    relabel(p)
    return np.sum(y * x[p])


@program
def by_a_view(x):
    p = np.array([2, 0, 3, 1])
    v = p[:3]
    y = x[p] * W
    p[v] = v * 1
    p[p[:2]] = p[:2]
    return np.sum(y * x[p])


@program
def into_a_view(x):
    p = np.array([2, 0, 3, 1])
    v = p[1:]
    y = x[p] * W
    v[v - 1] = p[:3]
    v[p[1:] % 3] = 0
    return np.sum(y * x[p])


@program
def by_a_view_that_a_branch_chose(x):
    p = np.array([2, 0, 3, 1])
    r = p if x[0] > 1 else p[::-1]
    y = x[p] * W
    p[r] = r * 1
    return np.sum(y * x[p])


@program
def augmented(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    p[p] += 1
    p %= 4
    return np.sum(y * x[p])


@program
def in_a_tuple(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    p[(p,)] = p[::-1].copy()
    y = y + x[p]
    p[..., p[1:]] = 0
    return np.sum(y * x[p])


@program
def put(x):
    p = np.array([2, 0, 3, 1])
    y = x[p] * W
    np.put(p, p, np.arange(4))
    return np.sum(y * x[p])


@program
def added_at(x):
    p = np.array([1, 0, 1, 2])
    y = x[p] * W
    np.add.at(p, p, 1)
    p[p > 3] = 3
    return np.sum(y * x[p])


@program
def rows(x):
    p = np.array([[1, 2, 0], [0, 1, 3]])
    y = x[p[0]] * W[:3]
    p[0][p[0]] = p[1]
    y = y * x[p[0]]
    p[0] = [1, 1, 2]
    p[0, p[0]] = p[1]
    return np.sum(y * x[p[0]])


@program
def columns(x):
    b = np.array([[1, 0, 2], [2, 1, 0]])
    y = x[b] * W[:3]
    b[:, b[0]] = b * 1
    y = y * x[b]
    b[b[:, 0] > 1] = b[0] + 1
    return np.sum(y * x[b])


@program
def elements_without_axes(x):
    n = np.array([[3, 1], [1, 0]])
    q = n[0, 0, ...]
    y = x[q] ** 2
    n[q * 0, n[0, 1, ...]] = 2
    n[n[0, 1, ...] * 0, n[1, 0, ...]] = q
    return y * np.sum(x[n]) * x[q]


@program
def in_a_branch(x):
    p = np.array([1, 2, 0, 3])
    if x[0] > 0:
        y = x[p] * W
        p[p] = p.copy()
    else:
        y = x * 1
    return np.sum(y * x[p])


@program
def in_a_loop(x):
    p = np.array([1, 0, 3, 2])
    s = 0.0
    for k in range(3):
        s += np.sum(x[p] * W) * x[p[k]]
        p[p] = np.roll(p, 1)
    return s


@program
def exchanged_in_a_loop(x):
    p, q = np.array([1, 2, 3, 0]), np.array([3, 2, 1, 0])
    s = 0.0
    for k in range(3):
        s = s + np.sum(x[p] * W) * x[k]
        p[q] = q[p]
        q[q] = p
        p, q = q, p
    return s + np.sum(x[q] * W)


def walk(p, d, x):
    if d == 0:
        return x[p[0]]
    p[p] = p[::-1].copy()
    r = walk(p, d - 1, x) * x[p[1]]
    p[p] = p * 1
    return r


@program
def in_a_recursion(x):
    p = np.array([1, 2, 3, 0])
    return walk(p, 3, x) + np.sum(x[p] * W)


class Order:
    def __init__(self):
        self.p = np.array([1, 0, 2])

    def change(self):
        self.p[self.p] = self.p + 1


@program
def in_an_object(x):
    order = Order()
    y = np.sum(x[order.p] * W[:3])
    order.change()
    return y * np.sum(x[order.p] * W[:3])


@program
def masks(x):
    m = np.array([True, False, True, True])
    y = x * m * W
    m[m] = [True, False, True]
    y = y * (1 + m * x)
    m[m] = False
    return np.sum(y * x) + np.sum(x**2 * ~m)


@program
def masks_that_are_turned(x):
    m = x > 0.7
    y = x * m * W
    m[m] ^= True
    y = y + x**2 * m
    m[:2] = True
    np.logical_not(m, out=m, where=m)
    return np.sum(y * x) + np.sum(x**3 * ~m)


@program
def masks_that_are_copied(x):
    m = x > 0.7
    y = x * m * W
    np.copyto(m, x > 1.3, where=m)
    y = y + x**2 * m
    np.putmask(m, m, x > 1.5)
    y = y + np.sin(x) * m
    np.place(m, m, [False])
    return np.sum(y * x) + np.sum(x**3 * ~m)


@program
def masks_in_a_loop(x):
    m = np.ones(4, bool)
    s = 0.0
    for k in range(3):
        s += np.sum(x[m] ** 2) * (k + 1)
        m[m] = x[m] > 0.5 + 0.35 * k
    return s


@program
def masks_of_rows(x):
    m = np.array([[True, False], [True, True]])
    a = x.reshape(2, 2) * 1
    y = a[m]
    m[m[0]] = False
    y = y * 2 + np.sum(a[m])
    m[:, m[1]] = True
    return np.sum(y * np.sum(a[m]))


@program
def positions_that_name_a_place_twice_by_then(x):
    a = np.zeros(4)
    p = np.arange(4)
    p[0] = 1
    a[p] = x
    s = np.sum(a * W)
    q = np.argsort(x)
    q[q > 1] = 0
    a[q] = x * 2
    return s * np.sum(a * W)


POINTS = [np.array([0.6, 1.4, 0.8, 1.2]), np.array([1.6, 0.4, 0.9, 2.2])]


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, x):
    x_bar = check_slope(f, x)
    _, pullback = vjp(f, x)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], x_bar, rtol=1e-14)


@pytest.mark.parametrize("p", [np.array([1, 2, 0]), np.array([True, False, True])])
def test_an_argument(p):
    def f(x, p):
        y = np.sum(x[p] ** 2)
        p[p] = 0
        return y * np.sum(x[p])

    x = np.array([0.6, 1.4, 0.8])
    before = p.copy()
    for k in range(3):
        step = np.zeros(3)
        step[k] = 1e-6
        slope = (f(x + step, p.copy()) - f(x - step, p.copy())) / 2e-6
        value, x_bar = value_and_grad(f)(x, p)
        assert value == f(x, p.copy())
        np.testing.assert_allclose(x_bar[k], slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(p, before)


def test_what_the_reverse_does_not_read_costs_no_copy():
    def f(x):
        p = np.array([2, 0, 3, 1])
        p[p] = np.arange(4)
        return np.sum(x[p] * W)

    assert "copy" not in value_and_grad(f).lower(POINTS[0]).source

"""Values that are not there on some way: copied, asked for a cotangent, or guarded by an error."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad


def last_positive(x, n):
    q = 0
    for i in range(n):
        if x[i] > 0:
            p = x[i]
            q = 1
    if q:
        return p * p
    return np.sum(x)


def the_one_before(x, n):
    q = 0
    for i in range(n):
        if q:
            old = p  # noqa: F821
            q = 2
        if x[i] > 0:
            p = x[i]
            q = max(q, 1)
    return old * p if q == 2 else np.sum(x)


@pytest.mark.parametrize("f", [last_positive, the_one_before])
@pytest.mark.parametrize("x", [[1.0, 2.0], [-1.0, 2.0], [1.0, -2.0], [-1.0, -2.0]])
def test_copied_before_anything_has_assigned_it(f, x):
    x = np.array(x)
    value, x_bar = value_and_grad(f)(x, 2)
    assert value == f(x, 2)
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        np.testing.assert_allclose(x_bar[i], (f(x + step, 2) - f(x - step, 2)) / 2e-6, rtol=1e-6)


def first_positive(x):
    i = 0
    while True:
        if x[i] > 0:
            return x * x[i]
        i += 1


def used_in_two_branches(x):
    r = first_positive(x)
    s = 0.0
    if x[0] > 5:
        s += r[0] * 2
    if x[1] > 1:
        s += np.sum(r)
    return s + x[0]


def used_in_a_loop(x):
    r = first_positive(x)
    s = x[0]
    for i in range(2):
        if x[i] > 1:
            s += r[i]
    return s


@pytest.mark.parametrize("f", [used_in_two_branches, used_in_a_loop])
@pytest.mark.parametrize("x", [[1.2, 2.0], [-1.0, 2.0], [6.0, 0.5], [0.5, 0.7]])
def test_what_a_loop_returns_is_used_or_not(f, x):
    x = np.array(x)
    x_bar = grad(f)(x)
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        np.testing.assert_allclose(x_bar[i], (f(x + step) - f(x - step)) / 2e-6, rtol=1e-6)


def test_what_comes_after_an_error_stays_there():
    """Two branches on one condition are one only where that moves nothing in front of an error."""

    def f(x, n):
        bad = n > len(x)
        if bad:
            raise ValueError("too many")
        y = x[n - 1]
        return y * y if bad else y * x[0]

    x = np.array([1.5, 2.0])
    np.testing.assert_allclose(grad(f)(x, 2), [2.0, 1.5])
    with pytest.raises(ValueError, match="too many"):
        grad(f)(x, 3)


def read_by_a_recursion_if_there(x, n):
    def down(t, n):
        return (t * h if flag else t) if n <= 0 else np.sin(down(t, n - 1))

    flag = x[0] > 0.5
    if flag:
        h = x[1]
    return down(x[0], n)


def a_pair_that_a_recursion_reads(x, n):
    def down(t, n):
        return (t * h[0] if h is not None else t) if n <= 0 else np.sin(down(t, n - 1))

    h = (x[1], x[0]) if x[0] > 0.5 else None
    y = down(x[0], n)
    h = None
    return y + down(x[0], n)


def found_in_a_loop_and_read_by_a_recursion(x, n):
    def down(t, n):
        return (t * h if flag else t) if n <= 0 else np.sin(down(t, n - 1))

    flag, y = False, 0.0
    for v in x:
        if v > 0.5:
            h, flag = v * v, True
        y = y + down(v, n)
    return y


@pytest.mark.parametrize(
    "f",
    [
        read_by_a_recursion_if_there,
        a_pair_that_a_recursion_reads,
        found_in_a_loop_and_read_by_a_recursion,
    ],
)
@pytest.mark.parametrize("x", [[0.3, 1.4], [0.8, 1.4], [0.9, 0.2], [0.1, 0.2]])
def test_given_to_a_function_that_calls_itself(f, x):
    x = np.array(x)
    value, x_bar = value_and_grad(f)(x, 3)
    assert value == pytest.approx(f(x, 3), rel=1e-14)
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        slope = (f(x + step, 3) - f(x - step, 3)) / 2e-6
        np.testing.assert_allclose(x_bar[i], slope, rtol=1e-6, atol=1e-9)


def lengthened_if_there(x):
    m = None
    if x[0] < 0.971:
        m = [x[1], x[0]]
    if x[2] > 0.598 and m is not None:
        m.append(x[3])
    return x[0] if m is None else sum(m) * len(m)


def lengthened_inside(x):
    m = None
    if x[0] < 0.971:
        m = (x[1], [x[2]])
    if x[2] > 0.598 and m is not None:
        m[1].insert(0, x[3] * x[0])
    return m[0] * sum(m[1]) if m else x[0]


def lengthened_in_a_loop(x):
    m, s = None, 0.0
    for v in x:
        if v < 0.97 and m is None:
            m = [v]
        elif v > 1.2:
            m = None
        if x[2] > 0.598 and m is not None:
            m.append(v * v)
        s += sum(m) * v if m is not None else v**3
    return s


@pytest.mark.parametrize("f", [lengthened_if_there, lengthened_inside, lengthened_in_a_loop])
@pytest.mark.parametrize(
    "x", [[1.1, 0.9, 1.3, 0.5], [0.3, 0.4, 0.8, 1.1], [0.3, 0.4, 0.2, 1.3], [1.3, 1.4, 0.2, 1.6]]
)
def test_lists_that_are_lengthened_if_they_are_there(f, x):
    x = np.array(x)
    value, x_bar = value_and_grad(f)(x)
    assert value == pytest.approx(f(x), rel=1e-14)
    for i in range(4):
        step = 1e-6 * np.eye(4)[i]
        slope = (f(x + step) - f(x - step)) / 2e-6
        np.testing.assert_allclose(x_bar[i], slope, rtol=1e-6, atol=1e-8)

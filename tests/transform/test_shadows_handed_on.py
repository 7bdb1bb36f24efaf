"""The cotangent of an array that a loop hands on becomes that of the array it was made of.

``u = u_new`` is reversed as ``u_new_bar = u_bar``: a copy of it would be as long as the array, in
each trip.  It is taken over only where nobody else has what the loop carries.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from srcgrad import grad, vjp
from srcgrad.testing import check_grads
from tests.hard_cases.checking import Case


def stepped(u0, k, steps):
    u = u0
    for _ in range(steps):
        u_new = np.empty_like(u)
        u_new[1:-1] = u[1:-1] + k * (u[2:] - 2 * u[1:-1] + u[:-2])
        u_new[0] = 0.5 * u[1]
        u_new[-1] = u[-2]
        u = u_new
    return np.sum(u**3)


def state(u0, steps):
    u = u0.copy()
    for _ in range(steps):
        u_new = np.empty_like(u)
        u_new[:-1] = u[1:] * u[:-1]
        u_new[-1] = u[0]
        u = u_new
    return u


def kept(u0, steps):
    u = u0.copy()
    seen = [u]
    for _ in range(steps):
        u_new = np.empty_like(u)
        u_new[:-1] = u[1:] * u[:-1]
        u_new[-1] = u[0]
        u = u_new
        seen.append(u)
    return np.sum(np.stack(seen) ** 2)


def two_names(u0, steps):
    u = u0 * 1.0
    v = u
    for _ in range(steps):
        u_new = np.empty_like(u)
        u_new[:-1] = u[1:] + v[:-1] ** 2
        u_new[-1] = v[0]
        v = u
        u = u_new
    return np.sum(u * v) + np.sum(v**2)


def nested(u0, steps):
    u = u0 * 2.0
    for i in range(steps):
        for j in range(i):
            u_new = np.zeros_like(u)
            u_new[1:] = u[:-1] * (j + 1.5)
            u_new[0] = u[-1] ** 2
            u = u_new
        u_new = np.zeros_like(u)
        u_new[::2] = u[::2] ** 2
        u = u_new
    return np.sum(u)


def now_and_then(u0, steps):
    u = u0.copy()
    for i in range(steps):
        u_new = np.zeros_like(u)
        u_new[1:] = u[:-1] * 0.5
        if u[0] > 0.4:
            u_new[0] = u[1] ** 2
            u = u_new
        elif i % 2:
            u_new[0] = np.sin(u[1])
    return np.sum(u**2) + np.sum(u_new)


def written_once(u0, steps):
    u = u0 * 3.0
    total = 0.0
    for _ in range(steps):
        total += np.sum(u**2)
        u_new = u.copy()
        u_new[1] = u[0] * u[2]
        u = u_new
    return total + np.prod(u)


def saved_by_the_loop(x, A):
    """The last matrix is its own cotangent, and one that the reverse of the loop reads."""
    v, M = x, A.copy()
    for i in range(2):
        if x[i] < -0.75:
            M = M.copy()
            break
        x = x @ M
    for j in range(3):
        v[v < 0.3] += M[1, j]
    return np.sum(x) + np.sum(M**2) * 0.5 + np.sum(v)


A = np.array([[0.3, 0.2, 0.1], [0.4, 0.1, 0.2], [0.2, 0.3, 0.3]])


@pytest.mark.parametrize("x", [[0.1, 0.5, 0.2], [-0.9, 0.5, 0.2], [0.1, -4.0, 0.2]])
def test_what_a_loop_has_saved_is_not_taken_over(x):
    Case(saved_by_the_loop, (np.array(x), A), (0, 1)).run()


X = np.array([0.7, 0.9, 1.1, 0.6, 0.8])


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
@pytest.mark.parametrize("f", [kept, two_names, nested, written_once])
def test_gradients(f, steps):
    check_grads(f, (X, steps))


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_branches(steps):
    check_grads(now_and_then, (X, steps))


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_a_linear_step(steps):
    check_grads(stepped, (X, 0.1, steps))


def test_nothing_is_copied():
    source = grad(stepped).lower(X, 0.1, 3).source
    assert "u_new_bar = u_bar " in source
    assert ".copy()" not in source


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_what_the_caller_gives_is_left_alone(steps):
    value, pullback = vjp(functools.partial(state, steps=steps), X)
    bar = np.arange(1.0, 6.0)
    first = pullback(bar)
    assert np.array_equal(bar, np.arange(1.0, 6.0))
    assert np.array_equal(pullback(bar), first)
    assert first is not bar
    direction, h = np.array([0.3, -1.0, 0.2, 0.5, 0.1]), 1e-6
    ahead, behind = state(X + h * direction, steps), state(X - h * direction, steps)
    assert np.dot(first, direction) == pytest.approx(bar @ (ahead - behind) / (2 * h), rel=1e-7)
    assert np.array_equal(value, state(X, steps))

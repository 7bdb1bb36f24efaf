"""Linear steps that not every trip of a loop makes, or that one of several ways makes: nothing is
kept of a trip."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def stepped(u):
    new = u.copy()
    new[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return new


def left_first(u, T):
    t = 0
    while True:
        if t == T:
            break
        u = stepped(u)
        t += 1
    return np.sum(u * u)


def left_before_it_is_handed_on(u, T):
    for t in range(T):
        new = stepped(u)
        if np.max(np.abs(new - u)) < 1e-14 or t == 30:
            break
        u = new
    return np.sum(u * u)


def skipped(u, T):
    for t in range(T):
        if t % 3 == 1:
            continue
        u = stepped(u)
    return np.sum(u * u)


def in_one_arm(u, T):
    for t in range(T):
        if t % 3 != 1:
            u = stepped(u)
    return np.sum(u * u)


def in_either_arm(u, T):
    for t in range(T):
        if t % 4 == 1:
            new = 0.9 * u
        elif t % 4 == 2:
            new = np.zeros_like(u)
            new[1:] = 0.5 * u[:-1]
        else:
            new = stepped(u)
        u = new
    return np.sum(u * u)


def two_names(u, T):
    before = u
    for t in range(T):
        new = 2 * u - 0.5 * before
        new[0] = 0.0
        if t % 5 != 3:
            before, u = u, new
    return np.sum(u * before)


LINEAR = [left_first, left_before_it_is_handed_on, skipped, in_one_arm, in_either_arm, two_names]


# In these somebody sees what is written into what an arm gives, or what it gives is no new array.


def written_after(u, T):
    u = u.copy()
    for t in range(T):
        if t % 2:
            new = np.zeros_like(u)
            new[1:] = u[:-1] * u[1:]
            u = new
        u[0] *= 2.0
    return np.sum(u * u)


def one_of_two(u, T):
    a, b = u.copy(), 0.5 * u
    for t in range(T):
        now = a if t % 2 else b
        now[1:] += 0.1 * now[:-1] * a[1:]
    return np.sum(a * b)


def kept_beside(u, T):
    kept = u.copy()
    for t in range(T):
        new = 0.5 * u
        if t % 3 != 1:
            kept = new
        new[1:] += kept[:-1] * kept[1:]
        u = new
    return np.sum(kept * u)


def written_in_the_next_trip(u, T):
    spare = np.zeros_like(u)
    for t in range(T):
        if t % 2:
            spare[1:] = u[:-1] * u[1:]
            u = spare
        else:
            u = u * u
    return np.sum(u * spare)


def of_the_trip_before(u, T):
    last = u.copy()
    for t in range(T):
        new = u * last
        new[0] = 0.5
        if t % 2:
            last[1] = new[2]
        else:
            last = new
        u = new + 0.1
    return np.sum(u * last)


def view_of_one(u, T):
    table = np.zeros((2, len(u)))
    table[0] = u
    for t in range(T):
        row = table[0] if t % 3 else table[1]
        row += 0.1 * table[0] * table[0]
        table[1, 1:] += row[:-1]
    return np.sum(table * table)


def raised_in_between(u, T):
    for t in range(T):
        try:
            new = u * 0.5
            new[t] += u[t] * u[0]
            u = new
        except IndexError:
            u = u * u
    return np.sum(u * u)


SEEN = [
    *(written_after, one_of_two, kept_beside, written_in_the_next_trip, of_the_trip_before),
    *(view_of_one, raised_in_between),
]


@pytest.mark.parametrize("f", [*LINEAR, *SEEN], ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any], rng: np.random.Generator) -> None:
    u = rng.uniform(0.4, 1.4, 5)
    derivative = value_and_grad(f)
    for T in (0, 1, 2, 3, 7):
        check_grads(f, (u, T), argnums=0)
        value, u_bar = derivative(u, T)
        np.testing.assert_allclose(value, f(u.copy(), T))
        _, pullback = vjp(partial(f, T=T), u)
        for _ in range(2):
            np.testing.assert_allclose(pullback(1.0)[0], u_bar)


@pytest.mark.parametrize("f", LINEAR, ids=lambda f: f.__name__)
def test_nothing_is_kept_of_a_trip(f: Callable[..., Any], rng: np.random.Generator) -> None:
    u, gradient = rng.uniform(0.4, 1.4, 1000), grad(f)
    gradient(u, 3)
    assert ".append(" not in gradient.source
    assert "None" not in gradient.source
    used = []
    for trips in (8, 28):
        tracemalloc.start()
        gradient(u, trips)
        used.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert used[1] < used[0] + u.nbytes

"""Names that change places in a loop: the reverse changes them back, and keeps nothing per trip."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, vjp
from srcgrad.testing import check_grads

TRIPS = [0, 1, 2, 3, 4, 7]


def swapped(u, T):
    u, w = u.copy(), 0.5 * u
    for _ in range(T):
        w[1:-1] = 2 * u[1:-1] - w[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u, w = w, u
    return np.sum(u * u)


def both_read_after(u, T):
    u, w = u.copy(), 0.5 * u
    for _ in range(T):
        w[1:] += 0.3 * u[:-1]
        u[:-1] -= 0.2 * w[1:]
        u, w = w, u
    return np.sum(u * u) + np.sum(w)


def three_in_a_ring(u, T):
    a, b, c = u.copy(), 2 * u, np.zeros_like(u)
    for _ in range(T):
        c[1:] = 0.5 * a[:-1] + 0.25 * b[1:]
        a, b, c = c, a, b
    return np.sum(a * a) + np.sum(b) + c[1]


def one_name_for_two(u, T):
    w = u = u.copy()
    for _ in range(T):
        w[1:-1] = 0.5 * (u[2:] + u[:-2])
        u, w = w, u
    return np.sum(u * u)


def by_a_third_name(u, T):
    u, w = u.copy(), 0.5 * u
    t = 0
    while t < T:
        w[1:-1] = 0.5 * (u[2:] + u[:-2])
        other = u
        u = w
        w = other
        t += 1
    return np.sum(u * u)


def in_two_loops(u, T):
    u, w = u.copy(), 0.5 * u
    for _ in range(T):
        for i in range(1, len(u) - 1):
            w[i] = 0.5 * (u[i + 1] + w[i - 1])
            u, w = w, u
        u, w = w, u
    return np.sum(u * u) + np.sum(w)


LINEAR = [swapped, both_read_after, three_in_a_ring, one_name_for_two, by_a_third_name]


def products(u, T):
    u, w = u.copy(), 0.5 * u
    for _ in range(T):
        w[1:-1] = u[1:-1] * (u[2:] + w[:-2])
        u, w = w, u
    return np.sum(u * w)


def step_of_three(u, T):
    oldest, old, now = u, 0.5 * u, np.sin(u)
    for _ in range(T):
        oldest, old, now = old, now, np.sin(now) * old + oldest
    return np.sum(now * old)


def numbers(u, T):
    a, b = u[0], u[1]
    for _ in range(T):
        a, b = b, a * b + 0.5
    return a * b


def under_a_condition(u, T):
    u, w = u.copy(), 0.5 * u
    for t in range(T):
        w[1:-1] += u[2:] * u[:-2]
        if w[1] > u[1]:
            u, w = w, u
    return np.sum(u * w)


def left_before(u, T):
    u, w = u.copy(), 0.5 * u
    for t in range(T):
        w[1:-1] += u[2:] * u[:-2]
        if w[1] > 3.0:
            break
        u, w = w, u
    return np.sum(u * u * w)


def skipped(u, T):
    u, w = u.copy(), 0.5 * u
    for t in range(T):
        w[1:-1] += u[2:] * u[:-2]
        if t % 3 == 1:
            continue
        u, w = w, u
    return np.sum(u * u * w)


def of_lists(u, T):
    a, b = [u[0], u[1]], [u[2]]
    for t in range(T):
        a.append(b[-1] * u[t % 4])
        a, b = b, a
    return a[-1] * b[-1] + sum(a)


def made_anew(u, T):
    """A ring of which one place is filled with a new array in each trip."""
    a, b, c = u, 0.5 * u, 0.25 * u
    for _ in range(T):
        a, b, c = b * a[::-1], c, a
    return np.sum(a * b * c)


NONLINEAR = [
    products,
    step_of_three,
    numbers,
    under_a_condition,
    left_before,
    skipped,
    of_lists,
    made_anew,
    in_two_loops,
]


@pytest.mark.parametrize("trips", TRIPS)
@pytest.mark.parametrize("f", LINEAR + NONLINEAR, ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any], trips: int, rng: np.random.Generator) -> None:
    check_grads(f, (rng.uniform(0.4, 1.4, 5), trips), argnums=0)


@pytest.mark.parametrize("f", LINEAR, ids=lambda f: f.__name__)
def test_nothing_is_kept_of_a_trip(f: Callable[..., Any]) -> None:
    u, g = np.linspace(0.1, 1.0, 9), grad(f)
    g(u, 3)
    assert ".append(" not in g.source
    used = []
    for trips in (100, 4000):
        tracemalloc.start()
        g(u, trips)
        used.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The second would be 31,200 bytes more with one reference per trip.
    assert used[1] < used[0] + 2000


@pytest.mark.parametrize(("f", "lists"), [(products, 1), (step_of_three, 2)])
def test_one_list_serves_several_names(f: Callable[..., Any], lists: int) -> None:
    g = grad(f)
    g(np.linspace(0.1, 1.0, 9), 3)
    assert g.source.count(".append(") == lists


@pytest.mark.parametrize("f", LINEAR + NONLINEAR, ids=lambda f: f.__name__)
def test_pullbacks_may_be_called_again(f: Callable[..., Any], rng: np.random.Generator) -> None:
    u = rng.uniform(0.4, 1.4, 5)
    _, pull = vjp(partial(f, T=5), u)
    expected = grad(f)(u, 5)
    for _ in range(2):
        np.testing.assert_allclose(pull(1.0)[0], expected, rtol=1e-13)


def test_a_cotangent_that_has_changed_places_is_handed_out_as_it_is():
    """Nobody else gets it, so that no copy is made, and two are two arrays."""

    def f(u, w, n):
        u, w = u.copy(), w.copy()
        for _ in range(n):
            u[1:-1] = w[2:] - w[:-2] + 0.5 * u[1:-1]
            u, w = w, u
        return np.sum(u**2) + np.sum(w)

    derivative = grad(f, (0, 1))
    u, w = np.arange(1.0, 6.0), np.cos(np.arange(5.0))
    for n in (0, 3, 4):
        found = derivative(u, w, n)
        assert not np.may_share_memory(*found)
        for k, bar in enumerate(found):
            for i, h in enumerate(1e-6 * np.eye(5)):
                up, down = ((u + s * h, w) if k == 0 else (u, w + s * h) for s in (1, -1))
                np.testing.assert_allclose(
                    bar[i], (f(*up, n) - f(*down, n)) / 2e-6, rtol=1e-6, atol=1e-7
                )
    assert "copy()" not in derivative.source.splitlines()[-1]

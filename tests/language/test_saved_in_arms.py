"""What the reverse of a loop reads under a condition is saved in the trips where that holds."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def recorded(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 10 == 0:
            s = s + np.sum(u * u)
    return s


def recorded_before(u, T):
    s = 0.0
    for t in range(T):
        if t % 10 == 0:
            s = s + np.sum(u * u)
        u = u + 0.1 * (np.roll(u, 1) - u)
    return s


def recorded_in_place(u, T):
    u, s = u.copy(), 0.0
    for t in range(T):
        u[1:-1] += 0.1 * (u[:-2] - 2 * u[1:-1] + u[2:])
        if t % 10 == 0:
            s += np.sum(u * u)
    return s


def misfit(u, T):
    seen, s = np.linspace(0.0, 1.0, T + 1), 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 10 == 3:
            s += np.sum((u - seen[t]) ** 2)
    return s + np.sum(u)


def at_the_end(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t == T - 1:
            s = np.sum(u**2)
    return s


def energies(u, T):
    v, found = np.zeros_like(u), []
    for t in range(T):
        v = v + 0.1 * (np.roll(u, 1) - 2 * u + np.roll(u, -1))
        u = u + 0.1 * v
        if t % 10 == 0:
            found.append(0.5 * np.sum(v**2))
    return np.sum(np.array(found)) + np.sum(u**2)


def backwards(u, T):
    s = 0.0
    for t in range(T, 0, -1):
        u = 0.9 * u + 0.1 * np.roll(u, 1)
        if t % 10 == 2:
            s += np.sum(np.sin(u))
    return s


SPARSE = [recorded, recorded_before, recorded_in_place, misfit, at_the_end, energies, backwards]


def in_the_other_arm(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 3 != 0:
            s += u[0]
        else:
            s = s + np.sum(u * u)
    return s


def something_in_either_arm(u, T):
    for t in range(T):
        if t % 3 == 0:
            w = np.sin(u)
            u = w * u
        else:
            w = np.exp(-u)
            u = w + 0.5 * u
    return np.sum(u * u)


def under_two_conditions(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 2 == 0:
            s = s + np.sum(u * u)
        if t % 3 == 0:
            s = s + np.sum(u**3)
    return s


def under_nested_conditions(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 2 == 0:
            s += u[1] ** 2
            if t % 3 == 0:
                s = s + np.sum(np.cos(u))
    return s


def decided_by_data(u, T):
    s = 0.0
    for _ in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u) * u
        if u[1] > 0.6:
            s = s + np.sum(np.exp(u))
    return s


def decided_from_outside(u, T, often=3):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if often > 2 and t % often == 0:
            s = s + np.sum(u * u)
    return s


def decided_by_a_schedule(u, T):
    on = np.arange(T) % 3 == 1
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if on[t]:
            s = s + np.sum(u * u)
        on[t] = not on[t]
    return s


def decided_by_the_loop_around(u, T):
    s = 0.0
    for t in range(T):
        for k in range(3):
            u = u + 0.1 * (np.roll(u, 1) - u)
            if t % 2 == 0:
                s = s + np.sum(u * u)
            elif k == t % 3:
                s = s - np.sum(np.sin(u))
    return s


def counted_by_hand(u, T):
    s, t = 0.0, 0
    while t < T:
        u = u + 0.1 * (np.roll(u, 1) - u)
        t += 1
        if t % 3 == 0:
            s = s + np.sum(u * u)
    return s


def left_early(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 3 == 0:
            s = s + np.sum(u * u)
        if s > 9.0:
            break
    return s


def skipping(u, T):
    s = 0.0
    for t in range(T):
        u = u + 0.1 * (np.roll(u, 1) - u)
        if t % 3:
            continue
        s = s + np.sum(u * u)
        u = u * u
    return s


def written_afterwards(u, T):
    s = 0.0
    for t in range(T):
        w = 0.9 * u
        if t % 3 == 0:
            s = s + np.sum(w * w)
        w[0] = 2.0 * w[1]
        u = w
    return s + np.sum(u)


def one_name_for_two(u, T):
    s = 0.0
    for t in range(T):
        old = u
        u = 0.9 * np.roll(u, 1)
        if t % 3 == 0:
            s = s + old @ u
            old = 2 * u
        u = u + 0.1 * old
    return s


OTHERS = [in_the_other_arm, something_in_either_arm, under_two_conditions, decided_by_data]
OTHERS += [under_nested_conditions, decided_from_outside, decided_by_a_schedule]
OTHERS += [decided_by_the_loop_around, counted_by_hand, left_early, skipping]
OTHERS += [written_afterwards, one_name_for_two]


@pytest.mark.parametrize("f", [*SPARSE, *OTHERS], ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any]) -> None:
    u = np.array([0.2, 0.9, 0.5, 0.7])
    for T in (0, 1, 4, 12):
        check_grads(f, (u, T), argnums=0)
    value, u_bar = value_and_grad(f)(u, 7)
    np.testing.assert_allclose(value, f(u, 7))
    _, pullback = vjp(lambda u: f(u, 7), u)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], u_bar)


@pytest.mark.parametrize("f", SPARSE, ids=lambda f: f.__name__)
def test_no_more_is_saved_than_is_read(f: Callable[..., Any]) -> None:
    u = np.linspace(0.2, 0.6, 4000)
    gradient = grad(f)
    gradient(u, 1)
    few, many = _peak(gradient, u, 10), _peak(gradient, u, 50)
    assert (many - few) / 40 / u.nbytes <= 0.11


def _peak(gradient: Callable[..., Any], u: np.ndarray, T: int) -> int:
    tracemalloc.start()
    gradient(u, T)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("f", [*SPARSE, in_the_other_arm, something_in_either_arm])
def test_nothing_stands_for_what_is_not_saved(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    gradient(np.array([0.2, 0.9, 0.5, 0.7]), 3)
    assert "= None" not in gradient.source
    assert "np.zeros_like(u)\n" not in gradient.source.partition("for ")[2]


def test_text_is_that_of_a_person() -> None:
    gradient = grad(recorded)
    gradient(np.array([0.2, 0.9, 0.5, 0.7]), 3)
    lines = [line.partition("  #")[0].strip() for line in gradient.source.splitlines()]
    forward = lines.index("if t % 10 == 0:")
    assert lines[forward + 1] == "u_saved.append(u_1)"
    backward = lines.index("if t % 10 == 0:", forward + 1)
    assert lines[backward + 1 : backward + 3] == ["u = u_saved.pop()", "u_1_bar += 2 * u"]

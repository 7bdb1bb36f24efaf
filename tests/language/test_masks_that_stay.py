"""What a mask selects is as long everywhere, as long as nothing writes into masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def damped(u, T):
    mask = np.arange(len(u)) % 3 == 1
    u = u.copy()
    for _ in range(T):
        u[1:-1] += 0.1 * (u[:-2] - 2 * u[1:-1] + u[2:])
        u[mask] *= 0.9
    return np.sum(u**2)


def held_at_first_values(u, T):
    mask = np.arange(len(u)) % 3 == 1
    first = u.copy()
    for _ in range(T):
        u = 0.5 * (np.roll(u, 1) + np.roll(u, -1))
        u[mask] = 0.7 * first[mask]
    return np.sum(u**2)


def around_an_obstacle(u, T, obstacle=np.array([True, False, False, True, False, False])):
    u = u.copy()
    for _ in range(T):
        old = u.copy()
        u[1:-1] = 0.5 * (old[2:] + old[:-2])
        u[obstacle] = 0.0
        u[~obstacle] = 0.9 * u[~obstacle] + 0.1
    return np.sum(u**2)


def red_and_black(u, T):
    U = u.reshape(2, 3).copy()
    red = (np.arange(2)[:, None] + np.arange(3)) % 2 == 0
    for _ in range(T):
        mean = 0.5 * (np.roll(U, 1, 0) + np.roll(U, 1, 1))
        U[red] = mean[red]
        mean = 0.5 * (np.roll(U, 1, 0) + np.roll(U, 1, 1))
        U[~red] = mean[~red]
    return np.sum(U**2)


def in_nested_loops_and_arms(u, T):
    mask = np.arange(len(u)) > 2
    u = u.copy()
    for t in range(T):
        if t % 2 == 0:
            for _ in range(2):
                u[mask] = 0.9 * u[mask]
        else:
            u[mask] -= 0.1 * u[mask]
    return np.sum(u**2)


def at_places(u, T):
    places = np.nonzero(np.arange(len(u)) % 3 == 1)[0]
    u = u.copy()
    for _ in range(T):
        u[places] = 0.5 * u[places]
        u[1:] += 0.1 * u[:-1]
    return np.sum(u**2)


STAYING = [damped, held_at_first_values, around_an_obstacle, red_and_black]
STAYING += [in_nested_loops_and_arms, at_places]


def written_in_the_loop(u, T):
    mask = np.arange(len(u)) % 3 == 1
    u = u.copy()
    for t in range(T):
        u[mask] = 0.9 * u[mask] * u[mask]
        mask[t % 4] = t % 3 != 1
    return np.sum(u**2)


def written_through_a_view(u, T):
    mask = np.arange(len(u)) % 3 == 1
    tail = mask[1:]
    u = u.copy()
    for t in range(T):
        u[mask] = np.sin(u[mask])
        tail[t % 3] = not tail[t % 3]
    return np.sum(u**2)


def turned_in_place(u, T):
    mask = np.arange(len(u)) % 3 == 1
    u = u.copy()
    for _ in range(T):
        u[mask] *= 0.9
        np.logical_not(mask, out=mask)
        u[mask] = np.sin(u[mask])
    return np.sum(u**2)


def turned_by_an_operator(u, T):
    mask = np.arange(len(u)) % 3 == 1
    other = np.arange(len(u)) > 1
    u = u.copy()
    for _ in range(T):
        u[mask] *= 0.9
        mask ^= other
    return np.sum(u**2)


def another_in_each_trip(u, T):
    mask = np.arange(len(u)) % 3 == 1
    for _ in range(T):
        u = u.copy()
        u[mask] = np.cos(u[mask])
        mask = ~mask
    return np.sum(u**2)


def of_data(u, T):
    for _ in range(T):
        u = u.copy()
        mask = u > 0.63
        u[mask] = 0.7 * u[mask] ** 2
        u[~mask] += 0.2
    return np.sum(u**2)


def written_before_and_after(u, T):
    mask = np.arange(len(u)) % 3 == 1
    mask[0] = True
    u = u.copy()
    u[mask] *= 2.0
    for _ in range(T):
        u[mask] = np.sin(u[mask])
    mask[1] = False
    u[mask] = u[mask] ** 2
    return np.sum(u**2)


def written_in_the_loop_around(u, T):
    mask = np.arange(len(u)) % 3 == 1
    u = u.copy()
    for t in range(T):
        for _ in range(2):
            u[mask] = np.sin(u[mask])
        mask[t % 5] = True
    return np.sum(u**2)


def one_broadcast_to_many(u, T):
    mask, one = np.arange(len(u)) % 3 == 1, np.arange(len(u)) == 2
    u = u.copy()
    for _ in range(T):
        u[mask] = 0.5 * u[one]
        u[one] = 0.9 * u[one] + 0.1 * u[0]
    return np.sum(u**2)


def printed_in_between(u, T):
    mask = np.arange(len(u)) % 3 == 1
    u = u.copy()
    for _ in range(T):
        u[mask] = np.sin(u[mask])
        print(end="")
    return np.sum(u**2)


CHANGING = [written_in_the_loop, written_through_a_view, turned_in_place, turned_by_an_operator]
CHANGING += [another_in_each_trip, of_data, written_before_and_after, written_in_the_loop_around]
CHANGING += [one_broadcast_to_many, printed_in_between]


@pytest.mark.parametrize("f", [*STAYING, *CHANGING], ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any]) -> None:
    u = np.array([0.2, 0.9, 0.5, 0.7, 1.1, 0.4])
    for T in (0, 1, 2, 5):
        check_grads(f, (u, T), argnums=0)
    value, u_bar = value_and_grad(f)(u, 3)
    np.testing.assert_allclose(value, f(u, 3))
    _, pullback = vjp(lambda u: f(u, 3), u)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], u_bar)


@pytest.mark.parametrize("f", STAYING, ids=lambda f: f.__name__)
def test_nothing_is_saved(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    gradient(np.array([0.2, 0.9, 0.5, 0.7, 1.1, 0.4]), 2)
    assert ".append(" not in gradient.source
    assert "broadcast" not in gradient.source
    assert "_sum_to" not in gradient.source


def found_twice(u, T):
    """The rows that are found in a matrix are named as often as they have elements."""
    rows = np.where(np.arange(len(u))[:, None] > np.arange(3))[0]
    u = u.copy()
    for _ in range(T):
        u[rows] = 0.5 * u[rows] + 0.1 * np.sin(u[rows])
    return np.sum(u**2)


def found_and_changed(u, T):
    places = np.nonzero(np.arange(len(u)) % 2 == 1)[0]
    places[0] = places[1]
    u = u.copy()
    for _ in range(T):
        u[places] = np.arange(1.0, 4.0) * u[places]
    return np.sum(u**2)


@pytest.mark.parametrize("f", [found_twice, found_and_changed], ids=lambda f: f.__name__)
def test_places_that_are_named_twice(f: Callable[..., Any]) -> None:
    u = np.array([0.2, 0.9, 0.5, 0.7, 1.1, 0.4])
    for T in (0, 1, 3):
        check_grads(f, (u, T), argnums=0)


def test_places_that_are_found_in_a_vector_are_named_once() -> None:
    gradient = grad(at_places)
    gradient(np.array([0.2, 0.9, 0.5, 0.7, 1.1, 0.4]), 2)
    assert "_last_writes" not in gradient.source

"""Arrays that each trip of a loop makes, writes and hands on to the next."""

from __future__ import annotations

import inspect
import tracemalloc
from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad, value_and_grad, vjp
from srcgrad.testing import check_grads

X = np.array([0.3, 1.2, 0.7, 2.1, 0.4, 0.9])


def new_each_trip(u, n):
    for _ in range(n):
        new = np.empty_like(u)
        new[1:-1] = 0.5 * (u[2:] + u[:-2])
        new[0] = u[0]
        new[-1] = 0.0
        u = new
    return np.sum(u**2)


def copied_each_trip(u, n):
    for _ in range(n):
        new = u.copy()
        new[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = new
    return np.sum(u**2)


def by_a_helper(u, n):
    def step(u):
        new = np.zeros_like(u)
        for i in range(1, len(u) - 1):
            new[i] = u[i - 1] + 0.5 * u[i + 1]
        return new

    for _ in range(n):
        u = step(u)
    return np.sum(u**2)


def until_data_say_so(u, n):
    while np.sum(u**2) > 1.0 / n:
        new = np.zeros_like(u)
        new[1:] = 0.5 * u[:-1]
        u = new
    return np.sum(u * np.arange(6.0))


def started_with_a_buffer(x, n):
    u = np.zeros(6)
    u[2] = x[2]
    for _ in range(n):
        new = np.zeros(6)
        new[1:] = u[:-1] * 0.5
        new[0] = x[0]
        u = new
    return np.sum(u**2)


def kept_in_a_list(u, n):
    states = [u]
    for _ in range(n):
        u = u.copy()
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        states.append(u)
    return np.sum(np.stack(states) ** 2)


def kept_in_two_lists(u, n):
    states, rates = [], []
    for _ in range(n):
        rate = np.zeros_like(u)
        rate[1:-1] = u[2:] - u[:-2]
        new = u + 0.1 * rate
        new[0] = 0.0
        rates.append(rate)
        states.append(new)
        u = new
    return sum(np.sum(s * r) for s, r in zip(states, rates)) + u[2]


LINEAR = [new_each_trip, copied_each_trip, by_a_helper, until_data_say_so, started_with_a_buffer]
LINEAR += [kept_in_a_list, kept_in_two_lists]


@pytest.mark.parametrize("f", LINEAR)
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_gradients(f: Any, n: int) -> None:
    if f is until_data_say_so and n == 0:
        return
    check_grads(f, (X, n), 0)
    value, _ = value_and_grad(f)(X, n)
    np.testing.assert_allclose(value, f(X.copy(), n))
    _, pull = vjp(lambda u: f(u, n), X)
    np.testing.assert_array_equal(pull(1.0)[0], pull(1.0)[0])


@pytest.mark.parametrize("f", LINEAR)
def test_no_shadows_are_kept(f: Any) -> None:
    gradient = grad(f)
    gradient(X, 3)
    assert "_bar.append" not in gradient.source
    assert "_bar_0.append" not in gradient.source
    assert "_before.append" not in gradient.source
    forward = gradient.source.partition("# Backward")[0]
    assert forward.count(".copy()") == inspect.getsource(f).count(".copy()")


def test_memory_does_not_grow_with_the_trips() -> None:
    gradient = grad(new_each_trip)
    u = np.ones(2000)
    gradient(u, 2)

    def peak(n: int) -> int:
        tracemalloc.start()
        gradient(u, n)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = (min(peak(n) for _ in range(3)) for n in (5, 50))
    assert many < few + u.nbytes


# In these somebody sees what is written after it was handed on, or hands on what was there before.


def written_in_the_next_trip(u, n):
    for _ in range(n):
        new = np.zeros_like(u)
        new[1:] = u[:-1]
        u[0] = new[1] * 2
        u = new + u
    return np.sum(u**2)


def written_after_the_loop(u, n):
    for _ in range(n):
        new = np.zeros_like(u)
        new[1:] = u[:-1] * u[1:]
        u = new
    u[2] = u[3] * 3
    return np.sum(u**2)


def kept_under_another_name(u, n):
    last = u
    for _ in range(n):
        new = np.zeros_like(u)
        new[1:] = u[:-1] * 2
        last = u
        u = new
        u[0] = last[1]
    return np.sum(u * last)


def written_after_it_was_handed_on(u, n):
    keep = np.zeros_like(u)
    for _ in range(n):
        new = np.zeros_like(u)
        new[1:] = u[:-1] * u[1:]
        u = new
        keep = u
        new[0] = 5.0 * keep[1]
    return np.sum(u**2) + np.sum(keep)


def swapped(u, n):
    old, new = u, np.zeros_like(u)
    for _ in range(n):
        new[1:] = old[:-1] * old[1:]
        old, new = new, old
    return np.sum(old**2) + new[2]


def one_of_two(u, n):
    spare = np.zeros_like(u)
    for i in range(n):
        new = np.zeros_like(u) if i % 2 else spare
        new[1:] = u[:-1] * 0.5 + u[1:] ** 2
        u = new
    return np.sum(u**2) + np.sum(spare)


def from_a_list(u, n):
    pool = [np.zeros(6), np.zeros(6)]
    for i in range(n):
        new = pool[i % 2]
        new[1:] = u[:-1] * 0.5 + u[1:] ** 2
        u = new
    return np.sum(u**2)


def in_a_list(u, n):
    states = []
    for _ in range(n):
        new = np.zeros_like(u)
        new[1:] = u[:-1] * u[1:]
        states.append(new)
        u = new
    if states:
        states[0][1] = 7.0 * u[2]
    return sum((np.sum(s**2) for s in states), np.sum(u))


def in_a_list_and_written(u, n):
    states = []
    for _ in range(n):
        new = u * 1.5
        states.append(new)
        new[1:] += new[:-1]
        u = new
    return sum((np.sum(s**2) for s in states), np.sum(u))


def in_a_list_and_written_by_its_name(u, n):
    states = []
    for _ in range(n):
        new = u * 1.5
        new[0] = u[1]
        states.append(new)
        u = new + 1.0
        states[-1][2] = u[3]
    return sum((np.sum(s**2) for s in states), np.sum(u))


def the_same_in_all_places(u, n):
    buffer, states = np.zeros_like(u), []
    for i in range(n):
        buffer[1:] = u[:-1] * (i + 1)
        states.append(buffer)
        u = buffer * 0.5
    return sum((np.sum(s**2) for s in states), np.sum(u))


def rows_of_one_buffer(u, n):
    table, states = np.zeros((5, 6)), []
    for i in range(n):
        row = table[i]
        row[1:] = u[:-1] * u[1:]
        states.append(row)
        u = row
    if n > 1:
        table[0, 1] = u[2]
    return sum((np.sum(s**2) for s in states), np.sum(u))


def view_handed_on(u, n):
    for _ in range(n):
        new = np.zeros(len(u) + 1)
        new[1:] = u * 1.5
        u = new[1:]
        new[3] = u[1] * u[2]
    return np.sum(u**2)


def inner_loop_writes(u, n):
    for _ in range(n):
        new = u * 1.0
        for _ in range(2):
            old = new
            new[1:] += old[:-1] * old[1:]
            new = old
        u = new
    return np.sum(u**2)


_KEPT = np.zeros(6)


def same_from_outside(u, n):
    for _ in range(n):
        new = fetched()
        new[1:] = u[:-1] * u[1:]
        u = new
    return np.sum(u**2)


def fetched():
    return _KEPT


SEEN = [
    *(written_in_the_next_trip, written_after_the_loop, kept_under_another_name),
    *(written_after_it_was_handed_on, swapped, one_of_two, from_a_list, in_a_list),
    *(view_handed_on, inner_loop_writes, in_a_list_and_written, in_a_list_and_written_by_its_name),
    *(the_same_in_all_places, rows_of_one_buffer),
]


@pytest.mark.parametrize("f", SEEN)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_what_somebody_sees(f: Any, n: int) -> None:
    check_grads(f, (X, n), 0)
    value, _ = value_and_grad(f)(X, n)
    np.testing.assert_allclose(value, f(X.copy(), n))


# What is handed on is part of what the trip has made, and is written into what the next one makes.


def doubled(u, n):
    for _ in range(n):
        new = np.empty(2 * len(u))
        new[0::2] = u
        new[1::2] = u
        u = new
    return np.sum(u**2 * np.arange(len(u)))


def dealt(u, n):
    half = len(u) // 2
    for _ in range(n):
        new = np.zeros_like(u)
        new[0::2] = u[:half]
        new[1::2] = u[half:]
        u = new
    return np.sum(u**2 * np.arange(len(u)))


def row(u, n):
    for _ in range(n):
        new = np.zeros((2, len(u)))
        new[0] = u
        u = new[0]
    return np.sum(u**2)


def shifted(u, n):
    for _ in range(n):
        new = np.zeros(len(u) + 1)
        new[1:] = u
        new[0] = u[1]
        u = new[:-1]
    return np.sum(u**2)


def two_rows(u, n):
    p, v = u, 2 * u
    for _ in range(n):
        new = np.zeros((2, len(u)))
        new[0] = p
        new[1] = v - p
        p, v = new
    return np.sum(p * v)


def two_columns(u, n):
    p, v = u, 2 * u
    for _ in range(n):
        new = np.zeros((len(u), 2))
        new[:, 0] = p + 0.1 * v
        new[:, 1] = v - p
        p, v = new[:, 0], new[:, 1]
    return np.sum(p * v)


@pytest.mark.parametrize("f", [doubled, dealt, row, shifted, two_rows, two_columns])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_parts_of_what_the_trip_has_made(f: Any, n: int) -> None:
    check_grads(f, (X, n), 0)


def dealt_into_itself(u, n):
    half = len(u) // 2
    new = u
    for _ in range(n):
        new[0::2] = u[:half]
        u = new
    return np.sum(u**2)


def test_into_the_same_array_is_refused() -> None:
    with pytest.raises(AliasingError, match="copies these slices wrongly"):
        grad(dealt_into_itself)(X, 2)

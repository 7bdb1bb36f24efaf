"""What a loop does as it is left, by ``return`` or before ``break``, is done once, after it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads
from tests.slopes import check_at


def returned_endlessly(u, T):
    u, t = u.copy(), 0
    while True:
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        t += 1
        if t > T:
            return np.sum(u**2)


def one_of_two_returns(u, T):
    u, t = u.copy(), 0
    while True:
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        if t == 4:
            return np.sum(u**3) + u[t]
        t += 1
        if t > T:
            return np.sum(u * u[::-1])


def returned_from_a_count(u, T):
    u = u.copy()
    for t in range(T):
        u[1:] += 0.3 * u[:-1]
        if t == 4:
            return np.sum(u**2) * t
        if u[0] > 9.0:
            return u[0]
    return np.sum(u)


def returned_anew(u, T):
    for t in range(T):
        new = u.copy()
        new[1:] = 0.5 * u[:-1]
        if t == 3:
            return np.sum(new**2 * u)
        u = new
    return np.sum(u)


def done_before_a_break(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        u[1:] += 0.3 * u[:-1]
        if t == 3:
            u *= u
            total = np.sum(u)
            break
        total = u[0]
    else:
        total = u[1] * 3
    return np.sum(u) * total


def from_inner_loops(u, T):
    u = u.copy()
    for t in range(T):
        for i in range(1, len(u)):
            u[i] += 0.3 * u[i - 1]
            if t * i == 6:
                return np.sum(u**2) * u[i]
    return np.sum(u)


def returned_on_either_way(u, T):
    u = u.copy()
    for t in range(T):
        u[1:] += 0.3 * u[:-1]
        if t == 3:
            if u[0] > 0.5:
                return np.sum(u * u)
            return np.sum(u) * u[t]
    return np.sum(u)


def part_of_what_is_written(u, T):
    u, t = u.copy(), 0
    while True:
        inner = u[1:-1]
        inner += 0.1 * (u[2:] - 2 * inner + u[:-2])
        t += 1
        if t > T:
            return np.sum(inner**2) * len(inner)


LINEAR = [
    *(returned_endlessly, one_of_two_returns, returned_from_a_count, returned_anew),
    *(done_before_a_break, from_inner_loops, returned_on_either_way, part_of_what_is_written),
]


# What is read as the loop is left is of another kind.


def the_first_that_is_large(x, T):
    for i, v in enumerate(x):
        if v > 0.25 * T:
            return v**2 + i * x[i]
    return np.sum(x)


def of_a_list(x, T):
    found = []
    for t in range(T + 1):
        found.append(x[t % 5] * t)
        if len(found) == 4:
            return sum(v * v for v in found)
    return found[-1]


def array_given_back(x, T):
    def run(u):
        for t in range(T):
            w = u * 1.5
            w[0] = t
            if t == 2:
                return w * u
            u = w
        return u

    return np.sum(run(x) * x)


def written_as_it_is_left(x, T):
    u = x.copy()
    for t in range(T):
        v = u[1:]
        v *= u[:-1]
        if t == 2:
            v[0] = u[0] * 3
            u[-1] = v[0] ** 2
            break
    return np.sum(u * u)


def in_an_attempt(x, T):
    u = x.copy()
    try:
        for t in range(T):
            u = u * u[t]
            if t == 3:
                return np.sum(u) / u[t + 2]
    except IndexError:
        return np.sum(x)
    return np.sum(u * x)


def broken_or_returned(x, T):
    s = 0.0
    for t in range(T):
        s = s + x[t % 5]
        if s > 9.0:
            s = s * s
            break
        if t == 5:
            return s * x[0] * t
    return s**2


def name_of_an_arm(x, T):
    for t in range(T):
        if t % 2:
            w = x * t
            if t == 3:
                return np.sum(w * w)
        x = x * 1.1
    return np.sum(x)


OTHERS = [
    *(the_first_that_is_large, of_a_list, array_given_back, written_as_it_is_left, in_an_attempt),
    *(broken_or_returned, name_of_an_arm),
]


@pytest.mark.parametrize("f", [*LINEAR, *OTHERS], ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any], rng: np.random.Generator) -> None:
    u = rng.uniform(0.6, 1.4, 5)
    derivative = value_and_grad(f)
    for T in (0, 1, 2, 3, 4, 9):
        check_grads(f, (u, T), argnums=0)
        value, u_bar = derivative(u, T)
        np.testing.assert_allclose(value, f(u.copy(), T))
    _, pullback = vjp(partial(f, T=T), u)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], u_bar)


def test_what_is_written_as_it_is_left_is_written_once(rng: np.random.Generator) -> None:
    u = rng.uniform(0.6, 1.4, 5)
    kept = u.copy()
    value_and_grad(written_as_it_is_left)(u, 5)
    np.testing.assert_array_equal(u, kept)


@pytest.mark.parametrize("f", LINEAR, ids=lambda f: f.__name__)
def test_nothing_is_kept_of_a_trip(f: Callable[..., Any], rng: np.random.Generator) -> None:
    u, gradient = rng.uniform(0.0, 1e-3, 1000), grad(f)
    gradient(u, 1)
    used = []
    for trips in (1, 3):
        tracemalloc.start()
        gradient(u, trips)
        used.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert used[1] < used[0] + 1.5 * u.nbytes
    assert ".copy())" not in gradient.source


def test_the_text_has_a_break_and_then_what_was_returned() -> None:
    gradient = grad(returned_endlessly)
    gradient(np.linspace(0.1, 1.0, 6), 3)
    forward, _, backward = gradient.source.partition("# Backward")
    assert forward.rstrip().endswith("if t > T:\n            break")
    assert backward.split("\n")[1].strip().startswith("u_bar = 2 * u ")
    assert "stopped" not in gradient.source


def test_a_search_has_no_backward_loop() -> None:
    derivative = value_and_grad(the_first_that_is_large)
    derivative(np.linspace(0.1, 1.0, 6), 3)
    assert derivative.source.count("for i, ") == 1
    assert "None" not in derivative.source


def test_effects_keep_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x, n):
        for i in range(n):
            x = x * 1.5
            print("trip", i)
            if i == 2:
                print("left", i)
                return x * x
        print("ended")
        return x

    f(0.5, 5)
    wanted = capsys.readouterr().out
    value_and_grad(f)(0.5, 5)
    assert capsys.readouterr().out == wanted


def one_break_of_two(x):
    v = 0.0
    for j in range(3):
        if x[1] > 0:
            pass
        elif x[0] > -50:
            if j == 2:
                break
            continue
        v = np.sum(x)
        break
    return v


def an_array_bound_anew(x):
    s, q = 0.0, 2 * x
    for i in range(3):
        if x[i] > s:
            if s > -0.1:
                q = x
            break
        s += x[i]
    return q[0] + np.sum(q**2)


def read_on_some_ways(x):
    v, s = 0.0, 0.0
    for i in range(3):
        w = x * i
        if x[i] > 0:
            v = np.sum(w**2) if s > -0.2 else x[0]
            break
        s += x[i]
    return v + s * np.sum(x)


@pytest.mark.parametrize("f", [one_break_of_two, an_array_bound_anew, read_on_some_ways])
def test_ways_out_that_differ(f):
    check_at(f, *(np.array(x) for x in ([1.0, -2.0, 0.5], [-0.15, 0.7, 0.3], [-0.5, -0.2, 0.9])))


def returned_with_an_index_or_without(x):
    for t in range(4):
        if t > 2:
            break
        for i in range(2, 0, -1):
            if x[0] > 0:
                return x[0] if x[0] > x[1] else x[1] ** 2
            if x[2] > 0.4:
                return x[1] * (i + 1) + x[t]
    return np.sum(x)


def test_an_index_that_only_one_way_out_reads() -> None:
    """The other way hands on that there is none, through each loop that it leaves."""
    xs = ([1.0, -2.0, 0.5], [0.15, 0.7, 0.3], [-0.5, -0.2, 0.9], [-0.5, -0.2, 0.3])
    check_at(returned_with_an_index_or_without, *map(np.array, xs))


def none_or_a_number(x):
    def found(x, c):
        for k, _ in enumerate(x):
            if k == 3:
                return None
            if k > 1:
                return c

    value, total = found(x, x[0] * 2), 0.1
    if value is not None:
        total += value * x[1]
    return total


def test_none_or_a_number_where_there_is_neither():
    check_at(none_or_a_number, np.array([0.3, -0.5]))
    check_at(none_or_a_number, np.array([0.3, -0.5, 0.7, 1.1]))

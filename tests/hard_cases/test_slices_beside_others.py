"""Stencils over several arrays keep nothing of their steps but what the reverse pass reads.

Whether ``u[1:-1] + b[1:-1]`` broadcasts depends on whether one of them has one element.  Where
neither has in the call that is compiled, the derivative rests on that: nothing is kept, or tested,
to find it out.
"""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def source_term(u, b, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[:-2] + u[2:] - 2 * u[1:-1]) + 0.01 * b[1:-1]
    return np.sum(u**2)


def conductivity(u, b, steps):
    for _ in range(steps):
        u[1:-1] += b[1:-1] * (u[:-2] + u[2:] - 2 * u[1:-1])
    return np.sum(u**2)


def staggered(u, b, steps):
    for _ in range(steps):
        flux = b[:-1] * (u[1:] - u[:-1])
        u[1:-1] += 0.1 * (flux[1:] - flux[:-1])
    return np.sum(u**2)


def until_it_rests(u, b, steps):
    change = 1.0
    while change > 1e-2 and steps > 0:
        old = u.copy()
        u[1:-1] = 0.5 * (u[:-2] + u[2:]) + b[1:-1]
        change = np.abs(u - old).max()
        steps -= 1
    return np.sum(u**2)


def in_the_plane(u, b, steps):
    u = u[:, None] * u
    k = b[:, None] + b
    for _ in range(steps):
        u[1:-1, 1:-1] += 0.01 * k[1:-1, 1:-1] * (u[2:, 1:-1] + u[:-2, 1:-1] - u[1:-1, 2:])
    return np.sum(u**2)


LINEAR: list[Any] = [source_term, conductivity, staggered, until_it_rests, in_the_plane]


def arguments(n: int, m: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(n * 10 + m)
    return rng.uniform(0.1, 0.3, n), rng.uniform(0.1, 0.3, m), 4


@pytest.mark.parametrize("f", LINEAR)
def test_nothing_is_kept_of_a_linear_stencil(f: Any) -> None:
    gradient = grad(f)
    gradient(*arguments(7, 7))
    assert "_unbroadcast" not in gradient.source
    assert "append" not in gradient.source


def with_factors(u, b, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 / 0.9**2 * b[1:-1] * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def divided(u, b, steps):
    for _ in range(steps):
        u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) / (b[1:-1] * steps)
    return np.sum(u**2)


def two_fields(u, b, steps):
    p, v = u * 1.0, np.zeros(len(u) + 1)
    for _ in range(steps):
        v[1:-1] -= 0.2 / (b[1:] + b[:-1]) * (p[1:] - p[:-1])
        p -= 0.3 * (v[1:] - v[:-1])
    return np.sum(p**2)


def matrix_filled_before(u, b, steps):
    k = np.zeros((len(u), len(u)))
    for i in range(1, len(u)):
        k[i, i - 1] = b[i]
        k[i, i] = -b[i]
    for _ in range(steps):
        u = u + 0.1 * k @ u
    return np.sum(u**2)


CONSTANT = [with_factors, divided, two_fields, matrix_filled_before]
LINEAR += CONSTANT


@pytest.mark.parametrize("f", CONSTANT)
def test_what_is_the_same_in_all_trips_is_not_kept(f: Any) -> None:
    gradient = grad(f)
    gradient(*arguments(7, 7))
    assert "append" not in gradient.source


def test_what_is_put_back_is_left_alone() -> None:
    gradient = grad(divided)
    gradient(*arguments(7, 7))
    assert ".copy()" not in gradient.source.split("# Backward")[1]


@pytest.mark.parametrize("f", LINEAR[:2])
def test_memory_does_not_grow_with_the_steps(f: Any) -> None:
    gradient = grad(f)
    u, b, _ = arguments(2000, 2000)
    gradient(u, b, 2)

    def peak(steps: int) -> int:
        tracemalloc.start()
        gradient(u, b, steps)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = (min(peak(steps) for _ in range(3)) for steps in (5, 50))
    assert many < few + u.nbytes


# The lengths of `u` and `b`, in the order of the calls: the first one decides what is compiled.
LENGTHS = [(8, 8), (3, 3), (4, 4), (8, 3), (4, 3), (2, 2), (5, 5)]


@pytest.mark.parametrize("f", LINEAR)
@pytest.mark.parametrize("lengths", [LENGTHS, LENGTHS[::-1], LENGTHS[3:] + LENGTHS[:3]])
def test_every_length_is_right(f: Any, lengths: list[tuple[int, int]]) -> None:
    gradient = value_and_grad(f, argnums=(0, 1))
    for n, m in lengths:
        u, b, steps = arguments(n, m)
        try:
            expected = f(u.copy(), b, steps)
        except (ValueError, IndexError) as error:
            with pytest.raises(type(error)):
                gradient(u, b, steps)
            continue
        value, (u_bar, b_bar) = gradient(u, b, steps)
        np.testing.assert_allclose(value, expected, rtol=1e-14)
        for x, x_bar in ((u, u_bar), (b, b_bar)):
            for i in range(len(x)):
                x[i] += 1e-6
                above = f(u.copy(), b, steps)
                x[i] -= 2e-6
                below = f(u.copy(), b, steps)
                x[i] += 1e-6
                np.testing.assert_allclose(x_bar[i], (above - below) / 2e-6, rtol=2e-6, atol=1e-8)


def test_lengths_that_differ_by_an_offset() -> None:
    def f(edges, cells):
        width = np.diff(edges)
        return np.sum(width * cells**2) + np.sum(edges[1:-1] * cells[1:] * cells[:-1])

    rng = np.random.default_rng(3)
    compiled = grad(f, argnums=(0, 1))
    for n in (6, 3, 4, 7):
        edges, cells = rng.uniform(1, 2, n), rng.uniform(1, 2, n - 1)
        check_grads(f, (edges, cells), (0, 1))
        edges_bar, cells_bar = compiled(edges, cells)
        want = np.zeros(n)
        want[1:] += cells**2
        want[:-1] -= cells**2
        want[1:-1] += cells[1:] * cells[:-1]
        np.testing.assert_allclose(edges_bar, want, rtol=1e-13)
        want = 2 * np.diff(edges) * cells
        want[1:] += edges[1:-1] * cells[:-1]
        want[:-1] += edges[1:-1] * cells[1:]
        np.testing.assert_allclose(cells_bar, want, rtol=1e-13)


def test_one_slice_is_broadcast_where_it_has_one_element() -> None:
    def f(x, y):
        return np.sum(x[1:-1] * y[1:-1] + x[1:-1])

    gradient = grad(f, argnums=(0, 1))
    rng = np.random.default_rng(5)
    for n, m in itertools.permutations((3, 5, 3, 6, 5), 2):
        x, y = rng.normal(size=n), rng.normal(size=m)
        if n != m and 3 not in (n, m):
            with pytest.raises(ValueError):
                gradient(x, y)
            continue
        x_bar, y_bar = gradient(x, y)
        k = max(n, m) - 2
        inner = np.ones(k) * (y[1:-1] + 1)
        np.testing.assert_allclose(x_bar[1:-1], inner if n > 3 else inner.sum(), rtol=1e-13)
        inner = np.ones(k) * x[1:-1]
        np.testing.assert_allclose(y_bar[1:-1], inner if m > 3 else inner.sum(), rtol=1e-13)


def shape_alone(u, b, steps):
    for _ in range(steps):
        both = np.concatenate([u, b])
        flux = np.sin(both)
        u = u + 0.1 * (flux[0] - flux[-1])
    return np.sum(u**2)


def test_the_shape_of_what_is_saved_anyway_is_asked() -> None:
    x, b, steps = arguments(7, 3)
    check_grads(shape_alone, (x, b, steps), (0, 1))
    gradient = grad(shape_alone, argnums=(0, 1))
    gradient(x, b, steps)
    assert gradient.source.count(".append(") == 1  # of `both`, not of `flux`


def longer_than_the_argument(u, b, steps):
    for _ in range(steps):
        h = np.zeros(len(u) + 1)
        h[1:-1] = 0.1 * (u[1:] - u[:-1])
        u = u + (h[1:] - h[:-1])
    return np.sum(u**2)


def like_one_made_before(u, b, steps):
    zeros = np.zeros((5, 4))
    t = zeros + u[:4]
    for _ in range(steps):
        h = np.zeros_like(zeros)
        h[1:-1] = 0.1 * (t[2:] - t[:-2])
        t = t + h * 0.5
    return np.sum(t**2)


@pytest.mark.parametrize("f", [longer_than_the_argument, like_one_made_before])
def test_zeros_are_made_of_a_length_or_like_what_is_there(f: Any) -> None:
    u, b, steps = arguments(7, 3)
    check_grads(f, (u, b, steps), 0)
    gradient = grad(f)
    gradient(u, b, steps)
    assert "append" not in gradient.source


# Where nobody knows whether something is broadcast, no more than a shape is kept to find it out.


def recurrence(u, b, steps):
    s = u.copy()
    for j in range(1, steps + 1):
        s[j:] = s[j:] - 0.5 * s[:-j]
    return np.sum(s**2)


def twice_as_long(u, b, steps):
    for _ in range(steps):
        new = np.empty(2 * len(u))
        new[0::2] = 0.75 * u + 0.25 * np.roll(u, -1)
        new[1::2] = 0.25 * u + 0.75 * np.roll(u, -1)
        u = new
    return np.sum(u**2)


def up_to_a_length(u, b, steps):
    for _ in range(steps):
        both = np.concatenate([u, b])
        u = u + 0.1 * both[: len(u)]
    return np.sum(u**2)


def in_one_arm(u, b, steps):
    for i in range(steps):
        if u[0] > 0.2 or i % 2:
            part = 0.5 * np.concatenate([u, b])[: len(u)]
            u = u - part * i
        else:
            u = u * 0.9
    return np.sum(u**2)


def until_it_is_small(u, b, steps):
    while np.sum(u**2) > 1e-3:
        both = np.concatenate([u, b])
        u = 0.5 * both[: len(u)] + 0.1 * both[-len(u) :]
        b = 0.5 * b
    return np.sum(u)


SHAPES = [recurrence, twice_as_long, up_to_a_length, until_it_is_small]


@pytest.mark.parametrize("lengths", [(6, 6), (5, 3), (3, 1), (4, 2)])
def test_what_is_there_in_one_arm_is_kept(lengths: tuple[int, int]) -> None:
    u, b, _ = arguments(*lengths)
    for steps in (0, 1, 2, 5):
        check_grads(in_one_arm, (u, b, steps), (0, 1))


@pytest.mark.parametrize("f", SHAPES)
@pytest.mark.parametrize("lengths", [(6, 6), (5, 3), (3, 1), (4, 2)])
def test_shapes_are_kept(f: Any, lengths: tuple[int, int]) -> None:
    u, b, steps = arguments(*lengths)
    steps = min(steps, len(u) - 1)
    check_grads(f, (u, b, steps), (0, 1))
    gradient = grad(f, argnums=(0, 1))
    gradient(u, b, steps)
    kept = [line for line in gradient.source.splitlines() if ".append(" in line]
    kept = [line for line in kept if "u_before" not in line]  # the states, for their length
    assert all(".shape)" in line for line in kept)
    _, pull = vjp(lambda u, b: f(u, b, steps), u, b)
    for again in (pull(1.0), pull(1.0)):
        for x_bar, expected in zip(again, gradient(u, b, steps), strict=True):
            np.testing.assert_array_equal(x_bar, expected)


def test_memory_of_a_recurrence_does_not_grow() -> None:
    gradient = grad(recurrence)
    u = np.ones(4000)
    gradient(u, u, 2)

    def peak(steps: int) -> int:
        tracemalloc.start()
        gradient(u, u, steps)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = (min(peak(steps) for _ in range(3)) for steps in (5, 60))
    assert many < few + u.nbytes

"""Linear steps save no array: what is asked for its shape alone is known, or its shape is saved.

Others save what the reverse reads, once, and not what one operation gives of it.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def wave_in_new_arrays(u, T):
    before, u = u.copy(), u.copy()
    for _ in range(T):
        after = np.zeros_like(u)
        after[1:-1] = 2 * u[1:-1] - before[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        before, u = u, after
    return np.sum(u * u)


def wave_in_empty_arrays(u, T):
    before, u = u.copy(), u.copy()
    for _ in range(T):
        after = np.empty(len(u))
        after[0] = after[-1] = 0.0
        after[1:-1] = 2 * u[1:-1] - before[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        before, u = u, after
    return np.sum(u * u)


def wave_in_copies(u, T):
    before = u
    for _ in range(T):
        after = u.copy()
        after[1:-1] = 2 * u[1:-1] - before[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        before, u = u, after
    return np.sum(u * u)


def periodic_by_concatenate(u, T):
    for _ in range(T):
        g = np.concatenate([u[-1:], u, u[:1]])
        u = u + 0.1 * (g[2:] - 2 * g[1:-1] + g[:-2])
    return np.sum(u * u)


def ends_put_beside(u, T):
    for _ in range(T):
        i = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = np.concatenate(([i[0]], i, [i[-1]]))
    return np.sum(u * u)


def zeros_put_beside(u, T):
    for _ in range(T):
        i = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = np.hstack([0.0, i, 0.0])
    return np.sum(u * u)


def convolved(u, T):
    kernel = np.array([0.25, 0.5, 0.25])
    for _ in range(T):
        u = np.convolve(u, kernel, mode="same")
    return np.sum(u * u)


def pairs(u, T):
    for _ in range(T):
        M = u.reshape(-1, 2)
        M = M + 0.1 * M[:, ::-1]
        u = M.ravel()
    return np.sum(u * u)


def einsum_of_a_reshape(u, T):
    M = np.eye(4) * 0.9
    for _ in range(T):
        u = np.einsum("ij,jk->ik", M, u.reshape(4, -1)).ravel()
    return np.sum(u * u)


def halves(u, T):
    for _ in range(T):
        a, b = np.split(u, 2)
        u = np.concatenate([a + 0.1 * b, b - 0.1 * a])
    return np.sum(u * u)


def ends_kept_beside(u, T):
    for _ in range(T):
        i = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = np.hstack((u[:1], i, u[-1:]))
    return np.sum(u * u)


def ends_kept_by_r(u, T):
    for _ in range(T):
        u = np.r_[u[0], u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]), u[-1]]
    return np.sum(u * u)


def one_put_behind(u, T):
    for _ in range(T):
        u = np.append(u[1:], 0.5 * u[0])
    return np.sum(u * u * np.arange(len(u)))


def means_of_neighbours(u, T):
    for _ in range(T):
        u = np.append(np.vstack([u[:-1], u[1:]]).mean(axis=0), 0.1)
    return np.sum(u * u)


def matrix_in_each_step(u, T):
    A = np.eye(4) * 0.9 + 0.01
    for _ in range(T):
        u = (A @ u.reshape(4, -1)).reshape(u.shape)
    return np.sum(u * u)


def of_some_length(u, T):
    """What is handed on gets shorter in each trip."""
    s = 0.0
    for _ in range(T):
        after = np.zeros_like(u[1:])
        after[:] = u[1:] - 0.5 * u[:-1]
        u = after
        s += u[0]
    return s + np.sum(u * u)


def until_small(u, T):
    before, n = u, 0
    while np.sum(u) > 1e-3 and n < T:
        after = np.zeros_like(u)
        after[1:-1] = 0.7 * u[:-2] + 0.1 * before[2:]
        before, u = u, after
        n += 1
    return np.sum(u * u)


def what_was_ravelled(u, T):
    a = u.ravel()
    for _ in range(T):
        b = np.zeros_like(a)
        b[1:] = 0.5 * a[:-1]
        a = b
    return a @ a


def what_was_reshaped(u, T):
    a = 2.0 * u.reshape(-1)
    for _ in range(T):
        b = np.zeros_like(a)
        b[1:-1] = 0.5 * (a[:-2] + a[2:])
        a = b
    return a @ a + np.sum(u)


PROGRAMS = [
    *(what_was_ravelled, what_was_reshaped),
    *(wave_in_new_arrays, wave_in_empty_arrays, wave_in_copies, periodic_by_concatenate),
    *(ends_put_beside, zeros_put_beside, convolved, pairs, einsum_of_a_reshape, halves),
]
NO_LIST = [ends_kept_beside, ends_kept_by_r, one_put_behind, means_of_neighbours]
NO_LIST += [matrix_in_each_step]
PROGRAMS += NO_LIST


@pytest.mark.parametrize("f", [*PROGRAMS, of_some_length, until_small], ids=lambda f: f.__name__)
@pytest.mark.parametrize("T", [0, 1, 4])
def test_gradients(f: Callable[..., Any], T: int) -> None:
    u = np.linspace(0.4, 1.3, 8)
    check_grads(lambda u: f(u, T), (u,))
    value, u_bar = value_and_grad(f)(u, T)
    np.testing.assert_allclose(value, f(u, T))
    _, pullback = vjp(lambda u: f(u, T), u)
    np.testing.assert_allclose(pullback(1.0)[0], u_bar)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_no_array_is_saved(f: Callable[..., Any]) -> None:
    u = np.linspace(0.4, 1.3, 4000)
    gradient = grad(f)
    gradient(u, 1)
    assert _peak(gradient, u, 24) < _peak(gradient, u, 4) + u.nbytes


@pytest.mark.parametrize("f", NO_LIST, ids=lambda f: f.__name__)
def test_no_shape_is_saved(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    gradient(np.linspace(0.4, 1.3, 8), 2)
    assert ".append(" not in gradient.source.partition("# Backward")[0]


def test_lengths_of_slices_at_an_end_are_known() -> None:
    """Of an array of more than one element, ``u[:1]`` and ``u[-1:]`` have one."""
    gradient = grad(periodic_by_concatenate)
    gradient(np.linspace(0.4, 1.3, 8), 2)
    assert ".append(" not in gradient.source
    np.testing.assert_allclose(gradient(np.array([0.5]), 2), [1.0])  # where all are one
    check_grads(periodic_by_concatenate, (np.array([0.5, 0.7]), 3), argnums=0)


def _peak(gradient: Callable[..., Any], u: np.ndarray, T: int) -> int:
    """The bytes that a gradient over some steps needs at once."""
    tracemalloc.start()
    gradient(u, T)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


# --- what is not linear ---------------------------------------------------------------------------


def reaction(u, T):
    for _ in range(T):
        spread = np.zeros_like(u)
        spread[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
        u = u + 0.1 * (spread + u * (1 - u))
    return np.sum(u * u)


def two_factors(u, T):
    for t in range(T):
        u = (2 * u) * (u - 0.1 * t) * 0.3 + 0.5 * np.roll(u, 1)
    return np.sum(u * u)


def sigmoids(u, T):
    for _ in range(T):
        e = np.exp(-u)
        u = u + 1 / (1 + e)
    return np.sum(u)


def factor_in_an_arm(u, T):
    for t in range(T):
        if t % 2 == 0:
            u = u * (3 - u)
        else:
            u = np.sin(u) * (1 - u)
    return np.sum(u)


def of_what_stays(u, T):
    h = np.ones_like(u)
    for _ in range(T):
        h = h * (1 - u) + h * h * (2 * h)
    return np.sum(h)


def flux_in_place(u, T):
    u = u.copy()
    for _ in range(T):
        f = 0.5 * u * u
        u[1:-1] -= 0.1 * (f[2:] - f[:-2])
    return np.sum(u * u)


def written_in_between(u, T):
    u = u.copy()
    for _ in range(T):
        half = 0.5 * u
        u[1:] += u[:-1]
        u *= half * u
    return np.sum(u)


def part_of_what_is_written(u, T):
    u = u.copy()
    for t in range(T):
        inner = u[1:-1]
        f = (inner - 0.1 * t) * inner
        u[2:] -= 0.1 * f
        inner[:] = 0.9 * inner + f * (1 - inner)
    return np.sum(u * u)


def upwind(u, T):
    u = u.copy()
    for _ in range(T):
        u[1:-1] -= 0.1 * u[1:-1] * (u[1:-1] - u[:-2])
    return np.sum(u * u)


def upwind_anew(u, T):
    for _ in range(T):
        new = u.copy()
        new[1:-1] = u[1:-1] - 0.1 * u[1:-1] * (u[1:-1] - u[:-2])
        u = new
    return np.sum(u * u)


def growth_in_place(u, T):
    u = u.copy()
    for _ in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) + 0.05 * u[1:-1] * (1 - u[1:-1])
    return np.sum(u * u)


def two_species(u, T):
    u, v = u.copy(), 0.5 * u
    for _ in range(T):
        uvv = u * v * v
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) - uvv[1:-1] + 0.03 * (1 - u[1:-1])
        v[1:-1] += 0.05 * (v[2:] - 2 * v[1:-1] + v[:-2]) + uvv[1:-1] - 0.09 * v[1:-1]
    return np.sum(u * v)


def written_twice_with_two_factors(u, T):
    u = u.copy()
    for _ in range(T):
        f = (u[1:] - u[:-1]) * (0.5 - u[1:])
        u[1:] -= 0.1 * f
        u[0] = f[2] * u[1]
    return np.sum(u * u)


def factors_of_what_was_there(u, T):
    u, c = u.copy(), np.zeros_like(u)
    c[1:] = 0.25
    for _ in range(T):
        d, p = u - c, 2 * u
        u[:] = 0.5 * p
        u[1:] *= (d * p)[1:] * c[1:]
    return np.sum(u * u)


def rusanov(u, T):
    for _ in range(T):
        left, right = u[:-1], u[1:]
        speed = np.maximum(np.abs(left), np.abs(right))
        f = 0.25 * (left * left + right * right) - 0.5 * speed * (right - left)
        v = u.copy()
        v[1:-1] = u[1:-1] - 0.1 * (f[1:] - f[:-1])
        u = v
    return np.sum(u * u)


SAVING: dict[Callable[..., Any], float] = {
    rusanov: 2,
    reaction: 1,
    two_factors: 1,
    sigmoids: 2,
    flux_in_place: 1,
    upwind: 1,
    upwind_anew: 1,
    growth_in_place: 1,
    two_species: 2,
}
OTHERS = [factor_in_an_arm, of_what_stays, written_in_between, part_of_what_is_written]
OTHERS += [written_twice_with_two_factors, factors_of_what_was_there]


@pytest.mark.parametrize("f", [*SAVING, *OTHERS], ids=lambda f: f.__name__)
def test_gradients_of_what_is_not_linear(f: Callable[..., Any]) -> None:
    u = np.linspace(0.2, 0.6, 6)
    for T in (0, 1, 3):
        check_grads(lambda u, T=T: f(u, T), (u,))


@pytest.mark.parametrize("f", SAVING, ids=lambda f: f.__name__)
def test_arrays_saved_in_each_step(f: Callable[..., Any]) -> None:
    """A sum, difference or product with a number is computed again from what is saved anyway."""
    u = np.linspace(0.2, 0.6, 4000)
    gradient = grad(f)
    gradient(u, 1)
    few, many = _peak(gradient, u, 4), _peak(gradient, u, 24)
    assert (many - few) / 20 / u.nbytes == pytest.approx(SAVING[f], abs=0.1)


# --- what is the same in each step ----------------------------------------------------------------


def by_a_mask_of_places(u, T):
    for _ in range(T):
        spread = np.zeros_like(u)
        spread[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
        u = np.where(np.arange(len(u)) > 3, u + 0.1 * spread, u)
    return np.sum(u * u)


def damped_at_some_places(u, T):
    u = u.copy()
    for _ in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        damped = np.arange(len(u)) % 3 == 0
        u *= np.where(damped | (np.ones(len(u)) > 2), 0.5, 1.0)
    return np.sum(u * u)


def by_a_profile(u, T):
    t = 0
    while t < T:
        profile = np.linspace(0.0, 1.0, len(u)) ** 2
        u = u + 0.1 * profile * np.roll(u, 1)
        t += 1
    return np.sum(u * u)


def of_a_length_that_changes(u, T):
    for _ in range(T):
        u = np.where(np.arange(len(u)) > 1, 0.9 * u, u)[:-1] * 0.5
    return np.sum(u * u)


def of_an_array_that_changes(u, T):
    c = np.arange(len(u))
    for t in range(T):
        u = np.where(c % 2 == 0, 0.9 * u, u * u)
        c[t % 3] += 1
    return np.sum(u * u)


SAME = [by_a_mask_of_places, damped_at_some_places, by_a_profile]


@pytest.mark.parametrize(
    "f", [*SAME, of_a_length_that_changes, of_an_array_that_changes], ids=lambda f: f.__name__
)
def test_gradients_with_what_is_the_same(f: Callable[..., Any]) -> None:
    u = np.linspace(0.4, 1.3, 8)
    for T in (0, 1, 2, 4):
        check_grads(f, (u, T), argnums=0)


@pytest.mark.parametrize("f", SAME, ids=lambda f: f.__name__)
def test_what_is_the_same_is_not_saved(f: Callable[..., Any]) -> None:
    u = np.linspace(0.4, 1.3, 4000)
    gradient = grad(f)
    gradient(u, 1)
    assert _peak(gradient, u, 24) < _peak(gradient, u, 4) + 0.5 * u.nbytes


# --- coefficients that are filled before the steps ------------------------------------------------


def implicit_steps(u, T):
    """The tridiagonal solver by Thomas."""
    n, a, b, c = len(u), -0.3, 1.6, -0.3
    cp = np.zeros(n)
    cp[0] = c / b
    for i in range(1, n):
        cp[i] = c / (b - a * cp[i - 1])
    for _ in range(T):
        dp = np.zeros(n)
        dp[0] = u[0] / b
        for i in range(1, n):
            dp[i] = (u[i] - a * dp[i - 1]) / (b - a * cp[i - 1])
        x = np.zeros_like(u)
        x[-1] = dp[-1]
        for i in range(n - 2, -1, -1):
            x[i] = dp[i] - cp[i] * x[i + 1]
        u = x
    return np.sum(u * u)


def filled_again_afterwards(u, T):
    c = np.zeros(4)
    c[0], c[1] = 0.5, 0.25
    for t in range(T):
        u = u * (1.0 - c[t % 2]) + (2.0 * c[1] - c[0]) * np.roll(u, 1)
    c[:] = 7.0
    return np.sum(u * u) * c[0]


def filled_in_each_step(u, T):
    c = np.zeros(4)
    c[0] = 0.5
    for _ in range(T):
        k = 1.0 - 0.25 * c[0]
        u = u * k
        c[0] = c[0] * 0.5 + 0.1
        u = u * (1.0 + c[0] * 0.1) * k
    return np.sum(u * u)


def replaced_in_each_step(u, T):
    c = np.linspace(0.1, 0.5, len(u))
    c[2] = 0.25
    for t in range(T):
        k = 2.0 - c[2]
        u = u * k * (1.0 + c[t % 3] * c[t % 2])
        c = c * 0.9
    return np.sum(u * u)


COEFFICIENTS = [implicit_steps, filled_again_afterwards, filled_in_each_step]
COEFFICIENTS += [replaced_in_each_step]


@pytest.mark.parametrize("f", COEFFICIENTS, ids=lambda f: f.__name__)
def test_gradients_with_coefficients(f: Callable[..., Any]) -> None:
    u = np.linspace(0.4, 1.3, 6)
    for T in (0, 1, 4):
        check_grads(f, (u, T), argnums=0)
    _, pullback = vjp(lambda u: f(u, 3), u)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], grad(f)(u, 3))


def test_what_is_computed_from_coefficients_is_not_saved() -> None:
    gradient = grad(implicit_steps)
    gradient(np.linspace(0.4, 1.3, 6), 2)
    assert ".append(" not in gradient.source


# --- what is observed on the way ------------------------------------------------------------------


def decided_by_an_element(u, T):
    for _ in range(T):
        if u[3] > 0.01:
            v = np.zeros_like(u)
            v[1:-1] = 0.5 * (u[2:] + u[:-2])
            u = v
        else:
            u = u * 0.9 + 0.1
    return np.sum(u * u)


def parts_of_some_length(u, T):
    b, n = u.copy(), len(u)
    for k in range(T):
        m = n - k % 4
        b[: m - 1] = 0.4 * b[: m - 1] + 0.6 * b[1:m]
    return b[0] ** 2 + b[1]


def element_squared(u, T):
    u, total = u.copy(), 0.0
    for _ in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        total += u[3] ** 2
    return total


def elements_recorded(u, T):
    u, record = u.copy(), np.zeros(T)
    for t in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        record[t] = u[3] ** 2 * np.sin(u[2])
    return np.sum(record)


def every_tenth(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        if t % 10 == 1:
            total += np.sum(u**2)
    return total


def part_of_every_tenth(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        if t % 10 == 1:
            total += np.sum(u[1:] ** 2) + u[3] * u[t % 4]
        else:
            total += 0.01 * np.sum(u)
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return total


def left_when_large(u, T):
    u, total, t = u.copy(), 0.0, 0
    while t < T:
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        t += 1
        if t % 9 == 2:
            total += np.sum(np.sin(u))
        elif u[3] > 1e9:
            break
        total += u[1] ** 2
    return total


def after_inner_steps(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        for _ in range(3):
            u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        total += u[2] ** 2
    return total


OBSERVED = {
    decided_by_an_element: 0,
    parts_of_some_length: 0,
    after_inner_steps: 0,
    element_squared: 0,
    elements_recorded: 0,
    every_tenth: 0.1,
    part_of_every_tenth: 0.1,
}


def written_in_the_arm(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        if t % 3 == 1:
            total += np.sum(u**2)
            u[1:] *= 0.5
            total += u[2] ** 2
    return total


def read_in_both_places(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        total += u[3] ** 2
        if t % 3 == 1:
            total += np.sum(u**2) * u[2]
        w = np.sin(u)
        total += w[1]
    return total


def placed_by_what_is_written(u, T):
    u, total = u.copy(), 0.0
    at = np.zeros(2, dtype=int)
    for t in range(T):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        if t % 2 == 0:
            at[0] = t % 5
            total += u[at[0]] ** 2
            at[0] = 1
    return total + u[at[0]]


def under_two_names(u, T):
    u, w = u.copy(), 0.5 * u
    total = 0.0
    for t in range(T):
        w[1:-1] = 2 * u[1:-1] - w[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        if t % 3 == 0:
            total += np.sum(w * u)
        u, w = w, u
        total += u[2] ** 2
    return total


def in_inner_loops(u, T):
    u, total = u.copy(), 0.0
    for t in range(T):
        for k in range(3):
            u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
            total += u[k] ** 2
        if t % 2:
            total += np.sum(u**3)
    return total


SEEN = [written_in_the_arm, read_in_both_places, placed_by_what_is_written, under_two_names]
SEEN += [in_inner_loops, left_when_large]


@pytest.mark.parametrize("f", [*OBSERVED, *SEEN], ids=lambda f: f.__name__)
def test_gradients_of_what_is_observed(f: Callable[..., Any]) -> None:
    u = np.linspace(0.2, 0.9, 6) ** 2
    for T in (0, 1, 2, 5, 12):
        check_grads(f, (u, T), argnums=0)
    value, u_bar = value_and_grad(f)(u, 5)
    np.testing.assert_allclose(value, f(u, 5))
    _, pullback = vjp(lambda u: f(u, 5), u)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], u_bar)


@pytest.mark.parametrize("f", OBSERVED, ids=lambda f: f.__name__)
def test_what_is_observed_is_saved(f: Callable[..., Any]) -> None:
    """And not what the step overwrites, which nobody else reads."""
    u = np.linspace(0.2, 0.6, 4000)
    gradient = grad(f)
    gradient(u, 1)
    few, many = _peak(gradient, u, 10), _peak(gradient, u, 30)
    assert (many - few) / 20 / u.nbytes == pytest.approx(OBSERVED[f], abs=0.01)


# --- results that are written where the program says ----------------------------------------------


def half_into(u, T):
    u, w = u.copy(), np.empty_like(u)
    for _ in range(T):
        np.multiply(u, 0.5, out=w)
        np.add(u[1:], w[:-1], out=u[1:])
    return np.sum(u * w)


def row_into(u, T):
    A = np.zeros((3, len(u)))
    for t in range(T):
        np.multiply(u, A[t - 1] + 1, out=A[t])
        np.sin(A[t], out=A[t])
    return np.sum(A * A)


def number_into(u, T):
    w = np.zeros_like(u)
    for _ in range(T):
        np.add(w, np.exp(u[0]), out=w)
        np.exp(u[0], out=w[1:])
    return np.sum(w * u)


@pytest.mark.parametrize("f", [half_into, row_into, number_into], ids=lambda f: f.__name__)
def test_gradients_of_results_written_into_arrays(f: Callable[..., Any]) -> None:
    u = np.linspace(0.2, 0.6, 5)
    for T in (1, 3):
        check_grads(lambda u, T=T: f(u, T), (u,))
        np.testing.assert_allclose(value_and_grad(f)(u, T)[0], f(u, T))


def test_outputs_stay_in_the_text() -> None:
    """No array is made for the result, and the cotangent of a part is not copied."""
    gradient = grad(half_into)
    gradient(np.linspace(0.2, 0.6, 5), 2)
    assert "np.multiply(u, 0.5, out=w)" in gradient.source
    assert "w_bar[:-1] += u_1_bar[1:]" in gradient.source
    assert "copy()" not in gradient.source.partition("# Backward")[2]


def into_single_precision(u):
    w = np.empty(len(u), dtype=np.float32)
    np.multiply(u, 2, out=w, casting="same_kind")
    return np.sum(w * w)


def test_what_is_rounded_is_assigned() -> None:
    gradient = grad(into_single_precision)
    np.testing.assert_allclose(gradient(np.ones(3)), 8.0)
    assert "w[...] = np.multiply(u, 2)" in gradient.source


def float32_shapes(u, T):
    for _ in range(T):
        i = u[1:-1] * np.float32(0.5)
        u = np.hstack([u[:1], i, u[-1:]])
    return np.sum(u)


def test_single_precision_stays() -> None:
    u = np.linspace(0.5, 1.5, 6, dtype=np.float32)
    u_bar = grad(float32_shapes)(u, 3)
    assert u_bar.dtype == np.float32
    np.testing.assert_allclose(u_bar, [1, 0.125, 0.125, 0.125, 0.125, 1])

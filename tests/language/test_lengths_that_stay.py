"""Lengths that are sums or products of others, and stay what they are from trip to trip."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from srcgrad.testing import check_grads


def lifting(u, T):
    for _ in range(T):
        e, o = u[::2], u[1::2]
        d = o - 0.5 * e
        s = e + 0.25 * d
        u = np.concatenate([s, d])
    return np.sum(u**2)


def halves(u, T):
    y, h = np.hstack([u, 0.5 * u]), len(u)
    for _ in range(T):
        q, p = y[:h], y[h:]
        y = np.hstack([q + 0.1 * p, p - 0.1 * q])
    return np.sum(y**2)


def a_part_changed(u, T):
    m = len(u) // 2
    for _ in range(T):
        a, b = u[:m], u[m:]
        u = np.concatenate([0.9 * a + 0.1 * b[:m], b])
    return np.sum(u**2)


def right_hand_side(u, T):
    n = len(u)
    y = np.concatenate([u, np.zeros(n)])
    for _ in range(T):
        q, v = y[:n], y[n:]
        a = np.zeros(n)
        a[1:-1] = q[2:] - 2 * q[1:-1] + q[:-2]
        y = y + 0.1 * np.concatenate([v, a])
    return np.sum(y**2)


def repeated(u, T):
    for _ in range(T):
        c = 0.5 * (u[::2] + u[1::2])
        u = np.repeat(c, 2)
    return np.sum(u**2)


def as_a_matrix(u, T, n=2, m=3):
    for _ in range(T):
        M = u.reshape(n, m)
        M = M + 0.1 * (M[:, ::-1] - M)
        u = M.ravel()
    return np.sum(u**3)


def stacked(u, T):
    for _ in range(T):
        h = len(u) // 2
        a, b = u[:h], u[h:]
        u = 0.7 * np.stack([a + b, a - b]).ravel()
    return np.sum(u**2)


PROGRAMS = [lifting, halves, a_part_changed, right_hand_side, repeated, as_a_matrix, stacked]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_nothing_is_saved(f: Callable[..., Any]) -> None:
    u = np.array([0.2, 0.9, 0.5, 0.7, 1.1, 0.4])
    for T in (0, 1, 3):
        check_grads(f, (u, T), argnums=0)
    value, u_bar = value_and_grad(f)(u, 2)
    np.testing.assert_allclose(value, f(u, 2))
    _, pullback = vjp(lambda u: f(u, 2), u)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], u_bar)
    gradient = grad(f)
    gradient(u, 2)
    assert ".append(" not in gradient.source
    assert "broadcast" not in gradient.source


def one_part_replaced(u, v, T):
    for _ in range(T):
        u = np.concatenate([0.9 * u[:2], v * u[0]])
    return np.sum(u**2)


def longer_by_a_number(u, k, T):
    for _ in range(T):
        u = np.concatenate([0.5 * u[k:], np.ones(k) * u[0]])
    return np.sum(u**2)


def a_sum_of_lengths(u, v, T):
    y = np.zeros(6)
    for _ in range(T):
        y = y[0] + np.concatenate([np.sin(u), v * v])
    return np.sum(y * y)


def test_lengths_that_stay_in_one_call_alone() -> None:
    """What is equal in the call that was compiled is looked at in each call."""
    gradient = grad(one_part_replaced, argnums=(0, 1))
    for n, m in [(6, 4), (5, 3), (6, 3), (3, 3), (2, 4), (4, 1), (1, 2), (6, 4)]:
        args = np.linspace(0.3, 0.9, n), np.linspace(1.1, 0.4, m), 3
        expected = grad(one_part_replaced, argnums=(0, 1))(*args)
        for found, wanted in zip(gradient(*args), expected, strict=True):
            np.testing.assert_allclose(found, wanted)
        check_grads(one_part_replaced, args, argnums=(0, 1))


@pytest.mark.parametrize("sizes", [(3, 3), (2, 4), (1, 5)])
def test_lengths_that_are_those_of_a_literal(sizes: tuple[int, int]) -> None:
    u, v = (np.linspace(0.3, 0.9, n) for n in sizes)
    check_grads(a_sum_of_lengths, (u, v, 2), argnums=(0, 1))


def test_lengths_by_integers() -> None:
    u = np.linspace(0.3, 0.9, 6)
    gradient = grad(longer_by_a_number)
    for k in (2, 3, 1, 6, 7, 0, 2):
        check_grads(longer_by_a_number, (u, k, 3), argnums=0)
        np.testing.assert_allclose(gradient(u, k, 3), grad(longer_by_a_number)(u, k, 3))
    gradient = grad(as_a_matrix)
    for n, m in [(2, 3), (3, 2), (1, 6), (6, 1), (2, 3)]:
        check_grads(as_a_matrix, (u, 3, n, m), argnums=0)
        np.testing.assert_allclose(gradient(u, 3, n, m), grad(as_a_matrix)(u, 3, n, m))
    with pytest.raises(ValueError, match="reshape"):
        gradient(u, 3, 2, 2)


def test_lengths_that_do_not_fit_raise_as_in_the_program() -> None:
    gradient = grad(lifting)
    gradient(np.linspace(0.3, 0.9, 6), 2)
    with pytest.raises(ValueError, match="broadcast"):
        gradient(np.linspace(0.3, 0.9, 7), 2)
    check_grads(lifting, (np.linspace(0.3, 0.9, 2), 2), argnums=0)


# --- the rows of a matrix that is given as a vector -----------------------------------------------


def square_by_sqrt(u, T):
    n = int(np.sqrt(len(u)))
    u = u[: n * n]
    for _ in range(T):
        M = u.reshape(n, n)
        M = M + 0.1 * (np.roll(M, 1, 0) - M)
        u = M.ravel()
    return np.sum(u**2)


def square_by_a_power(u, T):
    n = round(len(u) ** 0.5)
    U = u[: n * n].reshape(n, n)
    for _ in range(T):
        inner = U[1:-1] + 0.1 * (U[2:] - 2 * U[1:-1] + U[:-2])
        U = np.vstack([U[0], inner, U[-1]])
    return np.sum(U**2)


def staggered(u, T):
    n = int(math.sqrt(u.size))
    E = u[: n * n].reshape(n, n).copy()
    H = np.zeros((n, n - 1))
    for _ in range(T):
        H -= 0.5 * (E[:, 1:] - E[:, :-1])
        E[:, 1:-1] += 0.5 * (H[:, 1:] - H[:, :-1])
    return np.sum(E**2)


def coloured(u, T):
    n = int(len(u) ** 0.5)
    U = u[: n * n].reshape(n, n)
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    red = (i + j) % 2 == 0
    for _ in range(T):
        U = np.where(red, 0.5 * (np.roll(U, 1, 0) + np.roll(U, 1, 1)), U)
    return np.sum(U**2)


def cube(u, T):
    n = round(len(u) ** (1 / 3))
    for _ in range(T):
        U = u.reshape(n, n, n)
        u = (0.5 * U + 0.2 * U[::-1]).ravel()
    return np.sum(u**2)


@pytest.mark.parametrize("f", [square_by_sqrt, square_by_a_power, staggered, coloured])
def test_squares(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    for size in (16, 9, 11, 25, 4, 1, 5, 16):
        u = np.sin(np.arange(1.0, size + 1.0))
        check_grads(f, (u, 2), argnums=0)
        np.testing.assert_allclose(gradient(u, 2), value_and_grad(f)(u, 2)[1])


@pytest.mark.parametrize("f", [square_by_sqrt, square_by_a_power, staggered, coloured, cube])
def test_no_shape_of_a_square_is_saved(f: Callable[..., Any]) -> None:
    def anew(u, T):
        return f(u, T)

    gradient = grad(anew)
    u = np.sin(np.arange(64.0))
    np.testing.assert_allclose(gradient(u, 2), grad(f)(u, 2))
    assert ".append(" not in gradient.source
    assert "broadcast(" not in gradient.source


def test_cubes() -> None:
    gradient = grad(cube)
    for size in (8, 27, 1, 8):
        u = np.sin(np.arange(1.0, size + 1.0))
        check_grads(cube, (u, 2), argnums=0)
        gradient(u, 2)
    with pytest.raises(ValueError, match="reshape"):
        gradient(np.ones(9), 2)


def side_by_a_number(u, k, T):
    n = int(np.sqrt(k))
    for _ in range(T):
        u = (0.5 * u.reshape(n, -1) + 0.1).ravel()
    return np.sum(u**2)


def test_roots_of_numbers() -> None:
    """A number that has no root makes the program raise, and not what looks whether it fits."""
    gradient, u = grad(side_by_a_number), np.linspace(0.3, 0.9, 6)
    for k in (4, 9, 1, 5, 4):
        np.testing.assert_allclose(gradient(u, k, 2), grad(side_by_a_number)(u, k, 2))
        check_grads(side_by_a_number, (u, k, 2), argnums=0)
    for k, error in [(-4, ValueError), (25, ValueError), (10**400, TypeError)]:
        for call in (side_by_a_number, gradient):
            with pytest.raises(error), np.errstate(invalid="ignore"):
                call(u, k, 2)


# --- convolutions ---------------------------------------------------------------------------------


def smoothed(u, T):
    kernel = np.array([0.25, 0.5, 0.15])
    for _ in range(T):
        u = np.convolve(u, kernel, "same")
    return np.sum(u**2)


def smoothed_by_an_even_kernel(u, T):
    kernel = np.array([0.2, 0.25, 0.5, 0.15])
    for _ in range(T):
        u = np.convolve(kernel, u, "same")
    return np.sum(u**2)


def smoothed_inside(u, T):
    kernel = np.array([0.25, 0.5, 0.15])
    for _ in range(T):
        u = np.concatenate(([u[0]], np.convolve(u, kernel, "valid"), [u[-1]]))
    return np.sum(u**2)


def smoothed_in_place(u, T):
    kernel = np.array([0.25, 0.5, 0.15])
    u = u.copy()
    for _ in range(T):
        u[1:-1] = np.convolve(u, kernel, "valid")
    return np.sum(u**2)


def padded(u, T):
    kernel = np.array([0.1, 0.2, 0.4, 0.2, 0.15])
    for _ in range(T):
        u = np.convolve(np.pad(u, 2), kernel, "valid")
    return np.sum(u**2)


def smoothed_by_a_kernel_that_is_given(u, T, kernel=np.array([0.25, 0.5, 0.15])):
    for _ in range(T):
        u = np.convolve(u, kernel, "same")
    return np.sum(u**2)


CONVOLUTIONS = [smoothed, smoothed_by_an_even_kernel, smoothed_inside, smoothed_in_place, padded]
CONVOLUTIONS += [smoothed_by_a_kernel_that_is_given]


@pytest.mark.parametrize("f", CONVOLUTIONS, ids=lambda f: f.__name__)
def test_convolutions_save_nothing(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    for n in (7, 5, 4, 9):
        u = np.linspace(0.3, 0.9, n)
        check_grads(f, (u, 2), argnums=0)
        np.testing.assert_allclose(gradient(u, 2), grad(f)(u, 2))
    assert ".append(" not in gradient.source


@pytest.mark.parametrize("f", [smoothed, smoothed_by_an_even_kernel])
def test_vectors_shorter_than_the_kernel(f: Callable[..., Any]) -> None:
    gradient = grad(f)
    for n in (7, 2, 1, 3, 7):
        u = np.linspace(0.3, 0.9, n)
        check_grads(f, (u, 2), argnums=0)
        np.testing.assert_allclose(gradient(u, 2), grad(f)(u, 2))


def smoothed_once(u):
    kernel = np.array([0.25, 0.5, 0.15])
    u = np.convolve(u, kernel, "same")
    return np.sum(u**2)


def test_the_reverse_of_smoothing_is_smoothing() -> None:
    gradient = grad(smoothed_once)
    gradient(np.linspace(0.3, 0.9, 7))
    assert 'np.convolve(u_bar, kernel[::-1], "same")' in gradient.source

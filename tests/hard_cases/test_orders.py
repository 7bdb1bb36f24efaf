"""Arguments whose elements lie in another order, or with gaps, beside views that depend on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad, value_and_grad

PROGRAMS: list[Callable[..., Any]] = []
Y = np.array([[0.3, -1.2, 0.8], [1.1, 0.6, -0.4]])


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def an_element_is_overwritten(x):
    u = x.copy()
    u.reshape(-1)[1] = 0
    return np.sum(u)


@program
def some_are_doubled(x):
    u = x.copy()
    v = u.reshape(-1)
    v[1:4] *= 2
    return np.sum(u)


@program
def raveled(x):
    u = x.copy()
    v = u.ravel()
    v[1:4] *= 2
    return np.sum(u * Y)


@program
def into_a_fresh_array(x):
    u = np.empty(x.shape)
    u[...] = x
    v = u.reshape(3, 2)
    v[1] *= 2
    return np.sum(u)


@program
def into_zeros(x):
    u = np.zeros_like(x, order="C")
    u += x
    v = u.reshape(6)
    v[1:3] *= 3
    return np.sum(u)


@program
def in_a_loop(x):
    u = x.copy()
    for k in range(3):
        u.reshape(-1)[k + 1] += u.reshape(-1)[k]
    return np.sum(u)


@program
def in_a_loop_squared(x):
    u = x.copy()
    for k in range(5):
        flat = u.ravel()
        flat[k + 1] += flat[k] ** 2
    return np.sum(u * Y)


@program
def a_branch(x):
    u = x.copy()
    if x[0, 1] > -5:
        u.reshape(-1)[:2] *= 3
    else:
        u = u * 2
    return np.sum(u)


@program
def by_flat(x):
    u = x.copy()
    u.flat[1] = 0.5
    u.flat[3] *= 2
    return np.sum(u * u)


@program
def a_part_and_a_whole(x):
    u = x.copy()
    rows = u.reshape(1, -1)
    rows[0, 2] = 0
    w = u[1]
    w *= 2
    return np.sum(u) + np.sum(w)


@program
def saved_beside_another(x):
    u = np.exp(x).copy()
    v = u.reshape(-1)
    v *= np.arange(6.0)
    return np.sum(u * x.T.copy().T)


@program
def stepped(x):
    u = x.copy()
    for _ in range(3):
        v = u.reshape(-1)
        v[1:-1] = 0.5 * (v[:-2] + v[2:])
    return np.sum(u)


@program
def matrix_of_a_vector(x):
    v = np.concatenate((x[0], x[1]))
    m = v.reshape(2, 3)
    m[0] = 1.0
    return np.sum(v * v) + np.sum(m)


def in_order(x: Any, order: str) -> Any:
    match order:
        case "F":
            return np.asfortranarray(x)
        case "gaps":
            return np.repeat(x, 2, axis=1)[:, ::2]
        case "reversed":
            return x[::-1, ::-1].copy()[::-1, ::-1]
    return x.copy()


@program
def a_loop_has_made_it_in_reverse(x):
    u = x.copy()
    for _ in range(2):
        u = (x * 0.5)[::-1]
        u[1:] += 0.3
    u.reshape(-1)[1] = 2.0
    return np.sum(u * u)


@program
def a_loop_has_made_it_with_gaps(x):
    u = x[0] * 1.0
    for _ in range(2):
        u = np.sin(x[0])[::2]
        u[1:] += 0.3
    u.ravel()[0] = 2.0
    return np.sum(u * u)


@pytest.mark.parametrize("order", ["C", "F", "gaps", "reversed"])
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f, order):
    base = np.array([[0.4, -0.7, 1.3], [0.2, 0.9, -1.1]])
    v = np.array([[0.3, 0.1, -0.8], [1.2, -0.5, 0.6]])
    x = in_order(base, order)
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    ends = [f(in_order(base + sign * 1e-6 * v, order)) for sign in (1, -1)]
    np.testing.assert_allclose(np.sum(x_bar * v), (ends[0] - ends[1]) / 2e-6, rtol=1e-6)
    np.testing.assert_allclose(grad(f)(x), x_bar)  # which does not compute the value


def test_a_copy_of_which_only_the_shape_is_read_is_not_made():
    def f(x):
        u = x.copy()
        u[0] *= 2
        return np.sum(u)

    assert "copy" not in grad(f).lower(Y).source

"""Lists of unknown length that a function gives: the caller's own, and lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad import value_and_grad, vjp

X = np.array([0.5, 0.7, 0.9])


def states(x: Any) -> Any:
    found = []
    for v in x:
        found.append((np.tanh(x * v), v))
    return found


def history(x: Any) -> Any:
    u, found = x.copy(), []
    for _ in range(len(x)):
        u = u * 1.5
        found.append(u)
        u[0] = 1.0
    return np.sum(u**2) + sum(np.sum(h) for h in found), found


def test_what_a_pullback_reads_is_not_the_callers() -> None:
    value, pullback = vjp(states, X)
    cotangent = [(np.ones(3), 1.0)] * 3
    (before,) = pullback(cotangent)
    for array, _ in value:
        array[:] = 0
    value.clear()
    (after,) = pullback(cotangent)
    np.testing.assert_array_equal(before, after)
    t = np.tanh(np.outer(X, X))
    np.testing.assert_allclose(before, 2 * ((1 - t**2) @ X) + 1)


def test_a_list_of_buffers_besides_the_gradient() -> None:
    (value, found), _ = value_and_grad(history, has_aux=True)(X)
    want, expected = history(X)
    assert value == want
    assert type(found) is list
    np.testing.assert_array_equal(found, expected)


def test_parts_of_a_buffer_besides_the_gradient() -> None:
    def f(x):
        u = x.copy()
        u[0] = 2.0
        return np.sum(u**2), np.split(u, 3)

    (_, parts), gradient = value_and_grad(f, has_aux=True)(X)
    assert type(parts) is list
    np.testing.assert_array_equal(np.concatenate(parts), [2.0, 0.7, 0.9])
    np.testing.assert_allclose(gradient, [0, 1.4, 1.8])

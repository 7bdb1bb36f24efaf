"""Each gradient is an array of its own: never another's, an argument's, a global's, a result's."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad import grad, value_and_grad, vjp
from tests.transform.passes import check_gradient

X = np.array([0.3, -0.7, 1.1])
Y = np.array([0.5, 0.2, -0.4])
SCALE = np.array([1.5, -2.5, 0.5])


def buffer_for_two(x, y, c):
    if c > 0:
        z = x + y
        s = z[0] * z[1]
    else:
        s = x[0] * y[0]
    return s


def swapped(x, y, n):
    a, b = x, y
    for _ in range(int(n)):
        a, b = b, a
    return np.sum(np.sin(a) * b) + a[0]


def held_twice(x, y, n):
    a = x + y
    b = a
    for _ in range(int(n)):
        a, b = b, a * 0.5
    return np.sum(a + b)


def passed(x, y, c):
    z = x if c > 0 else y
    return np.sum(z) + np.sum(x + y)


def of_global(x, y, c):
    return np.sum(SCALE * x) + np.sum(x * y)


def of_argument(x, y, c):
    return np.sum(x * y)


def owned_by_a_loop(x, y, c):
    s, r = np.zeros_like(x), 0.0
    for t in range(3):
        u = x * (t + 1.0)
        r = r + u[0] * u[1]
        s = s + u
    return np.sum(np.sin(s)) + r + np.sum(y)


def owned_by_a_nest(x, y, c):
    s, r = np.zeros_like(x), 0.0
    for _ in range(2):
        for t in range(2):
            u = x * (t + 1.0)
            if c > 0:
                r = r + u[0] * u[1] * y[0]
            s = s + u
    return np.sum(np.sin(s)) + r


FUNCTIONS = (
    buffer_for_two, swapped, held_twice, passed, of_global, of_argument, owned_by_a_loop,
    owned_by_a_nest,
)  # fmt: skip


@pytest.mark.parametrize("c", [-1, 0, 1, 2])
@pytest.mark.parametrize("f", FUNCTIONS)
def test_gradients(f, c):
    before = SCALE.copy()
    gradient = check_gradient(grad(f, argnums=(0, 1)), f, X, Y, c, wrt=(0, 1))
    assert not any(np.shares_memory(bar, SCALE) for bar in gradient)
    np.testing.assert_array_equal(SCALE, before)


def returns_value(x):
    y = np.exp(x)
    return np.sum(y), y


def returns_view(x):
    y = np.exp(x)
    return np.sum(y), y.reshape(3, 1)


def returns_choice(x):
    y = np.exp(x)
    return np.sum(y), y if x[0] > 0 else x


def returns_carried(x):
    y = np.exp(x)
    h = y
    for _ in range(int(x[0])):
        h = h + 1.0
    return np.sum(y), h


def returns_pair(x):
    y = np.exp(x)
    return np.sum(y), {"y": [y, x]}


def test_aux_is_not_the_gradient():
    for f in (returns_value, returns_view, returns_choice, returns_carried, returns_pair):
        (value, aux), gradient = value_and_grad(f, has_aux=True)(X)
        np.testing.assert_allclose(gradient, np.exp(X))
        assert value == np.sum(np.exp(X))
        kept = aux["y"] if isinstance(aux, dict) else [aux]
        assert not any(np.shares_memory(gradient, a) for a in kept), f


@pytest.mark.parametrize("f", [np.exp, lambda x: x + Y, lambda x: x.reshape(1, 3), lambda x: -x])
def test_pullback_gives_new_arrays_each_time(f):
    value, pullback = vjp(lambda x: f(x), X.copy())
    seed = np.ones_like(value)
    first, second = np.asarray(pullback(seed)), np.asarray(pullback(seed))
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, seed)
    np.testing.assert_array_equal(first, second)

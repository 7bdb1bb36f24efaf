"""Sums of outer products leave a loop only if what they are made of stays what it was."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.ir.types import NP_FLOAT, Array
from srcgrad.transform.simplify.gather import gather_outer_products
from tests.transform.passes import (
    MATRIX,
    VECTOR,
    N,
    adjoint,
    check_gradient,
    count,
    integer,
    made,
    same_values,
    vector,
)

X = np.array([0.3, -0.7, 1.1])
W = np.arange(9.0).reshape(3, 3) / 10
COLUMN = Array(VECTOR.dtype, (N, 1))


def nothing(inner, *variables):
    pass


def gathered(extra=nothing, trips=3, index=None, accumulate=True, before=nothing, outer=False):
    """Whether the sum of outer products of ``a`` and ``h`` is; ``outer``: ``a`` is one array."""
    b, x, i, t = adjoint(), vector("x"), integer("i"), vector("t")
    total = b.add(np.zeros, (3, 3), type=MATRIX, name="total")
    one = b.add(np.zeros, 3, type=VECTOR)
    inner, out = b.inner(), vector()
    a, h = one if outer else inner.add(np.sin, t), inner.add(np.cos, t)
    before(inner, a, h, t)
    column = inner.add(operator.getitem, a, (slice(None), None), type=COLUMN)
    inner.store(total, index, inner.add(operator.mul, column, h, type=MATRIX), accumulate)
    extra(inner, total, a, h)
    b.loop(inner.block(h, params=(i, t)), trips, [x], [out])
    f = same_values(gather_outer_products, made(b, [x], total, out), X)
    return count(f, operator.matmul) == 1


@pytest.mark.parametrize("trips", [1, 3])
def test_outer_products_are_gathered(trips):
    assert gathered(trips=trips)


def test_row_is_written_afterwards():
    assert not gathered(lambda inner, total, a, h: inner.store(h, None, 1.0))


def test_column_is_written_afterwards():
    assert not gathered(lambda inner, total, a, h: inner.store(a, 0, 1.0))


def test_a_view_of_a_vector_is_written_afterwards():
    def write(inner, total, a, h):
        inner.store(inner.add(np.ndarray.T, a), 0, 1.0)

    assert not gathered(write)


def test_a_vector_that_each_trip_makes_may_be_written_before():
    assert gathered(before=lambda inner, a, h, t: inner.store(a, 0, 5.0))

    def by_a_view(inner, a, h, t):
        inner.store(inner.add(np.ndarray.T, a), 1, inner.add(operator.getitem, t, 0, type=NP_FLOAT))

    assert gathered(before=by_a_view)
    assert not gathered(before=by_a_view, extra=lambda inner, total, a, h: inner.store(a, 0, 1.0))


def test_what_all_trips_write_is_not():
    def write(inner, a, h, t):
        inner.store(a, None, inner.add(np.tanh, t))

    assert not gathered(before=write, outer=True)


def test_what_the_next_trip_writes_is_not():
    assert not gathered(before=lambda inner, a, h, t: inner.store(t, 0, 0.5))
    assert not gathered(before=lambda inner, a, h, t: inner.store(h, 0, 0.5))


def test_sum_is_read_in_the_loop():
    def read(inner, total, a, h):
        inner.store(a, 0, inner.add(np.sum, total, type=NP_FLOAT))

    assert not gathered(read)


def test_sum_is_overwritten_in_the_loop():
    assert not gathered(lambda inner, total, a, h: inner.store(total, 0, 1.0, accumulate=False))


def test_assignment_is_no_sum():
    assert not gathered(index=slice(None), accumulate=False)


def test_another_sum_into_the_same_array():
    assert gathered(lambda inner, total, a, h: inner.store(total, 0, 1.0))


def passed_on(W, x, K):
    h = x
    for _ in range(3):
        c = np.tanh(h)
        d = np.sum(c * K)
        e = h @ W
        y = e + c
        h = np.sin(y) + d
    return np.sum(h)


def gates(W, x, K):
    n = len(x) // 2
    h = x
    for _ in range(3):
        z = W @ h
        h = np.concatenate([np.tanh(z[:n]) * z[n:], np.sin(z[n:])])
    return np.sum(h**2)


def written_on(W, x, K):
    h = x
    for _ in range(3):
        z = W @ h
        z[0] *= z[1]
        z[1:] += h[0]
        h = np.sin(z)
    return np.sum(h**2)


def one_buffer(W, x, K):
    h = x.copy()
    for t in range(3):
        h[:] = np.tanh(W @ h)
        h[t % 2] *= 0.5
    return np.sum(h**2)


def plain(W, U, x):
    h = np.zeros(3)
    for t in range(4):
        h = np.tanh(W @ h + U @ (x * t))
    return np.sum(h)


@pytest.mark.parametrize("f", [passed_on, plain])
def test_gradients(f):
    args = (W, X, X[::-1].copy()) if f is passed_on else (W, W.T.copy(), X)
    check_gradient(grad(f, argnums=(0, 1, 2)), f, *args, wrt=(0, 1, 2))


@pytest.mark.parametrize("f", [gates, written_on, one_buffer])
def test_gradients_of_vectors_that_are_written(f):
    x = np.array([0.3, -0.7, 1.1, 0.4])
    square = np.cos(np.arange(16.0)).reshape(4, 4)
    check_gradient(grad(f, argnums=(0, 1)), f, square, x, x, wrt=(0, 1))


def test_gates_are_gathered():
    gradient = grad(gates, argnums=(0, 1))
    gradient(np.eye(4), np.ones(4), np.ones(4))
    assert "z_bars.append(z_bar)" in gradient.source
    assert "[:, None]" not in gradient.source

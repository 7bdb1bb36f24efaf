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


def gathered(extra=lambda inner, total, a, h: None, trips=3, index=None, accumulate=True):
    b, x, i, t = adjoint(), vector("x"), integer("i"), vector("t")
    total = b.add(np.zeros, (3, 3), type=MATRIX, name="total")
    inner, out = b.inner(), vector()
    a, h = inner.add(np.sin, t), inner.add(np.cos, t)
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


def plain(W, U, x):
    h = np.zeros(3)
    for t in range(4):
        h = np.tanh(W @ h + U @ (x * t))
    return np.sum(h)


@pytest.mark.parametrize("f", [passed_on, plain])
def test_gradients(f):
    args = (W, X, X[::-1].copy()) if f is passed_on else (W, W.T.copy(), X)
    check_gradient(grad(f, argnums=(0, 1, 2)), f, *args, wrt=(0, 1, 2))

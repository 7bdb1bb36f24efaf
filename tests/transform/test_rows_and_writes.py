"""Rows of what is written somewhere are not used, nor computed from, outside of their loop."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import For, Store
from srcgrad.ir.types import Array, Length, Size, Symbol
from srcgrad.transform.simplify.gather import gather_outer_products
from tests.backend.building import stack
from tests.transform.passes import (
    MATRIX,
    VECTOR,
    N,
    adjoint,
    every,
    integer,
    made,
    same_values,
    vector,
)

TRIPS = Length(Symbol(not_one=True))
COLUMN = Array(VECTOR.dtype, (N, 1))
X = np.arange(12.0).reshape(4, 3) / 10
H = np.array([0.3, -0.7, 1.1])


def nothing(b, x, h):
    """No store at all."""


def program(forward=nothing, between=nothing, backward=nothing, after=nothing, item=VECTOR):
    """What becomes of ``sum((h_bar * (1 - h[t]**2)) outer x[t])`` with stores put into it."""
    b, x, h, h_bar = adjoint(), vector("x"), vector("h"), vector("h_bar")
    x.type = Array(VECTOR.dtype, (TRIPS, N))
    trips = b.add(len, x, type=Size(TRIPS))
    total = b.add(np.zeros, (3, 3), type=MATRIX, name="total")
    run, t, h_in = b.inner(), integer("t"), vector("h")
    h_out = run.add(np.cos, h_in)
    forward(run, x, h_out)
    saved, last = stack("saved", item), vector("last")
    b.loop(run.block(h_out, h_out, params=(t, h_in)), trips, [h], [last, saved])
    between(b, x, last)
    back, i, bar, element = b.inner(), integer("i"), vector("bar"), vector("element")
    slope = back.add(operator.sub, 1, back.add(operator.mul, element, element))
    z_bar = back.add(operator.mul, bar, slope, name="z_bar")
    column = back.add(operator.getitem, z_bar, (slice(None), None), type=COLUMN)
    x_t = back.add(operator.getitem, x, i)
    back.store(total, None, back.add(operator.mul, column, x_t, type=MATRIX))
    next_bar = back.add(np.sin, z_bar)
    backward(back, x, element)
    block = back.block(next_bar, params=(i, bar, element))
    b.loop(block, trips, [h_bar], [vector("end")], [saved], backward=True)
    after(b, x, last)
    return made(b, [x, h, h_bar], total)


def gathered(**stores):
    f = same_values(gather_outer_products, program(**stores), X, H, H + 1)
    loop = every(f, For)[-1]
    inner = [stmt.op for stmt in loop.body.body if not isinstance(stmt, Store)]
    lists = [s.args[0].name for s in every(f) if s.op is intrinsics.collect]
    return operator.sub in inner, lists


def test_without_stores_slopes_are_lifted():
    in_loop, lists = gathered()
    assert not in_loop
    assert lists == ["saved"]


def into_h(b, x, h):
    b.store(h, 0, 1.0)


def into_a_view_of_h(b, x, h):
    b.store(b.add(np.ndarray.T, h), 0, 1.0)


@pytest.mark.parametrize("store", [into_h, into_a_view_of_h])
@pytest.mark.parametrize("place", ["forward", "between", "backward", "after"])
def test_what_is_saved_is_written(place, store):
    in_loop, lists = gathered(**{place: store})
    assert in_loop
    assert "saved" not in lists


def into_x(b, x, h):
    b.store(x, 0, 1.0, accumulate=False)


@pytest.mark.parametrize("place", ["forward", "between", "backward", "after"])
def test_the_array_is_written(place):
    f = same_values(gather_outer_products, program(**{place: into_x}), X, H, H + 1)
    products = [stmt for stmt in every(f) if stmt.op is operator.matmul]
    x = f.params[0].value
    assert not any(x in product.args for product in products)


def test_rows_of_a_length_that_may_change_stay():
    in_loop, _ = gathered(item=Array(VECTOR.dtype, (Length(Symbol(not_one=True)),)))
    assert in_loop

"""Sums in place: only into arrays that nobody else holds, and first contributions assign."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import INT64, Array
from srcgrad.transform.simplify.in_place import accumulate_in_place
from tests.backend.building import stack
from tests.transform.passes import (
    MASK,
    N,
    Stages,
    adjoint,
    check_gradient,
    integer,
    made,
    same_values,
    stores,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


def summed(before, after, make=np.exp, results=lambda first, total: (total,)):
    """How many stores become of ``total = first + x`` on another line than ``first``."""
    b, x = adjoint(1), vector("x")
    first = b.add(make, x)
    before(b, first)
    b.line(2, adjoint=True)
    total = b.add(operator.add, first, x)
    after(b, first, total)
    f = made(b, [x], *results(first, total))
    return len(stores(same_values(accumulate_in_place, f, X)))


def nothing(*args):
    return None


def test_dead_array_of_its_own():
    assert summed(nothing, nothing) == 1


def test_difference():
    b, x = adjoint(1), vector("x")
    first = b.add(np.exp, x)
    b.line(2, adjoint=True)
    f = made(b, [x], b.add(operator.sub, first, b.add(np.sin, x)))
    assert len(stores(same_values(accumulate_in_place, f, X))) == 1


def test_same_line_stays_an_expression():
    b, x = adjoint(1), vector("x")
    f = made(b, [x], b.add(operator.add, b.add(np.exp, x), x))
    assert not stores(accumulate_in_place(f))


def test_read_later():
    assert summed(nothing, lambda b, first, total: b.add(print, first)) == 0


def test_returned_too():
    assert summed(nothing, nothing, results=lambda first, total: (total, first)) == 0


def test_seen_through_a_view():
    kept = []
    view = summed(
        lambda b, first: kept.append(b.add(np.ndarray.T, first)),
        nothing,
        results=lambda first, total: (total, kept[0]),
    )
    assert view == 0


def test_argument():
    b, x = adjoint(2), vector("x")
    f = made(b, [x], b.add(operator.add, x, b.add(np.exp, x)))
    assert not stores(accumulate_in_place(f))


@pytest.mark.parametrize("view", [np.ndarray.T, np.asarray, np.ravel])
def test_view_of_an_argument(view):
    assert summed(nothing, nothing, make=view) == 0


def test_saved_by_a_loop():
    b, x, i = adjoint(1), vector("x"), integer("i")
    inner = b.inner()
    first = inner.add(np.exp, x)
    inner.line(2, adjoint=True)
    total = inner.add(operator.add, first, x)
    saved, carried, out = stack("saved", x.type), vector("t"), vector()
    b.loop(inner.block(total, first, params=(i, carried)), 2, [x], [out, saved])
    f = made(b, [x], out, saved)
    assert not stores(same_values(accumulate_in_place, f, X))


def test_array_from_before_a_loop():
    b, x, i, t = adjoint(1), vector("x"), integer("i"), vector("t")
    first, inner, out = b.add(np.exp, x), b.inner(), vector()
    inner.line(2, adjoint=True)
    total = inner.add(operator.add, first, t)
    b.loop(inner.block(total, params=(i, t)), 3, [x], [out])
    f = made(b, [x], out)
    assert not stores(same_values(accumulate_in_place, f, X))


# --- what is first added to zeros ---------------------------------------------------------------


def first_store(index):
    b, x = adjoint(1), vector("x")
    zeros = b.add(intrinsics.zero, x)
    b.store(zeros, index, 2.0)
    b.store(zeros, 0, 3.0)
    f = same_values(accumulate_in_place, made(b, [x], zeros), X)
    first, second = stores(f)
    assert second.accumulate
    return first


INDICES = [0, -1, slice(1, None), slice(None), (slice(0, 2),), (..., 1)]


@pytest.mark.parametrize("index", INDICES)
def test_first_contribution_assigns(index):
    assert not first_store(index).accumulate


@pytest.mark.parametrize(("type_", "assigns"), [(MASK, True), (Array(INT64, (N,)), False)])
def test_index_arrays(type_, assigns):
    b, x, index = adjoint(1), vector("x"), Var("index", type_)
    zeros = b.add(intrinsics.zero, x)
    b.store(zeros, index, 2.0)
    values = np.array([True, False, True]) if assigns else np.array([1, 1, 0])
    f = same_values(accumulate_in_place, made(b, [x, index], zeros), X, values)
    assert stores(f)[0].accumulate is not assigns


REPEATED = [[0, 0], np.array([1, 1, 0]), (np.array([0, 0]),), ([0, 0],), np.array([[0, 1], [1, 1]])]


@pytest.mark.parametrize("index", REPEATED)
def test_repeated_positions_add(index):
    operand = Const(index) if isinstance(index, np.ndarray) else index
    assert first_store(operand).accumulate


def test_store_in_a_loop_adds():
    b, x, i = adjoint(1), vector("x"), integer("i")
    zeros, inner = b.add(intrinsics.zero, x), b.inner()
    inner.store(zeros, 0, 2.0)
    b.loop(inner.block(params=(i,)), 3)
    f = same_values(accumulate_in_place, made(b, [x], zeros), X)
    assert all(store.accumulate for store in stores(f))


def test_store_after_a_loop_that_stores_adds():
    b, x, i = adjoint(1), vector("x"), integer("i")
    zeros, inner = b.add(intrinsics.zero, x), b.inner()
    inner.store(zeros, 0, 2.0)
    b.loop(inner.block(params=(i,)), 3)
    b.store(zeros, 0, 1.0)
    f = same_values(accumulate_in_place, made(b, [x], zeros), X)
    assert all(store.accumulate for store in stores(f))


PLACES = np.array([0, 2, 0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.sin(x[[0, 2, 0]])),
        lambda x: np.sum(np.sin(x[PLACES])),
        lambda x: np.sum(np.sin(np.outer(x, x)[PLACES, 1:])),
        lambda x: np.sum(np.sin(np.outer(x, x)[..., [1, 1]])),
        lambda x: np.sum(np.sin(np.outer(x, x)[PLACES, PLACES])),
        lambda x: np.sum(np.sin(x[PLACES][[1, 1]])) + x[0],
    ],
)
def test_gradients_of_repeated_reads(f):
    check_gradient(grad(f, argnums=(0,)), f, X)
    assert Stages(f, X).lean

"""Expansion that NumPy does anyway goes; the one that gives a result its shape or dtype stays."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Var
from srcgrad.ir.types import FLOAT32, NP_FLOAT, Array
from srcgrad.transform.simplify.broadcast import elide_expansion
from srcgrad.transform.simplify.dead import remove_dead
from tests.transform.passes import (
    VECTOR,
    Builder,
    N,
    adjoint,
    count,
    made,
    number,
    numeric,
    same_values,
    vector,
)

X = np.array([0.3, -0.7, 1.1])
SINGLE = Array(FLOAT32, (N,))


def elided(function, *args):
    return count(remove_dead(same_values(elide_expansion, function, *args)), intrinsics.expand) == 0


def test_other_operand_has_the_shape():
    b, x, s = adjoint(), vector("x"), number("s")
    assert elided(made(b, [x, s], b.add(operator.mul, b.add(intrinsics.expand, s, x), x)), X, 2.0)


def test_nobody_else_has_the_shape():
    b, x, s, t = adjoint(), vector("x"), number("s"), number("t")
    expanded = b.add(intrinsics.expand, s, x)
    assert not elided(made(b, [x, s, t], b.add(operator.mul, expanded, t)), X, 2.0, 3.0)


def test_other_operand_may_be_one_long():
    b, x, y = adjoint(), vector("x"), Var("y", Array(VECTOR.dtype, (None,)))
    expanded = b.add(intrinsics.expand, 2.0, x)
    f = made(b, [x, y], b.add(operator.mul, expanded, y))
    assert not elided(f, X, np.array([3.0]))


def test_user_lines_are_left_alone():
    b, x = Builder(), vector("x")
    f = made(b, [x], b.add(operator.mul, b.add(intrinsics.expand, 2.0, x), x))
    assert not elided(f, X)


def test_expansion_that_gives_the_dtype_stays():
    b, x, s = adjoint(), Var("x", SINGLE), Var("s", NP_FLOAT)
    expanded = b.add(intrinsics.expand, s, x, type=SINGLE)
    f = made(b, [x, s], b.add(operator.mul, expanded, x, type=SINGLE))
    assert not elided(f, X.astype("f4"), np.float64(0.1))


def test_sum_of_ones_is_the_size():
    b, x = adjoint(), vector("x")
    ones = b.add(intrinsics.expand, 1.0, x)
    f = made(b, [x], b.add(np.ndarray.sum, ones, type=NP_FLOAT))
    assert elided(f, X)


def test_sum_along_an_axis_is_not():
    b, x = adjoint(), vector("x")
    ones = b.add(intrinsics.expand, 1.0, x)
    f = made(b, [x], b.add(np.ndarray.sum, ones, 0, type=NP_FLOAT))
    assert not elided(f, X)


@pytest.mark.parametrize("accumulate", [True, False])
@pytest.mark.parametrize("index", [slice(1, None), None])
def test_what_is_assigned_is_broadcast_anyway(index, accumulate):
    b, x, s = adjoint(), vector("x"), number("s")
    buffer = b.add(np.exp, x)
    part = buffer if index is None else b.add(operator.getitem, buffer, index, type=VECTOR)
    value = b.add(intrinsics.expand, s, part)
    b.store(buffer, index, value, accumulate=accumulate)
    assert elided(made(b, [x, s], buffer), X, 2.0)


def test_what_is_written_after_it_was_expanded():
    b, x = adjoint(), vector("x")
    row, buffer = b.add(np.sin, x), b.add(np.exp, x)
    value = b.add(intrinsics.expand, row, x)
    b.store(row, 0, 7.0)
    b.store(buffer, None, value)
    assert not elided(made(b, [x], buffer), X)


@pytest.mark.parametrize("shape", [(3,), (1,), (1, 3), (2, 1), (2, 3)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_gradients_have_the_shape_and_dtype_of_arguments(shape, dtype):
    def f(x, y):
        return np.sum(x + y * 2.0) * np.mean(x) - np.sum(y) / 3

    y = np.arange(6.0).reshape(2, 3).astype(dtype)
    x = (np.arange(float(np.prod(shape))).reshape(shape) + 0.5).astype(dtype)
    got = grad(f, argnums=(0, 1))(x, y)
    for i, bar in enumerate(got):
        assert (bar.shape, bar.dtype) == ((x, y)[i].shape, dtype)
        want = numeric(f, (x.astype(float), y.astype(float)), i)
        np.testing.assert_allclose(bar, want, rtol=1e-5)

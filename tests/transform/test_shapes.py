"""Shapes are asked of inputs of provably the same shape and dtype, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Var
from srcgrad.ir.types import FLOAT32, PY_INT, Array, Length, Symbol
from srcgrad.transform.simplify.dead import remove_dead
from srcgrad.transform.simplify.shapes import ask_inputs
from tests.transform.passes import (
    VECTOR,
    N,
    adjoint,
    assert_equal,
    interpreter,
    made,
    ops,
    same_values,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


def asked(op, *more, type_=VECTOR, x=X, inner=VECTOR, also=False):
    """What is left of ``op(exp(x), *more)`` once inputs are asked."""
    b, x_ = adjoint(), vector("x")
    e = b.add(np.exp, x_, type=inner)
    args = (*more, e) if op is intrinsics.expand else (e, *more)
    result = b.add(op, *args, type=type_)
    f = made(b, [x_], result, e) if also else made(b, [x_], result)
    out = remove_dead(ask_inputs(f, (x_,)))
    assert_equal(interpreter.run(out, x), interpreter.run(f, x))
    return ops(out)


@pytest.mark.parametrize("op", [len, np.ndarray.size])
def test_length_is_asked_of_the_input(op):
    assert asked(op, type_=PY_INT) == [op]


def test_zeros_and_ones_are_made_like_the_input():
    assert asked(intrinsics.zero) == [intrinsics.zero]
    assert asked(intrinsics.expand, 1.0) == [intrinsics.expand]


def test_array_that_is_needed_anyway_is_asked_itself():
    assert asked(len, type_=PY_INT, also=True) == [np.exp, len]


@pytest.mark.parametrize("dims", [(None,), (Length(Symbol()),), (Length(N.symbol, -1),)])
def test_shape_that_may_differ(dims):
    assert np.exp in asked(len, type_=PY_INT, inner=Array(VECTOR.dtype, dims))


def test_dtype_that_differs():
    b, x = adjoint(), vector("x")
    single = b.add(np.ndarray.astype, x, np.float32, type=Array(FLOAT32, (N,)))
    f = made(b, [x], b.add(intrinsics.zero, single, type=Array(FLOAT32, (N,))))
    out = same_values(lambda f: ask_inputs(f, (x,)), f, X)
    assert interpreter.run(out, X).dtype == np.float32


def test_values_are_not_taken_from_another_array():
    """Only the shape comes from elsewhere: what is expanded stays."""
    b, x, s = adjoint(), vector("x"), Var("s", PY_INT)
    e = b.add(np.exp, x)
    f = made(b, [x, s], b.add(intrinsics.expand, s, e))
    out = remove_dead(same_values(lambda f: ask_inputs(f, (x,)), f, X, 7))
    assert ops(out) == [intrinsics.expand]

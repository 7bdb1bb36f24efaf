"""What is computed twice is computed once: unless it may differ, or is written to."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad.ir import intrinsics
from srcgrad.ir.ops import OPS, Op
from srcgrad.ir.types import NP_FLOAT, UNKNOWN
from srcgrad.transform.simplify.common import share_common
from tests.transform.passes import (
    Builder,
    count,
    flag,
    integer,
    made,
    same_values,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


def apart(b, first, second):
    """An array that is given back, and what is made of another: two arrays that are given back are
    two, whatever is in them."""
    return first, b.add(np.sum, second)


def test_repeated_operations_are_shared():
    b, x = Builder(), vector("x")
    f = made(b, [x], *apart(b, b.add(np.exp, x), b.add(np.exp, x)))
    assert count(same_values(share_common, f, X), np.exp) == 1


def test_two_arrays_that_are_given_back_are_two():
    b, x = Builder(), vector("x")
    f = made(b, [x], b.add(np.exp, x), b.add(np.exp, x))
    assert count(same_values(share_common, f, X), np.exp) == 2


def test_different_operands_are_not():
    b, x, y = Builder(), vector("x"), vector("y")
    f = made(b, [x, y], *apart(b, b.add(np.exp, x), b.add(np.exp, y)))
    assert count(same_values(share_common, f, X, X + 1), np.exp) == 2


@pytest.mark.parametrize("pair", [(0.0, -0.0), (1, 1.0), (True, 1), (2, np.float32(2))])
def test_constants_that_are_equal_and_not_the_same(pair):
    b, x = Builder(), vector("x")
    f = made(b, [x], *apart(b, *(b.add(np.copysign, x, c) for c in pair)))
    assert count(same_values(share_common, f, X), np.copysign) == 2


def test_keywords_count():
    b, x = Builder(), vector("x")
    f = made(b, [x], *(b.add(np.sum, x, type=NP_FLOAT, keepdims=k) for k in (False, True)))
    assert count(share_common(f), np.sum) == 2


@pytest.mark.parametrize("make", [np.zeros_like, np.copy, np.exp])
def test_buffers_stay_apart(make):
    b, x = Builder(), vector("x")
    first, second = b.add(make, x), b.add(make, x)
    b.store(first, 0, 5.0)
    f = made(b, [x], *apart(b, first, second))
    assert count(same_values(share_common, f, X), make) == 2


@pytest.mark.parametrize("make", [intrinsics.zero, intrinsics.fresh])
def test_accumulators_stay_apart(make):
    b, x = Builder(), vector("x")
    args = (x, x) if make is intrinsics.fresh else (x,)
    f = made(b, [x], *apart(b, b.add(make, *args), b.add(make, *args)))
    assert count(same_values(share_common, f, X), make) == 2


def test_reads_around_a_store_stay_apart():
    b, x = Builder(), vector("x")
    buffer = b.add(np.copy, x)
    before = b.add(np.sum, buffer, type=NP_FLOAT)
    b.store(buffer, 0, 5.0)
    f = made(b, [x], before, b.add(np.sum, buffer, type=NP_FLOAT))
    assert count(same_values(share_common, f, X), np.sum) == 2


def test_random_draws_are_not_shared(monkeypatch):
    def draw(x):
        return x

    monkeypatch.setitem(OPS, draw, Op(lambda x: UNKNOWN, pure=False))
    b, x = Builder(), vector("x")
    f = made(b, [x], *apart(b, b.add(draw, x), b.add(draw, x)))
    assert count(same_values(share_common, f, X), draw) == 2


def test_unknown_callables_are_not_shared():
    b, x = Builder(), vector("x")
    f = made(b, [x], b.add(id, x, type=UNKNOWN), b.add(id, x, type=UNKNOWN))
    assert count(share_common(f), id) == 2


def test_views_are_repeated():
    b, x = Builder(), vector("x")
    f = made(b, [x], *apart(b, b.add(np.ndarray.T, x), b.add(np.ndarray.T, x)))
    assert count(same_values(share_common, f, X), np.ndarray.T) == 2


def test_what_one_arm_computes_the_other_and_the_rest_do_not_have():
    b, x, c = Builder(), vector("x"), flag("c")
    then, orelse, target = b.inner(), b.inner(), vector()
    b.branch(c, then.block(then.add(np.exp, x)), orelse.block(orelse.add(np.exp, x)), target)
    f = made(b, [x, c], *apart(b, target, b.add(np.exp, x)))
    for taken in (True, False):
        assert count(same_values(share_common, f, X, taken), np.exp) == 3


def test_what_stands_before_a_loop_is_there_inside_and_not_the_other_way():
    b, x, i, t = Builder(), vector("x"), integer("i"), vector("t")
    before, inner = b.add(np.exp, x), b.inner()
    again = inner.add(np.exp, x)
    sine = inner.add(np.sin, x)
    out = vector()
    total = inner.add(operator.add, inner.add(operator.add, t, again), sine)
    b.loop(inner.block(total, params=(i, t)), 2, [x], [out])
    f = made(b, [x], before, out, b.add(np.sin, x))
    f = same_values(share_common, f, X)
    assert (count(f, np.exp), count(f, np.sin)) == (1, 2)

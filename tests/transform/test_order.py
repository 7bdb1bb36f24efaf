"""What is moved or repeated gives the same: nothing passes a store that it can see."""

from __future__ import annotations

import operator

import numpy as np

from srcgrad.ir.nodes import For
from srcgrad.ir.ops import OPS, Op
from srcgrad.ir.types import NP_FLOAT, PY_INT, UNKNOWN
from srcgrad.transform.simplify.order import repeat_metadata, sink_results
from tests.transform.passes import (
    adjoint,
    count,
    every,
    integer,
    made,
    same_values,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


def test_lengths_are_asked_again():
    b, x = adjoint(), vector("x")
    length = b.add(len, x, type=PY_INT)
    f = made(b, [x], b.add(operator.mul, x, length), b.add(operator.add, x, length))
    assert count(same_values(repeat_metadata, f, X), len) == 2


def test_other_numbers_are_not_computed_again():
    b, x = adjoint(), vector("x")
    total = b.add(np.sum, x, type=NP_FLOAT)
    f = made(b, [x], b.add(operator.mul, x, total), b.add(operator.add, x, total))
    assert count(same_values(repeat_metadata, f, X), np.sum) == 1


def loop(extra):
    """The operations of a loop that carries ``exp(t)`` on, after ``extra`` was added to it."""
    b, x, i, t = adjoint(), vector("x"), integer("i"), vector("t")
    buffer, out, inner = b.add(np.copy, x), vector(), b.inner()
    result = extra(inner, t, buffer)
    b.loop(inner.block(result, params=(i, t)), 2, [x], [out])
    f = same_values(sink_results, made(b, [x], out, buffer), X)
    (found,) = every(f, For)
    return [getattr(stmt, "op", "store") for stmt in found.body.body]


def test_next_value_is_computed_last():
    def body(inner, t, buffer):
        result = inner.add(np.exp, t)
        inner.store(buffer, 0, inner.add(np.sum, t, type=NP_FLOAT))
        return result

    assert loop(body)[-1] is np.exp


def test_next_value_that_reads_what_is_stored_stays():
    def body(inner, t, buffer):
        result = inner.add(operator.mul, t, buffer)
        inner.store(buffer, 0, inner.add(np.sum, t, type=NP_FLOAT))
        return result

    assert loop(body)[0] is operator.mul


def test_next_value_that_is_read_stays():
    def body(inner, t, buffer):
        result = inner.add(np.exp, t)
        inner.store(buffer, None, inner.add(operator.mul, t, result))
        return result

    assert loop(body)[0] is np.exp


def test_next_value_that_is_written_stays():
    def body(inner, t, buffer):
        result = inner.add(np.exp, t)
        inner.store(result, 0, inner.add(np.sum, t, type=NP_FLOAT))
        return result

    assert loop(body)[0] is np.exp


def test_effects_stay_where_they_are(monkeypatch):
    def draw(x):
        return x

    monkeypatch.setitem(OPS, draw, Op(lambda x: UNKNOWN, pure=False))

    def body(inner, t, buffer):
        result = inner.add(draw, t)
        inner.store(buffer, 0, inner.add(np.sum, t, type=NP_FLOAT))
        return result

    assert loop(body)[0] is draw

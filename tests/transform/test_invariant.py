"""Carried values that never change go, and so do choices between equals; other choices stay."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad import grad, value_and_grad
from srcgrad.ir.nodes import Const, For, If
from srcgrad.ir.ops import OPS, Op
from srcgrad.ir.types import UNKNOWN
from srcgrad.transform.simplify.invariant import drop_invariants
from tests.transform.passes import Builder, every, flag, integer, made, same_values, stores, vector

X = np.array([0.3, -0.7, 1.1])


@pytest.mark.parametrize("trips", [0, 2])
def test_carried_value_that_stays(trips):
    b, x, i, t, u = Builder(), vector("x"), integer("i"), vector("t"), vector("u")
    inner, out = b.inner(), [vector(), vector()]
    more = inner.add(operator.add, t, u)
    b.loop(inner.block(more, u, params=(i, t, u)), trips, [x, b.add(np.exp, x)], out)
    f = same_values(drop_invariants, made(b, [x], *out), X)
    assert len(every(f, For)[0].init) == 1


@pytest.mark.parametrize("trips", [0, 1, 2])
def test_swapped_values_stay(trips):
    b, x, i, t, u = Builder(), vector("x"), integer("i"), vector("t"), vector("u")
    out = [vector(), vector()]
    b.loop(b.inner().block(u, t, params=(i, t, u)), trips, [x, b.add(np.exp, x)], out)
    f = same_values(drop_invariants, made(b, [x], *out), X)
    assert len(every(f, For)[0].init) == 2


class Rows:
    def __init__(self, rows):
        self.rows, self.at = rows, 0


def of_an_object(x):
    rows, total = Rows(x), 0.0
    while True:
        while rows.at < len(rows.rows) and not rows.rows[rows.at] > 0:
            rows.at = rows.at + 1
        if not rows.at < len(rows.rows):
            break
        total = total + rows.rows[rows.at] ** 2
        rows.at = rows.at + 1
    return total


def test_what_a_while_hands_on_as_it_is():
    """Nothing is saved of what an object has and keeps."""
    value, x_bar = value_and_grad(of_an_object)(X)
    np.testing.assert_allclose(value, of_an_object(X))
    np.testing.assert_allclose(x_bar, np.where(X > 0, 2 * X, 0))
    text = grad(of_an_object).lower(X).source
    assert "rows = x" not in text
    assert text.count(".append(") == 1


def chosen(then_of, orelse_of, before=lambda b, x: None, also=()):
    b, x, c = Builder(), vector("x"), flag("c")
    shared = before(b, x)
    then, orelse, target = b.inner(), b.inner(), vector()
    a, o = then_of(then, x, shared), orelse_of(orelse, x, shared)
    b.branch(c, then.block(a), orelse.block(o), target)
    f = made(b, [x, c], target)
    for taken in (True, False):
        out = same_values(drop_invariants, f, X, taken)
    return [target for branch in every(out, If) for target in branch.targets]


def test_same_value_in_both_arms():
    assert not chosen(lambda b, x, _: x, lambda b, x, _: x)


def test_same_operation_goes_before():
    assert not chosen(lambda b, x, _: b.add(np.exp, x), lambda b, x, _: b.add(np.exp, x))


def test_arms_that_compute_the_same_are_one():
    def sum_of_a_product(b, x, _):
        return b.add(operator.mul, b.add(np.exp, x), b.add(operator.mul, x, 2.0))

    assert not chosen(sum_of_a_product, sum_of_a_product)


def test_arms_of_the_same_operations_on_other_operands_stay():
    def product(number):
        return lambda b, x, _: b.add(np.exp, b.add(operator.mul, x, number))

    assert chosen(product(2.0), product(-2.0))
    assert chosen(product(0.0), product(-0.0))


@pytest.mark.parametrize("taken", [True, False])
def test_a_branch_on_a_constant_is_the_arm_that_runs(taken):
    b, x, target = Builder(), vector("x"), vector()
    then, orelse = b.inner(), b.inner()
    a, o = then.add(np.exp, x), orelse.add(np.sin, x)
    b.branch(Const(taken), then.block(a), orelse.block(o), target)
    f = same_values(drop_invariants, made(b, [x], target), X)
    assert not every(f, If)


def test_different_operations_stay():
    assert chosen(lambda b, x, _: b.add(np.exp, x), lambda b, x, _: b.add(np.sin, x))


@pytest.mark.parametrize("pair", [(1.0, 2.0), (0.0, -0.0), (1, 1.0)])
def test_different_operands_stay(pair):
    assert chosen(*(lambda b, x, _, c=c: b.add(np.copysign, x, c) for c in pair))


def test_different_keywords_stay():
    assert chosen(
        lambda b, x, _: b.add(np.nan_to_num, x, copy=True), lambda b, x, _: b.add(np.nan_to_num, x)
    )


def test_operations_on_what_an_arm_computes_stay():
    assert chosen(lambda b, x, _: b.add(np.exp, b.add(np.sin, x)), lambda b, x, _: b.add(np.exp, x))


def test_buffers_filled_differently_stay():
    def filled(value):
        def make(b, x, _):
            buffer = b.add(np.zeros_like, x)
            b.store(buffer, 0, value)
            return buffer

        return make

    assert chosen(filled(1.0), filled(2.0))


def test_read_after_a_store_stays_after_it():
    def stored(b, x, buffer):
        b.store(buffer, 0, 5.0)
        return b.add(np.tanh, buffer)

    read = chosen(
        stored, lambda b, x, buffer: b.add(np.tanh, buffer), lambda b, x: b.add(np.copy, x)
    )
    assert read


def test_random_draws_stay(monkeypatch):
    def draw(x):
        return x

    monkeypatch.setitem(OPS, draw, Op(lambda x: UNKNOWN, pure=False))
    assert chosen(lambda b, x, _: b.add(draw, x), lambda b, x, _: b.add(draw, x))


def test_stores_of_a_branch_stay_without_its_targets():
    b, x, c = Builder(), vector("x"), flag("c")
    buffer, then, target = b.add(np.copy, x), b.inner(), vector()
    then.store(buffer, 0, 1.0)
    b.branch(c, then.block(x), b.inner().block(x), target)
    f = same_values(drop_invariants, made(b, [x, c], target, buffer), X, True)
    assert len(stores(f)) == 1


SWITCHES = {"damped": False}


def undamped(x):
    """A loop that is over before it begins."""
    total = x[0]
    while SWITCHES["damped"]:
        total = total * x[2]
    return total * x[1]


def test_a_loop_that_certainly_makes_no_trip_goes():
    gradient = value_and_grad(undamped)
    value, bar = gradient(X)
    assert value == undamped(X)
    np.testing.assert_array_equal(bar, [X[1], X[0], 0])
    assert "while" not in gradient.source

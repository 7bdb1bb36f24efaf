"""What the dead code pass takes away, and what it must keep: stores that somebody sees."""

from __future__ import annotations

import operator

import numpy as np
import pytest

from srcgrad.ir.nodes import Const, For, If, While
from srcgrad.transform.simplify.dead import remove_dead
from tests.transform.passes import (
    Builder,
    count,
    every,
    flag,
    integer,
    made,
    number,
    ops,
    same_values,
    stores,
    vector,
)

X = np.array([0.3, -0.7, 1.1])


def test_unread_values_go():
    b, x = Builder(), vector("x")
    b.add(np.tanh, b.add(np.exp, x))
    f = same_values(remove_dead, made(b, [x], b.add(np.sin, x)), X)
    assert ops(f) == [np.sin]


def test_lean_programs_are_left_alone():
    b, x = Builder(), vector("x")
    f = made(b, [x], b.add(np.sin, x))
    assert remove_dead(f) is f


def test_impure_operations_stay():
    b, x = Builder(), vector("x")
    b.add(print, x)
    f = same_values(remove_dead, made(b, [x], x), X)
    assert ops(f) == [print]


def test_buffer_that_nobody_reads_goes():
    b, x = Builder(), vector("x")
    buffer = b.add(np.zeros_like, x)
    b.store(buffer, 0, 1.0)
    f = same_values(remove_dead, made(b, [x], x), X)
    assert not stores(f)
    assert not ops(f)


def test_stores_before_a_read_stay_and_those_after_the_last_go():
    b, x = Builder(), vector("x")
    buffer = b.add(np.zeros_like, x)
    b.store(buffer, 0, 1.0)
    total = b.add(np.sum, buffer)
    b.store(buffer, 1, 5.0)
    f = same_values(remove_dead, made(b, [x], total), X)
    assert len(stores(f)) == 1


def test_stores_into_the_memory_of_others_stay():
    b, x = Builder(), vector("x")
    b.store(x, 0, 1.0)
    f = same_values(remove_dead, made(b, [x], 0.0), X)
    assert len(stores(f)) == 1


@pytest.mark.parametrize("trips", [0, 1, 3])
def test_what_one_trip_stores_the_next_reads(trips):
    b, x, i, total = Builder(), vector("x"), integer("i"), number("total")
    buffer = b.add(np.zeros_like, x)
    inner = b.inner()
    more = inner.add(
        operator.add, total, inner.add(np.sum, buffer, type=total.type), type=total.type
    )
    inner.store(buffer, 0, 1.0)  # after the read, in the text
    last = number()
    b.loop(inner.block(more, params=(i, total)), trips, [0.0], [last])
    f = same_values(remove_dead, made(b, [x], last), X)
    assert len(stores(f)) == 1


def test_stores_in_a_loop_whose_values_are_dead_stay():
    b, x, i, t = Builder(), vector("x"), integer("i"), number("t")
    buffer = b.add(np.zeros_like, x)
    inner = b.inner()
    unread = inner.add(operator.mul, t, 2.0, type=t.type)
    inner.store(buffer, 0, 1.0)
    b.loop(inner.block(unread, params=(i, t)), 3, [1.0], [number()])
    f = same_values(remove_dead, made(b, [x], buffer), X)
    (loop,) = every(f, For)
    assert not loop.targets
    assert not loop.init
    assert len(stores(f)) == 1


@pytest.mark.parametrize("taken", [True, False])
def test_stores_in_one_arm_stay(taken):
    b, x, c = Builder(), vector("x"), flag("c")
    buffer = b.add(np.zeros_like, x)
    then = b.inner()
    then.store(buffer, 1, 2.0)
    b.branch(c, then.block(then.add(np.exp, x)), b.inner().block(x), vector())
    f = same_values(remove_dead, made(b, [x, c], buffer), X, taken)
    (branch,) = every(f, If)
    assert not branch.targets
    assert len(stores(f)) == 1
    assert count(f, np.exp) == 0


def test_condition_of_a_loop_reads_what_its_body_stores():
    b, x = Builder(), vector("x")
    buffer = b.add(np.zeros_like, x)
    tested, body, tick = b.inner(), b.inner(), [number(), number(), number()]
    small = tested.add(np.sum, buffer, type=tick[0].type)
    cond = tested.add(operator.lt, small, 3.0, type=flag().type)
    body.store(buffer, 0, 1.0)
    more = body.add(operator.add, tick[1], 1.0, type=tick[1].type)
    b.repeat(
        tested.block(cond, params=[tick[0]]), body.block(more, params=[tick[1]]), [0.0], [tick[2]]
    )
    f = same_values(remove_dead, made(b, [x], tick[2]), X)
    assert len(stores(f)) == 1


def test_carried_values_read_only_by_themselves_go():
    b, x, i, t, u = Builder(), vector("x"), integer("i"), vector("t"), vector("u")
    inner = b.inner()
    results = [inner.add(np.sin, t), inner.add(np.exp, u)]
    out = [vector(), vector()]
    b.loop(inner.block(*results, params=(i, t, u)), 3, [x, x], out)
    f = same_values(remove_dead, made(b, [x], out[0]), X)
    assert count(f, np.exp) == 0
    assert len(every(f, For)[0].init) == 1


def test_carried_values_that_live_ones_need_stay():
    b, x, i, t, u = Builder(), vector("x"), integer("i"), vector("t"), vector("u")
    inner, out = b.inner(), [vector(), vector()]
    grown = inner.add(np.exp, u)
    b.loop(inner.block(u, grown, params=(i, t, u)), 3, [x, x], out)
    f = same_values(remove_dead, made(b, [x], out[0]), X)
    assert len(every(f, For)[0].init) == 2
    assert count(f, np.exp) == 1


def test_a_conditional_loop_is_never_dropped():
    b, x = Builder(), vector("x")
    t = [number(), number(), number()]
    tested, body = b.inner(), b.inner()
    cond = tested.add(operator.lt, t[0], 3.0, type=flag().type)
    more = body.add(operator.add, t[1], 1.0, type=t[1].type)
    b.repeat(
        tested.block(cond, params=[t[0]]), body.block(more, params=[t[1]]), [Const(0.0)], [t[2]]
    )
    f = same_values(remove_dead, made(b, [x], x), X)
    assert len(every(f, While)) == 1

"""What the analyses say of small programs."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

from srcgrad.analysis.activity import active
from srcgrad.analysis.cost import is_cheap
from srcgrad.analysis.ownership import Owners, last_reader
from srcgrad.analysis.singular import any_singular, is_singular
from srcgrad.ir import intrinsics
from srcgrad.ir.types import NP_FLOAT, PY_FLOAT, PY_INT
from tests.transform.passes import Builder, every, flag, integer, made, number, vector


def carried(swap):
    b, x, i, t, u = Builder(), vector("x"), integer("i"), vector("t"), vector("u")
    inner, out = b.inner(), [vector(), vector()]
    results = (u, t) if swap else (t, u)
    start = b.add(np.zeros_like, x)
    b.loop(inner.block(*results, params=(i, t, u)), 2, [x, start], out)
    return active(b.body, [x], [out[1]]), t, u


def test_activity_goes_round_a_loop():
    found, t, u = carried(swap=True)
    assert {t, u} <= found


def test_values_that_do_not_meet_are_not_active():
    found, t, u = carried(swap=False)
    assert not {t, u} & found


def test_activity_ends_at_integers_and_steps():
    b, x = Builder(), vector("x")
    place = b.add(np.argmax, x, type=PY_INT)
    floor = b.add(np.floor, x)
    out = b.add(operator.add, b.add(operator.mul, floor, place), b.add(np.sin, x))
    found = active(b.body, [x], [out])
    assert out in found
    assert not {place, floor} & found


def test_what_only_one_arm_gives_is_active():
    b, x, c = Builder(), vector("x"), flag("c")
    then, target = b.inner(), vector()
    e = then.add(np.exp, x)
    b.branch(c, then.block(e), b.inner().block(b.add(np.zeros_like, x)), target)
    assert {e, target} <= active(b.body, [x], [target])


def test_what_the_result_does_not_depend_on_is_not_active():
    b, x = Builder(), vector("x")
    unused, out = b.add(np.exp, x), b.add(np.sin, x)
    assert unused not in active(b.body, [x], [out])


def stmt(op, *args, type_):
    b = Builder()
    b.add(op, *args, type=type_)
    return b.body[-1]


CHEAP = [
    stmt(operator.mul, number(), 2.0, type_=PY_FLOAT),
    stmt(len, vector(), type_=PY_INT),
    stmt(np.ndarray.T, vector(), type_=vector().type),
    stmt(operator.getitem, vector(), 0, type_=NP_FLOAT),
]
DEAR = [
    stmt(np.exp, vector(), type_=vector().type),
    stmt(operator.mul, vector(), 2.0, type_=vector().type),
    stmt(math.exp, number(), type_=PY_FLOAT),
    stmt(np.sum, vector(), type_=NP_FLOAT),
    stmt(print, vector(), type_=vector().type),
]


def test_cost():
    assert [is_cheap(s) for s in CHEAP] == [True] * len(CHEAP)
    assert [is_cheap(s) for s in DEAR] == [False] * len(DEAR)


@pytest.mark.parametrize(
    "op", [np.sqrt, np.cbrt, np.arcsin, np.arccos, np.arccosh, math.acosh, math.sqrt, np.hypot]
)
def test_infinite_slopes(op):
    s = stmt(op, vector(), type_=vector().type)
    assert is_singular(s)
    assert any_singular((s,))


@pytest.mark.parametrize(("exponent", "singular"), [(2, False), (0.5, True), (2.0, True)])
def test_powers(exponent, singular):
    assert is_singular(stmt(np.power, vector(), exponent, type_=vector().type)) is singular


def test_power_of_an_exponent_that_is_not_known():
    assert is_singular(stmt(np.power, vector(), number(), type_=vector().type))


def test_functions_of_the_user_may_be_anything():
    assert is_singular(stmt(lambda x: x, vector(), type_=vector().type))
    assert not is_singular(stmt(np.exp, vector(), type_=vector().type))


def test_singular_operations_inside_blocks_are_found():
    b, x, i, t = Builder(), vector("x"), integer("i"), vector("t")
    inner = b.inner()
    b.loop(inner.block(inner.add(np.sqrt, t), params=(i, t)), 2, [x], [vector()])
    assert any_singular(tuple(b.body))


def owner(arms):
    b, x, c = Builder(), vector("x"), flag("c")
    then, orelse, targets = b.inner(), b.inner(), [vector(), vector()]
    b.branch(c, then.block(*arms(then, x)), orelse.block(*arms(orelse, x)), *targets)
    bars = [b.add(intrinsics.fresh, target, x) for target in targets]
    f = made(b, [x, c], *bars)
    owners = Owners(f)
    users = [s for s in every(f) if s.op is intrinsics.fresh]
    return [owners.owns(t, user) for t, user in zip(targets, users, strict=True)]


def test_arrays_of_both_arms_are_owned():
    assert owner(lambda b, x: (b.add(np.exp, x), b.add(np.sin, x))) == [True, True]


def test_one_array_under_two_names_is_not():
    assert owner(_twice) == [False, False]


def _twice(b, x):
    e = b.add(np.zeros_like, x)
    b.store(e, 0, 1.0)
    return e, e


def test_arguments_are_not():
    assert owner(lambda b, x: (x, b.add(np.ndarray.T, x))) == [False, False]


def test_last_reader():
    b, x = Builder(), vector("x")
    e = b.add(np.exp, x)
    b.add(np.sin, e)
    last = b.add(np.cos, e)
    readers = last_reader(made(b, [x], last))
    assert readers[e] is last
    assert readers[last] is None

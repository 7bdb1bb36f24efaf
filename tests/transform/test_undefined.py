"""A value that one arm lacks: ``None`` where it is passed on, nothing at all where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from srcgrad.ir.nodes import NOTHING, UNDEFINED, Const, If
from srcgrad.transform.simplify.undefined import settle_undefined
from tests.transform.passes import Builder, after, every, flag, integer, made, vector


def arm(passed, absent):
    b, x, c, i, t = Builder(), vector("x"), flag("c"), integer("i"), vector("t")
    target, then = vector(), b.inner()
    b.branch(c, then.block(then.add(np.exp, x)), b.inner().block(absent), target)
    out = vector()
    if passed:
        b.loop(b.inner().block(t, params=(i, t)), 2, [target], [out])
    f = after(settle_undefined, made(b, [x, c], out if passed else x))
    (branch,) = every(f, If)
    return branch.orelse.results[0]


@pytest.mark.parametrize("absent", [NOTHING, Const(UNDEFINED)])
def test_absent_value(absent):
    assert arm(True, absent) is NOTHING
    assert arm(False, absent).value is UNDEFINED


def test_values_that_are_there_stay():
    b, x, c = Builder(), vector("x"), flag("c")
    target = vector()
    target.type = flag().type
    b.branch(c, b.inner().block(True), b.inner().block(Const(False)), target)
    f = after(settle_undefined, made(b, [x, c], target))
    assert every(f, If)[0].orelse.results[0].value is False

"""Loops that exit: what is valid, how they print, and doing without the flag."""

from __future__ import annotations

import dataclasses
import operator

import pytest

from srcgrad.ir.exits import deciding, never_exits, without_flag
from srcgrad.ir.nodes import UNDEFINED, Const, For, ForEach, If, Var, While
from srcgrad.ir.printer import to_text
from srcgrad.ir.types import PY_BOOL, PY_FLOAT, PY_INT
from srcgrad.ir.verifier import InvalidIR, verify
from tests.ir.build import LOC, ONE, apply, block, function, number

NO, YES = Const(False), Const(True)


def flag(name: str = "stopped") -> Var:
    return Var(name, PY_BOOL)


def counted(first=NO, last=None, param=None, target=None, exits=True):
    """A loop over three trips that stops once its number is large."""
    x, s, s2, s3 = number("x"), number("s"), number("s"), number("s")
    test, found = flag("test"), flag()
    body = block(
        apply(s2, operator.mul, s, s),
        apply(test, operator.gt, s2, ONE),
        If((found,), test, block(results=(YES,)), block(results=(NO,)), LOC),
        params=(Var("i", PY_INT), param or flag(), s),
        results=(found if last is None else last, s2),
    )
    loop = For(
        (target or flag(), s3), Const(0), Const(3), ONE, False, (first, x), (), body, LOC, exits
    )
    return function((x,), loop, result=s3), loop


def conditional():
    x, a, b, c, d = (number(name) for name in "xabcd")
    cond = block(params=(flag(), a), results=(YES,))
    body = block(apply(c, operator.mul, b, b), params=(flag(), b), results=(YES, c))
    loop = While((flag(), d), (NO, x), cond, body, LOC, True)
    return function((x,), loop, result=d), loop


def rejected(program, message, dialect="typed"):
    with pytest.raises(InvalidIR) as caught:
        verify(program, dialect)
    assert message in str(caught.value)


def test_valid_loops():
    verify(counted()[0], "typed")
    verify(counted(exits=False)[0], "typed")
    verify(conditional()[0], "typed")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": YES}, "does not start as False"),
        ({"first": Const(0)}, "does not start as False"),
        ({"first": Const(UNDEFINED)}, "does not start as False"),
        ({"last": Const(1)}, "exits by 1, which is not a bool"),
        ({"last": number("outside")}, "outside"),
        ({"param": Var("stopped", PY_INT)}, "exits by a value of type int"),
        ({"target": Var("stopped", PY_FLOAT)}, "exits by a value of type float"),
    ],
)
def test_a_broken_flag(change, message):
    rejected(counted(**change)[0], message)


def test_a_loop_that_exits_by_a_number():
    program, loop = counted()
    body = dataclasses.replace(loop.body, results=(loop.body.results[1],) * 2)
    broken = dataclasses.replace(program.body, body=(dataclasses.replace(loop, body=body),))
    rejected(dataclasses.replace(program, body=broken), "exits by a value of type float")


def test_a_loop_that_exits_and_carries_nothing():
    x, item = Var("x"), Var("item")
    rejected(
        function((x,), ForEach((), x, (), block(params=(item,)), LOC, True)),
        "carries no flag",
        "lowered",
    )
    cond, body = block(results=(YES,)), block()
    rejected(function((), While((), (), cond, body, LOC, True)), "carries no flag")


def test_the_text_says_what_ends_the_loop():
    text = to_text(counted()[0])
    assert "in range(0, 3) carrying (stopped = False, s = x) until stopped.1:" in text
    assert "while carrying (stopped = False, a = x) until True:" in to_text(conditional()[0])


def test_the_branch_that_decides():
    _, loop = counted()
    branch = loop.body.body[-1]
    assert deciding(loop.body, loop.body.results[0]) is branch
    assert deciding(loop.body, loop.body.results[1]) is None
    assert deciding(loop.body, NO) is None


@pytest.mark.parametrize("make", [counted, conditional])
def test_a_loop_without_its_flag(make):
    program, loop = make()
    assert not never_exits(loop)
    body = dataclasses.replace(loop.body, results=(NO, *loop.body.results[1:]))
    loop = dataclasses.replace(loop, body=body)
    assert never_exits(loop)
    shorter = without_flag(loop)
    assert len(shorter.init) == len(shorter.targets) == len(shorter.carried) == 1
    body = dataclasses.replace(program.body, body=(shorter,))
    verify(dataclasses.replace(program, body=body), "typed")

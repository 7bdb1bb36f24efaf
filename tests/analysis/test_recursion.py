"""What is found out about functions that call themselves."""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.analysis.recursion import (
    find_buffered,
    find_wanted,
    survey,
    varied_in,
)
from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Block, Function, If, Param, Stmt, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import FLOAT64, NP_FLOAT, PY_INT, Array, Length, Symbol

LOC = Loc("f.py", 1, 0, 1, 0, ("",), "f")
VECTOR = Array(FLOAT64, (Length(Symbol()),))


def program() -> tuple[Function, dict[Recursive, Function], Recursive, list[Var]]:
    """``def f(c, x, n): return x if n else c[n] * f(c, x, n)``, and a call of it."""
    op = Recursive("f")
    c, x, n = Var("c", VECTOR), Var("x", NP_FLOAT), Var("n", PY_INT)
    part, value, y = Var("", NP_FLOAT), Var("", NP_FLOAT), Var("", NP_FLOAT)
    body: tuple[Stmt, ...] = (
        Apply(part, operator.getitem, (c, n), (), LOC),
        Apply(value, op, (c, x, n), (), LOC),
        Apply(y, operator.mul, (part, value), (), LOC),
    )
    result = Var("", NP_FLOAT)
    branch = If((result,), n, Block((), (), (x,)), Block((), body, (y,)), LOC)
    params = tuple(Param(var.name, var) for var in (c, x, n))
    f = Function("f", params, Block((), (branch,), (result,)), LOC)
    outer = [Var("a", VECTOR), Var("b", NP_FLOAT), Var("m", PY_INT)]
    called = Var("", NP_FLOAT)
    call = Apply(called, op, tuple(outer), (), LOC)
    main = Function(
        "main", tuple(Param(v.name, v) for v in outer), Block((), (call,), (called,)), LOC
    )
    return main, {op: f}, op, outer


def test_facts():
    main, functions, op, (a, b, _) = program()
    survey(functions)
    assert op.entry.pure
    assert op.depends == {0, 1}
    assert not op.singular
    find_wanted(functions, main.body.body, [b])
    assert op.wanted == {1}
    assert {var.name for var in varied_in(op, functions[op])} == {"", "x"}
    find_buffered(functions)
    assert op.buffered == set()
    find_wanted(functions, main.body.body, [a, b])
    find_buffered(functions)
    assert (op.wanted, op.buffered) == ({0, 1}, {0})
    assert not op.pulled.pull.entry.pure


def test_effects_and_slopes():
    main, functions, op, _ = program()
    (branch,) = functions[op].body.body
    assert isinstance(branch, If)
    for operation, pure, singular in ((print, False, False), (np.sqrt, True, True)):
        extra = Apply(Var("", NP_FLOAT), operation, (functions[op].params[1].value,), (), LOC)
        then = replace(branch.then, body=(extra,))
        changed = replace(
            functions[op],
            body=replace(functions[op].body, body=(replace(branch, then=then),)),
        )
        survey({op: changed})
        assert op.entry.pure is pure
        assert op.singular is singular

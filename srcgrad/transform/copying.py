"""Statements that read copies, which are made right before them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, For, If, Operand, Stmt, Store, Var
from srcgrad.ir.types import PY_BOOL, PY_INT, Type
from srcgrad.ir.walk import changed, map_operand, map_stmt
from srcgrad.transform.rewrite import Rewriting


def decides(stmt: Stmt) -> tuple[Operand, ...]:
    """What a statement that is no operation reads itself, and its reverse reads again: a condition,
    the bounds of a loop, the index of a write."""
    match stmt:
        case If():
            return (stmt.cond,)
        case For():
            return (stmt.start, stmt.stop, stmt.step)
        case Store(index=index) if index is not None:
            return (index,)
    return ()


def reading_copies(program: Rewriting, stmt: Stmt, read: Iterable[Var]) -> Stmt:
    """``stmt``, which itself reads copies of the variables ``read``; of a condition, or a bound,
    the number that it is."""
    which = dict.fromkeys(read)
    if not which:
        return stmt

    def number(operand: Operand, op: Callable[..., Any], type_: Type) -> Operand:
        if operand not in which:
            return operand
        found = Var("", type_)
        program.keep(Apply(found, op, (operand,), (), stmt.loc))
        return found

    match stmt:
        case If():
            return changed(stmt, cond=number(stmt.cond, bool, PY_BOOL))
        case For():
            bounds = {"start": stmt.start, "stop": stmt.stop, "step": stmt.step}
            parts = {name: number(x, operator.index, PY_INT) for name, x in bounds.items()}
            return changed(stmt, **parts)
    copies: dict[Var, Operand] = {
        var: program.builder.apply(intrinsics.copied, (var,), (), stmt.loc) for var in which
    }
    if isinstance(stmt, Store):
        assert stmt.index is not None
        return changed(stmt, index=map_operand(stmt.index, lambda var: copies.get(var, var)))
    return map_stmt(stmt, lambda var: copies.get(var, var))

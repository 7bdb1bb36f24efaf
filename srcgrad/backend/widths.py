"""About how many columns an expression takes, before it is printed and variables have names."""

from __future__ import annotations

import operator
import types
from collections.abc import Mapping
from typing import Any

from srcgrad.ir.nodes import Apply, Const, If, Operand, Pack, Stmt, Store, Var

NAME_WIDTH = 6
_INFIX = frozenset(
    (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul,
     operator.floordiv, operator.mod, operator.lt, operator.le, operator.gt, operator.ge,
     operator.eq, operator.ne, operator.and_, operator.or_)
)  # fmt: skip


def operand_width(operand: Operand, widths: Mapping[Var, int]) -> int:
    """The width of an operand; ``widths`` are those of the expressions inside it."""
    if isinstance(operand, Var):
        return widths.get(operand) or len(operand.name) or NAME_WIDTH
    if isinstance(operand, Const):
        return min(len(repr(operand.value)), 24)
    if isinstance(operand, Pack):
        return sum(operand_width(item, widths) + 2 for item in operand.items)
    return NAME_WIDTH


def own_width(stmt: Stmt) -> int:
    """The width of a statement without its operands and its target."""
    match stmt:
        case Apply():
            names = sum(len(name) + 1 for name, _ in stmt.kwargs)
            return _op_width(stmt.op) + names + 2 * max(len(stmt.args) + len(stmt.kwargs) - 1, 0)
        case If():
            return 10
        case Store():
            return 6
        case _:
            return 8


def _op_width(op: Any) -> int:
    if op in _INFIX:
        return 2
    if op is operator.getitem or op is operator.neg:
        return 1
    name = len(getattr(op, "__name__", "function"))
    return name + 1 if isinstance(op, types.GetSetDescriptorType) else name + 5

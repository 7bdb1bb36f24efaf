"""Conditions and bounds that are arrays which the program writes become numbers where they stand.

The reverse of a branch tests the condition again, and that of a loop counts again from its bounds.
By then the array may hold what the branch or the loop has written into it, and a set or a queue
from outside have more in it or less::

    if m:                       m_holds = bool(m)
        m[0] = False     ->     if m_holds:
                                    m[0] = False
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from srcgrad.analysis.changing import is_changeable
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.types import PY_BOOL, PY_INT, Type
from srcgrad.ir.walk import changed, map_blocks, operands, same_or, statements


def read_conditions(function: Function) -> Function:
    """``function`` with what decides what runs as numbers: arrays that it writes, and objects."""
    memory = MemoryClasses(function.body)
    if not memory.any_written() and not _tests_objects(function):
        return function
    return changed(function, body=_block(function.body, memory))


def _tests_objects(function: Function) -> bool:
    """Whether an object of which no more than the class is known decides what runs."""
    tested = (
        operand
        for stmt in statements(function.body.body)
        for operand in (stmt.cond.results if isinstance(stmt, While) else operands(stmt))
        if isinstance(stmt, If | While)
    )
    return any(map(is_changeable, tested))


def _block(block: Block, memory: MemoryClasses) -> Block:
    body: list[Stmt] = []
    for stmt in block.body:
        stmt = map_blocks(stmt, lambda inner: _block(inner, memory))
        if isinstance(stmt, If):
            cond = _number(stmt.cond, bool, PY_BOOL, body, memory, stmt.loc)
            stmt = changed(stmt, cond=cond)
        elif isinstance(stmt, While):
            stmt = changed(stmt, cond=_tested(stmt.cond, memory, stmt.loc))
        elif isinstance(stmt, For):
            bounds = (stmt.start, stmt.stop, stmt.step)
            start, stop, step = (
                _number(bound, operator.index, PY_INT, body, memory, stmt.loc) for bound in bounds
            )
            stmt = changed(stmt, start=start, stop=stop, step=step)
        body.append(stmt)
    return changed(block, body=same_or(block.body, body))


def _tested(cond: Block, memory: MemoryClasses, loc: Loc) -> Block:
    """The condition of a loop; what only it reads would not count as read."""
    body = list(cond.body)
    result = _number(cond.results[0], bool, PY_BOOL, body, memory, loc)
    return cond if result is cond.results[0] else replace(cond, body=tuple(body), results=(result,))


def _number(
    operand: Operand,
    op: Callable[..., Any],
    type_: Type,
    body: list[Stmt],
    memory: MemoryClasses,
    loc: Loc,
) -> Operand:
    """``operand``, read before what follows in ``body`` if it may be another afterwards."""
    if not isinstance(operand, Var) or not has_memory(operand):
        return operand
    if not (memory.is_written(operand) or is_changeable(operand)):
        return operand
    number = Var("", type_)
    body.append(Apply(number, op, (operand,), (), loc))
    return number

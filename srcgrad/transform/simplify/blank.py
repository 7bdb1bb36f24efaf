"""Lists of cotangents that are filled by one loop need no zeros to start from.

::

    hs_bar = [np.zeros_like(v) for v in hs]          hs_bar = [None] * len(hs)
    for t in reversed(range(len(hs))):        ->     for t in reversed(range(len(hs))):
        hs_bar[t] = hs_bar[t] + h_bar                    hs_bar[t] = h_bar
"""

from __future__ import annotations

import operator
from dataclasses import replace

from srcgrad.ir import intrinsics, lists
from srcgrad.ir.nodes import Apply, Const, For, Function, Operand, Stmt, Var
from srcgrad.ir.types import ListOf
from srcgrad.ir.walk import count_uses, statements
from srcgrad.transform.rewrite import Rewriting, rewrite

_SUMS = (operator.add, lists.list_sum)


def assign_elements(function: Function) -> Function:
    """``function`` with elements that are added to zeros once, each by its trip, assigned."""
    body = statements(function.body.body)
    if not any(isinstance(stmt, Apply) and stmt.op is lists.list_set for stmt in body):
        return function
    uses = count_uses(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, For):
            for position in range(len(stmt.init)):
                value = _value(program, stmt, position, uses)
                if value is not None:
                    stmt = _assigning(program, stmt, position, value)
        program.keep(stmt)

    return rewrite(function, step)


def _value(program: Rewriting, loop: For, position: int, uses: dict[Var, int]) -> Operand | None:
    """What each trip of ``loop`` adds to its element of a list of zeros, if it does no more."""
    zeros = program.definition(loop.init[position], intrinsics.zero)
    param, index = loop.carried[position], loop.body.params[0]
    if zeros is None or not isinstance(param.type, ListOf) or uses[zeros.target] != 1:
        return None
    length = program.definition(loop.stop, len)
    if length is None or length.args[0] is not zeros.args[0]:
        return None
    if not (_is_int(loop.start, 0) and _is_int(loop.step, 1)):
        return None
    changed = program.definition(loop.body.results[position], lists.list_set)
    if changed is None or changed.args[0] is not param or changed.args[1] is not index:
        return None
    total = program.definition(changed.args[2])
    if total is None or total.op not in _SUMS or uses[total.target] != 1:
        return None
    element = program.definition(total.args[0], operator.getitem)
    own = element is not None and element.args == (param, index)
    if element is None or not own or uses[element.target] != 1 or uses[param] != 2:
        return None
    inside = any(stmt is changed for stmt in loop.body.body)
    return total.args[1] if inside and uses[changed.target] == 1 else None


def _is_int(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == value


def _assigning(program: Rewriting, loop: For, position: int, value: Operand) -> For:
    zeros = program.definition(loop.init[position])
    assert zeros is not None
    blank = Var(zeros.target.name, zeros.target.type, zeros.target.hint, zeros.target.primal)
    program.keep(Apply(blank, lists.list_blank, zeros.args, (), zeros.loc))
    result = loop.body.results[position]
    body = tuple(
        replace(stmt, args=(*stmt.args[:2], value))
        if isinstance(stmt, Apply) and stmt.target is result
        else stmt
        for stmt in loop.body.body
    )
    init = tuple(blank if i == position else first for i, first in enumerate(loop.init))
    return replace(loop, init=init, body=replace(loop.body, body=body))

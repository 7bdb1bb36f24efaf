"""What only one arm of a branch adds to a sum is added there.

::

    if stopped:                            if stopped:
        part = 0.0                             pass
    else:                         ->       else:
        part = s_bar                           x_bar += s_bar
    x_bar = x_bar + part

For numbers only: a branch that leaves an array as it is has no zeros to add.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import replace

from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Function,
    If,
    Operand,
    Stmt,
    Var,
)
from srcgrad.ir.types import Scalar
from srcgrad.ir.walk import (
    changed,
    count_uses,
    free_in_stmt,
    map_blocks,
    same_or,
    substitute,
    targets,
)


def add_in_arms(function: Function) -> Function:
    """``function`` with sums of numbers moved into the arms that contribute to them."""
    uses = count_uses(function)
    return changed(function, body=_block(function.body, uses))


def _block(block: Block, uses: Counter[Var]) -> Block:
    body = [map_blocks(stmt, lambda inner: _block(inner, uses)) for stmt in block.body]
    renamed: dict[Var, Operand] = {}
    position = 0
    while position < len(body):
        stmt = body[position]
        found = _sum(body, position, uses, renamed)
        if found is None:
            position += 1
            continue
        assert isinstance(stmt, If)
        at, which = found
        total = body.pop(at)
        assert isinstance(total, Apply)
        body[position], target = _moved(stmt, which, total)
        renamed[total.target] = target
    if not renamed:
        return changed(block, body=same_or(block.body, body))
    # A sum may have gone into an arm before another: follow the names to the last.
    final = {var: _last(var, renamed) for var in renamed}
    return substitute(replace(block, body=tuple(body)), final)


def _last(var: Var, renamed: dict[Var, Operand]) -> Operand:
    operand: Operand = var
    while isinstance(operand, Var) and operand in renamed:
        operand = renamed[operand]
    return operand


def _sum(
    body: list[Stmt], position: int, uses: Counter[Var], renamed: dict[Var, Operand]
) -> tuple[int, int] | None:
    """Where a target of a branch is added to a number that is there before, and which target."""
    stmt = body[position]
    if not isinstance(stmt, If) or not stmt.loc.adjoint:
        return None
    parts = {
        target: i
        for i, target in enumerate(stmt.targets)
        if uses[target] == 1 and _is_zero(stmt.then.results[i]) != _is_zero(stmt.orelse.results[i])
    }
    later = set(stmt.targets)
    for at in range(position + 1, len(body)):
        other = body[at]
        if isinstance(other, Apply) and other.op is operator.add and not other.kwargs:
            total, part = other.args
            if isinstance(part, Var) and part in parts and isinstance(total, Var):
                same = isinstance(total.type, Scalar) and total.type == other.target.type
                before = _last(total, renamed) not in later
                if same and before and total not in later and uses[total] == 1:
                    return at, parts[part]
        if any(var in parts for var in free_in_stmt(other)):
            parts = {v: i for v, i in parts.items() if v not in free_in_stmt(other)}
        later.update(targets(other))
    return None


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and type(operand.value) is float and operand.value == 0.0


def _moved(stmt: If, which: int, total: Apply) -> tuple[If, Var]:
    """``stmt`` whose target number ``which`` is the sum itself."""
    target = Var(total.target.name, total.target.type, total.target.hint, total.target.primal)
    arms = []
    for arm in (stmt.then, stmt.orelse):
        part, result = arm.results[which], total.args[0]
        body = arm.body
        if not _is_zero(part):
            added = Var(target.name, target.type, target.hint, target.primal)
            body = (*body, replace(total, target=added, args=(result, part)))
            result = added
        results = (*arm.results[:which], result, *arm.results[which + 1 :])
        arms.append(Block(arm.params, body, results))
    new = (*stmt.targets[:which], target, *stmt.targets[which + 1 :])
    return replace(stmt, targets=new, then=arms[0], orelse=arms[1]), target

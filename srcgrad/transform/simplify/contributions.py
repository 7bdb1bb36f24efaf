"""What only one arm of a branch adds to a sum is added there.

::

    if stopped:                            if stopped:
        part = 0.0                             pass
    else:                         ->       else:
        part = s_bar                           x_bar += s_bar
    x_bar = x_bar + part

Of arrays only those that nobody writes into: where an arm adds nothing, the sum is the very array
to which it would be added.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass, replace

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir import intrinsics
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
from srcgrad.ir.types import Array, Scalar
from srcgrad.ir.walk import (
    changed,
    count_uses,
    free_in_stmt,
    map_blocks,
    same_or,
    substitute,
    targets,
    variables,
)


def add_in_arms(function: Function) -> Function:
    """``function`` with sums moved into the arms that contribute to them."""
    facts = _Facts(count_uses(function), MemoryClasses(function.body))
    return changed(function, body=_block(function.body, facts))


@dataclass(frozen=True)
class _Facts:
    """How often the variables of a function are read, and which of them may be written into."""

    uses: Counter[Var]
    memory: MemoryClasses


def _block(block: Block, facts: _Facts) -> Block:
    body = [map_blocks(stmt, lambda inner: _block(inner, facts)) for stmt in block.body]
    renamed: dict[Var, Operand] = {}
    position = 0
    while position < len(body):
        stmt = body[position]
        found = _sum(body, position, facts, renamed)
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
    body: list[Stmt], position: int, facts: _Facts, renamed: dict[Var, Operand]
) -> tuple[int, int] | None:
    """Where a target of a branch is added to a sum that is there before, and which target."""
    stmt = body[position]
    if not isinstance(stmt, If) or not stmt.loc.adjoint:
        return None
    parts = {
        target: i
        for i, target in enumerate(stmt.targets)
        if facts.uses[target] == 1 and _is_zero(stmt.then, i) != _is_zero(stmt.orelse, i)
    }
    later = set(stmt.targets)
    for at in range(position + 1, len(body)):
        other = body[at]
        if isinstance(other, Apply) and other.op is operator.add and not other.kwargs:
            total, part = other.args
            if isinstance(part, Var) and part in parts and isinstance(total, Var):
                same = _is_alike(total, other.target, part, facts.memory)
                before = _last(total, renamed) not in later
                if same and before and total not in later and facts.uses[total] == 1:
                    return at, parts[part]
        if any(var in parts for var in free_in_stmt(other)):
            parts = {v: i for v, i in parts.items() if v not in free_in_stmt(other)}
        later.update(targets(other))
    return None


def _is_alike(total: Var, target: Var, part: Var, memory: MemoryClasses) -> bool:
    """Whether a sum is of the type of what it adds to; of arrays, also of what it adds."""
    if not isinstance(total.type, Array):
        return isinstance(total.type, Scalar) and total.type == target.type
    alike = total.type == target.type == part.type and None not in total.type.dims
    return alike and not memory.is_written(total) and not memory.is_written(target)


def _is_zero(arm: Block, place: int) -> bool:
    """Whether an arm gives a zero, or an array of zeros that it makes for that."""
    operand = arm.results[place]
    if isinstance(operand, Const):
        return type(operand.value) is float and operand.value == 0.0
    made = (stmt for stmt in arm.body if isinstance(stmt, Apply) and stmt.target is operand)
    return any(stmt.op is intrinsics.zero for stmt in made) and not any(
        operand in free_in_stmt(stmt) for stmt in arm.body
    )


def _is_read_once(var: Var, arm: Block) -> bool:
    """Whether an arm makes something for one of its results alone."""
    given = sum(var in variables(result) for result in arm.results)
    return given == 1 and not any(var in free_in_stmt(stmt) for stmt in arm.body)


def _moved(stmt: If, which: int, total: Apply) -> tuple[If, Var]:
    """``stmt`` whose target number ``which`` is the sum itself."""
    target = Var(total.target.name, total.target.type, total.target.hint, total.target.primal)
    arms = []
    for arm in (stmt.then, stmt.orelse):
        part, result = arm.results[which], total.args[0]
        body = arm.body
        made = next((s for s in body if isinstance(s, Apply) and s.target is part), None)
        if not _is_zero(arm, which):
            added = Var(target.name, target.type, target.hint, target.primal)
            loc = total.loc if made is None else made.loc
            if made is not None and _is_read_once(made.target, arm):
                part = Var("", made.target.type, made.target.name or made.target.hint)
                body = tuple(replace(made, target=part) if s is made else s for s in body)
            body = (*body, replace(total, target=added, args=(result, part), loc=loc))
            result = added
        elif made is not None and _is_read_once(made.target, arm):
            body = tuple(stmt for stmt in body if stmt is not made)
        results = (*arm.results[:which], result, *arm.results[which + 1 :])
        arms.append(Block(arm.params, body, results))
    new = (*stmt.targets[:which], target, *stmt.targets[which + 1 :])
    return replace(stmt, targets=new, then=arms[0], orelse=arms[1]), target

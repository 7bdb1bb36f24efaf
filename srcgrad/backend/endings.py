"""The end of a trip of a loop that exits: ``break`` in the arms of the last branches.

Each end of the body is one of the arms, all the way down.  There the values that the loop carries
are assigned, and where the flag is True, a ``break`` follows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from srcgrad.backend.expressions import negated
from srcgrad.backend.plan import Branch, Line, Step
from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import UNDEFINED, Block, Const, For, If, Operand, Var, While
from srcgrad.ir.walk import free_in_block, map_operand, variables

if TYPE_CHECKING:
    from srcgrad.backend.statements import Statements

Operands: TypeAlias = tuple[Operand, ...]
Leave: TypeAlias = Callable[[Operands, bool], list[Step]]


def last_trip(builder: Statements, loop: For | While) -> list[Step]:
    """The body of a loop that exits."""
    quiet = _set_at_exits(loop)
    # What is handed on after the loop is read there, None or not: it must be something.
    needed = [
        position
        for position in quiet
        if _is_absent(loop.init[position]) and loop.carried[position] in builder.nesting.passed
    ]

    def leave(operands: Operands, exits: bool) -> list[Step]:
        changed = [
            position
            for position, operand in enumerate(operands)
            if position not in quiet
            or not _is_same(operand, loop.init[position])
            or (exits and position in needed)
        ]
        into = [loop.carried[position] for position in changed]
        steps = builder.copies(into, [operands[position] for position in changed], None)
        return [*steps, Line(ast.Break(), (), (), None)] if exits else steps

    return _ending(builder, loop.body, loop.body.results[0], loop.body.results, leave)


def _ending(
    builder: Statements,
    block: Block,
    flag: Operand,
    handed_on: Operands,
    leave: Leave,
    later: Set[Var] = frozenset(),
) -> list[Step]:
    """The statements of a block, at each of whose ends ``leave`` says what happens.

    ``handed_on`` are the operands that it is given there; ``flag`` whether the loop exits; and
    what stands after the block reads ``later``.
    """
    last = deciding(block, flag)
    if last is None or not isinstance(flag, Var):
        steps = builder.block(block)
        if block.diverges:
            return steps
        assert isinstance(flag, Const), "every end of a loop that exits knows whether it does"
        return [*steps, *leave(handed_on, is_true(flag))]
    which = last.targets.index(flag)

    def arm(inner: Block) -> list[Step]:
        known = dict(zip(last.targets, inner.results, strict=True))
        operands = tuple(map_operand(o, lambda var: known.get(var, var)) for o in handed_on)
        return _ending(builder, inner, inner.results[which], operands, leave, later)

    early = builder.nesting.early.get(last)
    if early is None:
        steps = builder.block(replace(block, body=block.body[:-1]))
        return [*steps, *_fork(builder, last, arm)]
    # ``if a: if b: break``: where the first branch finds that the loop exits, it does so at once.
    assert isinstance(last.cond, Var)
    found = last.cond
    others = tuple(var for var in early.targets if var is not found)

    handed = {var for operand in handed_on for var in variables(operand)}
    read = free_in_block(last.orelse).keys() | handed | later

    def go_on(operands: Operands, exits: bool) -> list[Step]:
        if exits:
            return [*builder.copies(others, operands, None), *arm(last.then)]
        rows = [(o, v) for o, v in zip(others, operands, strict=True) if o in read]
        return builder.copies([o for o, _ in rows], [v for _, v in rows], None)

    first = replace(block, body=block.body[:-1], results=(found,))
    return [*_ending(builder, first, found, others, go_on, read), *arm(last.orelse)]


def _fork(builder: Statements, stmt: If, arm: Callable[[Block], list[Step]]) -> list[Step]:
    """A branch; what follows an arm that leaves needs no ``else``."""
    test, reads = builder.expressions.read(stmt.cond)
    then, orelse = arm(stmt.then), arm(stmt.orelse)
    if _leaves(then):
        return [Branch(test, reads, then, [], stmt.loc), *orelse]
    if _leaves(orelse):
        return [Branch(negated(test), reads, orelse, [], stmt.loc), *then]
    return [Branch(test, reads, then, orelse, stmt.loc)]


def _leaves(steps: Sequence[Step]) -> bool:
    """Whether nothing that follows ``steps`` is reached after them."""
    last = steps[-1] if steps else None
    if isinstance(last, Branch):
        return _leaves(last.then) and _leaves(last.orelse)
    return isinstance(last, Line) and isinstance(last.node, ast.Break | ast.Raise)


def _is_same(operand: Operand, first: Operand) -> bool:
    """Whether an operand is the constant, False or None, that a value begins with; what begins with
    no value at all is not read while it is None."""
    if not isinstance(operand, Const) or not isinstance(first, Const):
        return False
    if first.value is UNDEFINED:
        return operand.value is UNDEFINED or operand.value is None
    return operand.value is first.value and first.value in (False, None)


def _set_at_exits(loop: For | While) -> set[int]:
    """The flags that are False, and results that are None or are not there, until the loop exits:
    nothing need make them so."""
    results = loop.body.results
    return {
        position
        for position, first in enumerate(loop.init)
        if _is_same(first, first) and _kept_before(loop.body, results[0], results[position], first)
    }


def there_after_an_exit(loop: For | While) -> frozenset[Var]:
    """What a loop carries that has no value until the loop exits."""
    if not loop.exits:
        return frozenset()
    read = free_in_block(replace(loop.body, params=()))
    return frozenset(
        loop.carried[position]
        for position in _set_at_exits(loop)
        if _is_absent(loop.init[position]) and loop.carried[position] not in read
    )


def _is_absent(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is UNDEFINED


def _kept_before(block: Block, flag: Operand, value: Operand, first: Operand) -> bool:
    """Whether ``value`` is what it was at ``first`` wherever ``flag`` is False."""
    if is_true(flag) or _is_same(value, first) or block.diverges:
        return True
    last = deciding(block, flag)
    if last is None or not isinstance(flag, Var) or not isinstance(value, Var):
        return False
    if value not in last.targets:
        return False
    which, other = last.targets.index(flag), last.targets.index(value)
    return all(
        _kept_before(arm, arm.results[which], arm.results[other], first)
        for arm in (last.then, last.orelse)
    )

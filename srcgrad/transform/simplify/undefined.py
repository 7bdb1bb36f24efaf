"""Values that only one arm of a branch gives.

Where such a value is only read, the other arm need not assign anything.  Where it is passed on
(as the result of a block around, into a list of saved values), it must be something: ``None``.
"""

from __future__ import annotations

from srcgrad.ir.nodes import (
    NOTHING,
    UNDEFINED,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.walk import blocks, changed, same_or, statements, variables
from srcgrad.transform.rewrite import Rewriting, rewrite


def settle_undefined(function: Function) -> Function:
    """``function`` with ``None`` exactly where a value that is not there is passed on."""
    passed = _passed_on(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, If):
            then = _settle(stmt.then, stmt.targets, passed)
            stmt = changed(stmt, then=then, orelse=_settle(stmt.orelse, stmt.targets, passed))
        program.keep(stmt)

    return rewrite(function, step)


def _settle(block: Block, targets: tuple[Var, ...], passed: set[Var]) -> Block:
    if block.diverges:
        return block
    results = [
        (NOTHING if target in passed else Const(UNDEFINED)) if _is_absent(result) else result
        for target, result in zip(targets, block.results, strict=True)
    ]
    return changed(block, results=same_or(block.results, results))


def _is_absent(result: Operand) -> bool:
    return isinstance(result, Const) and (result is NOTHING or result.value is UNDEFINED)


def _passed_on(function: Function) -> set[Var]:
    """The variables that are copied as they are: by blocks, and into loops."""
    found: set[Var] = set()
    for stmt in statements(function.body.body):
        if isinstance(stmt, For | While):
            found.update(var for init in stmt.init for var in variables(init))
        for block in blocks(stmt):
            found.update(var for result in block.results for var in variables(result))
    return found

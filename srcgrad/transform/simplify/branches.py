"""Two branches on one condition, one after the other, are one branch.

::

    if c:                        if c:
        a = f(x)                     a = f(x)
    if c:                  ->        b = g(a)
        b = g(a)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from srcgrad.analysis.changing import asks, changes
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.analysis.raising import may_go_before
from srcgrad.ir.nodes import (
    NOTHING,
    UNDEFINED,
    Apply,
    Block,
    Const,
    Function,
    If,
    Operand,
    Stmt,
    Try,
    Var,
)
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.walk import (
    changed,
    free_in_stmt,
    map_blocks,
    map_operand,
    map_stmt,
    same_or,
    statements,
    used,
)
from srcgrad.transform.simplify.dead import is_pure


def merge_branches(function: Function) -> Function:
    """``function`` with neighbouring branches on the same condition merged."""
    return changed(function, body=_block(function.body, MemoryClasses(function.body)))


def _block(block: Block, memory: MemoryClasses) -> Block:
    body: list[Stmt] = []
    for stmt in block.body:
        merged = _merge(body, stmt, memory) if isinstance(stmt, If) else None
        if merged is None:
            body.append(stmt)
        else:
            body = merged
    body = [map_blocks(stmt, lambda inner: _block(inner, memory)) for stmt in body]
    return changed(block, body=same_or(block.body, body))


def _merge(body: list[Stmt], stmt: If, memory: MemoryClasses) -> list[Stmt] | None:
    """``body`` with ``stmt`` merged into an earlier branch, if what stands between can give way."""
    between: list[Apply] = []
    for position in range(len(body) - 1, -1, -1):
        first = body[position]
        if isinstance(first, Try) or isinstance(stmt, Try):
            return None
        if isinstance(first, If) and first.cond is stmt.cond:
            if any(var in free_in_stmt(other) for other in between for var in first.targets):
                return None
            if _writes_for(first, between, memory):
                return None
            if not all(may_go_before(other, (first,)) for other in between):
                return None
            if _needs_what_is_not_there(first, stmt):
                return None
            joined = _join(first, stmt)
            return [*body[:position], *reversed(between), joined]
        if not isinstance(first, Apply) or not is_pure(first):
            return None
        between.append(first)
    return None


def join_branches(first: If, second: If) -> If | None:
    """Two branches that follow each other as one, if they are on one condition."""
    if first.cond is not second.cond or isinstance(first, Try) or isinstance(second, Try):
        return None
    return None if _needs_what_is_not_there(first, second) else _join(first, second)


def _writes_for(first: If, readers: Sequence[Stmt], memory: MemoryClasses) -> bool:
    """Whether ``first`` stores into memory that one of ``readers``, after it, may show, or changes
    what it asks."""
    if any(isinstance(other, Apply) and asks(other) for other in readers) and changes((first,)):
        return True
    written = {var for stmt in statements((first,)) for var in stored_by(stmt)}
    if not written or not readers:
        return False
    roots = {memory.root(var) for var in written}
    return any(memory.root(var) in roots for other in readers for var in free_in_stmt(other))


def _needs_what_is_not_there(first: If, second: If) -> bool:
    """Whether an arm of ``second``, if it ever ran, would read what ``first`` has not assigned
    then, or write into that or None: an error of the program's own when it gets there."""
    for before, after in ((first.then, second.then), (first.orelse, second.orelse)):
        rows = tuple(zip(first.targets, before.results, strict=False))
        unassigned = {var for var, result in rows if _is_undefined(result)}
        absent = {var for var, result in rows if result is NOTHING} | unassigned
        for stmt in statements(after.body):
            if not absent.isdisjoint(stored_by(stmt)):
                return True
            # The reverse asks what is not there for its shape at most.
            is_forward = isinstance(stmt, Apply) and not stmt.loc.adjoint
            if is_forward and not unassigned.isdisjoint(used(stmt)):
                return True
    return False


def _is_undefined(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is UNDEFINED


def _join(first: If, second: If) -> If:
    then = _append(
        first.then, second.then, dict(zip(first.targets, first.then.results, strict=True))
    )
    orelse = _append(
        first.orelse, second.orelse, dict(zip(first.targets, first.orelse.results, strict=True))
    )
    return replace(first, targets=(*first.targets, *second.targets), then=then, orelse=orelse)


def _append(first: Block, second: Block, known: dict[Var, Operand]) -> Block:
    def rewrite(var: Var) -> Operand:
        found = known.get(var, var)
        # What is read where it is not there is only asked for its shape.
        return NOTHING if _is_undefined(found) else found

    body = tuple(map_stmt(stmt, rewrite) for stmt in second.body)
    results = tuple(map_operand(result, rewrite) for result in second.results)
    return Block((), (*first.body, *body), (*first.results, *results))

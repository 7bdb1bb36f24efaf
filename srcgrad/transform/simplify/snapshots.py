"""A loop whose reverse reads nothing of an array that the loop writes is undone at once.

::

    for t in range(T):                              A_before = A.copy()
        A_saved.append(A[1:-1].copy())              for t in range(T):
        A[1:-1] = ...                                   A[1:-1] = ...
    ...                                    ->       ...
    for t in reversed(range(T)):                    for t in reversed(range(T)):
        A[1:-1] = A_saved.pop()                         ...
        ...                                         A[...] = A_before

One copy of the array instead of a slice for each trip.  Elements that are written one by one are
saved one by one: the array may be much larger than what the loop writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, reads_content, sources
from srcgrad.ir.nodes import (
    Apply,
    Block,
    For,
    Function,
    Record,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.types import Array
from srcgrad.ir.walk import blocks, changed, map_blocks, params_of, same_or, statements, targets
from srcgrad.specialise.builder import type_of


def take_snapshots(function: Function) -> Function:
    """``function`` with snapshots in place of the slices that loops save to be undone."""
    memory = MemoryClasses(function.body)
    if not any(isinstance(s, Store) and s.undoing for s in statements(function.body.body)):
        return function
    facts = _Facts(function, memory)
    body = list(function.body.body)
    for loop in function.body.body:
        if isinstance(loop, For | While) and not loop.loc.adjoint:
            body = _undo_at_once(body, loop, facts) or body
    body_ = same_or(function.body.body, body)
    return changed(function, body=changed(function.body, body=body_))


@dataclass
class _Facts:
    """What is known of the arrays of a function."""

    function: Function
    memory: MemoryClasses

    def array(self, root: Var, inside: set[Var]) -> Var | None:
        """The one array of a class, if it exists outside of the loop."""
        made: list[Var] = list(params_of(self.function))
        for stmt in statements(self.function.body.body):
            if isinstance(stmt, Apply):
                made.extend([stmt.target] if not sources(stmt) else [])
            else:
                made.extend((*targets(stmt), *(v for b in blocks(stmt) for v in b.params)))
        found = [var for var in made if self.memory.root(var) is root]
        if len(found) != 1 or found[0] in inside or not isinstance(found[0].type, Array):
            return None
        return found[0]


def _undo_at_once(body: list[Stmt], loop: For | While, facts: _Facts) -> list[Stmt] | None:
    """``body`` with a snapshot before ``loop``, None if its reverse needs what is saved."""
    stacks = set(loop.targets[len(loop.init) :])
    reverse = next((s for s in body if isinstance(s, For) and stacks & set(s.stacks)), None)
    if reverse is None:
        return None
    undoing = [s for s in statements(reverse.body.body) if isinstance(s, Store) and s.undoing]
    for root in dict.fromkeys(facts.memory.root(store.buffer) for store in undoing):
        stores = [store for store in undoing if facts.memory.root(store.buffer) is root]
        array = _replaceable(root, stores, loop, reverse, facts)
        if array is not None:
            return _with_snapshot(body, loop, reverse, array, stores)
    return None


def _replaceable(
    root: Var, stores: list[Store], loop: For | While, reverse: For, facts: _Facts
) -> Var | None:
    """The array that one copy puts back, if nothing in the reverse of the loop reads it."""
    memory = facts.memory
    if not all(isinstance(type_of(store.value), Array) for store in stores):
        return None
    for stmt in statements(reverse.body.body):
        if any(memory.root(var) is root for var in reads_content(stmt)):
            return None
    inner = tuple(statements((loop,)))
    written = [s for s in inner if isinstance(s, Store) and memory.root(s.buffer) is root]
    if {s.record for s in written} != {s.record for s in stores}:
        return None
    inside = {var for s in inner[1:] for var in targets(s)}
    return facts.array(root, inside)


def _with_snapshot(
    body: list[Stmt], loop: For | While, reverse: For, array: Var, stores: list[Store]
) -> list[Stmt]:
    record = Record()
    replaced = {store.record for store in stores}
    before = Var("", array.type, f"{array.name or 'array'}_before")
    copy = Apply(before, np.ndarray.copy, (array,), (), loop.loc)
    undo = Store(array, None, before, False, reverse.loc, record, undoing=True)
    result: list[Stmt] = []
    for stmt in body:
        if stmt is loop:
            result.extend((copy, _recorded(loop, replaced, record)))
        elif stmt is reverse:
            result.extend((_without(reverse, set(stores)), undo))
        else:
            result.append(stmt)
    return result


def _recorded(stmt: Stmt, replaced: set[Record | None], record: Record) -> Stmt:
    """``stmt`` with other records for its writes."""
    if isinstance(stmt, Store):
        return replace(stmt, record=record) if stmt.record in replaced else stmt
    return _inside(stmt, lambda inner: [_recorded(inner, replaced, record)])


def _without(stmt: Stmt, dropped: set[Store]) -> Stmt:
    """``stmt`` without some of its writes."""
    return _inside(stmt, lambda inner: [] if inner in dropped else [_without(inner, dropped)])


def _inside(stmt: Stmt, change: Callable[[Stmt], list[Stmt]]) -> Stmt:
    """``stmt`` with the statements of its blocks changed."""

    def block(inner: Block) -> Block:
        return changed(inner, body=same_or(inner.body, [n for s in inner.body for n in change(s)]))

    return map_blocks(stmt, block)

"""Faults of a compiler, to be built in: what the tester of random programs has to find.

Each takes ``monkeypatch`` and makes the compiler do the obvious and wrong thing at one point.
"""

from __future__ import annotations

import contextlib
import dataclasses
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from srcgrad import pipeline
from srcgrad.analysis import memory as memory_classes
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.backend import elements
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.walk import statements, used
from srcgrad.specialise.builder import Builder
from srcgrad.transform import branches, reverse, saves, shadows, writes
from srcgrad.transform.rewrite import Rewriting
from srcgrad.transform.simplify import common, zeroing

Patch = Callable[[pytest.MonkeyPatch], None]

COMPARISONS = (operator.gt, operator.lt, operator.ge, operator.le)
HELPERS = ("change", "mix", "changed")  # of the random programs


@dataclass(frozen=True)
class Fault:
    """A fault, what builds it into the compiler, and the seed of a program that shows it.

    Where the grammar has changed since, another program may have to be looked for.
    """

    name: str
    patch: Patch
    shown: int


@contextlib.contextmanager
def _filtered(keep: Callable[[Stmt], bool]) -> Iterator[None]:
    """Within, the builder leaves out statements."""
    with pytest.MonkeyPatch.context() as patch:
        emit = Builder.emit
        patch.setattr(Builder, "emit", lambda self, stmt: emit(self, stmt) if keep(stmt) else None)
        yield


def _while_writes_are_reversed(patch: pytest.MonkeyPatch, keep: Callable[[Stmt], bool]) -> None:
    correct = reverse.reverse_store

    def faulty(*args: Any) -> Any:
        with _filtered(keep):
            return correct(*args)

    patch.setattr(reverse, "reverse_store", faulty)


def one_save_dropped(patch: pytest.MonkeyPatch) -> None:
    """Every other write is not undone, and so nobody saves what it overwrites."""
    seen: list[Stmt] = []

    def keep(stmt: Stmt) -> bool:
        if not isinstance(stmt, Store) or not stmt.undoing:
            return True
        seen.append(stmt)
        return len(seen) % 2 == 0

    _while_writes_are_reversed(patch, keep)


def restored_before_read(patch: pytest.MonkeyPatch) -> None:
    """What a write left is undone before the statements after it have read that."""
    joint = pipeline._joint

    def faulty(*args: Any) -> Function:
        function = joint(*args)
        return dataclasses.replace(function, body=_undone_early(function.body))

    patch.setattr(pipeline, "_joint", faulty)


def _undone_early(block: Block) -> Block:
    body: list[Stmt] = []
    for stmt in block.body:
        at = len(body)
        if isinstance(stmt, Store) and stmt.undoing:
            needs = {stmt.buffer, *used(stmt)}
            while at and _may_wait(body[at - 1], needs):
                at -= 1
        body.insert(at, _with_blocks(stmt, _undone_early))
    return dataclasses.replace(block, body=tuple(body))


def _may_wait(stmt: Stmt, needs: set[Var]) -> bool:
    return isinstance(stmt, Apply) and stmt.loc.adjoint and stmt.target not in needs


def _with_blocks(stmt: Stmt, change: Callable[[Block], Block]) -> Stmt:
    match stmt:
        case If():
            return dataclasses.replace(stmt, then=change(stmt.then), orelse=change(stmt.orelse))
        case For() | While():
            return dataclasses.replace(stmt, body=change(stmt.body))
        case Define():
            inner = dataclasses.replace(stmt.function, body=change(stmt.function.body))
            return dataclasses.replace(stmt, function=inner)
        case _:
            return stmt


def mask_recomputed(patch: pytest.MonkeyPatch) -> None:
    """Comparisons are made again in the reverse sweep, whatever has been written since."""
    may_repeat, is_cheap = saves._may_repeat, saves.is_cheap

    def compares(stmt: Stmt) -> bool:
        return isinstance(stmt, Apply) and stmt.op in COMPARISONS

    patch.setattr(saves, "_may_repeat", lambda s, memory: compares(s) or may_repeat(s, memory))
    patch.setattr(saves, "is_cheap", lambda stmt: compares(stmt) or is_cheap(stmt))


def shadow_not_zeroed(patch: pytest.MonkeyPatch) -> None:
    """What was written over keeps its cotangent."""

    def keep(stmt: Stmt) -> bool:
        zeroes = isinstance(stmt, Store) and not stmt.undoing and isinstance(stmt.value, Const)
        return not zeroes

    _while_writes_are_reversed(patch, keep)


def _uncopied(patch: pytest.MonkeyPatch, adjoint: bool) -> None:
    copied = writes._copied

    def faulty(sp: Any, array: Var, index: Any, loc: Any) -> Any:
        if loc.adjoint is adjoint:
            return writes._part(sp, array, index, loc)
        return copied(sp, array, index, loc)

    patch.setattr(writes, "_copied", faulty)


def view_instead_of_copy(patch: pytest.MonkeyPatch) -> None:
    """The cotangent of what was written is a view of the shadow, which is zeroed next."""
    _uncopied(patch, adjoint=True)


def saved_reference(patch: pytest.MonkeyPatch) -> None:
    """What a write overwrites is saved as a view, and so overwritten as well."""
    _uncopied(patch, adjoint=False)


def common_across_a_store(patch: pytest.MonkeyPatch) -> None:
    """An expression is taken for the one before a write to what it reads."""
    share = pipeline.share_common

    def faulty(function: Function) -> Function:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(Rewriting, "is_stored", lambda self, operand: False)
            return share(function)

    patch.setattr(pipeline, "share_common", faulty)


def allocations_merged(patch: pytest.MonkeyPatch) -> None:
    """Two arrays that are filled with the same are one."""
    key = common._key
    allocations = (np.zeros, np.empty, np.zeros_like, np.ndarray.copy, intrinsics.zero)

    def faulty(program: Any, stmt: Apply, versions: Any) -> Any:
        if stmt.op in allocations:
            return (stmt.op, tuple(map(common._operand_key, stmt.args)))
        return key(program, stmt, versions)

    patch.setattr(common, "_key", faulty)


def wrong_order_in_a_swap(patch: pytest.MonkeyPatch) -> None:
    """Shadows that a loop carries stay where they are when their arrays change places."""
    attach = shadows._Attach._loop

    def faulty(self: Any, stmt: Any) -> Any:
        *before, loop = attach(self, stmt)
        count = len(loop.targets) - len(stmt.targets)
        if count > 1:
            results = loop.body.results
            kept, moved = results[:-count], results[-count:]
            body = dataclasses.replace(loop.body, results=(*kept, *moved[1:], moved[0]))
            loop = dataclasses.replace(loop, body=body)
        return [*before, loop]

    patch.setattr(shadows._Attach, "_loop", faulty)


def tail_reversed(patch: pytest.MonkeyPatch) -> None:
    """The last trip of a loop is reversed like the others, though it left the loop."""
    correct = branches.reverse_branch

    def faulty(rev: Any, stmt: If, *args: Any) -> If:
        if stmt in rev.exits:
            rev.exits[stmt] = (Const(False), rev.exits[stmt][1])
        return correct(rev, stmt, *args)

    patch.setattr(branches, "reverse_branch", faulty)


def no_alias_through_a_call(patch: pytest.MonkeyPatch) -> None:
    """What a helper writes into is not seen as written."""
    init = MemoryClasses.__init__

    def faulty(self: Any, program: Any) -> None:
        program = program if isinstance(program, Block) else Block((), tuple(program), ())
        init(self, program)
        self._stores = {
            stmt.buffer: None
            for stmt in statements(program.body)
            if isinstance(stmt, Store) and stmt.loc.function not in HELPERS
        }

    patch.setattr(memory_classes.MemoryClasses, "__init__", faulty)


def killed_by_a_constant(patch: pytest.MonkeyPatch) -> None:
    """An array into which a constant is written somewhere is taken for a constant."""
    active = pipeline.active

    def faulty(body: Any, inputs: Any, results: Any) -> set[Var]:
        body = tuple(body)
        found = active(body, inputs, results)
        classes = MemoryClasses(body)
        killed = {
            classes.root(stmt.buffer)
            for stmt in statements(body)
            if isinstance(stmt, Store) and isinstance(stmt.value, Const)
        }
        return {var for var in found if classes.root(var) not in killed}

    patch.setattr(pipeline, "active", faulty)


def rows_of_others(patch: pytest.MonkeyPatch) -> None:
    """What is added to an array in a list is added in place, whoever else has the array."""
    patch.setattr(elements._Survey, "is_own", lambda self, xs: True)


def zeros_put_off(patch: pytest.MonkeyPatch) -> None:
    """The shadow is emptied where the mask says when somebody reads it next."""
    patch.setattr(zeroing, "_changes", lambda stmt, roots, memory: False)


FAULTS = (
    Fault("one save dropped", one_save_dropped, 0),
    Fault("restored before y is read", restored_before_read, 0),
    Fault("a mask recomputed", mask_recomputed, 50),
    Fault("shadow not zeroed", shadow_not_zeroed, 0),
    Fault("view instead of copy", view_instead_of_copy, 0),
    Fault("common subexpression across a store", common_across_a_store, 0),
    Fault("allocations merged", allocations_merged, 0),
    Fault("wrong order in a swap", wrong_order_in_a_swap, 5),
    Fault("tail reversed after a break", tail_reversed, 14),
    Fault("no alias through a call", no_alias_through_a_call, 22),
    Fault("activity killed by a constant store", killed_by_a_constant, 3),
    Fault("a reference saved, then mutated", saved_reference, 0),
    Fault("rows of others written", rows_of_others, 159),
    Fault("zeros put off past a change of the mask", zeros_put_off, 3),
)

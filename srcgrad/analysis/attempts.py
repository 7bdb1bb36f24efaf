"""What a ``Try`` asks of the statements in it.

Which way it takes is decided by what raises in its body.  So nothing of that may be dropped, moved
or shared with what was computed before, needed or not; and where it goes on after an error, nothing
may be written that its handlers could see half done.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Raise,
    Stmt,
    Store,
    Try,
    Var,
)
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Scalar, dtype_of, is_some_number, number_of
from srcgrad.ir.walk import alike, blocks, free_in_block, statements
from srcgrad.specialise.builder import type_of

PROPHECIES = (intrinsics.completes, intrinsics.caught)
"""What a ``Try`` gives by itself."""


def deciding(body: Iterable[Stmt]) -> set[Stmt]:
    """The user's operations in the body of a ``Try`` that goes on after errors, or raises others
    in their place; and those of which the program does nothing with what they give, so that they
    are there for what they raise."""
    found: set[Stmt] = set()
    for stmt in statements(body):
        if isinstance(stmt, Apply):
            if stmt.target.unread:
                found.add(stmt)
        elif isinstance(stmt, Try) and not _passes_on(stmt.orelse):
            found.update(_operations(stmt.then))
    return found


def _passes_on(block: Block) -> bool:
    """Whether handlers end in raising the error that they have caught."""
    caught = {s.target for s in block.body if isinstance(s, Apply) and s.op is intrinsics.caught}
    last = block.body[-1] if block.body else None
    return isinstance(last, Raise) and last.exception in caught


def _operations(block: Block) -> Iterator[Stmt]:
    """The operations in a block, without those that save what is overwritten."""
    for position, stmt in enumerate(block.body):
        for inner in blocks(stmt):
            yield from _operations(inner)
        if isinstance(stmt, Store) and not stmt.undoing and not stmt.loc.adjoint:
            yield stmt
        if isinstance(stmt, If | For) and not stmt.loc.adjoint and may_raise_itself(stmt):
            yield stmt
        if not isinstance(stmt, Apply) or stmt.loc.adjoint or stmt.op is np.ndarray.copy:
            continue
        if not _reads_first(stmt, _next_but_copies(block.body[position + 1 :])):
            yield stmt


def may_raise_itself(stmt: If | For) -> bool:
    """Whether asking if the condition of a branch holds may raise, as it does for an array, or
    making the range of a loop, whose step may be zero."""
    if isinstance(stmt, Try):
        return False
    if isinstance(stmt, If):
        return not _is_number(stmt.cond)
    bounds = (stmt.start, stmt.stop, stmt.step)
    steps = isinstance(stmt.step, Const) and stmt.step.value != 0
    return not (steps and all(_is_number(bound, "biu") for bound in bounds))


def _is_number(operand: Operand, kinds: str = "biufc") -> bool:
    """Whether an operand is known to be a number, of one of these kinds."""
    type_ = number_of(type_of(operand))
    if is_some_number(type_) or not isinstance(type_, Scalar):
        return is_some_number(type_) and "f" in kinds
    return type_.dtype.kind in kinds


def _next_but_copies(body: tuple[Stmt, ...]) -> Stmt | None:
    copies = (np.ndarray.copy, operator.getitem)
    others = (s for s in body if not (isinstance(s, Apply) and s.op in copies))
    return next(others, None)


def _reads_first(stmt: Apply, store: Stmt | None) -> bool:
    """Whether an operation reads what ``store`` then writes, which raises where that raises."""
    if not isinstance(store, Store) or store.index is None or stmt.op is not operator.getitem:
        return False
    return stmt.args[0] is store.buffer and alike(stmt.args[1], store.index)


def refuse_torn_writes(function: Function) -> None:
    """Refuses writes that a handler could see half done.

    Raises
    ------
    UnsupportedSyntaxError
        At the write.
    """
    for stmt in statements(function.body.body):
        taken_back = isinstance(stmt, Try) and any(map(_takes_back, stmt.orelse.body))
        if not isinstance(stmt, Try) or taken_back:
            continue
        for store in torn_writes(stmt):
            message = "this writes into an array before something that may raise in a 'try'"
            hint = "compute the new values in the 'try', and write them after it"
            raise UnsupportedSyntaxError(message, store.loc, hint)


def _takes_back(stmt: Stmt) -> bool:
    return isinstance(stmt, Store) and stmt.undoing


def torn_writes(attempt: Try) -> list[Store]:
    """The writes in the body, into what is seen after it, that may be made before it raises."""
    if attempt.orelse.diverges:
        return []
    # What the body makes is seen by nobody else before it has come to its end.
    memory = MemoryClasses(attempt.then.body)
    outside = {memory.root(var) for var in free_in_block(attempt.then) if has_memory(var)}
    last = set(_last(attempt.then)) - set(_given_back(attempt.then))
    return [
        inner
        for inner in statements(attempt.then.body)
        if isinstance(inner, Store)
        and memory.root(inner.buffer) in outside
        and (inner not in last or not _is_whole_or_nothing(inner))
    ]


def _given_back(block: Block) -> Iterator[Stmt]:
    """The writes that stand for those of a call, which may raise when it has made some of them."""
    given: set[Var] = set()
    for stmt in statements(block.body):
        if isinstance(stmt, Apply) and (
            isinstance(stmt.op, Recursive)
            or (stmt.op is operator.getitem and stmt.args[0] in given)
        ):
            given.add(stmt.target)
        elif isinstance(stmt, Store) and stmt.index is None and stmt.value in given:
            yield stmt


def _last(block: Block) -> Iterable[Stmt]:
    """The statements after which a block does nothing more."""
    last = block.body[-1] if block.body else None
    if isinstance(last, If) and not isinstance(last, Try):
        yield from _last(last.then)
        yield from _last(last.orelse)
    elif last is not None:
        yield last


def _is_whole_or_nothing(store: Store) -> bool:
    """Whether a write raises before it writes, if it raises.

    What is computed or rounded in the array itself may raise FloatingPointError when it is there.
    """
    if store.accumulate or store.piecewise:
        return False
    new, old = dtype_of(type_of(store.value)), dtype_of(store.buffer.type)
    return new is not None and old is not None and bool(np.can_cast(new, old))

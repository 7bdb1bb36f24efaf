"""The order of statements and the repeating of trivial ones, for the text that comes out.

::

    n = len(x)                          for t in range(len(x)): ...
    for t in range(n): ...        ->    for t in range(len(x) - 1, -1, -1): ...
    for t in range(n - 1, -1, -1): ...
"""

from __future__ import annotations

import operator

import numpy as np

from srcgrad.analysis.changing import asks, asks_object, changes
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir.nodes import (
    Apply,
    Block,
    For,
    Function,
    Operand,
    Pack,
    Stmt,
    Store,
    Var,
)
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array, KeysOf, ListOf, Size
from srcgrad.ir.walk import (
    changed,
    free_in_stmt,
    map_blocks,
    mapped,
    same_or,
    statements,
    targets,
    used,
)
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.dead import is_pure, remove_dead


def repeat_metadata(function: Function) -> Function:
    """``function`` with lengths and shapes asked again wherever they are needed."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, For):
            operands = (stmt.start, stmt.stop, stmt.step)
            start, stop, step_ = (_again(program, operand, stmt) for operand in operands)
            stmt = changed(stmt, start=start, stop=stop, step=step_)
        elif isinstance(stmt, Store) and stmt.index is not None:
            stmt = changed(stmt, index=_again(program, stmt.index, stmt))
        elif isinstance(stmt, Apply) and not is_metadata(stmt):
            user = stmt
            args = mapped(stmt.args, lambda arg: _again(program, arg, user))
            stmt = changed(stmt, args=args)
        program.keep(stmt)

    return remove_dead(rewrite(function, step))


def is_metadata(stmt: Apply) -> bool:
    """Whether an operation asks for a length or a shape."""
    if not isinstance(stmt.target.type, Size) and stmt.op not in _ASKING_SIZE:
        return False
    if any(isinstance(var.type, ListOf | KeysOf) for var in used(stmt)):
        return False  # a list may be another by then, and a set have more in it
    return not asks_object(stmt)


_ASKING_SIZE = (len, np.ndarray.shape, np.ndarray.size)


def _again(program: Rewriting, operand: Operand, user: Stmt, uses: int = 2) -> Operand:
    """``operand`` or, where it is metadata with so many uses, a copy of what computes it."""
    if isinstance(operand, Pack):
        items = mapped(operand.items, lambda item: _again(program, item, user, uses))
        return changed(operand, items=items)
    stmt = program.definition(operand)
    if stmt is None or program.uses[stmt.target] < uses or not _is_repeated(program, stmt):
        return operand
    if any(program.is_stored(v) and not isinstance(v.type, Array) for v in used(stmt)):
        return operand  # what is written into an array does not change its shape
    if asks(stmt) and program.memory.is_disturbed():
        return operand
    copy = Var("", stmt.target.type)
    args = tuple(_again(program, arg, user, uses=0) for arg in stmt.args)
    program.keep(Apply(copy, stmt.op, args, stmt.kwargs, user.loc))
    return copy


def _is_repeated(program: Rewriting, stmt: Apply) -> bool:
    """Whether an operation gives a size that the user gave no name."""
    is_named = stmt.target.name and not stmt.loc.adjoint
    return not is_named and _is_size(program, stmt)


def _is_size(program: Rewriting, stmt: Apply) -> bool:
    """Whether an operation is metadata, or computes with metadata and integers."""
    if is_metadata(stmt):
        return True
    if stmt.op not in _COUNTING or stmt.kwargs:
        return False
    for arg in stmt.args:
        part = program.definition(arg)
        if type(getattr(arg, "value", None)) is not int and not (part and _is_size(program, part)):
            return False
    return True


_COUNTING = frozenset((operator.add, operator.sub, operator.mul, operator.floordiv, operator.neg))


def sink_results(function: Function) -> Function:
    """``function`` with the next values of what backward loops carry computed last.

    What the body still reads of the current value is then read before, so that one name does for
    both.
    """
    return changed(function, body=_sink(function.body, MemoryClasses(function.body)))


def _sink(block: Block, memory: MemoryClasses) -> Block:
    def inside(stmt: Stmt) -> Stmt:
        if isinstance(stmt, For) and stmt.loc.adjoint:
            return _sink_loop(stmt, memory)
        return map_blocks(stmt, lambda inner: _sink(inner, memory))

    return changed(block, body=mapped(block.body, inside))


def _sink_loop(stmt: For, memory: MemoryClasses) -> For:
    body = list(_sink(stmt.body, memory).body)
    for param, result in zip(stmt.carried, stmt.body.results, strict=False):
        if isinstance(result, Var):
            body = _move_last(body, param, result, memory)
    return changed(stmt, body=changed(stmt.body, body=same_or(stmt.body.body, body)))


def _move_last(body: list[Stmt], param: Var, result: Var, memory: MemoryClasses) -> list[Stmt]:
    """Moves what computes ``result`` to the end, if something after it reads ``param``.

    Only where it is pure, nothing else reads the result, and no store comes between, nor a call
    that may change what it has asked.
    """
    position = next((i for i, s in enumerate(body) if result in targets(s)), None)
    if position is None:
        return body
    stmt, later = body[position], body[position + 1 :]
    if not isinstance(stmt, Apply) or not is_pure(stmt):
        return body
    reads = [free_in_stmt(other) for other in later]
    if not any(param in read for read in reads) or any(result in read for read in reads):
        return body
    stored = {memory.root(buffer) for s in statements(later) for buffer in stored_by(s)}
    if any(memory.root(var) in stored for var in used(stmt)) or (asks(stmt) and changes(later)):
        return body
    return [*body[:position], *later, stmt]

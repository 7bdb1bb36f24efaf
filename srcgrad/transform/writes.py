"""The reverse of a write into an array.

The write saves what it overwrites, and its reverse puts that back: at each point of the reverse
sweep an array holds what it held at that point of the forward sweep.  Then the cotangent of what
was written is read from the shadow, where nothing is left of it::

    A_saved = A[1:-1].copy()           A[1:-1] = A_saved
    A[1:-1] = v                        v_bar = A_bar[1:-1].copy()
                                       A_bar[1:-1] = 0

What nobody reads of this is dropped later (:mod:`srcgrad.transform.simplify.dead`).  An index that
the write itself may change, as that of ``p[p] = v``, is copied before it: it has to name what it
named then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.analysis.memory import has_memory, memory_of
from srcgrad.analysis.repeats import may_repeat
from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_copied
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Record, Stmt, Store, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import Array, Scalar, ndim_of, number_of
from srcgrad.ir.walk import map_operand, statements, variables
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.transform import linear
from srcgrad.transform.cotangents import Region
from srcgrad.transform.linear import Bar

if TYPE_CHECKING:
    from srcgrad.ir.nodes import Block
    from srcgrad.specialise.engine import Specialiser
    from srcgrad.transform.reverse import Reverser
    from srcgrad.transform.shadows import Buffers


def reverse_store(rev: Reverser, stmt: Store, region: Region, loc: Loc) -> list[Stmt]:
    """Emits the reverse of a write and gives the write, saving what it overwrites."""
    record = Record()
    with rev.sp.located(stmt.loc), rev.sp.builder.nested() as saving:
        index = _steady(rev, stmt)
        old = _copied(rev.sp, stmt.buffer, stmt.index, stmt.loc)
    if isinstance(old, Var):
        old.hint = f"{stmt.buffer.name or stmt.buffer.hint or 'old'}_saved"
    undo = Store(stmt.buffer, index, old, False, loc, record, undoing=True)
    rev.sp.builder.emit(undo)
    if region.buffers.has(stmt.buffer):
        shadow = region.shadow_if_any(stmt.buffer, loc)
        if shadow is not None:
            _pull(rev, replace(stmt, index=index), shadow, region, loc)
    for new in saving:
        rev.memory.add(new)
    return [*saving, replace(stmt, record=record)]


def _steady(rev: Reverser, stmt: Store) -> Operand | None:
    """The index of a write, with copies of those arrays in it into which the write may store."""
    copies: dict[Var, Var] = {}

    def copied(var: Var) -> Var:
        if not has_memory(var) or not rev.memory.may_share(var, stmt.buffer):
            return var
        if var not in copies:
            op = np.ndarray.copy if isinstance(var.type, Array) else list_copied
            copy = rev.sp.builder.apply(op, (var,), (), stmt.loc)
            assert isinstance(copy, Var)
            copy.hint = f"{var.name or var.hint or 'index'}_before"
            copies[var] = copy
        return copies[var]

    return None if stmt.index is None else map_operand(stmt.index, copied)


def _pull(rev: Reverser, stmt: Store, shadow: Var, region: Region, loc: Loc) -> None:
    """Passes the shadow of what was written on to the value, and empties it."""
    value = stmt.value
    wanted = isinstance(value, Var) and value in rev.active
    part: Operand | None = None
    if wanted:
        part = _copied(rev.sp, shadow, stmt.index, loc)
        if not stmt.accumulate and stmt.index is not None and _may_repeat(rev, stmt.index, region):
            last = calls.invoke(
                rev.sp, Const(intrinsics.last_writes), (shadow, stmt.index), {}, loc
            )
            assert isinstance(last, Var)
            part = linear.force(rev.sp, Bar(part, mask=last, chained=True), loc)
    if not stmt.accumulate:
        rev.sp.builder.emit(Store(shadow, stmt.index, Const(0), False, loc))
    if part is not None:
        assert isinstance(value, Var)
        part = linear.reduce(rev.sp, _ranked(rev.sp, part, value, loc), value, loc)
        region.accumulate(value, Bar(part, singular=region.cautious), loc)


def _may_repeat(rev: Reverser, index: Operand, region: Region) -> bool:
    """Whether an index may name an element twice; a definition tells nothing of what is written."""
    written = any(map(rev.memory.is_written, variables(index)))
    return may_repeat(index, {} if written else region.buffers.definitions)


def _part(sp: Specialiser, array: Var, index: Operand | None, loc: Loc) -> Operand:
    if index is None:
        return array
    part = calls.index(sp, array, index, loc)
    assert isinstance(part, Var | Const)
    return part


def _copied(sp: Specialiser, array: Var, index: Operand | None, loc: Loc) -> Operand:
    """``array[index]`` in memory of its own."""
    part = _part(sp, array, index, loc)
    if isinstance(number_of(type_of(part)), Scalar):
        return part
    stmt = sp.builder.definitions.get(part) if isinstance(part, Var) else None
    if part is not array and stmt is not None and memory_of(stmt) is Memory.FRESH:
        return part  # what index arrays and masks take out is a copy
    return sp.builder.apply(np.ndarray.copy, (part,), (), loc)


def _ranked(sp: Specialiser, part: Operand, value: Var, loc: Loc) -> Operand:
    """``part`` with the leading axes of length one that the value has and the target has not."""
    have, want = ndim_of(type_of(part)), ndim_of(value.type)
    if have is None or want is None or want <= have:
        return part
    index = Pack(tuple, (*(Const(None) for _ in range(want - have)), Const(...)))
    return _part(sp, part, index, loc) if isinstance(part, Var) else part


def writes_outside(block: Block, buffers: Buffers) -> bool:
    """Whether a block writes into memory that exists before it, or makes arrays that stay.

    Their cotangents come and go by shadows, and not as those of what the block gives.
    """
    if not buffers.memory.any_written() and not buffers.made:
        return False
    inside = {s.target for s in statements(block.body) if isinstance(s, Apply)}
    for stmt in statements(block.body):
        if isinstance(stmt, Store):
            members = buffers.memory.members(stmt.buffer)
            if any(var not in inside for var in members):
                return True
        elif isinstance(stmt, Apply) and stmt.target in buffers.made:
            return True
    return False

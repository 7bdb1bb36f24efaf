"""What is the same in every trip of a loop and read by its reverse is computed once.

::

    for t in range(n):                     slope = np.abs(F)
        h = h * np.abs(F)          ->      for t in range(n):
                                               h = h * slope

It would be saved in each trip otherwise.  Before the loop it is computed also if there is no trip,
so that it has to be something that cannot raise an exception, nor warn: arithmetic, element by
element, of numbers and of arrays whose shapes are known to fit together, and functions that have a
value wherever they are asked for one.  (What overflows warns.)  Other operations, element by
element or of numbers alone (``np.arange(n) > 5``), are repeated by the reverse of the loop.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

import numpy as np

from srcgrad.analysis.cost import is_cheap
from srcgrad.analysis.memory import MemoryClasses, has_memory, is_fresh
from srcgrad.analysis.raising import cannot_raise, may_end
from srcgrad.ir.indices import index_parts, slice_bounds
from srcgrad.ir.nodes import Apply, Block, Const, Operand, Var
from srcgrad.ir.ops import DERIVATIVES, OPS, Partials, Pointwise
from srcgrad.ir.types import Array, ListOf, Size
from srcgrad.ir.walk import statements, targets, used
from srcgrad.specialise.builder import type_of


def constant_in(
    body: Block, wanted: Iterable[Var], memory: MemoryClasses, absent: Set[Var]
) -> tuple[Apply, ...]:
    """The statements of a loop's body that compute those of ``wanted`` that are the same in every
    trip, in order; what they read stands before the loop, and is not among what may be ``absent``
    there, where there is no trip."""
    inside = set(body.params).union(var for stmt in body.body for var in targets(stmt))
    found: dict[Var, Apply] = {}
    left: tuple[Var, ...] | None = None
    for stmt in body.body:
        if may_end(stmt):
            break  # before what follows
        if not isinstance(stmt, Apply) or not _is_safe(stmt, body, memory):
            continue
        if any(var in absent or (var in inside and var not in found) for var in used(stmt)):
            continue
        left = _left_elsewhere(body) if left is None else left
        if not any(memory.may_share(stmt.target, var) for var in left):
            found[stmt.target] = stmt
    return _what_gives(wanted, found)


def _left_elsewhere(body: Block) -> tuple[Var, ...]:
    """What the trips of a loop put into lists, or hand to somebody who may keep it: in each trip
    that is an array of its own."""
    return tuple(
        var
        for stmt in statements(body.body)
        if isinstance(stmt, Apply) and _may_keep(stmt)
        for var in used(stmt)
        if has_memory(var)
    )


def _may_keep(stmt: Apply) -> bool:
    op = OPS.get(stmt.op)
    return op is None or not op.pure or isinstance(stmt.target.type, ListOf)


def same_in(
    body: Block, wanted: Iterable[Var], memory: MemoryClasses, first: Mapping[Var, Operand]
) -> tuple[Apply, ...]:
    """The statements of a loop's body that compute those of ``wanted`` that are the same in every
    trip, though not before the loop for certain: what may raise, or warn, where there is no trip.

    Computed again, element by element or of numbers alone, they cost no more than kept in each
    trip.  Of what the loop carries, a length that stays is that of the ``first`` value.
    """
    inside = set(body.params).union(var for stmt in body.body for var in targets(stmt))
    found: dict[Var, Apply] = {}
    for stmt in body.body:
        if not isinstance(stmt, Apply) or not (is_cheap(stmt) or _is_elementwise(stmt)):
            continue
        stmt = _asking_first(stmt, first)
        if memory.may_differ(stmt) or memory.is_written(stmt.target):
            continue
        if all(var in found or var not in inside for var in used(stmt)):
            found[stmt.target] = stmt
    return _what_gives(wanted, found)


def _is_elementwise(stmt: Apply) -> bool:
    """Whether an operation goes from element to element, or makes them of numbers alone."""
    if not is_fresh(stmt):
        return False
    if isinstance(DERIVATIVES.get(stmt.op), Partials | Pointwise) or stmt.op in _ELEMENTWISE:
        return True
    if isinstance(stmt.op, np.ufunc) and stmt.op.signature is None:
        return True
    return stmt.op in _OF_NUMBERS and not any(map(has_memory, used(stmt)))


_OF_NUMBERS = (np.arange, np.linspace, np.zeros, np.ones, np.full)
_ELEMENTWISE = (
    *(operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge),
    *(operator.mod, operator.floordiv, operator.and_, operator.or_, operator.xor, operator.invert),
)


def _asking_first(stmt: Apply, first: Mapping[Var, Operand]) -> Apply:
    """A statement that asks for a length, asking what a loop begins with if that is as long."""
    if not isinstance(stmt.target.type, Size) or stmt.op is not len:
        return stmt
    (array,) = stmt.args
    other = first.get(array) if isinstance(array, Var) else None
    if not isinstance(other, Var) or not isinstance(array, Var):
        return stmt
    ours, theirs = array.type, other.type
    if not isinstance(ours, Array) or not isinstance(theirs, Array) or not ours.dims:
        return stmt
    dim = ours.dims[0]
    stays = isinstance(dim, int) or (dim is not None and dim.symbol.fixed)
    return replace(stmt, args=(other,)) if stays and theirs.dims[:1] == (dim,) else stmt


def _what_gives(wanted: Iterable[Var], found: dict[Var, Apply]) -> tuple[Apply, ...]:
    """Those of the statements ``found``, by what they give, on which ``wanted`` rest."""
    needed: set[Var] = set()
    waiting = [var for var in wanted if var in found]
    while waiting:
        var = waiting.pop()
        if var not in needed:
            needed.add(var)
            waiting.extend(v for v in used(found[var]) if v in found)
    return tuple(stmt for var, stmt in found.items() if var in needed)


def without(body: Block, moved: tuple[Apply, ...]) -> Block:
    """The body of a loop without the statements that now stand before it."""
    left = set(moved)
    kept = tuple(stmt for stmt in body.body if stmt not in left)
    return Block(body.params, kept, body.results) if moved else body


def _is_safe(stmt: Apply, body: Block, memory: MemoryClasses) -> bool:
    """Whether a statement of a loop's body gives the same before it, and raises nothing there."""
    if stmt.kwargs or stmt.loc.raises_late:
        return False
    if any(memory.is_written_in(body, var) for var in used(stmt)):
        return False
    if _is_slice(stmt):
        return True
    return is_fresh(stmt) and not memory.is_written(stmt.target) and cannot_raise(stmt)


def _is_slice(stmt: Apply) -> bool:
    """Whether ``stmt`` takes slices with literal bounds of an array, along axes that it has."""
    if stmt.op is not operator.getitem:
        return False
    whole, parts = type_of(stmt.args[0]), index_parts(stmt.args[1])
    if not isinstance(whole, Array) or len(parts) > whole.ndim:
        return False
    return all(_is_plain(bounds) for bounds in map(slice_bounds, parts))


def _is_plain(bounds: tuple[Operand, ...] | None) -> bool:
    """Whether a part of an index is a slice with literal bounds: no such slice is an error."""
    if bounds is None or not all(isinstance(bound, Const) for bound in bounds):
        return False
    values = [bound.value for bound in bounds if isinstance(bound, Const)]
    return all(v is None or type(v) is int for v in values) and values[2] != 0

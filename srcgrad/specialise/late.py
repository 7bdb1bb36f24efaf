"""``pairwise`` and ``chain`` over what the loop itself changes: each element is read in its turn.

Elsewhere their elements are read before, which gives a plainer loop: see ``early``.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, If, Invoke, Operand, Pack, Stmt, Var
from srcgrad.ir.types import Array, ListOf, least
from srcgrad.specialise import calls, iterate
from srcgrad.specialise.values import (
    ChainedOf,
    EnumerateOf,
    FollowedOf,
    MapOf,
    Ref,
    Scope,
    Taken,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def in_turn(sp: Specialiser, iterable: Value) -> Value:
    """``iterable`` with elements that are read in their turn; itself if it has no others, or where
    that cannot be."""
    match iterable:
        case ZipOf(paired=Taken(iterables=(part, *_))) if _starts(sp, part):
            return FollowedOf(part, sp.trip)
        case ZipOf(parts=parts, paired=None):
            turned = tuple(in_turn(sp, part) for part in parts)
            return iterable if turned == parts else ZipOf(turned, sp.trip)
        case MapOf(function=Const(value=intrinsics.itself), parts=(Ref() as items,)):
            before = sp.early.get(items)
            parts = () if before is None else before.iterables
            has_all = parts and all(_is_long(sp, part) for part in parts)
            return ChainedOf(parts, sp.trip) if has_all else iterable
        case MapOf(function=function, parts=parts):
            turned = tuple(in_turn(sp, part) for part in parts)
            return iterable if turned == parts else MapOf(function, turned, sp.trip)
        case EnumerateOf(part=part, start=start):
            inner = in_turn(sp, part)
            return iterable if inner is part else EnumerateOf(inner, start, sp.trip)
    return iterable


def _is_long(sp: Specialiser, part: Value) -> bool:
    """Whether the elements of an iterable can be read by their index."""
    viewed = sp.heap.view(part)
    return isinstance(viewed, Var) and isinstance(viewed.type, Array | ListOf)


def _starts(sp: Specialiser, part: Value) -> bool:
    """Whether an iterable has a first element, or one that stands for it."""
    viewed = sp.heap.view(part)
    if not isinstance(viewed, Var):
        return False
    if isinstance(viewed.type, Array):
        return len(viewed.type.dims) == 1
    return isinstance(viewed.type, ListOf) and least(viewed.type.length) > 0


def followed(iterable: Value) -> Iterator[FollowedOf]:
    """The parts of an iterable whose last element a loop has to carry."""
    match iterable:
        case FollowedOf():
            yield iterable
        case ZipOf(parts=parts) | MapOf(parts=parts):
            for part in parts:
                yield from followed(part)
        case EnumerateOf(part=part):
            yield from followed(part)


def first(sp: Specialiser, value: FollowedOf, loc: Loc) -> Value:
    """The element before the first pair."""
    viewed = sp.heap.view(value.part)
    assert isinstance(viewed, Var)
    if isinstance(viewed.type, Array) and least(viewed.type.dims[0]) == 0:
        # There may be none, and then no pair either.
        index = Pack(slice, (Const(None), Const(1), Const(None)))
        return calls.invoke(sp, Const(np.sum), (calls.index(sp, viewed, index, loc),), {}, loc)
    return calls.index(sp, value.part, Const(0), loc)


def pair(sp: Specialiser, value: FollowedOf, index: Operand, loc: Loc) -> Value:
    """Pair number ``index``."""
    (before,) = value.last
    place = sp.builder.apply(operator.add, (index, Const(1)), (), loc)
    after = calls.index(sp, value.part, place, loc)
    value.last[:] = [after]
    return Pack(tuple, (before, after))  # type: ignore[arg-type]


def chained(sp: Specialiser, value: ChainedOf, index: Operand, loc: Loc) -> Value:
    """Element number ``index`` of what is chained."""
    from srcgrad.specialise.engine import Frame

    parts = {Var(): part for part in value.parts}
    place = Var()
    counts = {Var(): iterate.length(sp, part, loc) for part in value.parts}
    stmts, element = _choice(tuple(zip(parts, counts, strict=True)), place, loc)
    frame = Frame(Scope("", {}, {}, trusted=True), {}, {place: index, **parts, **counts})
    for stmt in stmts:
        sp.statement(stmt, frame)
    return frame.values[element]


def _choice(
    parts: tuple[tuple[Var, Var], ...], index: Var, loc: Loc
) -> tuple[tuple[Stmt, ...], Var]:
    """What reads an element of the one after the other, each of which has its length beside it."""
    (part, count), *others = parts
    element, test, chosen, place = (Var() for _ in range(4))
    read = Invoke(element, Const(operator.getitem), (part, index), (), loc)
    if not others:
        return (read,), element
    stmts, last = _choice(tuple(others), place, loc)
    rest = Invoke(place, Const(operator.sub), (index, count), (), loc)
    then, orelse = Block((), (read,), (element,)), Block((), (rest, *stmts), (last,))
    compared = Invoke(test, Const(operator.lt), (index, count), (), loc)
    return (compared, If((chosen,), test, then, orelse, loc)), chosen

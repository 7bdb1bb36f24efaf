"""``pairwise`` and ``chain`` over what the loop itself changes: each element is read in its turn.

Elsewhere their elements are read before, which gives a plainer loop: see ``early``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, If, Invoke, Operand, Pack, Stmt, Var
from srcgrad.ir.types import Array, Dim, ListOf, least
from srcgrad.specialise import calls, early, iterate
from srcgrad.specialise.values import (
    ITERATORS,
    ChainedOf,
    EnumerateOf,
    FlatOf,
    FollowedOf,
    MapOf,
    ProductOf,
    RangeOf,
    Ref,
    ReversedOf,
    Scope,
    Taken,
    TakenOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def in_turn(sp: Specialiser, iterable: Value, loc: Loc) -> Value:
    """``iterable`` with elements that are read in their turn; itself if it has no others, or where
    that cannot be."""
    match iterable:
        case ZipOf(paired=Taken(iterables=(part, *_))):
            turned = in_turn(sp, part, loc)
            if _is_empty(sp, turned):
                return TakenOf((), sp.trip)
            return FollowedOf(turned, sp.trip) if _starts(sp, turned) else iterable
        case MapOf(function=Const(value=intrinsics.itself), parts=(Ref() as items,)):
            before = sp.heap.early.get(items)
            found = [
                _indexed(sp, part, loc) for part in ([] if before is None else before.iterables)
            ]
            parts = tuple(part for part in found if part is not None)
            return ChainedOf(parts, sp.trip) if found and len(parts) == len(found) else iterable
        case ZipOf(parts=parts) | MapOf(parts=parts):
            turned_parts = tuple(in_turn(sp, part, loc) for part in parts)
            if all(new is old for new, old in zip(turned_parts, parts, strict=True)):
                return iterable
            if isinstance(iterable, ZipOf):
                return ZipOf(turned_parts, sp.trip)
            return MapOf(iterable.function, turned_parts, sp.trip)
        case EnumerateOf(part=part, start=start):
            inner = in_turn(sp, part, loc)
            return iterable if inner is part else EnumerateOf(inner, start, sp.trip)
    return iterable


def _indexed(sp: Specialiser, part: Value, loc: Loc) -> Value | None:
    """A part of a chain as something whose elements can be read by their index, if it can be."""
    if isinstance(part, ITERATORS):
        part = iterate.opened(sp, in_turn(sp, part, loc), loc)
    if _has_indices(sp, part):
        return part
    if isinstance(part, ITERATORS) or not iterate.is_known(sp, part, loc):
        return None
    return early.display(sp, part, loc)


def _has_indices(sp: Specialiser, part: Value) -> bool:
    """Whether an element can be read by an index that is not known."""
    match part:
        case RangeOf() | ChainedOf() | FlatOf():
            return True
        case ZipOf(parts=parts) | MapOf(parts=parts) | ProductOf(parts=parts):
            return all(_has_indices(sp, part) for part in parts)
        case EnumerateOf(part=inner) | ReversedOf(part=inner):
            return _has_indices(sp, inner)
    viewed = sp.heap.view(part)
    return isinstance(viewed, Var) and isinstance(viewed.type, Array | ListOf)


def _starts(sp: Specialiser, part: Value) -> bool:
    """Whether an iterable has a first element, or one that stands for it."""
    viewed = sp.heap.view(part)
    if isinstance(viewed, Var) and isinstance(viewed.type, Array):
        return len(viewed.type.dims) == 1
    return _has_one(sp, part)


def _has_one(sp: Specialiser, part: Value) -> bool:
    """Whether an iterable, whose number of elements is not known, certainly has one."""
    return _holds(sp, part, lambda length: least(length) > 0, any, all)


def _is_empty(sp: Specialiser, part: Value) -> bool:
    """Whether an iterable is known to have no element."""
    return _holds(sp, part, lambda length: length == 0, all, any)


Quantifier: TypeAlias = Callable[[Iterable[bool]], bool]


def _holds(
    sp: Specialiser,
    part: Value,
    test: Callable[[Dim], bool],
    chained: Quantifier,
    together: Quantifier,
) -> bool:
    """Whether a test holds for the length of an array or a list; of what is made of several, for
    as many of them as ``chained`` or ``together`` say."""
    match part:
        case ChainedOf(parts=parts):
            return chained(_holds(sp, part, test, chained, together) for part in parts)
        case ZipOf(parts=parts) | MapOf(parts=parts):
            return together(_holds(sp, part, test, chained, together) for part in parts)
        case EnumerateOf(part=inner) | ReversedOf(part=inner):
            return _holds(sp, inner, test, chained, together)
    match sp.heap.view(part):
        case Var(type=Array(dims=(length, *_))) | Var(type=ListOf(length=length)):
            return test(length)
    return False


def followed(iterable: Value) -> Iterator[FollowedOf]:
    """The parts of an iterable whose last element a loop has to carry, inner ones first."""
    match iterable:
        case FollowedOf(part=part):
            yield from followed(part)
            yield iterable
        case ZipOf(parts=parts) | MapOf(parts=parts):
            for part in parts:
                yield from followed(part)
        case EnumerateOf(part=part):
            yield from followed(part)


def start(sp: Specialiser, parts: Iterable[FollowedOf], loc: Loc) -> list[Value]:
    """The elements before the first pairs."""
    parts = list(parts)
    for part in parts:
        part.last[:] = [first(sp, part, loc)]
    return [last for part in parts for last in part.last]


def first(sp: Specialiser, value: FollowedOf, loc: Loc) -> Value:
    """The element before the first pair."""
    viewed = sp.heap.view(value.part)
    if (
        isinstance(viewed, Var)
        and isinstance(viewed.type, Array)
        and least(viewed.type.dims[0]) == 0
    ):
        # There may be none, and then no pair either.
        index = Pack(slice, (Const(None), Const(1), Const(None)))
        return calls.invoke(sp, Const(np.sum), (calls.index(sp, viewed, index, loc),), {}, loc)
    return iterate.nth(sp, value.part, Const(0), loc)


def pair(sp: Specialiser, value: FollowedOf, index: Operand, loc: Loc) -> Value:
    """Pair number ``index``."""
    (before,) = value.last
    place = sp.builder.apply(operator.add, (index, Const(1)), (), loc)
    after = iterate.nth(sp, value.part, place, loc)
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
    read = Invoke(element, Const(intrinsics.nth), (part, index), (), loc)
    if not others:
        return (read,), element
    stmts, last = _choice(tuple(others), place, loc)
    rest = Invoke(place, Const(operator.sub), (index, count), (), loc)
    then, orelse = Block((), (read,), (element,)), Block((), (rest, *stmts), (last,))
    compared = Invoke(test, Const(operator.lt), (index, count), (), loc)
    return (compared, If((chosen,), test, then, orelse, loc)), chosen

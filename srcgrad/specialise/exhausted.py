"""Iterators that are used up: each can be iterated over once, and no part of it gives more.

A part of ``zip`` or ``map`` may do something for one element more than there are rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const
from srcgrad.ir.types import Known
from srcgrad.specialise import advanced, asked_later, backwards, early, iterate, strict_zips, taking
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import (
    ITERATORS,
    ChainedOf,
    FlatOf,
    FollowedOf,
    GeneratorOf,
    MapOf,
    ProductOf,
    ReversedOf,
    TakenOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def exhaust(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Notes that an iterator, and those that it iterates over, are exhausted from here on."""
    if not isinstance(value, ITERATORS):
        return
    if isinstance(value, GeneratorOf) and value.left and not value.used:
        message = "a generator expression that is not used up where it stands"
        raise UnsupportedSyntaxError(message, loc, "write a list: [f(v) for v in x]")
    if value.used or value.trip is not sp.trip:
        advanced.ask(sp, value)
        message = "an iterator is iterated over twice: going on with one is not supported"
        hint = "make a list of it first: items[n:] is what is left after n elements"
        raise UnsupportedSyntaxError(message, loc, hint)
    asked_later.check(sp, value, loc)
    strict_zips.check_before(sp, value, loc)
    value.used.append(loc)
    if isinstance(value, ReversedOf):
        backwards.check(sp, value, loc)
    if isinstance(value, ZipOf | MapOf):
        taking.check_apart(sp, value.parts, loc)
        _check_last(sp, value.parts, loc)
    if isinstance(value, ProductOf | TakenOf | GeneratorOf | FollowedOf | ChainedOf | FlatOf):
        return  # its parts were taken when it was made, or the loop inside goes over them
    parts = value.parts if isinstance(value, ZipOf | MapOf) else (value.part,)
    for part in parts:
        exhaust(sp, strict_zips.without(sp, part, loc)[0], loc)


def _check_last(sp: Specialiser, parts: tuple[Value, ...], loc: Loc) -> None:
    """Refuses a part that does something for one element more than there are rows: those before
    the shortest part have given it by then."""
    for i, part in enumerate(parts[:-1]):
        if not early.computes(part) or _is_shortest(sp, parts[i:], loc):
            continue
        with early.tried(sp, part, loc):
            found = iterate.untaken(sp, part, loc)
            if found is None:
                iterate.nth(sp, part, Const(0), loc)
            for produce in (found or ())[:1]:
                produce()


def _is_shortest(sp: Specialiser, parts: tuple[Value, ...], loc: Loc) -> bool:
    """Whether no part is shorter than the first one."""
    with sp.builder.nested():
        first, *others = (type_of(iterate.length(sp, part, loc)) for part in parts)
    known = isinstance(first, Known)
    return all(
        iterate.surely_equal(first, other)
        or (known and isinstance(other, Known) and other.value >= first.value)  # type: ignore[union-attr]
        for other in others
    )

"""``zip(..., strict=True)``: that its parts are as long, Python finds out after the last row.

A loop over one asks after its trips, unless it was left before.  What takes all rows at once asks
before, for nothing happens in between.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand
from srcgrad.specialise import calls, compiled, early, iterate
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Args, EnumerateOf, MapOf, Value, ZipOf

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_HINT = "make a list of the rows first: list(zip(a, b, strict=True))"
NOT_AT_THE_END = frozenset(
    (
        *(itertools.accumulate, itertools.chain, itertools.dropwhile, itertools.groupby),
        *(itertools.islice, itertools.pairwise, itertools.takewhile, itertools.tee),
        itertools.zip_longest,
    )
)
"""What asks for rows later, or not for all, while its own were taken when it was made."""


def is_in_doubt(sp: Specialiser, parts: Args, loc: Loc) -> bool:
    """Whether one part may have more elements than another."""
    with sp.builder.nested():
        first, *others = (type_of(iterate.length(sp, part, loc)) for part in parts)
    return not all(iterate.surely_equal(first, other) for other in others)


def without(sp: Specialiser, value: Value, loc: Loc) -> tuple[Value, tuple[Operand, ...]]:
    """An iterable whose rows a loop takes one by one, as one that does not ask how long its parts
    are; and these lengths, if the loop has to ask."""
    match value:
        case ZipOf(strict=True):
            lengths = tuple(iterate.length(sp, part, loc) for part in value.parts)
            return replace(value, strict=False), lengths
        case MapOf(parts=(part,)) | ZipOf(parts=(part,)):
            inner, lengths = without(sp, part, loc)
            return (replace(value, parts=(inner,)) if lengths else value), lengths
        case EnumerateOf(part=part):
            inner, lengths = without(sp, part, loc)
            return (replace(value, part=inner) if lengths else value), lengths
    return value, ()


def check(sp: Specialiser, lengths: tuple[Operand, ...], loc: Loc, left: Value) -> None:
    """Raises what Python does if parts are not as long, unless the loop was ``left`` before."""
    if not lengths:
        return
    shortest, *rest = lengths
    for other in rest:
        shortest = calls.apply(sp, min, (shortest, other), {}, loc) if rest[1:] else other
    for ask in (_not_shorter, _not_longer):
        for number, length in enumerate(lengths[1:], start=2):
            before = Const("argument 1" if number == 2 else f"arguments 1-{number - 1}")
            args = (Const(number), before, length, lengths[0], shortest, left)
            compiled.run(sp, ask, args, loc)


def check_before(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Asks before the rows are taken, all at once, if nothing happens when they are.

    Raises
    ------
    UnsupportedSyntaxError
        If another iterator may stop before the last row was asked for.
    """
    if isinstance(value, ZipOf | MapOf) and len(value.parts) > 1:
        refuse(sp, value.parts, loc)
    plain, lengths = without(sp, value, loc)
    if not lengths:
        return
    if early.computes(plain):
        with early.tried(sp, plain, loc):
            found = iterate.untaken(sp, plain, loc)
            if found is None:
                iterate.nth(sp, plain, Const(0), loc)
            for produce in (found or ())[:1]:
                produce()
    check(sp, lengths, loc, Const(False))


def refuse(sp: Specialiser, values: Args, loc: Loc) -> None:
    """Refuses iterables of which another iterator may not ask for the last row in its turn."""
    for value in values:
        if without(sp, value, loc)[1]:
            message = "another iterator goes over 'zip(..., strict=True)', and may stop before"
            raise UnsupportedSyntaxError(message, loc, _HINT)


# --- compiled like the user's functions -----------------------------------------------------------


def _not_shorter(
    number: int, before: str, length: int, first: int, shortest: int, left: bool
) -> None:
    if not left and length == shortest and length < first:
        raise ValueError(f"zip() argument {number} is shorter than {before}")


def _not_longer(
    number: int, before: str, length: int, first: int, shortest: int, left: bool
) -> None:
    if not left and length > first:
        raise ValueError(f"zip() argument {number} is longer than {before}")

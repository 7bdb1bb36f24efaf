"""The ways of specialising a function, one after the other until it can be compiled.

What is in lists of unknown length has no identity as long as none is needed: that is compiled
fastest, and reads best.  Where a program needs it, or cannot be compiled so for another reason, it
is specialised again, with more of it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from srcgrad.arguments import Originals
from srcgrad.errors import AliasingError, SrcgradError, UnknownTypeError
from srcgrad.specialise import lists_in_lists, pools
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.heap import Few, NeedsPool, NoIdentity, OneOfTwo
from srcgrad.specialise.many_trips import FEW
from srcgrad.specialise.places import Place
from srcgrad.specialise.program import Given, Program, Start, specialised_as
from srcgrad.specialise.values import StructureError


@dataclass(frozen=True)
class Ways:
    """Ways of specialising that a program may be compiled by, or refused because of.

    Attributes
    ----------
    few : int
        Loops of so many trips are unrolled if they make objects.
    rolling : bool
        Loops of many trips that make objects stay loops (:mod:`.many_trips`), if they can.
    pooling : bool
        Objects among many are in pools (:mod:`.pools`), if they have to be.
    opaque : frozenset of Place
        Containers of which it is not followed what is in them (:mod:`.followed`).
    """

    few: int = FEW
    rolling: bool = True
    pooling: bool = True
    opaque: frozenset[Place] = frozenset()


Attempt: TypeAlias = Callable[[Start], Program]
"""Gives the program, if it can be compiled so."""


def specialise(
    function: types.FunctionType,
    arguments: Mapping[str, Any],
    wrt: tuple[str, ...],
    by_value: Iterable[Place] = (),
    ways: Ways = Ways(),
    originals: Originals | None = None,
) -> Program:
    """The typed program of ``function`` for ``arguments``, by the names of its parameters.

    The values of numbers at the places ``by_value`` become part of it.  ``originals`` says what was
    given where the arguments are copies.

    Raises
    ------
    SrcgradError
        If the function cannot be compiled.
    """
    given = Given(function, arguments, wrt, Originals() if originals is None else originals)
    among_all = partial(specialised_as, given, frozenset(by_value), ways.opaque)
    attempt = partial(_from_trips_on, among_all, ways.few)
    try:
        return _in_some_way(attempt, ways)
    except StructureError as error:  # which is of no class that users know
        raise UnknownTypeError(error.message, error.loc, error.hint) from None


def _in_some_way(attempt: Attempt, ways: Ways) -> Program:
    """The program in the first of the ways by which it can be compiled."""
    if not ways.pooling:
        return _found(attempt, ways.rolling)
    few = Few()
    try:
        return _found(partial(_among_few, attempt, few), ways.rolling, pooling=True)
    except SrcgradError as error:
        why = error
    try:
        return _with_pools(attempt)
    except SrcgradError as error:
        if not few.exceeded:
            raise why from None
        why = error
    try:
        return _found(attempt, ways.rolling)
    except SrcgradError:
        raise why from None


def _among_few(attempt: Attempt, few: Few, start: Start) -> Program:
    """The program, in which data choose among few objects; ``few`` is told if those are many."""

    def among_few(sp: Specialiser) -> None:
        start(sp)
        sp.heap.few = few

    return attempt(among_few)


def _with_pools(attempt: Attempt) -> Program:
    """The program, in which objects are places in pools (:mod:`.pools`) that are put into lists of
    unknown length, and lists in lists are parts of them where they have to be."""
    kinds: tuple[pools.Key, ...] = ()
    starts = [pools.start, pools.start_with_parts, pools.start_with_lists]
    refused: list[SrcgradError] = []
    while starts:
        try:
            return attempt(partial(starts[0], kinds))
        except NeedsPool as need:
            kinds += (need.key,)
        except (NoIdentity, OneOfTwo) as error:
            refused.append(error)
            del starts[0]
    raise refused[0]


def _found(attempt: Attempt, rolling: bool, pooling: bool = False) -> Program:
    """The program, with as little identity in lists of unknown length as it needs.

    Loops of many trips are rather kept, with objects in pools if ``pooling``, than unrolled.
    """
    made: list[Specialiser] = []
    for start in (_with_values, _with_numbers):
        try:
            return attempt(partial(_with_loops, made, start) if rolling else start)
        except SrcgradError as error:
            if any(sp.rolled for sp in made):
                break
            if start is _with_numbers:
                return _as_parts(attempt, error)
            if not isinstance(error, NoIdentity | OneOfTwo):
                raise
    try:
        return attempt(partial(_with_loops, made, lists_in_lists.start))
    except SrcgradError as error:
        lacks_identity = isinstance(error, NoIdentity | OneOfTwo)
    if pooling and lacks_identity:
        with suppress(SrcgradError):
            return _with_pools(partial(_in_loops, attempt))
    return _found(attempt, rolling=False)


def _from_trips_on(attempt: Attempt, few: int, start: Start) -> Program:
    """The program, in which loops of more than a few trips are many."""

    def from_trips_on(sp: Specialiser) -> None:
        start(sp)
        sp.few = few

    return attempt(from_trips_on)


def _with_loops(made: list[Specialiser], start: Start, sp: Specialiser) -> None:
    """Loops of many trips that make objects stay loops; ``made`` are those that tried it."""
    start(sp)
    sp.rolling = True
    made.append(sp)


def _in_loops(attempt: Attempt, start: Start) -> Program:
    """The same for an attempt of which nobody asks whether there are such loops."""
    return attempt(partial(_with_loops, [], start))


def _as_parts(attempt: Attempt, why: SrcgradError) -> Program:
    """The program with the lists in lists as parts of them; ``why`` it cannot be without."""
    try:
        return attempt(lists_in_lists.start)
    except OneOfTwo as error:
        # Which says what else has a list; without parts, all are refused that are changed.
        why = error if isinstance(why, NoIdentity) else why
    except SrcgradError:
        pass
    if isinstance(why, NoIdentity | OneOfTwo):
        why = AliasingError(why.message, why.loc, why.hint)
    raise why from None


def _with_values(sp: Specialiser) -> None:
    """What is in a list of unknown length has no identity."""


def _with_numbers(sp: Specialiser) -> None:
    """Objects that are put into lists of unknown length are those that were there before, and
    loops are unrolled that put others there."""
    sp.nested = True

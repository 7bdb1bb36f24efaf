"""Lists from outside that get longer while the function runs: ``log.append(v)``, then ``len(log)``
or ``log[-1]``.

How many elements a list from outside has is part of the signature, as a rule.  That of one that the
function appends to is asked when the program runs: a log of losses is longer in each call.  What
was appended is noted, from the first on, if the program reads it off the end.  Both come up in the
course of things, and the specialiser begins again then (``NeedsEntry``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.lists import list_append
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import least
from srcgrad.specialise import calls, lists, outside
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import APPENDED, GROWS, Held, NeedsEntry, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def appended(sp: Specialiser, held: Held, value: Value, loc: Loc) -> None:
    """Notes ``held.append(value)``, which has been emitted."""
    place = held.place
    if any(
        known is held.example for other, known in sp.inputs.lists.grown.items() if other != place
    ):
        sp.inputs.lists.follow(held)  # it has two names
    sp.inputs.lists.grown[place] = held.example
    counted = place in sp.inputs.lists.growing or place in sp.inputs.lists.counted
    if (place, Test.LENGTH) in sp.inputs.guards and not counted:
        raise NeedsEntry(held, GROWS)  # whether more than that is read will be seen
    tail = outside.written(sp, held, APPENDED)
    if tail is not None:
        calls.invoke(sp, Const(list.append), (tail, value), {}, loc)


def length(sp: Specialiser, held: Held, loc: Loc) -> Operand | None:
    """How many elements a list from outside has by now; None if it does not get longer."""
    place = held.place
    if type(held.example) is not list or sp.inputs.identities.is_differentiated(place):
        return None
    if place not in sp.inputs.lists.growing:
        if place in sp.inputs.lists.grown and place not in sp.inputs.lists.counted:
            raise NeedsEntry(held, GROWS)
        return None
    return sp.builder.apply(len, (sp.inputs.opaque(held),), (), loc)


def last(sp: Specialiser, held: Held, index: int, loc: Loc) -> Value | None:
    """``held[index]`` if that is what the program has appended; None if it is not.

    Raises
    ------
    UnsupportedSyntaxError
        If nobody knows whether it is.
    """
    if held.place not in sp.inputs.lists.grown or index >= 0:
        return None
    if held.place in sp.inputs.lists.assigned:
        sp.inputs.lists.follow(held)
    tail = outside.written(sp, held, APPENDED)
    if tail is None:
        raise NeedsEntry(held, APPENDED)
    known = sp.heap.view(tail)
    # Another call that changes the list is one that changes how it goes on.
    sp.inputs.log.known(held.place.attribute("__iter__"))
    if isinstance(known, Pack) and -index <= len(known.items):
        return known.items[index]
    if isinstance(known, Pack):  # it was there before
        sp.inputs.lists.follow(held)
        return None
    made = sp.builder.definitions.get(known) if isinstance(known, Var) else None
    if index == -1 and made is not None and made.op is list_append:
        return made.args[1]
    length = known.type.length if isinstance(known, Var) and lists.is_dynamic(known) else None  # type: ignore[union-attr]
    if least(length) >= -index:  # a loop that makes so many trips, one at least
        return calls.index(sp, known, Const(index), loc)
    sp.inputs.lists.follow(held)
    message = "which of the values that were appended this is depends on how many there are"
    raise UnsupportedSyntaxError(message, loc, "keep it under a name when it is appended")

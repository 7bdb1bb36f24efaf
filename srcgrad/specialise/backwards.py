"""``reversed``: it goes back over the places that there were when it was made.

The elements are those that are there when it gets to them.  A list that is longer by then has more,
which come before the first; one that is shorter has nothing at the place where Python begins, so
that it gives nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Pack
from srcgrad.specialise import advanced, certain, dunders
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import Args, Kwargs, ReversedOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def made(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``reversed(value)``."""
    value = args[0]
    own = dunders.special(sp, value, "__reversed__", (), loc, name)
    if own is not None:
        return own
    certain.check_reversible(sp, value, loc)
    cls = class_of_instance(value)
    before = sp.heap.view(value) if cls is None and sp.heap.changes(value) else None
    return advanced.made(sp, ReversedOf(value, sp.trip, before=before), loc)


def count(sp: Specialiser, value: ReversedOf, present: int, loc: Loc) -> int:
    """How many of the first elements it goes back over, where there are ``present`` now."""
    if not isinstance(value.before, Pack) or len(value.before.items) == present:
        return present
    if value.before.kind is not list:
        raise _changed(loc)
    there = len(value.before.items)
    return there if there <= present else 0


def check(sp: Specialiser, value: ReversedOf, loc: Loc) -> None:
    """Refuses to go back over a list of unknown length that is another since."""
    now = None if value.before is None else sp.heap.view(value.part)
    if now is value.before or (isinstance(now, Pack) and isinstance(value.before, Pack)):
        return
    raise _changed(loc)


def _changed(loc: Loc) -> UnsupportedSyntaxError:
    message = "a container is changed between 'reversed' and what goes over its elements"
    return UnsupportedSyntaxError(message, loc, "write reversed(...) where it is used")

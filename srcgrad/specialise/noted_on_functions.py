"""Attributes of functions from outside that the program assigns: ``wrapper.calls += 1``.

A function at a global name is the same object as long as what is compiled is used, and so an object
as any other.  So is a method, which the class must have still, and what is found from a global name
on, if that is asked for.  Of one at another place only its code is known: it may be any that has
this code.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const
from srcgrad.specialise import disturbed, outside
from srcgrad.specialise.places import Global, Place, Test, is_fixed
from srcgrad.specialise.values import Held, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_HINT = "keep what it counts in an object: count.n += 1"


def function_at(sp: Specialiser, value: Value, loc: Loc) -> Held | None:
    """A function at a global name as an object, which is written; None if a value is none.

    Raises
    ------
    UnsupportedSyntaxError
        If it may be found elsewhere under another name.
    """
    obj = value.value if isinstance(value, Const) else None
    place = sp.inputs.functions.get(obj) if isinstance(obj, types.FunctionType) else None
    if place is None:
        return None
    assert isinstance(obj, types.FunctionType)
    if not _is_known(sp, place, obj):
        return None
    for other, where in tuple(sp.inputs.functions.items()):
        if other.__code__ is obj.__code__ and not _is_known(sp, where, other):
            raise _may_be_one(place, where, loc)
    return Held(place, obj)


def _is_known(sp: Specialiser, place: Place, function: types.FunctionType) -> bool:
    """Whether it is this function that is at a place, which becomes a guard."""
    if is_fixed(place):
        return True
    found = sp.inputs.guards.get((place, Test.IDENTITY))
    is_method = found is not None and found.value is function
    if not is_method and not isinstance(place.root, Global):
        return False
    sp.inputs.identify(function, place)
    return True


def written(
    sp: Specialiser, place: Place, obj: types.FunctionType | type, name: str, loc: Loc
) -> Value | None:
    """What the program has assigned to an attribute of what is at a place; None if nothing.

    Raises
    ------
    UnsupportedSyntaxError
        If it may have been assigned to another function, which this may be.
    """
    if not isinstance(obj, types.FunctionType):
        return None
    if place not in sp.outside:
        for other, where in tuple(sp.inputs.functions.items()):
            is_assigned = where in sp.outside and other.__code__ is obj.__code__
            if is_assigned and not _is_known(sp, place, obj):
                raise _may_be_one(where, place, loc)
        return None
    held = Held(place, obj)
    disturbed.check(sp, held, loc)
    found = outside.written(sp, held, name)
    if found is not None:
        sp.inputs.log.attribute(place, name)
    return found


def _may_be_one(place: Place, other: Place, loc: Loc) -> UnsupportedSyntaxError:
    message = f"an attribute of '{place}' is assigned, and '{other}' may be the same function"
    return UnsupportedSyntaxError(message, loc, _HINT)

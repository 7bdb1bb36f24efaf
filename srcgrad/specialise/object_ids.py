"""``id(x)``: the identity of an object as a number.

A program may ask for that of what it was given, or finds outside.  Containers and objects that it
makes are not there when it runs, nor are those of a differentiated argument: each time that one is
needed, it is displayed anew.  What it computes may be computed once for two, or again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import Object, Unknown
from srcgrad.specialise import allocations
from srcgrad.specialise.values import Args, Conflicting, Held, Kwargs, PerhapsOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _id(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``id(value)``; None where the operand of the program is the object itself."""
    if len(args) != 1 or kwargs or isinstance(args[0], PerhapsOf | Conflicting):
        return None
    (value,) = args
    if isinstance(value, Held) and not sp.inputs.identities.is_differentiated(value.place):
        return sp.builder.apply(id, (sp.inputs.opaque(value),), (), loc, name)
    if isinstance(value, Const) and not isinstance(value.value, _WITHOUT):
        return None
    if isinstance(value, Var) and _is_there(sp, value):
        return None
    message = "the id of this object is not that which it has in the function"
    raise AliasingError(message, loc, "whether two names mean one object, 'a is b' tells")


_WITHOUT = (int, float, complex, str, bytes, tuple)
"""Constants of which the program may have one for two that are equal."""


def _is_there(sp: Specialiser, var: Var) -> bool:
    """Whether a variable is surely the object that the function has there."""
    var = allocations.itself(sp, var)
    return sp.inputs.place_of(var) is not None or isinstance(var.type, Object | Unknown)


OBJECT_IDS: dict[Any, Any] = {id: _id}

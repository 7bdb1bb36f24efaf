"""Writing attributes of objects from outside: ``self.mean = 0.9 * self.mean + 0.1 * m``.

This happens once in each call of the gradient, in order, as it does in the function.  What the
function reads after it is what it has written; for later calls that is a constant.
"""

from __future__ import annotations

import inspect
import types
from typing import TYPE_CHECKING

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.specialise import calls, containers, objects
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import Held, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def set_attribute(sp: Specialiser, held: Held, name: str, value: Value, loc: Loc) -> None:
    """``held.name = value``."""
    cls = type(held.example)
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, property) and isinstance(found.fset, types.FunctionType):
        calls.invoke(sp, Const(found.fset), (held, value), {}, loc)
        return
    if isinstance(found, property) or not objects.is_plain(cls):
        message = f"assignment to an attribute of a '{cls.__name__}' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "make a new object, or assign to a name")
    if objects.is_frozen(cls):
        raise UnsupportedSyntaxError(f"cannot assign to field '{name}'", loc)
    if sp.builder.depth > 1:
        message = "an attribute of an object from outside is written in a loop or a branch"
        raise UnsupportedSyntaxError(message, loc, "compute the value there, and assign it after")
    operand = sp.operand(value, loc)
    if not isinstance(operand, Var | Const):
        message = "an attribute of an object from outside becomes a container"
        raise UnsupportedSyntaxError(message, loc, "assign arrays or numbers")
    sp.builder.apply(setattr, (sp.inputs.opaque(held), Const(name), operand), (), loc)
    ref = sp.outside.get(held.place)
    if ref is None:
        ref = sp.outside[held.place] = sp.heap.make(Pack(dict, ()))
    pack = sp.heap.contents[ref]
    assert isinstance(pack, Pack)
    entries = {**containers.entries_of(pack), name: value}
    sp.heap.contents[ref] = Pack(dict, tuple(entries.values()), tuple(entries))


def written(sp: Specialiser, held: Held, name: str) -> Value | None:
    """What the program has written into an attribute; None if nothing."""
    ref = sp.outside.get(held.place)
    pack = None if ref is None else sp.heap.contents[ref]
    if not isinstance(pack, Pack) or name not in pack.keys:
        return None
    return pack.items[pack.keys.index(name)]


def check_whole(sp: Specialiser, held: Held, loc: Loc) -> None:
    """Refuses to hand over an object that the program has written."""
    depth = len(held.place.path)
    for place in sp.outside:
        if place.root == held.place.root and place.path[:depth] == held.place.path:
            message = "an object from outside is handed over after an attribute of it was written"
            raise UnsupportedSyntaxError(message, loc, "do so before")


def check_names(sp: Specialiser, loc: Loc) -> None:
    """Refuses a program in which two names may lead to an object that it writes."""
    kinds = {g.place: g.value for g in sp.inputs.guards.values() if g.test is Test.TYPE}
    for place in sp.outside:
        for other, kind in kinds.items():
            if other != place and kind is kinds.get(place):
                message = f"'{other}' may be '{place}', of which an attribute is written"
                raise AliasingError(message, loc, "use one name for the object")

"""Assignment to items and attributes: ``x[i] = v``, ``x.name = v``."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Unknown
from srcgrad.specialise import containers, growing, lists, objects, outside, stores
from srcgrad.specialise.values import Held, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Args = tuple[Value, ...]
Kwargs = Mapping[str, Value]


def _setitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    receiver, index, value = args
    known = sp.heap.view(receiver)
    if isinstance(known, Pack):
        containers.set_item(sp, receiver, known, index, value, loc)
        return Const(None)
    if lists.is_dynamic(known):
        growing.set_item(sp, receiver, known, index, value, loc)  # type: ignore[arg-type]
        return Const(None)
    flat = stores.flat_array(receiver)
    if flat is not None:
        return stores.set_flat_item(sp, flat, sp.operand(index, loc), value, loc)
    return store_into_array(sp, receiver, index, value, loc)


def store_into_array(
    sp: Specialiser, array: Value, index: Value, value: Value, loc: Loc
) -> Value | None:
    """``array[index] = value`` where ``array`` is no container of the program's."""
    return stores.store(sp, array, sp.operand(index, loc), value, loc)


def _setattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    receiver, attribute, value = args
    known = sp.constant(attribute, "the name of an attribute")
    if isinstance(receiver, Ref | Pack) and objects.is_frozen(receiver.kind):
        raise UnsupportedSyntaxError(f"cannot assign to field '{known}'", loc)
    if isinstance(receiver, Ref) and objects.class_of_instance(receiver) is not None:
        objects.set_attribute(sp, receiver, known, value, loc)
        return Const(None)
    if isinstance(receiver, Held):
        outside.set_attribute(sp, receiver, known, value, loc)
        return Const(None)
    if isinstance(receiver, Var) and isinstance(receiver.type, Unknown):
        message = "an attribute is assigned of something of which nothing is known"
        raise UnknownTypeError(message, loc, "make a new object, or assign to a name")
    message = "assignment to an attribute of this cannot be differentiated"
    raise UnsupportedSyntaxError(message, loc, "make a new object, or assign to a name")


def _setattr_of_object(
    sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """``object.__setattr__``, which frozen dataclasses use for themselves."""
    if not isinstance(args[0], Ref):
        return _setattr(sp, args, kwargs, loc, name)
    known = sp.constant(args[1], "the name of an attribute")
    objects.set_attribute(sp, args[0], known, args[2], loc)
    return Const(None)


def _delitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    known = sp.heap.view(args[0])
    if not isinstance(known, Pack):
        message = "'del' of an item of something that is no list or dict of known length"
        raise UnsupportedSyntaxError(message, loc, "make a new one without it")
    containers.delete_item(sp, args[0], known, args[1], loc)
    return Const(None)


ASSIGNMENTS: dict[object, Callable[..., Value | None]] = {
    operator.setitem: _setitem,
    operator.delitem: _delitem,
    setattr: _setattr,
    object.__setattr__: _setattr_of_object,
}

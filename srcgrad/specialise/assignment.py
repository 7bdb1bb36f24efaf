"""Assignment to items and attributes: ``x[i] = v``, ``x.name = v``."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.records import can_be_record
from srcgrad.ir.types import Unknown
from srcgrad.specialise import (
    added,
    certain,
    chosen,
    growing,
    iterate,
    left,
    lists,
    noted_on_classes,
    noted_on_functions,
    object_keys,
    objects,
    open_dicts,
    outside,
    own_containers,
    records,
    stores,
    subclasses,
    undecided,
)
from srcgrad.specialise.classes import class_of, class_of_instance
from srcgrad.specialise.containers import dict_of, entries_of, write
from srcgrad.specialise.values import (
    Args,
    Closure,
    Handler,
    Held,
    Kwargs,
    NeedsValue,
    OpenDictOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _setitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    receiver, index, value = args
    if isinstance(receiver, Ref) and left.set_item(sp, receiver, index, value, loc):
        return Const(None)
    own_containers.ask(sp, receiver)
    object_keys.put(sp, receiver, index, loc)
    known = sp.heap.view(receiver)
    if isinstance(known, Pack):
        _set_item(sp, receiver, known, index, value, loc)
        return Const(None)
    if isinstance(known, OpenDictOf):
        open_dicts.set_item(sp, known.ref, index, value, loc)
        return Const(None)
    if lists.is_dynamic(known):
        growing.set_item(sp, receiver, known, index, value, loc)  # type: ignore[arg-type]
        return Const(None)
    if isinstance(known, Held) and added.takes_item(sp, known, index):
        added.set_item(sp, known, index, value, loc)
        return Const(None)
    if isinstance(known, Held):
        _refuse_change(sp, known, loc)
    flat = stores.flat_array(receiver)
    if flat is not None:
        return stores.set_flat_item(sp, flat, sp.operand(index, loc), value, loc)
    place = undecided.as_place(sp, index, loc)
    return stores.store(sp, receiver, sp.operand(place, loc), value, loc)


def _refuse_change(sp: Specialiser, held: Held, loc: Loc) -> None:
    """Refuses to change a list, a dict or another object from outside, by an item of it."""
    if added.takes(sp, held):
        sp.inputs.lists.follow(held)
    if isinstance(held.example, list | dict):
        write(sp, held, Pack(list if isinstance(held.example, list) else dict, ()), loc)
    subclasses.check(held, loc)
    message = f"an item of '{held.place}' is changed, a {type(held.example).__name__} from outside"
    raise UnsupportedSyntaxError(message, loc, "make a list, a dict or an array of it first")


def _set_item(
    sp: Specialiser, receiver: Value, pack: Pack, key: Value, value: Value, loc: Loc
) -> None:
    """``receiver[key] = value``."""
    try:
        known = sp.constant(key, "an index into a container")
    except NeedsValue as need:
        chosen.set_element(sp, receiver, pack, key, value, need, loc)
        return
    if pack.kind is dict:
        certain.computed(loc, hash, known)
        write(sp, receiver, dict_of({**entries_of(pack), known: value}), loc)
        return
    if pack.kind is not list:
        text = f"'{pack.kind.__name__}' object does not support item assignment"
        raise CertainError(text, loc, TypeError(text))
    items: list[Any] = list(pack.items)
    if isinstance(known, slice):
        more: Any = iterate.all_elements(sp, value, loc)
        certain.computed(loc, operator.setitem, items, known, more)
    else:
        certain.computed(loc, operator.setitem, items, known, value)
    write(sp, receiver, Pack(list, tuple(items)), loc)


def _setattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    receiver, attribute, value = args
    known = sp.constant(attribute, "the name of an attribute")
    if isinstance(receiver, Ref | Pack):
        objects.check_not_frozen(receiver.kind, known, loc)
    if isinstance(receiver, Ref) and class_of_instance(receiver) is not None:
        objects.set_attribute(sp, receiver, known, value, loc)
        return Const(None)
    if isinstance(receiver, Pack) and can_be_record(receiver.kind):
        raise records.changed(sp, receiver.kind, loc)
    held = noted_on_functions.function_at(sp, receiver, loc)
    held = (
        receiver if isinstance(receiver, Held) else held or noted_on_classes.class_at(sp, receiver)
    )
    if held is not None:
        outside.set_attribute(sp, held, known, value, loc)
        return Const(None)
    if isinstance(receiver, Var) and isinstance(receiver.type, Unknown):
        message = "an attribute is assigned of something of which nothing is known"
        raise UnknownTypeError(message, loc, "make a new object, or assign to a name")
    message = f"assignment to {_spelled(sp, receiver, known)} cannot be differentiated"
    raise UnsupportedSyntaxError(message, loc, "make a new object, or assign to a name")


def _spelled(sp: Specialiser, value: Value, attribute: str) -> str:
    """An attribute of something, for the reader of an error."""
    name = value.name if isinstance(value, Var) else ""
    if isinstance(value, Closure):
        name = value.function.name
    elif isinstance(value, Const):
        name = getattr(value.value, "__name__", "")
    cls = class_of(sp, value)
    if name or cls is None:
        return f"'{name}.{attribute}'"
    return f"'.{attribute}' of a {cls.__name__}"


def _setattr_of_object(
    sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """``object.__setattr__``, which frozen dataclasses use for themselves."""
    known = sp.constant(args[1], "the name of an attribute")
    if not isinstance(args[0], Ref):
        cls = class_of(sp, args[0])
        if cls is not None and in_class(cls, "__setattr__") is not object.__setattr__:
            message = f"'object.__setattr__' changes a {cls.__name__} that has been made"
            raise UnsupportedSyntaxError(message, loc, "make another: dataclasses.replace(...)")
        return _setattr(sp, args, kwargs, loc, name)
    objects.set_attribute(sp, args[0], known, args[2], loc)
    return Const(None)


def _delitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Ref) and left.delete_item(sp, args[0], args[1], loc):
        return Const(None)
    own_containers.ask(sp, args[0])
    if object_keys.is_missing(sp, args[0], args[1], loc):
        raise object_keys.missing(loc)
    known = sp.heap.view(args[0])
    if lists.is_dynamic(known):
        growing.delete_item(sp, args[0], known, args[1], loc)  # type: ignore[arg-type]
        return Const(None)
    if isinstance(known, OpenDictOf):
        open_dicts.delete(sp, known, args[1], loc)
        return Const(None)
    if isinstance(known, Held):
        _refuse_change(sp, known, loc)
    if not isinstance(known, Pack):
        message = "'del' of an item of something that is no list or dict of known length"
        raise UnsupportedSyntaxError(message, loc, "make a new one without it")
    _delete_item(sp, args[0], known, args[1], loc)
    return Const(None)


def _delete_item(sp: Specialiser, receiver: Value, pack: Pack, key: Value, loc: Loc) -> None:
    """``del receiver[key]``."""
    try:
        known = sp.constant(key, "an index into a container")
    except NeedsValue as need:
        if pack.kind is not dict:
            xs = chosen.as_list(sp, receiver, pack, key, need, loc)
            growing.delete_item(sp, receiver, xs, key, loc)
            return
        if not isinstance(receiver, Ref) or not open_dicts.is_key(sp, key):
            raise
        open_dicts.delete(sp, open_dicts.made_open(sp, receiver, loc), key, loc)
        return
    content: Any = entries_of(pack) if pack.kind is dict else list(pack.items)
    certain.computed(loc, operator.delitem, content, known)
    new = dict_of(content) if pack.kind is dict else Pack(list, tuple(content))
    write(sp, receiver, new, loc)


ASSIGNMENTS: dict[Any, Handler] = {
    operator.setitem: _setitem,
    operator.delitem: _delitem,
    setattr: _setattr,
    object.__setattr__: _setattr_of_object,
}

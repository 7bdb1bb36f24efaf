"""What an instance has, as a dict or a tuple: ``dataclasses.asdict``, ``astuple`` and ``fields``,
``vars``."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, own_dict
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.records import is_record
from srcgrad.ir.types import ListOf, Object, PackType, Type
from srcgrad.specialise import attributes, calls, noted_on_classes, outside, perhaps
from srcgrad.specialise.classes import STANDS_FOR, class_of_instance
from srcgrad.specialise.values import (
    Args,
    Handler,
    Held,
    Kwargs,
    PerhapsOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _converter(function: Callable[..., Any]) -> Handler:
    """``dataclasses.asdict`` or ``dataclasses.astuple``."""

    def convert(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        cls = class_of_instance(args[0]) if len(args) == 1 and not kwargs else None
        if cls is None:
            return None
        if not dataclasses.is_dataclass(cls):
            text = f"{function.__name__}() should be called on dataclass instances"
            raise CertainError(text, loc, TypeError(text))
        return _converted(sp, args[0], function, loc)

    return convert


def _converted(sp: Specialiser, value: Value, function: Callable[..., Any], loc: Loc) -> Value:
    """``value``, in which dataclasses are dicts, or tuples, and everything else is a copy."""
    cls = class_of_instance(value)
    if cls is not None and dataclasses.is_dataclass(cls):
        names = tuple(field.name for field in dataclasses.fields(cls))
        values = (attributes.attribute(sp, value, name, loc, "") for name in names)
        items = tuple(_converted(sp, each, function, loc) for each in values)
        if function is dataclasses.astuple:
            return Pack(tuple, items)  # type: ignore[arg-type]
        return sp.heap.make(Pack(dict, items, names))  # type: ignore[arg-type]
    pack = _taken_apart(sp, value)
    if pack is None:
        if _may_hold(sp, value):
            message = f"'{function.__name__}' of a dataclass in a container that is not known here"
            hint = "convert the elements one by one, in a loop"
            raise UnsupportedSyntaxError(f"{message} element by element", loc, hint)
        return calls.invoke(sp, Const(copy.deepcopy), (value,), {}, loc)
    items = tuple(_converted(sp, each, function, loc) for each in pack.items)
    made = Pack(pack.kind, items, pack.keys)  # type: ignore[arg-type]
    return sp.heap.make(made) if pack.kind in (list, dict) else made


def _may_hold(sp: Specialiser, value: Value) -> bool:
    """Whether there may be a dataclass in a container, which is to be converted too."""
    if isinstance(value, Held):
        return _holds(value.example)
    content = sp.heap.contents.get(value, value) if isinstance(value, Ref) else value
    if isinstance(content, Pack):
        return _is_dataclass(content.kind) or any(_may_hold(sp, each) for each in content.items)
    if isinstance(content, PerhapsOf):
        return _may_hold(sp, content.content)
    return isinstance(content, Var) and _is_of_dataclasses(content.type)


def _is_of_dataclasses(type_: Type) -> bool:
    match type_:
        case ListOf(item=item, each=each):
            return any(map(_is_of_dataclasses, (item, *each)))
        case PackType(kind=kind, items=items):
            return _is_dataclass(kind) or any(map(_is_of_dataclasses, items))
        case Object(cls=cls):
            return _is_dataclass(cls)
    return False


def _is_dataclass(kind: type) -> bool:
    return dataclasses.is_dataclass(kind.of() if is_record(kind) else kind)


def _holds(value: Any) -> bool:
    """Whether there is a dataclass in a container from outside."""
    if isinstance(value, dict):
        return any(map(_holds, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds, value))
    return dataclasses.is_dataclass(value)


def _taken_apart(sp: Specialiser, value: Value) -> Pack | None:
    """What is in a list, a tuple or a dict that is known element by element."""
    viewed = sp.heap.view(value)
    if isinstance(viewed, Held):
        kind = type(viewed.example)
        if kind is dict:
            keys = sp.inputs.keys(viewed)
            items: Any = tuple(sp.inputs.item(viewed, key) for key in keys)
            return Pack(dict, items, keys)
        return Pack(kind, sp.inputs.elements(viewed)) if kind in (list, tuple) else None  # type: ignore[arg-type]
    is_container = isinstance(viewed, Pack) and class_of_instance(viewed) is None
    if is_container and isinstance(viewed, Pack) and viewed.kind in (list, tuple, dict):
        return viewed
    return viewed if isinstance(viewed, Pack) and _is_named_tuple(viewed.kind) else None


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _fields(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) != 1 or kwargs:
        return None
    known = args[0].value if isinstance(args[0], Const) else None
    cls = known if isinstance(known, type) else class_of_instance(args[0])
    if cls is None:
        return None
    if not dataclasses.is_dataclass(cls):
        text = "must be called with a dataclass type or instance"
        raise CertainError(text, loc, TypeError(text))
    return Pack(tuple, tuple(map(Const, dataclasses.fields(cls))))


def _vars(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``vars(instance)``, which is read: the instance must not be changed after that."""
    cls = class_of_instance(args[0]) if len(args) == 1 else None
    if args and isinstance(args[0], Const) and isinstance(args[0].value, type):
        noted_on_classes.view(sp, args[0].value, loc)
    if cls is None or cls in STANDS_FOR or issubclass(cls, tuple | dict | list):
        return None
    if not cls.__dictoffset__ or hasattr(cls, "__slots__"):
        return None
    value = args[0]
    if isinstance(value, Held):
        if own_dict(value.example) is None:
            return None
        sp.inputs.viewed.add(value.place)
        names = outside.names(sp, value)
        items = tuple(attributes.attribute(sp, value, each, loc, "") for each in names)
        return Pack(dict, items, names)  # type: ignore[arg-type]
    pack = sp.heap.contents.get(value) if isinstance(value, Ref) else None
    if not isinstance(pack, Pack) or not isinstance(value, Ref):
        return None
    if dataclasses.is_dataclass(cls):  # one that was given may have attributes besides its fields
        message = f"'vars' of a {cls.__name__} that the function makes, or that data choose"
        raise UnsupportedSyntaxError(message, loc, "ask for its fields: dataclasses.asdict(...)")
    for key, item in zip(pack.keys, pack.items, strict=True):
        if isinstance(item, PerhapsOf) or perhaps.is_not_set(item) or _is_of_class(cls, key):
            message = f"whether this {cls.__name__} has an attribute '{key}' of its own"
            raise UnsupportedSyntaxError(f"{message} is not known here", loc, "read it by its name")
    sp.heap.seal(value)
    return Pack(dict, pack.items, pack.keys)


def _is_of_class(cls: type, key: object) -> bool:
    """Whether a class has an attribute, which an instance may seem to have then."""
    return in_class(cls, str(key)) is not None


FIELDS: dict[Any, Handler] = {
    dataclasses.asdict: _converter(dataclasses.asdict),
    dataclasses.astuple: _converter(dataclasses.astuple),
    dataclasses.fields: _fields,
    vars: _vars,
}

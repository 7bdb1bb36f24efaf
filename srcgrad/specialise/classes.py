"""Of what class a value is, and what asks for that: ``type``, ``super``."""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.instances import is_users
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, ListOf, Object, Scalar, number_of
from srcgrad.specialise.values import (
    Args,
    Closure,
    Handler,
    Held,
    Kwargs,
    PartialOf,
    Ref,
    SuperOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


_PYTHONS: dict[str, type] = {"f": float, "b": bool, "c": complex}
"""The classes of Python's numbers, by the kind of their dtype; any other is an ``int``."""


def class_of(sp: Specialiser, value: Value) -> type | None:
    """The class of a value, None where it is not known."""
    match value:
        case Const():
            return type(value.value)
        case Pack() | Ref():
            return value.kind
        case Held():
            return type(value.example)
        case Closure():
            return type(class_of)
        case PartialOf():
            return functools.partial
        case Var(type=Array()):
            return np.ndarray
        case Var(type=Object(cls=cls)):
            return cls
        case Var(type=ListOf()):
            return list
        case Var():
            number = number_of(value.type)
            if isinstance(number, Scalar) and number.python is not None:
                if not number.python:
                    return number.dtype.type
                return _PYTHONS.get(number.dtype.kind, int)
    return None


def class_of_instance(value: Value) -> type | None:
    """The user's class of which ``value`` is an instance; None if it is of no such class."""
    cls = type(value.example) if isinstance(value, Held) else getattr(value, "kind", None)
    if isinstance(value, Const) and isinstance(value.value, enum.Enum):
        cls = type(value.value)
    return cls if isinstance(cls, type) and is_users(cls) else None


def classes_of(sp: Specialiser, value: Value) -> tuple[type, ...]:
    """The classes that a value may be of, none if they are not known."""
    number = number_of(value.type) if isinstance(value, Var) else None
    if isinstance(number, Scalar) and number.python is None:
        return number.dtype.type, _PYTHONS.get(number.dtype.kind, int)
    cls = class_of(sp, value)
    return () if cls is None else (cls,)


def _type(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls = class_of(sp, args[0]) if len(args) == 1 else None
    if cls is not None and isinstance(args[0], Held):
        sp.inputs.classes.setdefault(cls, args[0].place.attribute("__class__"))
    return None if cls is None else Const(cls)


def _super(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return SuperOf(sp.constant(args[0], "the class given to 'super'"), args[1])


CLASSES: dict[Any, Handler] = {
    type: _type,
    super: _super,
}

"""Of what class a value is, and what asks for that: ``type``, ``super``."""

from __future__ import annotations

import enum
import functools
import operator
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc
from srcgrad.instances import is_users
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, ListOf, Object, Scalar, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import (
    Args,
    BoundOf,
    Closure,
    Handler,
    Held,
    Kwargs,
    PartialOf,
    RangeOf,
    Ref,
    SuperOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


PYTHONS: dict[str, type] = {"f": float, "b": bool, "c": complex, "i": int, "u": int}
"""The classes of Python's numbers, by the kind of their dtype."""


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
        case BoundOf():
            return types.MethodType
        case PartialOf():
            return functools.partial
        case RangeOf():
            return range
        case Var(type=Array()):
            return np.ndarray
        case Var(type=Object(cls=cls)):
            return cls
        case Var(type=ListOf()):
            return list
        case Var():
            number = number_of(value.type)
            if isinstance(number, Scalar) and number.python is not None:
                if number.dtype.kind == "f" and number.python and _may_be_whole(sp, value):
                    return None
                if not number.python:
                    return number.dtype.type
                return PYTHONS.get(number.dtype.kind, int)
    return None


_KEEPING = (
    *(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.pow),
    *(operator.neg, operator.pos, abs, operator.abs),
)
"""The operators that give an ``int`` of numbers that are."""
_TO_FLOATS = (operator.truediv, float)
"""What gives a ``float`` of any number, beside the functions of NumPy and ``math``."""


def _may_be_whole(sp: Specialiser, value: Operand) -> bool:
    """Whether a number that counts as a float may be an ``int`` when it runs.

    Where an ``int`` and a ``float`` meet, as in ``total = 0`` before a loop, their type is that of
    the float.
    """
    if not isinstance(value, Var):
        return isinstance(value, Const) and type(value.value) in (int, bool)
    number = number_of(value.type)
    if not isinstance(number, Scalar) or number.dtype.kind != "f":
        return isinstance(number, Scalar) and bool(number.python)
    made = sp.builder.definitions.get(value)
    if made is None:  # a name after a branch or a loop, if it is no argument
        return not any(value is leaf for leaf in sp.inputs.leaves.values())
    if made.op in _KEEPING:
        return all(_may_be_whole(sp, arg) for arg in made.args)
    if made.op is operator.getitem:
        return not isinstance(type_of(made.args[0]), Array)
    module = getattr(made.op, "__module__", None) or type(made.op).__module__
    return made.op not in _TO_FLOATS and module.split(".")[0] not in ("numpy", "math")


def class_of_instance(value: Value) -> type | None:
    """The user's class of which ``value`` is an instance; None if it is of no such class."""
    cls = type(value.example) if isinstance(value, Held) else getattr(value, "kind", None)
    if isinstance(value, Const) and isinstance(value.value, enum.Enum):
        cls = type(value.value)
    return cls if isinstance(cls, type) and is_users(cls) else None


def classes_of(sp: Specialiser, value: Value) -> tuple[type, ...]:
    """The classes that a value may be of, none if they are not known."""
    number = number_of(value.type) if isinstance(value, Var) else None
    if isinstance(number, Scalar) and number.python is not False:
        assert isinstance(value, Var)
        python = PYTHONS.get(number.dtype.kind, int)
        whole = (int,) if python is float and _may_be_whole(sp, value) else ()
        return *((number.dtype.type,) if number.python is None else ()), python, *whole
    cls = class_of(sp, value)
    return () if cls is None else (cls,)


def found_through(sp: Specialiser, value: Value, cls: type) -> Const:
    """The class of ``value``: what is read of it then is read where it was found."""
    place = value.place if isinstance(value, Held) else None
    if isinstance(value, Const):
        place = sp.inputs.members.get(id(value.value))
    if place is not None:
        sp.inputs.classes.setdefault(cls, place.attribute("__class__"))
    return Const(cls)


def _type(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls = class_of(sp, args[0]) if len(args) == 1 else None
    return None if cls is None else found_through(sp, args[0], cls)


def _super(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls, of = sp.constant(args[0], "the class given to 'super'"), args[1]
    kinds = classes_of(sp, of)
    if isinstance(of, Const) and isinstance(of.value, type):
        kinds = (of.value, *kinds)
    if isinstance(cls, type) and kinds and not any(issubclass(kind, cls) for kind in kinds):
        text = "super(type, obj): obj must be an instance or subtype of type"
        raise CertainError(text, loc, TypeError(text))
    return SuperOf(cls, of)


CLASSES: dict[Any, Handler] = {
    type: _type,
    super: _super,
}

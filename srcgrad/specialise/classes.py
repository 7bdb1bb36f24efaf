"""Of what class a value is, and what asks for that: ``type``, ``super``."""

from __future__ import annotations

import collections
import enum
import functools
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc
from srcgrad.instances import is_users
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, ListOf, Object, Scalar, number_of
from srcgrad.specialise.counter_class import Counter
from srcgrad.specialise.deque_class import Deque
from srcgrad.specialise.object_keys_class import DefaultObjectDict, ObjectDict, ObjectSet
from srcgrad.specialise.ordered_class import OrderedDict
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import (
    Args,
    BoundOf,
    CachedOf,
    Closure,
    GeneratorOf,
    Handler,
    Held,
    Kwargs,
    OneOf,
    PartialOf,
    RangeOf,
    Ref,
    SuperOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


STANDS_FOR: dict[type, type] = {
    Counter: collections.Counter,
    Deque: collections.deque,
    ObjectDict: dict,
    DefaultObjectDict: collections.defaultdict,
    ObjectSet: set,
    LongTuple: tuple,
    OrderedDict: collections.OrderedDict,
}
"""The classes of Python's of which the program's instances are of others."""
PYTHONS: dict[str, type] = {"f": float, "b": bool, "c": complex, "i": int, "u": int}
"""The classes of Python's numbers, by the kind of their dtype."""


def class_of(sp: Specialiser, value: Value) -> type | None:
    """The class of a value, None where it is not known."""
    match value:
        case Const():
            return type(value.value)
        case Ref() if issubclass(value.kind, collections.defaultdict):
            return collections.defaultdict
        case Pack() | Ref():
            return STANDS_FOR.get(value.kind, value.kind)
        case Held():
            return type(value.example)
        case Closure():
            return type(class_of)
        case BoundOf():
            return types.MethodType
        case CachedOf():
            return type(functools.cache(class_of))
        case PartialOf():
            return functools.partial
        case RangeOf():
            return range
        case GeneratorOf() if not value.function.scope.trusted:
            return types.GeneratorType
        case Var(type=Array()):
            return np.ndarray
        case Var(type=Object(cls=cls)):
            return cls
        case Var(type=ListOf()):
            return list
        case Var():
            number = number_of(value.type)
            if isinstance(number, Scalar):
                found = _classes_of_number(number)
                return found[0] if len(found) == 1 else None
    return None


def _classes_of_number(number: Scalar) -> tuple[type, ...]:
    """The classes that a number may be of, which may be an ``int`` where it counts as a float."""
    numpys = (number.dtype.type,) if number.python is not True else ()
    pythons = (PYTHONS.get(number.dtype.kind, int),) if number.python is not False else ()
    others = () if number.instead is None else _classes_of_number(number.instead)
    return tuple(dict.fromkeys((*numpys, *pythons, *others)))


def class_of_instance(value: Value) -> type | None:
    """The user's class of which ``value`` is an instance; None if it is of no such class."""
    cls = type(value.example) if isinstance(value, Held) else getattr(value, "kind", None)
    if isinstance(value, Const) and isinstance(value.value, enum.Enum):
        cls = type(value.value)
    return cls if isinstance(cls, type) and is_users(cls) else None


def is_compared(value: Value) -> bool:
    """Whether a value is an instance that its class compares with others."""
    cls = class_of_instance(value)
    return isinstance(value, OneOf) or (cls is not None and not issubclass(cls, tuple | enum.Enum))


def classes_of(sp: Specialiser, value: Value) -> tuple[type, ...]:
    """The classes that a value may be of, none if they are not known."""
    number = number_of(value.type) if isinstance(value, Var) else None
    if isinstance(number, Scalar):
        return _classes_of_number(number)
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

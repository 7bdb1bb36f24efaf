"""Whether a value is an instance of a class, or can be called: ``isinstance``, ``callable``."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_of_library
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import NUMBER
from srcgrad.specialise import calls, certain, fractional, objects, tested
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.classes import classes_of
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import (
    ITERABLES,
    Args,
    Handler,
    Held,
    Kwargs,
    Method,
    PerhapsOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NOTHING = object()
_CODES = "?" + np.typecodes["AllInteger"] + np.typecodes["AllFloat"]
_NUMBERS = (type(None), bool, int, float, complex, *(np.dtype(code).type for code in _CODES))
"""What a number may be of which no more is known."""


def _isinstance(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], PerhapsOf):
        return tested.is_instance(sp, args[0], args[1], loc)
    wanted = constant_of(sp.operand(args[1], loc))
    classes = classes_of(sp, args[0])
    if isinstance(args[0], Var) and args[0].type == NUMBER:
        classes = _NUMBERS
    if not classes or wanted is None:
        return None
    if isinstance(args[0], Var):
        classes = (*classes, *fractional.classes(sp, args[0]))
    answers = {_is_one_of(sp, args[0], cls, wanted.value, loc) for cls in classes}
    return Const(answers.pop()) if len(answers) == 1 else None


def _is_one_of(sp: Specialiser, value: Value, cls: type, wanted: Any, loc: Loc) -> bool:
    """Whether ``value``, which is of class ``cls``, is of a class that is asked for."""
    if isinstance(wanted, tuple | types.UnionType):
        each = wanted if isinstance(wanted, tuple) else wanted.__args__
        return any(_is_one_of(sp, value, cls, one, loc) for one in each)
    if not isinstance(wanted, type):
        certain.computed(loc, isinstance, None, wanted)
    hook = in_class(type(wanted), "__instancecheck__")
    if cls is wanted or not isinstance(wanted, type):
        return issubclass(cls, wanted)
    if hook is type.__instancecheck__:
        return type.__subclasscheck__(wanted, cls)
    if getattr(wanted, "_is_protocol", False):
        return _has_members(sp, value, cls, wanted, loc)
    if isinstance(hook, types.FunctionType) and not is_of_library(hook.__module__):
        place = sp.inputs.classes.get(wanted)
        meta = None if place is None else place.attribute("__class__")
        objects.guard(sp, meta, "__instancecheck__", hook)
        found = calls.invoke(sp, Const(hook), (Const(wanted), value), {}, loc)
        if not isinstance(found, Const):
            message = f"whether this is an instance of '{wanted.__name__}' depends on data"
            raise UnsupportedSyntaxError(message, loc, "test what is in the object")
        return bool(found.value)
    return issubclass(cls, wanted)


def _has_members(sp: Specialiser, value: Value, cls: type, protocol: type, loc: Loc) -> bool:
    """Whether a value, which is of class ``cls``, has what a protocol asks for."""
    if type.__subclasscheck__(protocol, cls):
        return True
    if not getattr(protocol, "_is_runtime_protocol", False):
        message = f"'{protocol.__name__}' is a protocol that no 'isinstance' can test"
        raise UnsupportedSyntaxError(message, loc, "decorate it with @runtime_checkable")
    members: Iterable[str] = typing._get_protocol_attrs(protocol)  # type: ignore[attr-defined]
    for name in sorted(members):
        found = calls.invoke(sp, Const(hasattr), (value, Const(name)), {}, loc)
        if not isinstance(found, Const):
            message = f"whether this is an instance of '{protocol.__name__}' is not known"
            raise UnsupportedSyntaxError(message, loc, f"test it before: hasattr(..., {name!r})")
        if not found.value:
            return False
    return True


def _callable(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = args[0]
    if isinstance(value, Const):
        return Const(callable(value.value))
    if isinstance(value, ITERABLES):
        return Const(False)
    if isinstance(value, Method) and not isinstance(value.receiver, Var):
        return Const(True)
    answers = {in_class(cls, "__call__", _NOTHING) is not _NOTHING for cls in classes_of(sp, value)}
    if len(answers) != 1:
        return None
    (found,) = answers
    if isinstance(value, Held) and hasattr(value.example, "__call__") is found:  # noqa: B004
        sp.inputs.guard(value.place.attribute("__call__"), Test.PRESENT, found)
    return Const(found)


TESTS: dict[Any, Handler] = {
    isinstance: _isinstance,
    callable: _callable,
}

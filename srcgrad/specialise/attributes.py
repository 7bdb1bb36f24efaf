"""What an attribute is, once it is known of what: ``x.name``, ``getattr``, ``hasattr``."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import LIBRARIES, in_class, is_of_library, is_users
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, Known, ListOf, Object, Type
from srcgrad.specialise import (
    answered,
    by_data,
    callables,
    calls,
    caught,
    descriptors,
    disturbed,
    looked_up,
    lookups,
    missing,
    noted_on_classes,
    noted_on_functions,
    objects,
    outside,
    own_attributes,
)
from srcgrad.specialise.classes import class_of, class_of_instance, found_through
from srcgrad.specialise.places import Global, Place, Test
from srcgrad.specialise.values import (
    ITERABLES,
    Args,
    Closure,
    FlatOf,
    Handler,
    Held,
    Kwargs,
    Method,
    PartialOf,
    Ref,
    SuperOf,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_PLAIN = (bool, int, float, complex, str, bytes, tuple, type(None))


def attribute(sp: Specialiser, value: Value, name: str, loc: Loc, hint: str = "") -> Value:
    """``value.name``."""
    if isinstance(value, Var) and value.type == Known(None):
        value = Const(None)
    if isinstance(value, Const) and isinstance(value.value, enum.Enum):
        return _attribute_of_member(sp, value, name, loc, hint)
    if isinstance(value, Const):
        return _attribute_of_known(sp, value.value, name, loc)
    if isinstance(value, Var) and _is_dtype(value.type):
        return _attribute_of_known(sp, value.type.value, name, loc)
    if isinstance(value, Held):
        written = outside.written(sp, value, name)
        if written is not None and not is_undefined(written):
            noted_on_classes.check_own(sp, value, name, loc)
            sp.inputs.log.attribute(value.place, name)
            return written
        disturbed.check(sp, value, loc)
        of_class = noted_on_classes.read_by(sp, value, name, loc)
        if of_class is not None:
            return of_class
        getter = answered.answering(sp.inputs, value, name)
        if getter is not None:
            return calls.invoke(sp, Const(getter), (value, Const(name)), {}, loc, hint)
        found = sp.inputs.attribute(value, name, loc)
        if isinstance(found, property) or descriptors.gives(found):
            cls = type(value.example)
            where = descriptors.place_of(cls, value.place.attribute("__class__"), name)
            return descriptors.get(sp, found, where, value, cls, name, loc, hint)
        if isinstance(found, functools.cached_property):
            made = calls.invoke(sp, Const(found.func), (value,), {}, loc, hint)
            outside.set_attribute(sp, value, name, made, loc)
            return made
        return found  # type: ignore[no-any-return]
    if isinstance(value, SuperOf):
        return objects.attribute_of_super(sp, value, name, loc, hint)
    if isinstance(value, Ref | Pack) and class_of_instance(value) is None:
        return _attribute_of_container(value, name, loc)
    if isinstance(value, Ref | Pack):
        return objects.attribute(sp, value, name, loc, hint)
    if isinstance(value, Var) and not isinstance(value.type, Object | ListOf):
        descriptor = getattr(np.ndarray, name, None)
        if isinstance(descriptor, types.GetSetDescriptorType) and descriptor in OPS:
            return calls.apply(sp, descriptor, (value,), {}, loc, hint)
        missing.attribute_of_number(value, name, loc)
        caught.check_attribute(sp, value, name, loc)
        if name == "flat" and isinstance(value.type, Array):
            return FlatOf(value, name, sp.trip)
        known = class_of(sp, value) if name == "__class__" else None
        if looked_up.runs_code(getattr, (value, Const(name)), sp.builder.definitions):
            return calls.apply(sp, getattr, (value, Const(name)), {}, loc, hint)
        return Method(value, name) if known is None else Const(known)
    if isinstance(value, Var):
        number = by_data.as_index(sp, value, loc) if _is_number_of_member(value, name) else value
        return Method(value, name) if number is value else number
    if isinstance(value, PartialOf):
        return callables.attribute(value, name, loc)
    function = _function_of(sp, value) if isinstance(value, Method) else None
    if function is not None and name in function.__dict__:
        return _attribute_of_known(sp, function, name, loc)
    if isinstance(value, Method) and isinstance(value.receiver, Var):
        # Not a method after all, but a value that has this attribute.
        found = sp.operand(value, loc)
        assert isinstance(found, Var | Const)
        return attribute(sp, found, name, loc, hint)
    if isinstance(value, (*ITERABLES, Closure, Method)):
        return Method(value, name)
    raise AssertionError(f"attribute of {value!r}")


def _function_of(sp: Specialiser, method: Method) -> types.FunctionType | None:
    """The function that a method of an instance is made of, which has attributes of its own."""
    cls = class_of_instance(method.receiver)
    if cls is None or isinstance(method.receiver, Const):
        return None
    found = in_class(cls, method.name)
    if isinstance(method.receiver, Ref | Pack):
        found = objects.class_attribute(sp, cls, method.name, None)
    return found if isinstance(found, types.FunctionType) else None


def _is_number_of_member(value: Var, name: str) -> bool:
    """Whether an attribute is what an enumeration of integers calls the number of a member."""
    cls = value.type.cls if isinstance(value.type, Object) else object
    own = (in_class(enum.IntEnum, "value"), in_class(cls, "value"))
    return name == "value" and own[0] is own[1]


def _is_dtype(type_: Type) -> TypeGuard[Known]:
    """Whether something is a dtype, which the compiler knows wherever it knows an array."""
    return isinstance(type_, Known) and isinstance(type_.value, np.dtype)


def _attribute_of_member(sp: Specialiser, member: Const, name: str, loc: Loc, hint: str) -> Value:
    """An attribute of a member of an enumeration, which is known, and what it has read."""
    place = sp.inputs.members.get(id(member.value))
    if name == "__class__":
        return found_through(sp, member, type(member.value))
    if place is None or name == "name":
        return _attribute_of_known(sp, member.value, name, loc)
    found = sp.inputs.attribute(Held(place, member.value), name, loc)
    if isinstance(found, property) or descriptors.gives(found):
        cls = type(member.value)
        where = descriptors.place_of(cls, place.attribute("__class__"), name)
        return descriptors.get(sp, found, where, member, cls, name, loc, hint)
    if isinstance(found, functools.cached_property):
        message = f"'{name}' of a member of an enumeration is computed once"
        raise UnsupportedSyntaxError(message, loc, "write a property or a method")
    return Method(member, name) if isinstance(found, Method) else found


def _attribute_of_container(value: Ref | Pack, name: str, loc: Loc) -> Value:
    """A method of a list, a tuple, a dict, a set or a slice."""
    if isinstance(value, Pack) and value.kind is slice and name in ("start", "stop", "step"):
        return value.items[("start", "stop", "step").index(name)]
    if isinstance(value, Pack) and issubclass(value.kind, tuple) and name in value.keys:
        return value.items[value.keys.index(name)]  # of a named tuple of NumPy's
    if not hasattr(value.kind, name):
        raise missing.attribute(value.kind, name, loc)
    return Method(value, name)


def _attribute_of_known(sp: Specialiser, obj: Any, name: str, loc: Loc) -> Value:
    if isinstance(obj, types.FunctionType) and name == "__dict__":  # which changes as they do
        message = "the '__dict__' of a function cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "read its attributes by their names")
    if isinstance(obj, type):
        written = noted_on_classes.written(sp, obj, sp.inputs.classes.get(obj), name, loc)
        if written is not None:
            return written
        if name == "__dict__":
            noted_on_classes.view(sp, obj, loc)
    try:
        found = getattr(obj, name)
    except AttributeError as error:
        raise CertainError(str(error), loc, error) from None
    if isinstance(obj, types.ModuleType):
        if obj.__name__.split(".")[0] in LIBRARIES and not _is_state(obj, found):
            return Const(found)
        return sp.inputs.read(Place(Global(obj.__name__, name)), found)
    if isinstance(obj, enum.EnumType) and name == "__members__":
        members = sp.inputs.members_of(obj)
        return Pack(dict, tuple(members.values()), tuple(members))  # type: ignore[arg-type]
    if isinstance(obj, type) and is_users(obj):
        static = objects.class_attribute(sp, obj, name, None)
        if isinstance(static, classmethod):
            return Method(Const(obj), name)
    place = _place_of(sp, obj)
    if place is not None:
        written = noted_on_functions.written(sp, place, obj, name, loc)
        return sp.inputs.read(place.attribute(name), found) if written is None else written
    if callable(found) and not isinstance(obj, type) and not isinstance(found, type):
        return Method(Const(obj), name)
    return Const(found)


def _is_state(module: types.ModuleType, value: Any) -> bool:
    """Whether an object of a library is one that programs replace, as they do ``sys.stdout``."""
    fixed = module.__name__.split(".")[0] in ("numpy", "scipy")
    return not (fixed or callable(value) or isinstance(value, (types.ModuleType, *_PLAIN)))


# --- where attributes are -------------------------------------------------------------------------


def place_of_attribute(sp: Specialiser, value: Const | Held, name: str) -> Place | None:
    """Where an attribute would be found; None if it is one of a library, which does not change."""
    if isinstance(value, Held):
        return value.place.attribute(name)
    obj = value.value
    if isinstance(obj, types.ModuleType):
        return None if is_of_library(obj.__name__) else Place(Global(obj.__name__, name))
    place = _place_of(sp, obj)
    return None if place is None else place.attribute(name)


def _place_of(sp: Specialiser, obj: Any) -> Place | None:
    """Where a class or a function of the user's was found."""
    if isinstance(obj, type):
        return sp.inputs.classes.get(obj)
    return sp.inputs.functions.get(obj) if isinstance(obj, types.FunctionType) else None


# --- builtins -------------------------------------------------------------------------------------


def _getattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    key = sp.constant(args[1], "the name of an attribute")
    if len(args) < 3:
        return attribute(sp, args[0], key, loc, name)
    if lookups.is_computed(sp, args[0], key):
        found = lookups.computed(sp, args[0], key, loc)
        return args[2] if found is None else found
    if isinstance(args[0], Ref | Pack) and class_of_instance(args[0]) is not None:
        found = own_attributes.value_or(sp, args[0], key, args[2], loc)
        if found is not None:
            return found
    is_there = _hasattr(sp, args[:2], {}, loc, "")
    if not isinstance(is_there, Const):
        message = "whether this has the attribute is not known"
        raise UnsupportedSyntaxError(message, loc, "test it before")
    return attribute(sp, args[0], key, loc, name) if is_there.value else args[2]


def _hasattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    key = sp.constant(args[1], "the name of an attribute")
    value = args[0]
    if lookups.is_computed(sp, value, key):
        return Const(lookups.computed(sp, value, key, loc) is not None)
    if isinstance(value, Held):
        return Const(outside.has_attribute(sp, value, key))
    if isinstance(value, Const):
        found = hasattr(value.value, key)
        where = place_of_attribute(sp, value, key)
        if where is not None:
            sp.inputs.guard(where, Test.PRESENT, found)
        return Const(found)
    if isinstance(value, Ref | Pack) and class_of_instance(value) is not None:
        return own_attributes.has(sp, value, key)
    cls = None if isinstance(value, Var) and isinstance(value.type, Object) else class_of(sp, value)
    return None if cls is None else Const(in_class(cls, key, _NOTHING) is not _NOTHING)


_NOTHING = object()


def _replace(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return objects.replaced(sp, args[0], kwargs, loc)


ATTRIBUTES: dict[Any, Handler] = {
    getattr: _getattr,
    hasattr: _hasattr,
    dataclasses.replace: _replace,
}

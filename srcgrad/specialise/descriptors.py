"""What a class makes of an attribute of its instances: properties, and the user's descriptors.

Python asks the class first.  What has a ``__get__`` and a ``__set__`` there comes before what the
instance holds under the name, what has a ``__get__`` alone after it.
"""

from __future__ import annotations

import functools
import operator
import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_users
from srcgrad.ir.nodes import Const
from srcgrad.specialise import attributes, calls, inlining, objects
from srcgrad.specialise.classes import found_through
from srcgrad.specialise.places import Place
from srcgrad.specialise.values import Held, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_BOUND_BY_CALL = (types.FunctionType, types.MethodType, classmethod, staticmethod)
"""What is bound where it is called, or is bound already."""
_OF_PYTHON = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)


def gives(found: Any) -> bool:
    """Whether reading an attribute calls the ``__get__`` of a descriptor of the user's."""
    getter = in_class(type(found), "__get__")
    of_cached = getter is vars(functools.cached_property)["__get__"]
    return is_users(type(found)) and isinstance(getter, types.FunctionType) and not of_cached


def takes(found: Any) -> bool:
    """Whether assigning an attribute calls the ``__set__`` of a descriptor of the user's."""
    setter = in_class(type(found), "__set__")
    return is_users(type(found)) and isinstance(setter, types.FunctionType)


def is_first(found: Any) -> bool:
    """Whether a descriptor comes before what the instance has under its name."""
    if isinstance(found, property):
        return True
    return gives(found) and any(in_class(type(found), n) for n in ("__set__", "__delete__"))


def place_of(cls: type, place: Place | None, name: str) -> Place | None:
    """Where a class found at ``place`` has what its instances find under a name."""
    owner = next((i for i, base in enumerate(cls.__mro__) if name in vars(base)), None)
    if place is None or owner is None:
        return None
    return place.attribute("__mro__").item(owner).attribute("__dict__").item(name)


def get(
    sp: Specialiser,
    found: Any,
    where: Place | None,
    receiver: Value,
    cls: type,
    name: str,
    loc: Loc,
    hint: str,
) -> Value:
    """What reading ``receiver.name`` gives, where the class has a descriptor, at ``where``."""
    if isinstance(found, property) and not gives(found):
        return _of_property(sp, found, receiver, name, loc, hint)
    owner = found_through(sp, receiver, cls)
    return _call(sp, found, where, "__get__", (receiver, owner), name, loc)


def set_(
    sp: Specialiser,
    found: Any,
    where: Place | None,
    receiver: Value,
    value: Value,
    name: str,
    loc: Loc,
) -> None:
    """``receiver.name = value``, where the class has a descriptor, at ``where``."""
    _call(sp, found, where, "__set__", (receiver, value), name, loc)


def _call(
    sp: Specialiser,
    found: Any,
    where: Place | None,
    method: str,
    args: tuple[Value, ...],
    name: str,
    loc: Loc,
) -> Value:
    kind = type(found).__name__
    if where is None:
        message = f"the class that has the '{kind}' object '{name}' is not found at a fixed place"
        raise UnsupportedSyntaxError(message, loc, "define the class in a module")
    descriptor = sp.inputs.read(where, found)
    result = objects.method(sp, descriptor, method, args, {}, loc, "")
    if result is None:
        message = f"'{name}' is a '{kind}' object, whose '{method}' is not written in Python"
        raise UnsupportedSyntaxError(message, loc, "write a property or a method")
    return result


def _of_property(
    sp: Specialiser, found: property, receiver: Value, name: str, loc: Loc, hint: str
) -> Value:
    getter: Any = found.fget
    if getter is None:
        text = f"property '{name}' has no getter"
        raise CertainError(text, loc, AttributeError(text, name=name))
    if isinstance(getter, types.FunctionType):
        return inlining.inline(sp, getter, (receiver,), {}, loc, hint)
    names: Any = getter.__reduce__()[1] if isinstance(getter, operator.attrgetter) else ()
    if len(names) == 1:
        for each in names[0].split("."):
            receiver = attributes.attribute(sp, receiver, each, loc, hint)
        return receiver
    if isinstance(receiver, Held):
        return calls.invoke(sp, Const(getter), (receiver,), {}, loc, hint)
    message = f"the getter of property '{name}' is no function written in Python"
    raise UnsupportedSyntaxError(message, loc, "write one with 'def'")


def check(cls: type, name: str, found: Any, loc: Loc) -> None:
    """Refuses what binds itself to an instance in a way that is not followed."""
    known = isinstance(found, _BOUND_BY_CALL) or in_class(type(found), "__get__") is None
    if known:
        return
    kind = type(found).__name__.strip("_")
    if kind == "lru_cache_wrapper":
        message = f"'{name}' has a cache, and belongs to an object made here"
        raise UnsupportedSyntaxError(message, loc, "call the method without the cache")
    if isinstance(found, types.GetSetDescriptorType):
        message = f"the '{name}' of an object made here cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "read its attributes by their names")
    message = f"'{name}' of an object of class '{cls.__name__}' made here is a '{kind}' object"
    raise UnsupportedSyntaxError(message, loc, "write a property or a plain method")


def is_of_python(found: Any) -> bool:
    """Whether this is a method that is written in C."""
    return isinstance(found, _OF_PYTHON)

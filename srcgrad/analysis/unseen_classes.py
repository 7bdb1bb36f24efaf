"""Classes of objects that a call meets: which are the user's, and what they have under a name.

Nothing of the user's is run: neither what computes attributes, nor what pretends to be of a class.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Iterator
from typing import Any, TypeGuard

from srcgrad.analysis.unseen_values import Made, Super, Values
from srcgrad.instances import in_class, is_generated, is_own

CACHED = type(functools.lru_cache(lambda: None))


def class_of(value: Any) -> type:
    """The class of an object, or that of which the call has made one."""
    if isinstance(value, Made):
        return value.cls or Made
    return type(value)


def is_users_class(cls: type) -> bool:
    return cls is not Made and is_own(cls.__module__)


def is_made_by_init(cls: type) -> bool:
    """Whether all that is in a new instance has been put there by a user's ``__init__``."""
    init = in_class(cls, "__init__")
    return (
        isinstance(init, types.FunctionType)
        and not is_generated(init)
        and in_class(cls, "__new__") is vars(object)["__new__"]
        and all(map(is_users_class, cls.__mro__[:-1]))
        and type(cls) is type
    )


def methods(cls: type) -> Iterator[tuple[str, types.FunctionType]]:
    """The methods of a class that the user has written, its own and inherited."""
    for base in cls.__mro__:
        if is_users_class(base):
            for name, found in vars(base).items():
                if _is_written(found):
                    yield name, found


def method(value: Any, name: str) -> types.FunctionType | None:
    """The method of this name that the user has written for the class of an object."""
    cls = class_of(value)
    found = in_class(cls, name) if is_users_class(cls) else None
    return found if _is_written(found) else None


def _is_written(found: Any) -> TypeGuard[types.FunctionType]:
    """Whether the user has written a method; a named tuple has some of Python's library."""
    return isinstance(found, types.FunctionType) and is_own(found.__module__)


def bound(found: Any, owner: Any) -> Values | None:
    """What a class has under a name, bound to an object; None for what has to be computed."""
    if isinstance(found, types.FunctionType | CACHED):
        return (types.MethodType(found, owner),)
    if isinstance(found, staticmethod):
        return (found.__func__,)
    if isinstance(found, classmethod):
        return (types.MethodType(found.__func__, class_of(owner)),)
    if isinstance(found, functools.partialmethod):
        return (functools.partial(found.func, owner, *found.args, **found.keywords),)
    if isinstance(found, functools.singledispatchmethod):
        registered = found.dispatcher.registry.values()
        return tuple(types.MethodType(each, owner) for each in registered)
    if isinstance(found, property | functools.cached_property):
        return None
    return (found,)


def of_super(value: Super, name: str) -> Values:
    """An attribute of ``super()``."""
    order = class_of(value.receiver).__mro__
    rest = order[order.index(value.cls) + 1 :] if value.cls in order else ()
    found = next((vars(base)[name] for base in rest if name in vars(base)), None)
    if isinstance(found, types.MethodDescriptorType | types.WrapperDescriptorType):
        is_empty = found is vars(object)["__init__"]
        return () if is_empty else (types.MethodType(found, value.receiver),)
    return bound(found, value.receiver) or () if found is not None else ()


def of_class(cls: type, name: str) -> Values:
    """An attribute of a class."""
    if name == "__dict__":
        return (vars(cls),)
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, staticmethod):
        return (found.__func__,)
    if isinstance(found, classmethod):
        return (types.MethodType(found.__func__, cls),)
    return () if found is None else (found,)

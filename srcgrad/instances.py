"""Instances of the user's classes: what their attributes are, and which of those are numbers.

An instance has *parts*: the fields of a dataclass, or all attributes that an instance of another
class has, in its ``__dict__`` and in its ``__slots__``.  Some are parameters, floats and float
arrays, or hold such; the others are *settings* (a name, a flag, a size, an activation function),
which have no gradient.  An int of a dataclass or a named tuple is a setting where the class says
that it is an int (``steps: int``), and a float that somebody wrote as ``2`` where it does not.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import types
import typing
from abc import ABC
from collections.abc import Mapping
from typing import Any

import numpy as np

FLOATS = (np.float64, np.float32)
LIBRARIES = frozenset(sys.stdlib_module_names) | {"numpy", "scipy"}
_INSTALLED = frozenset(("site-packages", "dist-packages"))
_NO_ATTRIBUTES: Mapping[str, Any] = types.MappingProxyType({})
_PLAIN_BASES = (object, ABC, typing.Generic, typing.Protocol)


# --- classes ------------------------------------------------------------------------------------


def is_of_library(module: str | None) -> bool:
    """Whether a module is Python's own, NumPy's or SciPy's, and so is not looked into."""
    return (module or "").split(".")[0] in LIBRARIES


@functools.cache
def is_own(module: str | None) -> bool:
    """Whether a module is one of the user's own programs, and nothing that is installed."""
    if is_of_library(module) or (module or "").split(".")[0] == "srcgrad":
        return False
    file = getattr(sys.modules.get(module or ""), "__file__", None) or ""
    return not _INSTALLED.intersection(file.replace("\\", "/").split("/"))


def is_users(cls: type) -> bool:
    """Whether a class is written by a user, in Python, or is as one without methods."""
    return cls is types.SimpleNamespace or not is_of_library(cls.__module__)


def is_plain(cls: type) -> bool:
    """Whether the instances of a class are just their attributes."""
    return cls is types.SimpleNamespace or (
        type(cls).__call__ is type.__call__
        and inspect.getattr_static(cls, "__new__") is object.__dict__["__new__"]
        and inspect.getattr_static(cls, "__getattribute__") is object.__getattribute__
        and not hasattr(cls, "__getattr__")
        and (
            inspect.getattr_static(cls, "__setattr__") is object.__setattr__
            or is_generated(cls.__setattr__)
        )
        and all(base in _PLAIN_BASES or is_users(base) for base in cls.__mro__)
    )


def is_plain_error(function: Any) -> bool:
    """Whether calling something makes an exception, and runs nothing that a user has written."""
    if not isinstance(function, type) or not issubclass(function, BaseException):
        return False
    made = [inspect.getattr_static(function, name) for name in ("__new__", "__init__")]
    written = (getattr(each, "__func__", each) for each in made)
    functions = (each for each in written if isinstance(each, types.FunctionType))
    return all(is_of_library(each.__module__) for each in functions)


def in_class(cls: type, name: str, default: Any = None) -> Any:
    """What a class has under a name for its instances, its own or inherited, not bound to anything.

    What its metaclass has is for the class alone, so that :func:`inspect.getattr_static`, which
    looks there too, finds a ``__name__`` and a ``__call__`` that no instance has.
    """
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), default)


def is_generated(function: object) -> bool:
    """Whether a method was made by ``dataclass``."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    return code is not None and code.co_filename == "<string>"


def is_just_fields(cls: type) -> bool:
    """Whether calling a class with its fields makes an instance that has just those."""
    return (
        dataclasses.is_dataclass(cls)
        and is_generated(inspect.getattr_static(cls, "__init__"))
        and not hasattr(cls, "__post_init__")
        and all(field.init for field in dataclasses.fields(cls))
    )


# --- instances ----------------------------------------------------------------------------------


def is_dataclass_instance(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def is_plain_instance(value: Any) -> bool:
    """Whether a value is an instance of a plain class of the user's that is no dataclass."""
    cls = type(value)
    if cls.__module__ in ("builtins", "numpy") or dataclasses.is_dataclass(cls):
        return False
    return not isinstance(value, type | types.ModuleType) and is_users(cls) and is_plain(cls)


def is_instance(value: Any) -> bool:
    """Whether a value is an instance whose attributes may be differentiated."""
    return is_dataclass_instance(value) or is_plain_instance(value)


def own_dict(value: Any) -> Mapping[str, Any] | None:
    """The ``__dict__`` of an object, None where it has none; nothing of the user's is called."""
    found = in_class(type(value), "__dict__")
    if isinstance(found, types.GetSetDescriptorType | types.MemberDescriptorType):
        own: Mapping[str, Any] = found.__get__(value)
        return own
    return None


def own_attributes(value: Any) -> Mapping[str, Any]:
    """The ``__dict__`` of an object, empty where it has none; nothing of the user's is called."""
    own = own_dict(value)
    return _NO_ATTRIBUTES if own is None else own


def part_names(value: Any) -> tuple[str, ...]:
    """The names of the parts of an instance, in order."""
    if is_dataclass_instance(value):
        return tuple(field.name for field in dataclasses.fields(value))
    own = own_attributes(value)
    return (*own, *(name for name in slots(type(value)) if hasattr(value, name)))


def is_of_container(function: Any) -> bool:
    """Whether something is a method of a list or a dict, as ``losses.append``: each time that
    Python reads one it makes another."""
    bound = isinstance(function, types.BuiltinFunctionType)
    return bound and type(function.__self__) in (list, dict)


def slots(cls: type) -> list[str]:
    """The names of the ``__slots__`` of a class, its own and inherited."""
    members = (item for base in reversed(cls.__mro__) for item in vars(base).items())
    found = [name for name, each in members if isinstance(each, types.MemberDescriptorType)]
    return [name for name in found if name != "__dict__"]  # of a SimpleNamespace


def is_filled(slot: types.MemberDescriptorType, owner: Any) -> bool:
    """Whether an instance has something in a slot; nothing of the user's is called."""
    try:
        slot.__get__(owner)
    except AttributeError:
        return False
    return True


def copy_with(value: Any, changes: Mapping[str, Any]) -> Any:
    """A copy of an instance with some attributes changed.

    Nothing of the user's is called: an ``__init__`` or a ``__post_init__`` would compute again what
    the instance has already, and change what it shares with others.
    """
    cls = type(value)
    made = object.__new__(cls)
    if own := own_attributes(value):
        vars(made).update(own)
    kept = {name: getattr(value, name) for name in slots(cls) if hasattr(value, name)}
    for name, part in {**kept, **changes}.items():
        object.__setattr__(made, name, part)
    return made


def counts(value: Any) -> frozenset[str]:
    """The fields of a dataclass or a named tuple that are ints, as declared: no parameters."""
    if is_dataclass_instance(value):
        declared = {field.name: field.type for field in dataclasses.fields(value)}
    elif isinstance(value, tuple):
        annotations = in_class(type(value), "__annotations__", {})
        declared = {name: annotations.get(name) for name in getattr(value, "_fields", ())}
    else:
        return frozenset()
    ints = [name for name, annotation in declared.items() if _is_int(annotation)]
    return frozenset(name for name in ints if type(getattr(value, name)) is int)


def _is_int(annotation: Any) -> bool:
    """Whether an annotation, as a type or as its text, says int, or int where there is one."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return annotation.replace(" ", "").removeprefix("typing.") in _INT_TEXTS
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    kinds = set(typing.get_args(annotation)) if is_union else {annotation}
    return int in kinds and kinds <= {int, types.NoneType}


_INT_TEXTS = ("int", "int|None", "None|int", "Optional[int]")


# --- what they hold -----------------------------------------------------------------------------


def is_parameter(value: Any) -> bool:
    """Whether a value is a number or an array to differentiate with respect to, as it is."""
    kind = type(value)
    if kind is np.ndarray:
        return value.dtype in FLOATS
    return kind is float or kind in FLOATS


def is_setting(value: Any) -> bool:
    """Whether a part of an instance is no parameter, and holds neither those nor instances.

    An empty container holds nothing, and is none.
    """
    if is_parameter(value) or is_instance(value):
        return False
    items = _items(value)
    return items is None or (bool(items) and all(map(is_setting, items)))


def _items(value: Any) -> list[Any] | None:
    """The items of a container; None for anything else."""
    if type(value) is dict:
        return list(value.values())
    is_named = isinstance(value, tuple) and hasattr(value, "_fields")
    return list(value) if type(value) in (list, tuple) or is_named else None


def has_parameters(value: Any) -> bool:
    """Whether there is a parameter somewhere in a value."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if is_parameter(part):
            return True
        if id(part) in seen:
            continue
        seen.add(id(part))
        if is_instance(part):
            waiting.extend(getattr(part, name) for name in part_names(part))
        else:
            waiting.extend(_items(part) or ())
    return False

"""What an expression in a function that is only called may be, as far as it was there before.

A value is a tuple of objects: those from outside that it may be, and a :class:`Made` for what the
function has made itself.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeGuard

import numpy as np

from srcgrad.instances import in_class, is_generated, is_own
from srcgrad.ir.nodes import Var
from srcgrad.ir.types import Array, number_of

Values: TypeAlias = tuple[Any, ...]

_NUMBERS = frozenset((int, float, bool, complex, types.NoneType))
_NO_ATTRIBUTES: Mapping[str, Any] = types.MappingProxyType({})
NUMBER = object()
"""Stands for all numbers in a container, of which there may be many."""
CONTAINERS = (list, tuple, set, frozenset, deque, dict)
ALL = object()
"""Stands for any attribute, or for any key."""
KEYS = object()
"""Stands for which keys there are, and how many."""


@dataclass(eq=False)
class Made:
    """Something that a call has made.

    Attributes
    ----------
    parts : list
        What is in it, or may be.
    cls : type or None
        Its class, if that is one of the user's or of a library that matters.
    var : Var or None
        The variable of the program that it is, where the program has made it.
    attributes : dict
        What has been assigned to its attributes, by name; all of it is in ``parts`` too.
    is_known : bool
        Whether nothing else is in it, so that each attribute is what has been assigned to it.
    keys : tuple or None
        The keys of a dict, if they are known.
    """

    parts: list[Any] = field(default_factory=list)
    cls: type | None = None
    var: Var | None = None
    attributes: dict[str, Values] = field(default_factory=dict)
    is_known: bool = False
    keys: Values | None = None

    def assign(self, name: Any, values: Values) -> None:
        """Notes what is assigned to an attribute, or to any."""
        self.add(values, isinstance(name, str))
        if isinstance(name, str):
            self.attributes[name] = union((self.attributes.get(name, ()), values))

    def add(self, values: Values, is_named: bool = False) -> None:
        """Notes what else is in it."""
        self.parts[:] = union((tuple(self.parts), values))
        self.is_known = self.is_known and is_named
        self.keys = None

    def adopt(self, other: Made) -> None:
        """Notes that it has been through what another, which was the same, has been through."""
        for name, values in other.attributes.items():
            self.assign(name, values)
        self.add(tuple(other.parts), other.is_known)


@dataclass(frozen=True, eq=False)
class Super:
    """``super()`` in a method of ``cls``."""

    cls: type
    receiver: Any


@dataclass(frozen=True, eq=False)
class OfMade:
    """A method, that a library has written, of something that the call has made."""

    owner: Made
    name: str


def union(values: Iterable[Values]) -> Values:
    """What one of several values may be."""
    found = {id(each): each for value in values for each in value}
    return tuple(found.values())


@dataclass(frozen=True, eq=False)
class Change:
    """An attribute, or a key, of an object that may be another after a call.

    Attributes
    ----------
    owner : object
        What has it: an instance, a class, a container, an array, a cell, or the dict of a module.
    name : str or Item
        The attribute or the key, ``ALL`` or ``KEYS``.
    by : str
        The name of the function that changes it.
    """

    owner: Any
    name: Any
    by: str


@dataclass(frozen=True)
class Item:
    """A key of a container."""

    key: Any


@dataclass(frozen=True)
class Given:
    """What a call is given; ``rest`` is what any other parameter may be."""

    args: tuple[Values, ...] = ()
    kwargs: Mapping[str, Values] = field(default_factory=dict)
    rest: Values = ()

    def everything(self) -> Values:
        return union((*self.args, *self.kwargs.values(), self.rest))

    def after(self, *args: Values) -> Given:
        """The same with arguments in front."""
        return replace(self, args=(*args, *self.args))


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


def elements(value: Any) -> Values:
    """What is in a container; an array of rows is in itself, since they are views."""
    if is_array(value):
        return (value,) if rank_of(value) != 1 else ()
    if isinstance(value, Made):
        return tuple(value.parts)
    for kind in CONTAINERS:  # by their own methods, since those of a user's subclass are not to run
        if isinstance(value, kind):
            taken: Any = dict.values if kind is dict else kind.__iter__
            parts = tuple(taken(value))
            kept = tuple(part for part in parts if type(part) not in _NUMBERS)
            return kept if len(kept) == len(parts) else (*kept, NUMBER)
    return ()


def own_attributes(value: Any) -> Mapping[str, Any]:
    """The ``__dict__`` of an object, empty where it has none; nothing of the user's is called."""
    found = in_class(type(value), "__dict__")
    if isinstance(found, types.GetSetDescriptorType | types.MemberDescriptorType):
        own: Mapping[str, Any] = found.__get__(value)
        return own
    return _NO_ATTRIBUTES


def is_key(value: Any) -> bool:
    """Whether something is a key that is compared without running anything of the user's."""
    return isinstance(value, str | int) or (type(value) is tuple and all(map(is_key, value)))


def is_array(value: Any) -> bool:
    """Whether something is an array, from outside or of the program."""
    return isinstance(value, np.ndarray) or (isinstance(value, Made) and value.var is not None)


def rank_of(array: Any) -> int | None:
    """The number of the dimensions of an array."""
    if isinstance(array, np.ndarray):
        return array.ndim
    type_ = number_of(array.var.type)
    return type_.ndim if isinstance(type_, Array) else None


def inner(value: Values) -> Values:
    """Values with all that is in them, and in containers in them."""
    found: dict[int, Any] = {}
    waiting = list(value)
    while waiting:
        part = waiting.pop()
        if id(part) not in found:
            found[id(part)] = part
            waiting.extend(elements(part))
    return tuple(found.values())


def holding(parts: Iterable[Any], cls: type | None = None) -> Made:
    """Something new that holds values in it, or in what is in it: how deep is not told.

    It is in itself, so that taking it apart once more leads to the values again, as pairs of
    ``items()`` and ``enumerate`` are taken apart.
    """
    made = Made(list(inner(tuple(parts))), cls)
    made.parts.append(made)
    return made


def contents(value: Any) -> Values:
    """What is in a container, with the keys of a dict."""
    keys = value if isinstance(value, dict) else ()
    return (*elements(value), *(key for key in keys if type(key) not in _NUMBERS))


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
    if isinstance(found, types.FunctionType):
        return (types.MethodType(found, owner),)
    if isinstance(found, staticmethod):
        return (found.__func__,)
    if isinstance(found, classmethod):
        return (types.MethodType(found.__func__, class_of(owner)),)
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
    found = inspect.getattr_static(cls, name, None)
    if isinstance(found, staticmethod):
        return (found.__func__,)
    if isinstance(found, classmethod):
        return (types.MethodType(found.__func__, cls),)
    return () if found is None else (found,)

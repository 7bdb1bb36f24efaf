"""What an expression in a function that is only called may be, as far as it was there before.

A value is a tuple of objects: those from outside that it may be, and a :class:`Made` for what the
function has made itself.
"""

from __future__ import annotations

import gc
import types
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from srcgrad.ir.nodes import Var
from srcgrad.ir.types import Array, number_of

Values: TypeAlias = tuple[Any, ...]

_CHANGING = frozenset((int, float, bool, complex))
_NUMBERS = frozenset((*_CHANGING, types.NoneType))
SOME = object()
"""Stands for a number or a text, or for many, of which nothing is known."""
CONTAINERS = (list, tuple, set, frozenset, deque, dict)
ALL = object()
"""Stands for any attribute, or for any key."""
KEYS = object()
"""Stands for which keys there are, and how many."""
EVERYTHING = object()
"""Stands for all objects there are, where nobody can tell which are changed."""


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


_WITH_PARTS = (np.ndarray, Made, types.MappingProxyType, *CONTAINERS)


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


def plain(value: Any) -> Any:
    """A value from outside; a number may be another one the next time."""
    return SOME if type(value) in _CHANGING else value


def behind(value: Any) -> Any:
    """The dict that a view of one shows; any other object itself."""
    if isinstance(value, types.MappingProxyType):
        return next(iter(gc.get_referents(value)), value)
    return value


def elements(value: Any) -> Values:
    """What is in a container; an array of rows is in itself, since they are views."""
    if not isinstance(value, _WITH_PARTS):
        return ()
    value = behind(value)
    if is_array(value):
        return (value,) if rank_of(value) != 1 else ()
    if isinstance(value, Made):
        return tuple(value.parts)
    for kind in CONTAINERS:  # by their own methods, since those of a user's subclass are not to run
        if isinstance(value, kind):
            taken: Any = dict.values if kind is dict else kind.__iter__
            parts = tuple(taken(value))
            if _NUMBERS.issuperset(map(type, parts)):
                return (SOME,) if parts else ()
            kept = tuple(part for part in parts if type(part) not in _NUMBERS)
            return kept if len(kept) == len(parts) else (*kept, SOME)
    return ()


def is_key(value: Any) -> bool:
    """Whether something is a key that is compared without running anything of the user's."""
    return isinstance(value, str | int) or (type(value) is tuple and all(map(is_key, value)))


def is_text_perhaps(value: Any) -> bool:
    """Whether something that is no text that is known may be one."""
    return value is SOME or (isinstance(value, Made) and value.var is None and value.cls is None)


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


def holding(parts: Iterable[Any], cls: type = list) -> Made:
    """Something new that holds values in it, or in what is in it: how deep is not told.

    It is in itself, so that taking it apart once more leads to the values again, as pairs of
    ``items()`` and ``enumerate`` are taken apart.
    """
    made = Made(list(inner(tuple(parts))), cls)
    made.parts.append(made)
    return made


def contents(value: Any) -> Values:
    """What is in a container, with the keys of a dict."""
    value = behind(value)
    keys = value if isinstance(value, dict) else ()
    return (*elements(value), *(key for key in keys if type(key) not in _NUMBERS))

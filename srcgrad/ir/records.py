"""Instances as elements of lists of unknown length: the values of their attributes, as a tuple.

An instance has identity, and an element of such a list has none.  So the list holds what is in the
instance, in the order of its attributes, as a tuple of a class of its own, which knows of what
class the instance is.  In the text it is a tuple like any other: ``ps = [*ps, (v, w)]``.  Where
instances are changed that are in such lists, the tuple has nothing but the number of the instance.
"""

from __future__ import annotations

import weakref
from typing import Any, ClassVar, TypeGuard

from srcgrad.instances import is_plain, is_users
from srcgrad.ir.types import ListOf, PackType, Type


class Record(tuple[Any, ...]):
    """The attributes, with the names ``_fields``, of an instance of the class ``of()``."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    of: ClassVar[weakref.ref[type]]


class Number(Record):
    """The number of an instance of the class ``of()``, which says which one it is."""

    __slots__ = ()


class Entry(Record):
    """What is in a dict, or a set, to which data add, as an element: of the class ``of()``."""

    __slots__ = ()


_KINDS: weakref.WeakKeyDictionary[type, dict[tuple[type, tuple[str, ...], str], type[Any]]]
_KINDS = weakref.WeakKeyDictionary()


def kind_of(cls: type, fields: tuple[str, ...]) -> type[Record]:
    """The class of the records of instances of a class that have these attributes."""
    return _made(Record, cls, fields)


def number_kind_of(cls: type, label: str = "") -> type[Number]:
    """The class of the numbers of instances of a class, or of those with a label."""
    return _made(Number, cls, ("which",), label)


def entry_kind_of(cls: type, fields: tuple[str, ...]) -> type[Record]:
    """The class of what is in dicts, or sets, of a class to which data add."""
    return _made(Entry, cls, fields)


def is_entry(kind: type) -> TypeGuard[type[Record]]:
    return issubclass(kind, Entry)


def _made(base: type[Record], cls: type, fields: tuple[str, ...], label: str = "") -> type[Any]:
    kinds = _KINDS.setdefault(cls, {})
    if (base, fields, label) not in kinds:
        content = {"__slots__": (), "_fields": fields, "of": weakref.ref(cls)}
        kinds[base, fields, label] = type(cls.__name__, (base,), content)
    return kinds[base, fields, label]


def is_record(kind: type) -> TypeGuard[type[Record]]:
    return issubclass(kind, Record)


def is_value(kind: type) -> bool:
    """Whether a kind is that of what is in an instance, which has its identity where it is."""
    return issubclass(kind, Record) and not issubclass(kind, Number | Entry)


def can_be_record(kind: type) -> bool:
    """Whether instances of a class are just their attributes, so that a record tells all."""
    return is_users(kind) and is_plain(kind) and not issubclass(kind, tuple | list | dict | set)


def record_in(type_: Type, or_entry: bool = False) -> type[Record] | None:
    """The class of a record that a value of this type is, or holds; None if there is none.

    An entry counts as one if asked for.
    """
    if isinstance(type_, ListOf):
        return _first_record((type_.item, *type_.each), or_entry)
    if not isinstance(type_, PackType):
        return None
    if is_record(type_.kind) and (or_entry or not is_entry(type_.kind)):
        return type_.kind
    return _first_record(type_.items, or_entry)


def _first_record(types: tuple[Type, ...], or_entry: bool) -> type[Record] | None:
    return next((found for each in types if (found := record_in(each, or_entry))), None)

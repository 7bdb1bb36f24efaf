"""Whether the values in dicts can be in one list, as those of a dict are to which data add keys."""

from __future__ import annotations

from collections.abc import Iterable

from srcgrad.errors import UnknownTypeError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.records import can_be_record, number_kind_of
from srcgrad.ir.types import (
    NEVER,
    PY_INT,
    UNKNOWN,
    Array,
    Known,
    ListOf,
    Object,
    PackType,
    Scalar,
    Type,
    Unknown,
    members_of,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.contents import Contents
from srcgrad.specialise.join import of_items
from srcgrad.specialise.values import Ref, Value, displayed

_KINDS = (list, tuple, dict)


def are_alike(packs: Iterable[tuple[Pack, Contents]]) -> bool:
    """Whether what is in containers, each with what is in the objects, is of one kind: numbers,
    texts, arrays of one rank and one dtype, any of which may be None, objects of one class, or
    lists, tuples and dicts of those."""
    types = tuple(_type(item, contents) for pack, contents in packs for item in pack.items)
    if UNKNOWN in types:
        return False
    try:
        return _is_kind(of_items(PackType(list, types)).item)
    except UnknownTypeError:
        return False


def _type(value: Value, contents: Contents, around: tuple[Ref, ...] = ()) -> Type:
    """The type of a value as an element of a list; UNKNOWN if it can be none."""
    if isinstance(value, Ref) and can_be_record(value.kind):
        return PackType(number_kind_of(value.kind), (PY_INT,), ("which",))
    if isinstance(value, Ref):
        if value in around or value.kind not in _KINDS or value not in contents:
            return UNKNOWN
        return _type(contents[value], contents, (*around, value))
    value = displayed(value)
    if isinstance(value, Var | Const):
        return type_of(value)
    if not isinstance(value, Pack) or value.kind not in _KINDS:
        return UNKNOWN
    items = tuple(_type(item, contents, around) for item in value.items)
    return UNKNOWN if UNKNOWN in items else PackType(value.kind, items, value.keys)


def _is_kind(type_: Type) -> bool:
    match type_:
        case ListOf(item=item):
            return item is NEVER or _is_kind(item)
        case PackType(items=items):
            return all(map(_is_kind, items))
        case Object(cls=cls):
            return cls is str or members_of(type_) is not None
        case Known(value=value):
            return isinstance(value, str) or members_of(type_) is not None
        case Unknown(there=there) if there is not None:
            return True
    return isinstance(type_, Scalar | Array)

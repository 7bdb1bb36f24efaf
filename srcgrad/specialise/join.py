"""Of two values: whether they are the same thing, and the type that holds for both."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

import numpy as np

from srcgrad.errors import UnknownTypeError
from srcgrad.instances import in_class
from srcgrad.ir.alternatives import either_array, either_number
from srcgrad.ir.nodes import Const, Pack
from srcgrad.ir.records import Number, can_be_record, is_record, kind_of
from srcgrad.ir.started import array_or_number
from srcgrad.ir.types import (
    NEVER,
    NUMBER,
    UNKNOWN,
    Array,
    Dim,
    KeysOf,
    Known,
    Length,
    ListOf,
    Object,
    PackType,
    Scalar,
    Type,
    Unknown,
    is_not_one,
    is_some_number,
    members_of,
    number_of,
    of_value,
)
from srcgrad.specialise import histories
from srcgrad.specialise.values import (
    NOT_SET,
    Closure,
    Held,
    OneOf,
    PerhapsOf,
    StructureError,
    Value,
)

_Key = TypeVar("_Key")
_Pairs: TypeAlias = tuple[tuple[Closure, Closure], ...]


def join_types(a: Type, b: Type) -> Type:
    """The least type that holds for values of both types."""
    if a == b or b is NEVER:
        return a
    if a is NEVER:
        return b
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return _join_lists(a, b)
    if isinstance(a, KeysOf) and isinstance(b, KeysOf) and a.of_set is b.of_set:
        in_order = a.in_order and b.in_order
        return replace(a, item=join_keys(a.item, b.item), in_order=in_order)
    if isinstance(a, PackType) and isinstance(b, PackType) and same_structure(a, b):
        return PackType(a.kind, tuple(map(join_types, a.items, b.items)), a.keys)
    a, b = number_of(a), number_of(b)
    if a == b:
        return a
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return _join_scalars(a, b)
    if _may_be_none(a) or _may_be_none(b):
        return _join_with_none(a, b)
    if _is_number(a) and _is_number(b):
        return NUMBER
    if isinstance(a, Array) and isinstance(b, Array):
        return _join_arrays(a, b)
    started = array_or_number(a, b, _join_scalars)
    if started is not None:
        return started
    classes = {_class_of(a), _class_of(b)}
    if len(classes) == 1 and None not in classes:
        return Object(classes.pop())  # type: ignore[arg-type]
    return UNKNOWN


def _join_lists(a: ListOf, b: ListOf) -> ListOf:
    item = join_elements(a.item, b.item)
    if a.length != b.length or not isinstance(a.length, int):
        return ListOf(item, a.length if a.length == b.length else None)
    rows = [xs.each or (xs.item,) * a.length for xs in (a, b)] if a.each or b.each else [(), ()]
    return ListOf(item, a.length, _apart(tuple(map(join_elements, *rows)), item))


def _apart(each: tuple[Type, ...], item: Type) -> tuple[Type, ...]:
    """The types of the elements of a list, if they say more than the type of all."""
    return each if any(type_ != item for type_ in each) else ()


def _may_be_none(type_: Type) -> bool:
    return _is_none(type_) or (isinstance(type_, Unknown) and type_.there is not None)


def _join_with_none(a: Type, b: Type) -> Type:
    """``None`` before the first trip, and arrays after it, or numbers: who computes with it finds
    out."""
    others = [t for t in (a, b) if not _is_none(t)]
    known = [t.there if isinstance(t, Unknown) else t for t in others]
    first, last = known[0], known[-1]
    if all(map(_is_number, others)):
        both = isinstance(first, Scalar) and isinstance(last, Scalar)
        joined = _join_scalars(first, last) if both else NUMBER  # type: ignore[arg-type]
        return Unknown(number=True, there=joined) if isinstance(joined, Scalar) else NUMBER
    if not isinstance(first, Array) or not isinstance(last, Array):
        return UNKNOWN
    joined = _join_arrays(first, last)
    if not isinstance(joined, Array):
        return UNKNOWN
    pairs = zip(first.dims, last.dims, strict=True)
    dims = tuple(x if x == y and _is_lasting(x) else None for x, y in pairs)
    return Unknown(there=replace(joined, dims=dims))


def _join_arrays(a: Array, b: Array) -> Type:
    """An array of integers beside one of floats counts as one of floats, as numbers do."""
    if a.ndim != b.ndim:
        return UNKNOWN
    kinds = {a.dtype.kind, b.dtype.kind}
    is_either = "f" in kinds and bool(kinds & {*"iub"})
    return either_array(a, b) if is_either or a.dtype == b.dtype else UNKNOWN


def _is_lasting(dim: Dim) -> bool:
    """Whether a length is the same in every trip of a loop."""
    return isinstance(dim, int) or (isinstance(dim, Length) and dim.symbol.fixed)


def _is_number(type_: Type) -> bool:
    return is_some_number(type_) or isinstance(type_, Scalar)


def _is_none(type_: Type) -> bool:
    return isinstance(type_, Known) and type_.value is None


def join_elements(a: Type, b: Type) -> Type:
    """The type of the elements of a list.

    Lengths that are not fixed may differ among them, so that what stands for one that does not
    broadcast goes on standing for it.  Containers must be alike: a derivative has to know them.
    """
    if isinstance(a, PackType) and isinstance(b, PackType) and same_structure(a, b):
        return PackType(a.kind, tuple(map(join_elements, a.items, b.items)), a.keys)
    joined = join_types(a, b)
    if isinstance(joined, Unknown) and any(isinstance(t, ListOf | PackType) for t in (a, b)):
        raise _different(a, b)
    if not isinstance(joined, Array) or not isinstance(a, Array):
        return joined
    pairs = zip(a.dims, joined.dims, strict=True)
    dims = (old if _varies(old) and is_not_one(new) else new for old, new in pairs)
    return replace(joined, dims=tuple(dims))


_TUPLES = "the elements of a list are, or hold, tuples of different lengths"
_DICTS = "the elements of a list, or the values of a dict, are dicts with different keys"
_ONE_DICT = "make each with all its keys, {'n': 0, 'total': 0.0}, or let tuples be keys: d[a, b]"
_GROWN = "let a list grow in place of a tuple, path + [k], or keep them in different lists"


def _different(a: Type, b: Type) -> UnknownTypeError:
    """The error about elements of a list, of which one is a container that the other is not."""
    kinds = [t.kind for t in (a, b) if isinstance(t, PackType)]
    if kinds == [tuple, tuple]:  # each trip of a loop that is unrolled has a list of its own
        return StructureError(_TUPLES, None, _GROWN)
    records = [kind for kind in kinds if is_record(kind)]
    if len(records) == 2 and records[0].of is records[1].of and Number in map(_base, records):
        return UnknownTypeError(_MADE_IN_A_TRIP.format(records[0].__name__), None, _IN_ARRAYS)
    if kinds == [dict, dict]:
        return UnknownTypeError(_DICTS, None, _ONE_DICT)
    message = "the elements of a list are containers of different kinds"
    return UnknownTypeError(message, None, "keep different things in different lists")


def _base(kind: type) -> type:
    return kind.__mro__[1]


_MADE_IN_A_TRIP = (
    "this list gets a {} that each trip of a loop makes, and those in it are changed, or asked "
    "which one they are"
)
_IN_ARRAYS = "keep in arrays what changes, with integers that say which is meant"


def keys_of(items: Type, of_set: bool = False) -> KeysOf:
    """The type of the places of keys, or of a set of elements, that are known one by one."""
    found: Type = NEVER
    for item in items.items if isinstance(items, PackType) else ():
        found = join_keys(found, key_type(item))
    return KeysOf(found, of_set)


def key_type(key: Type) -> Type:
    """The type of a key among others; a tuple that is known is one of its parts."""
    if isinstance(key, Known) and type(key.value) is tuple:
        return PackType(tuple, tuple(key_type(of_value(part)) for part in key.value))
    return general(key)


def join_keys(a: Type, b: Type) -> Type:
    """The type of the keys of a dict, among which there may be tuples and others."""
    if NEVER in (a, b) or (not isinstance(a, PackType) and not isinstance(b, PackType)):
        return join_types(a, b)
    both = isinstance(a, PackType) and isinstance(b, PackType) and same_structure(a, b)
    return PackType(a.kind, tuple(map(join_keys, a.items, b.items))) if both else UNKNOWN  # type: ignore[union-attr]


def of_items(items: PackType) -> ListOf:
    """The type of a display as a list of unknown length."""
    found: Type = NEVER
    each = tuple(map(general, items.items))
    for item in each:
        found = join_elements(found, item)
    return ListOf(found, len(each), _apart(each, found))


def general(item: Type) -> Type:
    """The type of an element, numbers known by value widened."""
    if isinstance(item, PackType):
        if item.kind is list:
            return of_items(item)
        kind = kind_of(item.kind, item.keys) if can_be_record(item.kind) else item.kind
        return PackType(kind, tuple(map(general, item.items)), item.keys)
    return number_of(item)


def _varies(dim: Dim) -> bool:
    return isinstance(dim, Length) and is_not_one(dim) and not dim.symbol.fixed


def _join_scalars(a: Scalar, b: Scalar) -> Type:
    # `total = 0` before a loop that adds floats: a Python int takes part as the float it becomes.
    if b.dtype.kind == "f" and a.python and a.dtype.kind in "iu":
        a, b = b, a
    is_float = a.dtype.kind == "f" and b.python is True and b.dtype.kind in "iu"
    if not is_float and a.dtype != b.dtype:
        if a.dtype.kind not in "iub" or b.dtype.kind not in "iub":
            return NUMBER
        wide = np.result_type(a.dtype, b.dtype)
        a, b = (a, b) if a.dtype == wide else (b, a)
        if a.dtype != wide:
            return NUMBER
    return either_number(replace(a, python=a.python if a.python == b.python else None), b)


def _class_of(type_: Type) -> type | None:
    if isinstance(type_, Object):
        return type_.cls
    if isinstance(type_, Known) and isinstance(type_.value, str):
        return str
    return members_of(type_)


def same(a: Value, b: Value, around: _Pairs = ()) -> bool:
    """Whether two values are the same thing at compile time.

    Functions may capture themselves: ``around`` are those that are being compared.
    """
    if a is b:
        return True
    if isinstance(a, Const) and isinstance(b, Const):
        return Known(a.value) == Known(b.value)
    if isinstance(a, Pack) and isinstance(b, Pack):
        alike = a.kind is b.kind and a.keys == b.keys
        if alike and a.kind is set:
            return histories.of(a) == histories.of(b)
        return alike and _all_same(a.items, b.items, around)
    if isinstance(a, Closure) and isinstance(b, Closure):
        if not (a.once and b.once):
            return False  # they are two objects, or it is not known whether they are one
        if any(a is x and b is y for x, y in around):
            return True
        around = (*around, (a, b))
        alike = a.function is b.function and a.scope is b.scope
        alike = alike and _same_items(a.captures, b.captures, around)
        return alike and _same_items(a.defaults, b.defaults, around)
    if isinstance(a, PerhapsOf) and isinstance(b, PerhapsOf):
        return type(a) is type(b) and a.there is b.there and same(a.content, b.content, around)
    if isinstance(a, OneOf) and isinstance(b, OneOf):
        return a.which is b.which and _same_items(a.options, b.options, around)
    return isinstance(a, Held) and isinstance(b, Held) and a.place == b.place


def _all_same(a: Sequence[Value], b: Sequence[Value], around: _Pairs) -> bool:
    return len(a) == len(b) and all(same(x, y, around) for x, y in zip(a, b, strict=True))


def _same_items(a: Mapping[_Key, Value], b: Mapping[_Key, Value], around: _Pairs) -> bool:
    return a.keys() == b.keys() and all(same(a[key], b[key], around) for key in a)


def same_structure(a: Pack | PackType, b: Pack | PackType) -> bool:
    """Whether two containers, or the types of two, have the same structure."""
    if a.kind is not b.kind or a.keys != b.keys or len(a.items) != len(b.items):
        return False
    if isinstance(a, Pack) and isinstance(b, Pack) and a.kind is set:
        return same(a, b)  # a set is known by its elements, as a dict by its keys
    pairs = zip(a.items, b.items, strict=True)
    return a.kind is not set or all(same(x, y) for x, y in pairs)  # type: ignore[arg-type]


def in_order(pack: Pack, kind: type, keys: tuple[object, ...]) -> Pack:
    """The attributes of an instance in the order of another, those that it does not have among
    them; the order of a dict is its own."""
    if kind is not pack.kind or kind is dict or keys == pack.keys:
        return pack
    found = dict(zip(pack.keys, pack.items, strict=True))
    if set(found) - set(keys) or not all(_may_be_set(kind, k) for k in keys if k not in found):
        return pack
    return Pack(pack.kind, tuple(found.get(key, NOT_SET) for key in keys), keys)


def attributes_of(pack: Pack, *others: Pack) -> tuple[object, ...]:
    """The attributes of an instance, and those that others of its class have besides."""
    every = dict.fromkeys(key for each in (pack, *others) for key in each.keys)
    kept = set(pack.keys)
    return tuple(key for key in every if key in kept or _may_be_set(pack.kind, key))


def _may_be_set(kind: type, name: object) -> bool:
    """Whether an instance may have an attribute, that nothing in its class is, or computes."""
    if not can_be_record(kind) or issubclass(kind, tuple) or not isinstance(name, str):
        return False
    found = in_class(kind, name, NOT_SET)
    kinds = (types.MemberDescriptorType, functools.cached_property)
    return found is NOT_SET or isinstance(found, kinds)

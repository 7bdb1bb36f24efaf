"""Values that are of one type or another where the program runs: an ``int`` or a ``float``.

``total = 0`` before a loop that adds floats counts as a float: so it does in arithmetic.  But it
may stay an ``int``, and an array that is made of it is one of integers then.  The type of such a
number is that of the float, and beside it says what it may be instead.  What an operation gives of
it is what it gives of the one or of the other: its type is asked for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from srcgrad.ir.started import array_or_number
from srcgrad.ir.types import (
    INT64,
    NUMBER,
    UNKNOWN,
    Array,
    Dim,
    KeysOf,
    Length,
    ListOf,
    PackType,
    Scalar,
    Symbol,
    Type,
    Unknown,
    is_not_one,
    is_some_number,
    number_of,
)


def has_other(type_: Type) -> bool:
    """Whether a value of this type, or something in it, may be of another one instead."""
    match type_:
        case Scalar() | Array():
            return type_.instead is not None
        case Unknown(there=Array() | Scalar() as there):
            return has_other(there)
        case PackType():
            return any(map(has_other, type_.items))
        case ListOf():
            return has_other(type_.item) or any(map(has_other, type_.each))
        case KeysOf():
            return has_other(type_.item)
    return False


def first(type_: Type) -> Type:
    """``type_`` without what values may be instead."""
    match type_:
        case Scalar() | Array() if type_.instead is not None:
            return replace(type_, instead=None)
    return _inside(first, type_)


def other(type_: Type) -> Type:
    """The type in which everything is what it may be instead."""
    match type_:
        case Scalar() if type_.instead is not None:
            return type_.instead
        case Array() if type_.instead is not None:
            return Array(type_.instead, type_.dims)
    return _inside(other, type_)


def settled(type_: Type) -> Type:
    """``type_`` as the passes after the specialiser know it, for which one dtype is enough."""
    match type_:
        case Scalar():
            return first(type_)
        case Array():
            return replace(type_, instead=None, is_like=type_.instead is None)
        case ListOf():
            return ListOf(settled(type_.item), type_.length)
        case Unknown(either=(array, _)):
            return Unknown(array=array)
    return _inside(settled, type_)


def is_unlike(type_: Type) -> bool:
    """Whether an array, in the derivative, may be of another dtype than its type says."""
    return isinstance(type_, Array) and not type_.is_like


def as_whole(type_: Type) -> Type:
    """The type of such an array where it is one of integers."""
    return Array(INT64, type_.dims) if isinstance(type_, Array) and not type_.is_like else type_


def _inside(change: Callable[[Type], Type], type_: Type) -> Type:
    match type_:
        case Unknown(there=Array() | Scalar() as there):
            return replace(type_, there=change(there))  # type: ignore[arg-type]
        case PackType():
            return replace(type_, items=tuple(map(change, type_.items)))
        case ListOf():
            return replace(type_, item=change(type_.item), each=tuple(map(change, type_.each)))
        case KeysOf():
            return replace(type_, item=change(type_.item))
    return type_


def either(a: Type, b: Type) -> Type:
    """The type of what is of type ``a``, or perhaps of ``b``, as an operation gives it."""
    if a == b:
        return a
    if isinstance(a, PackType) and isinstance(b, PackType):
        alike = (a.kind, a.keys, len(a.items)) == (b.kind, b.keys, len(b.items))
        return replace(a, items=tuple(map(either, a.items, b.items))) if alike else UNKNOWN
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        length = a.length if a.length == b.length else None
        each = tuple(map(either, a.each, b.each)) if len(a.each) == len(b.each) else ()
        return ListOf(either(a.item, b.item), length, each)
    if isinstance(a, KeysOf) and isinstance(b, KeysOf) and a.of_set is b.of_set:
        in_order = a.in_order and b.in_order
        return replace(a, item=either(a.item, b.item), in_order=in_order)
    a, b = number_of(a), number_of(b)
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return either_number(a, b)
    if a != b and all(is_some_number(t) or isinstance(t, Scalar) for t in (a, b)):
        return NUMBER
    if isinstance(a, Array) and isinstance(b, Array) and a.ndim == b.ndim:
        return either_array(a, b)
    return array_or_number(a, b, either_number) or UNKNOWN


_KINDS = "biufc"
"""Of truth values, integers, real and complex numbers, each holds the values of those before."""


def either_number(a: Scalar, b: Scalar) -> Type:
    """The type of a number that is of type ``a``, or perhaps of ``b``.

    It is known where all that it may be instead is of one dtype, and that one of integers.  The
    type is that of the larger kind, which holds the values of the other.
    """
    if _KINDS.index(b.dtype.kind) > _KINDS.index(a.dtype.kind):
        a, b = b, a
    python = a.python
    others = [number for number in (a.instead, b.instead) if number is not None]
    if a.dtype == b.dtype:
        python = a.python if a.python == b.python else None
    else:
        others.append(first(b))  # type: ignore[arg-type]
    kinds = {number.python for number in others}
    dtypes = {number.dtype for number in others}
    if len(dtypes) > 1 or any(dtype.kind not in "iub" for dtype in dtypes):
        return NUMBER
    whole = Scalar(dtypes.pop(), kinds.pop() if len(kinds) == 1 else None) if dtypes else None
    return Scalar(a.dtype, python, whole)


def either_array(a: Array, b: Array) -> Type:
    """The same for arrays of one rank."""
    found = either_number(Scalar(a.dtype, False, _numpys(a)), Scalar(b.dtype, False, _numpys(b)))
    if not isinstance(found, Scalar):
        return UNKNOWN
    instead = None if found.instead is None else found.instead.dtype
    return Array(found.dtype, tuple(map(either_dim, a.dims, b.dims)), instead)


def _numpys(array: Array) -> Scalar | None:
    return None if array.instead is None else Scalar(array.instead, False)


def either_dim(a: Dim, b: Dim) -> Dim:
    """A length that is the one or the other."""
    if a == b:
        return a
    # Some length that does not broadcast, the same as no other.
    return Length(Symbol(not_one=True)) if is_not_one(a) and is_not_one(b) else None

"""When a value of one type may flow into a variable of another: blocks, loops, branches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.ir.nodes import NOTHING, UNDEFINED, Const, Operand, Pack, Var
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    KeysOf,
    Known,
    Length,
    ListOf,
    Never,
    Object,
    PackType,
    Scalar,
    StackOf,
    Type,
    Unknown,
    dtype_of,
    is_not_one,
    number_of,
    same_dtype,
)


def type_of(operand: Operand) -> Type | None:
    """The type of an operand; None for what is not there, which agrees with every type."""
    match operand:
        case Var():
            return operand.type
        case Const():
            absent = operand is NOTHING or operand.value is UNDEFINED
            return None if absent else Known(operand.value)
        case Pack():
            items = tuple(type_of(item) or UNKNOWN for item in operand.items)
            return PackType(operand.kind, items, operand.keys)
        case _:
            return UNKNOWN


def is_bool(type_: Type) -> bool:
    """Whether a value of this type is certainly a Python bool."""
    number = number_of(type_)
    return isinstance(number, Scalar) and number.dtype == np.bool_ and bool(number.python)


def shapeless(type_: Type) -> Type:
    """``type_`` without lengths; a number may be Python's or NumPy's."""
    if isinstance(type_, StackOf):
        return StackOf(shapeless(type_.item))
    if isinstance(type_, ListOf):
        return ListOf(shapeless(type_.item))
    if isinstance(type_, KeysOf):
        return replace(type_, item=shapeless(type_.item))
    if isinstance(type_, PackType):
        return PackType(type_.kind, tuple(map(shapeless, type_.items)), type_.keys)
    if not isinstance(type_, Array):
        number = number_of(type_)
        return replace(number, python=None) if isinstance(number, Scalar) else type_
    return replace(type_, dims=(None,) * type_.ndim)


def cotangent_of(type_: Type) -> Type:
    """``type_`` where nothing is said of what has no cotangent: the string in ``(name, x)``."""
    match type_:
        case Object():
            return UNKNOWN
        case ListOf():
            return ListOf(cotangent_of(type_.item), type_.length)
        case PackType():
            return replace(type_, items=tuple(map(cotangent_of, type_.items)))
    return type_


def uncounted(type_: Type) -> Type:
    """``type_`` without the length of a list: a loop knows it of the last value alone."""
    return ListOf(type_.item) if isinstance(type_, ListOf) else type_


def unnamed(type_: Type) -> Type:
    """``type_`` without the lengths of which nothing is known but their names.

    Equal values may have been given different ones: a pass that finds that out, as that for common
    subexpressions does, leaves the types as they are.
    """
    if isinstance(type_, StackOf):
        return StackOf(unnamed(type_.item))
    if isinstance(type_, ListOf):
        return ListOf(unnamed(type_.item), _unnamed(type_.length))
    if isinstance(type_, PackType):
        return PackType(type_.kind, tuple(map(unnamed, type_.items)), type_.keys)
    return (
        replace(type_, dims=tuple(map(_unnamed, type_.dims))) if isinstance(type_, Array) else type_
    )


def _unnamed(dim: Dim) -> Dim:
    is_name = isinstance(dim, Length) and not dim.symbol.fixed and not dim.symbol.not_one
    return None if is_name else dim


def agrees(source: Type, target: Type) -> bool:
    """Whether every value of type ``source`` is one of type ``target``.

    A Python ``int`` also counts as the ``float`` that it becomes in arithmetic, so that
    ``total = 0`` may start a loop that adds floats; and what may be None, or a number, as the
    array or the number which it is where the program computes with it.
    """
    if isinstance(target, Unknown) or isinstance(source, Never) or source == target:
        return True
    if isinstance(source, Unknown):
        known = source.there or source.array
        return known is not None and agrees(known, target)
    if isinstance(source, ListOf) and isinstance(target, ListOf):
        counted = target.length is None or source.length == target.length
        each = all(agrees(x, y) for x, y in zip(source.each, target.each, strict=False))
        return counted and each and agrees(source.item, target.item)
    if isinstance(source, KeysOf) and isinstance(target, KeysOf):
        alike = source.of_set is target.of_set and (source.in_order or not target.in_order)
        return alike and agrees(source.item, target.item)
    if isinstance(source, PackType) and isinstance(target, PackType):
        alike = source.kind is target.kind and source.keys == target.keys
        return (
            alike
            and len(source.items) == len(target.items)
            and all(map(agrees, source.items, target.items))
        )
    if isinstance(source, StackOf) and isinstance(target, StackOf):
        return agrees(source.item, target.item)
    if isinstance(target, Object):
        cls = type(source.value) if isinstance(source, Known) else getattr(source, "cls", None)
        return isinstance(cls, type) and issubclass(cls, target.cls)
    source = number_of(source)
    if isinstance(source, Array) and isinstance(target, Array):
        same = _dtype_agrees(source.dtype, target) and source.ndim == target.ndim
        pairs = zip(source.dims, target.dims, strict=False)
        return same and all(_length_agrees(dim, to) for dim, to in pairs)
    if isinstance(source, Scalar) and isinstance(target, Scalar):
        return _scalar_agrees(source, target)
    return False


def _dtype_agrees(dtype: np.dtype[Any], target: Array) -> bool:
    """Whether a dtype is that of an array, or the one of integers that it may have instead."""
    if dtype == target.dtype or same_dtype(dtype, target.instead):
        return True
    return not target.is_like and target.dtype.kind == "f" and dtype.kind in "iub"


def _length_agrees(source: Dim, target: Dim) -> bool:
    """A symbol of its own may stand for the length where values meet that are not one long."""
    if target is None or target == source:
        return True
    return isinstance(target, Length) and is_not_one(target) and is_not_one(source)


def _scalar_agrees(source: Scalar, target: Scalar) -> bool:
    if target.python not in (source.python, None):
        return False
    if source.dtype == target.dtype:
        return True
    if source.dtype.kind not in "iub":
        return False
    if target.dtype.kind in "iub":
        return bool(np.result_type(source.dtype, target.dtype) == target.dtype)
    return source.python is True and source.dtype.kind in "iu" and target.dtype.kind == "f"


def is_integer(type_: Type | None) -> bool:
    """Whether a value of this type may be a bound or the index of a loop."""
    if type_ is None or isinstance(type_, Unknown):
        return type_ is not None
    dtype = dtype_of(type_)
    return dtype is not None and dtype.kind in "iub"

"""Whether an index may name an element of an array twice."""

from __future__ import annotations

from srcgrad.ir.nodes import Const, Operand, Pack
from srcgrad.ir.types import Array, Known, Scalar, Size, number_of
from srcgrad.specialise.builder import type_of


def may_repeat(index: Operand) -> bool:
    """Whether an index may name an element twice: only arrays and lists of integers may."""
    if isinstance(index, Pack):
        if index.kind is tuple:
            return any(map(may_repeat, index.items))
        return index.kind is not slice
    type_ = type_of(index)
    if isinstance(type_, Size):
        return False
    if isinstance(type_, Known):
        value = type_.value
        if isinstance(value, tuple):
            return any(may_repeat(Const(item)) for item in value)
        return isinstance(value, list)
    number = number_of(type_)
    if isinstance(number, Array):
        return number.dtype.kind != "b" and number.ndim > 0
    return not isinstance(number, Scalar)

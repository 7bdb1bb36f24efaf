"""Which values are as cheap to compute again as to keep."""

from __future__ import annotations

import operator
import types

import numpy as np

from srcgrad.analysis.memory import is_fresh, memory_of
from srcgrad.ir import keys
from srcgrad.ir.nodes import Apply, Const
from srcgrad.ir.ops import OPS, Made, Memory
from srcgrad.ir.recursion import PULLBACK
from srcgrad.ir.types import Array, PackType, Scalar, Size, number_of
from srcgrad.ir.walk import used
from srcgrad.specialise.builder import type_of

_SCALAR_ARITHMETIC = frozenset(
    [
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.neg,
        operator.floordiv,
        operator.mod,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
        operator.eq,
        operator.ne,
    ]
)


def _is_pullback(stmt: Apply) -> bool:
    """Whether a value and its pullback are taken out of the pair that a function gave."""
    pair = type_of(stmt.args[0]) if stmt.args else None
    return isinstance(pair, PackType) and pair.items[-1:] == (PULLBACK,)


def is_cheap(stmt: Apply) -> bool:
    """Whether repeating ``stmt`` costs no more than saving its result.

    Views, metadata and the arithmetic of single numbers are; what computes on arrays is not.
    """
    op = OPS.get(stmt.op)
    if op is None or not op.pure or isinstance(stmt.op, Made):
        return False
    if memory_of(stmt) is not Memory.FRESH:
        return not _is_pullback(stmt)
    if _is_metadata(stmt):
        return True
    type_ = number_of(stmt.target.type)
    if not any(True for _ in used(stmt)):
        return True  # of constants alone
    if not isinstance(type_, Scalar):
        return False
    if type_.dtype.kind in "iub" and stmt.op not in _SCALAR_ARITHMETIC:
        return False
    operands = [number_of(var.type) for var in used(stmt)]
    cheap = stmt.op in _SCALAR_ARITHMETIC or _is_square(stmt)
    return cheap and all(isinstance(t, Scalar) for t in operands)


def is_light(stmt: Apply, most: int = 1) -> bool:
    """Whether ``stmt`` is one sum, difference, product or absolute value, element by element, of an
    array, or of ``most``, and numbers: it takes less time to repeat than memory to keep takes to
    fill."""
    if stmt.op not in _LIGHT or not is_fresh(stmt) or not isinstance(stmt.target.type, Array):
        return False
    types_ = [number_of(type_of(operand)) for operand in stmt.args]
    arrays = [type_ for type_ in types_ if isinstance(type_, Array)]
    return 1 <= len(arrays) <= most and all(isinstance(t, Array | Scalar) for t in types_)


_LIGHT = (operator.add, operator.sub, operator.mul, operator.neg, np.abs, abs)


def _is_metadata(stmt: Apply) -> bool:
    """Whether an array, or a list, is asked for no more than its shape, a shape for a length, or a
    dict for the place of a key."""
    if stmt.op is operator.getitem:
        return isinstance(stmt.target.type, Size)
    return isinstance(stmt.op, types.GetSetDescriptorType) or stmt.op in _ASKING


_ASKING = (len, keys.has_key, keys.key_place, keys.next_place)


def _is_square(stmt: Apply) -> bool:
    exponent = stmt.args[1] if stmt.op is operator.pow else None
    return isinstance(exponent, Const) and type(exponent.value) is int and exponent.value == 2

"""Whether an index may name an element of an array twice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Known, Scalar, Size, ndim_of, number_of
from srcgrad.specialise.builder import type_of

_DISTINCT = (np.arange, np.argsort, np.ndarray.argsort, np.flatnonzero)
"""Operations whose results of one dimension name no position twice."""


def may_repeat(index: Operand, definitions: Mapping[Var, Apply]) -> bool:
    """Whether an index may name an element twice: only arrays and lists of integers may."""
    if isinstance(index, Pack):
        if index.kind is tuple:
            return any(may_repeat(item, definitions) for item in index.items)
        return index.kind is not slice
    if isinstance(index, Var) and index in definitions and _is_distinct(definitions[index]):
        return False
    type_ = type_of(index)
    if isinstance(type_, Size):
        return False
    if isinstance(type_, Known):
        value = type_.value
        if isinstance(value, tuple):
            return any(may_repeat(Const(item), definitions) for item in value)
        return isinstance(value, list)
    number = number_of(type_)
    if isinstance(number, Array):
        return number.dtype.kind != "b" and number.ndim > 0
    return not isinstance(number, Scalar)


def _is_distinct(stmt: Apply) -> bool:
    """Whether an operation gives positions from 0 on, each once.

    The rows of a matrix are sorted each by itself, and ``arange(-2, 2)`` counts from both ends.
    """
    if stmt.op not in _DISTINCT or ndim_of(stmt.target.type) != 1:
        return False
    return stmt.op is not np.arange or (len(stmt.args) == 1 and not stmt.kwargs)

"""Whether an index may name an element of an array twice."""

from __future__ import annotations

import operator
from collections.abc import Mapping

import numpy as np

from srcgrad.ir.indices import index_parts
from srcgrad.ir.nodes import Apply, Operand, Pack, Var
from srcgrad.ir.types import Array, Known, PackType, Scalar, ndim_of, number_of
from srcgrad.specialise.builder import type_of

_DISTINCT = (np.arange, np.argsort, np.ndarray.argsort, np.flatnonzero)
"""Operations whose results of one dimension name no position twice."""


def may_repeat(index: Operand, definitions: Mapping[Var, Apply]) -> bool:
    """Whether an index may name an element twice: only arrays and lists of integers may."""
    type_ = type_of(index)
    if isinstance(index, Var) and isinstance(type_, PackType):
        return not all(isinstance(number_of(item), Scalar) for item in type_.items)
    return any(_may_repeat(part, definitions) for part in index_parts(index))


def _may_repeat(part: Operand, definitions: Mapping[Var, Apply]) -> bool:
    """Whether the index along an axis may: a tuple there is a list, as in ``x[:, (0, 0)]``."""
    if isinstance(part, Pack):
        return part.kind is not slice
    if isinstance(part, Var) and part in definitions:
        made = definitions[part]
        if _is_distinct(made) or _is_found(made, definitions):
            return False
    type_ = type_of(part)
    if isinstance(type_, Known):
        value = type_.value
        return not (value is None or value is ... or isinstance(value, _ONE | slice))
    number = number_of(type_)
    if isinstance(number, Array):
        return number.dtype.kind != "b" and number.ndim > 0
    return not isinstance(number, Scalar)


_ONE = int | np.integer | np.bool_


def _is_distinct(stmt: Apply) -> bool:
    """Whether an operation gives positions from 0 on, each once.

    The rows of a matrix are sorted each by itself, and ``arange(-2, 2)`` counts from both ends.
    """
    if stmt.op not in _DISTINCT or ndim_of(stmt.target.type) != 1:
        return False
    return stmt.op is not np.arange or (len(stmt.args) == 1 and not stmt.kwargs)


def _is_found(stmt: Apply, definitions: Mapping[Var, Apply]) -> bool:
    """Whether an operation gives the places that ``np.where(mask)`` has found in a vector."""
    if stmt.op is not operator.getitem or not isinstance(stmt.args[0], Var):
        return False
    found = definitions.get(stmt.args[0])
    if found is None or found.op not in _FINDING or len(found.args) != 1 or found.kwargs:
        return False
    return ndim_of(type_of(found.args[0])) == 1


_FINDING = (np.where, np.nonzero, np.ndarray.nonzero)

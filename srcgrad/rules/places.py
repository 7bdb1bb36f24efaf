"""Functions that say where elements are: their results are integers, and have no derivative."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np

from srcgrad.ir.ops import operation, zero_derivative
from srcgrad.ir.shapes import LAST, NONE, is_none, numeric, result, total, value_of
from srcgrad.ir.types import INT64, PY_INT, UNKNOWN, Array, PackType, Type, dims_of

# --- where a condition holds ----------------------------------------------------------------------


@operation(np.flatnonzero)
def _flat_type(a: Type) -> Type:
    return Array(INT64, (None,))


@operation(np.argwhere)
def _rows_type(a: Type) -> Type:
    dims = dims_of(numeric(a))
    return UNKNOWN if dims is None else Array(INT64, (None, len(dims)))


# --- where a value belongs ------------------------------------------------------------------------


@operation(np.searchsorted, np.ndarray.searchsorted)
def _searched_type(a: Type, v: Type, side: Type = NONE, sorter: Type = NONE) -> Type:
    dims = dims_of(numeric(v))
    return UNKNOWN if dims is None else result(INT64, dims)


@operation(bisect.bisect_left, bisect.bisect_right)
def _bisected_type(items: Type, item: Type, lo: Type = NONE, hi: Type = NONE) -> Type:
    return PY_INT


@operation(np.digitize)
def _digit_type(x: Type, bins: Type, right: Type = NONE) -> Type:
    dims = dims_of(numeric(x))
    return UNKNOWN if dims is None else result(INT64, dims)


@operation(np.argpartition, np.ndarray.argpartition)
def _partition_type(
    a: Type, kth: Type, axis: Type = LAST, kind: Type = NONE, order: Type = NONE
) -> Type:
    dims = dims_of(numeric(a))
    if dims is None:
        return UNKNOWN
    return Array(INT64, (total(dims),) if is_none(axis) or not dims else dims)


# --- of a matrix ----------------------------------------------------------------------------------


@operation(np.diag_indices)
def _diagonal_type(n: Type, ndim: Any = 2) -> Type:
    return PackType(tuple, (_NUMBERS,) * value_of(ndim, "ndim"))


@operation(np.diag_indices_from)
def _diagonal_of_type(arr: Type) -> Type:
    dims = dims_of(numeric(arr))
    return UNKNOWN if dims is None else PackType(tuple, (_NUMBERS,) * len(dims))


@operation(np.tril_indices, np.triu_indices)
def _triangle_type(n: Type, k: Type = NONE, m: Type = NONE) -> Type:
    return _PAIR


@operation(np.tril_indices_from, np.triu_indices_from)
def _triangle_of_type(arr: Type, k: Type = NONE) -> Type:
    return _PAIR


_NUMBERS = Array(INT64, (None,))
_PAIR = PackType(tuple, (_NUMBERS, _NUMBERS))

zero_derivative(
    [
        bisect.bisect_left, bisect.bisect_right,
        np.flatnonzero, np.argwhere, np.searchsorted, np.ndarray.searchsorted, np.digitize,
        np.argpartition, np.ndarray.argpartition, np.diag_indices, np.diag_indices_from,
        np.tril_indices, np.triu_indices, np.tril_indices_from, np.triu_indices_from,
    ]
)  # fmt: skip

"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import refuse, scatter_add, unbroadcast
from srcgrad.ir.ops import Memory, operation, vjp
from srcgrad.ir.shapes import (
    ONE,
    ZERO,
    array,
    array_type,
    normalize,
    same_dim,
    value_of,
)
from srcgrad.ir.types import UNKNOWN, Known, Type, dims_of, dtype_of, ndim_of, number_of

# --- triangles ----------------------------------------------------------------------------------


@operation(np.triu, np.tril)
def _triangle_type(m: Type, k: Type = ZERO) -> Type:
    operand = array_type(m)
    dims = dims_of(operand)
    # A vector is every row of a square matrix.
    return array(dtype_of(operand), dims * 2 if dims is not None and len(dims) == 1 else dims)


@vjp(np.triu)
def triu(y_bar: Any, y: Any, m: Any, k: Any = 0) -> Any:
    return unbroadcast(np.triu(y_bar, k), m)


@vjp(np.tril)
def tril(y_bar: Any, y: Any, m: Any, k: Any = 0) -> Any:
    return unbroadcast(np.tril(y_bar, k), m)


# --- diagonals ----------------------------------------------------------------------------------


def _diag_memory(v: Type, k: Type = ZERO) -> Memory:
    """The diagonal of a matrix is a view, the matrix of a diagonal is not."""
    return Memory.FRESH if ndim_of(number_of(v)) == 1 else Memory.LOCKED


@operation(np.diag, memory=_diag_memory)
def _diag_type(v: Type, k: Type = ZERO) -> Type:
    operand = array_type(v)
    dims = dims_of(operand)
    if dims is None or len(dims) not in (1, 2):
        return UNKNOWN
    main = isinstance(k, Known) and k.value == 0
    if len(dims) == 1:
        return array(dtype_of(operand), dims * 2 if main else (None, None))
    square = main and dims[0] == dims[1]
    return array(dtype_of(operand), (same_dim(dims) if square else None,))


@vjp(np.diag)
def diag(y_bar: Any, y: Any, v: Any, k: Any = 0) -> Any:
    if np.ndim(v) == 1:
        return np.diagonal(y_bar, k)
    rows = np.arange(len(y)) + max(-k, 0)
    return scatter_add(v, (rows, rows + k), y_bar)


@operation(np.diagflat)
def _diagflat_type(v: Type, k: Type = ZERO) -> Type:
    operand = array_type(v)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    main = isinstance(k, Known) and k.value == 0
    return array(dtype_of(operand), dims * 2 if main and len(dims) == 1 else (None, None))


@vjp(np.diagflat)
def diagflat(y_bar: Any, y: Any, v: Any, k: Any = 0) -> Any:
    return np.diagonal(y_bar, k).reshape(np.shape(v))


@operation(np.diagonal, np.ndarray.diagonal, memory=Memory.LOCKED)
def _diagonal_type(a: Type, offset: Type = ZERO, axis1: Type = ZERO, axis2: Type = ONE) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None or len(dims) < 2:
        return UNKNOWN
    removed = (
        normalize(value_of(axis1, "axis1"), len(dims)),
        normalize(value_of(axis2, "axis2"), len(dims)),
    )
    kept = tuple(dim for i, dim in enumerate(dims) if i not in removed)
    return array(dtype_of(operand), (*kept, None))


@vjp(np.diagonal, np.ndarray.diagonal)
def diagonal(y_bar: Any, y: Any, a: Any, offset: Any = 0) -> Any:
    if np.ndim(a) != 2:
        refuse("the derivative of diagonal covers matrices only")
    rows = np.arange(len(y)) + max(-offset, 0)
    return scatter_add(a, (rows, rows + offset), y_bar)

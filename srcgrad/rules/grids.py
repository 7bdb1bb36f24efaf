"""``np.mgrid[0:3, -1:1:5j]`` and ``np.ogrid``: grids of places, written as an index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from srcgrad.ir.indices import index_items, slice_parts
from srcgrad.ir.shapes import dim_from, is_none
from srcgrad.ir.types import (
    FLOAT64,
    INT64,
    UNKNOWN,
    Array,
    Dim,
    Known,
    PackType,
    Scalar,
    Type,
    number_of,
)

Bounds = tuple[Type, Type, Type]


def is_grid(type_: Type) -> TypeGuard[Known]:
    """Whether something is what makes grids of an index."""
    return isinstance(type_, Known) and (type_.value is np.mgrid or type_.value is np.ogrid)


def grid_type(grid: Any, index: Type) -> Type:
    """The type of ``grid[index]``, where ``index`` is a slice, or a tuple of slices."""
    parts = [slice_parts(item) for item in index_items(index)]
    bounds = [part for part in parts if part is not None]
    dtypes = {_dtype(number) for part in bounds for number in _numbers(part)}
    if not bounds or len(bounds) < len(parts) or None in dtypes:
        return UNKNOWN
    if any(is_none(stop) for _, stop, _ in bounds):
        return UNKNOWN
    dtype = FLOAT64 if FLOAT64 in dtypes else INT64
    lengths = [_length(*part) for part in bounds]
    if slice_parts(index) is not None:
        return Array(dtype, (lengths[0],))
    if grid is np.mgrid:
        return Array(dtype, (len(lengths), *lengths))
    return PackType(tuple, tuple(Array(dtype, _open(lengths, k)) for k in range(len(lengths))))


def _numbers(bounds: Bounds) -> list[Type]:
    return [bound for bound in bounds if not is_none(bound)]


def _dtype(bound: Type) -> np.dtype[Any] | None:
    """The dtype that a bound asks for; a complex step is a number of elements, and asks for
    floats."""
    number = number_of(bound)
    if not isinstance(number, Scalar) or number.instead is not None:
        return None
    if isinstance(bound, Known) and isinstance(bound.value, complex):
        return FLOAT64
    return number.dtype if number.dtype in (FLOAT64, INT64) else None


def _length(start: Type, stop: Type, step: Type) -> Dim:
    """How many places there are along an axis, where that is known."""
    if isinstance(step, Known) and isinstance(step.value, complex):
        return int(abs(step.value))
    first = Known(0) if is_none(start) else start
    by = Known(1) if is_none(step) else step
    if first == Known(0) and by == Known(1):
        dim = dim_from(stop)
        return dim if not isinstance(dim, int) or dim >= 0 else None
    if not all(isinstance(bound, Known) for bound in (first, stop, by)) or by == Known(0):
        return None
    count = math.ceil((stop.value - first.value) / by.value)  # type: ignore[union-attr]
    return count if count >= 0 else None


def _open(lengths: Sequence[Dim], axis: int) -> tuple[Dim, ...]:
    return tuple(length if i == axis else 1 for i, length in enumerate(lengths))

"""The result types of elementwise functions that are no ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.ops import Memory, operation
from srcgrad.ir.shapes import (
    NONE,
    TRUE,
    ZERO,
    Dims,
    array,
    array_type,
    broadcast,
    is_none,
    numeric,
    promote,
    result,
    same_dims,
)
from srcgrad.ir.types import (
    BOOL,
    INT64,
    PY_BOOL,
    PY_INT,
    UNKNOWN,
    Array,
    PackType,
    Scalar,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    is_text,
    number_of,
)


@operation(np.where)
def _where_type(condition: Type, a: Type = NONE, b: Type = NONE) -> Type:
    if is_none(a) and is_none(b):
        return nonzero_type(condition)
    types = [numeric(a), numeric(b)]
    return array(promote(types), broadcast(_dims_of_condition(condition), *map(dims_of, types)))


def _dims_of_condition(type_: Type) -> Dims | None:
    """The dims of what is a condition: None and text may be there, too."""
    if is_none(type_) or is_text(type_):
        return ()
    if isinstance(type_, Unknown) and isinstance(type_.there, Scalar):
        return ()
    if isinstance(type_, PackType) and type_.kind in (list, tuple) and type_.items:
        dims = same_dims([_dims_of_condition(item) for item in type_.items])
        return None if dims is None else (len(type_.items), *dims)
    return dims_of(numeric(type_))


@operation(np.nonzero, np.ndarray.nonzero)
def nonzero_type(a: Type) -> Type:
    dims = dims_of(numeric(a))
    return UNKNOWN if dims is None else PackType(tuple, (Array(INT64, (None,)),) * len(dims))


@operation(np.clip)
def _clip_type(
    a: Type, a_min: Type = NONE, a_max: Type = NONE, *, min: Type = NONE, max: Type = NONE
) -> Type:
    operands = [array_type(a)]  # of a Python number it makes an array, whose dtype counts
    operands += [numeric(one) for one in (a_min, a_max, min, max) if not is_none(one)]
    return result(promote(operands), broadcast(*map(dims_of, operands)))


@operation(np.ndarray.clip)
def _clip_method_type(a: Type, min: Type = NONE, max: Type = NONE) -> Type:
    return _clip_type(a, min=min, max=max)


def _same_type(x: Type) -> Type:
    """The type of a function that keeps dtype and shape, and gives scalars as NumPy's."""
    operand = numeric(x)
    return result(dtype_of(operand), dims_of(operand))


@operation(np.round, np.around, np.ndarray.round)
def _round_type(x: Type, decimals: Type = ZERO) -> Type:
    operand = numeric(x)
    if dtype_of(operand) == BOOL:  # of which NumPy makes the smallest floats
        return result(np.dtype(np.float16), dims_of(operand))
    return _same_type(x)


@operation(np.fix)
def _fix_type(x: Type) -> Type:
    return _same_type(x)


@operation(np.nan_to_num)
def _nan_to_num_type(
    x: Type, copy: Type = TRUE, nan: Type = ZERO, posinf: Type = NONE, neginf: Type = NONE
) -> Type:
    return _same_type(x)


@operation(np.sinc)
def _sinc_type(x: Type) -> Type:
    operand = numeric(x)
    dtype = dtype_of(operand)
    if dtype is None:
        return UNKNOWN
    return result(dtype if dtype.kind in "fc" else np.dtype(float), dims_of(operand))


def _real_memory(x: Type) -> Memory:
    """The real part of a real array is that array."""
    dtype = dtype_of(number_of(x))
    return Memory.MAYBE_VIEW if dtype is None or dtype.kind == "c" else Memory.VIEW


@operation(np.imag, np.ndarray.imag, memory=Memory.MAYBE_VIEW)
@operation(np.real, np.ndarray.real, memory=_real_memory)
def _part_type(x: Type) -> Type:
    number = number_of(x)
    if isinstance(number, Scalar) and number.dtype.kind in "iuf":
        return Scalar(number.dtype, None)
    return _real_array(number)


@operation(np.ndarray.conj, np.ndarray.conjugate, memory=_real_memory)
def _conjugate_type(x: Type) -> Type:
    number = number_of(x)
    return number if isinstance(number, Array | Scalar) else UNKNOWN


def _real_array(type_: Any) -> Type:
    operand = numeric(type_)
    dtype = dtype_of(operand)
    if type_ == PY_BOOL:  # which is an integer to itself
        return PY_INT
    return UNKNOWN if dtype is None or dtype.kind == "c" else array(dtype, dims_of(operand))

"""Reading what an array is: shape, rank, size, dtype.  No derivative depends on it."""

from __future__ import annotations

import numpy as np

from srcgrad.ir.ops import operation, zero_derivative
from srcgrad.ir.shapes import (
    NONE,
    axes_from,
    dtype_named,
    is_none,
    number_of_elements,
    numeric,
    promote,
    shape_type,
    size_type,
    value_of,
)
from srcgrad.ir.types import (
    PY_BOOL,
    PY_INT,
    UNKNOWN,
    Array,
    Known,
    ListOf,
    Object,
    PackType,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    number_of,
)
from srcgrad.rules.ufuncs import ufunc_type


@operation(np.shape, np.ndarray.shape)
def _shape_type(a: Type) -> Type:
    return shape_type(dims_of(numeric(a)))


@operation(np.ndim, np.ndarray.ndim)
def _ndim_type(a: Type) -> Type:
    dims = dims_of(numeric(a))
    return PY_INT if dims is None else Known(len(dims))


@operation(np.size)
def _size_type(a: Type, axis: Type = NONE) -> Type:
    dims = dims_of(numeric(a))
    if dims is None:
        return PY_INT
    axes = axes_from(axis, len(dims))
    return UNKNOWN if axes is None else size_type(number_of_elements(tuple(dims[i] for i in axes)))


@operation(np.ndarray.size)
def _size_attribute_type(a: Type) -> Type:
    dims = dims_of(a)
    return PY_INT if dims is None else size_type(number_of_elements(dims))


@operation(len)
def _len_type(obj: Type) -> Type:
    if isinstance(obj, PackType):
        return Known(len(obj.items))
    if isinstance(obj, ListOf):
        return size_type(obj.length)
    number = number_of(obj)
    return size_type(number.dims[0]) if isinstance(number, Array) and number.dims else PY_INT


@operation(np.ndarray.dtype)
def _dtype_type(a: Type) -> Type:
    dtype = dtype_of(number_of(a))
    return UNKNOWN if dtype is None else Known(dtype)


@operation(np.ndarray.itemsize, np.ndarray.nbytes)
def _bytes_type(a: Type) -> Type:
    return PY_INT


@operation(np.ndarray.strides, np.ndarray.flags)
def _layout_type(a: Type) -> Type:
    return Object(object)


@operation(np.dtype)
def _make_dtype_type(dtype: Type) -> Type:
    return Known(dtype_named(value_of(dtype, "dtype")))


@operation(np.result_type)
def _result_type_type(*arrays_and_dtypes: Type) -> Type:
    dtype = promote(map(_dtype_operand, arrays_and_dtypes))
    return UNKNOWN if dtype is None else Known(dtype)


def _dtype_operand(type_: Type) -> Type:
    """An array or number as it is; a dtype as a scalar of that dtype."""
    if isinstance(type_, Known) and isinstance(type_.value, type | np.dtype | str):
        return Scalar(dtype_named(type_.value), False)
    return numeric(type_)


@operation(np.isscalar)
def _isscalar_type(element: Type) -> Type:
    number = number_of(element)
    if isinstance(number, Scalar | Array):
        return Known(isinstance(number, Scalar))
    return PY_BOOL


@operation(np.may_share_memory, np.shares_memory, np.array_equal, np.allclose)
def _test_type(a: Type, b: Type, rtol: Type = NONE, atol: Type = NONE) -> Type:
    return PY_BOOL


@operation(np.isclose)
def _isclose_type(a: Type, b: Type, rtol: Type = NONE, atol: Type = NONE) -> Type:
    if any(dims_of(numeric(each)) for each in (rtol, atol) if not is_none(each)):
        return UNKNOWN
    return ufunc_type(np.equal, a, b)


@operation(np.finfo)
def _finfo_type(dtype: Type) -> Type:
    found = dtype_of(number_of(dtype))
    return Known(np.finfo(value_of(dtype, "dtype") if found is None else found))


@operation(np.iinfo)
def _iinfo_type(dtype: Type) -> Type:
    return Known(np.iinfo(value_of(dtype, "dtype")))


zero_derivative(
    [
        np.shape, np.ndarray.shape, np.ndim, np.ndarray.ndim, np.size, np.ndarray.size, len,
        np.ndarray.dtype, np.ndarray.itemsize, np.ndarray.nbytes, np.ndarray.strides,
        np.ndarray.flags, np.dtype, np.result_type, np.isscalar, np.may_share_memory,
        np.shares_memory, np.array_equal, np.allclose, np.isclose, np.finfo, np.iinfo,
    ]
)  # fmt: skip

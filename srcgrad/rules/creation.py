"""Making arrays: from nothing, from a value, from numbers in a display, from other arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import cast, expand, is_active, refuse, unbroadcast
from srcgrad.ir.lists import is_display, list_rows
from srcgrad.ir.ops import Memory, operation, vjp, zero_derivative
from srcgrad.ir.shapes import (
    FALSE,
    NONE,
    ZERO,
    array,
    array_type,
    axes_from,
    broadcast,
    dim_from,
    dtype_from,
    is_none,
    numeric,
    promote,
    rearranged,
    result,
    shape_from,
    value_of,
)
from srcgrad.ir.types import (
    BOOL,
    FLOAT64,
    INT64,
    PY_FLOAT,
    UNKNOWN,
    Array,
    Dim,
    Known,
    Length,
    ListOf,
    PackType,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    number_of,
)

ORDER: Any = "C"
KEEP: Any = "K"
FIFTY: Any = 50
TRUE: Any = True
DOUBLE: Any = float

# --- from a shape -------------------------------------------------------------------------------


@operation(np.zeros, np.ones, np.empty)
def _zeros_type(shape: Type, dtype: Type = NONE, order: Type = ORDER) -> Type:
    return array(dtype_from(dtype, FLOAT64), shape_from(shape))


@operation(np.full)
def _full_type(shape: Type, fill_value: Type, dtype: Type = NONE, order: Type = ORDER) -> Type:
    return array(dtype_from(dtype, dtype_of(array_type(fill_value))), shape_from(shape))


@vjp(np.full)
def full(
    y_bar: Any, y: Any, shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C"
) -> Any:
    return None, unbroadcast(y_bar, fill_value)


@operation(np.eye)
def _eye_type(N: Type, M: Type = NONE, k: Type = ZERO, dtype: Type = DOUBLE) -> Type:
    return array(dtype_from(dtype, FLOAT64), (dim_from(N), dim_from(N if is_none(M) else M)))


@operation(np.identity)
def _identity_type(n: Type, dtype: Type = NONE) -> Type:
    return array(dtype_from(dtype, FLOAT64), (dim_from(n), dim_from(n)))


@operation(np.tri)
def _tri_type(N: Type, M: Type = NONE, k: Type = ZERO, dtype: Type = DOUBLE) -> Type:
    return array(dtype_from(dtype, FLOAT64), (dim_from(N), dim_from(N if is_none(M) else M)))


zero_derivative([np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri])


# --- like another array -------------------------------------------------------------------------


def _like(a: Type, dtype: Type, shape: Type) -> Type:
    operand = array_type(a)
    dims = dims_of(operand) if is_none(shape) else shape_from(shape)
    return array(dtype_from(dtype, dtype_of(operand)), dims)


@operation(np.zeros_like, np.ones_like, np.empty_like)
def _zeros_like_type(
    a: Type, dtype: Type = NONE, order: Type = KEEP, subok: Type = TRUE, shape: Type = NONE
) -> Type:
    return _like(a, dtype, shape)


@operation(np.full_like)
def _full_like_type(
    a: Type, fill_value: Type, dtype: Type = NONE, order: Type = KEEP, shape: Type = NONE
) -> Type:
    return _like(a, dtype, shape)


@vjp(np.full_like)
def full_like(
    y_bar: Any,
    y: Any,
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    shape: Any = None,
) -> Any:
    return None, unbroadcast(y_bar, fill_value)


zero_derivative([np.zeros_like, np.ones_like, np.empty_like])


# --- ranges -------------------------------------------------------------------------------------


@operation(np.arange)
def _arange_type(start: Type, stop: Type = NONE, step: Type = NONE, dtype: Type = NONE) -> Type:
    bounds = [one for one in (start, stop, step) if not is_none(one)]
    found = promote([numeric(one) for one in bounds])
    if found is not None and found.kind in "biuf":  # the small ones are made those of Python
        found = np.result_type(found, FLOAT64 if found.kind == "f" else INT64)
    return array(dtype_from(dtype, found), (_arange_dim(start, stop, step),))


def _arange_dim(start: Type, stop: Type, step: Type) -> Dim:
    if is_none(stop):
        start, stop = Known(0), start
    bounds = (start, stop, Known(1) if is_none(step) else step)
    parts = [dim_from(bound) for bound in bounds]
    if parts[0] == 0 and parts[2] == 1 and isinstance(parts[1], Length):
        return parts[1]
    if all(isinstance(part, int) for part in parts) and parts[2] != 0:
        return len(range(*parts))  # type: ignore[arg-type]
    return _count_of_floats(*bounds)


def _count_of_floats(*bounds: Type) -> Dim:
    """How many numbers ``np.arange`` gives between known floats, as NumPy counts them."""
    values = [bound.value for bound in bounds if isinstance(bound, Known)]
    if len(values) < 3 or not all(isinstance(value, int | float) for value in values):
        return None
    start, stop, step = values
    count = (stop - start) / step if step else math.inf
    return max(math.ceil(count), 0) if math.isfinite(count) else None


@vjp(np.arange)
def arange(y_bar: Any, y: Any, start: Any, stop: Any = None, step: Any = None) -> Any:
    if stop is None:
        return None  # the bound of a range decides its length only
    if step is None or not is_active(step):
        return y_bar.sum(), None, None
    return y_bar.sum(), None, y_bar @ np.arange(len(y), dtype=y.dtype)


@operation(np.linspace)
def _linspace_type(
    start: Type,
    stop: Type,
    num: Type = FIFTY,
    endpoint: Type = TRUE,
    retstep: Type = FALSE,
    dtype: Type = NONE,
    axis: Type = ZERO,
) -> Type:
    if value_of(retstep, "retstep"):
        return UNKNOWN
    types = [numeric(start), numeric(stop)]
    dims = broadcast(*map(dims_of, types))
    if dims is None:
        return UNKNOWN
    axes = axes_from(axis, len(dims) + 1)
    found = dtype_from(dtype, promote([*types, PY_FLOAT]))
    if axes is None:
        return UNKNOWN
    return array(found, (*dims[: axes[0]], dim_from(num), *dims[axes[0] :]))


@vjp(np.linspace)
def linspace(
    y_bar: Any, y: Any, start: Any, stop: Any, num: Any = 50, endpoint: Any = True, axis: Any = 0
) -> Any:
    rising = np.linspace(0, 1, num, endpoint=endpoint, dtype=y.dtype)
    if np.ndim(y) == 1:
        return y_bar @ (1 - rising), y_bar @ rising
    if axis != 0:
        y_bar = np.moveaxis(y_bar, axis, 0)
    start_bar = np.tensordot(1 - rising, y_bar, 1)
    return unbroadcast(start_bar, start), unbroadcast(np.tensordot(rising, y_bar, 1), stop)


# --- from displays and arrays -------------------------------------------------------------------


def _array_memory(object: Type, *args: Type, **kwargs: Type) -> Memory:
    """A copy, unless the caller asks for none."""
    copies = len(args) < 2 and value_of(kwargs.get("copy", Known(True)), "copy")
    return Memory.FRESH if copies else Memory.MAYBE_VIEW


@operation(np.array, memory=_array_memory)
def _array_type(
    object: Type, dtype: Type = NONE, copy: Type = TRUE, order: Type = KEEP, ndmin: Type = ZERO
) -> Type:
    operand = array_type(object)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    dims = (1,) * (value_of(ndmin, "ndmin") - len(dims)) + dims
    return array(dtype_from(dtype, dtype_of(operand)), dims)


def _asarray_memory(a: Type, *args: Type, **kwargs: Type) -> Memory:
    """What is made of a display or a list is a copy."""
    is_known_tuple = isinstance(a, Known) and isinstance(a.value, tuple)
    is_display = is_known_tuple or isinstance(a, PackType | ListOf)
    return Memory.FRESH if is_display else Memory.MAYBE_VIEW


@operation(np.asarray, np.asanyarray, memory=_asarray_memory)
def _asarray_type(a: Type, dtype: Type = NONE, order: Type = KEEP) -> Type:
    operand = array_type(a)
    return array(dtype_from(dtype, dtype_of(operand)), dims_of(operand))


@operation(np.ascontiguousarray, np.asfortranarray, memory=_asarray_memory)
def _ascontiguousarray_type(a: Type, dtype: Type = NONE) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    # Of a number, it is an array of one element.
    return array(dtype_from(dtype, dtype_of(operand)), (1,) if dims == () else dims)


@vjp(np.array)
def array_(
    y_bar: Any,
    y: Any,
    object: Any,
    dtype: Any = None,
    copy: Any = True,
    order: Any = "K",
) -> Any:
    return parts_of(y_bar, object)


@vjp(np.asarray, np.asanyarray)
def asarray(y_bar: Any, y: Any, a: Any, dtype: Any = None, order: Any = "K") -> Any:
    return parts_of(y_bar, a)


@vjp(np.ascontiguousarray, np.asfortranarray)
def ascontiguousarray(y_bar: Any, y: Any, a: Any, dtype: Any = None) -> Any:
    return parts_of(y_bar.reshape(np.shape(a)) if np.ndim(a) == 0 else y_bar, a)


def parts_of(v: Any, display: Any) -> Any:
    """The cotangents of the elements of a display, nested up to three levels."""
    if not isinstance(display, (list, tuple)):
        return v
    if not is_display(display):
        return list_rows(v, display)
    bars: Any = []
    i: Any = 0
    for row in display:
        bars = [*bars, parts_of_row(v, row, i)]
        i = i + 1
    return bars


def parts_of_row(v: Any, row: Any, i: Any) -> Any:
    """The cotangents of element ``i`` of a display."""
    if not isinstance(row, (list, tuple)):
        return v[i]
    bars: Any = []
    j: Any = 0
    for cell in row:
        bars = [*bars, parts_of_cell(v, cell, i, j)]
        j = j + 1
    return bars


def parts_of_cell(v: Any, cell: Any, i: Any, j: Any) -> Any:
    """The cotangents of element ``i, j`` of a display."""
    if not isinstance(cell, (list, tuple)):
        return v[i, j]
    bars: Any = []
    k: Any = 0
    for leaf in cell:
        if isinstance(leaf, (list, tuple)):
            refuse("the derivative of an array display covers three levels of nesting")
        bars = [*bars, v[i, j, k]]
        k = k + 1
    return bars


@operation(np.copy)
def _copy_type(a: Type, order: Type = KEEP) -> Type:
    operand = array_type(a)
    return array(dtype_of(operand), dims_of(operand))


@operation(np.ndarray.copy)
def _copy_method_type(a: Type, order: Type = KEEP) -> Type:
    operand = array_type(a)
    return rearranged(a, dtype_of(operand), dims_of(operand), True)


@vjp(np.copy, np.ndarray.copy)
def copy(y_bar: Any, y: Any, a: Any, order: Any = "K") -> Any:
    return y_bar


# --- conversions --------------------------------------------------------------------------------


def _astype_memory(
    a: Type,
    dtype: Type,
    order: Type = KEEP,
    casting: Type = NONE,
    subok: Type = TRUE,
    copy: Type = TRUE,
) -> Memory:
    copies = isinstance(number_of(a), Array) and value_of(copy, "copy")
    return Memory.FRESH if copies else Memory.MAYBE_VIEW


@operation(np.ndarray.astype, memory=_astype_memory)
def _astype_type(
    a: Type,
    dtype: Type,
    order: Type = KEEP,
    casting: Type = NONE,
    subok: Type = TRUE,
    copy: Type = TRUE,
) -> Type:
    number = number_of(a)
    found = dtype_from(dtype, FLOAT64)
    if isinstance(number, Scalar) and found is not None:
        return Scalar(found, False)
    return array(found, dims_of(number))


@vjp(np.ndarray.astype)
def astype(
    y_bar: Any,
    y: Any,
    a: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = None,
    subok: Any = True,
    copy: Any = True,
) -> Any:
    return cast(y_bar, a)


def _convert_type(dtype: np.dtype[Any]) -> Any:
    def infer(x: Type = ZERO) -> Type:
        return result(dtype, dims_of(numeric(x)))

    return infer


for _scalar in (np.float64, np.float32, np.float16, np.longdouble):
    operation(_scalar, memory=Memory.MAYBE_VIEW)(_convert_type(np.dtype(_scalar)))
for _whole in (np.int64, np.int32, np.int16, np.int8, np.uint64, np.uint32, np.uint16, np.uint8):
    operation(_whole, memory=Memory.MAYBE_VIEW)(_convert_type(np.dtype(_whole)))
    zero_derivative([_whole])
operation(np.bool_, memory=Memory.MAYBE_VIEW)(_convert_type(BOOL))
zero_derivative([np.bool_])


@vjp(np.float64, np.float32, np.float16, np.longdouble)
def convert(y_bar: Any, y: Any, x: Any) -> Any:
    return cast(y_bar, x)


@operation(np.ndarray.item)
def _item_type(a: Type) -> Type:
    dtype = dtype_of(number_of(a))
    return UNKNOWN if dtype is None or dtype.itemsize > 8 else Scalar(_python_dtype(dtype), True)


def _python_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return FLOAT64 if dtype.kind == "f" else BOOL if dtype.kind == "b" else INT64


@vjp(np.ndarray.item)
def item(y_bar: Any, y: Any, a: Any) -> Any:
    return expand(y_bar, a)


@operation(np.meshgrid)
def _meshgrid_type(*xi: Type, indexing: Type = NONE) -> Type:
    arrays = [array_type(one) for one in xi]
    lengths = [dims_of(one) for one in arrays]
    kind = value_of(indexing, "indexing") or "xy"
    if any(dims is None or len(dims) != 1 for dims in lengths):
        return UNKNOWN
    shape = [dims[0] for dims in lengths if dims is not None]
    if kind == "xy" and len(shape) > 1:
        shape[0], shape[1] = shape[1], shape[0]
    return PackType(tuple, tuple(array(dtype_of(one), tuple(shape)) for one in arrays))

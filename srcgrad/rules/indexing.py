"""Reading parts of arrays, by every kind of index."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.ir.indices import (
    index_type,
    is_basic_index,
    is_integer_index,
    slice_dim,
    slice_parts,
)
from srcgrad.ir.intrinsics import refuse, scatter_add
from srcgrad.ir.ops import Memory, operation, vjp, zero_derivative
from srcgrad.ir.shapes import (
    LAST,
    NONE,
    array,
    array_type,
    axes_from,
    broadcast,
    element_type,
    is_none,
    numeric,
    own_lengths,
    result,
    shape_from,
    total,
    value_of,
)
from srcgrad.ir.types import (
    INT64,
    NUMBER,
    TEXT,
    UNKNOWN,
    Array,
    Known,
    ListOf,
    PackType,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    number_of,
)
from srcgrad.rules.axes import normalized
from srcgrad.rules.grids import grid_type, is_grid
from srcgrad.rules.static import is_narrow

RAISE: Any = "raise"


def _getitem_memory(a: Type, b: Type) -> Memory:
    """Integers and slices give views, index arrays and masks copies; grids are made anew."""
    if is_grid(a):
        return Memory.FRESH
    if not isinstance(number_of(a), Array):
        return Memory.MAYBE_VIEW
    basic = is_basic_index(b)
    if basic is None:
        return Memory.MAYBE_VIEW
    return Memory.VIEW if basic else Memory.FRESH


@operation(operator.getitem, memory=_getitem_memory)
def _getitem_type(a: Type, b: Type) -> Type:
    if isinstance(a, PackType):
        key = value_of(b, "index")
        if a.kind is dict:
            return a.items[a.keys.index(key)] if key in a.keys else UNKNOWN
        if isinstance(key, slice):
            return PackType(a.kind, a.items[key])
        return a.items[key] if -len(a.items) <= key < len(a.items) else UNKNOWN
    if isinstance(a, ListOf):
        bounds = slice_parts(b)
        if bounds is not None:
            return ListOf(a.item, slice_dim(a.length, *bounds))
        if a.each and isinstance(b, Known) and is_integer_index(b):
            within = -len(a.each) <= b.value < len(a.each)
            return own_lengths(a.each[b.value]) if within else UNKNOWN
        return element_type(a) if is_integer_index(b) else UNKNOWN
    if isinstance(a, Known) and isinstance(a.value, tuple):
        return _common(tuple(map(Known, a.value))) if is_integer_index(b) else UNKNOWN
    if a == TEXT:
        return TEXT
    if is_grid(a):
        return grid_type(a.value, b)
    number = numeric(a)
    if isinstance(number, Scalar):
        number = Array(number.dtype, ())
    return index_type(number, b) if isinstance(number, Array) else UNKNOWN


def _common(items: tuple[Type, ...]) -> Type:
    """The type of any element of a tuple that the compiler knows."""
    rows = [item.value for item in items if isinstance(item, Known)]
    if items and all(type(row) is tuple for row in rows) and len(set(map(len, rows))) == 1:
        columns = zip(*rows, strict=True)
        parts = (_common(tuple(map(Known, column))) for column in columns)
        return PackType(tuple, tuple(parts))
    types = set(map(number_of, items))
    if not types or not all(isinstance(type_, Scalar) for type_ in types):
        return UNKNOWN
    return types.pop() if len(types) == 1 else NUMBER


@vjp(operator.getitem)
def getitem(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    return scatter_add(a, b, y_bar)


# --- functions that read by index ---------------------------------------------------------------


@operation(np.take, np.ndarray.take)
def _take_type(
    a: Type, indices: Type, axis: Type = NONE, out: Type = NONE, mode: Type = RAISE
) -> Type:
    if not is_none(out):
        return UNKNOWN
    operand, index = array_type(a), numeric(indices)
    dims, inner = dims_of(operand), dims_of(index)
    if dims is None or inner is None:
        return UNKNOWN
    if is_none(axis):
        return result(dtype_of(operand), inner)
    axes = axes_from(axis, len(dims))
    if axes is None:
        return UNKNOWN
    return result(dtype_of(operand), dims[: axes[0]] + inner + dims[axes[0] + 1 :])


@vjp(np.take, np.ndarray.take)
def take(y_bar: Any, y: Any, a: Any, indices: Any, axis: Any = None, mode: Any = "raise") -> Any:
    if isinstance(indices, tuple):
        indices = np.asarray(indices)  # in an index, it would name one element
    if np.asarray(indices).dtype == np.bool_:
        refuse("the derivative of take covers integers, not masks (which count as 0 and 1 there)")
    if mode == "wrap":
        if is_narrow(indices):
            indices = np.asarray(indices, np.intp)
        indices = np.asarray(indices) % length_along(a, axis)
    elif mode == "clip":
        indices = np.clip(indices, 0, length_along(a, axis) - 1)
    return added_at(a, indices, y_bar, axis)


def length_along(a: Any, axis: Any) -> Any:
    """The length of an array along ``axis``, or of the flattened array."""
    return np.size(a) if axis is None or np.ndim(a) == 0 else np.shape(a)[axis]


def added_at(a: Any, indices: Any, v: Any, axis: Any) -> Any:
    """Zeros like ``a`` with ``v`` added at places along ``axis``, or in the flattened array."""
    if axis is None and np.ndim(a) > 1:
        flat = scatter_add(a.reshape(-1), indices, v)
        return flat.reshape(a.shape)
    if axis is None or axis == 0:
        return scatter_add(a, indices, v)
    if axis == 1:
        return scatter_add(a, (slice(None), indices), v)
    if axis == -1 or axis == np.ndim(a) - 1:
        return scatter_add(a, (..., indices), v)
    refuse("the derivative of an index covers the first two axes and the last here")


@operation(np.repeat, np.ndarray.repeat)
def _repeat_type(a: Type, repeats: Type, axis: Type = NONE) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    one = repeats.value if isinstance(repeats, Known) else None
    if is_none(axis) or not dims:
        return array(dtype_of(operand), (_times(total(dims), one),))
    axes = axes_from(axis, len(dims))
    if axes is None:
        return UNKNOWN
    longer = tuple(_times(dim, one) if i in axes else dim for i, dim in enumerate(dims))
    return array(dtype_of(operand), longer)


def _times(dim: Any, count: Any) -> Any:
    return total((dim, count)) if isinstance(count, int) else None


@vjp(np.repeat, np.ndarray.repeat)
def repeat(y_bar: Any, y: Any, a: Any, repeats: Any, axis: Any = None) -> Any:
    if np.ndim(a) == 0:
        return y_bar.sum()
    if np.ndim(repeats) > 0:
        places = np.repeat(np.arange(length_along(a, axis)), repeats)
        return added_at(a, places, y_bar, axis)
    if np.asarray(repeats).dtype == np.bool_:
        repeats = int(repeats)  # a condition is no length
    if axis is None:
        return np.reshape(y_bar.reshape(np.size(a), repeats).sum(axis=1), np.shape(a))
    at = normalized(axis, np.ndim(a))[0]
    shape = np.shape(a)
    return y_bar.reshape((*shape[: at + 1], repeats, *shape[at + 1 :])).sum(axis=at + 1)


@operation(np.take_along_axis)
def _take_along_axis_type(arr: Type, indices: Type, axis: Type = LAST) -> Type:
    operand, index = array_type(arr), array_type(indices)
    dims, inner = dims_of(operand), dims_of(index)
    if dims is None or inner is None:
        return UNKNOWN
    if is_none(axis):
        return array(dtype_of(operand), inner)
    axes = axes_from(axis, len(dims))
    if axes is None or len(inner) != len(dims):
        return UNKNOWN
    outside = broadcast(dims, inner)
    assert outside is not None
    taken = tuple(inner[i] if i in axes else dim for i, dim in enumerate(outside))
    return array(dtype_of(operand), taken)


@vjp(np.take_along_axis)
def take_along_axis(y_bar: Any, y: Any, arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None or np.ndim(arr) > 2:
        refuse("the derivative of take_along_axis covers one and two dimensions")
    if np.ndim(arr) == 1:
        return scatter_add(arr, indices, y_bar)
    if axis == 0 or axis == -2:
        return scatter_add(arr, (indices, np.arange(np.shape(arr)[1])), y_bar)
    return scatter_add(arr, (np.arange(np.shape(arr)[0])[:, None], indices), y_bar)


@operation(np.sort)
def _sort_type(a: Type, axis: Type = LAST) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    return array(dtype_of(operand), (total(dims),) if is_none(axis) else dims)


@vjp(np.sort)
def sort(y_bar: Any, y: Any, a: Any, axis: Any = -1) -> Any:
    if axis is None:
        refuse("the derivative of sort covers an axis, not the flattened array")
    if np.ndim(a) == 1:
        return scatter_add(a, np.argsort(a), y_bar)
    places = np.argsort(np.argsort(a, axis=axis), axis=axis)
    return np.take_along_axis(y_bar, places, axis)


@operation(np.ix_, memory=Memory.ANY)
def _ix_type(*args: Type) -> Type:
    arrays = [array_type(arg) for arg in args]
    items: list[Type] = []
    for i, found in enumerate(arrays):
        dims = dims_of(found)
        if not isinstance(found, Array) or dims is None or len(dims) != 1:
            return UNKNOWN
        mask = found.dtype.kind == "b"
        length = None if mask else dims[0]
        shape = tuple(length if i == j else 1 for j in range(len(arrays)))
        items.append(Array(INT64 if mask else found.dtype, shape))
    return PackType(tuple, tuple(items))


@operation(np.indices)
def _indices_type(dimensions: Type) -> Type:
    dims = shape_from(dimensions, "dimensions")
    return Array(INT64, (len(dims), *dims))


@operation(np.unravel_index)
def _unravel_type(indices: Type, shape: Type) -> Type:
    inner = dims_of(numeric(indices))
    items = (result(INT64, inner),) * len(shape_from(shape))
    return UNKNOWN if inner is None else PackType(tuple, items)


zero_derivative([np.ix_, np.indices, np.unravel_index])

"""Reading parts of arrays, by every kind of index."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import refuse, scatter_add
from srcgrad.ir.ops import Memory, operation, vjp, zero_derivative
from srcgrad.ir.shapes import (
    LAST,
    NONE,
    Dims,
    array,
    array_type,
    axes_from,
    broadcast,
    element_type,
    is_none,
    numeric,
    result,
    shape_from,
    shifted,
    total,
    value_of,
)
from srcgrad.ir.types import (
    INT64,
    UNKNOWN,
    Array,
    Dim,
    Known,
    Length,
    ListOf,
    PackType,
    Scalar,
    Size,
    Type,
    dims_of,
    dtype_of,
    number_of,
)

# --- the type of a slice ------------------------------------------------------------------------


def slice_dim(dim: Dim, start: Type, stop: Type, step: Type) -> Dim:
    """The length of ``start:stop:step`` along an axis of length ``dim``."""
    parts = [_whole(part) for part in (start, stop, step)]
    first, last, by = parts
    if all(part is None or isinstance(part, int) for part in parts):
        if isinstance(dim, int):
            return len(range(*slice(*parts).indices(dim)))
        if by == -1 and first is None and last is None:
            return dim
    if by not in (None, 1) or not isinstance(dim, Length):
        return None
    if first is None:
        first = 0
    if not isinstance(first, int) or first < 0:
        return None
    if last is None:
        return shifted(dim, -first)
    if isinstance(last, int):
        return shifted(dim, last - first) if last < 0 else None
    if isinstance(last, Length) and last.symbol is dim.symbol:
        if last.offset < 0 and dim.offset - last.offset > 2 + first:
            return None  # x[: n - 3] of an x of length 2 is x[:-1], which is not empty
        return Length(dim.symbol, min(dim.offset, last.offset) - first)
    return None


def _whole(part: Type) -> Any:
    """A bound of a slice: None, a number, a length, or something else."""
    if is_none(part):
        return None
    if isinstance(part, Known) and isinstance(part.value, int | np.integer):
        return int(part.value)
    return part.length if isinstance(part, Size) else part


# --- the type of an index -----------------------------------------------------------------------


def index_items(index: Type) -> tuple[Type, ...]:
    """The parts of an index, one for each of its positions."""
    if isinstance(index, PackType) and index.kind is tuple:
        return index.items
    if isinstance(index, Known) and isinstance(index.value, tuple):
        return tuple(Known(item) for item in index.value)
    return (index,)


def _slice_parts(item: Type) -> tuple[Type, Type, Type] | None:
    if isinstance(item, PackType) and item.kind is slice:
        start, stop, step = item.items
        return start, stop, step
    if isinstance(item, Known) and isinstance(item.value, slice):
        return Known(item.value.start), Known(item.value.stop), Known(item.value.step)
    return None


def _is_integer(item: Type) -> bool:
    """Whether a part of an index is one integer, which removes an axis."""
    number = number_of(item)
    if isinstance(number, Array):
        return not number.dims and number.dtype.kind in "iu"
    return isinstance(number, Scalar) and number.dtype.kind in "iu"


def _advanced(item: Type) -> Array | None:
    """The index array that a part of an index is, None if it is none or not known."""
    found = array_type(item)
    if isinstance(found, Array) and found.dtype.kind == "f" and found.dims == (0,):
        found = Array(INT64, (0,))  # an empty list
    return found if isinstance(found, Array) and found.dtype.kind in "iub" else None


def is_basic_index(index: Type) -> bool | None:
    """Whether ``x[index]`` is a view of ``x`` (or a number); None if that is not known.

    An array of rank zero is an integer that makes a copy.
    """
    for item in index_items(index):
        if isinstance(number_of(item), Array):
            return False
        if _slice_parts(item) is not None or is_none(item) or _is_integer(item):
            continue
        if isinstance(item, Known) and item.value is Ellipsis:
            continue
        return False if _advanced(item) is not None else None
    return True


def index_type(x: Array, index: Type) -> Type:
    """The type of ``x[index]``."""
    items = index_items(index)
    consumed = 0
    for item in items:
        width = _consumed(item)
        if width is None:
            return UNKNOWN
        consumed += width
    if consumed > x.ndim:
        return UNKNOWN
    walk = _Walk(x.dims, x.ndim - consumed)
    for item in items:
        walk.take(item)
    dims = walk.finish()
    if dims is None:
        return UNKNOWN
    if not dims and not walk.ellipsis:
        return Scalar(x.dtype, False)
    return Array(x.dtype, dims)


def _consumed(item: Type) -> int | None:
    """How many axes a part of an index takes; None if it is not known what it is."""
    if _slice_parts(item) is not None:
        return 1
    if is_none(item) or (isinstance(item, Known) and item.value is Ellipsis):
        return 0
    found = _advanced(item)
    if found is None:
        return None
    return found.ndim if found.dtype.kind == "b" else 1


class _Walk:
    """Walks over the parts of an index and collects the dimensions of the result.

    Index arrays (and, beside them, integers) are broadcast against each other.  Their dimensions
    stand where the arrays do if those are neighbours, and at the front otherwise.
    """

    def __init__(self, dims: Dims, spare: int) -> None:
        self.rest = list(dims)
        self.spare = spare
        self.ellipsis = False
        self.dims: list[Dim] = []
        self.arrays: list[Dims] = []
        self.places: list[tuple[int, int]] = []  # the part, and where its dimensions would go
        self.part = 0
        self.integers: list[tuple[int, int]] = []

    def take(self, item: Type) -> None:
        self.part += 1
        bounds = _slice_parts(item)
        if bounds is not None:
            self.dims.append(slice_dim(self.rest.pop(0), *bounds))
        elif is_none(item):
            self.dims.append(1)
        elif isinstance(item, Known) and item.value is Ellipsis:
            self.ellipsis = True
            self.dims.extend(self.rest[: self.spare])
            del self.rest[: self.spare]
            self.spare = 0
        elif _is_integer(item):
            self.rest.pop(0)
            self.integers.append((self.part, len(self.dims)))
        else:
            self._take_array(item)

    def _take_array(self, item: Type) -> None:
        found = _advanced(item)
        assert found is not None
        self.places.append((self.part, len(self.dims)))
        if found.dtype.kind == "b":
            del self.rest[: found.ndim]
            self.arrays.append((None,))
        else:
            self.rest.pop(0)
            self.arrays.append(found.dims)

    def finish(self) -> Dims | None:
        """The dimensions of the result."""
        self.dims.extend(self.rest)
        if not self.arrays:
            return tuple(self.dims)
        common = broadcast(*self.arrays)
        if common is None:
            return None
        places = sorted(self.places + self.integers)
        parts = [part for part, _ in places]
        together = parts == list(range(parts[0], parts[0] + len(parts)))
        at = places[0][1] if together else 0
        return (*self.dims[:at], *common, *self.dims[at:])


def _getitem_memory(a: Type, b: Type) -> Memory:
    """Integers and slices give views, index arrays and masks copies."""
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
        bounds = _slice_parts(b)
        if bounds is not None:
            return ListOf(a.item, slice_dim(a.length, *bounds))
        return element_type(a) if _is_integer(b) else UNKNOWN
    number = numeric(a)
    if isinstance(number, Scalar):
        number = Array(number.dtype, ())
    return index_type(number, b) if isinstance(number, Array) else UNKNOWN


@vjp(operator.getitem)
def getitem(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    return scatter_add(a, b, y_bar)


# --- functions that read by index ---------------------------------------------------------------


@operation(np.take, np.ndarray.take)
def _take_type(a: Type, indices: Type, axis: Type = NONE) -> Type:
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
def take(y_bar: Any, y: Any, a: Any, indices: Any, axis: Any = None) -> Any:
    if np.asarray(indices).dtype == np.bool_:
        refuse("the derivative of take covers integers, not masks (which count as 0 and 1 there)")
    if axis is None and np.ndim(a) > 1:
        flat = scatter_add(a.reshape(-1), indices, y_bar)
        return flat.reshape(a.shape)
    if axis is None or axis == 0:
        return scatter_add(a, indices, y_bar)
    if axis == 1:
        return scatter_add(a, (slice(None), indices), y_bar)
    if axis == -1 or axis == np.ndim(a) - 1:
        return scatter_add(a, (..., indices), y_bar)
    refuse("the derivative of take covers the first two axes and the last")


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

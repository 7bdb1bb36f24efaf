"""Joining arrays into one, taking one apart, and convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import (
    compile_time,
    is_active,
    refuse,
    scatter_add,
    select,
    unbroadcast,
)
from srcgrad.ir.lists import is_display, list_rows, list_split, rank_of
from srcgrad.ir.ops import Memory, operation, vjp
from srcgrad.ir.shapes import (
    ZERO,
    Dims,
    array_type,
    axes_from,
    composed,
    element_type,
    grown,
    is_none,
    numeric,
    promote,
    quotient,
    same_dim,
    same_dims,
    shifted,
    sum_dims,
    total,
    value_of,
)
from srcgrad.ir.shapes import array as ndarray
from srcgrad.ir.types import (
    UNKNOWN,
    Array,
    Dim,
    Length,
    ListOf,
    PackType,
    Type,
    dims_of,
    dtype_of,
    least,
)
from srcgrad.rules.axes import along
from srcgrad.rules.indexing import added_at
from srcgrad.rules.products import reshaped
from srcgrad.rules.static import is_as_long

# --- result types -------------------------------------------------------------------------------


def _parts(arrays: Type) -> list[Array] | None:
    """The arrays that are joined, None if one is not known."""
    if not isinstance(arrays, PackType) or not arrays.items:
        return None
    types = [array_type(item) for item in arrays.items]
    found = [type_ for type_ in types if isinstance(type_, Array)]
    return found if len(found) == len(types) else None


def _equal_parts(arrays: Type) -> Array | None:
    """What is known of each array in a list of unknown length."""
    item = array_type(element_type(arrays)) if isinstance(arrays, ListOf) else None
    return item if isinstance(item, Array) else None


def _joined(parts: list[Array], axis: int) -> Type:
    ranks = {part.ndim for part in parts}
    if len(ranks) != 1 or not 0 <= axis < ranks.pop():
        return UNKNOWN
    columns = list(zip(*(part.dims for part in parts), strict=True))
    dims = (sum_dims(c) if i == axis else same_dim(c) for i, c in enumerate(columns))
    return ndarray(promote(parts), tuple(dims))


@operation(np.concatenate, np.concat)
def _concatenate_type(arrays: Type, axis: Type = ZERO) -> Type:
    many = _equal_parts(arrays)
    if many is not None and not is_none(axis):
        axes = axes_from(axis, many.ndim)
        if axes is None:
            return UNKNOWN
        lengths = (None if i == axes[0] else dim for i, dim in enumerate(many.dims))
        return Array(many.dtype, tuple(lengths))
    parts = _parts(arrays)
    if parts is None:
        return UNKNOWN
    if is_none(axis):
        return ndarray(promote(parts), (sum_dims(total(part.dims) for part in parts),))
    axes = axes_from(axis, parts[0].ndim)
    return UNKNOWN if axes is None else _joined(parts, axes[0])


@operation(np.stack)
def _stack_type(arrays: Type, axis: Type = ZERO) -> Type:
    parts = _parts(arrays)
    if parts is None:
        return _stacked_array(array_type(arrays), axis)
    dims = same_dims([part.dims for part in parts])
    if dims is None:
        return UNKNOWN
    axes = axes_from(axis, len(dims) + 1)
    if axes is None:
        return UNKNOWN
    return ndarray(promote(parts), (*dims[: axes[0]], len(parts), *dims[axes[0] :]))


def _stacked_array(arrays: Type, axis: Type) -> Type:
    """``np.stack`` of an array is the array with its first axis moved."""
    if not isinstance(arrays, Array) or not arrays.dims:
        return UNKNOWN
    axes = axes_from(axis, arrays.ndim)
    if axes is None:
        return UNKNOWN
    rest = arrays.dims[1:]
    return ndarray(arrays.dtype, (*rest[: axes[0]], arrays.dims[0], *rest[axes[0] :]))


def _at_least_2d(part: Array) -> Array:
    return Array(part.dtype, (1,) * (2 - part.ndim) + part.dims)


def _at_least_1d(part: Array) -> Array:
    return Array(part.dtype, part.dims or (1,))


@operation(np.vstack)
def _vstack_type(tup: Type) -> Type:
    many = _equal_parts(tup)
    if many is not None:
        return ndarray(many.dtype, (None, *_at_least_2d(many).dims[1:]))
    parts = _parts(tup)
    return UNKNOWN if parts is None else _joined([_at_least_2d(part) for part in parts], 0)


@operation(np.hstack)
def _hstack_type(tup: Type) -> Type:
    many = _equal_parts(tup)
    if many is not None:
        dims = _at_least_1d(many).dims
        return ndarray(many.dtype, (None,) if len(dims) == 1 else (dims[0], None, *dims[2:]))
    parts = _parts(tup)
    if parts is None:
        return UNKNOWN
    parts = [_at_least_1d(part) for part in parts]
    return _joined(parts, 0 if parts[0].ndim == 1 else 1)


@operation(np.column_stack)
def _column_stack_type(tup: Type) -> Type:
    many = _equal_parts(tup)
    if many is not None:
        dims = _as_columns(many).dims
        return ndarray(many.dtype, (dims[0], None, *dims[2:]))
    parts = _parts(tup)
    return UNKNOWN if parts is None else _joined(list(map(_as_columns, parts)), 1)


def _as_columns(part: Array) -> Array:
    return part if part.ndim > 1 else Array(part.dtype, (*_at_least_1d(part).dims, 1))


# --- rules --------------------------------------------------------------------------------------


def part(v: Any, axis: Any, start: Any, stop: Any) -> Any:
    """``v`` from ``start`` to ``stop`` along one axis."""
    if axis == 0:
        return v[start:stop]
    if axis == 1:
        return v[:, start:stop]
    if axis == np.ndim(v) - 1:
        return v[..., start:stop]
    return np.moveaxis(np.moveaxis(v, axis, 0)[start:stop], 0, axis)


def element(v: Any, axis: Any, i: Any) -> Any:
    """Element ``i`` of ``v`` along one axis."""
    if axis == 0:
        return v[i]
    if axis == 1:
        return v[:, i]
    if axis == np.ndim(v) - 1:
        return v[..., i]
    return np.moveaxis(v, axis, 0)[i]


@compile_time
def positions(count: int) -> tuple[int, ...]:
    """The positions in a container of ``count`` elements."""
    return tuple(range(count))


@compile_time
def counted(axis: int, ndim: int) -> int:
    """``axis`` counted from the front."""
    return axis % ndim


def parts_along(y_bar: Any, arrays: Any, axis: Any) -> Any:
    """The parts of ``y_bar`` that belong to ``arrays`` joined along ``axis``."""
    if not is_display(arrays):
        return list_split(y_bar, arrays, axis)
    if not isinstance(arrays, (list, tuple)):
        refuse("the derivative of joining covers a list or tuple of arrays")
    bars: Any = []
    start: Any = None
    for i in positions(len(arrays)):
        stop = ending(i, len(arrays), start, np.shape(arrays[i])[axis])
        bars = [*bars, part(y_bar, axis, start, stop)]
        start = stop
    return bars


def ending(i: Any, count: Any, start: Any, length: Any) -> Any:
    """Where part ``i`` of ``count`` stops, if it begins at ``start``; None for the last."""
    if i == count - 1:
        return None
    return length if start is None else start + length


@vjp(np.concatenate, np.concat)
def concatenate(y_bar: Any, y: Any, arrays: Any, axis: Any = 0) -> Any:
    if axis is None:
        if not is_display(arrays):
            refuse("the derivative of concatenate(axis=None) covers displays only")
        bars: Any = []
        start: Any = None
        for i in positions(len(arrays)):
            stop = ending(i, len(arrays), start, np.size(arrays[i]))
            bars = [*bars, reshaped(y_bar[start:stop], arrays[i])]
            start = stop
        return bars
    return parts_along(y_bar, arrays, counted(axis, np.ndim(y)))


@vjp(np.stack)
def stack(y_bar: Any, y: Any, arrays: Any, axis: Any = 0) -> Any:
    at = counted(axis, np.ndim(y))
    if not is_display(arrays):
        return list_rows(y_bar if at == 0 else np.moveaxis(y_bar, at, 0), arrays)
    if not isinstance(arrays, (list, tuple)):
        return y_bar if at == 0 else np.moveaxis(y_bar, at, 0)
    bars: Any = []
    i: Any = 0
    for _ in arrays:
        bars = [*bars, element(y_bar, at, i)]
        i = i + 1
    return bars


@vjp(np.vstack)
def vstack(y_bar: Any, y: Any, tup: Any) -> Any:
    if not isinstance(tup, (list, tuple)):
        refuse("the derivative of vstack covers a list or tuple of arrays")
    if not is_display(tup):
        if rank_of(tup) == 0:
            refuse("the derivative of vstack of a list covers vectors and more")
        return list_rows(y_bar, tup) if rank_of(tup) == 1 else list_split(y_bar, tup, 0)
    bars: Any = []
    start: Any = 0
    for x in tup:
        if np.ndim(x) == 0:
            bars = [*bars, y_bar[start, 0]]
            start = start + 1
        elif np.ndim(x) == 1:
            bars = [*bars, y_bar[start]]
            start = start + 1
        else:
            stop = start + np.shape(x)[0]
            bars = [*bars, y_bar[start:stop]]
            start = stop
    return bars


@vjp(np.hstack)
def hstack(y_bar: Any, y: Any, tup: Any) -> Any:
    if np.ndim(y) > 1:
        return parts_along(y_bar, tup, 1)
    if not is_display(tup):
        return list_rows(y_bar, tup) if rank_of(tup) == 0 else list_split(y_bar, tup, 0)
    bars: Any = []
    start: Any = 0
    for x in tup:
        if np.ndim(x) == 0:
            bars = [*bars, y_bar[start]]
            start = start + 1
        else:
            stop = start + np.shape(x)[0]
            bars = [*bars, y_bar[start:stop]]
            start = stop
    return bars


@vjp(np.column_stack)
def column_stack(y_bar: Any, y: Any, tup: Any) -> Any:
    if not isinstance(tup, (list, tuple)):
        refuse("the derivative of column_stack covers a list or tuple of arrays")
    if not is_display(tup):
        if rank_of(tup) > 1:
            return list_split(y_bar, tup, 1)
        return list_rows(y_bar[0] if rank_of(tup) == 0 else y_bar.T, tup)
    bars: Any = []
    start: Any = 0
    for x in tup:
        if np.ndim(x) == 0:
            bars = [*bars, y_bar[0, start]]
            start = start + 1
        elif np.ndim(x) == 1:
            bars = [*bars, y_bar[:, start]]
            start = start + 1
        else:
            stop = start + np.shape(x)[1]
            bars = [*bars, y_bar[:, start:stop]]
            start = stop
    return bars


# --- split --------------------------------------------------------------------------------------


@operation(np.split, np.array_split, memory=Memory.VIEW)
def _split_type(ary: Type, indices_or_sections: Type, axis: Type = ZERO) -> Type:
    operand = array_type(ary)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    at = axes_from(axis, len(dims))
    where = value_of(indices_or_sections, "indices_or_sections")
    if at is None:
        return UNKNOWN
    if isinstance(where, int | np.integer):
        exact = quotient((dims[at[0]],), (int(where),))
        lengths: Dims = (exact,) * int(where)
    else:
        lengths = (None,) * (len(where) + 1)
    items = (_with_dim(dims, at[0], length) for length in lengths)
    return PackType(list, tuple(ndarray(dtype_of(operand), part_dims) for part_dims in items))


def _with_dim(dims: Dims, axis: int, dim: Any) -> Dims:
    return (*dims[:axis], dim, *dims[axis + 1 :])


@vjp(np.split, np.array_split)
def split(y_bar: Any, y: Any, ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    if are_ascending(indices_or_sections):
        return np.concatenate(y_bar, axis=axis)
    # The parts may overlap.
    a_bar: Any = None
    for i in positions(len(y_bar)):
        index = between(i, indices_or_sections, axis, np.ndim(ary))
        part_bar = scatter_add(ary, index, y_bar[i])
        a_bar = part_bar if a_bar is None else a_bar + part_bar
    return a_bar


@compile_time
def are_ascending(indices_or_sections: Any) -> bool:
    """Whether what an array is split at leaves no element out and repeats none."""
    if isinstance(indices_or_sections, int | np.integer):
        return True
    places = [0, *map(int, indices_or_sections)]
    return places == sorted(places)


@compile_time
def between(i: int, places: Any, axis: int, ndim: int) -> Any:
    """The index of part ``i`` of an array that is split at ``places``."""
    bounds = [None, *map(int, places), None]
    return along(axis, ndim, bounds[i], bounds[i + 1])


@operation(np.hsplit, np.vsplit, memory=Memory.VIEW)
def _hsplit_type(ary: Type, indices_or_sections: Type) -> Type:
    return UNKNOWN


# --- padding and convolution --------------------------------------------------------------------

MODE: Any = "constant"
FULL: Any = "full"


@operation(np.pad)
def _pad_type(
    array: Type, pad_width: Type, mode: Type = MODE, *, constant_values: Type = ZERO
) -> Type:
    operand = array_type(array)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    widths = pad_widths(value_of(pad_width, "pad_width"), len(dims))
    padded = tuple(grown(dim, sum(pair)) for dim, pair in zip(dims, widths, strict=True))
    return ndarray(dtype_of(operand), padded)


@compile_time
def pad_widths(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    """What ``np.pad`` adds before and after along each axis."""
    pairs = np.broadcast_to(np.asarray(pad_width), (ndim, 2))
    return tuple((int(before), int(after)) for before, after in pairs)


@compile_time
def inner_index(pad_width: Any, ndim: int) -> tuple[slice, ...]:
    """The index of what was padded."""
    pairs = pad_widths(pad_width, ndim)
    return tuple(slice(before or None, -after if after else None) for before, after in pairs)


@vjp(np.pad)
def pad(
    y_bar: Any,
    y: Any,
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
) -> Any:
    if mode in ("edge", "reflect", "symmetric", "wrap") and np.ndim(array) > 0:
        places = np.arange(np.size(array))
        if np.ndim(array) > 1:
            places = places.reshape(np.shape(array))
        return added_at(array, np.pad(places, pad_width, mode=mode), y_bar, None)
    if mode != "constant" and np.ndim(array) > 0:
        refuse(
            f"the derivative of pad does not cover mode={mode!r}, but 'constant', 'edge', "
            "'reflect', 'symmetric' and 'wrap'"
        )
    inner = y_bar if np.ndim(array) == 0 else y_bar[inner_index(pad_width, np.ndim(array))]
    if not is_active(constant_values):
        return inner
    if np.ndim(constant_values) > 0:
        refuse("the derivative of pad covers one number for all that it adds")
    added = np.pad(np.zeros(np.shape(array), bool), pad_width, constant_values=True)
    return inner, None, None, unbroadcast(select(added, y_bar), constant_values)


@operation(np.convolve)
def _convolve_type(a: Type, v: Type, mode: Type = FULL) -> Type:
    types = [numeric(a), numeric(v)]
    left, right = dims_of(types[0]), dims_of(types[1])
    kind = value_of(mode, "mode")
    if left is None or right is None or len(left) != 1 or len(right) != 1:
        return UNKNOWN
    n, m = left[0], right[0]
    dim: Dim = None
    if isinstance(n, int) and isinstance(m, int):
        lengths = {"full": n + m - 1, "same": max(n, m), "valid": abs(n - m) + 1}
        dim = lengths.get(kind)
    elif kind == "full" and isinstance(m, int) and m > 0:
        dim = grown(n, m - 1)
    elif kind == "full" and isinstance(n, int) and n > 0:
        dim = grown(m, n - 1)
    elif isinstance(m, int) and 0 < m <= least(n):
        dim = {"same": n, "valid": shifted(n, 1 - m)}.get(kind)
    elif isinstance(n, int) and 0 < n <= least(m):
        dim = {"same": m, "valid": shifted(m, 1 - n)}.get(kind)
    elif kind == "same" and isinstance(n, Length) and isinstance(m, Length):
        dim = composed(max, (n, m))
    return ndarray(promote(types), (dim,))


@vjp(np.convolve)
def convolve(y_bar: Any, y: Any, a: Any, v: Any, mode: Any = "full") -> Any:
    if np.ndim(a) == 0 or np.ndim(v) == 0:
        refuse("the derivative of convolve covers vectors only")
    if mode == "full":
        return np.convolve(y_bar, v[::-1], "valid"), np.convolve(y_bar, a[::-1], "valid")
    # Entry k of the result is entry k + skipped of the full convolution.
    n, m = len(a), len(v)
    skipped = min(n, m) - 1 if mode == "valid" else (min(n, m) - 1) // 2
    if is_as_long(a, v) and mode == "valid":
        a_bar = np.convolve(y_bar, v[::-1])
    elif is_as_long(a, v) and m % 2 == 1:
        a_bar = np.convolve(y_bar, v[::-1], "same")
    else:
        a_bar = np.convolve(y_bar, v[::-1])[m - 1 - skipped : m - 1 - skipped + n]
    return a_bar, np.convolve(y_bar, a[::-1])[n - 1 - skipped : n - 1 - skipped + m]

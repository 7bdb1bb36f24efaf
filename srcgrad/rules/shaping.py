"""Changes of shape: the same elements, arranged differently."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir import intrinsics
from srcgrad.ir.intrinsics import compile_time, refuse, unbroadcast
from srcgrad.ir.ops import Memory, operation, vjp
from srcgrad.ir.shapes import (
    NONE,
    Dims,
    array,
    array_type,
    axes_from,
    broadcast,
    is_none,
    normalize,
    quotient,
    rearranged,
    result,
    shape_from,
    total,
    value_of,
)
from srcgrad.ir.types import (
    UNKNOWN,
    Known,
    PackType,
    Type,
    dims_of,
    dtype_of,
    is_not_one,
    ndim_of,
)
from srcgrad.rules.axes import backwards, inverse_permutation

ORDER: Any = "C"
LAST: Any = -1

# --- reshape ------------------------------------------------------------------------------------


def reshape_dims(dims: Dims, shape: Dims) -> Dims:
    """The dimensions of a reshaped array; ``shape`` may hold -1."""
    if -1 not in shape:
        return shape
    rest = tuple(dim for dim in shape if dim != -1)
    if not rest:
        return (total(dims),)
    return tuple(quotient(dims, rest) if dim == -1 else dim for dim in shape)


def _reshaped(a: Type, shape: Type, method: bool) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    return rearranged(a, dtype_of(operand), reshape_dims(dims, shape_from(shape)), method)


@operation(np.reshape, memory=Memory.MAYBE_VIEW)
def _reshape_type(a: Type, shape: Type, order: Type = ORDER) -> Type:
    return _reshaped(a, shape, False)


@operation(intrinsics.flat_view, memory=Memory.MAYBE_VIEW)
def _flat_view_type(x: Type) -> Type:
    return _reshaped(x, Known(-1), True)


@operation(np.ndarray.reshape, memory=Memory.MAYBE_VIEW)
def _reshape_method_type(a: Type, *shape: Type, order: Type = ORDER) -> Type:
    packed = len(shape) == 1 and isinstance(shape[0], PackType)
    if len(shape) == 1 and ndim_of(shape[0]):
        return UNKNOWN  # an array of lengths, which are not known
    known = len(shape) == 1 and isinstance(shape[0], Known) and isinstance(shape[0].value, tuple)
    return _reshaped(a, shape[0] if packed or known else PackType(tuple, shape), True)


@vjp(np.reshape)
def reshape(y_bar: Any, y: Any, a: Any, shape: Any, order: Any = "C") -> Any:
    return shaped_like(y_bar, a, order)


@vjp(np.ndarray.reshape)
def reshape_method(y_bar: Any, y: Any, a: Any, *shape: Any, order: Any = "C") -> Any:
    return shaped_like(y_bar, a, order), None


def shaped_like(y_bar: Any, a: Any, order: Any) -> Any:
    """``y_bar`` in the shape of ``a``, element by element."""
    if order == "A" or order == "K":
        refuse("an order that depends on the memory layout has no derivative; use 'C' or 'F'")
    if np.ndim(y_bar) == 0:
        return np.reshape(y_bar, np.shape(a)) if np.ndim(a) > 0 else y_bar
    return y_bar.reshape(np.shape(a)) if order == "C" else y_bar.reshape(np.shape(a), order=order)


@operation(np.ravel, np.ndarray.ravel, memory=Memory.MAYBE_VIEW)
def _ravel_type(a: Type, order: Type = ORDER) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    return UNKNOWN if dims is None else array(dtype_of(operand), (total(dims),))


operation(np.ndarray.flatten)(_ravel_type)


@vjp(np.ravel, np.ndarray.ravel, np.ndarray.flatten)
def ravel(y_bar: Any, y: Any, a: Any, order: Any = "C") -> Any:
    return shaped_like(y_bar, a, order)


# --- axes of length one -------------------------------------------------------------------------


@operation(np.expand_dims, memory=Memory.VIEW)
def _expand_dims_type(a: Type, axis: Type) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    axis_value = value_of(axis, "axis")
    added = len(axis_value) if isinstance(axis_value, tuple | list) else 1
    axes = axes_from(axis, len(dims) + added)
    if axes is None:
        return UNKNOWN
    rest = iter(dims)
    widened = tuple(1 if i in axes else next(rest) for i in range(len(dims) + added))
    return array(dtype_of(operand), widened)


def _squeezed(a: Type, axis: Type, method: bool) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    if is_none(axis):
        if not all(isinstance(dim, int) or is_not_one(dim) for dim in dims):
            return UNKNOWN  # which axes go is only known at run time
        kept = tuple(dim for dim in dims if dim != 1)
    else:
        axes = axes_from(axis, len(dims))
        if axes is None:
            return UNKNOWN
        kept = tuple(dim for i, dim in enumerate(dims) if i not in axes)
    return rearranged(a, dtype_of(operand), kept, method)


@operation(np.squeeze, memory=Memory.VIEW)
def _squeeze_type(a: Type, axis: Type = NONE) -> Type:
    return _squeezed(a, axis, False)


@operation(np.ndarray.squeeze, memory=Memory.VIEW)
def _squeeze_method_type(a: Type, axis: Type = NONE) -> Type:
    return _squeezed(a, axis, True)


@vjp(np.expand_dims)
def expand_dims(y_bar: Any, y: Any, a: Any, axis: Any) -> Any:
    return y_bar.reshape(np.shape(a))


@vjp(np.squeeze, np.ndarray.squeeze)
def squeeze(y_bar: Any, y: Any, a: Any, axis: Any = None) -> Any:
    return shaped_like(y_bar, a, "C")


def _at_least(rank: int) -> Any:
    def infer(a: Type) -> Type:
        operand = array_type(a)
        dims = dims_of(operand)
        if dims is None:
            return UNKNOWN
        if rank == 3 and len(dims) == 2:
            return array(dtype_of(operand), (*dims, 1))
        if rank == 3 and len(dims) == 1:
            return array(dtype_of(operand), (1, *dims, 1))
        return array(dtype_of(operand), (1,) * (rank - len(dims)) + dims)

    return infer


operation(np.atleast_1d, memory=Memory.ANY)(_at_least(1))
operation(np.atleast_2d, memory=Memory.ANY)(_at_least(2))
operation(np.atleast_3d, memory=Memory.ANY)(_at_least(3))


@vjp(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def at_least(y_bar: Any, y: Any, a: Any) -> Any:
    return y_bar.reshape(np.shape(a))


# --- permutations of axes -----------------------------------------------------------------------


def _permuted(a: Type, axes: tuple[int, ...], method: bool) -> Type:
    operand = array_type(a)
    dims = dims_of(operand)
    if dims is None or sorted(axes) != list(range(len(dims))):
        return UNKNOWN
    return rearranged(a, dtype_of(operand), tuple(dims[i] for i in axes), method)


@compile_time
def permutation(axes: Any, ndim: int) -> tuple[int, ...]:
    """The axes that ``transpose`` puts in each place; ``axes`` may be None, or a tuple in one."""
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)):
        axes = axes[0]
    if axes is None or len(axes) == 0:
        return tuple(range(ndim))[::-1]
    return tuple(int(i) % ndim for i in axes)


@operation(np.transpose, np.permute_dims, memory=Memory.VIEW)
def _transpose_type(a: Type, axes: Type = NONE) -> Type:
    dims = dims_of(array_type(a))
    if dims is None:
        return UNKNOWN
    return _permuted(a, permutation((value_of(axes, "axes"),), len(dims)), False)


@operation(np.ndarray.transpose, memory=Memory.VIEW)
def _transpose_method_type(a: Type, *axes: Type) -> Type:
    dims = dims_of(array_type(a))
    if dims is None:
        return UNKNOWN
    return _permuted(a, permutation(tuple(value_of(i, "axes") for i in axes), len(dims)), True)


@operation(np.ndarray.T, memory=Memory.VIEW)
def _t_type(a: Type) -> Type:
    return _transpose_method_type(a)


@operation(np.ndarray.mT, np.matrix_transpose, memory=Memory.VIEW)
def _mt_type(a: Type) -> Type:
    dims = dims_of(array_type(a))
    if dims is None or len(dims) < 2:
        return UNKNOWN
    n = len(dims)
    return _permuted(a, (*range(n - 2), n - 1, n - 2), True)


@vjp(np.transpose, np.permute_dims)
def transpose(y_bar: Any, y: Any, a: Any, axes: Any = None) -> Any:
    return transposed_back(y_bar, permutation((axes,), np.ndim(a)))


@vjp(np.ndarray.transpose)
def transpose_method(y_bar: Any, y: Any, a: Any, *axes: Any) -> Any:
    return transposed_back(y_bar, permutation(axes, np.ndim(a))), None


def transposed_back(y_bar: Any, axes: Any) -> Any:
    """Undoes a permutation of axes."""
    if len(axes) <= 1:
        return y_bar
    if axes == permutation((None,), len(axes)):
        return y_bar.T
    return y_bar.transpose(inverse_permutation(axes))


@vjp(np.ndarray.T)
def t(y_bar: Any, y: Any, a: Any) -> Any:
    return y_bar.T if np.ndim(a) > 1 else y_bar


@vjp(np.ndarray.mT, np.matrix_transpose)
def mt(y_bar: Any, y: Any, a: Any) -> Any:
    return y_bar.swapaxes(-1, -2)


@operation(np.swapaxes, np.ndarray.swapaxes, memory=Memory.VIEW)
def _swapaxes_type(a: Type, axis1: Type, axis2: Type) -> Type:
    dims = dims_of(array_type(a))
    if dims is None:
        return UNKNOWN
    first = normalize(value_of(axis1, "axis1"), len(dims))
    second = normalize(value_of(axis2, "axis2"), len(dims))
    if first is None or second is None:
        return UNKNOWN
    swap = {first: second, second: first}
    return _permuted(a, tuple(swap.get(i, i) for i in range(len(dims))), True)


@vjp(np.swapaxes, np.ndarray.swapaxes)
def swapaxes(y_bar: Any, y: Any, a: Any, axis1: Any, axis2: Any) -> Any:
    return y_bar.swapaxes(axis1, axis2)


@operation(np.moveaxis, memory=Memory.VIEW)
def _moveaxis_type(a: Type, source: Type, destination: Type) -> Type:
    dims = dims_of(array_type(a))
    if dims is None:
        return UNKNOWN
    origin = axes_from(source, len(dims), "source")
    goal = axes_from(destination, len(dims), "destination")
    if origin is None or goal is None or len(origin) != len(goal):
        return UNKNOWN
    order = [i for i in range(len(dims)) if i not in origin]
    for to, axis in sorted(zip(goal, origin, strict=True)):
        order.insert(to, axis)
    return _permuted(a, tuple(order), False)


@vjp(np.moveaxis)
def moveaxis(y_bar: Any, y: Any, a: Any, source: Any, destination: Any) -> Any:
    return np.moveaxis(y_bar, destination, source)


# --- broadcasting -------------------------------------------------------------------------------


@operation(np.broadcast_to, memory=Memory.LOCKED)
def _broadcast_to_type(a: Type, shape: Type) -> Type:
    operand = array_type(a)
    if isinstance(operand, type(UNKNOWN)):
        return UNKNOWN
    return array(dtype_of(operand), shape_from(shape))


@vjp(np.broadcast_to)
def broadcast_to(y_bar: Any, y: Any, a: Any, shape: Any) -> Any:
    return unbroadcast(y_bar, a)


@operation(np.broadcast_arrays, memory=Memory.ANY)
def _broadcast_arrays_type(*args: Type) -> Type:
    operands = [array_type(arg) for arg in args]
    dims = broadcast(*map(dims_of, operands))
    items = tuple(array(dtype_of(operand), dims) for operand in operands)
    return UNKNOWN if UNKNOWN in items else PackType(tuple, items)


@vjp(np.broadcast_arrays)
def broadcast_arrays(y_bar: Any, y: Any, *args: Any) -> Any:
    bars: Any = []
    for i in positions(len(args)):
        bars = [*bars, unbroadcast(y_bar[i], args[i])]
    return bars


@compile_time
def positions(count: int) -> tuple[int, ...]:
    """The positions in a container of ``count`` elements."""
    return tuple(range(count))


# --- reversal, rotation, repetition -------------------------------------------------------------


@operation(np.flip, np.fliplr, np.flipud, memory=Memory.VIEW)
def _flip_type(m: Type, axis: Type = NONE) -> Type:
    operand = array_type(m)
    return result(dtype_of(operand), dims_of(operand))


@vjp(np.flip)
def flip(y_bar: Any, y: Any, m: Any, axis: Any = None) -> Any:
    return y_bar[backwards(axis, np.ndim(m))] if np.ndim(m) > 0 else y_bar


@vjp(np.fliplr)
def fliplr(y_bar: Any, y: Any, m: Any) -> Any:
    return y_bar[:, ::-1]


@vjp(np.flipud)
def flipud(y_bar: Any, y: Any, m: Any) -> Any:
    return y_bar[::-1]


@operation(np.roll)
def _roll_type(a: Type, shift: Type, axis: Type = NONE) -> Type:
    operand = array_type(a)
    return array(dtype_of(operand), dims_of(operand))


@vjp(np.roll)
def roll(y_bar: Any, y: Any, a: Any, shift: Any, axis: Any = None) -> Any:
    if not isinstance(shift, tuple):
        return np.roll(y_bar, -shift, axis)
    back: Any = ()
    for step in shift:
        back = (*back, -step)
    return np.roll(y_bar, back, axis)


@operation(np.tile)
def _tile_type(A: Type, reps: Type) -> Type:
    operand = array_type(A)
    dims = dims_of(operand)
    if dims is None:
        return UNKNOWN
    times = shape_from(reps, "reps")
    rank = max(len(dims), len(times))
    pairs = zip((1,) * (rank - len(dims)) + dims, (1,) * (rank - len(times)) + times, strict=True)
    return array(dtype_of(operand), tuple(total(pair) for pair in pairs))


@vjp(np.tile)
def tile(y_bar: Any, y: Any, A: Any, reps: Any) -> Any:
    counts = reps if isinstance(reps, (tuple, list)) else (reps,)
    shape = np.shape(A)
    missing = len(counts) - len(shape)
    shape = (1,) * max(missing, 0) + shape
    counts = (1,) * max(-missing, 0) + tuple(counts)
    blocks: Any = ()
    for i in positions(len(shape)):
        blocks = (*blocks, counts[i], shape[i])
    total_ = y_bar.reshape(blocks).sum(axis=even_axes(len(shape)))
    return total_ if missing <= 0 and np.ndim(A) > 0 else np.reshape(total_, np.shape(A))


@compile_time
def even_axes(count: int) -> tuple[int, ...]:
    """The axes 0, 2, 4, ... of ``2 * count``."""
    return tuple(range(0, 2 * count, 2))

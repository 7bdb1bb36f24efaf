"""Products of matrices and vectors, at every rank that NumPy allows."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import compile_time, refuse, unbroadcast
from srcgrad.ir.ops import operation, vjp
from srcgrad.ir.shapes import (
    TWO,
    array,
    array_type,
    broadcast,
    numeric,
    promote,
    result,
    total,
    value_of,
)
from srcgrad.ir.types import UNKNOWN, Type, dims_of
from srcgrad.rules.axes import inverse_permutation, span
from srcgrad.rules.reductions import widened
from srcgrad.rules.static import is_constant, may_take_few

# --- result types -------------------------------------------------------------------------------


@operation(np.matmul, operator.matmul)
def _matmul_type(a: Type, b: Type) -> Type:
    types = [numeric(a), numeric(b)]
    left, right = dims_of(types[0]), dims_of(types[1])
    if not left or not right:
        return UNKNOWN
    batch = broadcast(left[:-2], right[:-2])
    dims = (*(batch or ()), *left[-2:-1], *(right[-1:] if len(right) > 1 else ()))
    return result(promote(types), dims)


@operation(np.dot, np.ndarray.dot)
def _dot_type(a: Type, b: Type) -> Type:
    types = [numeric(a), numeric(b)]
    left, right = dims_of(types[0]), dims_of(types[1])
    if left is None or right is None:
        return UNKNOWN
    if not left or not right:
        dims = left + right
    else:
        dims = (*left[:-1], *right[:-2], *(right[-1:] if len(right) > 1 else ()))
    return result(promote(map(array_type, types)), dims)


@operation(np.inner)
def _inner_type(a: Type, b: Type) -> Type:
    types = [numeric(a), numeric(b)]
    left, right = dims_of(types[0]), dims_of(types[1])
    if left is None or right is None:
        return UNKNOWN
    dims = left[:-1] + right[:-1] if left and right else left + right
    return result(promote(map(array_type, types)), dims)


@operation(np.outer)
def _outer_type(a: Type, b: Type) -> Type:
    types = [numeric(a), numeric(b)]
    left, right = dims_of(types[0]), dims_of(types[1])
    if left is None or right is None:
        return UNKNOWN
    return array(promote([array_type(a), array_type(b)]), (total(left), total(right)))


@operation(np.vdot)
def _vdot_type(a: Type, b: Type) -> Type:
    return result(promote([array_type(a), array_type(b)]), ())


@operation(np.kron)
def _kron_type(a: Type, b: Type) -> Type:
    types = [numeric(a), numeric(b)]
    left, right = dims_of(types[0]), dims_of(types[1])
    if left is None or right is None:
        return UNKNOWN
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + left, (1,) * (rank - len(right)) + right, strict=True)
    return result(promote(map(array_type, types)), tuple(total(pair) for pair in pairs))


@operation(np.tensordot)
def _tensordot_type(a: Type, b: Type, axes: Type = TWO) -> Type:
    types = [numeric(a), numeric(b)]
    left, right = dims_of(types[0]), dims_of(types[1])
    if left is None or right is None:
        return UNKNOWN
    of_a, of_b = contracted(value_of(axes, "axes"), len(left), len(right))
    dims = [dim for i, dim in enumerate(left) if i not in of_a]
    dims += [dim for i, dim in enumerate(right) if i not in of_b]
    return array(promote(map(array_type, types)), tuple(dims))


@operation(np.trace, np.ndarray.trace)
def _trace_type(a: Type) -> Type:
    operand = numeric(a)
    dims = dims_of(operand)
    dtype = promote([array_type(operand)])
    if dims is None or dtype is None:
        return UNKNOWN
    return result(widened(dtype), dims[2:])


# --- matmul and dot -----------------------------------------------------------------------------


@vjp(np.matmul, operator.matmul)
def matmul(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(y_bar) == 0:
        return y_bar * b, y_bar * a
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return of_left(y_bar, a, b), of_right(y_bar, a, b)
    if np.ndim(b) == 1:
        return y_bar[..., None] * b, over_rows(y_bar, a, b)
    if np.ndim(a) == 1:
        columns = (b @ y_bar[..., None])[..., 0]
        return unbroadcast(columns, a), a[:, None] * y_bar[..., None, :]
    if np.ndim(b) == 2:
        return y_bar @ b.T, over_rows(y_bar, a, b)
    a_bar = unbroadcast(y_bar @ b.swapaxes(-1, -2), a)
    return a_bar, unbroadcast(a.swapaxes(-1, -2) @ y_bar, b)


def of_left(y_bar: Any, a: Any, b: Any) -> Any:
    """The cotangent of a vector or matrix ``a`` in ``a @ b``."""
    if np.ndim(b) == 1:
        return y_bar * b if np.ndim(a) == 1 else y_bar[:, None] * b
    return b @ y_bar if np.ndim(a) == 1 else y_bar @ b.T


def of_right(y_bar: Any, a: Any, b: Any) -> Any:
    """The cotangent of a vector or matrix ``b`` in ``a @ b``."""
    if np.ndim(a) == 1:
        return y_bar * a if np.ndim(b) == 1 else a[:, None] * y_bar
    # A vector has no transpose to take, and is its own row.
    return y_bar @ a if np.ndim(b) == 1 else a.T @ y_bar


def over_rows(y_bar: Any, a: Any, b: Any) -> Any:
    """The cotangent of a vector or matrix ``b`` that multiplies each row of ``a``, of any rank."""
    if may_take_few(b, None, 0) and is_constant(np.ndim(a)):
        rows = span(0, np.ndim(a) - 1)  # a reshape does not count those that have no elements
        return np.tensordot(a, y_bar, (rows, rows))
    flat = a.reshape(-1, a.shape[-1])
    return y_bar.ravel() @ flat if np.ndim(b) == 1 else flat.T @ y_bar.reshape(-1, b.shape[-1])


@vjp(np.dot, np.ndarray.dot)
def dot(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(y_bar * b, a), unbroadcast(y_bar * a, b)
    if np.ndim(y_bar) == 0:
        return y_bar * b, y_bar * a
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return of_left(y_bar, a, b), of_right(y_bar, a, b)
    if np.ndim(b) == 1:
        return y_bar[..., None] * b, over_rows(y_bar, a, b)
    return tensor_product(y_bar, a, b, (np.ndim(a) - 1,), (np.ndim(b) - 2,))


@vjp(np.inner)
def inner(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(y_bar * b, a), unbroadcast(y_bar * a, b)
    if np.ndim(y_bar) == 0:
        return y_bar * b, y_bar * a
    if np.ndim(a) == 2 and np.ndim(b) == 2:
        return y_bar @ b, y_bar.T @ a
    return tensor_product(y_bar, a, b, (np.ndim(a) - 1,), (np.ndim(b) - 1,))


@vjp(np.outer)
def outer(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    a_bar = y_bar @ np.ravel(b)
    b_bar = np.ravel(a) @ y_bar
    return reshaped(a_bar, a), reshaped(b_bar, b)


def reshaped(flat: Any, x: Any) -> Any:
    """A vector in the shape of ``x``."""
    if np.ndim(x) == 0:
        return flat[0]
    return flat if np.ndim(x) == 1 else flat.reshape(x.shape)


@vjp(np.vdot)
def vdot(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    return y_bar * as_shaped(b, a), y_bar * as_shaped(a, b)


def as_shaped(x: Any, like: Any) -> Any:
    """``x`` in the shape of ``like``."""
    if np.ndim(x) == 0 or (np.ndim(x) == 1 and np.ndim(like) == 1):
        return x
    return x.reshape(like.shape)


@vjp(np.trace, np.ndarray.trace)
def trace(y_bar: Any, y: Any, a: Any) -> Any:
    if np.ndim(a) != 2:
        refuse("the derivative of trace covers matrices only")
    return y_bar * np.eye(a.shape[0], a.shape[1], dtype=a.dtype)


# --- tensordot and kron -------------------------------------------------------------------------


@compile_time
def contracted(axes: Any, a_ndim: int, b_ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of the operands that ``np.tensordot(a, b, axes)`` sums over."""
    if isinstance(axes, int | np.integer):
        return tuple(range(a_ndim - int(axes), a_ndim)), tuple(range(int(axes)))
    of_a, of_b = (one if isinstance(one, Sequence) else (one,) for one in axes)
    return tuple(int(i) % a_ndim for i in of_a), tuple(int(i) % b_ndim for i in of_b)


@compile_time
def remaining(axes: Any, ndim: int) -> tuple[int, ...]:
    """The axes that are not among ``axes``."""
    return tuple(i for i in range(ndim) if i not in axes)


@compile_time
def ascending(axes: Any, others: Any) -> tuple[int, ...]:
    """Those of ``axes``, as positions, in the order in which ``others`` ascend."""
    return tuple(axes[i] for i in np.argsort(others))


@vjp(np.tensordot)
def tensordot(y_bar: Any, y: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    both = contracted(axes, np.ndim(a), np.ndim(b))
    return tensor_product(y_bar, a, b, both[0], both[1])


def tensor_product(y_bar: Any, a: Any, b: Any, of_a: Any, of_b: Any) -> Any:
    """The cotangents of a product that sums over axes ``of_a`` of ``a`` and ``of_b`` of ``b``."""
    free_a, free_b = remaining(of_a, np.ndim(a)), remaining(of_b, np.ndim(b))
    from_a = span(0, len(free_a))
    from_b = span(len(free_a), len(free_a) + len(free_b))
    a_bar = np.tensordot(y_bar, b, (from_b, free_b))
    b_bar = np.tensordot(a, y_bar, (free_a, from_a))
    a_order = free_a + ascending(of_a, of_b)
    b_order = ascending(of_b, of_a) + free_b
    return permuted(a_bar, inverse_permutation(a_order)), permuted(
        b_bar, inverse_permutation(b_order)
    )


def permuted(x: Any, axes: Any) -> Any:
    """``x`` with its axes permuted, if they are not in order already."""
    return x if axes == span(0, np.ndim(x)) else x.transpose(axes)


@vjp(np.kron)
def kron(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        blocks = y_bar.reshape(a.shape[0], b.shape[0])
        return blocks @ b, a @ blocks
    if np.ndim(a) != 2 or np.ndim(b) != 2:
        refuse("the derivative of kron covers two vectors or two matrices")
    tiles = y_bar.reshape(a.shape[0], b.shape[0], a.shape[1], b.shape[1])
    return np.einsum("ijkl,jl->ik", tiles, b), np.einsum("ijkl,ik->jl", tiles, a)

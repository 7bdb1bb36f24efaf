"""Products of matrices and vectors, at every rank that NumPy allows."""

from __future__ import annotations

import operator
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import compile_time, expand, refuse, unbroadcast
from srcgrad.ir.ops import Memory, operation, vjp
from srcgrad.ir.shapes import (
    FALSE,
    TWO,
    Dims,
    array,
    array_type,
    broadcast,
    numeric,
    promote,
    result,
    total,
    value_of,
)
from srcgrad.ir.types import UNKNOWN, Dim, Type, dims_of
from srcgrad.rules.axes import Index, inverse_permutation, span

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
    return UNKNOWN if dims is None else result(promote([array_type(operand)]), dims[2:])


# --- matmul and dot -----------------------------------------------------------------------------


@vjp(np.matmul, operator.matmul)
def matmul(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return of_left(y_bar, a, b), of_right(y_bar, a, b)
    if np.ndim(b) == 1:
        rows, flat = y_bar.ravel(), a.reshape(-1, a.shape[-1])
        return y_bar[..., None] * b, rows @ flat
    if np.ndim(a) == 1:
        columns = (b @ y_bar[..., None])[..., 0]
        return unbroadcast(columns, a), a[:, None] * y_bar[..., None, :]
    if np.ndim(b) == 2:
        flat = a.reshape(-1, a.shape[-1])
        return y_bar @ b.T, flat.T @ y_bar.reshape(-1, b.shape[-1])
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
    return a.T @ y_bar


@vjp(np.dot, np.ndarray.dot)
def dot(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(y_bar * b, a), unbroadcast(y_bar * a, b)
    if np.ndim(a) <= 2 and np.ndim(b) <= 2:
        return of_left(y_bar, a, b), of_right(y_bar, a, b)
    if np.ndim(b) == 1:
        rows, flat = y_bar.ravel(), a.reshape(-1, a.shape[-1])
        return y_bar[..., None] * b, rows @ flat
    return tensor_product(y_bar, a, b, (np.ndim(a) - 1,), (np.ndim(b) - 2,))


@vjp(np.inner)
def inner(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return unbroadcast(y_bar * b, a), unbroadcast(y_bar * a, b)
    if np.ndim(a) == 1 and np.ndim(b) == 1:
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


# --- einsum -------------------------------------------------------------------------------------


@compile_time
def parsed(subscripts: str) -> tuple[tuple[str, ...], str]:
    """The labels of each operand and of the result; ellipses are none of them.

    Examples
    --------
    >>> parsed("ij, jk")
    (('ij', 'jk'), 'ik')
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        labels = inputs.replace(",", "")
        output = "".join(sorted(c for c in set(labels) if labels.count(c) == 1))
    return tuple(inputs.split(",")), output


@operation(np.einsum, memory=Memory.MAYBE_VIEW)
def _einsum_type(subscripts: Type, *operands: Type, optimize: Type = FALSE) -> Type:
    text = value_of(subscripts, "subscripts")
    types = [array_type(operand) for operand in operands]
    if not isinstance(text, str) or "." in text:
        return UNKNOWN
    inputs, output = parsed(text)
    dims: dict[str, Dim] = {}
    for labels, type_ in zip(inputs, types, strict=False):
        shape = dims_of(type_)
        if shape is None or len(shape) != len(labels):
            return UNKNOWN
        for label, dim in zip(labels, shape, strict=True):
            merged: Dims | None = broadcast((dims.get(label, 1),), (dim,))
            dims[label] = merged[0] if merged else None
    return result(promote(types), tuple(dims[label] for label in output))


@compile_time
def has_ellipsis(subscripts: str) -> bool:
    return "." in subscripts


@compile_time
def plan(subscripts: str, i: int) -> tuple[str, tuple[int, ...], Index]:
    """How the cotangent of operand ``i`` of an ``einsum`` is itself an ``einsum``.

    Its operands are the cotangent of the result, the other operands, and an identity matrix for
    each label that operand ``i`` repeats.

    Returns
    -------
    subscripts : str
    diagonals : tuple of int
        The axes of the operand for whose lengths identity matrices are needed.
    index : tuple
        What gives the result an axis for each label that nothing but the operand has; it is
        broadcast along those.  Empty if there are none.
    """
    inputs, output = parsed(subscripts)
    spare = [c for c in string.ascii_letters if c not in subscripts]
    own, diagonals, eyes = "", [], []
    for axis, label in enumerate(inputs[i]):
        if label in own:
            twin = spare.pop()
            eyes.append(label + twin)
            diagonals.append(axis)
            label = twin
        own += label
    others = [output, *inputs[:i], *inputs[i + 1 :], *eyes]
    present = set("".join(others))
    kept = "".join(c for c in own if c in present)
    index = tuple(slice(None) if c in present else None for c in own) if kept != own else ()
    return f"{','.join(others)}->{kept}", tuple(diagonals), index


@vjp(np.einsum)
def einsum(y_bar: Any, y: Any, subscripts: Any, *operands: Any, optimize: Any = False) -> Any:
    if has_ellipsis(subscripts):
        refuse("the derivative of einsum covers subscripts without an ellipsis")
    bars: Any = []
    for i in span(0, len(operands)):
        rest = operands[:i] + operands[i + 1 :]
        bars = [*bars, einsum_bar(y_bar, subscripts, i, operands[i], rest, optimize)]
    return None, bars


def einsum_bar(y_bar: Any, subscripts: Any, i: Any, x: Any, rest: Any, optimize: Any) -> Any:
    """The cotangent of one operand ``x``, number ``i``."""
    steps = plan(subscripts, i)
    for axis in steps[1]:
        rest = (*rest, np.eye(np.shape(x)[axis], dtype=bool))
    if optimize is False:
        v = np.einsum(steps[0], y_bar, *rest)
    else:
        v = np.einsum(steps[0], y_bar, *rest, optimize=optimize)
    if np.ndim(x) == 0:
        return v
    if len(steps[2]) > 0:
        v = v[steps[2]] if np.ndim(v) > 0 else v
        return expand(v, x)
    return unbroadcast(v, x)


"""Reductions along axes: sums, means, products, extrema and moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import expand, refuse, scatter_add
from srcgrad.ir.ops import Memory, operation, vjp, zero_derivative
from srcgrad.ir.shapes import (
    FALSE,
    LAST,
    NONE,
    ONE,
    ZERO,
    array,
    axes_from,
    dtype_from,
    is_none,
    numeric,
    result,
    shifted,
    total,
    value_of,
)
from srcgrad.ir.types import BOOL, FLOAT64, INT64, UNKNOWN, Scalar, Type, dims_of, dtype_of
from srcgrad.rules.axes import along, backwards, normalized, reinsertion, trailing
from srcgrad.rules.elementwise import nonzero

# --- result types -------------------------------------------------------------------------------


def _same(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of sums and products: integers are widened to the machine's."""
    if dtype.kind == "u":
        return np.result_type(dtype, np.uint64)
    return np.result_type(dtype, np.int64) if dtype.kind in "bi" else dtype


def _inexact(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.kind in "fc" else FLOAT64


def _index(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return INT64


def _truth(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return BOOL


def reduced(a: Type, axis: Type, keepdims: Type, dtype: np.dtype[Any] | None) -> Type:
    """The type of a reduction of ``a`` to ``dtype`` along ``axis``."""
    dims = dims_of(numeric(a))
    if dims is None or dtype is None:
        return UNKNOWN
    axes = axes_from(axis, len(dims))
    if axes is None:
        return UNKNOWN
    if value_of(keepdims, "keepdims"):
        return result(dtype, tuple(1 if i in axes else dim for i, dim in enumerate(dims)))
    return result(dtype, tuple(dim for i, dim in enumerate(dims) if i not in axes))


Dtypes = Callable[[np.dtype[Any]], np.dtype[Any]]


def _dtype(a: Type, dtypes: Dtypes) -> np.dtype[Any] | None:
    given = dtype_of(numeric(a))
    return None if given is None else dtypes(given)


def _with_dtype(dtypes: Dtypes) -> Callable[..., Type]:
    def infer(
        a: Type, axis: Type = NONE, dtype: Type = NONE, out: Type = NONE, keepdims: Type = FALSE
    ) -> Type:
        if not is_none(out):
            return UNKNOWN
        return reduced(a, axis, keepdims, dtype_from(dtype, _dtype(a, dtypes)))

    return infer


def _without_dtype(dtypes: Dtypes) -> Callable[..., Type]:
    def infer(a: Type, axis: Type = NONE, out: Type = NONE, keepdims: Type = FALSE) -> Type:
        return reduced(a, axis, keepdims, _dtype(a, dtypes)) if is_none(out) else UNKNOWN

    return infer


def _reduce_method(dtypes: Dtypes) -> Callable[..., Type]:
    def infer(
        a: Type, axis: Type = ZERO, dtype: Type = NONE, out: Type = NONE, keepdims: Type = FALSE
    ) -> Type:
        if not is_none(out):
            return UNKNOWN
        return reduced(a, axis, keepdims, dtype_from(dtype, _dtype(a, dtypes)))

    return infer


operation(np.sum, np.ndarray.sum, np.prod, np.ndarray.prod)(_with_dtype(_wide))
operation(np.mean, np.ndarray.mean)(_with_dtype(_inexact))
operation(np.max, np.amax, np.ndarray.max, np.min, np.amin, np.ndarray.min)(_without_dtype(_same))
operation(np.all, np.ndarray.all, np.any, np.ndarray.any)(_without_dtype(_truth))
operation(np.argmax, np.ndarray.argmax, np.argmin, np.ndarray.argmin)(_without_dtype(_index))
operation(np.add.reduce, np.multiply.reduce)(_reduce_method(_wide))
operation(np.maximum.reduce, np.minimum.reduce)(_reduce_method(_same))
operation(np.logical_and.reduce, np.logical_or.reduce)(_reduce_method(_truth))


@operation(np.var, np.ndarray.var, np.std, np.ndarray.std)
def _moment_type(
    a: Type,
    axis: Type = NONE,
    dtype: Type = NONE,
    out: Type = NONE,
    ddof: Type = ZERO,
    keepdims: Type = FALSE,
) -> Type:
    if not is_none(out):
        return UNKNOWN
    return reduced(a, axis, keepdims, dtype_from(dtype, _dtype(a, _inexact)))


@operation(np.count_nonzero)
def _count_type(a: Type, axis: Type = NONE, *, keepdims: Type = FALSE) -> Type:
    if is_none(axis) and not value_of(keepdims, "keepdims"):
        return Scalar(INT64, None)  # Python's int before NumPy 2.4
    return reduced(a, axis, keepdims, INT64)


@operation(np.ptp)
def _ptp_type(a: Type, axis: Type = NONE, out: Type = NONE, keepdims: Type = FALSE) -> Type:
    return reduced(a, axis, keepdims, _dtype(a, _same)) if is_none(out) else UNKNOWN


@operation(np.cumsum, np.ndarray.cumsum, np.cumprod, np.ndarray.cumprod)
def _cumulative_type(a: Type, axis: Type = NONE, dtype: Type = NONE) -> Type:
    dims = dims_of(numeric(a))
    found = dtype_from(dtype, _dtype(a, _wide))
    if dims is None:
        return UNKNOWN
    return array(found, (total(dims),) if is_none(axis) else dims)


@operation(np.diff, memory=Memory.MAYBE_VIEW)
def _diff_type(a: Type, n: Type = ONE, axis: Type = LAST) -> Type:
    dims = dims_of(numeric(a))
    if dims is None:
        return UNKNOWN
    axes, order = axes_from(axis, len(dims)), value_of(n, "n")
    if axes is None:
        return UNKNOWN
    shorter = (shifted(dim, -order) if i in axes else dim for i, dim in enumerate(dims))
    return array(_dtype(a, _same), tuple(shorter))


@operation(np.argsort, np.ndarray.argsort)
def _argsort_type(a: Type, axis: Type = LAST) -> Type:
    dims = dims_of(numeric(a))
    if dims is None:
        return UNKNOWN
    return array(INT64, (total(dims),) if is_none(axis) else dims)


zero_derivative(
    [
        np.all, np.ndarray.all, np.any, np.ndarray.any, np.argmax, np.ndarray.argmax, np.argmin,
        np.ndarray.argmin, np.logical_and.reduce, np.logical_or.reduce, np.count_nonzero,
        np.argsort, np.ndarray.argsort, np.nonzero, np.ndarray.nonzero,
    ]
)  # fmt: skip


# --- what the rules share -----------------------------------------------------------------------


def restored(v: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """``v``, of the shape of a reduction of ``a``, with the lost axes back as length one."""
    if keepdims or axis is None or np.ndim(v) == 0:
        return v
    index = reinsertion(axis, np.ndim(a))
    return v if index is None else v[index]


def count(a: Any, axis: Any) -> Any:
    """How many elements of ``a`` go into each element of a reduction."""
    if axis is None:
        return np.size(a)
    number = 1
    for i in normalized(axis, np.ndim(a)):
        number = number * np.shape(a)[i]
    return number


# --- sums and means -----------------------------------------------------------------------------


@vjp(np.sum, np.ndarray.sum)
def sum_(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return expand(restored(y_bar, a, axis, keepdims), a)


@vjp(np.add.reduce)
def add_reduce(y_bar: Any, y: Any, a: Any, axis: Any = 0, keepdims: Any = False) -> Any:
    return expand(restored(y_bar, a, axis, keepdims), a)


@vjp(np.mean, np.ndarray.mean)
def mean(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    if np.ndim(a) == 0:
        return y_bar
    return expand(restored(y_bar / count(a, axis), a, axis, keepdims), a)


@vjp(np.var, np.ndarray.var)
def var(y_bar: Any, y: Any, a: Any, axis: Any = None, ddof: Any = 0, keepdims: Any = False) -> Any:
    scale = y_bar * (2 / freedom(a, axis, ddof))
    return restored(scale, a, axis, keepdims) * deviation(a, axis)


@vjp(np.std, np.ndarray.std)
def std(y_bar: Any, y: Any, a: Any, axis: Any = None, ddof: Any = 0, keepdims: Any = False) -> Any:
    scale = y_bar / nonzero(y) / freedom(a, axis, ddof)
    return restored(scale, a, axis, keepdims) * deviation(a, axis)


def freedom(a: Any, axis: Any, ddof: Any) -> Any:
    """The divisor of a variance."""
    return count(a, axis) if ddof == 0 else count(a, axis) - ddof


def deviation(a: Any, axis: Any) -> Any:
    """``a`` less its mean."""
    if np.ndim(a) == 0:
        return 0.0 * a
    if axis is None:
        return a - a.mean()
    return a - a.mean(axis=axis, keepdims=True)


# --- extrema ------------------------------------------------------------------------------------


@vjp(np.max, np.amax, np.ndarray.max, np.min, np.amin, np.ndarray.min)
def extremum(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return among_ties(y_bar, y, a, axis, keepdims)


@vjp(np.maximum.reduce, np.minimum.reduce)
def extremum_reduce(y_bar: Any, y: Any, a: Any, axis: Any = 0, keepdims: Any = False) -> Any:
    return among_ties(y_bar, y, a, axis, keepdims)


def among_ties(y_bar: Any, y: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """``y_bar`` split evenly among the elements of ``a`` that are equal to ``y``."""
    if np.ndim(a) == 0:
        return y_bar
    ties = a == restored(y, a, axis, keepdims)
    if y.dtype != np.float64:
        # A count of 64 bits would widen the quotient.
        share = y_bar / ties.sum(axis=axis, dtype=y.dtype, keepdims=keepdims)
    elif np.ndim(y) == 0:
        share = y_bar / np.count_nonzero(ties)
    else:
        share = y_bar / ties.sum(axis=axis, keepdims=keepdims)
    return ties * restored(share, a, axis, keepdims)


@vjp(np.ptp)
def ptp(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    if np.ndim(a) == 0:
        return 0.0 * y_bar
    largest = among_ties(y_bar, a.max(axis=axis, keepdims=keepdims), a, axis, keepdims)
    return largest - among_ties(y_bar, a.min(axis=axis, keepdims=keepdims), a, axis, keepdims)


# --- products -----------------------------------------------------------------------------------


@vjp(np.prod, np.ndarray.prod)
def prod(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return product(y_bar, y, a, axis, keepdims)


@vjp(np.multiply.reduce)
def multiply_reduce(y_bar: Any, y: Any, a: Any, axis: Any = 0, keepdims: Any = False) -> Any:
    return product(y_bar, y, a, axis, keepdims)


def product(y_bar: Any, y: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """The cotangent of a product; dividing by the factor needs one that is not zero."""
    if np.ndim(a) == 0:
        return y_bar
    if a.all():
        return restored(y_bar * y, a, axis, keepdims) / a
    return restored(y_bar, a, axis, keepdims) * products_of_others(a, axis)


def products_of_others(a: Any, axis: Any) -> Any:
    """For each element, the product of all the others along ``axis``.

    Without a division, so that it is exact where elements are zero, and its derivatives too; it
    takes memory quadratic in the length of the axis.
    """
    axes = normalized(axis, np.ndim(a))
    n = count(a, axis)
    if len(axes) == np.ndim(a):
        others = np.where(np.eye(n, dtype=bool), 1, a.ravel()).prod(axis=1)
        return others.reshape(a.shape)
    last = trailing(len(axes))
    moved = np.moveaxis(a, axes, last)
    rows = moved.reshape((*moved.shape[: moved.ndim - len(axes)], 1, n))
    others = np.where(np.eye(n, dtype=bool), 1, rows).prod(axis=-1)
    return np.moveaxis(others.reshape(moved.shape), last, axes)


# --- cumulative ---------------------------------------------------------------------------------


@vjp(np.cumsum, np.ndarray.cumsum)
def cumsum(y_bar: Any, y: Any, a: Any, axis: Any = None) -> Any:
    return summed_backwards(y_bar, a, axis)


def summed_backwards(v: Any, a: Any, axis: Any) -> Any:
    """The sum of what follows each element, itself included."""
    if axis is None:
        sums = v[::-1].cumsum()[::-1]
        return sums if np.ndim(a) == 1 else sums.reshape(np.shape(a))
    index = backwards(axis, np.ndim(a))
    return v[index].cumsum(axis=axis)[index]


@vjp(np.cumprod, np.ndarray.cumprod)
def cumprod(y_bar: Any, y: Any, a: Any, axis: Any = None) -> Any:
    if np.ndim(a) != 1:
        refuse("the derivative of cumprod covers one dimension only")
    if a.all():
        return (y_bar * y)[::-1].cumsum()[::-1] / a
    # Entry (i, k) of the matrix is the product of the elements up to k without the i-th.
    n = len(a)
    without = np.where(np.eye(n, dtype=bool), 1, a)
    until = np.tri(n, dtype=bool)
    products = np.where(until[:, None, :], without[None, :, :], 1).prod(axis=2)
    return np.where(until.T, products.T, 0) @ y_bar


@vjp(np.diff)
def diff(y_bar: Any, y: Any, a: Any, n: Any = 1, axis: Any = -1) -> Any:
    if n != 1:
        refuse("the derivative of diff covers n=1 only")
    after = along(axis, np.ndim(a), 1, None)
    before = along(axis, np.ndim(a), None, -1)
    return scatter_add(a, after, y_bar) - scatter_add(a, before, y_bar)

"""Reductions along axes: sums, means, products, extrema and moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import (
    cast,
    expand,
    is_active,
    select,
    unbroadcast,
)
from srcgrad.ir.ops import Memory, operation, vjp, zero_derivative
from srcgrad.ir.shapes import (
    FALSE,
    LAST,
    NONE,
    ONE,
    TRUE,
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
from srcgrad.ir.types import BOOL, FLOAT64, INT64, UNKNOWN, Known, Scalar, Type, dims_of, dtype_of
from srcgrad.rules.axes import normalized, reinsertion
from srcgrad.rules.elementwise import nonzero, truth
from srcgrad.rules.static import is_numpys, may_take_few

# --- result types -------------------------------------------------------------------------------


def _same(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype


def widened(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of sums and products: integers are widened to the machine's."""
    if dtype.kind == "u":
        return np.result_type(dtype, np.uint64)
    return np.result_type(dtype, np.int64) if dtype.kind in "bi" else dtype


def _inexact(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.kind in "fc" else FLOAT64


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


def _with_dtype(dtypes: Dtypes, axes: Type = NONE) -> Callable[..., Type]:
    """The type of a reduction with a ``dtype``, along ``axes`` if none are named."""

    def infer(
        a: Type,
        axis: Type = axes,
        dtype: Type = NONE,
        out: Type = NONE,
        keepdims: Type = FALSE,
        initial: Type = NONE,
        where: Type = TRUE,
    ) -> Type:
        if not is_none(out):
            return UNKNOWN
        return reduced(a, axis, keepdims, dtype_from(dtype, _dtype(a, dtypes)))

    return infer


def _without_dtype(dtypes: Dtypes) -> Callable[..., Type]:
    def infer(
        a: Type,
        axis: Type = NONE,
        out: Type = NONE,
        keepdims: Type = FALSE,
        initial: Type = NONE,
        where: Type = TRUE,
    ) -> Type:
        return reduced(a, axis, keepdims, _dtype(a, dtypes)) if is_none(out) else UNKNOWN

    return infer


def _of_truth(
    a: Type, axis: Type = NONE, out: Type = NONE, keepdims: Type = FALSE, *, where: Type = TRUE
) -> Type:
    return reduced(a, axis, keepdims, BOOL) if is_none(out) else UNKNOWN


def _of_index(a: Type, axis: Type = NONE, out: Type = NONE, *, keepdims: Type = FALSE) -> Type:
    return reduced(a, axis, keepdims, INT64) if is_none(out) else UNKNOWN


operation(np.sum, np.ndarray.sum, np.prod, np.ndarray.prod)(_with_dtype(widened))
operation(np.nansum, np.nanprod)(_with_dtype(widened))
operation(np.max, np.amax, np.ndarray.max, np.min, np.amin, np.ndarray.min)(_without_dtype(_same))
operation(np.nanmax, np.nanmin)(_without_dtype(_same))
operation(np.all, np.ndarray.all, np.any, np.ndarray.any)(_of_truth)
operation(np.argmax, np.ndarray.argmax, np.argmin, np.ndarray.argmin)(_of_index)
operation(np.nanargmax, np.nanargmin)(_of_index)
operation(np.add.reduce, np.multiply.reduce)(_with_dtype(widened, ZERO))
operation(np.maximum.reduce, np.minimum.reduce)(_with_dtype(_same, ZERO))
operation(np.logical_and.reduce, np.logical_or.reduce)(_with_dtype(_truth, ZERO))


@operation(np.mean, np.ndarray.mean, np.nanmean)
def _mean_type(
    a: Type,
    axis: Type = NONE,
    dtype: Type = NONE,
    out: Type = NONE,
    keepdims: Type = FALSE,
    *,
    where: Type = TRUE,
) -> Type:
    if not is_none(out):
        return UNKNOWN
    return reduced(a, axis, keepdims, dtype_from(dtype, _dtype(a, _inexact)))


@operation(np.var, np.ndarray.var, np.std, np.ndarray.std, np.nanvar, np.nanstd)
def _moment_type(
    a: Type,
    axis: Type = NONE,
    dtype: Type = NONE,
    out: Type = NONE,
    ddof: Type = ZERO,
    keepdims: Type = FALSE,
    *,
    where: Type = TRUE,
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
    found = dtype_from(dtype, _dtype(a, widened))
    if dims is None:
        return UNKNOWN
    return array(found, (total(dims),) if is_none(axis) or not dims else dims)


def _diff_memory(a: Type, n: Type = ONE, axis: Type = LAST) -> Memory:
    """Differences of order zero are the array itself."""
    order = n.value if isinstance(n, Known) else n
    return Memory.FRESH if isinstance(order, int) and order != 0 else Memory.MAYBE_VIEW


@operation(np.diff, memory=_diff_memory)
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
def _argsort_type(a: Type, axis: Type = LAST, kind: Type = NONE) -> Type:
    dims = dims_of(numeric(a))
    if dims is None:
        return UNKNOWN
    return array(INT64, (total(dims),) if is_none(axis) or not dims else dims)


zero_derivative(
    [
        np.all, np.ndarray.all, np.any, np.ndarray.any, np.argmax, np.ndarray.argmax, np.argmin,
        np.ndarray.argmin, np.logical_and.reduce, np.logical_or.reduce, np.count_nonzero,
        np.argsort, np.ndarray.argsort, np.nonzero, np.ndarray.nonzero, np.nanargmax, np.nanargmin,
    ]
)  # fmt: skip


# --- what the rules share -----------------------------------------------------------------------


def restored(v: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """``v``, of the shape of a reduction of ``a``, with the lost axes back as length one."""
    if keepdims or axis is None or np.ndim(v) == 0:
        return v
    index = reinsertion(axis, np.ndim(a))
    return v if index is None else v[index]


def passed(v: Any, a: Any, where: Any) -> Any:
    """A cotangent ``v``, to be broadcast to ``a``, where elements of ``a`` took part."""
    return expand(v, a) if where is True else select(where, expand(v, a))


def whole(v: Any, initial: Any) -> Any:
    """The cotangent of the number that a reduction begins with: the sum of what ``v`` has."""
    return unbroadcast(v, initial) if is_active(initial) else None


def count(a: Any, axis: Any) -> Any:
    """How many elements of ``a`` go into each element of a reduction."""
    if axis is None:
        return np.size(a)
    number = 1
    for i in normalized(axis, np.ndim(a)):
        number = number * np.shape(a)[i]
    return number


def taken(y: Any, a: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """How many elements of ``a`` have gone into each element of the reduction ``y``."""
    if where is True:
        return count(a, axis)
    number = number_of_true(np.broadcast_to(where, np.shape(a)), y, axis, keepdims)
    return number if is_numpys(number) else cast(number, y)


# --- sums and means -----------------------------------------------------------------------------


@vjp(np.sum, np.ndarray.sum)
def sum_(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a_bar = passed(restored(y_bar, a, axis, keepdims), a, where)
    return a_bar, None, None, None, whole(y_bar, initial)


@vjp(np.add.reduce)
def add_reduce(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a_bar = passed(restored(y_bar, a, axis, keepdims), a, where)
    return a_bar, None, None, None, whole(y_bar, initial)


@vjp(np.mean, np.ndarray.mean)
def mean(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    where: Any = True,
) -> Any:
    if np.ndim(a) == 0:
        return y_bar if where is True else select(where, y_bar)
    share = y_bar / freedom(y, a, axis, 0, keepdims, where)
    return passed(restored(share, a, axis, keepdims), a, where)


@vjp(np.var, np.ndarray.var)
def var(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
) -> Any:
    scale = y_bar * (2 / freedom(y, a, axis, ddof, keepdims, where))
    return among(where, restored(scale, a, axis, keepdims) * deviation(a, axis, where))


@vjp(np.std, np.ndarray.std)
def std(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
) -> Any:
    scale = y_bar / nonzero(y) / freedom(y, a, axis, ddof, keepdims, where)
    return among(where, restored(scale, a, axis, keepdims) * deviation(a, axis, where))


def among(where: Any, v: Any) -> Any:
    """``v`` for the elements that took part."""
    return v if where is True else select(where, v)


def freedom(y: Any, a: Any, axis: Any, ddof: Any, keepdims: Any, where: Any) -> Any:
    """The divisor of a mean or variance ``y``, which is zero if there are too few elements."""
    number = taken(y, a, axis, keepdims, where)
    if where is not True:
        return number if ddof == 0 else np.maximum(number - ddof, 0)
    if may_take_few(a, axis, ddof):
        return cast(number if ddof == 0 else max(number - ddof, 0), y)
    return number if ddof == 0 else number - ddof


def deviation(a: Any, axis: Any, where: Any) -> Any:
    """``a`` less its mean."""
    if np.ndim(a) == 0:
        return 0.0 * a
    if where is not True:
        return a - a.mean(axis=axis, keepdims=True, where=where)
    if axis is None:
        return a - a.mean()
    return a - a.mean(axis=axis, keepdims=True)


# --- extrema ------------------------------------------------------------------------------------


@vjp(np.max, np.amax, np.ndarray.max, np.min, np.amin, np.ndarray.min)
def extremum(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a_bar, initial_bar = extremum_from(y_bar, y, a, axis, keepdims, initial, where)
    return a_bar, None, None, initial_bar


@vjp(np.maximum.reduce, np.minimum.reduce)
def extremum_reduce(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = 0,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a_bar, initial_bar = extremum_from(y_bar, y, a, axis, keepdims, initial, where)
    return a_bar, None, None, initial_bar


def extremum_from(
    y_bar: Any, y: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> Any:
    """The cotangents of the elements and of the first value of an extremum.

    A first value that is differentiated takes part like an element; one that is not is a constant,
    against which an element that equals it loses.
    """
    if initial is None:
        return among_ties(y_bar, y, a, axis, keepdims, where), None
    ties = a == restored(y, a, axis, keepdims)
    if where is not True:
        ties = ties & truth(where)
    number = number_of_true(ties, y, axis, keepdims)
    if is_active(initial):
        share = y_bar / (number + (y == initial))
        initial_bar = unbroadcast(select(y == initial, share), initial)
        return ties * restored(share, a, axis, keepdims), initial_bar
    share = select(y != initial, y_bar / np.maximum(number, 1))
    return ties * restored(share, a, axis, keepdims), None


def among_ties(y_bar: Any, y: Any, a: Any, axis: Any, keepdims: Any, where: Any = True) -> Any:
    """``y_bar`` split evenly among the elements of ``a`` that are equal to ``y``."""
    if np.ndim(a) == 0:
        return y_bar
    ties = a == restored(y, a, axis, keepdims)
    if where is not True:
        ties = ties & truth(where)
    share = y_bar / number_of_true(ties, y, axis, keepdims)
    return ties * restored(share, a, axis, keepdims)


def number_of_true(mask: Any, y: Any, axis: Any, keepdims: Any) -> Any:
    """How many elements of a mask are true, for each element of the reduction ``y``."""
    if y.dtype != np.float64:
        # A count of 64 bits would widen a quotient.
        if keepdims:
            return mask.sum(axis=axis, dtype=y.dtype, keepdims=True)
        return mask.sum(axis=axis, dtype=y.dtype)
    if np.ndim(y) == 0:
        return np.count_nonzero(mask)
    return mask.sum(axis=axis, keepdims=True) if keepdims else mask.sum(axis=axis)


@vjp(np.median)
def median(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    if np.ndim(a) == 0:
        return y_bar
    if may_take_few(a, axis, 0) and np.size(a) == 0:
        return np.zeros_like(a)
    # In the middle of an even number are the last element below the median and the first above.
    share, middle = y_bar / 2, restored(y, a, axis, keepdims)
    lower = reduction(np.max, np.where(a <= middle, a, -np.inf), axis, keepdims)
    upper = reduction(np.min, np.where(a >= middle, a, np.inf), axis, keepdims)
    lower_bar = among_ties(share, lower, a, axis, keepdims)
    return lower_bar + among_ties(share, upper, a, axis, keepdims)


def reduction(of: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """A reduction, called with no more than it has to be told."""
    if keepdims:
        return of(a, axis=axis, keepdims=True)
    return of(a) if axis is None else of(a, axis=axis)


@vjp(np.ptp)
def ptp(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    if np.ndim(a) == 0:
        return 0.0 * y_bar
    largest = among_ties(y_bar, a.max(axis=axis, keepdims=keepdims), a, axis, keepdims)
    return largest - among_ties(y_bar, a.min(axis=axis, keepdims=keepdims), a, axis, keepdims)

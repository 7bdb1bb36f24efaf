"""``np.average``: means, and sums with weights that are divided by the sum of those."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.errors import CertainError
from srcgrad.ir.intrinsics import cast, compile_time, is_active, refuse, unbroadcast
from srcgrad.ir.ops import operation, vjp
from srcgrad.ir.shapes import FALSE, NONE, array_type, is_none, value_of
from srcgrad.ir.types import FLOAT64, UNKNOWN, Type, dtype_of, ndim_of
from srcgrad.rules.axes import Index, normalized
from srcgrad.rules.reductions import mean, reduced, restored


@operation(np.average)
def _average_type(
    a: Type,
    axis: Type = NONE,
    weights: Type = NONE,
    returned: Type = FALSE,
    *,
    keepdims: Type = FALSE,
) -> Type:
    dtype = dtype_of(array_type(a))
    if dtype is None or value_of(returned, "returned"):
        return UNKNOWN
    found = [dtype, FLOAT64] if dtype.kind in "biu" else [dtype]
    if not is_none(weights):
        other = dtype_of(array_type(weights))
        if other is None:
            return UNKNOWN
        if is_none(axis) and ndim_of(array_type(a)) != ndim_of(array_type(weights)):
            raise CertainError(_NO_AXIS, None, TypeError(_NO_AXIS))
        found.append(other)
    return reduced(a, axis, keepdims, np.result_type(*found))


_NO_AXIS = "Axis must be specified when shapes of a and weights differ."


@vjp(np.average)
def average(
    y_bar: Any, y: Any, a: Any, axis: Any = None, weights: Any = None, keepdims: Any = False
) -> Any:
    if weights is None:
        return mean(y_bar, y, a, axis, None, keepdims)
    if np.ndim(a) == 0:
        return cast(y_bar, a), None, cast(y_bar * 0.0, weights)
    if isinstance(axis, tuple):
        refuse("the derivative of average with weights covers one axis, or all")
    each, total = weights, weights.sum()
    if np.ndim(weights) != np.ndim(a):
        each = weights[beside(axis, np.ndim(a))]
    elif axis is not None:
        total = restored(weights.sum(axis=axis), a, axis, False)
    share = restored(y_bar, a, axis, keepdims) / total
    if not is_active(weights):
        return cast(share * each, a)
    change = unbroadcast(share * (a - restored(y, a, axis, keepdims)), each)
    change = cast(change if np.ndim(each) == np.ndim(weights) else change.ravel(), weights)
    return cast(share * each, a) if is_active(a) else None, None, change


@compile_time
def beside(axis: int, ndim: int) -> Index | slice:
    """The index that makes of a vector one along ``axis``, to be broadcast.

    Examples
    --------
    >>> beside(0, 2), beside(-1, 2)
    ((slice(None, None, None), None), slice(None, None, None))
    """
    (place,) = normalized(axis, ndim)
    others = (None,) * (ndim - 1 - place)
    return (slice(None), *others) if others else slice(None)

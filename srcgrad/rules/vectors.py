"""Products of vectors of length three, and integrals over points: ``cross`` and ``trapezoid``."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import compile_time, expand, refuse, scatter_add, unbroadcast
from srcgrad.ir.ops import operation, vjp
from srcgrad.ir.shapes import (
    LAST,
    NONE,
    ONE,
    Dims,
    array,
    array_type,
    broadcast,
    is_none,
    numeric,
    promote,
    result,
    value_of,
)
from srcgrad.ir.types import FLOAT64, INT64, UNKNOWN, Type, dims_of
from srcgrad.rules.axes import along

# --- cross products -----------------------------------------------------------------------------


@operation(np.cross)
def _cross_type(
    a: Type, b: Type, axisa: Type = LAST, axisb: Type = LAST, axisc: Type = LAST, axis: Type = NONE
) -> Type:
    if not is_none(axis):
        axisa = axisb = axisc = axis
    operands = array_type(a), array_type(b)
    rest = broadcast(_without(operands[0], axisa), _without(operands[1], axisb))
    if rest is None:
        return UNKNOWN
    place, rank = value_of(axisc, "axisc"), len(rest) + 1
    if not -rank <= place < rank:
        return UNKNOWN
    place %= rank
    return array(promote(operands), (*rest[:place], 3, *rest[place:]))


def _without(type_: Type, axis: Type) -> Dims | None:
    """The dimensions of an array of vectors but for theirs; None if their length is not three."""
    dims, place = dims_of(type_), value_of(axis, "axis")
    if not dims or not -len(dims) <= place < len(dims) or dims[place] != 3:
        return None
    place %= len(dims)
    return (*dims[:place], *dims[place + 1 :])


@vjp(np.cross)
def cross(
    y_bar: Any,
    y: Any,
    a: Any,
    b: Any,
    axisa: Any = -1,
    axisb: Any = -1,
    axisc: Any = -1,
    axis: Any = None,
) -> Any:
    axes = places(axisa, axisb, axisc, axis)
    if np.shape(a)[axes[0]] != 3 or np.shape(b)[axes[1]] != 3:
        refuse("the derivative of cross covers vectors whose length is known to be three")
    if axes == (-1, -1, -1):
        return unbroadcast(np.cross(b, y_bar), a), unbroadcast(np.cross(y_bar, a), b)
    if np.ndim(a) != np.ndim(b):
        refuse("the derivative of cross along other axes covers arrays of one rank")
    a_bar = np.cross(b, y_bar, axisa=axes[1], axisb=axes[2], axisc=axes[0])
    b_bar = np.cross(y_bar, a, axisa=axes[2], axisb=axes[0], axisc=axes[1])
    return unbroadcast(a_bar, a), unbroadcast(b_bar, b)


@compile_time
def places(axisa: int, axisb: int, axisc: int, axis: int | None) -> tuple[int, int, int]:
    """The axes along which the vectors lie: of the first, of the second and of the result."""
    return (axisa, axisb, axisc) if axis is None else (axis, axis, axis)


# --- integrals ----------------------------------------------------------------------------------


@operation(np.trapezoid)
def _trapezoid_type(y: Type, x: Type = NONE, dx: Type = ONE, axis: Type = LAST) -> Type:
    values = array_type(y)
    dims, place = dims_of(values), value_of(axis, "axis")
    spacing = numeric(dx) if is_none(x) else array_type(x)
    dtype = promote((values, spacing))
    if not dims or not -len(dims) <= place < len(dims) or dtype is None:
        return UNKNOWN
    points = dims_of(spacing)
    if points is None or (points and is_none(x)) or len(points) not in (0, 1, len(dims)):
        return UNKNOWN
    place %= len(dims)
    rest = (*dims[:place], *dims[place + 1 :])
    if len(points) > 1:
        rest = broadcast(rest, (*points[:place], *points[place + 1 :])) or ()
    if dtype.kind != "f":
        dtype = FLOAT64 if dtype == INT64 else None
    return UNKNOWN if dtype is None else result(dtype, rest)


@vjp(np.trapezoid)
def trapezoid(v_bar: Any, v: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    if x is not None and np.ndim(x) != 1 and np.ndim(x) != np.ndim(y):
        refuse("the derivative of trapezoid covers points of rank one, or of that of the values")
    if is_last(axis, np.ndim(y)):
        return of_rows(v_bar, y, x, dx)
    rows, points = np.moveaxis(y, axis, -1), x
    if x is not None and np.ndim(x) > 1:
        points = np.moveaxis(x, axis, -1)
    rows_bar, points_bar, dx_bar = of_rows(v_bar, rows, points, dx)
    if x is not None and np.ndim(x) > 1:
        points_bar = np.moveaxis(points_bar, -1, axis)
    return np.moveaxis(rows_bar, -1, axis), points_bar, dx_bar


def of_rows(v_bar: Any, y: Any, x: Any, dx: Any) -> Any:
    """The cotangents where the integral is one along the last axis."""
    share = v_bar / 2 if np.ndim(y) == 1 else v_bar[..., None] / 2
    ndim = np.ndim(y)
    sums = y[along(-1, ndim, 1, None)] + y[along(-1, ndim, None, -1)]
    if x is None:
        return at_both_ends(expand(share * dx, sums), y), None, unbroadcast(share * sums, dx)
    steps = np.diff(x)
    steps_bar = unbroadcast(share * sums, steps)
    after, before = along(-1, np.ndim(x), 1, None), along(-1, np.ndim(x), None, -1)
    x_bar = scatter_add(x, after, steps_bar) - scatter_add(x, before, steps_bar)
    return at_both_ends(unbroadcast(share * steps, sums), y), x_bar, None


def at_both_ends(v: Any, y: Any) -> Any:
    """The cotangent of points of which those between two neighbours have cotangent ``v``."""
    after, before = along(-1, np.ndim(y), 1, None), along(-1, np.ndim(y), None, -1)
    return scatter_add(y, after, v) + scatter_add(y, before, v)


@compile_time
def is_last(axis: int, ndim: int) -> bool:
    return axis % ndim == ndim - 1

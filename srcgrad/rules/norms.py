"""Lengths of vectors and distances of points: ``np.linalg.norm`` and ``math.dist``.

At zero, where they have a kink, their derivative is zero.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import cast, compile_time, refuse
from srcgrad.ir.lists import is_display, list_append
from srcgrad.ir.ops import operation, vjp
from srcgrad.ir.shapes import FALSE, NONE, numeric
from srcgrad.ir.types import FLOAT64, PY_FLOAT, Type, dtype_of
from srcgrad.rules.elementwise import nonzero, sign
from srcgrad.rules.joining import positions
from srcgrad.rules.reductions import among_ties, reduced, restored

# --- norms --------------------------------------------------------------------------------------


@operation(np.linalg.norm)
def _norm_type(x: Type, ord: Type = NONE, axis: Type = NONE, keepdims: Type = FALSE) -> Type:
    dtype = dtype_of(numeric(x))
    if dtype is not None and dtype.kind in "biu":
        dtype = FLOAT64
    return reduced(x, axis, keepdims, dtype if dtype is None or dtype.kind == "f" else None)


@vjp(np.linalg.norm)
def norm(
    y_bar: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False
) -> Any:
    which = kind_of(ord, axis, np.ndim(x))
    if which == "":
        refuse("the derivative of norm covers ord=None and 'fro', and 1, 2 and inf of vectors")
    if which == "root":
        return restored(y_bar / nonzero(y), x, axis, keepdims) * x
    if which == "sum":
        return restored(y_bar, x, axis, keepdims) * sign(x)
    return among_ties(y_bar, y, np.abs(x), axis, keepdims) * sign(x)


@compile_time
def kind_of(ord: Any, axis: Any, ndim: int) -> str:
    """What a norm is of the absolute values: the "root" of the sum of their squares, their "sum",
    or an "extreme" one; nothing of these for "".

    Examples
    --------
    >>> kind_of(None, None, 3), kind_of(2, 1, 2), kind_of(2, None, 2)
    ('root', 'root', '')
    """
    axes = len(axis) if isinstance(axis, tuple) else ndim if axis is None else 1
    if ord is None or (axes == 1 and ord == 2) or (axes == 2 and ord == "fro"):
        return "root"
    if axes != 1 or isinstance(ord, str):
        return ""
    return "sum" if ord == 1 else "extreme" if abs(ord) == math.inf else ""


# --- distances ----------------------------------------------------------------------------------


@operation(math.dist)
def _dist_type(p: Type, q: Type) -> Type:
    return PY_FLOAT


@vjp(math.dist)
def dist(y_bar: Any, y: Any, p: Any, q: Any) -> Any:
    scale = y_bar / (y + (y == 0))
    return differences(scale, p, q), differences(scale, q, p)


def differences(scale: Any, p: Any, q: Any) -> Any:
    """``scale * (p - q)`` as the cotangent of ``p``, which may be an array or a sequence."""
    if not isinstance(p, (list, tuple)):
        return cast(scale * (p - q), p)
    bars: Any = []
    if not is_display(p):
        for i in range(len(p)):
            bars = list_append(bars, scale * (p[i] - q[i]))
        return bars
    for i in positions(len(p)):
        bars = [*bars, scale * (p[i] - q[i])]
    return bars

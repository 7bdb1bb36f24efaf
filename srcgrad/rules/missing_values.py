"""Reductions that leave out what is nan: ``np.nansum``, ``np.nanmean``, ``np.nanmax``.

What is left out has no derivative; that of the others is the one of the reduction ``where`` they
are.  It is chosen, not multiplied, so that what an element was computed from may be nan too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.ops import vjp
from srcgrad.rules.cumulative import product_from
from srcgrad.rules.reductions import mean, number_of_true, passed, restored, std, var


def is_there(a: Any) -> Any:
    """Where elements are not left out."""
    return np.logical_not(np.isnan(a))


@vjp(np.nansum)
def nansum(
    y_bar: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False
) -> Any:
    return passed(restored(y_bar, a, axis, keepdims), a, is_there(a))


@vjp(np.nanprod)
def nanprod(
    y_bar: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False
) -> Any:
    a_bar, _ = product_from(y_bar, y, a, axis, keepdims, None, is_there(a))
    return a_bar


@vjp(np.nanmean)
def nanmean(
    y_bar: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False
) -> Any:
    return mean(y_bar, y, a, axis, dtype, keepdims, is_there(a))


@vjp(np.nanvar)
def nanvar(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
) -> Any:
    return var(y_bar, y, a, axis, dtype, ddof, keepdims, is_there(a))


@vjp(np.nanstd)
def nanstd(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
) -> Any:
    return std(y_bar, y, a, axis, dtype, ddof, keepdims, is_there(a))


@vjp(np.nanmax, np.nanmin)
def nan_extremum(y_bar: Any, y: Any, a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    if np.ndim(a) == 0:
        return y_bar
    ties = a == restored(y, a, axis, keepdims)
    share = y_bar / number_of_true(ties, y, axis, keepdims)
    return passed(restored(share, a, axis, keepdims), a, ties)

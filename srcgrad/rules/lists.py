"""Lists of unknown length.  The cotangent of a list is a list of the same length."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import zero
from srcgrad.ir.lists import (
    as_list,
    inserted_at,
    is_shaped_as,
    item_append,
    item_set,
    item_without_last,
    list_append,
    list_blank,
    list_extend,
    list_fill,
    list_insert,
    list_of_kind,
    list_rows,
    list_set,
    list_split,
    list_sum,
    list_without,
    list_without_last,
    list_zeros,
    taken_from,
    zeros_of_length,
)
from srcgrad.ir.ops import vjp, zero_derivative


@vjp(as_list)
def _as_list(y_bar: Any, y: Any, items: Any) -> Any:
    return y_bar  # of which each item gets its element


@vjp(list_append)
def _append(y_bar: Any, y: Any, xs: Any, x: Any) -> Any:
    x_bar = y_bar[-1]
    return list_without_last(y_bar), x_bar


@vjp(list_extend)
def _extend(y_bar: Any, y: Any, xs: Any, ys: Any) -> Any:
    count = len(xs)
    return y_bar[:count], y_bar[count:]


@vjp(list_without_last)
def _without_last(y_bar: Any, y: Any, xs: Any) -> Any:
    return list_append(y_bar, zero(xs[-1]))


@vjp(list_insert)
def _insert(y_bar: Any, y: Any, xs: Any, i: Any, x: Any) -> Any:
    place = inserted_at(y_bar, i)
    x_bar = y_bar[place]
    return list_without(y_bar, place), None, x_bar


@vjp(list_without)
def _without(y_bar: Any, y: Any, xs: Any, i: Any) -> Any:
    return list_insert(y_bar, taken_from(y_bar, i), zero(xs[i])), None


@vjp(list_set)
def _set(y_bar: Any, y: Any, xs: Any, i: Any, x: Any) -> Any:
    x_bar = y_bar[i]
    # Where shapes tell, the old element is not asked for its own: the list may be changed in place.
    before = zero(x_bar) if is_shaped_as(x, xs) else zero(xs[i])
    return list_set(y_bar, i, before), None, x_bar


@vjp(item_append)
def _item_append(y_bar: Any, y: Any, xs: Any, i: Any, x: Any) -> Any:
    x_bar = y_bar[i][-1]
    return item_without_last(y_bar, i), None, x_bar


@vjp(item_without_last)
def _item_without_last(y_bar: Any, y: Any, xs: Any, i: Any) -> Any:
    return item_append(y_bar, i, zero(xs[i][-1])), None


@vjp(item_set)
def _item_set(y_bar: Any, y: Any, xs: Any, i: Any, j: Any, x: Any) -> Any:
    x_bar = y_bar[i][j]
    return item_set(y_bar, i, j, zero(xs[i][j])), None, None, x_bar


# --- what cotangents are made with --------------------------------------------------------------


@vjp(list_sum)
def _sum(y_bar: Any, y: Any, xs: Any, ys: Any) -> Any:
    return y_bar, y_bar


@vjp(list_fill)
def _fill(y_bar: Any, y: Any, v: Any, xs: Any) -> Any:
    return sum(y_bar)


@vjp(list_rows)
def _rows(y_bar: Any, y: Any, v: Any, xs: Any) -> Any:
    return np.array(y_bar)


@vjp(list_of_kind)
def _of_kind(y_bar: Any, y: Any, v: Any, kind: Any) -> Any:
    return y_bar if isinstance(v, list) else np.array(y_bar)


@vjp(list_split)
def _split(y_bar: Any, y: Any, v: Any, xs: Any, axis: Any) -> Any:
    return np.concatenate(y_bar, axis=axis)


zero_derivative([list_blank, list_zeros, zeros_of_length, inserted_at, taken_from])

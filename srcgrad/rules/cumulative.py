"""Products along axes, and what runs along one: cumulative sums and products, differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import is_active, refuse, scatter_add, unbroadcast
from srcgrad.ir.ops import vjp
from srcgrad.rules.axes import along, backwards, normalized, positive, trailing
from srcgrad.rules.reductions import among, count, restored

# --- products -----------------------------------------------------------------------------------


@vjp(np.prod, np.ndarray.prod)
def prod(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a_bar, initial_bar = product_from(y_bar, y, a, axis, keepdims, initial, where)
    return a_bar, None, None, None, initial_bar


@vjp(np.multiply.reduce)
def multiply_reduce(
    y_bar: Any,
    y: Any,
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    a_bar, initial_bar = product_from(y_bar, y, a, axis, keepdims, initial, where)
    return a_bar, None, None, None, initial_bar


def chosen(where: Any, a: Any, neutral: Any) -> Any:
    """``a`` with a neutral element in the place of each that took no part."""
    return a if where is True else np.where(where, a, neutral)


def product_from(
    y_bar: Any, y: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> Any:
    """The cotangents of the factors and of the first value of a product."""
    if initial is None and where is True:
        return product(y_bar, y, a, axis, keepdims), None
    factors = chosen(where, a, 1)
    if initial is None:
        return among(where, product(y_bar, y, factors, axis, keepdims)), None
    v = y_bar * initial
    rest = restored(v, a, axis, keepdims) * products_of_others(factors, axis)
    a_bar = among(where, rest) if np.ndim(a) > 0 else among(where, v)
    initial_bar = None
    if is_active(initial):
        initial_bar = unbroadcast(y_bar * factors.prod(axis=axis, keepdims=keepdims), initial)
    return a_bar, initial_bar


def product(y_bar: Any, y: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """The cotangent of a product; dividing by the factor needs one that is not zero."""
    if np.ndim(a) == 0:
        return y_bar
    if a.all():
        return restored(y_bar * y, a, axis, keepdims) / a
    return restored(y_bar, a, axis, keepdims) * products_of_others(a, axis)


def products_of_others(a: Any, axis: Any) -> Any:
    """For each element, the product of all the others along ``axis``.

    The product of those before it and of those after it: without a division, so that it is exact
    where elements are zero.
    """
    axes = normalized(axis, np.ndim(a))
    if len(axes) == np.ndim(a):
        others = before_and_after(a if np.ndim(a) == 1 else a.ravel())
        return others if np.ndim(a) == 1 else others.reshape(np.shape(a))
    last = trailing(len(axes))
    if axes == positive(last, np.ndim(a)) and len(axes) == 1:
        return before_and_after(a)
    moved = np.moveaxis(a, axes, last)
    if len(axes) == 1:
        return np.moveaxis(before_and_after(moved), last, axes)
    rows = moved.reshape((*moved.shape[: moved.ndim - len(axes)], count(a, axis)))
    return np.moveaxis(before_and_after(rows).reshape(moved.shape), last, axes)


def before_and_after(rows: Any) -> Any:
    """For each element, the product of the others along the last axis."""
    one = np.ones_like(rows[..., :1])
    before = np.concatenate((one, rows[..., :-1]), axis=-1).cumprod(axis=-1)
    after = np.concatenate((one, rows[..., :0:-1]), axis=-1).cumprod(axis=-1)
    return before * after[..., ::-1]


# --- cumulative ---------------------------------------------------------------------------------


@vjp(np.cumsum, np.ndarray.cumsum)
def cumsum(y_bar: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return summed_backwards(y_bar, a, axis)


def summed_backwards(v: Any, a: Any, axis: Any) -> Any:
    """The sum of what follows each element, itself included."""
    if axis is None or np.ndim(a) == 0:
        sums = v[::-1].cumsum()[::-1]
        return sums if np.ndim(a) == 1 else sums.reshape(np.shape(a))
    index = backwards(axis, np.ndim(a))
    return v[index].cumsum(axis=axis)[index]


@vjp(np.cumprod, np.ndarray.cumprod)
def cumprod(y_bar: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None) -> Any:
    if np.ndim(a) == 0:
        return y_bar.reshape(np.shape(a))
    if a.all():
        return summed_backwards(y_bar * y, a, axis) / a
    if axis is None:
        bar = without_each(flat(a), y_bar)
        return bar if np.ndim(a) == 1 else bar.reshape(np.shape(a))
    if np.ndim(a) == 1:
        return without_each(a, y_bar)
    last = np.moveaxis(a, axis, -1)
    return np.moveaxis(without_each(last, np.moveaxis(y_bar, axis, -1)), -1, axis)


def flat(a: Any) -> Any:
    return a if np.ndim(a) == 1 else a.ravel()


def without_each(a: Any, v: Any) -> Any:
    """The cotangent of ``a`` by the products along the last axis that have cotangent ``v``.

    Entry (i, k) of a matrix is the product of the elements up to k without the i-th.
    """
    n = np.shape(a)[-1]
    products = np.where(np.eye(n, dtype=bool), 1, a[..., None, :]).cumprod(axis=-1)
    return (np.where(np.tri(n, dtype=bool).T, products, 0) @ v[..., None])[..., 0]


@vjp(np.diff)
def diff(y_bar: Any, y: Any, a: Any, n: Any = 1, axis: Any = -1) -> Any:
    if np.ndim(a) == 0:
        return None  # of a number, there are no differences: NumPy raises
    if n != 1:
        refuse("the derivative of diff covers n=1 only")
    after = along(axis, np.ndim(a), 1, None)
    before = along(axis, np.ndim(a), None, -1)
    return scatter_add(a, after, y_bar) + scatter_add(a, before, -y_bar)

"""Axes and indices that the compiler works out while it inlines a rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import compile_time

Index = tuple[slice | None, ...]
"""What stands between the brackets of ``x[:, None]``."""


@compile_time
def normalized(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that ``axis`` names, counted from the front; all for ``None``.

    A number has none, though most functions take 0 and -1 for an axis of it.
    """
    if axis is None or ndim == 0:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    return tuple(int(one) % ndim for one in axes)


@compile_time
def reinsertion(axis: Any, ndim: int) -> Index | None:
    """The index that gives back to a reduced array the axes that it lost, with length one.

    None where broadcasting does without, since they were the first.

    Examples
    --------
    >>> reinsertion(1, 2), reinsertion(0, 2), reinsertion((0, 2), 3)
    ((slice(None, None, None), None), None, (slice(None, None, None), None))
    """
    axes = normalized(axis, ndim)
    kept = [i for i in range(ndim) if i not in axes]
    if not kept or max(axes, default=-1) < min(kept):
        return None
    index = [None if i in axes else slice(None) for i in range(min(kept), ndim)]
    while index[-1] is not None:
        index.pop()
    return tuple(index)


@compile_time
def backwards(axis: Any, ndim: int) -> Index | slice:
    """The index that reverses an array along ``axis``."""
    axes = normalized(axis, ndim)
    index = [slice(None, None, -1 if i in axes else None) for i in range(max(axes) + 1)]
    return tuple(index) if len(index) > 1 else index[0]


@compile_time
def along(axis: int, ndim: int, start: int | None, stop: int | None) -> Index | slice:
    """The index that takes ``start:stop`` along one axis."""
    before = (slice(None),) * (axis % ndim)
    return (*before, slice(start, stop)) if before else slice(start, stop)


@compile_time
def inverse_permutation(axes: Any) -> tuple[int, ...]:
    """The permutation that undoes ``axes``."""
    return tuple(int(i) for i in np.argsort([axis % len(axes) for axis in axes]))


@compile_time
def trailing(count: int) -> tuple[int, ...]:
    """The last ``count`` axes."""
    return tuple(range(-count, 0))


@compile_time
def positive(axes: Any, ndim: int) -> tuple[int, ...]:
    """The axes counted from the front."""
    return tuple(axis % ndim for axis in axes)


@compile_time
def span(start: int, stop: int) -> tuple[int, ...]:
    """The axes from ``start`` to ``stop``."""
    return tuple(range(start, stop))

"""Writes of NumPy's that are assignments to one element after the other, or with repeated values.

The compiler never runs these: it inlines them where a program calls what they stand for.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def at_places(ufunc: Any, x: Any, index: Any, v: Any) -> None:
    """``ufunc.at(x, index, v)`` for a vector of integers: what is named twice changes twice."""
    v = np.broadcast_to(v, (len(index), *np.shape(x)[1:]))
    for k in range(len(index)):
        x[index[k]] = ufunc(x[index[k]], v[k])


def at_places_with_number(ufunc: Any, x: Any, index: Any, v: Any) -> None:
    """The same, with one number for all."""
    for k in range(len(index)):
        x[index[k]] = ufunc(x[index[k]], v)


def at_elements(ufunc: Any, x: Any, index: Any, v: Any) -> None:
    """The same, for an index that names nothing twice."""
    x[index] = ufunc(x[index], v)


def repeated(v: Any, count: Any) -> Any:
    """The values in order, over and over again."""
    return np.ravel(v)[np.arange(count) % np.size(v)]


def wrapped(index: Any, size: Any) -> Any:
    """The places of ``np.put(..., mode="wrap")``: behind the end comes the beginning."""
    return index % size


def clipped(index: Any, size: Any) -> Any:
    """The places of ``np.put(..., mode="clip")``: what lies outside is the first or the last."""
    return np.clip(index, 0, size - 1)


def if_any(index: Any, v: Any) -> Any:
    """The places where ``np.put`` writes: none where there are no values."""
    return index[: len(index) * min(np.size(v), 1)]


def check_put(x: Any, index: Any) -> None:
    """Raises where ``np.put`` does, though there is nothing to write."""
    if np.size(x) == 0 and np.size(index) > 0:
        raise IndexError("cannot replace elements of an empty array")


INSIDE = {"wrap": wrapped, "clip": clipped}
"""How places outside of an array become places in it."""


def by_axis(x: Any, i: Any) -> Any:
    """The index with which ``x`` gives ``x.flat[i]``: an integer for each axis, or an array.

    The first is negative where ``i`` is, and none of the others.
    """
    places: Any = ()
    for n in np.shape(x)[:0:-1]:
        places = (i % n, *places)
        i = i // n
    return (i, *places)


def place(x: Any, mask: Any, values: Any) -> None:
    """``np.place``: the values in order, over and over again."""
    x[mask] = repeated(values, np.count_nonzero(mask))


def putmask(x: Any, mask: Any, values: Any) -> None:
    """``np.putmask``: each place has its value, whether those before it are written or not."""
    places = np.arange(np.size(x)).reshape(np.shape(x))[mask]
    x[mask] = np.ravel(values)[places % np.size(values)]


def check_shape(value: Any, out: Any, count: Any) -> None:
    """Raises where the last axes of a result are not as long as those of the array it is for."""
    if np.shape(value)[-count:] != np.shape(out)[-count:]:
        raise ValueError("the output array does not have the shape of the result")


def check_order(out: Any) -> None:
    """Raises for an array that ``np.dot`` does not write into."""
    if not out.flags.c_contiguous:
        raise ValueError("output array is not acceptable (must be a C-Array)")

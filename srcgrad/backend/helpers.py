"""Functions that generated code may call where only run time can decide.

Their source is copied above the function that calls them, so that it needs nothing but NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def unbroadcast(v: Any, x: Any) -> Any:
    """``v`` summed over the axes along which ``x`` was broadcast to the shape of ``v``."""
    shape = np.shape(x)
    if np.shape(v) == shape:
        return v
    extra = np.ndim(v) - len(shape)
    if extra:
        v = np.sum(v, axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(v)[i] != 1)
    return np.sum(v, axis=axes, keepdims=True) if axes else v


def last_writes(x: Any, index: Any) -> Any:
    """Which of the elements that ``x[index] = v`` writes hold afterwards what it wrote there."""
    places = np.arange(x.size).reshape(x.shape)[index]
    flat = places.ravel()[::-1]
    last = np.zeros(flat.shape, dtype=bool)
    last[np.unique(flat, return_index=True)[1]] = True
    return last[::-1].reshape(places.shape)


def scatter_add(x: Any, index: Any, v: Any) -> Any:
    """Zeros like ``x`` with ``v`` added at ``index``, once for each time an element is named."""
    result = np.zeros_like(x)
    np.add.at(result, index, v)
    return result


def zero(x: Any) -> Any:
    """Zeros like ``x``; floats, also where that is of integers."""
    dtype = np.asarray(x).dtype
    return np.zeros_like(x, dtype=np.float64 if dtype.kind in "iub" else dtype)


def copied(x: Any) -> Any:
    """``x`` with copies of the arrays that it is, or that it holds."""
    if isinstance(x, list | tuple):
        parts = [copied(v) for v in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: copied(v) for key, v in x.items()}
    return np.copy(x) if isinstance(x, np.ndarray) else x


def list_split(v: Any, xs: Any, axis: int) -> Any:
    """The parts of ``v`` that belong to what is in ``xs``, concatenated along ``axis``."""
    parts = np.split(v, np.cumsum([np.shape(x)[axis] for x in xs])[:-1], axis)
    return [p.tolist() if isinstance(x, list) else p for p, x in zip(parts, xs, strict=True)]


def list_order(xs: Any, reverse: bool) -> Any:
    """The places of the numbers in ``xs``, in the order in which Python sorts them."""
    return sorted(range(len(xs)), key=xs.__getitem__, reverse=reverse)


def instance(cls: Any, /, **attributes: Any) -> Any:
    """An instance of ``cls`` with these attributes, made without its ``__init__``."""
    made = cls.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made

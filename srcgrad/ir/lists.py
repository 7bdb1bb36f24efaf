"""Operations on lists whose length is not known when compiling.

Such a list is a pure value in the IR, as a number is: what changes a list in Python gives a new one
here.  The back end prints ``hs.append(h)`` again where nobody needs the old list
(:mod:`srcgrad.backend.mutation`), so that a list that grows in a loop costs what it costs in
Python.  Reading is done by the operations of Python: ``operator.getitem`` of an integer or a slice,
``len``.

===========================  =================================================
``as_list([a, b])``          a display as such a list
``list_append(xs, x)``       ``[*xs, x]``, printed ``xs.append(x)``
``list_extend(xs, ys)``      ``xs + ys``, printed ``xs.extend(ys)``
``list_without_last(xs)``    ``xs[:-1]``, printed ``xs.pop()``
``list_insert(xs, i, x)``    ``[*xs[:i], x, *xs[i:]]``, printed ``xs.insert(i, x)``
``list_without(xs, i)``      ``xs`` without an element that it has, printed ``xs.pop(i)``
``list_set(xs, i, x)``       ``xs`` with another element, printed ``xs[i] = x``
``item_append(xs, i, x)``    with one more in the list ``xs[i]``: ``xs[i].append(x)``
``item_without_last(xs, i)`` with one less in it, printed ``xs[i].pop()``
``item_set(xs, i, j, x)``    with another element in it, printed ``xs[i][j] = x``
===========================  =================================================

``list_copied`` and ``list_of_kind`` are for what leaves the function.  The others are for
cotangents, which are lists of the same length: ``list_zeros``, ``list_blank``, ``list_sum``,
``list_fill``, ``list_rows``, ``list_split``.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def as_list(items: Any) -> Any:
    """A list of elements that are known one by one, as one of unknown length."""
    return items


def list_append(xs: Any, x: Any) -> Any:
    """``xs`` and one more element."""
    return [*xs, x]


def list_extend(xs: Any, ys: Any) -> Any:
    """The elements of two lists."""
    return xs + ys


def list_without_last(xs: Any) -> Any:
    """``xs`` without its last element."""
    return xs[:-1]


def list_insert(xs: Any, i: Any, x: Any) -> Any:
    """``xs`` with one more element, before element ``i``: at an end, if there is none."""
    result = xs.copy()
    result.insert(i, x)
    return result


def list_without(xs: Any, i: Any) -> Any:
    """``xs`` without element ``i``, which there is."""
    result = xs.copy()
    result.pop(i)
    return result


def inserted_at(xs: Any, i: Any) -> Any:
    """Where in ``xs`` the element is that ``xs.insert(i, x)`` has put there."""
    count = len(xs) - 1
    return min(i, count) if i >= 0 else max(i + count, 0)


def taken_from(xs: Any, i: Any) -> Any:
    """Where in ``xs``, counted from the first, element ``i`` was that ``xs.pop(i)`` has taken."""
    return i % (len(xs) + 1)


def list_set(xs: Any, i: Any, x: Any) -> Any:
    """``xs`` with ``x`` in place of element (or slice) ``i``."""
    result = xs.copy()
    result[i] = x
    return result


def item_append(xs: Any, i: Any, x: Any) -> Any:
    """``xs``, a list of lists, with one more element in the list at place ``i``."""
    return list_set(xs, i, [*xs[i], x])


def item_without_last(xs: Any, i: Any) -> Any:
    """``xs``, a list of lists, with the list at place ``i`` without its last element."""
    return list_set(xs, i, xs[i][:-1])


def item_set(xs: Any, i: Any, j: Any, x: Any) -> Any:
    """``xs``, a list of lists, with ``x`` in place of element ``j`` of the list at place ``i``."""
    return list_set(xs, i, list_set(xs[i], j, x))


def item_asked(xs: Any, i: Any) -> Any:
    """``xs[i]``, which nobody needs but for that it raises where there is none."""
    return xs[i]


def list_of(xs: Any) -> Any:
    """The numbers in a container from outside, as a list of the program's own."""
    if isinstance(xs, np.ndarray):
        raise TypeError("an array is no container of numbers")
    return list(xs)


def list_copied(xs: Any) -> Any:
    """A list, or another container, with copies of the arrays in it."""
    if isinstance(xs, dict):
        return {key: list_copied(x) for key, x in xs.items()}
    if isinstance(xs, list | tuple):
        parts = [list_copied(x) for x in xs]
        return type(xs)(*parts) if hasattr(xs, "_fields") else type(xs)(parts)
    return xs.copy() if isinstance(xs, np.ndarray) else xs


def list_of_kind(v: Any, kind: Any) -> Any:
    """The numbers in a list or a vector, as numbers of the class ``kind``, in a new list: the
    gradient of a list that is an argument."""
    return list(map(kind, v))


def list_zeros(xs: Any) -> Any:
    """The cotangent of ``xs`` when nothing depends on it."""
    return [np.zeros_like(x) for x in xs]


def zeros_of_length(n: int) -> Any:
    """As many zeros."""
    return [0.0] * n


def list_blank(xs: Any) -> Any:
    """A list as long as ``xs`` whose elements are all assigned before they are read."""
    return [None] * len(xs)


def list_sum(xs: Any, ys: Any) -> Any:
    """The sums of the elements of two lists of equal length."""
    return [x + y for x, y in zip(xs, ys, strict=True)]


def list_fill(v: Any, xs: Any) -> Any:
    """``v`` once for each element of ``xs``."""
    return [v] * len(xs)


def list_rows(v: Any, xs: Any) -> Any:
    """The rows of ``v``, the cotangent of ``np.array(xs)``."""
    return list(v)


def list_split(v: Any, xs: Any, axis: int) -> Any:
    """The parts of ``v``, the cotangent of ``np.concatenate(xs, axis)``, lists where those are."""
    parts = np.split(v, np.cumsum([np.shape(x)[axis] for x in xs])[:-1], axis)
    return [p.tolist() if isinstance(x, list) else p for p, x in zip(parts, xs, strict=True)]


def list_order(xs: Any, reverse: bool) -> Any:
    """The places of the numbers in a list or a vector, in the order in which Python sorts them."""
    return sorted(range(len(xs)), key=xs.__getitem__, reverse=reverse)


def is_display(xs: Any) -> bool:
    """Whether the elements of a list or tuple are known one by one; decided by the compiler."""
    return True


def rank_of(xs: Any) -> Any:
    """The rank of the elements of a list; decided by the compiler."""
    return np.ndim(xs[0])


def is_shaped_as(x: Any, xs: Any) -> bool:
    """Whether ``x`` is known to have the shape of each element that is there; decided by the
    compiler."""
    return all(v is None or np.shape(v) == np.shape(x) for v in xs)


def fills(v: Any, xs: Any) -> bool:
    """Whether ``v`` is known to have the shape of each element; decided by the compiler."""
    return all(np.shape(x) == np.shape(v) for x in xs)

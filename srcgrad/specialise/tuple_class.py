"""A tuple whose length only running the program tells, said in Python: compiled like a class of the
user's.

What ``*values`` is in a function, and what ``tuple(values)`` and ``(a, *values)`` give, is an
instance of :class:`LongTuple` where data tell how many values there are: it has a list of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class LongTuple:
    """A tuple: ``_items`` is a list, which nobody changes.  It has no identity."""

    __slots__ = ("_items",)

    def __init__(self, items: Any) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return LongTuple(self._items[index])
        return self._items[index]

    def __contains__(self, item: Any) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __reversed__(self) -> Any:
        return reversed(self._items)

    def count(self, item: Any) -> Any:
        return self._items.count(item)

    def index(self, item: Any, *bounds: Any) -> Any:
        return self._items.index(item, *bounds)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, tuple):
            return NotImplemented
        return LongTuple([*self._items, *list(other)])

    def __radd__(self, other: Any) -> Any:
        if not isinstance(other, tuple):
            return NotImplemented
        return LongTuple([*list(other), *self._items])

    def __mul__(self, count: Any) -> Any:
        return LongTuple(self._items * count)

    def __rmul__(self, count: Any) -> Any:
        return LongTuple(self._items * count)

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, tuple):
            return NotImplemented
        return list(self._items) == list(other)

    def __lt__(self, other: Any) -> Any:
        return list(self._items) < list(other) if isinstance(other, tuple) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return list(self._items) <= list(other) if isinstance(other, tuple) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return list(self._items) > list(other) if isinstance(other, tuple) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return list(self._items) >= list(other) if isinstance(other, tuple) else NotImplemented

    def __repr__(self) -> str:
        if len(self._items) == 1:
            return f"({self._items[0]!r},)"
        return "(" + ", ".join([repr(item) for item in self._items]) + ")"

    def __copy__(self) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]


LongTuple.__name__ = "tuple"  # as messages call it

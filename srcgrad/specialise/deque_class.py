"""What ``collections.deque`` does, said in Python: compiled like a class of the user's.

A deque that the program makes is an instance of :class:`Deque`, which has a list of its elements.
So it has identity, stands in containers and in loops whose trips data tell, and is refused, as any
instance is, wherever it would have to be there when the program runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any


def changing(items: Any) -> None:
    """Notes that the elements of a deque, or their order, change; decided by the compiler."""


def unchanged(items: Any, iterator: Iterator[Any]) -> Iterator[Any]:
    """``iterator`` as long as the deque that it runs over stays as it is; decided by the compiler,
    which refuses what Python raises for."""
    return iterator


def elements(items: Any) -> list[Any]:
    """The elements of a deque, which may be one from outside; decided by the compiler."""
    return list(items)


def taken_by(items: Any, iterable: Iterable[Any]) -> Iterable[Any]:
    """``iterable`` as it is put into a deque, which takes a list of itself; decided by the
    compiler."""
    return list(iterable) if iterable is items else iterable


class Deque:
    """A deque: ``_items`` is a list, which nobody else has."""

    __slots__ = ("_items", "_maxlen")

    def __init__(self, iterable: Iterable[Any] = (), maxlen: Any = None) -> None:
        if maxlen is not None and maxlen < 0:
            raise ValueError("maxlen must be non-negative")
        self._items: list[Any] = []
        self._maxlen = maxlen
        self.extend(iterable)

    @property
    def maxlen(self) -> Any:
        return self._maxlen

    # --- what changes it --------------------------------------------------------------------------

    def append(self, item: Any) -> None:
        changing(self)
        self._items.append(item)
        if self._maxlen is not None and len(self._items) > self._maxlen:
            self._items.pop(0)

    def appendleft(self, item: Any) -> None:
        changing(self)
        self._items.insert(0, item)
        if self._maxlen is not None and len(self._items) > self._maxlen:
            self._items.pop()

    def extend(self, iterable: Iterable[Any]) -> None:
        iterable = taken_by(self, iterable)
        changing(self)
        if self._maxlen is None:
            self._items.extend(iterable)
        else:
            for item in iterable:
                self.append(item)

    def extendleft(self, iterable: Iterable[Any]) -> None:
        iterable = taken_by(self, iterable)
        for item in iterable:
            self.appendleft(item)

    def insert(self, index: Any, item: Any) -> None:
        changing(self)
        if self._maxlen is not None and len(self._items) >= self._maxlen:
            raise IndexError("deque already at its maximum size")
        self._items.insert(index, item)

    def pop(self) -> Any:
        changing(self)
        if not self._items:
            raise IndexError("pop from an empty deque")
        return self._items.pop()

    def popleft(self) -> Any:
        changing(self)
        if not self._items:
            raise IndexError("pop from an empty deque")
        return self._items.pop(0)

    def remove(self, item: Any) -> None:
        changing(self)
        self._items.remove(item)

    def rotate(self, n: Any = 1) -> None:
        changing(self)
        if self._items:
            first = len(self._items) - n % len(self._items)
            self._items[:] = self._items[first:] + self._items[:first]

    def reverse(self) -> None:
        changing(self)
        self._items.reverse()

    def clear(self) -> None:
        changing(self)
        self._items.clear()

    def __setitem__(self, index: Any, item: Any) -> None:
        if isinstance(index, slice):
            raise TypeError("sequence index must be integer, not 'slice'")
        self._items[index] = item

    def __delitem__(self, index: Any) -> None:
        changing(self)
        if isinstance(index, slice):
            raise TypeError("sequence index must be integer, not 'slice'")
        del self._items[index]

    def __iadd__(self, other: Any) -> Any:
        self.extend(other)
        return self

    def __imul__(self, count: Any) -> Any:
        items = self._items * count
        self.clear()
        self.extend(items)
        return self

    # --- what reads it ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            raise TypeError("sequence index must be integer, not 'slice'")
        return self._items[index]

    def __contains__(self, item: Any) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return unchanged(self, iter(self._items))

    def __reversed__(self) -> Iterator[Any]:
        return unchanged(self, reversed(self._items))

    def count(self, item: Any) -> int:
        return self._items.count(item)

    def index(self, item: Any, *bounds: Any) -> int:
        return self._items.index(item, *bounds)

    # --- what makes another -----------------------------------------------------------------------

    def copy(self) -> Any:
        return deque(self._items, self._maxlen)

    def __copy__(self) -> Any:
        return deque(self._items, self._maxlen)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, deque):
            return NotImplemented
        made = deque(self._items, self._maxlen)
        made.extend(other)
        return made

    def __mul__(self, count: Any) -> Any:
        return deque(self._items * count, self._maxlen)

    def __rmul__(self, count: Any) -> Any:
        return deque(self._items * count, self._maxlen)

    # --- what compares it, and its text -----------------------------------------------------------

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, deque):
            return NotImplemented
        return list(self._items) == elements(other)

    def __lt__(self, other: Any) -> Any:
        return list(self._items) < elements(other) if isinstance(other, deque) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return list(self._items) <= elements(other) if isinstance(other, deque) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return list(self._items) > elements(other) if isinstance(other, deque) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return list(self._items) >= elements(other) if isinstance(other, deque) else NotImplemented

    def __repr__(self) -> str:
        if self._maxlen is None:
            return f"deque({self._items!r})"
        return f"deque({self._items!r}, maxlen={self._maxlen})"

    __hash__ = None  # type: ignore[assignment]


Deque.__name__ = "deque"  # as messages call it

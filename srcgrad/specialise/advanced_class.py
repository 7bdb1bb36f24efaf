"""An iterator that several places ask for elements, said in Python: compiled like a class of the
user's.

``it = iter(x)``, ``first = next(it)``, ``for v in it`` goes on with the second element.  So such an
iterator is an instance that has what it goes over, and at which element it is.
"""

from __future__ import annotations

from typing import Any


def length_of(items: Any) -> int:
    """How many elements there are now; decided by the compiler."""
    return len(items)


def element_of(items: Any, index: int) -> Any:
    """One of them, computed now; decided by the compiler."""
    return items[index]


def refused(iterator: Any) -> Any:
    """What anything else does with such an iterator; refused by the compiler."""


class Advanced:
    """An iterator over ``_items`` that is at the element number ``_at``."""

    __slots__ = ("_at", "_items")

    def __init__(self, items: Any) -> None:
        self._items = items
        self._at = 0

    def __iter__(self) -> Any:
        return refused(self)

    def __next__(self) -> Any:
        if self.is_left():
            return self.take()
        raise StopIteration

    def next_or(self, default: Any) -> Any:
        """``next(iterator, default)``."""
        return self.take() if self.is_left() else default

    def is_left(self) -> bool:
        """Whether there is an element left."""
        return self._at < length_of(self._items)

    def take(self) -> Any:
        """The next element, which is there."""
        return self.take_at(self._at)

    def take_at(self, index: int) -> Any:
        """The same, where it has this number."""
        self._at = index + 1
        return element_of(self._items, index)


Advanced.__name__ = "iterator"  # as messages call it

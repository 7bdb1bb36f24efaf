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


class Asked:
    """What all such iterators do: they have :meth:`is_left` and :meth:`take`."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self.is_left():
            return self.take()
        self.end()
        raise StopIteration

    def next_or(self, default: Any) -> Any:
        """``next(iterator, default)``."""
        if self.is_left():
            return self.take()
        self.end()
        return default

    def is_left(self) -> Any:
        """Whether there is an element left."""
        return self.has(1)

    def has(self, count: int) -> Any:
        """Whether so many elements are left."""
        raise NotImplementedError

    def end(self) -> None:
        """What asking for an element does when none is left."""

    def take(self) -> Any:
        """The next element, which is there."""
        raise NotImplementedError


class Advanced(Asked):
    """An iterator over ``_items`` that is at the element number ``_at``."""

    __slots__ = ("_at", "_items")

    def __init__(self, items: Any) -> None:
        self._items = items
        self._at = 0

    def has(self, count: int) -> bool:
        return self._at + count <= length_of(self._items)

    def is_left(self) -> bool:
        return self._at < length_of(self._items)

    def take(self) -> Any:
        return self.take_at(self._at)

    def take_at(self, index: int) -> Any:
        """The same, where it has this number."""
        self._at = index + 1
        return element_of(self._items, index)

    def next(self) -> Any:
        """The next element, which is there, and stays the next one."""
        return element_of(self._items, self._at)

    def skip(self) -> None:
        """Leaves the next element out."""
        self._at = self._at + 1


class Filtered(Asked):
    """A generator expression with a condition over such an iterator, the only one of ``parts``.

    Whether an element is left out is asked when its turn has come.
    """

    __slots__ = ("_function", "_parts", "_test")

    def __init__(self, parts: Any, test: Any, function: Any) -> None:
        self._parts = parts
        self._test = test
        self._function = function

    def has(self, count: int) -> Any:
        part = self._parts[0]
        while part.is_left() and not self._test(part.next()):
            part.skip()
        return part.is_left()

    def end(self) -> None:
        self._parts[0].end()

    def take(self) -> Any:
        return self._function(self._parts[0].take())


class Enumerated(Asked):
    """``enumerate`` of such an iterator."""

    __slots__ = ("_number", "_parts")

    def __init__(self, parts: Any, start: int) -> None:
        self._parts = parts
        self._number = start

    def has(self, count: int) -> Any:
        return self._parts[0].has(count)

    def end(self) -> None:
        self._parts[0].end()

    def take(self) -> Any:
        item = self._parts[0].take()
        number = self._number
        self._number = number + 1
        return (number, item)


class Together(Asked):
    """``zip`` of such iterators, of which one may be several: ``_needs`` says how many
    elements each of them has for a row."""

    __slots__ = ("_needs", "_parts")

    def __init__(self, parts: Any, needs: Any) -> None:
        self._parts = parts
        self._needs = needs

    def has(self, count: int) -> bool:
        left = True
        for part, need in self._needs:
            left = left and part.has(need)
        return left

    def end(self) -> None:
        """Takes what is taken before one turns out to have come to its end."""
        for part in self._parts:
            if not part.is_left():
                part.end()
                return
            part.take()

    def take(self) -> Any:
        return tuple([part.take() for part in self._parts])


class Mapped(Together):
    """``map`` of a function over such iterators."""

    __slots__ = ("_function",)

    def __init__(self, parts: Any, needs: Any, function: Any) -> None:
        self._parts = parts
        self._needs = needs
        self._function = function

    def take(self) -> Any:
        row = [part.take() for part in self._parts]
        return self._function(*row)


class Counting(Asked):
    """``itertools.count(first, step)``, which adds the step each time."""

    __slots__ = ("_number", "_parts", "_step")

    def __init__(self, first: Any, step: Any) -> None:
        self._parts = ()
        self._number = first
        self._step = step

    def has(self, count: int) -> bool:
        return True

    def take(self) -> Any:
        number = self._number
        self._number = number + self._step
        return number


class Cycling(Asked):
    """``itertools.cycle`` of what is in a list."""

    __slots__ = ("_at", "_items", "_parts")

    def __init__(self, items: Any) -> None:
        self._parts = ()
        self._items = items
        self._at = 0

    def has(self, count: int) -> bool:
        return length_of(self._items) > 0

    def take(self) -> Any:
        at = self._at
        self._at = (at + 1) % length_of(self._items)
        return element_of(self._items, at)


for _each in (Advanced, Filtered, Enumerated, Together, Mapped, Counting, Cycling):
    _each.__name__ = "iterator"  # as messages call it

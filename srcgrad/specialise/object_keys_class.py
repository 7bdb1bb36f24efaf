"""Dicts and sets of objects, said in Python: compiled like classes of the user's.

An object whose class does not say what it is equal to is a key as itself, and has a number.  So a
dict of such keys is one of their numbers, beside another that has the objects by their numbers.
Where it is known which objects are meant, so are their numbers, and nothing is left of them.

A dict has its keys in the order in which they came.  So does a set here: Python's own order is that
of the addresses of the objects, which is another one whenever the program runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from srcgrad.specialise.deque_class import changing, unchanged


def number(key: Any) -> Any:
    """The number of an object, None if ``key`` is no object; decided by the compiler."""


def own_number(key: Any) -> Any:
    """The number of an object that is put there; decided by the compiler, which refuses
    what is no object."""


def no_set() -> Any:
    """What an operator makes of the keys or items of such a dict; refused by the compiler."""


class ObjectDict:
    """A dict: ``_keys`` and ``_values`` are dicts, which nobody else has."""

    __slots__ = ("_keys", "_values")

    def __init__(self) -> None:
        self._keys: dict[Any, Any] = {}
        self._values: dict[Any, Any] = {}

    # --- what changes it --------------------------------------------------------------------------

    def __setitem__(self, key: Any, value: Any) -> None:
        which = own_number(key)
        if which not in self._keys:
            changing(self)
            self._keys[which] = key
        self._values[which] = value

    def __delitem__(self, key: Any) -> None:
        self.pop(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        which = own_number(key)
        if which not in self._keys:
            changing(self)
            self._keys[which] = key
        return self._values.setdefault(which, default)

    def update(self, *more: Any) -> None:
        for other in more:
            if isinstance(other, dict):
                for key, value in other.items():
                    self[key] = value
            else:
                for key, value in other:
                    self[key] = value

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def pop(self, key: Any, *default: Any) -> Any:
        which = number(key)
        if which not in self._keys:
            if not default:
                raise KeyError("an object that is no key")
            return default[0]
        changing(self)
        self._keys.pop(which)
        return self._values.pop(which)

    def popitem(self) -> Any:
        if not self._keys:
            raise KeyError("popitem(): dictionary is empty")
        changing(self)
        _, key = self._keys.popitem()
        _, value = self._values.popitem()
        return key, value

    def clear(self) -> None:
        changing(self)
        self._keys.clear()
        self._values.clear()

    # --- what reads it ----------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        which = number(key)
        if which not in self._keys:
            raise KeyError("an object that is no key")
        return self._values[which]

    def get(self, key: Any, default: Any = None) -> Any:
        return self._values.get(number(key), default)

    def __contains__(self, key: Any) -> bool:
        return number(key) in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Any]:
        return unchanged(self, iter(self._keys.values()))

    def __reversed__(self) -> Iterator[Any]:
        return unchanged(self, reversed(self._keys.values()))

    def keys(self) -> Any:
        return ObjectKeys(self)

    def values(self) -> Any:
        return ObjectValues(self)

    def items(self) -> Any:
        return ObjectItems(self)

    # --- what makes another, and compares ---------------------------------------------------------

    def copy(self) -> Any:
        made = ObjectDict()
        made.update(self)
        return made

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        """Refused: the copies of the objects have other numbers."""

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        made = self.copy()
        made.update(other)
        return made

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        if len(self) != len(other):
            return False
        return all(key in other and value == other[key] for key, value in self.items())

    def __lt__(self, other: Any) -> Any:
        return NotImplemented

    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = None  # type: ignore[assignment]


class DefaultObjectDict(ObjectDict):
    """A dict that makes a value for a key that it is asked for."""

    __slots__ = ("_factory",)

    def __init__(self, factory: Any) -> None:
        self._keys: dict[Any, Any] = {}
        self._values: dict[Any, Any] = {}
        self._factory = factory

    def __getitem__(self, key: Any) -> Any:
        which = own_number(key)
        if which not in self._keys:
            self[key] = self._factory()
        return self._values[which]

    def copy(self) -> Any:
        made = DefaultObjectDict(self._factory)
        made.update(self)
        return made

    def __lt__(self, other: Any) -> Any:
        return NotImplemented

    __le__ = __gt__ = __ge__ = __lt__


class ObjectKeys:
    """``keys()`` of such a dict, which follows its changes."""

    __slots__ = ("_of",)

    def __init__(self, of: Any) -> None:
        self._of = of

    def __iter__(self) -> Iterator[Any]:
        return iter(self._of)

    def __reversed__(self) -> Any:
        return reversed(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, key: Any) -> bool:
        return bool(key in self._of)

    def __or__(self, other: Any) -> Any:
        return no_set()

    __and__ = __sub__ = __xor__ = __ror__ = __rand__ = __rsub__ = __rxor__ = __or__
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __or__
    __hash__ = None  # type: ignore[assignment]


class ObjectValues:
    """``values()`` of such a dict, which follows its changes."""

    __slots__ = ("_of",)

    def __init__(self, of: Any) -> None:
        self._of = of

    def __iter__(self) -> Iterator[Any]:
        return unchanged(self._of, iter(self._of._values.values()))

    def __reversed__(self) -> Iterator[Any]:
        return unchanged(self._of, reversed(self._of._values.values()))

    def __len__(self) -> int:
        return len(self._of)


class ObjectItems:
    """``items()`` of such a dict, which follows its changes."""

    __slots__ = ("_of",)

    def __init__(self, of: Any) -> None:
        self._of = of

    def __iter__(self) -> Iterator[Any]:
        rows = zip(self._of._keys.values(), self._of._values.values(), strict=True)
        return unchanged(self._of, rows)

    def __len__(self) -> int:
        return len(self._of)

    def __or__(self, other: Any) -> Any:
        return no_set()

    __and__ = __sub__ = __xor__ = __ror__ = __rand__ = __rsub__ = __rxor__ = __or__
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __or__
    __hash__ = None  # type: ignore[assignment]


class ObjectSet:
    """A set: ``_items`` is a dict, which nobody else has."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: dict[Any, Any] = {}

    # --- what changes it --------------------------------------------------------------------------

    def add(self, item: Any) -> None:
        which = own_number(item)
        if which not in self._items:
            changing(self)
            self._items[which] = item

    def discard(self, item: Any) -> None:
        which = number(item)
        if which in self._items:
            changing(self)
            self._items.pop(which)

    def remove(self, item: Any) -> None:
        which = number(item)
        if which not in self._items:
            raise KeyError("an object that is no element")
        changing(self)
        self._items.pop(which)

    def pop(self) -> Any:
        if not self._items:
            raise KeyError("pop from an empty set")
        changing(self)
        _, item = self._items.popitem()
        return item

    def clear(self) -> None:
        changing(self)
        self._items.clear()

    def update(self, *more: Any) -> None:
        for other in more:
            for item in other:
                self.add(item)

    def difference_update(self, *more: Any) -> None:
        for other in more:
            for item in other:
                self.discard(item)

    def intersection_update(self, other: Any) -> None:
        for item in list(self._items.values()):
            if item not in other:
                self.discard(item)

    def symmetric_difference_update(self, other: Any) -> None:
        for item in list(other):
            if item in self:
                self.discard(item)
            else:
                self.add(item)

    def __ior__(self, other: Any) -> Any:
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        self.update(other)
        return self

    def __isub__(self, other: Any) -> Any:
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        self.difference_update(list(other))
        return self

    def __iand__(self, other: Any) -> Any:
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Any) -> Any:
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        self.symmetric_difference_update(other)
        return self

    # --- what reads it ----------------------------------------------------------------------------

    def __contains__(self, item: Any) -> bool:
        return number(item) in self._items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return unchanged(self, iter(self._items.values()))

    def issubset(self, other: Any) -> Any:
        return all(item in other for item in self)

    def issuperset(self, other: Any) -> Any:
        return all(item in self for item in other)

    def isdisjoint(self, other: Any) -> Any:
        return not any(item in self for item in other)

    def __le__(self, other: Any) -> Any:
        return self.issubset(other) if isinstance(other, Set) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        if not isinstance(other, Set):
            return NotImplemented
        return len(self) < len(other) and self.issubset(other)

    def __ge__(self, other: Any) -> Any:
        return self.issuperset(other) if isinstance(other, Set) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        if not isinstance(other, Set):
            return NotImplemented
        return len(self) > len(other) and self.issuperset(other)

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, Set):
            return NotImplemented
        return len(self) == len(other) and self.issubset(other)

    # --- what makes another -----------------------------------------------------------------------

    def copy(self) -> Any:
        made = ObjectSet()
        made.update(self)
        return made

    def __copy__(self) -> Any:
        return self.copy()

    def union(self, *more: Any) -> Any:
        made = self.copy()
        made.update(*more)
        return made

    def difference(self, *more: Any) -> Any:
        made = self.copy()
        made.difference_update(*more)
        return made

    def intersection(self, other: Any) -> Any:
        made = ObjectSet()
        for item in self:
            if item in other:
                made.add(item)
        return made

    def __or__(self, other: Any) -> Any:
        return self.union(other) if isinstance(other, Set) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return self.difference(other) if isinstance(other, Set) else NotImplemented

    def __and__(self, other: Any) -> Any:
        return self.intersection(other) if isinstance(other, Set) else NotImplemented

    def symmetric_difference(self, other: Any) -> Any:
        made = self.copy()
        made.symmetric_difference_update(other)
        return made

    def __xor__(self, other: Any) -> Any:
        return self.symmetric_difference(other) if isinstance(other, Set) else NotImplemented

    def __deepcopy__(self, memo: Any) -> Any:
        """Refused: the copies of the objects have other numbers."""

    __hash__ = None  # type: ignore[assignment]


ObjectDict.__name__ = "dict"  # as messages call them
DefaultObjectDict.__name__ = "defaultdict"
ObjectSet.__name__ = "set"
ObjectKeys.__name__ = "dict_keys"
ObjectValues.__name__ = "dict_values"
ObjectItems.__name__ = "dict_items"

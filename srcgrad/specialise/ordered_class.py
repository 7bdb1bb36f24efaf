"""What ``collections.OrderedDict`` does, said in Python: compiled like a class of the user's.

One that the program makes is an instance of :class:`OrderedDict`, which has a dict of its items.
"""

from __future__ import annotations

from collections import OrderedDict as Ordered
from collections import defaultdict
from collections.abc import Iterator
from typing import Any


class OrderedDict:
    """A dict that can move its items: ``_items`` is one, which nobody else has."""

    __slots__ = ("_items",)

    def __init__(self, items: Any) -> None:
        self._items: dict[Any, Any] = {}
        for key, value in items.items():
            self._items[key] = value

    # --- what changes it --------------------------------------------------------------------------

    def update(self, items: Any = (), /, **named: Any) -> None:
        if isinstance(items, dict):
            for key, value in items.items():
                self._items[key] = value
        else:
            self._items.update(items)
        for name, value in named.items():
            self._items[name] = value

    def move_to_end(self, key: Any, last: Any = True) -> None:
        value = self._items.pop(key)
        if last:
            self._items[key] = value
        else:
            self._put_first(key, value)

    def _put_first(self, key: Any, value: Any) -> None:
        items = dict(self._items)
        self._items.clear()
        self._items[key] = value
        self._items.update(items)

    def popitem(self, last: Any = True) -> Any:
        if len(self._items) == 0:
            raise KeyError("dictionary is empty")
        if last:
            return self._items.popitem()
        key = next(iter(self._items))
        return key, self._items.pop(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._items[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._items[key]

    def pop(self, key: Any, *default: Any, **named: Any) -> Any:
        for name in named:  # which dicts do not take
            if name != "default" or default:
                raise TypeError(f"pop() got an unexpected keyword argument '{name}'")
        return self._items.pop(key, *default, *named.values())

    def setdefault(self, key: Any, default: Any = None) -> Any:
        return self._items.setdefault(key, default)

    def clear(self) -> None:
        self._items.clear()

    # --- what reads it ----------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        return self._items[key]

    def get(self, key: Any, default: Any = None, /) -> Any:
        return self._items.get(key, default)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: Any) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __reversed__(self) -> Any:
        return reversed(self._items)

    def keys(self) -> Any:
        return self._items.keys()

    def values(self) -> Any:
        return self._items.values()

    def items(self) -> Any:
        return self._items.items()

    def __eq__(self, other: Any) -> Any:
        if isinstance(other, Ordered):  # the order counts between two of them
            alike = self._items == other._items  # type: ignore[attr-defined]
            return alike and list(self._items) == list(other)
        return self._items == other if isinstance(other, dict) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return NotImplemented

    def __le__(self, other: Any) -> Any:
        return NotImplemented

    def __gt__(self, other: Any) -> Any:
        return NotImplemented

    def __ge__(self, other: Any) -> Any:
        return NotImplemented

    def __repr__(self) -> str:
        return f"OrderedDict({self._items!r})" if len(self._items) else "OrderedDict()"

    # --- what makes another -----------------------------------------------------------------------

    def copy(self) -> Any:
        return Ordered(self)

    def __copy__(self) -> Any:
        return Ordered(self)

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, dict):
            return NotImplemented
        made: Any = Ordered(self)
        made.update(other)
        return made

    def __ror__(self, other: Any) -> Any:
        if not isinstance(other, dict) or isinstance(other, defaultdict):
            return NotImplemented
        made: Any = Ordered(other)
        made.update(self)
        return made

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    __hash__ = None  # type: ignore[assignment]


OrderedDict.__name__ = "OrderedDict"

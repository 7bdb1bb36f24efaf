"""What ``collections.Counter`` does, said in Python: compiled like a class of the user's.

A counter that the program makes is an instance of :class:`Counter`, which has a dict of its counts.
What it counts may be keys that only running the program tells, and counts may be any numbers.
"""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Iterable, Iterator
from typing import Any


class Counter:
    """A counter: ``_counts`` is a dict, which nobody else has."""

    __slots__ = ("_counts",)

    def __init__(self, iterable: Any = None, /, **counts: Any) -> None:
        self._counts: dict[Any, Any] = {}
        self.update(iterable, **counts)

    # --- what changes it --------------------------------------------------------------------------

    def update(self, iterable: Any = None, /, **counts: Any) -> None:
        if isinstance(iterable, dict):
            for key, count in iterable.items():
                self._counts[key] = count + self._counts.get(key, 0)
        elif iterable is not None:
            for key in iterable:
                self._counts[key] = self._counts.get(key, 0) + 1
        for name, count in counts.items():
            self._counts[name] = count + self._counts.get(name, 0)

    def subtract(self, iterable: Any = None, /, **counts: Any) -> None:
        if isinstance(iterable, dict):
            for key, count in iterable.items():
                self._counts[key] = self._counts.get(key, 0) - count
        elif iterable is not None:
            for key in iterable:
                self._counts[key] = self._counts.get(key, 0) - 1
        for name, count in counts.items():
            self._counts[name] = self._counts.get(name, 0) - count

    def __setitem__(self, key: Any, count: Any) -> None:
        self._counts[key] = count

    def __delitem__(self, key: Any) -> None:
        if key in self._counts:
            del self._counts[key]

    def pop(self, key: Any, *default: Any) -> Any:
        return self._counts.pop(key, *default)

    def popitem(self) -> Any:
        return self._counts.popitem()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        return self._counts.setdefault(key, default)

    def clear(self) -> None:
        self._counts.clear()

    # --- what reads it ----------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        return self._counts.get(key, 0)

    def __missing__(self, key: Any) -> int:
        return 0

    def get(self, key: Any, default: Any = None, /) -> Any:
        return self._counts.get(key, default)

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, key: Any) -> bool:
        return key in self._counts

    def __iter__(self) -> Iterator[Any]:
        return iter(self._counts)

    def keys(self) -> Any:
        return self._counts.keys()

    def values(self) -> Any:
        return self._counts.values()

    def items(self) -> Any:
        return self._counts.items()

    def most_common(self, n: Any = None) -> list[Any]:
        found = sorted(self._counts.items(), key=lambda row: row[1], reverse=True)
        return found if n is None else found[: max(n, 0)]

    def total(self) -> Any:
        return sum(self._counts.values())

    def elements(self) -> Iterable[Any]:
        return (key for key, count in self._counts.items() for _ in range(count))

    def __reversed__(self) -> Any:
        return reversed(self._counts)

    def __eq__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return self._counts == other if isinstance(other, dict) else NotImplemented
        for key in self._counts:
            if self[key] != other[key]:
                return False
        return all(self[key] == other[key] for key in other)

    def __le__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return NotImplemented
        for key in self._counts:
            if not self[key] <= other[key]:
                return False
        return all(self[key] <= other[key] for key in other)

    def __lt__(self, other: Any) -> Any:
        return self <= other and self != other if isinstance(other, Counted) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return NotImplemented
        for key in self._counts:
            if not self[key] >= other[key]:
                return False
        return all(self[key] >= other[key] for key in other)

    def __gt__(self, other: Any) -> Any:
        return self >= other and self != other if isinstance(other, Counted) else NotImplemented

    def __repr__(self) -> str:
        rows = [f"{key!r}: {count!r}" for key, count in self.most_common()]
        return "Counter({" + ", ".join(rows) + "})" if rows else "Counter()"

    # --- what makes another -----------------------------------------------------------------------

    def copy(self) -> Any:
        return Counted(self)

    def __copy__(self) -> Any:
        return Counted(self)

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return NotImplemented
        made: Any = Counted()
        for key, count in self._counts.items():
            if count + other[key] > 0:
                made[key] = count + other[key]
        for key, count in other.items():
            if key not in self._counts and count > 0:
                made[key] = count
        return made

    def __sub__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return NotImplemented
        made: Any = Counted()
        for key, count in self._counts.items():
            if count - other[key] > 0:
                made[key] = count - other[key]
        for key, count in other.items():
            if key not in self._counts and count < 0:
                made[key] = 0 - count
        return made

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return NotImplemented
        made: Any = Counted()
        for key, count in self._counts.items():
            if max(count, other[key]) > 0:
                made[key] = max(count, other[key])
        for key, count in other.items():
            if key not in self._counts and count > 0:
                made[key] = count
        return made

    def __and__(self, other: Any) -> Any:
        if not isinstance(other, Counted):
            return NotImplemented
        made: Any = Counted()
        for key, count in self._counts.items():
            if min(count, other[key]) > 0:
                made[key] = min(count, other[key])
        return made

    def __pos__(self) -> Any:
        made: Any = Counted()
        for key, count in self._counts.items():
            if count > 0:
                made[key] = count
        return made

    def __neg__(self) -> Any:
        made: Any = Counted()
        for key, count in self._counts.items():
            if count < 0:
                made[key] = 0 - count
        return made

    def _keep_positive(self) -> Any:
        for key in [key for key, count in self._counts.items() if not count > 0]:
            del self._counts[key]
        return self

    def __iadd__(self, other: Any) -> Any:
        for key, count in other.items():
            self._counts[key] = self[key] + count
        return self._keep_positive()

    def __isub__(self, other: Any) -> Any:
        for key, count in other.items():
            self._counts[key] = self[key] - count
        return self._keep_positive()

    def __ior__(self, other: Any) -> Any:
        for key, count in other.items():
            self._counts[key] = max(self[key], count)
        return self._keep_positive()

    def __iand__(self, other: Any) -> Any:
        for key in list(self._counts):
            self._counts[key] = min(self[key], other[key])
        return self._keep_positive()

    __hash__ = None  # type: ignore[assignment]


Counter.__name__ = "Counter"

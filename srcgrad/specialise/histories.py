"""In which order a set comes: what was done to it, done again to a set of Python's.

The order depends on how a set was made: on the size of its table, and on what stood there before::

    {8, 0} | {16}                # 8, 0, 16: each of them wants the first place in the table
    {15, 7} - {3}                # 7, 15, and {15, 7} is 15, 7

So a set whose elements are known has a *history*, which is as immutable as any value of the
compiler: the operation that made it, or changed it, and what that was given.  Played back, it
gives a set that is laid out as the one of the program is.  After two arms that have done different
things it is *lost*, and with it the order, unless both agree on that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from srcgrad.ir.facts import immutable
from srcgrad.ir.nodes import Const, Pack
from srcgrad.ir.types import Known
from srcgrad.specialise.places import Place

Operation: TypeAlias = Callable[..., Any] | str
"""A function, or the name of a method of its first argument."""


class Given:
    """What an operation is given that is no set: what ``make`` makes of known elements."""

    __slots__ = ("elements", "make")

    def __init__(self, make: Callable[[tuple[Any, ...]], Any], elements: Iterable[Any]) -> None:
        self.make, self.elements = make, tuple(elements)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Given) or self.make is not other.make:
            return False
        return are_same(self.elements, other.elements)

    def __hash__(self) -> int:
        return hash((self.make, len(self.elements)))

    def real(self) -> Any:
        """The object itself."""
        return self.make(self.elements)

    def is_mapping(self) -> bool:
        """Whether it is a dict."""
        return self.make is _FROM_KEYS

    def is_element(self) -> bool:
        """Whether it is one element."""
        return self.make is _the_only


class Source:
    """A set that there is before the program runs: one from outside, at a place, or a constant."""

    __slots__ = ("place", "value")

    def __init__(self, value: set[Any] | frozenset[Any], place: Place | None = None) -> None:
        self.value, self.place = value, place

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self.value is other.value and self.place == other.place

    def __hash__(self) -> int:
        return id(self.value)

    def real(self) -> Any:
        """The set itself, which nothing must change."""
        return self.value


class History:
    """How a set came about.

    Parameters
    ----------
    op : Operation
        What made the set; the name of the method that changed it.
    args : tuple of History, Given and Source
        What that was given.
    before : History, optional
        That of the set that was changed, before it was.
    is_lost : bool
        Whether the set was made otherwise, so that only its elements are known.
    """

    __slots__ = ("_hash", "_real", "args", "before", "is_lost", "op")

    def __init__(
        self,
        op: Operation,
        args: tuple[History | Given | Source, ...] = (),
        before: History | None = None,
        is_lost: bool = False,
        real: Any = None,
    ) -> None:
        self.op, self.args, self.before = op, args, before
        parts = (before, *args)
        self.is_lost: bool = is_lost or any(
            isinstance(arg, History) and arg.is_lost for arg in parts
        )
        self._real = real
        self._hash = hash((op, self.is_lost, *map(hash, parts)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        mine: History | None = self
        while mine is not other:
            if mine is None or not isinstance(other, History) or mine._hash != other._hash:
                return False
            if mine.op != other.op or mine.args != other.args:
                return False
            mine, other = mine.before, other.before
        return True

    def real(self) -> Any:
        """The set that Python makes of this, which must not be changed, nor kept."""
        if self._real is None:
            self._real = self._played()
        return self._real

    def changed(self, method: str, *args: History | Given | Source) -> tuple[History, Any]:
        """The history of the set after one change more, and what the method gave."""
        real, given = self.real(), [arg.real() for arg in args]  # which may be the same
        self._real = None  # it is changed, and that of the new one
        result = getattr(real, method)(*given)
        return History(method, args, self, real=real), result

    def order(self) -> tuple[Any, ...] | None:
        """The elements in the order in which they come; None if it is lost."""
        if self.op is _either:
            return self.args[0].elements  # type: ignore[union-attr]
        found = tuple(self.real())
        return found if not self.is_lost or len(found) < 2 else None

    def sources(self) -> Iterator[Source]:
        """The sets from outside that its order depends on."""
        seen: set[int] = set()
        todo: list[History | Given | Source | None] = [self]
        while todo:
            each = todo.pop()
            if isinstance(each, Source) and each.place is not None:
                yield each
            elif isinstance(each, History) and id(each) not in seen:
                seen.add(id(each))
                todo += (*each.args, each.before)

    def steps(self) -> Iterator[History]:
        """What was done, step by step, from the last one to that which made the set."""
        step: History | None = self
        while step is not None:
            yield step
            step = step.before

    def global_place(self) -> Place | None:
        """Where it is found, if it is a frozenset from outside; None for every other one."""
        source = self.args[0] if self.op is _itself else None
        is_frozen = isinstance(source, Source) and type(source.value) is frozenset
        return source.place if is_frozen else None  # type: ignore[union-attr]

    def is_of_keys(self) -> bool:
        """Whether it is the keys of a dict, and no set."""
        return self.op is _view

    def _played(self) -> Any:
        chain, first = [], self
        while first.before is not None:
            chain.append(first)
            first = first.before
        real = _applied(first.op, *(arg.real() for arg in first.args))
        for each in reversed(chain):
            given = (real if arg is each.before else arg.real() for arg in each.args)
            getattr(real, each.op)(*given)  # type: ignore[arg-type]
        return real


def _applied(op: Operation, *args: Any) -> Any:
    return getattr(args[0], op)(*args[1:]) if isinstance(op, str) else op(*args)


def are_same(some: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    """Whether elements are the same, which 1 and True are not."""
    if len(some) != len(others):
        return False
    return all(Known(a) == Known(b) for a, b in zip(some, others, strict=True))


# --- what there is at first -----------------------------------------------------------------------


def made(op: Operation, *args: History | Given | Source) -> History:
    """What an operation makes."""
    return History(op, args)


def existing(value: set[Any] | frozenset[Any], place: Place | None = None) -> History:
    """A set that there is before the program runs."""
    return History(_itself, (Source(value, place),))


def of_keys(keys: Iterable[Any]) -> History:
    """The keys of a dict, which operators take as they take a set."""
    return History(_view, (Given(tuple, keys),))


def sequence(elements: Iterable[Any]) -> Given:
    """What gives its elements one after the other, whatever its class is."""
    return Given(tuple, elements)


def mapping(keys: Iterable[Any]) -> Given:
    """A dict, of which a set takes the keys in a way of its own."""
    return Given(_FROM_KEYS, keys)


_FROM_KEYS = dict.fromkeys


def element(value: Any) -> Given:
    """One element."""
    return Given(_the_only, (value,))


def lost(elements: Iterable[Any]) -> History:
    """A set of which no more is known than its elements."""
    return History(_any, (Given(tuple, sorted(elements, key=repr)),), is_lost=True)


def are_alike(a: Pack, b: Pack) -> bool:
    """Whether the elements of two sets are the same, in whatever order."""
    return _spelled(a) == _spelled(b)


def _spelled(pack: Pack) -> set[Any]:
    values = (item.value for item in pack.items if isinstance(item, Const))
    return {(type(value), value, repr(value)) for value in values}


def joined(a: Pack, b: Pack) -> SetPack:
    """What is in a set that came about in one of two ways, with the same elements."""
    return content(_joined(of(a), of(b)))


def _joined(a: History, b: History) -> History:
    orders = a.order(), b.order()
    if orders[0] is not None and orders[1] is not None and are_same(orders[0], orders[1]):
        return History(_either, (Given(tuple, orders[0]),), is_lost=True)
    return lost(a.real())


def _itself(value: Any) -> Any:
    return value


def _view(keys: tuple[Any, ...]) -> Any:
    return dict.fromkeys(keys).keys()


def _the_only(elements: tuple[Any, ...]) -> Any:
    return elements[0]


def _any(elements: tuple[Any, ...]) -> Any:
    return set(elements)


def _either(elements: tuple[Any, ...]) -> Any:
    return set(elements)


# --- in packs -------------------------------------------------------------------------------------


@immutable
class SetPack(Pack):
    """What is in a set whose elements are known, in their order if that is, with its history."""

    history: History = lost(())


def content(history: History) -> SetPack:
    """What is in a set that came about so."""
    elements = history.order() or history.real()
    return SetPack(set, tuple(map(Const, elements)), (), history)


def of(pack: Pack) -> History:
    """That of what is in a set; lost if something has made another display of it."""
    if isinstance(pack, SetPack):
        return pack.history
    return lost(item.value for item in pack.items if isinstance(item, Const))

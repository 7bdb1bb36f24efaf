"""The elements of an iterable one by one, while the program may change the containers behind it.

A loop over a list goes on over what the list gets meanwhile; whatever else changes its length is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import advanced, chains, iterate, lists
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import ITERATORS, EnumerateOf, MapOf, Ref, TakenOf, Value, ZipOf

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Producer = Callable[[], Value]
"""Gives an element of an iterable when the program gets there, as ``map`` calls its function."""


@dataclass(frozen=True)
class Rows:
    """The elements of an iterable, one by one.

    ``counts`` says how many there were in each container behind it that the program may change.
    """

    items: tuple[Producer, ...]
    iterable: Value
    counts: tuple[tuple[Value, int], ...] = ()


def counts(sp: Specialiser, value: Value, loc: Loc) -> Iterator[tuple[Value, int]]:
    """The containers behind an iterable that may change, with how many elements each has."""
    match value:
        case ZipOf(parts=parts) | MapOf(parts=parts):
            for part in parts:
                yield from counts(sp, part, loc)
        case EnumerateOf(part=part):
            yield from counts(sp, part, loc)
        case TakenOf(counts=found):
            yield from found
        case _ if sp.heap.changes(value) and class_of_instance(value) is None:
            count = _count(sp, value, loc)
            if count is not None:
                yield value, count


def _items(sp: Specialiser, container: Value) -> tuple[Value, ...] | None:
    """What is in a list of which the compiler knows that: one element does not ask for all."""
    if not isinstance(container, Ref) or container.kind is not list:
        return None
    content = sp.heap.view(container)
    return content.items if isinstance(content, Pack) and content.kind is list else None


def _count(sp: Specialiser, container: Value, loc: Loc) -> int | None:
    """How many elements a container has now; None if that is not known."""
    items = _items(sp, container)
    if items is not None:
        return len(items)
    found = iterate.contained(sp, container, loc)
    if found is not None:
        return len(found)
    if not lists.is_dynamic(sp.heap.view(container)):
        return None
    with sp.builder.nested():
        count = constant_of(iterate.length(sp, container, loc))
    return None if count is None else count.value


def _element(sp: Specialiser, container: Value, position: int, loc: Loc) -> Value:
    """The element that a container has at a position now."""
    items = _items(sp, container)
    if items is not None:
        return chains.opened(sp, items[position], loc)
    found = iterate.contained(sp, container, loc)
    return iterate.nth(sp, container, Const(position), loc) if found is None else found[position]


def unchanged(
    sp: Specialiser, counts: tuple[tuple[Value, int], ...], produce: Producer, loc: Loc
) -> Value:
    """The element that ``produce`` gives, where the containers have as many elements as before."""
    if any(_count(sp, container, loc) != count for container, count in counts):
        raise changes_length(loc)
    return produce()


def check_lengths(sp: Specialiser, rows: Rows, loc: Loc) -> None:
    """Refuses elements that were all taken of what has got another length meanwhile."""
    if rows.counts and added(sp, rows, len(rows.items), loc):
        raise changes_length(loc)


def added(sp: Specialiser, rows: Rows, done: int, loc: Loc) -> tuple[Producer, ...]:
    """What a list has got since, of whose elements ``done`` have been read.

    Raises
    ------
    UnsupportedSyntaxError
        If any other container has another length now.
    """
    for container, count in rows.counts:
        now = _count(sp, container, loc)
        if now is not None and now > count and _list_behind(rows.iterable) is container:
            return _live(sp, rows.iterable, range(done, now), loc)
        if now != count:
            raise changes_length(loc)
    return ()


def live(sp: Specialiser, rows: Rows, loc: Loc) -> Rows:
    """``rows`` for a loop, which sees what is added to the list that it goes over."""
    if not rows.items:
        check_lengths(sp, rows, loc)  # a loop that has no trip asks once
    if _list_behind(rows.iterable) is None or not rows.counts:
        return rows
    return replace(rows, items=_live(sp, rows.iterable, range(len(rows.items)), loc))


def _list_behind(iterable: Value) -> Ref | None:
    """The list whose elements an iterable gives, counted or not."""
    if isinstance(iterable, EnumerateOf) and isinstance(iterable.start, Const):
        iterable = iterable.part
    return iterable if isinstance(iterable, Ref) and iterable.kind is list else None


def _live(sp: Specialiser, iterable: Value, places: range, loc: Loc) -> tuple[Producer, ...]:
    container = _list_behind(iterable)
    assert container is not None
    found = tuple(partial(present, sp, container, i, i + 1, loc, True) for i in places)
    if not isinstance(iterable, EnumerateOf):
        return found
    assert isinstance(iterable.start, Const)
    start = iterable.start.value
    pairs = zip(places, found, strict=True)
    return tuple(partial(iterate.counted, start + i, each) for i, each in pairs)


def present(
    sp: Specialiser, value: Value, position: int, count: int, loc: Loc, growing: bool = False
) -> Value:
    """The element that a container has at a position when the loop gets there.

    It has to have ``count`` elements then, or more if it may be ``growing``.
    """
    now = _count(sp, value, loc)
    if now is None or now < count or (now > count and not growing):
        raise changes_length(loc)
    return _element(sp, value, position, loc)


def changes_length(loc: Loc) -> UnsupportedSyntaxError:
    message = "a container changes its length while it is iterated over"
    hint = "write 'while i < len(items)', or, not to see the change, loop over list(items)"
    return UnsupportedSyntaxError(message, loc, hint)


def check_apart(sp: Specialiser, parts: tuple[Value, ...], loc: Loc) -> None:
    """Refuses one iterator as several parts, which take its elements in turns."""
    iterators = [part for part in parts if isinstance(part, ITERATORS)]
    if len({id(part) for part in iterators}) < len(iterators):
        for part in iterators:
            advanced.ask(sp, part)
        message = "one iterator is several arguments, which take its elements in turns"
        raise UnsupportedSyntaxError(message, loc, "make a list of it, and take slices: items[::2]")

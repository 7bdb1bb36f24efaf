"""How a set whose elements are known is made in the text, laid out as that of the program is.

Where data add to it, it is a set when the program runs, and in which order that comes depends on
where in its table the elements are.  A set that got its elements one after the other gets them so
again.  Of any other one it is asked whether each element is in the place that its hash wants, and
nothing was ever taken out: then no other set with as large a table has them anywhere else.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any

from srcgrad.ir import keys
from srcgrad.ir.nodes import Pack
from srcgrad.ir.types import KeysOf, Type
from srcgrad.specialise import histories
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.histories import Given, History, Source
from srcgrad.specialise.join import keys_of


@dataclass(frozen=True, slots=True)
class Layout:
    """A display of ``elements`` that ``op`` makes a set of, which is ``in_order`` if it is laid out
    as the one that it stands for."""

    op: Callable[..., Any]
    elements: tuple[Any, ...]
    in_order: bool


def layout(pack: Pack) -> Layout:
    """What to make of what is in a set that is known."""
    history = histories.of(pack)
    one_by_one = _one_by_one(history)
    if one_by_one is not None:
        return Layout(_maker(one_by_one), one_by_one, True)
    real = history.real()
    order = tuple(real)
    is_filled = _is_without_gaps(history)
    is_small = len(order) <= _FEW and _size(real) == _LEAST  # a merge may have made it larger
    few = _inserted(order) if is_filled and is_small else None
    if few is not None:
        return Layout(_maker(few), few, True)
    wanted = _places(real) if is_filled else None
    if wanted is not None:
        if wanted == _places(set(order)):
            return Layout(_maker(order), order, True)
        if wanted == _places(_displayed(order)):
            return Layout(keys.set_of, order, True)
    return Layout(keys.set_of, order, False)


def typed(type_: Type, layout: Layout) -> Type:
    """The type of such a set when the program runs, which is ``type_`` in whatever order."""
    return replace(type_, in_order=layout.in_order) if isinstance(type_, KeysOf) else type_


def type_of_known(pack: Pack) -> Type:
    """The type of a set that is known when the program runs."""
    return typed(keys_of(type_of(Pack(tuple, pack.items)), of_set=True), layout(pack))


_LEAST = 8
"""So many places there are in the table of a set that is new."""
_FEW = 4
"""So many elements fit into the table of a set that is new."""


def _maker(elements: tuple[Any, ...]) -> Callable[..., Any]:
    """What makes a set that gets elements one after the other: a display of up to two does.

    Of one of more constants Python makes a frozenset, in an order of its own, and a set of that.
    """
    is_same = len(elements) <= 2 or (len(elements) <= _FEW and _places(set(elements)) is not None)
    return keys.set_of if is_same else keys.set_of_each


def _one_by_one(history: History) -> tuple[Any, ...] | None:
    """The elements in the order in which a set got them one after the other; None if it did not."""
    steps: list[Given] = []
    each: History | None = history
    while each is not None and each.op != "clear":
        if each.is_lost or each.op not in (set, frozenset, "add", "update"):
            return None
        for arg in each.args:
            if not isinstance(arg, Given) or arg.make not in _MAKING:
                return None
        steps.extend(reversed(each.args))  # type: ignore[arg-type]
        each = each.before
    if each is not None and any(past.op == "pop" for past in _past(each)):
        return None  # where the next one looks first depends on that
    got = (element for step in reversed(steps) for element in step.elements)
    return tuple(dict.fromkeys(got))


_MAKING = (histories.sequence(()).make, histories.element(0).make)


def _past(history: History | None) -> Iterator[History]:
    while history is not None:
        yield history
        history = history.before


_FILLING = ("add", "update", "__or__", "__ior__", "union", "copy", "intersection", "__and__")
_MAKING_SETS = (set, frozenset, operator.or_, operator.and_, histories.existing(frozenset()).op)


def _is_without_gaps(history: History) -> bool:
    """Whether nothing has been taken out of a set, nor of those that it was made of as they are."""
    for each in _past(history):
        if each.is_lost or (each.op not in _FILLING and each.op not in _MAKING_SETS):
            return False
        for arg in each.args:
            if isinstance(arg, History) and not _is_without_gaps(arg):
                return False
            if isinstance(arg, Source) and arg.place is not None:
                return False
    return True


_SMALL = set[Any]().__sizeof__()
_ENTRY = (set(range(5)).__sizeof__() - _SMALL) // 32


def _size(elements: Set[Any]) -> int:
    """How many places there are in the table of a set."""
    extra = elements.__sizeof__() - type(elements)().__sizeof__()
    return extra // _ENTRY if extra else _LEAST


def _places(elements: Set[Any]) -> tuple[int, Set[Any]] | None:
    """The size of the table of a set, and the elements, if each is where its hash wants it."""
    size = _size(elements)
    first = {hash(element) & (size - 1) for element in elements}
    return (size, elements) if len(first) == len(elements) else None


def _inserted(order: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The elements of a small set in an order in which it may have got them; None if sets that come
    in the same order may have them in other places."""
    ways = [each for each in itertools.permutations(order) if tuple(set(each)) == order]
    places = [_probed(each) for each in ways]
    if not ways or any(tuple(found.values()) != order or found != places[0] for found in places):
        return None
    return ways[0]


def _probed(elements: tuple[Any, ...]) -> dict[int, Any]:
    """Where the elements are in a table of eight places, which they get one after the other."""
    table: dict[int, Any] = {}
    for element in elements:
        rest = hash(element) & (2**64 - 1)
        place = rest & 7
        while place in table:
            rest >>= 5
            place = (place * 5 + 1 + rest) & 7
        table[place] = element
    return dict(sorted(table.items()))


def _displayed(elements: tuple[Any, ...]) -> set[Any]:
    """What the display of constants is."""
    try:
        made = eval(compile("{" + ", ".join(map(repr, elements)) + "}", "<a set>", "eval"), {})
    except (SyntaxError, NameError):
        return set()  # members of an enumeration
    return made if type(made) is set else set()

"""What a program asks of a set to which data add elements: its methods, and how it is made."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import (
    calls,
    compiled,
    containers,
    growing,
    iterate,
    object_keys,
    one_by_one,
    open_sets,
    outside_sets,
)
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import Args, Kwargs, Method, OpenSetOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def made(sp: Specialiser, items: Value, loc: Loc) -> Ref:
    """``set(items)``."""
    opened = sp.heap.view(items)
    if isinstance(opened, OpenSetOf):
        return copy(sp, opened)
    ref = object_keys.made(sp, containers.make_set(sp, ()), loc)
    if ref.kind is set:
        update(sp, ref, items, loc)
    else:
        calls.invoke(sp, Method(ref, "update"), (items,), {}, loc)
    return ref


def method(
    sp: Specialiser, opened: OpenSetOf, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value:
    """The result of a method."""
    ref = opened.ref
    match name, args, dict(kwargs):
        case "add", (element,), {**none} if not none:
            open_sets.add(sp, ref, element, loc)
        case "discard", (element,), {**none} if not none:
            open_sets.discard(sp, ref, element, loc)
        case "remove", (element,), {**none} if not none:
            open_sets.remove(sp, ref, element, loc)
        case "update", (*more,), {**none} if not none:
            for each in more:
                update(sp, ref, each, loc)
        case "union" | "intersection" | "difference", (other,), {**none} if not none:
            return combined(sp, _OPERATORS[name], ref, other, loc)
        case "clear", (), {**none} if not none:
            containers.write(sp, ref, containers.set_of(()), loc)
        case "copy", (), {**none} if not none:
            return copy(sp, opened)
        case _:
            message = f"'set.{name}' of a set whose elements only running the program tells"
            raise UnsupportedSyntaxError(message, loc, "build a new set, in a loop")
    return Const(None)


def copy(sp: Specialiser, opened: OpenSetOf) -> Ref:
    """Another set with the same elements."""
    return sp.heap.make(sp.heap.contents[opened.ref], opened.ref.kind)


def update(sp: Specialiser, ref: Value, more: Value, loc: Loc) -> None:
    """``ref.update(more)``, where ``more`` may be of unknown length."""
    more = outside_sets.opened(sp, more, loc)
    opened = sp.heap.view(more)
    if isinstance(opened, OpenSetOf):
        more = open_sets.listed(sp, opened, loc)
    if growing.is_dynamic(sp, more) and not iterate.is_known(sp, more, loc):
        compiled.run(sp, one_by_one.add, (ref, more), loc)
        return
    elements = iterate.all_elements(sp, more, loc)
    known = [open_sets.known(sp, ref, element, loc) for element in elements]
    pack = sp.heap.view(ref)
    if isinstance(pack, Pack) and None not in known:
        added = (each.value for each in known if each is not None)
        containers.write(sp, ref, containers.set_of({*containers.keys_of(pack), *added}), loc)
        return
    for element in elements:
        compiled.run(sp, _add, (ref, element), loc)


_OPERATORS = {
    "union": operator.or_,
    "intersection": operator.and_,
    "difference": operator.sub,
}


def combined(sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc) -> Ref:
    """What an operator makes of two sets, or of a set and an iterable.

    Raises
    ------
    UnsupportedSyntaxError
        If it is none of those that have a loop.
    """
    if op not in _COMBINED:
        message = "an operator between sets whose elements only running the program tells"
        raise UnsupportedSyntaxError(message, loc, "build a new set, in a loop")
    if class_of(sp, b) is not set:
        b = made(sp, b, loc)
    found = compiled.run(sp, _COMBINED[op], (taken(sp, a, loc), b), loc)
    assert isinstance(found, Ref)
    return found


def taken(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What something iterates over that asks for no order."""
    value = outside_sets.listed(sp, value, loc)
    opened = sp.heap.view(value)
    if isinstance(opened, OpenSetOf):
        return open_sets.listed(sp, opened, loc)
    return iterate.taken(sp, value, loc)


def kept(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """The same for a set that is made of it, which copies another as it is."""
    value = outside_sets.opened(sp, value, loc)
    return value if is_by_data(sp, value) else iterate.taken(sp, value, loc)


def is_by_data(sp: Specialiser, *values: Value) -> bool:
    """Whether only running the program tells what is in one of these sets."""
    return any(isinstance(sp.heap.view(value), OpenSetOf) for value in values)


# --- compiled like the user's functions -----------------------------------------------------------


def _add(elements: Any, element: Any) -> None:
    elements.add(element)


def _union(some: Any, more: Any) -> Any:
    made = set(some)
    made.update(more)
    return made


def _both(some: Any, others: Any) -> Any:
    return {element for element in some if element in others}


def _without(some: Any, others: Any) -> Any:
    return {element for element in some if element not in others}


_COMBINED = {operator.or_: _union, operator.and_: _both, operator.sub: _without}

"""What a program asks of a set to which data add elements: its methods, and how it is made."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import (
    compiled,
    containers,
    growing,
    iterate,
    one_by_one,
    open_sets,
    outside_sets,
)
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import Args, Held, Kwargs, OpenSetOf, OpenViewOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def made(sp: Specialiser, items: Value, loc: Loc) -> Ref:
    """``set(items)``."""
    items = outside_sets.opened(sp, items, loc)
    opened = sp.heap.view(items)
    if isinstance(opened, OpenSetOf):
        return copy(sp, opened)
    ref = containers.make_set(sp, ())
    update(sp, ref, items, loc)
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
        case "isdisjoint" | "issubset" | "issuperset", (other,), {**none} if not none:
            return compared(sp, TESTS[name], ref, other, loc)
        case _, (*more,), {**none} if name in OPERATORS and not none:
            return combined_all(sp, OPERATORS[name], ref, tuple(more), loc)
        case "clear", (), {**none} if not none:
            containers.write(sp, ref, containers.set_of(()), loc)
        case "copy", (), {**none} if not none:
            return copy(sp, opened)
        case _, (*more,), {**none} if name in CHANGES and not none:
            change(sp, CHANGES[name], ref, tuple(more), loc)
        case _:
            message = f"'set.{name}' of a set whose elements only running the program tells"
            hint = POP_HINT if name == "pop" else "build a new set, in a loop"
            raise UnsupportedSyntaxError(message, loc, hint)
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


OPERATORS = {
    "union": operator.or_,
    "intersection": operator.and_,
    "difference": operator.sub,
    "symmetric_difference": operator.xor,
}
"""The methods that give another set, and the operators that do."""


CHANGES = {
    "difference_update": operator.sub,
    "intersection_update": operator.and_,
    "symmetric_difference_update": operator.xor,
}
"""The methods that change a set, and the operators that give what it becomes."""
POP_HINT = "say which one: k = min(elements); elements.remove(k)"


def change(sp: Specialiser, op: Any, ref: Value, others: Args, loc: Loc) -> None:
    """Leaves in a set what an operator makes of it and others."""
    found = combined_all(sp, op, ref, others, loc)
    assert isinstance(found, Ref)
    containers.write(sp, ref, sp.heap.contents[found], loc)


def combined_all(sp: Specialiser, op: Any, ref: Value, others: Args, loc: Loc) -> Value:
    """What such a method makes of a set and iterables, one after the other."""
    found: Value = ref
    for other in others:
        found = combined(sp, op, found, other, loc)
    return found if others else made(sp, ref, loc)


def combined(sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc) -> Ref:
    """What an operator makes of two sets, or of a set and an iterable.

    Where what is in both is known, so is what is in the result.
    """
    a, b = (_as_set(sp, each, loc) for each in (a, b))
    if not is_by_data(sp, a, b):
        return containers.make_set(sp, op(*(_known(sp, each) for each in (a, b))))
    if op is operator.xor:
        first, second = (combined(sp, operator.sub, *pair, loc) for pair in ((a, b), (b, a)))
        return combined(sp, operator.or_, first, second, loc)
    found = compiled.run(sp, _COMBINED[op], (taken(sp, a, loc), b), loc)
    assert isinstance(found, Ref)
    return found


def are_sets(sp: Specialiser, *values: Value) -> bool:
    """Whether all values are sets of which the elements can be told, or the keys of dicts."""
    return all(_is_set(sp, value) or _is_keys(sp, value) for value in values)


def _is_set(sp: Specialiser, value: Value) -> bool:
    is_set = class_of(sp, value) in (set, frozenset)
    return is_set and (not isinstance(value, Held) or outside_sets.is_readable(sp, value))


def compared(sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc) -> Value:
    """What ``<=``, ``==`` or another such operator says of two sets."""
    a, b = (_as_set(sp, each, loc) for each in (a, b))
    if not is_by_data(sp, a, b):
        return Const(op(*(_known(sp, each) for each in (a, b))))
    if op in (operator.ge, operator.gt):
        op, a, b = _SWAPPED[op], b, a
    return compiled.run(sp, _COMPARED[op], (taken(sp, a, loc), made(sp, b, loc)), loc)


def _as_set(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """A set, or what one is made of, as a set of which something may be known."""
    if outside_sets.content(sp, value) is not None:
        return value
    shown = sp.heap.view(value)
    is_set = isinstance(shown, OpenSetOf) or (isinstance(shown, Pack) and shown.kind is set)
    return value if is_set else made(sp, value, loc)


def _is_keys(sp: Specialiser, value: Value) -> bool:
    """Whether a value is the keys of a dict to which data add some."""
    shown = sp.heap.view(value)
    return isinstance(shown, OpenViewOf) and shown.what == "keys"


def _known(sp: Specialiser, value: Value) -> set[Any] | frozenset[Any]:
    """The elements of a set, which are known."""
    found = outside_sets.content(sp, value)
    if found is not None:
        return found
    shown = sp.heap.view(value)
    assert isinstance(shown, Pack)
    return set(containers.keys_of(shown))


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


TESTS = {
    "isdisjoint": set.isdisjoint,
    "issubset": operator.le,
    "issuperset": operator.ge,
}
"""The methods that compare sets, and what does so."""
_SWAPPED = {operator.ge: operator.le, operator.gt: operator.lt}


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


def _is_in(some: Any, others: Any) -> Any:
    return all(element in others for element in some)


def _is_in_more(some: Any, others: Any) -> Any:
    return len(some) < len(others) and all(element in others for element in some)


def _is_equal(some: Any, others: Any) -> Any:
    return len(some) == len(others) and all(element in others for element in some)


def _is_apart(some: Any, others: Any) -> Any:
    return not any(element in others for element in some)


_COMBINED = {operator.or_: _union, operator.and_: _both, operator.sub: _without}
_COMPARED: dict[Any, Any] = {
    operator.le: _is_in,
    operator.lt: _is_in_more,
    operator.eq: _is_equal,
    set.isdisjoint: _is_apart,
}

"""What a program asks of a set to which data add elements: its methods, and how it is made."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import keys
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import (
    calls,
    certain,
    compiled,
    containers,
    growing,
    histories,
    iterate,
    object_keys,
    one_by_one,
    open_sets,
    outside_sets,
    set_operators,
    uniterable,
)
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import (
    Args,
    Held,
    Kwargs,
    Method,
    OpenDictOf,
    OpenSetOf,
    OpenViewOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def made(sp: Specialiser, items: Value, loc: Loc, kind: type = set) -> Ref:
    """``set(items)``, or a frozenset."""
    given, items = items, outside_sets.opened(sp, items, loc, as_made=True)
    opened = sp.heap.view(items)
    if isinstance(opened, OpenSetOf) and items is not given:
        return sp.heap.make(sp.heap.contents[opened.ref], kind)  # one that was made of it
    if kind is frozenset and isinstance(items, Ref) and items.kind is frozenset:
        return items
    if isinstance(opened, OpenSetOf):
        return open_sets.copied(sp, opened, kind, loc)
    if kind is set and object_keys.is_keyed_at(sp, loc):
        ref = object_keys.made(sp, containers.make_set(sp), loc)
        calls.invoke(sp, Method(ref, "update"), (items,), {}, loc)
        return ref
    found = open_sets.of_list(sp, opened, kind, loc)
    if found is None and isinstance(opened, OpenDictOf) and class_of(sp, items) is dict:
        found = open_sets.made(sp, keys.set_of, (opened.at,), kind, loc)
    if found is None and kind is frozenset:
        (items,), several = _operands(sp, (items,), loc)
        known = several[0] if several else None
    else:
        known = None if found is not None else _played(sp, items)
    if known is not None:
        found = containers.new_set(sp, histories.made(kind, known), kind)
    if found is not None:
        return object_keys.made(sp, found, loc) if kind is set else found
    ref = object_keys.made(sp, containers.make_set(sp), loc)
    update(sp, ref, items, loc)
    return ref if kind is set else sp.heap.make(sp.heap.contents[ref], kind)


def as_constant(sp: Specialiser, value: Value) -> Value:
    """``value``; a frozenset as the key that it is, or as an element of another set."""
    if isinstance(value, Pack) and value.kind is tuple:
        items = tuple(as_constant(sp, item) for item in value.items)
        return value if items == value.items else Pack(tuple, items)  # type: ignore[arg-type]
    if not isinstance(value, Ref) or value.kind is not frozenset or not is_known(sp, value):
        return value
    found = history(sp, value)
    if found.is_lost:
        return value
    outside_sets.check_layout(sp, found)
    return Const(frozenset(found.real()))


def of_constant(sp: Specialiser, value: Value) -> Value:
    """``value``; a constant that is a frozenset, as what operators and methods take."""
    if isinstance(value, Const) and type(value.value) is frozenset:
        return containers.new_set(sp, histories.existing(value.value), frozenset)
    return value


def displayed(sp: Specialiser, items: Args, loc: Loc) -> Ref:
    """``{a, b}``."""
    return made(sp, Pack(tuple, items), loc)  # type: ignore[arg-type]


def _played(sp: Specialiser, value: Value) -> histories.History | histories.Given | None:
    """What a set takes of something in a way of its own, of another set or of a dict; None of what
    gives one element after the other, or is not known."""
    if isinstance(value, Const) and isinstance(value.value, frozenset):
        return histories.existing(value.value)
    found = outside_sets.history(sp, value)
    if found is not None:
        return found
    shown = sp.heap.view(value)
    if isinstance(shown, Pack) and shown.kind is set:
        return histories.of(shown)
    if class_of(sp, value) is dict and isinstance(shown, Pack):
        return histories.mapping(shown.keys)
    if isinstance(shown, Held) and type(shown.example) is dict:
        return histories.mapping(sp.inputs.keys(shown))
    return None


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
            return united(sp, name, ref, tuple(more), loc)
        case "clear", (), {**none} if not none:
            open_sets.edit(sp, keys.emptied, ref, loc)
        case "copy", (), {**none} if not none:
            is_same = ref.kind is frozenset  # which is its own copy
            return ref if is_same else open_sets.copied(sp, opened, set, loc)
        case _, (*more,), {**none} if name in CHANGES and not none:
            change(sp, name, ref, tuple(more), loc)
        case "pop", (), {**none} if not none:
            message = "'set.pop' of a set whose elements only running the program tells"
            set_operators.check_order(opened, message, POP_HINT, loc)
            return open_sets.pop(sp, ref, loc)
        case _:
            message = f"'set.{name}' of a set whose elements only running the program tells"
            raise UnsupportedSyntaxError(message, loc, "build a new set, in a loop")
    return Const(None)


def update(sp: Specialiser, ref: Value, more: Value, loc: Loc) -> None:
    """``ref.update(more)``, where ``more`` may be of unknown length."""
    known = _played(sp, more)
    is_by_data = not is_known(sp, ref) or known is None
    taken = set_operators.is_set(more) or open_sets.is_list_of_keys(sp.heap.view(more))
    if isinstance(ref, Ref) and is_by_data and (taken or class_of(sp, more) is dict):
        set_operators.changed(sp, operator.or_, ref, more, loc)
        return
    if growing.is_dynamic(sp, more) and not iterate.is_known(sp, more, loc):
        compiled.run(sp, one_by_one.add, (ref, more), loc)
        return
    if known is not None and is_known(sp, ref):
        changed(sp, ref, loc, "update", known)
        return
    elements = containers.elements_of(sp, more) or iterate.all_elements(sp, more, loc)
    each = _known_elements(sp, ref, elements, loc)
    if each is not None and is_known(sp, ref):
        changed(sp, ref, loc, "update", each)
        return
    for element in elements:
        compiled.run(sp, _add, (ref, element), loc)


def _known_elements(
    sp: Specialiser, ref: Value, elements: Args, loc: Loc
) -> histories.Given | None:
    """Elements that a set gets one after the other, if all of them are known."""
    known = [open_sets.known(sp, ref, element, loc) for element in elements]
    found = [each.value for each in known if each is not None]
    return histories.sequence(found) if len(found) == len(known) else None


# --- sets that are known --------------------------------------------------------------------------


def is_known(sp: Specialiser, value: Value) -> bool:
    """Whether a value is a set that is known element by element."""
    shown = sp.heap.view(value)
    return isinstance(shown, Pack) and shown.kind is set


def history(sp: Specialiser, ref: Value) -> histories.History:
    """That of a set that is known."""
    shown = sp.heap.view(ref)
    assert isinstance(shown, Pack)
    return histories.of(shown)


def changed(
    sp: Specialiser,
    ref: Value,
    loc: Loc,
    method: str,
    *args: histories.History | histories.Given,
) -> Any:
    """What a method gives that changes a set which is known, as those are that it is given."""
    found, result = history(sp, ref).changed(method, *args)
    containers.write(sp, ref, histories.content(found), loc)
    return result


def popped(sp: Specialiser, ref: Value, loc: Loc) -> Any:
    """The element that ``ref.pop()`` takes out of a set with some."""
    check_order(sp, ref, loc)
    return changed(sp, ref, loc, "pop")


def copied(sp: Specialiser, ref: Ref) -> Ref:
    """``ref.copy()``."""
    if ref.kind is frozenset:
        return ref
    return containers.new_set(sp, histories.made("copy", history(sp, ref)))


def copied_deeply(sp: Specialiser, value: Value) -> Ref:
    """``copy.deepcopy(value)``, which is made of the list of the elements."""
    known, kind = history(sp, value), _kind(sp, value)
    order = known.order()
    if order is None:
        return containers.new_set(sp, known, kind)
    return containers.new_set(sp, histories.made(set, histories.sequence(order)), kind)


def check_order(sp: Specialiser, value: Value, loc: Loc) -> None:
    """Asks in which order a set comes that is known, element by element.

    Raises
    ------
    UnknownTypeError
        If it came about in several ways, depending on data.
    """
    found = history(sp, value)
    if found.order() is None:
        raise uniterable.without_order(loc)
    outside_sets.check_layout(sp, found)


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


def change(sp: Specialiser, name: str, ref: Ref, others: Args, loc: Loc) -> None:
    """What such a method does."""
    others, known = _operands(sp, others, loc)
    if known is not None and is_known(sp, ref):
        changed(sp, ref, loc, name, *known)
        return
    for other in others:
        set_operators.changed(sp, CHANGES[name], ref, other, loc)


def augment(sp: Specialiser, op: Any, base: Any, ref: Ref, other: Value, loc: Loc) -> bool:
    """``ref |= other``, or another such operator; whether it has one for ``other``."""
    if class_of(sp, other) not in (set, frozenset) or is_keys(sp, other):
        return False  # as {k} - d.keys(), that is a new set
    known = _played(sp, other)
    if known is not None and is_known(sp, ref):
        changed(sp, ref, loc, f"__{op.__name__}__", known)
    else:
        set_operators.changed(sp, base, ref, other, loc)
    return True


def united(sp: Specialiser, name: str, ref: Value, others: Args, loc: Loc) -> Ref:
    """What a method makes of a set and iterables that gives another one."""
    others, known = _operands(sp, others, loc)
    kind = _kind(sp, ref)
    if known is not None and is_known(sp, ref):
        return containers.new_set(sp, histories.made(name, history(sp, ref), *known), kind)
    return set_operators.united(sp, OPERATORS[name], ref, others, kind, loc)


def _operands(
    sp: Specialiser, others: Args, loc: Loc
) -> tuple[Args, list[histories.History | histories.Given] | None]:
    """What such a method is given, which may be iterators, and that as it is known."""
    values: list[Value] = []
    known: list[histories.History | histories.Given | None] = []
    for other in others:
        given = _played(sp, other)
        if given is None and not is_by_data(sp, other):
            is_dynamic = growing.is_dynamic(sp, other) and not iterate.is_known(sp, other, loc)
            is_one = class_of(sp, other) in (set, frozenset) or _is_keys(sp, other)
            if not is_dynamic and not is_one:
                elements = iterate.all_elements(sp, other, loc)
                other = Pack(tuple, elements)  # type: ignore[arg-type]
                given = _known_elements(sp, containers.make_set(sp), elements, loc)
        values.append(other)
        known.append(given)
    found = [each for each in known if each is not None]
    return tuple(values), found if len(found) == len(known) else None


def operated(sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc) -> Ref:
    """``a | b`` or another operator of two sets, or of a set and the keys of a dict, which take
    what a frozenset declines, and make a set of it."""
    return combined(sp, op, a, b, loc, set if is_keys(sp, b) else None)


def combined(
    sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc, kind: type | None = None
) -> Ref:
    """What an operator makes of two sets, or of a set and an iterable: by default, another of the
    class of ``a``.

    Where what is in both is known, so is what is in the result.
    """
    kind = kind or _kind(sp, a)
    known = [_played(sp, each) for each in (a, b)]
    if known[0] is not None and known[1] is not None:
        return containers.new_set(sp, histories.made(op, known[0], known[1]), kind)
    return set_operators.operated(sp, op, a, b, kind, loc)


def _kind(sp: Specialiser, first: Value) -> type:
    """The class of what an operator makes, which is that of the first set."""
    return frozenset if class_of(sp, first) is frozenset else set


def are_sets(sp: Specialiser, *values: Value) -> bool:
    """Whether all values are sets of which the elements can be told, or the keys of dicts."""
    return all(_is_set(sp, value) or _is_keys(sp, value) for value in values)


def _is_set(sp: Specialiser, value: Value) -> bool:
    is_set = class_of(sp, value) in (set, frozenset)
    return is_set and (not isinstance(value, Held) or outside_sets.is_readable(sp, value))


def operated_with_any(sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc) -> Ref | None:
    """``d.keys() | items``, which takes any iterable; None of other operands."""
    others = [value for value in (a, b) if not is_keys(sp, value)]
    if len(others) != 1 or class_of(sp, others[0]) not in (list, tuple, range, dict):
        return None
    _, known = _operands(sp, (a, b), loc)
    if known is not None:
        return containers.new_set(sp, histories.made(op, *known))
    return set_operators.operated(sp, op, a, b, set, loc)


def check_operands(sp: Specialiser, op: Any, values: Args, loc: Loc) -> None:
    """Raises what Python does of a set beside something else than one, of a known class.

    What a dict has shows as a set, and takes any iterable.

    Raises
    ------
    UnsupportedSyntaxError
        If an operand is the keys or the items of a dict, and the other is no set.
    """
    classes = [class_of(sp, value) for value in values]
    is_set = any(cls in (set, frozenset) for cls in classes)
    is_view = any(_is_view(sp, value) for value in values)
    if is_view and any(cls in _OTHERS for cls in classes):
        message = "an operator between the keys or items of a dict and something that is no set"
        raise UnsupportedSyntaxError(message, loc, "make sets of both: set(names)")
    if is_set and any(cls in _OTHERS for cls in classes):
        certain.computed(loc, op, *(cls() for cls in classes if cls is not None))


def _is_view(sp: Specialiser, value: Value) -> bool:
    """Whether a value is what ``keys()`` or ``items()`` of a dict gives."""
    is_keys = isinstance(value, Pack) and value.kind is set
    return is_keys or (not isinstance(value, Ref) and sp.heap.changes(value))


_OTHERS = (list, tuple, dict, str, int, float)


def compared(sp: Specialiser, op: Any, a: Value, b: Value, loc: Loc) -> Value:
    """What ``<=``, ``==`` or another such operator says of two sets."""
    a, b = (_as_set(sp, each, loc) for each in (a, b))
    known = [_played(sp, each) for each in (a, b)]
    if known[0] is not None and known[1] is not None:
        return Const(op(*(set(each.real()) for each in known if each is not None)))
    if op in (operator.ge, operator.gt):
        op, a, b = _SWAPPED[op], b, a
    if not is_by_data(sp, b):
        b = made(sp, b, loc)
    return compiled.run(sp, _COMPARED[op], (taken(sp, a, loc), b), loc)


def _as_set(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """A set, or what one is made of, as a set of which something may be known."""
    is_set = isinstance(value, Const) and isinstance(value.value, frozenset)
    if is_set or outside_sets.history(sp, value) is not None:
        return value
    shown = sp.heap.view(value)
    is_set = isinstance(shown, OpenSetOf) or (isinstance(shown, Pack) and shown.kind is set)
    return value if is_set else made(sp, value, loc)


def _is_keys(sp: Specialiser, value: Value) -> bool:
    """Whether a value is the keys of a dict to which data add some."""
    shown = sp.heap.view(value)
    return isinstance(shown, OpenViewOf) and shown.what == "keys"


def is_keys(sp: Specialiser, value: Value) -> bool:
    """Whether a value is the keys of a dict."""
    return _is_keys(sp, value) or (is_known(sp, value) and not isinstance(value, Ref))


def taken(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What something iterates over that asks for no order."""
    value = outside_sets.listed(sp, value, loc)
    opened = sp.heap.view(value)
    if isinstance(opened, OpenSetOf):
        return open_sets.listed(sp, opened, loc)
    if is_known(sp, value) and history(sp, value).order() is None:
        elements = containers.elements_of(sp, value)
        if not any(isinstance(each.value, float) for each in elements):  # whose sum depends on it
            return containers.make_list(sp, elements)
    return iterate.taken(sp, value, loc)


def kept(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """The same for a set that is made of it, which copies another as it is."""
    is_taken = outside_sets.is_by_data(sp, value) or is_by_data(sp, value)
    is_dict = isinstance(sp.heap.view(value), OpenDictOf) and class_of(sp, value) is dict
    is_taken = is_taken or is_dict
    return value if is_taken else iterate.taken(sp, value, loc)


def is_by_data(sp: Specialiser, *values: Value) -> bool:
    """Whether only running the program tells what is in one of these sets."""
    return any(isinstance(sp.heap.view(value), OpenSetOf) for value in values)


def is_in_order(sp: Specialiser, value: Value) -> bool:
    """Whether such a set comes when the program runs in the order in which it comes in Python."""
    opened = sp.heap.view(value)
    return isinstance(opened, OpenSetOf) and open_sets.comes_in_order(opened)


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


def _is_in(some: Any, others: Any) -> Any:
    return all(element in others for element in some)


def _is_in_more(some: Any, others: Any) -> Any:
    return len(some) < len(others) and all(element in others for element in some)


def _is_equal(some: Any, others: Any) -> Any:
    return len(some) == len(others) and all(element in others for element in some)


def _is_apart(some: Any, others: Any) -> Any:
    return not any(element in others for element in some)


_COMPARED: dict[Any, Any] = {
    operator.le: _is_in,
    operator.lt: _is_in_more,
    operator.eq: _is_equal,
    set.isdisjoint: _is_apart,
}

"""Lists that a function of the program changes: those that it is given, and those around it.

::

    def sort(a, low, high):  # as often as data tell
        ...
        a[i], a[j] = a[j], a[i]
        sort(a, low, i - 1)

What is in a list goes into such a function as a value, and what is in it at the end comes out as
one more result, which the caller's list gets.  This is the same program where the function gets at
the list in one way only: by one parameter, or as one that it reads from around it.  So far, it is
done for lists of numbers, of texts and of tuples of those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import (
    NEVER,
    Known,
    ListOf,
    Object,
    PackType,
    Scalar,
    Type,
    is_some_number,
    number_of,
)
from srcgrad.specialise import branches, containers, lists, reach
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.carried_shapes import Carried
from srcgrad.specialise.open_calls import Definition
from srcgrad.specialise.resting import around
from srcgrad.specialise.values import Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


class Lends(Exception):
    """The function ``made`` changes a list for which it has no parameter and no result yet."""

    def __init__(self, made: Definition, ref: Ref) -> None:
        super().__init__()
        self.made = made
        self.ref = ref


class SeenByHandlers(UnsupportedSyntaxError):
    """What a call does to a list before it raises may be seen, and is not kept."""


# --- in the body ----------------------------------------------------------------------------------


def note_change(sp: Specialiser, ref: Ref) -> None:
    """Asks whether a list may be changed by the functions whose bodies are being specialised.

    Raises
    ------
    Lends
        If it may, once one of them takes it and gives it back.
    """
    for made in reversed(sp.recursion.entered):
        if not isinstance(made, Definition) or not made.lending or ref in made.lent.values():
            continue
        if ref in made.offered or (ref in made.ground.heap and _may_be_lent(sp, ref)):
            raise Lends(made, ref)


def enter(sp: Specialiser, made: Definition, bound: dict[str, Value]) -> None:
    """Makes objects of the lists that a function may change, for its body: in ``bound``."""
    made.offered = {}
    if not made.lending:
        return
    for key, value in list(bound.items()):
        if key in made.around:
            sp.heap.contents[made.lent[key]] = value  # type: ignore[assignment]
            del bound[key]
        elif key in made.lent:
            made.lent[key] = bound[key] = sp.heap.make(value, list)  # type: ignore[arg-type]
        elif isinstance(made.first.get(key), Ref) and _is_plain_list(value):
            ref = bound[key] = sp.heap.make(value, list)  # type: ignore[arg-type]
            made.offered[ref] = key


def lend(sp: Specialiser, made: Definition, ref: Ref, loc: Loc) -> None:
    """Gives a function a parameter for a list that it changes, and a result."""
    key = made.offered.get(ref, "")
    given = made.first[key] if key else ref
    if not key:
        key = sp.heap.names.get(ref, "items")
        while key in made.params:
            key += "_"
        made.around.add(key)
    made.lent[key] = ref
    with sp.builder.nested():
        xs = lists.as_list(sp, sp.heap.contents[given], loc)  # type: ignore[index]
    assert isinstance(xs.type, ListOf)
    made.params[key] = Carried(xs, ListOf(xs.type.item), key)


def handed(made: Definition, value: Value) -> bool:
    """Whether what a function gives is the list itself that it has changed."""
    key = next((key for key, ref in made.lent.items() if ref is value), "")
    if made.handed is None and made.result is None:
        made.handed = key
    elif made.handed and made.handed != key:  # on this way it gives back something else
        made.handed, made.result, made.changed = "", None, True
    return bool(made.handed)


def left(sp: Specialiser, made: Definition, value: Value, loc: Loc) -> Value:
    """What a function gives: its result, and what is in the lists at its end."""
    if not made.lent:
        return value
    found = [lists.as_list(sp, sp.heap.contents[ref], loc) for ref in made.lent.values()]
    for key in made.around:
        ref = made.lent[key]
        sp.heap.contents[ref] = made.ground.heap[ref]
    return Pack(tuple, (value, *found))  # type: ignore[arg-type]


# --- at a call ------------------------------------------------------------------------------------


def refs_at(sp: Specialiser, made: Definition, bound: Mapping[str, Value]) -> dict[str, Ref] | None:
    """The lists that a call changes; None if something else may lead to one of them."""
    found: dict[str, Ref] = {}
    for key, own in made.lent.items():
        ref = own if key in made.around else bound.get(key)
        if not isinstance(ref, Ref) or ref in found.values() or not _may_be_lent(sp, ref):
            return None
        found[key] = ref
        others = [value for name, value in bound.items() if name != key]
        if key not in made.around:
            others += around(made.closure)
        reached = reach.reachable(others, sp.heap.contents, sp.heap)
        if reached is None or ref in reached:
            return None
    return found


def contents(sp: Specialiser, refs: Mapping[str, Ref], loc: Loc) -> dict[str, Value]:
    """What is in the lists that a call changes."""
    return {key: lists.as_list(sp, sp.heap.contents[ref], loc) for key, ref in refs.items()}


def give_back(
    sp: Specialiser, made: Definition, refs: Mapping[str, Ref], value: Value, loc: Loc
) -> Value:
    """The result of a call; the lists get what is in them after it."""
    if not made.lent:
        return value
    assert isinstance(value, Pack)
    _refuse_handlers(sp, made, refs, loc)
    for ref, xs in zip(refs.values(), value.items[1:], strict=True):
        assert isinstance(xs, Var)
        containers.write(sp, ref, xs, loc)
    return refs[made.handed] if made.handed else value.items[0]


def _refuse_handlers(sp: Specialiser, made: Definition, refs: Mapping[str, Ref], loc: Loc) -> None:
    """What a call has done to a list before it raises is not kept, and handlers may see it."""
    if not branches.is_trying(sp.running):
        return
    seen = reach.handled(sp, sp.running, sp.heap.contents)
    if seen is None or any(ref in seen for ref in refs.values()):
        message = f"'{made.op.name}' calls itself, and changes a list, in a 'try'"
        raise SeenByHandlers(message, loc, "give it a copy of the list: list(items)")


def _may_be_lent(sp: Specialiser, ref: Ref) -> bool:
    """Whether an object is a list of numbers, of the program's own, that is known to be one."""
    if ref.kind is not list or ref in sp.heap.parts or ref in sp.heap.sites:
        return False
    if sp.heap.is_sealed(ref) or sp.heap.aliases(ref) or ref in sp.outside.values():
        return False
    if any(ref is each.ref for each in sp.inputs.lists.followed.values()):
        return False
    return _is_plain_list(sp.heap.contents[ref])


def _is_plain_list(content: Value) -> bool:
    if isinstance(content, Var):
        return isinstance(content.type, ListOf) and _is_plain(content.type.item)
    if not isinstance(content, Pack) or content.kind is not list:
        return False
    return all(map(_is_plain_item, content.items))


def _is_plain_item(item: Value) -> bool:
    if isinstance(item, Pack):
        return item.kind is tuple and all(map(_is_plain_item, item.items))
    return isinstance(item, Var | Const) and _is_plain(number_of(type_of(item)))


def _is_plain(type_: Type) -> bool:
    match type_:
        case PackType(kind=kind, items=items):
            return kind is tuple and all(map(_is_plain, items))
        case Object(cls=cls):
            return cls is str
        case Known(value=value):
            return isinstance(value, str)
    return type_ is NEVER or isinstance(type_, Scalar) or is_some_number(type_)

"""Sets from outside: what is known of them, and that those that are given are not changed.

A set from outside is an object of which the program knows the class: it is asked for its length and
for an element where it stands.  What needs all elements of a set of integers or of texts that the
function was given takes them when it runs: a loop goes over ``list(seen)``, in the order of that
very set, and ``set(seen)`` begins with a set to which data add (:mod:`.open_sets`).  What is in any
other set, a constant of the program as ``FROZEN = frozenset({"b"})``, is known like the keys of a
dict: a guard asks for the same elements in the same order.  So it is of a set that was given, if a
loop runs over what operators make of it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir import keys
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import NEVER, TEXT, KeysOf, ListOf, Object, Type, of_value
from srcgrad.specialise import builder, containers, histories
from srcgrad.specialise.join import keys_of
from srcgrad.specialise.places import Global, Item, Parameter, Place, Test, layout
from srcgrad.specialise.values import Held, NeedsValue, OpenSet, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_CHANGING = frozenset(
    (
        *("add", "clear", "discard", "pop", "remove", "update", "difference_update"),
        *("intersection_update", "symmetric_difference_update"),
    )
)
_READING = frozenset(
    (
        *("copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset"),
        *("symmetric_difference", "union"),
    )
)
_MAX_KNOWN = 256
"""Up to so many elements of a set from outside are known one by one."""


def is_given(value: Value) -> bool:
    """Whether a value is a set that the function was given, by itself or in a container."""
    if not isinstance(value, Held) or not isinstance(value.example, set):
        return False
    in_object = any(not isinstance(step, Item) for step in value.place.path)
    return isinstance(value.place.root, Parameter) and not in_object


def check_method(sp: Specialiser, receiver: Value, name: str, loc: Loc) -> None:
    """Asks whether a method may be called, which is to change no set that the function was given.

    Raises
    ------
    AliasingError
        If it would.
    """
    if name in _CHANGING:
        check_change(sp, receiver, loc)


def check_change(sp: Specialiser, receiver: Value, loc: Loc) -> None:
    """Refuses to change a set that the function was given."""
    if is_given(receiver):
        containers.write(sp, receiver, containers.set_of(), loc)


def before(sp: Specialiser, receiver: Value, name: str, loc: Loc) -> Value:
    """What a method is called on that asks for all elements."""
    return opened(sp, receiver, loc) if name in _READING else receiver


def opened(sp: Specialiser, value: Value, loc: Loc, as_made: bool = False) -> Value:
    """``value``; a set from outside as one of the program's own, with the same elements.

    It comes in the order of a copy, which is that of the program where that makes one, too.
    """
    found = _elements(sp, value)
    if found is None:
        known = history(sp, value)
        kind = type(value.example) if isinstance(value, Held) else set
        return value if known is None else containers.new_set(sp, known, kind)
    held, type_ = found
    if type_ == NEVER:
        return containers.make_set(sp)
    at = sp.builder.apply(keys.set_of, (sp.inputs.opaque(held),), (), loc, "")
    assert isinstance(at, Var)
    at.type = KeysOf(type_, of_set=True, in_order=as_made)
    return sp.heap.make(Pack(OpenSet, (at,), ("at",)), set)


def is_by_data(sp: Specialiser, value: Value) -> bool:
    """Whether a value is a set from outside whose elements are taken when the program runs."""
    return _elements(sp, value) is not None


def type_of(sp: Specialiser, held: Held) -> Type:
    """The type of the elements of a set from outside, as of one of the program."""
    found = _elements(sp, held)
    if found is not None:
        return KeysOf(found[1], of_set=True)
    known = tuple(map(Const, content(sp, held) or ()))
    return keys_of(builder.type_of(Pack(tuple, known)), of_set=True)


def listed(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``; a set of integers or of texts that the function was given, or of too many elements
    to know them, as the list of its elements in its order."""
    found = _elements(sp, value)
    if found is None:
        return value
    held, type_ = found
    if type_ == NEVER:
        return containers.make_list(sp, ())
    items = sp.builder.apply(keys.key_list, (sp.inputs.opaque(held),), (), loc, "")
    assert isinstance(items, Var)
    items.type = ListOf(type_)
    return containers.new_list(sp, items)


def _elements(sp: Specialiser, value: Value) -> tuple[Held, Type] | None:
    """A set whose elements are taken when the program runs and their type, if it is known."""
    if not isinstance(value, Held) or type(value.example) not in (set, frozenset):
        return None
    by_value = not is_given(value) or value.place in sp.inputs.by_value
    if by_value and len(value.example) <= _MAX_KNOWN:
        return None
    if not value.example:
        sp.inputs.guard(value.place, Test.LENGTH, 0)
        return value, NEVER
    kinds = set(map(type, value.example))
    if len(kinds) > 1 or not kinds <= {int, str}:
        return None
    (kind,) = kinds
    sp.inputs.guard(value.place, Test.ELEMENTS, kind)
    return value, TEXT if kind is str else of_value(kind())


# --- what is known --------------------------------------------------------------------------------


def content(sp: Specialiser, value: Value) -> set[Any] | frozenset[Any] | None:
    """The elements of a set from outside, which become part of the signature with their order;
    None if they are not known."""
    if not isinstance(value, Held) or type(value.example) not in (set, frozenset):
        return None
    found: set[Any] | frozenset[Any] = value.example
    if len(found) > _MAX_KNOWN or not all(map(_is_plain, found)) or _elements(sp, value):
        return None
    place, kinds = value.place, set(map(type, found))
    sp.inputs.log.attribute(place, "__len__")
    sp.inputs.log.walked(place)
    if _is_same(place, found):
        sp.inputs.guard(place, Test.IDENTITY, found)
    elif kinds <= {int} or kinds <= {str} or all(issubclass(kind, enum.Enum) for kind in kinds):
        sp.inputs.guard(place, Test.KEYS, tuple(found))
        if found:
            sp.inputs.guard(place, Test.ELEMENTS, frozenset(kinds))
    else:  # {(1, 2)} == {(True, 2)}, which are not the same indices
        sp.inputs.guard(place, Test.SPELLED, repr(tuple(found)))
    return found


def history(sp: Specialiser, value: Value) -> histories.History | None:
    """That of a set from outside of which the elements are known."""
    found = content(sp, value)
    if found is None or not isinstance(value, Held):
        return None
    return histories.existing(found, value.place)


def check_layout(sp: Specialiser, history: histories.History) -> None:
    """Makes part of the signature how the sets from outside are laid out of which a set was made,
    which is what its order depends on."""
    for source in history.sources():
        assert source.place is not None
        if not _is_same(source.place, source.value):
            sp.inputs.guard(source.place, Test.LAID_OUT, layout(source.value))


def _is_same(place: Place, value: set[Any] | frozenset[Any]) -> bool:
    """Whether the guard of what is in a set asks for that very object."""
    return type(value) is frozenset and isinstance(place.root, Global) and not place.path


def ask(sp: Specialiser, loc: Loc) -> None:
    """Asks for what is in the sets that the function was given, of which others may be made.

    Raises
    ------
    NeedsValue
        If there is one of which that is not known yet.
    """
    for place, leaf in sp.inputs.leaves.items():
        is_set = isinstance(leaf.type, Object) and leaf.type.cls is set
        if is_set and place not in sp.inputs.by_value:
            need = NeedsValue(leaf, "a set")
            need.loc = loc
            raise need


def is_readable(sp: Specialiser, value: Value) -> bool:
    """Whether the elements of a set from outside are known, or taken when the program runs."""
    return _elements(sp, value) is not None or content(sp, value) is not None


def _is_plain(element: Any) -> bool:
    """Whether an element of a set is known by how it is written."""
    if type(element) in (tuple, frozenset):
        return all(map(_is_plain, element))
    return type(element) in (int, str, float, bool, type(None)) or isinstance(element, enum.Enum)

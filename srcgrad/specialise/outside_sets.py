"""Sets that the function was given: they are not changed, and what asks for no order takes a copy.

A set from outside is an object of which the program knows the class: it is asked for its length and
for an element where it stands.  What needs all elements, as ``sorted(seen)`` and ``set(seen)`` do,
begins with a set to which data add (:mod:`.open_sets`) that has what it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir import keys
from srcgrad.ir.nodes import Pack, Var
from srcgrad.ir.types import NEVER, TEXT, KeysOf, ListOf, Type, of_value
from srcgrad.specialise import containers
from srcgrad.specialise.places import Item, Parameter, Test
from srcgrad.specialise.values import Held, OpenSet, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_CHANGING = frozenset(
    (
        *("add", "clear", "discard", "pop", "remove", "update", "difference_update"),
        *("intersection_update", "symmetric_difference_update"),
    )
)
_READING = frozenset(("copy", "difference", "intersection", "union"))


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
        containers.write(sp, receiver, containers.set_of(()), loc)


def before(sp: Specialiser, receiver: Value, name: str, loc: Loc) -> Value:
    """What a method that gives another set is called on."""
    return opened(sp, receiver, loc) if name in _READING else receiver


def opened(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``; a set of integers or of texts that the function was given as one of the program's
    own, with the same elements."""
    found = _elements(sp, value)
    if found is None:
        return value
    held, type_ = found
    if type_ == NEVER:
        return containers.make_set(sp, ())
    at = sp.builder.apply(keys.set_of, (sp.inputs.opaque(held),), (), loc, "")
    assert isinstance(at, Var)
    at.type = KeysOf(type_, of_set=True)
    return sp.heap.make(Pack(OpenSet, (at,), ("at",)), set)


def listed(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``; such a set as a list, for what asks for no order."""
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
    """A set that the function was given and the type of its elements, if it is known."""
    if not is_given(value) or not isinstance(value, Held) or type(value.example) is not set:
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

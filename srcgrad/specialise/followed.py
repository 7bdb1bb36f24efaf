"""Lists from outside that the program both changes and reads: ``log.pop(0)``, then ``sum(log)``.

Such a list is an object of the program, which has in it what was there when the function began.
What changes it changes the one outside as well, where it stands (:mod:`srcgrad.specialise.left`),
and what reads it reads the program's own: so what was put there has its derivative.  It is the
same object under all names that lead to it.

That a list is changed and read comes up in the course of things, and the specialiser begins again
then (``NeedsEntry``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, SubclassError, placed
from srcgrad.ir.lists import list_of
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import NEVER, UNKNOWN, ListOf, Scalar, Type, number_of, of_value
from srcgrad.specialise.changed_lists import Followed
from srcgrad.specialise.deque_class import Deque
from srcgrad.specialise.heap import Home
from srcgrad.specialise.inputs import name_of
from srcgrad.specialise.join import general, join_elements
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import FOLLOWED, Held, Ref

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def prepare(sp: Specialiser) -> None:
    """Makes the objects for the lists that are followed, before anything is read."""
    for (_, name), held in sp.written.items():
        if name is FOLLOWED:
            ref = Ref(list if type(held.example) is list else Deque)
            sp.inputs.lists.followed.setdefault(id(held.example), Followed(held, ref))


def start(sp: Specialiser, loc: Loc) -> None:
    """Emits what is in them when the function begins."""
    before: list[Held] = []
    for followed in sp.inputs.lists.followed.values():
        ref, held = followed.ref, followed.held
        for other in before:
            if type(other.example) is type(held.example):
                sp.inputs.guard_identity(other.place, held.place, False)
        before.append(held)
        sp.inputs.guard(held.place, Test.TYPE, type(held.example))
        sp.inputs.lists.change(held, loc)
        try:
            content = _content(sp, held, loc)
        except SubclassError as error:
            raise placed(error, loc) from None
        if ref.kind is Deque:
            maxlen = held.example.maxlen
            sp.inputs.guard(held.place.attribute("maxlen"), Test.EQUAL, maxlen)
            inner = sp.heap.make(content, list)
            sp.heap.given[inner] = None  # only the methods of the deque change it
            content = Pack(Deque, (inner, Const(maxlen)), ("_items", "_maxlen"))  # type: ignore[arg-type]
        sp.heap.contents[ref] = content
        sp.heap.given[ref] = Home(held, FOLLOWED)
        sp.heap.name(ref, _name(held))


def _content(sp: Specialiser, held: Held, loc: Loc) -> Pack | Var:
    """What is in a list when the function begins: numbers as one list of unknown length, so that
    a longer one is not compiled anew, and anything else one by one."""
    kinds = frozenset(map(type, held.example))
    item = _number(held.example) if kinds and all(map(_is_number, kinds)) else None
    if item is None:
        sp.inputs.guard(held.place, Test.LENGTH, len(held.example))
        items = tuple(sp.inputs.item(held, i) for i in range(len(held.example)))
        return Pack(list, items)  # type: ignore[arg-type]
    sp.inputs.guard(held.place, Test.ELEMENTS, kinds)
    made = sp.builder.apply(list_of, (sp.inputs.opaque(held),), (), loc, _name(held))
    assert isinstance(made, Var)
    made.type = ListOf(item)
    return made


def _is_number(kind: type) -> bool:
    """Whether a class is one of numbers, and has no arithmetic of its own."""
    if issubclass(kind, np.number):
        return np.dtype(kind).type is kind
    return kind in (bool, int, float)


def _number(numbers: list[Any]) -> Type | None:
    """The type of all numbers in a list; None if it is not known what they are."""
    found: Type = NEVER
    for each in numbers:
        found = join_elements(found, general(of_value(each)))
    return found if isinstance(number_of(found), Scalar) and found != UNKNOWN else None


def _name(held: Held) -> str:
    """What the program's own list is called."""
    return f"{name_of(held.place).lower()}_now"


def example_of(sp: Specialiser, ref: Ref) -> Any:
    """What was found outside where an object stands for it."""
    return next(each.held.example for each in sp.inputs.lists.followed.values() if each.ref is ref)

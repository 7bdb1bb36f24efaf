"""Where what is in a dict or a set becomes what only running the program tells: after branches, and
in loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Pack
from srcgrad.specialise import histories, open_dicts, open_sets
from srcgrad.specialise.carried_shapes import Shape
from srcgrad.specialise.contents import Content, Contents
from srcgrad.specialise.values import OpenDict, OpenSet, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

KINDS = (OpenDict, OpenSet)


def content(sp: Specialiser, value: Value, loc: Loc, name: str = "") -> Pack:
    """What is in a dict or a set, as values of the program."""
    make = open_sets.content if _is_set(value) else open_dicts.content
    return make(sp, value, loc, name)


def differ(a: Value, b: Value, left: Contents, right: Contents) -> bool:
    """Whether what is in a dict or a set has to become that: it is ``a`` where ``left`` is what is
    in the objects, and ``b`` where that is ``right``."""
    return open_dicts.differ(a, b, left, right) or open_sets.differ(a, b)


def in_some_order(a: Value, b: Value) -> Value | None:
    """What is in a set after two arms that leave the same elements in it, but may leave them in two
    orders; None if it is nothing else."""
    if not open_sets.differ_in_order(a, b):
        return None
    return histories.joined(a, b)  # type: ignore[arg-type]


def carried(
    sp: Specialiser, first: Value, name: str, loc: Loc, before: dict[Ref, Content]
) -> Shape:
    """How a loop carries one which it changes, and which was ``first`` before it, when what was in
    the objects was what is in ``before``."""
    make = open_sets.carried if _is_set(first) else open_dicts.carried
    after = sp.heap.save()
    sp.heap.restore({**after, **before})
    try:
        return make(sp, first, name, loc)
    finally:
        sp.heap.restore(after)


def _is_set(value: Value) -> bool:
    return isinstance(value, Pack) and value.kind in (set, OpenSet)

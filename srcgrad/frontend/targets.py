"""Assignment to names, items and attributes, and to tuples of them."""

from __future__ import annotations

import operator
from typing import Any

import gast

from srcgrad.frontend.builder import Builder
from srcgrad.frontend.expressions import expression
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Pack, Star


def hint(target: Any) -> str:
    """The name that the user gives to a value by assigning it to ``target``."""
    # The variables of a comprehension have names with a dot and a number.
    return target.id.partition(".")[0] if isinstance(target, gast.Name) else ""


def assign(b: Builder, target: Any, value: Operand) -> None:
    """Assigns ``value``, or its parts, to ``target``, from left to right."""
    match target:
        case gast.Name():
            b.bind(target.id, value)
        case gast.Subscript() | gast.Attribute():
            store(b, target, place(b, target), value)
        case _:
            parts = _parts(b, target, value)
            for element, part in zip(target.elts, parts, strict=True):
                inner = element.value if isinstance(element, gast.Starred) else element
                assign(b, inner, part)


def place(b: Builder, target: Any) -> tuple[Operand, Operand]:
    """What a subscript or an attribute is of, and its index or name; evaluated once."""
    value = expression(b, target.value)
    if isinstance(target, gast.Attribute):
        return value, Const(b.private(target.attr))
    return value, expression(b, target.slice)


def load(b: Builder, target: Any, where: tuple[Operand, Operand]) -> Operand:
    """The value of a subscript or an attribute whose parts have been evaluated."""
    read = getattr if isinstance(target, gast.Attribute) else operator.getitem
    return b.apply(read, *where, node=target)


def store(b: Builder, target: Any, where: tuple[Operand, Operand], value: Operand) -> None:
    """Assigns to a subscript or an attribute whose parts have been evaluated."""
    write = setattr if isinstance(target, gast.Attribute) else operator.setitem
    b.apply(write, *where, value, node=target)


def _parts(b: Builder, target: Any, value: Operand) -> list[Operand]:
    """One operand for each element of a tuple or list target."""
    elements = target.elts
    starred = [i for i, element in enumerate(elements) if isinstance(element, gast.Starred)]
    if not starred and _is_display(value, len(elements)):
        assert isinstance(value, Pack)
        return list(value.items)
    before = starred[0] if starred else len(elements)
    after = len(elements) - before - 1 if starred else None
    taken = b.apply(intrinsics.unpack, value, Const(before), Const(after), node=target)
    return [_part(b, taken, i, element) for i, element in enumerate(elements)]


def _part(b: Builder, taken: Operand, index: int, element: Any) -> Operand:
    name = hint(element.value if isinstance(element, gast.Starred) else element)
    return b.apply(operator.getitem, taken, Const(index), node=element, name=name)


def _is_display(value: Operand, length: int) -> bool:
    return (
        isinstance(value, Pack)
        and value.kind in (tuple, list)
        and len(value.items) == length
        and not any(isinstance(item, Star) for item in value.items)
    )

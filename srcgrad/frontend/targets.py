"""Assignment to names, and to tuples of names."""

from __future__ import annotations

import operator
from typing import Any

import gast

from srcgrad.frontend.builder import Builder
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Pack, Star


def hint(target: Any) -> str:
    """The name that the user gives to a value by assigning it to ``target``."""
    # The variables of a comprehension have names with a dot and a number.
    return target.id.partition(".")[0] if isinstance(target, gast.Name) else ""


def assign(b: Builder, target: Any, value: Operand) -> None:
    """Binds the names of ``target`` to ``value`` or its parts."""
    if isinstance(target, gast.Name):
        b.bind(target.id, value)
        return
    for element, part in zip(target.elts, _parts(b, target, value), strict=True):
        assign(b, element.value if isinstance(element, gast.Starred) else element, part)


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

"""``[s for v in x if (s := f(v)) > 0]``: a name that a comprehension assigns and nobody else has.

Python makes it a variable of the function.  Where nothing else names it, and each trip assigns it
before anything reads it, it might as well be one of the comprehension, and becomes one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.lazy import OWN
from srcgrad.frontend.locations import Locations
from srcgrad.frontend.trees import children, walk


def own_names(function: Any, comprehension: Any, locations: Locations) -> Iterator[str]:
    """The names that a comprehension in ``function`` assigns by ``:=``.

    Raises
    ------
    UnsupportedSyntaxError
        If the value of one may be seen outside of the trip that assigns it.
    """
    for node in walk(comprehension):
        if isinstance(node, gast.NamedExpr) and OWN not in node.target.id:
            if not _is_own(function, comprehension, node):
                what = "':=' in a comprehension, whose name may be read outside of the trip,"
                message, hint = f"{what} cannot be differentiated", "write it as a loop"
                raise UnsupportedSyntaxError(message, locations.statement(node), hint)
            yield node.target.id


def _is_own(function: Any, comprehension: Any, assignment: Any) -> bool:
    name = assignment.target.id
    inside = _mentions(comprehension, name)
    if len(inside) != len(_mentions(function, name)) or _is_declared(function, name):
        return False
    slots = list(_slots(comprehension))
    slot = next((i for i, part in enumerate(slots) if _is_certain(part, assignment)), None)
    if slot is None:
        return False
    later = [node for part in slots[slot + 1 :] for node in _mentions(part, name)]
    behind = [node for node in _mentions(slots[slot], name) if _is_behind(node, assignment)]
    delayed = [
        node
        for part in walk(comprehension)
        if isinstance(part, gast.Lambda | gast.GeneratorExp) and part is not comprehension
        for node in _mentions(part, name)
    ]
    reads = [node for node in inside if node is not assignment.target]
    return not delayed and len(later) + len(behind) == len(reads)


def _slots(comprehension: Any) -> Iterator[Any]:
    """What is evaluated in a trip, in order; each only after all before it."""
    for position, generator in enumerate(comprehension.generators):
        if position:
            yield generator.iter
        yield from generator.ifs
    if isinstance(comprehension, gast.DictComp):
        yield from (comprehension.key, comprehension.value)
    else:
        yield comprehension.elt


def _is_certain(node: Any, assignment: Any) -> bool:
    """Whether evaluating ``node`` makes the assignment."""
    match node:
        case gast.NamedExpr() if node is assignment:
            return True
        case gast.BoolOp():
            parts = node.values[:1]
        case gast.IfExp():
            parts = [node.test]
        case gast.Compare():
            parts = [node.left, node.comparators[0]]
        case gast.BinOp() | gast.UnaryOp() | gast.Call() | gast.NamedExpr() | gast.Subscript():
            parts = children(node)
        case gast.Tuple() | gast.List() | gast.Attribute() | gast.keyword() | gast.Starred():
            parts = children(node)
        case _:
            parts = []
    return any(_is_certain(part, assignment) for part in parts)


def _is_behind(node: Any, assignment: Any) -> bool:
    """Whether ``node`` stands, in one expression, where the assignment has been made."""
    end = (assignment.end_lineno, assignment.end_col_offset)
    return bool((node.lineno, node.col_offset) >= end)


def _mentions(node: Any, name: str) -> list[Any]:
    return [part for part in walk(node) if isinstance(part, gast.Name) and part.id == name]


def _is_declared(function: Any, name: str) -> bool:
    return any(
        name in node.names if isinstance(node, gast.Global | gast.Nonlocal) else node.name == name
        for node in walk(function)
        if isinstance(node, gast.Global | gast.Nonlocal | gast.FunctionDef)
    )

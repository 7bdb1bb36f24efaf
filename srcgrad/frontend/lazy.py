"""Generator expressions that are used up where they stand, and those that are used later.

The elements of the others are computed when somebody asks for them, from what the names in them
stand for by then: such a generator expression sees names change like a nested function.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.trees import walk

_CONSUMING = frozenset(
    (
        *("all", "any", "dict", "frozenset", "list", "max", "min"),
        *("reduce", "set", "sorted", "sum", "tuple"),
    )
)
"""Functions that ask for all elements that they need before they return."""


OWN = "."
"""What sets the names of a comprehension's variables apart."""


def is_own(name: str) -> bool:
    """Whether a name is that of a comprehension's variable."""
    return OWN in name


def used_at_once(function: Any) -> set[Any]:
    """The generator expressions in a function that are used up where they stand.

    A name that says so may stand for another function: the specialiser looks whether nothing is
    left of what such a call was given.
    """
    found: set[Any] = set()
    nodes = walk(function)
    if not any(isinstance(node, gast.GeneratorExp) for node in nodes):
        return found
    for node in nodes:  # from the outside to the inside
        if isinstance(node, gast.GeneratorExp) and node not in found:
            continue
        found.update(part for part in _consumed(node) if isinstance(part, gast.GeneratorExp))
    return found


def _consumed(node: Any) -> list[Any]:
    """The parts of a node that are iterated over where they stand."""
    match node:
        case gast.Call(func=gast.Name(id=name)) if name in _CONSUMING:
            return list(node.args)
        case gast.Call(func=gast.Attribute(value=gast.Name(id="np" | "numpy"))):
            return list(node.args)
        case gast.ListComp() | gast.GeneratorExp() | gast.DictComp() | gast.SetComp():
            return [generator.iter for generator in node.generators]
        case gast.Starred():
            return [node.value]
        case gast.Assign(targets=[gast.Tuple() | gast.List()]):
            return [node.value]
        case gast.Compare(ops=[gast.In() | gast.NotIn()]):
            return list(node.comparators)
    return []


def read_in(comprehension: Any) -> list[str]:
    """The names that a comprehension reads but for its first iterable, its own among them."""
    nodes = [node for part in inside(comprehension) for node in walk(part)]
    return [node.id for node in nodes if isinstance(node, gast.Name)]


def inside(comprehension: Any) -> Iterator[Any]:
    """The parts of a comprehension that see its variables: all but the first iterable."""
    for position, generator in enumerate(comprehension.generators):
        if position:
            yield generator.iter
        yield generator.target
        yield from generator.ifs
    if isinstance(comprehension, gast.DictComp):
        yield from (comprehension.key, comprehension.value)
    else:
        yield comprehension.elt

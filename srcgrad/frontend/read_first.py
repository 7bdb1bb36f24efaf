"""The names that an expression reads before it does anything else.

The test of a ``while`` that begins with ``k < n`` reads ``k`` before the first trip, whatever comes
of it: where ``k`` has no value, that raises there, and later tests need not ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import gast


def read_first(node: Any) -> list[Any]:
    """The names that an expression reads before any operation, as nodes, in order."""
    return list(_names(node)[0])


def _names(node: Any) -> tuple[list[Any], bool]:
    """The names, and whether the expression does nothing else than to read them."""
    match node:
        case gast.Name():
            return [node], True
        case gast.Constant():
            return [], True
        case gast.Tuple() | gast.List():
            return _in_turn(node.elts)
        case gast.BoolOp():
            return _in_turn(node.values[:1])[0], False
    return _in_turn(_operands(node))[0], False


def _operands(node: Any) -> Iterator[Any]:
    """The parts of an operation that are evaluated before it, whatever they give."""
    match node:
        case gast.Compare():
            yield from (node.left, node.comparators[0])
        case gast.BinOp():
            yield from (node.left, node.right)
        case gast.UnaryOp():
            yield node.operand
        case gast.Attribute():
            yield node.value
        case gast.Subscript():
            yield from (node.value, node.slice)
        case gast.Call():
            yield from (node.func, *node.args)


def _in_turn(nodes: Iterable[Any]) -> tuple[list[Any], bool]:
    found: list[Any] = []
    for node in nodes:
        names, is_read = _names(node)
        found += names
        if not is_read:
            return found, False
    return found, True

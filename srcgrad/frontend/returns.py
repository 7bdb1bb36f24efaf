"""What a function gives, as its source shows it: whether that is a tuple, and of how many."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import TypeAlias

import gast as ast

from srcgrad.errors import SrcgradError
from srcgrad.frontend.source import find

Part: TypeAlias = "ast.expr | None"
"""What stands in a tuple; None for a None."""


def parts_of(function: object) -> tuple[Part, ...] | None:
    """What stands in the tuple that a function returns; None if it may return anything else.

    Where it returns at several places, a part is None if it is so everywhere.
    """
    while isinstance(function, functools.partial):
        function = function.func
    function = function.__func__ if isinstance(function, types.MethodType) else function
    try:
        node = find(function).node
    except SrcgradError:
        return None  # it has no source, and may give anything
    rows = [_displayed(value) for value in _returned(node)]
    if not rows or any(row is None or len(row) != len(rows[0] or ()) for row in rows):
        return None
    columns = zip(*(row for row in rows if row is not None), strict=True)
    return tuple(next((part for part in parts if part is not None), None) for parts in columns)


def _returned(node: ast.AST) -> Iterator[Part]:
    """The expressions that a function returns, without those of functions in it."""
    if isinstance(node, ast.Lambda):
        yield node.body
        return
    waiting = list(node.body)
    while waiting:
        child = waiting.pop()
        if isinstance(child, ast.Return):
            yield child.value
        elif not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(child))


def _displayed(value: Part) -> tuple[Part, ...] | None:
    if not isinstance(value, ast.Tuple) or any(isinstance(v, ast.Starred) for v in value.elts):
        return None
    return tuple(None if _is_none(item) else item for item in value.elts)


def _is_none(item: ast.expr) -> bool:
    return isinstance(item, ast.Constant) and item.value is None

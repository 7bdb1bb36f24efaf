"""What a ``try`` statement leaves behind where its body has raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gast

from srcgrad.frontend.trees import children


def only_raises_again(node: Any) -> bool:
    """Whether handlers raise again what they have caught, and do nothing else: that is the body."""
    return not node.finalbody and all(
        isinstance(stmt, gast.Raise) and stmt.exc is None
        for handler in node.handlers
        for stmt in handler.body
    )


def torn(statements: Sequence[Any]) -> set[str]:
    """The names that ``statements`` may have assigned before one of them raises.

    All others hold what they held before: ``y`` after ``y = f(x)`` has raised.
    """
    quiet = len(statements)
    while quiet and _is_quiet(statements[quiet - 1]):
        quiet -= 1
    if not quiet:
        return set()
    last = statements[quiet - 1]
    before = {name for node in statements[: quiet - 1] for name in _bound(node)}
    if isinstance(last, gast.With):
        return before | torn(last.body)
    whole = isinstance(last, gast.Assign) and all(map(_is_plain, last.targets))
    if whole or (isinstance(last, gast.AugAssign) and isinstance(last.target, gast.Name)):
        return before | set(_bound(last.value))
    return before | set(_bound(last))


def _is_quiet(node: Any) -> bool:
    """Whether a statement cannot raise."""
    match node:
        case gast.Pass() | gast.Break() | gast.Continue():
            return True
        case gast.Assign():
            return all(map(_is_plain, node.targets)) and isinstance(node.value, gast.Constant)
        case gast.Return():
            return node.value is None or isinstance(node.value, gast.Constant)
    return False


def _is_plain(target: Any) -> bool:
    """Whether nothing can go wrong between assigning one name and the next."""
    if isinstance(target, gast.Tuple | gast.List):
        return all(isinstance(item, gast.Name) for item in target.elts)
    return isinstance(target, gast.Name)


def _bound(node: Any) -> Iterator[str]:
    """The names that a statement binds."""
    if isinstance(node, gast.FunctionDef):
        yield node.name
    elif isinstance(node, gast.Name) and not isinstance(node.ctx, gast.Load):
        yield node.id
    if not isinstance(node, gast.FunctionDef | gast.Lambda):
        for child in children(node):
            yield from _bound(child)

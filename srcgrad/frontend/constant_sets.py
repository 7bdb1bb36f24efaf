"""Sets of constants: ``{8, 0, 16}``, of which Python makes a frozenset when it compiles.

In which order a set comes depends on how it was made.  A display of three constants or more is an
empty set, updated from a frozenset that the code object has; a loop over constants runs over that
frozenset itself.  It is looked up there: one that was read from a file has another order.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.trees import walk

_FOLDED = (
    *(gast.Set, gast.Tuple, gast.Constant, gast.UnaryOp, gast.BinOp, gast.Subscript, gast.Slice),
    *(gast.Load, gast.unaryop, gast.operator),
)
"""What may stand in an expression that is a constant to the compiler of Python."""


class ConstantSets:
    """The frozensets among the constants of a function.

    Parameters
    ----------
    code : code object
        That of the function; those of the functions in it belong to it.
    """

    def __init__(self, code: types.CodeType) -> None:
        self.known: dict[str, frozenset[Any]] = {}
        for found in frozensets(code):
            self.known.setdefault(_spelled(found), found)

    def of(self, node: Any, iterated: bool = False) -> frozenset[Any] | None:
        """The frozenset that a display is made from, or which is ``iterated`` over in its place;
        None if there is none."""
        if not isinstance(node, gast.Set) or not _may_be_folded(node):
            return None
        display: Any = ast.fix_missing_locations(gast.gast_to_ast(node))
        if iterated:
            target = ast.Name("_", ast.Store())
            loop = ast.comprehension(target, display, [], 0)
            display = ast.fix_missing_locations(ast.ListComp(ast.Constant(0), [loop]))
        made = compile(ast.Expression(display), "<a set>", "eval")
        found = next(frozensets(made), None)
        return None if found is None else self.known.get(_spelled(found), found)


def frozensets(code: types.CodeType) -> Iterator[frozenset[Any]]:
    """The frozensets among the constants of a function and of those in it."""
    for each in code.co_consts:
        if isinstance(each, frozenset):
            yield each
        elif isinstance(each, types.CodeType):
            yield from frozensets(each)


def _may_be_folded(node: Any) -> bool:
    return all(isinstance(part, _FOLDED) for part in walk(node))


def _spelled(elements: frozenset[Any]) -> str:
    """What two sets have in common that have the same elements."""
    return repr(sorted(map(repr, elements)))

"""``import math`` in a function: an assignment of what the compiler finds in the modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from srcgrad.frontend.trees import walk
from srcgrad.ir import intrinsics


def assign_imports(root: Any) -> None:
    """Makes assignments of the imports in a function, and in those that are defined in it."""
    for node in walk(root):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and any(map(_is_import, block)):
                block[:] = [new for stmt in block for new in _assigned(stmt)]


def _is_import(stmt: Any) -> bool:
    return isinstance(stmt, gast.Import | gast.ImportFrom)


def _assigned(stmt: Any) -> Iterator[Any]:
    """The assignments that an import is; any other statement itself."""
    if not _is_import(stmt):
        yield stmt
        return
    for alias in stmt.names:
        if isinstance(stmt, gast.ImportFrom):
            bound, found = alias.asname or alias.name, (stmt.module or "", alias.name, stmt.level)
        elif alias.asname:
            bound, found = alias.asname, (alias.name, "", 0)
        else:  # ``import a.b`` binds ``a``, of which ``b`` is an attribute
            bound, found = alias.name.split(".")[0], (alias.name, ".", 0)
        value = gast.Call(
            func=gast.Constant(value=intrinsics.imported, kind=None),
            args=[gast.Constant(value=part, kind=None) for part in found],
            keywords=[],
        )
        target = gast.Name(id=bound, ctx=gast.Store(), annotation=None, type_comment=None)
        made = gast.Assign(targets=[target], value=value, type_comment=None)
        for node in walk(made):
            gast.copy_location(node, stmt)
        yield made

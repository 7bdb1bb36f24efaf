"""``f = lambda n: ... f(n - 1) ...``: a lambda that calls itself is the function of that name."""

from __future__ import annotations

from typing import Any

import gast

from srcgrad.frontend.trees import walk


def name_lambdas(root: Any) -> None:
    """Makes definitions of the lambdas in a function that read the name they are bound to."""
    for node in walk(root):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                block[:] = [_definition(stmt) or stmt for stmt in block]


def _definition(stmt: Any) -> Any:
    """The definition that an assignment of a lambda is; None if it is another statement."""
    if not isinstance(stmt, gast.Assign) or not isinstance(stmt.value, gast.Lambda):
        return None
    (target, *others), value = stmt.targets, stmt.value
    if others or not isinstance(target, gast.Name) or not _reads(value.body, target.id):
        return None
    result = gast.Return(value=value.body)
    gast.copy_location(result, value)
    fields = dict.fromkeys(gast.FunctionDef._fields)
    fields.update(name=target.id, args=value.args, body=[result], decorator_list=[])
    made = gast.FunctionDef(**{**fields, "type_params": []})
    return gast.copy_location(made, stmt)


def _reads(node: Any, name: str) -> bool:
    return any(isinstance(n, gast.Name) and n.id == name for n in walk(node))

"""What a program leaves in objects from outside.

``model.mean = v``, ``history["loss"] = v`` and ``losses.append(v)`` are operations of the typed
program, which have an effect and no result: they happen once, where they stand.
"""

from __future__ import annotations

import operator
from typing import Any

from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Stmt


def changed_by(container: Any, method: str, *args: Any) -> None:
    """A method that changes a list or another container, whatever it gives: ``log.pop(0)``."""
    getattr(container, method)(*args)


_KEPT: dict[Any, int] = {setattr: 2, operator.setitem: 2, list.append: 1}
"""The operations that keep one of their arguments, each with its place."""
KEEPING = (*_KEPT, operator.delitem, changed_by)
ADDING = tuple(op for op in KEEPING if op is not setattr)
"""Those that change lists and dicts."""


def keeps_elements(stmt: Stmt) -> bool:
    """Whether a statement leaves the elements of what it is given, and not the list or array."""
    if not isinstance(stmt, Apply):
        return False
    if stmt.op is changed_by:
        return isinstance(stmt.args[1], Const) and stmt.args[1].value == "extend"
    if stmt.op is not operator.setitem:
        return False
    index = stmt.args[1]
    if isinstance(index, Const):
        return isinstance(index.value, slice)
    return isinstance(index, Pack) and index.kind is slice


def kept_by(stmt: Stmt) -> Operand | None:
    """What a statement leaves in an object from outside; None if it leaves nothing.

    What an index or a count is, which may be among it, nobody asks for.
    """
    if not isinstance(stmt, Apply) or stmt.op not in KEEPING:
        return None
    at = _KEPT.get(stmt.op)
    return Pack(tuple, stmt.args[2:]) if at is None else stmt.args[at]

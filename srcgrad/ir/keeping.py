"""What a program leaves in objects from outside.

``model.mean = v``, ``history["loss"] = v`` and ``losses.append(v)`` are operations of the typed
program, which have an effect and no result: they happen once, where they stand.
"""

from __future__ import annotations

import operator
from typing import Any

from srcgrad.ir.nodes import Apply, Operand, Stmt

_KEPT: dict[Any, int] = {setattr: 2, operator.setitem: 2, list.append: 1}
"""The operations, each with the place of the argument that is kept."""
KEEPING = tuple(_KEPT)
ADDING = tuple(op for op in KEEPING if op is not setattr)
"""Those that add to lists and dicts."""


def kept_by(stmt: Stmt) -> Operand | None:
    """What a statement leaves in an object from outside; None if it leaves nothing."""
    if not isinstance(stmt, Apply) or stmt.op not in KEEPING:
        return None
    return stmt.args[_KEPT[stmt.op]]

"""Operations of which the program does nothing with what they give: they are there for what they
raise.

::

    n // k                     x[n]
    W @ np.ones(n)             a = np.linalg.inv(A)
    return np.sum(x)           return np.sum(x)

Each raises in the gradient where it raises in the function.  So it is with what nobody reads in the
function itself; what is read there, and is not needed for the derivative, is not computed.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from srcgrad.analysis.surely import surely_gives
from srcgrad.ir.nodes import Apply, Function, Var
from srcgrad.ir.walk import count_uses, statements, used
from srcgrad.transform.simplify.dead import is_pure


def note_unread(function: Function, invoked: Collection[Var]) -> None:
    """Notes of what the user's program has ``invoked``, in vain, that it may raise."""
    uses = count_uses(function)
    if all(uses[var] for var in invoked):
        return
    made = {s.target: s for s in statements(function.body.body) if isinstance(s, Apply)}
    waiting = [stmt for var, stmt in made.items() if var in invoked and not uses[var]]
    while waiting:
        stmt = waiting.pop()
        if not _only_gives(stmt):
            continue
        if not surely_gives(stmt):
            stmt.target.unread = True
            continue
        for var in used(stmt):
            uses[var] -= 1
            if not uses[var] and var in made:
                waiting.append(made[var])


def _only_gives(stmt: Apply) -> bool:
    """Whether an operation does nothing but give its result, or raise."""
    name = getattr(stmt.op, "__name__", "")
    return is_pure(stmt) or getattr(math, name, None) is stmt.op

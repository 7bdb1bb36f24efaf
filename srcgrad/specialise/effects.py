"""What a part of the program does besides giving values, as far as the specialiser has got."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from srcgrad.analysis.memory import MemoryClasses, has_memory, is_fresh
from srcgrad.ir.nodes import Apply, Operand, Stmt, Var
from srcgrad.ir.ops import AUGMENTED, OPS
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.walk import statements, targets

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


class Watch:
    """Looks at what is emitted from here on, in the block under construction."""

    def __init__(self, sp: Specialiser) -> None:
        self._sp = sp
        self._body, self._mark = sp.builder.body, len(sp.builder.body)
        self._before = sp.heap.save()
        self._outside = set(sp.outside)

    def has_effects(self) -> bool:
        """Whether somebody may see that it has run, or how often: it writes into what was there
        before, draws a number, prints."""
        new = statements(self._body[self._mark :])
        return self.changes() or self.writes() or any(map(_is_impure, new))

    def writes(self) -> bool:
        """Whether it writes into arrays that were there before."""
        return writes(self._body[self._mark :])

    def changes(self) -> bool:
        """Whether a list or an object that was there before is another one now."""
        contents = self._sp.heap.contents
        if any(contents.get(ref) is not content for ref, content in self._before.items()):
            return True
        return not self._outside.issuperset(self._sp.outside)


def _is_impure(stmt: Stmt) -> bool:
    if not isinstance(stmt, Apply) or stmt.op in AUGMENTED:
        return False
    op = OPS.get(stmt.op)
    return not isinstance(stmt.op, type) if op is None else not op.pure


def writes(body: Sequence[Stmt]) -> bool:
    """Whether statements write into arrays, but for those that they make."""
    memory = MemoryClasses(body)
    everything = list(statements(body))
    inside = {var for stmt in everything for var in targets(stmt)}
    own: set[Operand] = set()
    for stmt in everything:
        augmented = isinstance(stmt, Apply) and stmt.op in AUGMENTED
        if isinstance(stmt, Apply) and (is_fresh(stmt) or (augmented and stmt.args[0] in own)):
            own.add(stmt.target)
        written = stmt.args[:1] if isinstance(stmt, Apply) and augmented else stored_by(stmt)
        for buffer in written:
            if not (isinstance(buffer, Var) and has_memory(buffer)):
                continue  # a number: the sum is another one
            if any(var not in inside for var in memory.members(buffer)) or buffer not in own:
                return True
    return False

"""Elements that are read again from where they stand, instead of being saved.

In the reverse of a block an array holds, at each point, what it held at that point of the block.
So what the reverse of an operation needs of ``a = A[i, k]`` is there, as long as the block writes
nothing into ``A`` between the reading and the operation::

    for k in range(j):                  for k in reversed(range(j)):
        a = L[i, k]                         L_bar[j, k] -= s_bar * L[i, k]
        s -= a * L[j, k]                    ...
"""

from __future__ import annotations

from srcgrad.analysis.cost import is_cheap
from srcgrad.analysis.memory import MemoryClasses, reads_content
from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Block, Stmt, Store, Var
from srcgrad.ir.walk import free_in_block, statements, substitute
from srcgrad.specialise.builder import Builder


class Reading:
    """What a block reads of arrays that are written, and where it writes them.

    Parameters
    ----------
    body : statements
        The block.
    memory : MemoryClasses
        Which variables may share memory, and what is written.
    """

    def __init__(self, body: tuple[Stmt, ...], memory: MemoryClasses) -> None:
        self.memory = memory
        self.reads: dict[Var, tuple[int, Apply]] = {}
        self.writes: list[tuple[int, Var]] = []
        if not memory.any_written():
            return
        for position, stmt in enumerate(body):
            cheap = isinstance(stmt, Apply) and is_cheap(stmt)
            if cheap and any(map(memory.is_written, reads_content(stmt))):
                assert isinstance(stmt, Apply)
                self.reads[stmt.target] = (position, stmt)
            for inner in statements((stmt,)):
                if isinstance(inner, Store):
                    self.writes.append((position, inner.buffer))

    def again(self, builder: Builder, emitted: list[Stmt], position: int, loc: Loc) -> None:
        """Emits the reverse of the statement at ``position``, reading again what it may."""
        block = Block((), tuple(emitted), ())
        renamed: dict[Var, Var] = {}
        for var in free_in_block(block) if self.reads else ():
            if var in self.reads and self._holds(*self.reads[var], position):
                stmt = self.reads[var][1]
                renamed[var] = Var(var.name, var.type, var.hint)
                again = Apply(renamed[var], stmt.op, stmt.args, stmt.kwargs, loc)
                builder.definitions[again.target] = again
                builder.emit(again)
        for new in substitute(block, renamed).body if renamed else emitted:
            if isinstance(new, Apply):
                builder.definitions[new.target] = new
            builder.emit(new)

    def _holds(self, place: int, stmt: Apply, position: int) -> bool:
        """Whether what ``stmt`` read is still there when the statement at ``position`` runs."""
        between = [buffer for at, buffer in self.writes if place < at < position]
        may_share = self.memory.may_share
        return not any(may_share(var, b) for b in between for var in reads_content(stmt))

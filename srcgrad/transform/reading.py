"""Elements that are read again from where they stand, instead of being saved.

In the reverse of a block an array holds, at each point, what it held at that point of the block.
So what the reverse of an operation needs of ``a = A[i, k]`` is there, as long as the block writes
nothing into ``A`` between the reading and the operation::

    for k in range(j):                  for k in reversed(range(j)):
        a = L[i, k]                         L_bar[j, k] -= s_bar * L[i, k]
        s -= a * L[j, k]                    ...

So is a number that is computed from elements of an array without a cotangent that was filled before
the loop, as the pivot ``b - a * c[i - 1]`` of a sweep.

So is what one operation gives of an array that the reverse of the same operation reads anyway, as
``0.5 * u`` where ``f = 0.5 * u * u``, and what several operations give of one that the block writes
less often: of ``u[1:] -= 0.1 * u[1:] * (u[1:] - u[:-1])`` what is overwritten is kept, rather than
both factors.
"""

from __future__ import annotations

import operator

from srcgrad.analysis.cost import is_cheap, is_light
from srcgrad.analysis.memory import MemoryClasses, reads_content
from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Block, Stmt, Store, Var
from srcgrad.ir.types import Scalar, Size, number_of
from srcgrad.ir.walk import (
    blocks,
    free_in_block,
    free_in_stmt,
    map_operand,
    statements,
    substitute,
    used,
)
from srcgrad.specialise.builder import Builder


class Reading:
    """What a block reads of arrays that are written, and where it writes them.

    Parameters
    ----------
    body : statements
        The block.
    memory : MemoryClasses
        Which variables may share memory, and what is written.
    active : set of Var
        What has a cotangent.
    read_again : dict of Var to Var
        Gets what is read again, with what it is in the block.
    within : For or While
        The outermost loop in which the block stands.
    """

    def __init__(
        self,
        body: tuple[Stmt, ...],
        memory: MemoryClasses,
        active: set[Var],
        read_again: dict[Var, Var],
        within: Stmt | None = None,
    ) -> None:
        self.memory = memory
        self.active = active
        self.read_again = read_again
        self.within = within
        self.reads: dict[Var, tuple[int, Apply]] = {}
        self.light: dict[Var, tuple[int, Apply]] = {}
        self.computed: dict[Var, Apply] = {}
        self.writes: list[tuple[int, Var]] = []
        if not memory.any_written():
            return
        for position, stmt in enumerate(body):
            if isinstance(stmt, Apply) and any(map(memory.is_written, reads_content(stmt))):
                if is_cheap(stmt):
                    self.reads[stmt.target] = (position, stmt)
                elif is_light(stmt, 2) and not memory.is_written(stmt.target):
                    self.light[stmt.target] = (position, stmt)
            elif isinstance(stmt, Apply) and self._is_of_reads(stmt):
                self.computed[stmt.target] = stmt
            for inner in statements((stmt,)):
                if isinstance(inner, Store):
                    self.writes.append((position, inner.buffer))

    def again(self, builder: Builder, emitted: list[Stmt], position: int, loc: Loc) -> None:
        """Emits the reverse of the statement at ``position``, reading again what it may."""
        block = Block((), tuple(emitted), ())
        renamed: dict[Var, Var] = {}
        there = self._there(emitted) if self.light else set()
        there |= self._worth_putting_back(block, position) if self.light else set()
        for var in free_in_block(block) if self.reads or self.light else ():
            found = self.reads.get(var) or self.light.get(var)
            if found is None or (var in self.light and not self._are_there(found[1], there)):
                continue
            if self._holds(*found, position):
                stmt = found[1]
                renamed[var] = Var(var.name, var.type, var.hint)
                self.read_again[renamed[var]] = var
                again = Apply(renamed[var], stmt.op, stmt.args, stmt.kwargs, loc)
                builder.definitions[again.target] = again
                builder.emit(again)
        for var in free_in_block(block) if self.computed else ():
            if var in self.computed:
                self._compute(var, builder, renamed, loc)
        for new in substitute(block, renamed).body if renamed else emitted:
            if isinstance(new, Apply):
                builder.definitions[new.target] = new
            builder.emit(new)

    def _is_of_reads(self, stmt: Apply) -> bool:
        """Whether an operation computes a number from elements that are read of arrays without
        cotangents that stand before the loop and that no trip writes: coefficients, say."""
        behind = set(used(stmt))
        if not behind or self.within is None or not is_cheap(stmt) or stmt.target in self.active:
            return False
        if not behind <= self.reads.keys() | self.computed.keys():
            return False
        if not isinstance(number_of(stmt.target.type), Scalar):
            return False
        read = (v for var in behind & self.reads.keys() for v in reads_content(self.reads[var][1]))
        return all(self._stays(var) for var in read)

    def _stays(self, var: Var) -> bool:
        """Whether what an array holds is the same in all trips of the loop."""
        if self.within is None or var in self.active or var not in free_in_stmt(self.within):
            return isinstance(number_of(var.type), Scalar | Size)  # an index
        return not any(self.memory.is_written_in(block, var) for block in blocks(self.within))

    def _compute(self, var: Var, builder: Builder, renamed: dict[Var, Var], loc: Loc) -> None:
        """Emits what computes ``var`` from elements that are read again."""
        if var in renamed:
            return
        stmt = self.reads[var][1] if var in self.reads else self.computed[var]
        if var in self.computed:
            for each in used(stmt):
                self._compute(each, builder, renamed, loc)
        args = tuple(map_operand(arg, lambda each: renamed.get(each, each)) for arg in stmt.args)
        renamed[var] = Var(var.name, var.type, var.hint)
        if var in self.reads:
            self.read_again[renamed[var]] = var
        again = Apply(renamed[var], stmt.op, args, stmt.kwargs, loc)
        builder.definitions[again.target] = again
        builder.emit(again)

    def _there(self, emitted: list[Stmt]) -> set[Var]:
        """What stands for the arrays that are written and that the reverse of a statement reads."""
        read = (var for stmt in emitted for var in reads_content(stmt))
        return {self.memory.root(var) for var in read if self.memory.is_written(var)}

    def _worth_putting_back(self, block: Block, position: int) -> set[Var]:
        """What stands for arrays that are written, if the reverse of a statement needs more of what
        is computed from them than the writes that have to be undone for that."""
        found = [self.light[var] for var in free_in_block(block) if var in self.light]
        roots: set[Var] = set()
        count = 0
        for place, stmt in found:
            if self._holds(place, stmt, position):
                count += 1
                read = filter(self.memory.is_written, reads_content(stmt))
                roots.update(map(self.memory.root, read))
        writes = sum(self.memory.root(buffer) in roots for _, buffer in self.writes)
        return roots if 0 < writes < count else set()

    def _are_there(self, stmt: Apply, there: set[Var]) -> bool:
        """Whether the reverse of the block needs the arrays that ``stmt`` reads at any rate.

        That of a product reads both factors, if both have cotangents.
        """
        if stmt.op is operator.mul and all(arg in self.active for arg in stmt.args):
            return True
        read = filter(self.memory.is_written, reads_content(stmt))
        return all(self.memory.root(var) in there for var in read)

    def _holds(self, place: int, stmt: Apply, position: int) -> bool:
        """Whether what ``stmt`` read is still there when the statement at ``position`` runs."""
        between = [buffer for at, buffer in self.writes if place < at < position]
        may_share = self.memory.may_share
        return not any(may_share(var, b) for b in between for var in reads_content(stmt))

"""What the reverse of a loop reads of an array is kept, where that is less than what is written.

::

    for t in range(T):                          for t in range(T):
        u_saved.append(u[1:-1].copy())              u[1:-1] += ...
        u[1:-1] += ...                              values.append(u[3])
        L += u[3]**2                    ->          L += u[3]**2
    ...                                         ...
        u_bar[3] += 2 * u[3]                        u_bar[3] += 2 * values.pop()
        u[1:-1] = u_saved.pop()

The reverse of an operation reads an array where it stands, which holds there what it held in the
forward sweep, as what a loop overwrites is saved and put back.  If all that it reads are single
elements, or arrays under conditions, these are saved instead, and nothing has to be put back.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.analysis.cost import is_cheap
from srcgrad.analysis.memory import MemoryClasses, reads_content, sources
from srcgrad.ir.nodes import NOTHING, Apply, Block, If, Stmt, Store, Try, Var
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array, Scalar, number_of
from srcgrad.ir.walk import (
    inner_params,
    map_operands,
    map_stmt,
    statements,
    substitute,
    targets,
    used,
    variables,
)
from srcgrad.specialise.builder import type_of

if TYPE_CHECKING:
    from srcgrad.transform.reverse import Reverser


def keep_reads(
    rev: Reverser, forward: Sequence[Stmt], backward: Block
) -> tuple[Sequence[Stmt], Block]:
    """The body of a loop and its reverse, which reads what that keeps for it."""
    if not rev.memory.any_written():
        return forward, backward
    every = tuple(statements(forward))
    inside = {var for stmt in every for var in (*targets(stmt), *inner_params(stmt))}
    stores: dict[Var, int] = {}
    for stmt in every:
        if isinstance(stmt, Store) and stmt.record is not None and _is_same_part(stmt, inside):
            root = rev.memory.root(stmt.buffer)
            stores[root] = stores.get(root, 0) + 1
    for root, count in stores.items():
        found = _Reads(rev, root, backward)
        if found.are_kept and found.count <= count:
            forward, backward = found.kept(forward, backward)
    return forward, backward


def _is_same_part(stmt: Store, inside: set[Var]) -> bool:
    """Whether a write goes into the same part of an array in every trip, of more than one element.

    What goes into another one each time may not have to be put back at all.
    """
    if not isinstance(type_of(stmt.value), Array) or stmt.index is None:
        return False
    return not any(var in inside for var in variables(stmt.index))


@dataclass
class _Arm:
    """An arm of a branch of the reverse, and which arm of what branch that is the reverse of."""

    branch: If
    block: Block
    forward: If
    side: int
    again: list[Apply] = field(default_factory=list)
    """What the forward arm computes to be kept."""
    kept: list[Var] = field(default_factory=list)
    body: list[Stmt] = field(default_factory=list)
    renamed: dict[Var, Var] = field(default_factory=dict)


class _Reads:
    """What the reverse of a loop's body reads of the arrays of one class."""

    def __init__(self, rev: Reverser, root: Var, backward: Block) -> None:
        self.rev = rev
        self.memory: MemoryClasses = rev.memory
        self.root = root
        self.numbers: dict[Var, Var] = {}
        """Elements that are read again, with what they were in the body."""
        self.arms: list[_Arm] = []
        self.count = 0
        """How many arrays would be kept."""
        self.made = {var for stmt in backward.body for var in targets(stmt)}
        self.views = set[Var]()
        """What the reverse makes that shows these arrays."""
        for stmt in statements(backward.body):
            if isinstance(stmt, Apply) and any(map(self.shows, _shown(stmt))):
                self.views.add(stmt.target)
        handed = (var for result in backward.results for var in variables(result))
        fits = not any(map(self.shows, handed))
        for stmt in backward.body:
            fits = fits and self._fits(stmt)
        self.are_kept = fits and bool(self.numbers or self.arms)

    def shows(self, var: Var) -> bool:
        return var in self.views or self.memory.root(var) is self.root

    def _reads(self, stmts: Iterable[Stmt]) -> bool:
        return any(self.shows(var) for stmt in statements(stmts) for var in reads_content(stmt))

    def _fits(self, stmt: Stmt) -> bool:
        if not self._reads((stmt,)):
            return True
        if isinstance(stmt, Apply):
            first = self.rev.read_again.get(stmt.target)
            if first is None or not isinstance(number_of(first.type), Scalar):
                return False
            self.numbers[stmt.target] = first
            return True
        known = self.rev.reversed.get(stmt) if isinstance(stmt, If) else None
        if not isinstance(stmt, If) or known is None or any(map(self.shows, used(stmt))):
            return False
        forward, first_arm = known
        for block, side in ((stmt.then, first_arm), (stmt.orelse, 1 - first_arm)):
            if self._reads(block.body):
                arm = _Arm(stmt, block, forward, side)
                if not self._fits_arm(arm):
                    return False
                self.arms.append(arm)
        return True

    def _fits_arm(self, arm: _Arm) -> bool:
        """Finds what an arm reads, and how its forward arm computes it."""
        there = (arm.forward.then, arm.forward.orelse)[arm.side]
        written = (var for stmt in statements(there.body) for var in stored_by(stmt))
        if isinstance(arm.forward, Try) or there.diverges or any(map(self.shows, written)):
            return False
        if any(self.shows(v) for result in arm.block.results for v in variables(result)):
            return False
        definitions = {s.target: s for s in arm.block.body if isinstance(s, Apply)}
        copies: dict[Var, Var] = {}
        for stmt in arm.block.body:
            read = [var for var in dict.fromkeys(reads_content(stmt)) if self.shows(var)]
            if read and not isinstance(stmt, Apply | Store):
                return False
            if read and isinstance(stmt, Apply) and _is_element(stmt):
                value = self._again(stmt.target, arm, definitions)
                if value is None:
                    return False
                arm.renamed[stmt.target] = self._handed(arm, value)
                continue
            for var in read:
                if var in copies:
                    continue
                value = self._again(var, arm, definitions)
                if value is None or not isinstance(value.type, Array):
                    return False
                copy = Var("", value.type)
                arm.again.append(Apply(copy, np.ndarray.copy, (value,), (), arm.forward.loc))
                copies[var] = self._handed(arm, copy, self._name())
                self.count += 1
            mine = {var: copies[var] for var in read}
            arm.body.append(map_stmt(stmt, lambda v, m=mine: m.get(v, v)) if mine else stmt)  # type: ignore[misc]
        return True

    def _name(self) -> str:
        names = (v.name or v.hint for v in self.memory.members(self.root))
        return next((name for name in names if name), "array")

    def _handed(self, arm: _Arm, value: Var, name: str = "value") -> Var:
        """What the forward branch gives in one arm, to be read in the reverse of that."""
        given = Var("", value.type, f"{name}_saved" if isinstance(value.type, Array) else "")
        arm.kept.append(value)
        arm.renamed[value] = given
        return given

    def _again(self, var: Var, arm: _Arm, definitions: dict[Var, Apply]) -> Var | None:
        """What ``var`` is in the forward arm, where what gives it is computed at its end."""
        if var in arm.forward.targets:  # which the arm hands out already
            there = (arm.forward.then, arm.forward.orelse)[arm.side]
            given = there.results[arm.forward.targets.index(var)]
            return given if isinstance(given, Var) else None
        if var not in definitions:
            return None if var in self.made else var
        stmt = definitions[var]
        others = (v for v in reads_content(stmt) if not self.shows(v))
        if not is_cheap(stmt) or any(map(self.memory.is_written, others)):
            return None
        renamed: dict[Var, Var] = {}
        for operand in used(stmt):
            value = self._again(operand, arm, definitions)
            if value is None:
                return None
            renamed[operand] = value
        own = Var(var.name, var.type, var.hint)

        def new(v: Var) -> Var:
            return renamed.get(v, v)

        kwargs = tuple((k, map_operands((v,), new)[0]) for k, v in stmt.kwargs)
        args = map_operands(stmt.args, new)
        arm.again.append(Apply(own, stmt.op, args, kwargs, arm.forward.loc))
        return own

    # --- rebuilding -----------------------------------------------------------------------------

    def kept(self, forward: Sequence[Stmt], backward: Block) -> tuple[Sequence[Stmt], Block]:
        body = [stmt for stmt in backward.body if not set(targets(stmt)) & self.numbers.keys()]
        new = {arm.forward: arm.forward for arm in self.arms}
        for arm in self.arms:
            new[arm.forward] = self._exporting(new[arm.forward], arm)
            for stmt in arm.again:
                self.memory.add(stmt)
                self.rev.sp.builder.definitions[stmt.target] = stmt
        ends = {arm.branch: arm.branch for arm in self.arms}
        for arm in self.arms:
            ends[arm.branch] = self._reading(ends[arm.branch], arm)
        body = [ends.get(stmt, stmt) if isinstance(stmt, If) else stmt for stmt in body]
        changed = [new.get(stmt, stmt) if isinstance(stmt, If) else stmt for stmt in forward]
        return changed, substitute(replace(backward, body=tuple(body)), self.numbers)

    def _exporting(self, branch: If, arm: _Arm) -> If:
        arms = [branch.then, branch.orelse]
        here, other = arms[arm.side], arms[1 - arm.side]
        arms[arm.side] = replace(
            here, body=(*here.body, *arm.again), results=(*here.results, *arm.kept)
        )
        arms[1 - arm.side] = replace(other, results=(*other.results, *(NOTHING for _ in arm.kept)))
        given = tuple(arm.renamed[var] for var in arm.kept)
        return replace(branch, targets=(*branch.targets, *given), then=arms[0], orelse=arms[1])

    def _reading(self, branch: If, arm: _Arm) -> If:
        block = Block((), tuple(arm.body), arm.block.results)
        block = substitute(block, arm.renamed)
        if branch.then is arm.block:
            return replace(branch, then=block)
        return replace(branch, orelse=block)


def _is_element(stmt: Apply) -> bool:
    """Whether an operation takes a single element out of an array."""
    return stmt.op is operator.getitem and isinstance(number_of(stmt.target.type), Scalar)


def _shown(stmt: Apply) -> list[Var]:
    return [var for operand in sources(stmt) for var in variables(operand)]

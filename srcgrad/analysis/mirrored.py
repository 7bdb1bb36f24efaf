"""What a loop and its reverse have in common: which values are equal in each trip.

The reverse of a branch is a branch on the same condition.  That is either saved, or computed again
from what is there before both loops, from the index, which runs through the same range, and from
what else was saved.  Two computations of numbers that are alike all the way down give the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from srcgrad.ir.nodes import Apply, Block, Const, For, If, Operand, Try, Var, While
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, Scalar, Size, number_of
from srcgrad.ir.walk import free_in_stmt, used, variables
from srcgrad.specialise.builder import type_of


@dataclass(frozen=True)
class ReadInArm:
    """The arm of a branch, number ``place`` in a body, that alone reads a variable."""

    place: int
    branch: If
    is_then: bool


def read_in_arm(body: Block, var: Var) -> ReadInArm | None:
    """Where a variable is read, if that is one arm of one branch of a body."""
    if any(var in variables(result) for result in body.results):
        return None
    readers = [(i, stmt) for i, stmt in enumerate(body.body) if var in free_in_stmt(stmt)]
    if len(readers) != 1:
        return None
    ((place, stmt),) = readers
    if not isinstance(stmt, If) or isinstance(stmt, Try) or var in used(stmt):
        return None
    ways = [_reads(arm, var) for arm in (stmt.then, stmt.orelse)]
    return ReadInArm(place, stmt, ways[0]) if ways[0] != ways[1] else None


def _reads(arm: Block, var: Var) -> bool:
    given = any(var in variables(result) for result in arm.results)
    return given or any(var in free_in_stmt(stmt) for stmt in arm.body)


class Mirrored:
    """A loop that saves values, and the one that reads what it has saved.

    ``definitions`` has the operation that computes each value.
    """

    def __init__(self, maker: For | While, reader: For, definitions: Mapping[Var, Apply]) -> None:
        self.definitions = definitions
        outputs = zip(maker.targets, maker.body.results, strict=True)
        saved = dict(list(outputs)[len(maker.init) :])
        params = reader.body.params[1 + len(reader.init) :]
        rows = zip(params, reader.stacks, strict=True)
        self.elements: dict[Var, Operand] = {
            param: saved[stack]
            for param, stack in rows
            if isinstance(stack, Var) and stack in saved
        }
        """What each of the reader's own variables is in the maker, in the same trip."""
        self._compared: dict[tuple[Var, Var], bool] = {}
        if isinstance(maker, For) and self._has_same_range(maker, reader):
            self.elements[reader.body.params[0]] = maker.body.params[0]

    def _has_same_range(self, maker: For, reader: For) -> bool:
        ours = (maker.start, maker.stop, maker.step)
        theirs = (reader.start, reader.stop, reader.step)
        return not maker.exits and not reader.exits and all(map(self.are_equal, theirs, ours))

    def are_equal(self, theirs: Operand, ours: Operand) -> bool:
        """Whether an operand of the reader is a number that is equal to one of the maker, in the
        same trip."""
        if isinstance(theirs, Const):
            same = isinstance(ours, Const) and type(theirs.value) is type(ours.value)
            return same and isinstance(ours, Const) and repr(theirs.value) == repr(ours.value)
        if not isinstance(theirs, Var):
            return False
        there = self.elements.get(theirs, theirs)
        if there is ours:
            return True
        if there is not theirs or not isinstance(ours, Var):
            return False
        if (theirs, ours) not in self._compared:
            self._compared[theirs, ours] = self._are_computed_alike(theirs, ours)
        return self._compared[theirs, ours]

    def _are_computed_alike(self, theirs: Var, ours: Var) -> bool:
        a, b = self.definitions.get(theirs), self.definitions.get(ours)
        if a is None or b is None or a.op is not b.op or len(a.args) != len(b.args):
            return False
        if a.kwargs or b.kwargs or not (_is_repeatable(a) and _is_repeatable(b)):
            return False
        return all(map(self.are_equal, a.args, b.args))

    def computed(
        self, theirs: Operand, visible: frozenset[Var]
    ) -> tuple[Operand, tuple[Apply, ...]] | None:
        """What an operand of the reader is in the maker, and the operations that compute it there
        from what is ``visible``; None if nobody can tell."""
        made: dict[Var, Apply] = {}

        def visit(operand: Operand) -> Operand | None:
            if not isinstance(operand, Var):
                return operand if isinstance(operand, Const) else None
            if operand in self.elements:
                return self.elements[operand]
            if operand in visible:
                return operand
            stmt = self.definitions.get(operand)
            if stmt is None or stmt.kwargs or not _is_repeatable(stmt):
                return None
            if operand not in made:
                args = tuple(map(visit, stmt.args))
                if any(arg is None for arg in args):
                    return None
                own = Var(operand.name, operand.type, operand.hint)
                made[operand] = Apply(own, stmt.op, args, (), stmt.loc)  # type: ignore[arg-type]
            return made[operand].target

        found = visit(theirs)
        return None if found is None else (found, tuple(made.values()))


def _is_repeatable(stmt: Apply) -> bool:
    """Whether an operation is one of numbers alone, or asks an array for a length."""
    op = OPS.get(stmt.op)
    if op is None or not op.pure:
        return False
    if isinstance(stmt.target.type, Size) and all(isinstance(v.type, Array) for v in used(stmt)):
        return True
    numbers = (number_of(type_of(operand)) for operand in (stmt.target, *used(stmt)))
    return all(isinstance(type_, Scalar | Size) for type_ in numbers)

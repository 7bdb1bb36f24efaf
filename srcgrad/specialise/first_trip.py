"""Names that the first trip of a loop assigns, and later ones read.

::

    for i in range(len(x)):
        if i == 0:
            h = x[0]
        else:
            h = np.sin(h) + x[i]

Where a loop is run first, to find types that hold in every trip, ``h`` has no value in the second
arm.  That is for a later round to find (``provisional.py``) if the function itself never gets there
without one, and so never raises ``UnboundLocalError``.  To see that, the first trip is run as it
is: with the first index, and the values that the loop begins with.  It decides on conditions that
no other trip does, ``i == 0`` or ``first``.  A name that is assigned on all ways that are left has
a value in all other trips; the statements of this trip are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srcgrad.errors import UNBOUND, CertainError, Loc, SrcgradError
from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import UNDEFINED, Block, Const, ForEach, If, Operand, Stmt, Var, While
from srcgrad.ir.walk import statements, targets
from srcgrad.specialise.open_calls import Unsettled
from srcgrad.specialise.values import (
    NeedsValue,
    NotAssignedError,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


@dataclass
class Decisions:
    """Which arms of branches have been run, and which loops have certainly made a trip.

    ``names`` are those that have a value after the first trip of a loop, and ``absent`` says
    whether a variable was read that had none.
    """

    arms: dict[Stmt, set[bool]] = field(default_factory=dict)
    trips: dict[Stmt, bool] = field(default_factory=dict)
    names: dict[Stmt, frozenset[str]] = field(default_factory=dict)
    absent: bool = False

    def took(self, stmt: If, *arms: bool) -> None:
        """Notes that a branch was decided, or that either of its arms may be taken."""
        self.arms.setdefault(stmt, set()).update(arms)

    def tripped(self, stmt: ForEach, certainly: bool) -> None:
        """Notes whether a loop has a first trip."""
        self.trips[stmt] = self.trips.get(stmt, True) and certainly

    def assigned(self, stmt: Stmt, names: frozenset[str]) -> None:
        """Notes what has a value after the first trip of a loop."""
        self.names[stmt] = self.names.get(stmt, names) & names

    def taken(self, stmt: If) -> list[Block]:
        """The arms of a branch that may have been taken; both if it was not come to."""
        found = self.arms.get(stmt, {True, False})
        arms = ((True, stmt.then), (False, stmt.orelse))
        return [arm for holds, arm in arms if holds in found and not arm.diverges]


@dataclass(frozen=True)
class Later:
    """The names of a function that have a value from the second trip of a loop on."""

    frame: Frame | None = None
    names: frozenset[str] = frozenset()

    def has(self, error: NotAssignedError) -> bool:
        return error.frame is self.frame and error.name in self.names


def not_assigned(name: str, frame: Frame | None, loc: Loc) -> NotAssignedError:
    """The error where a variable is read that has no value."""
    message = "a variable is read that may not be assigned yet"
    if not name.strip("_"):
        return NotAssignedError(message, loc)
    error = NotAssignedError(f"'{name}' {_READ}", loc, f"assign '{name}' before the loop")
    error.name, error.frame = name, frame
    return error


def refuse_unbound(sp: Specialiser, name: str, loc: Loc) -> None:
    """Refuses to read a name that has no value, unless a later round may find one."""
    error = not_assigned(name, sp.running[-1].frame, loc)
    provisional = sp.provisional
    sp.decisions.absent |= provisional is None or not provisional.gives(error)
    if provisional is None:
        original = UnboundLocalError(UNBOUND.format(name))
        hint = f"assign '{name}' on every way to this"
        raise CertainError(error.message, loc, original, hint)


_READ = "is read here, where it may not be assigned yet"


def assigned(
    sp: Specialiser, stmt: ForEach | While, frame: Frame, trip: Callable[[], object]
) -> Later:
    """What has a value after the first trip of a loop, which ``trip`` runs; none if that trip
    cannot be run alone."""
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    outer, sp.decisions = sp.decisions, Decisions()
    try:
        with sp.builder.nested(), sp.cells.restored(), sp.tripping(None):
            trip()
        names = () if sp.decisions.absent else _assigned(stmt, sp.decisions, frame)
        later = Later(frame, frozenset(names))
    except (SrcgradError, NeedsValue, Unsettled):
        later = Later()
    finally:
        sp.decisions = outer
        sp.heap.roll_back(before, sealed)
    sp.decisions.assigned(stmt, later.names)
    return later


def _assigned(stmt: ForEach | While, decisions: Decisions, frame: Frame) -> Iterator[str]:
    params = stmt.body.params[len(stmt.body.params) - len(stmt.targets) :]
    absent = {param for param in params if is_undefined(frame.values[param])}
    flows = _flows(stmt, decisions)
    for param, result in zip(params, stmt.body.results, strict=True):
        if param in absent and not may_be_absent(result, absent, flows):
            yield param.name


def may_be_absent(value: Operand, absent: set[Var], flows: dict[Var, list[Operand]]) -> bool:
    """Whether a value may be that of a name that is not assigned."""
    waiting, seen = [value], set()
    while waiting:
        found = waiting.pop()
        if found in absent or (isinstance(found, Const) and found.value is UNDEFINED):
            return True
        if isinstance(found, Var) and found not in seen:
            seen.add(found)
            waiting.extend(flows.get(found, ()))
    return False


def _flows(loop: ForEach | While, decisions: Decisions) -> dict[Var, list[Operand]]:
    """What the results of branches and loops in a trip, after which there is another, may be."""
    ending = _ending(loop.body, loop.body.results[0]) if loop.exits else []
    return flows_in(loop.body, decisions, ending)


def flows_in(
    block: Block, decisions: Decisions, ending: Collection[Block] = ()
) -> dict[Var, list[Operand]]:
    """What the results of branches and loops in a block may be; arms that are ``ending`` a loop do
    not count."""
    flows: dict[Var, list[Operand]] = {}
    for stmt in statements(block.body):
        if isinstance(stmt, If):
            arms = [arm for arm in decisions.taken(stmt) if arm not in ending]
            for i, target in enumerate(stmt.targets):
                flows[target] = [arm.results[i] for arm in arms]
        elif isinstance(stmt, ForEach | While):
            rows = list(zip(stmt.init, stmt.body.results, strict=True))
            inside = stmt.body.params[len(stmt.body.params) - len(rows) :]
            for param, row in zip(inside, rows, strict=True):
                flows[param] = list(row)
            trips = decisions.trips.get(stmt) or _is_endless(stmt)
            names = decisions.names.get(stmt, ())
            for target, row in zip(targets(stmt), rows, strict=True):
                flows[target] = list(row[1:] if trips else row)
                if trips and target.name in names:
                    flows[target] = []
    return flows


def _is_endless(loop: ForEach | While) -> bool:
    """Whether a loop is ended by its body alone."""
    return isinstance(loop, While) and is_true(loop.cond.results[0])


def _ending(block: Block, flag: Operand) -> list[Block]:
    """The arms at the end of a body that certainly end the loop."""
    branch = deciding(block, flag)
    if branch is None or not isinstance(flag, Var):
        return []
    found: list[Block] = []
    for arm in (branch.then, branch.orelse):
        inner = arm.results[branch.targets.index(flag)]
        found.extend([arm] if is_true(inner) else _ending(arm, inner))
    return found

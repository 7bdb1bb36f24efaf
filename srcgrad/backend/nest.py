"""Which values get a name, and which are written inside the expression that uses them.

A temporary that is used once goes back into the statement that uses it, as in the user's source::

    t = U @ x_t
    s = W_h + t          ->      h = np.tanh(W @ h + U @ x[t])
    h = np.tanh(s)

That is done only where nothing that the expression reads is written on the way, where effects stay
in order, never into a loop, a branch or a nested function from outside, never across the user's
lines in the backward part, and only while the line stays short enough to read.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from srcgrad.analysis.attempts import PROPHECIES, deciding
from srcgrad.backend.effects import Effects, is_pure, survey
from srcgrad.backend.exits import Exits, find_exits
from srcgrad.backend.widths import NAME_WIDTH, operand_width, own_width
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Loc,
    Operand,
    Stmt,
    Store,
    Try,
    Var,
    While,
)
from srcgrad.ir.recursion import Pulled
from srcgrad.ir.types import PackType, Unknown
from srcgrad.ir.walk import blocks, count_uses, operands, targets, used, variables

WIDTH = 88
_DEPTH = 50
"""How deep expressions may nest: a sum of hundreds of numbers is no expression, but several."""


@dataclass
class Nesting:
    """What :func:`nest` decides.

    Attributes
    ----------
    inner : mapping of Var to Apply or If
        The statements that are printed where their value is used.
    choices : set of If
        The branches that are printed as an expression.
    dead : set of Apply
        The statements whose value nobody needs.
    unread : set of Var
        The targets of branches and loops that nobody reads; nothing is assigned to them.
    passed : set of Var
        What branches and loops hand on to another variable.
    counts : Counter of Var
        How often each variable is read.
    early : mapping of If to If
        The branches that find out that a loop exits: see :mod:`.exits`.
    deciding : set of Stmt
        What decides by raising: it stays where it is, and in order.
    """

    deciding: set[Stmt] = field(default_factory=set)

    unread: set[Var] = field(default_factory=set)
    passed: set[Var] = field(default_factory=set)
    inner: dict[Var, Apply | If] = field(default_factory=dict)
    choices: set[If] = field(default_factory=set)
    dead: set[Stmt] = field(default_factory=set)
    counts: Counter[Var] = field(default_factory=Counter)
    early: dict[If, If] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pending:
    """An expression that may still be written where it is used."""

    stmt: Apply | If
    index: int
    reads: frozenset[object]
    impure: frozenset[int]
    """Where the statements stood that do more than give a value."""
    width: int
    depth: int

    @property
    def pure(self) -> bool:
        return not self.impure


@dataclass
class _Frame:
    """The state of the walk through one block."""

    block: Block
    depth: int
    pending: dict[Var, _Pending] = field(default_factory=dict)
    barrier: int = -1


def nest(function: Function) -> Nesting:
    """Decides for each value of ``function`` whether it is named."""
    walk = _Nest(survey(function), deciding(function.body.body))
    walk.nesting.counts.update(count_uses(function))
    walk.exits = find_exits(function, walk.nesting.counts)
    walk.nesting.early = walk.exits.early
    walk.sweep(function.body)
    walk.block(function.body, 1)
    return walk.nesting


class _Nest:
    def __init__(self, effects: Effects, deciding: set[Stmt]) -> None:
        self.effects = effects
        self.exits = Exits()
        self.nesting = Nesting(deciding)
        self.widths: dict[Var, int] = {}
        self.depths: dict[Var, int] = {}
        """How deep the expressions nest that are written where their values are used."""

    # --- uses -----------------------------------------------------------------------------------

    def sweep(self, block: Block) -> None:
        """Marks pure statements whose value is not used, the last first."""
        counts = self.nesting.counts
        for stmt in reversed(block.body):
            self._skip_unread(stmt)
            for inner in blocks(stmt):
                self.sweep(inner)
            unread = isinstance(stmt, Apply) and not counts[stmt.target] and is_pure(stmt.op)
            if unread and stmt not in self.nesting.deciding:
                self.nesting.dead.add(stmt)
                counts.subtract(used(stmt))

    def _skip_unread(self, stmt: Stmt) -> None:
        """What is assigned to a variable that nobody reads is not read either."""
        counts = self.nesting.counts
        assigned: list[tuple[Var, Operand]] = []
        match stmt:
            case If():
                assigned.extend(zip(stmt.targets, stmt.then.results, strict=True))
                assigned.extend(zip(stmt.targets, stmt.orelse.results, strict=True))
            case For():
                assigned.extend(zip(stmt.carried, stmt.init, strict=True))
                assigned.extend(zip(stmt.carried, stmt.body.results, strict=True))
            case While():
                assigned.extend(zip(stmt.body.params, stmt.init, strict=True))
                assigned.extend(zip(stmt.body.params, stmt.body.results, strict=True))
        for target, operand in assigned:
            if not counts[target]:
                self.nesting.unread.add(target)
                counts.subtract(variables(operand))
            elif operand is not target and isinstance(operand, Var):
                self.nesting.passed.add(operand)

    # --- the walk -------------------------------------------------------------------------------

    def block(
        self,
        block: Block,
        depth: int,
        slots: tuple[Var, ...] = (),
        is_loop: bool = False,
        repeated: Collection[int] = (),
    ) -> None:
        """Folds what can be folded in ``block``; ``slots`` are what its results are assigned to.

        ``repeated`` are the positions of results that are printed more than once.
        """
        frame = _Frame(block, depth)
        for index, stmt in enumerate(block.body):
            if stmt in self.nesting.dead:
                continue
            self._inside(stmt, depth)
            if isinstance(stmt, If) and not isinstance(stmt, Try) and self._is_choice(stmt, depth):
                self.nesting.choices.add(stmt)
            self._statement(stmt, index, frame)
        if is_loop:
            self._last_assignments(frame, slots)
        end = self.effects.position[block]
        for position, result in enumerate(block.results):
            if position in repeated:
                continue
            if position >= len(slots) or slots[position] not in self.nesting.unread:
                self._absorb(result, None, len(block.body), end, frame, 4 * depth + 8, True)

    def _inside(self, stmt: Stmt, depth: int) -> None:
        match stmt:
            case For():
                self._trip(stmt, depth)
            case While():
                self.block(stmt.cond, depth + 1)
                self._trip(stmt, depth)
            case If():
                counts, exits = self.nesting.counts, stmt in self.exits.branches
                again = [i for i, t in enumerate(stmt.targets) if exits and counts[t] > 1]
                self.block(stmt.then, depth + 1, stmt.targets, repeated=again)
                self.block(stmt.orelse, depth + 1, stmt.targets, repeated=again)
            case Define():
                self.block(stmt.function.body, depth + 1)
            case _:
                pass

    def _trip(self, stmt: For | While, depth: int) -> None:
        # The values that a loop that exits carries are assigned at each end of its body.
        every = range(len(stmt.body.results)) if stmt.exits else ()
        self.block(stmt.body, depth + 1, stmt.carried, not stmt.exits, every)

    def _statement(self, stmt: Stmt, index: int, frame: _Frame) -> None:
        """Folds pending expressions into ``stmt``, which may then be pending itself."""
        position = self.effects.position[stmt]
        target = targets(stmt)[0] if isinstance(stmt, Apply | If) and targets(stmt) else None
        start = 4 * frame.depth + (len(target.name) + 3 if target and target.name else 0)
        base = start + own_width(stmt)
        read = self._read(stmt)
        impure: set[int] = set()
        reads = self.effects.read_in(stmt, read)
        separate = isinstance(stmt, For | While)
        for operand in read:
            base += 0 if separate else operand_width(operand, self.widths)
        for operand in read:
            line = start + 20 if separate else base
            gained, folded = self._absorb(operand, stmt, index, position, frame, line, separate)
            base += 0 if separate else gained
            for item in folded:
                impure, reads = impure | item.impure, reads | item.reads
        if isinstance(stmt, Apply):
            pure = self._is_pure(stmt)
        elif stmt in self.nesting.choices:
            pure, more_reads, width = self._choice_facts(stmt)
            pure = pure and stmt not in self.nesting.deciding
            reads, base = reads | more_reads, base + width
        else:
            pure = False
        if not pure:
            impure.add(position)
        if impure or reads:
            frame.barrier = index
        # The value and the pullback that a function gives are taken apart where it is called.
        is_pair = isinstance(stmt, Apply) and isinstance(stmt.op, Pulled)
        is_pair = is_pair or (isinstance(stmt, Apply) and stmt.op in PROPHECIES)
        is_expression = (isinstance(stmt, Apply) and not is_pair) or stmt in self.nesting.choices
        if target is not None and is_expression and isinstance(stmt, Apply | If):
            width = base - start
            depth = 1 + max(map(self._depth, _parts(stmt)), default=0)
            frame.pending[target] = _Pending(
                stmt, index, frozenset(reads), frozenset(impure), width, depth
            )

    def _depth(self, operand: Operand) -> int:
        return max((self.depths.get(var, 0) for var in variables(operand)), default=0)

    def _is_pure(self, stmt: Apply) -> bool:
        return is_pure(stmt.op) and stmt not in self.nesting.deciding

    def _read(self, stmt: Stmt) -> tuple[Operand, ...]:
        """The operands that are printed with ``stmt``."""
        match stmt:
            case For(start=start, stop=stop, step=step):
                return (start, stop, step, *self._assigned(stmt.carried, stmt.init))
            case While():
                return self._assigned(stmt.body.params, stmt.init)
            case _:
                return operands(stmt)

    def _assigned(self, params: tuple[Var, ...], init: tuple[Operand, ...]) -> tuple[Operand, ...]:
        pairs = zip(params, init, strict=True)
        return tuple(first for param, first in pairs if param not in self.nesting.unread)

    def _absorb(
        self,
        operand: Operand,
        user: Stmt | None,
        index: int,
        position: int,
        frame: _Frame,
        width: int,
        any_line: bool,
    ) -> tuple[int, list[_Pending]]:
        """Folds what it can into ``operand``; gives the columns gained and what was folded."""
        gained, folded = 0, []
        for var in variables(operand):
            item = frame.pending.get(var)
            if item is None or var in self.nesting.inner or var.name or item.depth > _DEPTH:
                continue
            if not self._is_only_use(var, user) or not self._may_move(item, position, frame):
                continue
            if self._changes_what_is_added_to(item, user) or _needs_name(var, item, user):
                continue
            more = item.width - NAME_WIDTH
            if not _may_share_line(item.stmt, user, any_line):
                continue
            if width + gained + more > WIDTH and not _is_one_line_of_source(item.stmt, user):
                continue
            gained += more
            self._fold(var, item)
            folded.append(item)
        return gained, folded

    def _fold(self, var: Var, item: _Pending) -> None:
        self.nesting.inner[var] = item.stmt
        self.widths[var], self.depths[var] = item.width, item.depth

    def _is_only_use(self, var: Var, user: Stmt | None) -> bool:
        count = self.nesting.counts[var]
        if isinstance(user, If) and user in self.nesting.choices and user.cond is var:
            # `a and b`: the condition is also the result of one arm.
            return count == (2 if is_logical(user) else 1)
        return count == 1

    def _may_move(self, item: _Pending, position: int, frame: _Frame) -> bool:
        if not item.pure and frame.barrier != item.index:
            return False
        start = self.effects.position[item.stmt]
        is_written = self.effects.is_written
        return not any(is_written(region, start, position) for region in item.reads)

    def _changes_what_is_added_to(self, item: _Pending, user: Stmt | None) -> bool:
        """``xs[-1] += xs.pop()`` reads ``xs[-1]`` before it takes the last element away."""
        if not isinstance(user, Store) or not user.accumulate:
            return False
        region, is_written = self.effects.regions.find(user.buffer), self.effects.is_written
        return region in self.effects.writes and any(
            is_written(region, position - 1, position + 1) for position in item.impure
        )

    def _last_assignments(self, frame: _Frame, slots: tuple[Var, ...]) -> None:
        """Folds the last statements of a loop body into the assignment to its variables.

        ``b = a + b`` and then ``a = b`` is then written ``a, b = b, a + b``.
        """
        body, counts = frame.block.body, self.nesting.counts
        hints = {
            result: slot.name
            for slot, result in zip(slots, frame.block.results, strict=False)
            if isinstance(result, Var) and counts[result] == 1
        }
        for stmt in reversed(body):
            if stmt in self.nesting.dead or _is_folded(stmt, self.nesting.inner):
                continue
            if not isinstance(stmt, Apply) or stmt.target not in frame.pending:
                return
            item = frame.pending[stmt.target]
            if not item.pure or hints.get(stmt.target) != stmt.target.name:
                return
            if _is_taken_apart(stmt, self.nesting.inner):
                return
            self._fold(stmt.target, item)

    # --- branches as expressions ----------------------------------------------------------------

    def _is_choice(self, stmt: If, depth: int) -> bool:
        """Whether a branch can be printed as ``a if c else b``, or with ``and`` and ``or``."""
        if len(stmt.targets) != 1 or not self.nesting.counts[stmt.targets[0]]:
            return False
        if _is_statement_of_source(stmt.loc) or _is_update(stmt) or stmt in self.exits.branches:
            return False
        for arm in (stmt.then, stmt.orelse):
            if isinstance(arm.results[0], Const) and arm.results[0].value is UNDEFINED:
                return False
            for inner in arm.body:
                if inner not in self.nesting.dead and not _is_folded(inner, self.nesting.inner):
                    return False
        width = self._choice_facts(stmt)[2] + 4 * depth + len(stmt.targets[0].name) + 20
        return width <= WIDTH + 10 or (not stmt.loc.adjoint and bool(stmt.loc.text))

    def _choice_facts(self, stmt: If) -> tuple[bool, set[object], int]:
        """Whether the arms are pure, what they read, and their width."""
        pure, width = True, 0
        reads: set[object] = set()
        for arm in (stmt.then, stmt.orelse):
            width += operand_width(arm.results[0], self.widths)
            reads |= self.effects.read_by(arm.results)
            for inner in _expressions(arm.body):
                pure = pure and (not isinstance(inner, Apply) or self._is_pure(inner))
                reads |= self.effects.read_in(inner, operands(inner))
        return pure, reads, width


def is_logical(stmt: If) -> bool:
    """Whether a branch is ``a and b`` or ``a or b``: one of its arms gives the condition."""
    return isinstance(stmt.cond, Var) and stmt.cond in (*stmt.then.results, *stmt.orelse.results)


def _expressions(body: Iterable[Stmt]) -> Iterable[Stmt]:
    for stmt in body:
        yield stmt
        for inner in blocks(stmt):
            yield from _expressions(inner.body)


def _is_folded(stmt: Stmt, inner: Mapping[Var, Apply | If]) -> bool:
    return isinstance(stmt, Apply | If) and any(var in inner for var in targets(stmt))


def _parts(stmt: Apply | If) -> tuple[Operand, ...]:
    """What stands inside a statement where it is written as an expression."""
    results = (*stmt.then.results, *stmt.orelse.results) if isinstance(stmt, If) else ()
    return (*operands(stmt), *results)


def _is_taken_apart(stmt: Apply, inner: Mapping[Var, Apply | If]) -> bool:
    """Whether a statement takes its value from a result that is taken apart where it is made."""
    if stmt.op is not operator.getitem:
        return False
    pack = stmt.args[0]
    is_pack = isinstance(pack, Var) and isinstance(pack.type, PackType) and not pack.name
    return is_pack and pack not in inner


def _is_statement_of_source(loc: Loc) -> bool:
    """Whether the user wrote the branch as an ``if`` statement."""
    return not loc.adjoint and bool(loc.text) and loc.text[0].lstrip().startswith(("if ", "elif "))


def _is_update(stmt: If) -> bool:
    """Whether one arm leaves a number as it is, and the other adds to it."""
    for arm, other in ((stmt.then, stmt.orelse), (stmt.orelse, stmt.then)):
        last = arm.body[-1] if arm.body else None
        adds = isinstance(last, Apply) and last.op is operator.add and stmt.loc.adjoint
        if adds and arm.results == (last.target,) and last.args[0] is other.results[0]:  # type: ignore[union-attr]
            return True
    return False


def _needs_name(var: Var, item: _Pending, user: Stmt | None) -> bool:
    """Whether something is added to what may be a number, which is assigned then: `x += v` adds to
    an array in place too, and what a call gives takes no more than `f()[...] += v`."""
    if not isinstance(user, Store) or user.index is not None or user.buffer is not var:
        return False
    is_item = isinstance(item.stmt, Apply) and item.stmt.op is operator.getitem
    return isinstance(var.type, Unknown) and not is_item


def _is_one_line_of_source(stmt: Stmt, user: Stmt | None) -> bool:
    """Whether both are parts of one statement of the user's, which is printed as it was."""
    if user is None:
        return not stmt.loc.adjoint
    a, b = stmt.loc, user.loc
    return not a.adjoint and not b.adjoint and (a.file, a.line) == (b.file, b.line)


def _may_share_line(stmt: Stmt, user: Stmt | None, any_line: bool) -> bool:
    """In the backward part, only what belongs to one line of the user's is joined; and nothing
    leaves a ``with``."""
    if user is not None and stmt.loc.settings != user.loc.settings:
        return False
    if user is None or any_line or not stmt.loc.adjoint:
        return True
    return (stmt.loc.file, stmt.loc.line) == (user.loc.file, user.loc.line)

"""What a loop does as it is left is done after it.

::

    while True:                            while True:
        u[1:-1] += ...                         u[1:-1] += ...
        if t == T:               ->            if t == T:
            return np.sum(u**2)                    break
                                           return np.sum(u**2)

It is done once.  In the loop, its reverse would be a part of the reverse of each trip, and what
that reads would be saved in each.  Nothing runs between the end of the arm that leaves the loop and
what comes after it, so that all happens in the order in which it did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from srcgrad.analysis.memory import MemoryClasses, memory_of
from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import PY_BOOL, Array, Scalar, Size, number_of
from srcgrad.ir.walk import (
    changed,
    free_in_block,
    map_block,
    map_blocks,
    map_operands,
    same_or,
    statements,
    substitute_in,
    targets,
    used,
)
from srcgrad.specialise.builder import type_of
from srcgrad.transform.simplify.branches import join_branches

_ABSENT = Const(UNDEFINED)


def leave_first(function: Function) -> Function:
    """``function`` whose loops are left before what is done upon leaving them."""
    loops = (s for s in statements(function.body.body) if isinstance(s, For | While))
    if not any(loop.exits for loop in loops):
        return function
    return changed(function, body=_block(function.body, MemoryClasses(function.body)))


def _block(block: Block, memory: MemoryClasses) -> Block:
    def inside(inner: Block) -> Block:
        return _block(inner, memory)

    body: list[Stmt] = []
    renamed: dict[Var, Operand] = {}
    after: Stmt | None = None
    for position, stmt in enumerate(block.body):
        stmt = map_blocks(substitute_in(stmt, renamed) if renamed else stmt, inside)
        if isinstance(stmt, If) and isinstance(after, If) and body[-1] is after:
            joined = join_branches(after, stmt)
            body[-1:] = [after, stmt] if joined is None else [joined]
            continue
        body.append(stmt)
        if isinstance(stmt, For | While) and stmt.exits:
            following = block.body[position + 1] if position + 1 < len(block.body) else None
            asked = following.cond if isinstance(following, If) else None
            left = _left(stmt, asked, memory)
            if left is not None:
                body[-1:] = [left.loop, *left.after]
                renamed.update(left.renamed)
                after = body[-1]
    results = map_operands(block.results, lambda var: renamed.get(var, var))
    return changed(block, body=same_or(block.body, body), results=results)


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a loop's body: the branches that lead to it, the block that it is the end of, and
    what the trip hands on there."""

    path: tuple[If, ...]
    block: Block
    values: tuple[Operand, ...]

    @property
    def exits(self) -> bool:
        return is_true(self.values[0])


def _ends(block: Block, values: Sequence[Operand], path: tuple[If, ...] = ()) -> list[_End]:
    """The ends of a block; one for an arm that leaves the loop at all of its ends."""
    branch = deciding(block, values[0])
    if branch is None:
        return [_End(path, block, tuple(values))]
    found: list[_End] = []
    for arm in (branch.then, branch.orelse):
        given = dict(zip(branch.targets, arm.results, strict=True))
        inside = tuple(given.get(v, v) if isinstance(v, Var) else v for v in values)
        found.extend(_ends(arm, inside, (*path, branch)))
    if path and all(end.exits for end in found):
        return [_End(path, block, (Const(True), *values[1:]))]
    return found


@dataclass(frozen=True, slots=True)
class _Moved:
    """An end that leaves the loop, what it does there, and what that reads of the trip: parts of
    arrays that are taken again, and what the loop hands out in ``extra`` places."""

    end: _End
    again: tuple[Apply, ...]
    handed: Mapping[Var, int]
    extra: tuple[Var, ...]

    @property
    def own(self) -> set[Operand]:
        return {var for stmt in self.end.block.body for var in targets(stmt)}


@dataclass(frozen=True, slots=True)
class _Left:
    loop: For | While
    after: tuple[Stmt, ...]
    renamed: Mapping[Var, Operand]


def _left(loop: For | While, asked: Operand | None, memory: MemoryClasses) -> _Left | None:
    """A loop that does nothing as it is left, and what it did; None if it does nothing.

    ``asked`` is the condition of a branch that comes right after the loop.
    """
    ends = _ends(loop.body, loop.body.results)
    if not all(isinstance(end.values[0], Const) for end in ends):
        return None  # one may leave the loop or go on
    leaving = [end for end in ends if end.exits and end.path]
    tried = (_moved(loop, end, memory) for end in leaving if end.block.body and _gives_numbers(end))
    moved = [each for each in tried if each is not None]
    if not moved or (isinstance(loop, For) and loop.stacks):
        return None
    every = len(moved) == len(leaving) and all(end.path for end in ends if end.exits)
    return _Rebuilding(loop, ends, moved, every, asked).left()


def _gives_numbers(end: _End) -> bool:
    """Whether all is a number that is computed at an end: which array a name leads to there would
    be told by what is not there on the other ways."""
    own = {var for stmt in end.block.body for var in targets(stmt)}
    given = (value.type for value in end.values if isinstance(value, Var) and value in own)
    return all(isinstance(number_of(type_), Scalar) for type_ in given)


def _moved(loop: For | While, end: _End, memory: MemoryClasses) -> _Moved | None:
    """How what is done at an end is done after the loop; None if it cannot be."""
    before = _before(loop, end)
    place = {value: i for i, value in enumerate(end.values) if isinstance(value, Var)}
    again: dict[Var, Apply] = {}
    handed: dict[Var, int] = {}
    extra: list[Var] = []

    def need(var: Var) -> bool:
        if var not in before or var in again or var in handed or var in extra:
            return True
        stmt = before[var]
        if var in place and _is_as_exact(loop.targets[place[var]], var):
            handed[var] = place[var]
        elif isinstance(stmt, Apply) and _is_part(stmt, memory):
            if not all(map(need, used(stmt))):
                return False
            again[var] = stmt
        elif _may_be_handed_out(var):
            extra.append(var)
        else:
            return False
        return True

    if not all(map(need, free_in_block(end.block))):
        return None
    branches = any(isinstance(stmt, If | For | While) for stmt in end.block.body)
    if branches and any(isinstance(var.type, Array) for var in extra):
        return None  # on some way through them, its cotangent would be that of an absent array
    return _Moved(end, tuple(again.values()), handed, tuple(extra))


def _before(loop: For | While, end: _End) -> dict[Var, Stmt | None]:
    """What a trip has defined before it gets to the block of ``end``, by what."""
    found: dict[Var, Stmt | None] = dict.fromkeys(loop.body.params)
    block = loop.body
    for branch in end.path:
        found.update((var, s) for s in block.body if s is not branch for var in targets(s))
        inner = [arm for arm in (branch.then, branch.orelse) if _leads(arm, end)]
        (block,) = inner
    return found


def _leads(arm: Block, end: _End) -> bool:
    if arm is end.block:
        return True
    last = arm.body[-1] if arm.body else None
    return any(last is branch for branch in end.path)


def _is_part(stmt: Apply, memory: MemoryClasses) -> bool:
    """Whether an operation names a part of an array, which is still there after the loop."""
    if memory_of(stmt) is not Memory.VIEW or memory.may_differ(stmt):
        return False
    return not stmt.kwargs and isinstance(type_of(stmt.args[0]), Array)


def _is_as_exact(target: Var, var: Var) -> bool:
    """Whether as much is known of a number that a loop gives as of what it is at an end of it."""
    return target.type == var.type or not isinstance(number_of(var.type), Scalar)


def _may_be_handed_out(var: Var) -> bool:
    return isinstance(var.type, Array | Size) or isinstance(number_of(var.type), Scalar)


class _Rebuilding:
    """Builds the loop without what is done as it is left, and what comes after it."""

    def __init__(
        self,
        loop: For | While,
        ends: list[_End],
        moved: list[_Moved],
        every: bool,
        asked: Operand | None,
    ) -> None:
        self.loop = loop
        self.ends = ends
        self.moved = moved
        self.every = every
        self.asked = asked
        self.changed = [
            i for i in range(1, len(loop.targets)) if any(m.end.values[i] in m.own for m in moved)
        ]
        """The places of what is computed as the loop is left."""
        self.dropped = {i for i in self.changed if self._is_given_then_alone(i)}
        self.flags: dict[int, Operand] = {}
        """For the moved ends that need one, by their number, what says that they were reached."""
        self.new_flags: list[int] = []

    def _is_given_then_alone(self, place: int) -> bool:
        """Whether a loop gives nothing in a place but what is computed as it is left."""
        first, param = self.loop.init[place], self.loop.carried[place]
        if not isinstance(first, Const) or first.value is not UNDEFINED:
            return False
        if param in free_in_block(replace(self.loop.body, params=())):
            return False
        moved = {id(m.end) for m in self.moved if m.end.values[place] in m.own}
        others = (end.values[place] for end in self.ends if id(end) not in moved)
        return all(isinstance(v, Const) and v.value is UNDEFINED for v in others)

    def left(self) -> _Left:
        last = len(self.moved) - 1
        endless = isinstance(self.loop, While) and _is_endless(self.loop)
        for i, each in enumerate(self.moved):
            if not self.every or i < last:
                self._flag(i, each.end)
        loop, given, extras = self._loop()
        arms = [self._arm(m, given, extras) for m in self.moved]
        default = Block((), (), tuple(given.get(i, _ABSENT) for i in self.changed))
        if self.every:
            block = arms[last]
            rest = range(last - 1, -1, -1)
        else:
            block, rest = default, range(last, -1, -1)
        for i in rest:
            block = self._choice(self.flags[i], arms[i], block, self.moved[i].end)
        if self.every and not endless:
            block = self._choice(loop.targets[0], block, default, self.moved[0].end)
        outputs = [self.loop.targets[i] for i in self.changed]
        branch = block.body[-1] if block.body else None
        if isinstance(branch, If) and list(block.results) == list(branch.targets):
            return _Left(loop, (*block.body[:-1], replace(branch, targets=tuple(outputs))), {})
        return _Left(loop, block.body, dict(zip(outputs, block.results, strict=True)))

    def _choice(self, cond: Operand, then: Block, orelse: Block, end: _End) -> Block:
        """A block that chooses between two."""
        found = tuple(
            Var(self.loop.targets[i].name, self.loop.targets[i].type) for i in self.changed
        )
        return Block((), (If(found, cond, then, orelse, end.path[-1].loc),), found)

    def _flag(self, number: int, end: _End) -> None:
        """Finds what says after the loop that it was left at ``end``, or a place for that."""
        found = [i for i in range(len(self.loop.targets)) if self._tells(i, end)]
        if found:
            asked = [i for i in found if self.loop.targets[i] is self.asked]
            self.flags[number] = self.loop.targets[(asked or found)[0]]
        else:
            self.new_flags.append(number)

    def _tells(self, place: int, end: _End) -> bool:
        first = self.loop.init[place]
        if not isinstance(first, Const) or first.value is not False:
            return False
        others = (each.values[place] for each in self.ends if each is not end)
        if not all(isinstance(v, Const) and not is_true(v) for v in others):
            return False
        return is_true(end.values[place])

    # --- the loop -------------------------------------------------------------------------------

    def _loop(self) -> tuple[For | While, dict[int, Var], list[dict[Var, Var]]]:
        """The loop; what it gives in the places that are ``changed``; and for each of what is
        moved, what it hands out."""
        loop, old = self.loop, self.loop.targets
        kept = [i for i in range(len(old)) if i not in self.dropped]
        given = {i: Var(old[i].name, old[i].type) for i in self.changed if i not in self.dropped}
        extras = [{v: Var(v.name, v.type, v.hint) for v in m.extra} for m in self.moved]
        flags = {number: Var("stopped", PY_BOOL) for number in self.new_flags}
        self.flags.update(flags)
        body = self._body(loop.body, [loop.body.results[i] for i in kept])
        more = [*(v for each in extras for v in each.values()), *flags.values()]
        params = [Var(v.name, v.type, v.hint) for v in more]
        first: list[Operand] = [*(_ABSENT for each in extras for _ in each)]
        first.extend(Const(False) for _ in flags)
        lead = loop.body.params[:1] if isinstance(loop, For) else ()
        carried = [loop.carried[i] for i in kept]
        new = replace(
            loop,
            targets=(*(given.get(i, old[i]) for i in kept), *more),
            init=(*(loop.init[i] for i in kept), *first),
            body=replace(body, params=(*lead, *carried, *params)),
        )
        if isinstance(new, While):
            tested = [*(new.cond.params[i] for i in kept), *(Var(v.name, v.type) for v in more)]
            new = replace(new, cond=replace(new.cond, params=tuple(tested)))
        return new, given, extras

    def _body(self, block: Block, wanted: Sequence[Operand]) -> Block:
        """A block of the body that gives ``wanted``, and what is handed out."""
        here = [end for end in self.ends if end.block is block]
        if here:
            return self._end(here[0], wanted)
        branch = block.body[-1]
        assert isinstance(branch, If)
        own = dict.fromkeys(v for v in wanted if v in branch.targets)
        arms = []
        for arm in (branch.then, branch.orelse):
            given = dict(zip(branch.targets, arm.results, strict=True))
            arms.append(self._body(arm, [given[v] for v in own if isinstance(v, Var)]))
        more = [Var(v.name, v.type, v.hint) for m in self.moved for v in m.extra]
        more.extend(Var("stopped", PY_BOOL) for _ in self.new_flags)
        found = tuple(v for v in own if isinstance(v, Var))
        last = replace(branch, targets=(*found, *more), then=arms[0], orelse=arms[1])
        return replace(block, body=(*block.body[:-1], last), results=(*wanted, *more))

    def _end(self, end: _End, wanted: Sequence[Operand]) -> Block:
        moved = [m for m in self.moved if m.end is end]
        absent = end.block.diverges
        more: list[Operand] = []
        for each in self.moved:
            more.extend(v if each.end is end else _ABSENT for v in each.extra)
        ends = (self.moved[number].end for number in self.new_flags)
        more.extend(_ABSENT if absent else Const(each is end) for each in ends)
        if not moved:
            return replace(end.block, results=(*wanted, *more))
        own = moved[0].own
        results = [_ABSENT if v in own else v for v in wanted]
        if wanted[0] in own:  # as the loop is left on every way
            results[0] = Const(True)
        return Block((), (), (*results, *more))

    # --- after the loop -------------------------------------------------------------------------

    def _arm(
        self, moved: _Moved, given: Mapping[int, Var], extras: Sequence[Mapping[Var, Var]]
    ) -> Block:
        """What is done as the loop is left, and what that gives in the ``changed`` places."""
        renamed: dict[Var, Operand] = dict(extras[self.moved.index(moved)])
        outputs = {i: given.get(i, var) for i, var in enumerate(self.loop.targets)}
        renamed.update((var, outputs[i]) for var, i in moved.handed.items())
        own = moved.own
        results = tuple(
            moved.end.values[i] if moved.end.values[i] in own else given.get(i, _ABSENT)
            for i in self.changed
        )
        body: list[Stmt] = []
        for view in moved.again:
            copy = Var(view.target.name, view.target.type, view.target.hint)
            args = map_operands(view.args, lambda var: renamed.get(var, var))
            body.append(replace(view, target=copy, args=args))
            renamed[view.target] = copy
        inner = Block((), moved.end.block.body, ())
        inner = map_block(inner, lambda var: renamed.get(var, var))
        return Block((), (*body, *inner.body), results)


def _is_endless(loop: While) -> bool:
    test = loop.cond.results[0]
    return not loop.cond.body and isinstance(test, Const) and bool(test.value)

"""What a function does besides giving values happens in its call, and not again in its pullback.

The pullback of a function that writes has a forward sweep of its own (:mod:`.playback`), without
what the function prints, logs, draws or leaves in objects from outside.  What such a call gave, and
what an object was asked for, is kept from the first sweep where the second one reads it::

    def f(x):                               def f_vjp(x):
        y = np.zeros(3)                         y = np.zeros(3)
        for i in range(3):                      v_kept = []
            v = rng.normal()                    for i in range(3):
            print(v)                                v = rng.normal()
            y[i] = v * x[i]         ->              v_kept.append(v)
        return np.sum(y * y)                        print(v)
                                                    y[i] = v * x[i]

                                                def pullback(y_bar):
                                                    y = np.zeros(3)
                                                    for i in range(3):
                                                        y[i] = v_kept[i] * x[i]

A ``while`` whose condition or trips read something kept is a loop over the trips that were made; a
``try`` in which something happens is a branch on how it ended; and what has raised nothing in the
first sweep is not tested again.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcgrad.analysis.attempts import PROPHECIES
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.analysis.once import Once, gives_own, refuse_shared
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_copied
from srcgrad.ir.nodes import (
    NOTHING,
    Apply,
    Block,
    Const,
    For,
    If,
    Operand,
    Stmt,
    Try,
    Var,
    While,
)
from srcgrad.ir.types import PY_INT, Array, StackOf, Type
from srcgrad.ir.walk import (
    Copier,
    blocks,
    changed,
    free_in_block,
    free_in_stmt,
    map_blocks,
    map_operands,
    same_or,
    statements,
    substitute,
    targets,
)
from srcgrad.transform.cotangents import twin
from srcgrad.transform.simplify.dead import remove_dead_in


@dataclass(frozen=True, slots=True)
class Parted:
    """A program whose effects happen in the first sweep alone.

    Attributes
    ----------
    called : statements
        What runs when the function is called, in variables of its own.
    copier : Copier
        Knows what the variables of the program are called there.
    pullback : Block
        What runs when the pullback is called; it reads variables of ``called``.
    """

    called: tuple[Stmt, ...]
    copier: Copier
    pullback: Block


def part(
    body: Block,
    forward: tuple[Stmt, ...],
    backward: Block,
    once: Once,
    memory: MemoryClasses,
) -> Parted:
    """The first sweep, and a pullback without what happens ``once``.

    Parameters
    ----------
    body : Block
        The program.
    forward : statements
        The same, saving what its reverse reads.
    backward : Block
        Its reverse.
    once : Once
        What is not repeated.
    memory : MemoryClasses
        What the program writes.

    Raises
    ------
    AliasingError
        Where a value cannot be kept.
    """
    taking = _Taking(body, once, memory)
    first = taking.pullback(forward, backward, {})
    counted = taking.to_count(body, forward, free_in_block(first))
    lean = taking.pullback(forward, backward, counted)
    wanted = {var: taking.kept[var] for var in free_in_block(lean) if var in taking.kept}
    refuse_shared(once, wanted)
    keeping = Keeping(wanted, counted, memory)
    saving, found = keeping.block(body)
    copier = Copier({})
    called = tuple(map(copier.stmt, saving.body))
    given = {
        var: named for var, kept in found.items() if isinstance(named := copier.operand(kept), Var)
    }
    return Parted(called, copier, reading(lean, taking.depths, given, 0))


class _Taking:
    """Takes what happens once out of the sweep that is repeated.

    Attributes
    ----------
    kept : dict of Var to Var
        What the pullback may read of the first sweep, each with the variable of the program that it
        is: another one where the pullback has to work on a copy.
    depths : dict of Var to int
        How many loops are around each of these.
    """

    def __init__(self, body: Block, once: Once, memory: MemoryClasses) -> None:
        self._once = once
        self._copied: dict[Var, Var] = {}
        self._ended: set[Operand] = set()
        self._renamed: dict[Var, Operand] = {}
        self._tried = 0
        """How many ``try`` statements are around that may find something that is raised again."""
        self.kept: dict[Var, Var] = {}
        self.depths: dict[Var, int] = {}
        for stmt, depth in with_depths(body, 0):
            if isinstance(stmt, Try) and self._happens_in(stmt.then) and isinstance(stmt.cond, Var):
                self._keep(stmt.cond, stmt.cond, depth)
                for each in stmt.orelse.body:
                    if isinstance(each, Apply) and each.op is intrinsics.caught:
                        self._keep(each.target, each.target, depth)
                self._ended.add(stmt.cond)
            if isinstance(stmt, Apply) and stmt.target in once:
                var = stmt.target
                if memory.is_written(var):
                    self._copied[var] = twin(var)
                self._keep(self._copied.get(var, var), var, depth)

    def _keep(self, var: Var, origin: Var, depth: int) -> None:
        self.kept[var] = origin
        self.depths[var] = depth

    def _happens_in(self, block: Block) -> bool:
        every = statements(block.body)
        return any(isinstance(stmt, Apply) and stmt.target in self._once for stmt in every)

    def to_count(
        self, body: Block, forward: tuple[Stmt, ...], wanted: Mapping[Var, None]
    ) -> dict[Stmt, Var]:
        """The loops that the pullback cannot end as the first sweep has, since what decides about
        that, or what their trips read, is kept: each with the number of its trips."""
        origins = {self.kept[var] for var in wanted if var in self.kept}
        found: dict[Stmt, Var] = {}
        for mine, its in zip(_whiles(body.body), _whiles(forward), strict=True):
            inside = (var for stmt in statements((mine,)) for var in targets(stmt))
            if origins.isdisjoint(inside):
                continue
            trips = Var("trips", PY_INT)
            found[mine] = found[its] = trips
        for stmt, depth in with_depths(body, 0):
            if stmt in found:
                self._keep(found[stmt], found[stmt], depth)
        return found

    def pullback(
        self, forward: tuple[Stmt, ...], backward: Block, counted: Mapping[Stmt, Var]
    ) -> Block:
        """The pullback without what happens once, and with nothing that only that has read."""
        self._renamed = {}
        taken = self._block(Block((), forward, ()), counted)
        whole = Block((), (*taken.body, *backward.body), backward.results)
        return remove_dead_in(substitute(whole, self._renamed))

    def _block(self, block: Block, counted: Mapping[Stmt, Var]) -> Block:
        body = tuple(new for stmt in block.body for new in self._stmt(stmt, counted))
        return changed(block, body=body)

    def _stmt(self, stmt: Stmt, counted: Mapping[Stmt, Var]) -> Iterator[Stmt]:
        if isinstance(stmt, Apply) and (stmt.target in self._once or stmt.target in self.kept):
            source = self._copied.get(stmt.target)
            if source is not None:
                op = np.copy if isinstance(source.type, Array) else list_copied
                yield Apply(stmt.target, op, (source,), (), stmt.loc)
        elif isinstance(stmt, If):
            yield from self._branch(stmt, counted)
        elif isinstance(stmt, While) and stmt in counted:
            body = self._block(stmt.body, counted)
            body = replace(body, params=(Var("", PY_INT), *body.params))
            span = (Const(0), counted[stmt], Const(1))
            yield For(stmt.targets, *span, False, stmt.init, (), body, stmt.loc, stmt.exits)
        else:
            yield map_blocks(stmt, lambda block: self._block(block, counted))

    def _branch(self, stmt: If, counted: Mapping[Stmt, Var]) -> Iterator[Stmt]:
        """A branch; where one of its arms has raised nothing in the first sweep, the other arm."""
        if isinstance(stmt, Try) and stmt.cond not in self._ended:
            self._tried += 1
            then = self._block(stmt.then, counted)
            self._tried -= 1
            yield changed(stmt, then=then, orelse=self._block(stmt.orelse, counted))
            return
        then, orelse = self._block(stmt.then, counted), self._block(stmt.orelse, counted)
        if then.diverges == orelse.diverges or self._tried:
            yield self._without_kept(If(stmt.targets, stmt.cond, then, orelse, stmt.loc))
        else:
            taken = orelse if then.diverges else then
            yield from taken.body
            for target, result in zip(stmt.targets, taken.results, strict=True):
                (self._renamed[target],) = map_operands((result,), self._name)

    def _without_kept(self, stmt: If) -> If:
        """A branch that does not give what is kept, which is nothing where the other arm ran."""
        pairs = zip(stmt.then.results, stmt.orelse.results, strict=True)
        kept = [self._kept_of(pair) for pair in pairs]
        rest = [i for i, var in enumerate(kept) if var is None]
        self._renamed.update(
            (target, var) for target, var in zip(stmt.targets, kept, strict=True) if var
        )
        then, orelse = (
            replace(block, results=tuple(block.results[i] for i in rest))
            for block in (stmt.then, stmt.orelse)
        )
        targets_ = tuple(stmt.targets[i] for i in rest)
        return replace(stmt, targets=targets_, then=then, orelse=orelse)

    def _kept_of(self, results: tuple[Operand, ...]) -> Var | None:
        """What two arms give, if that is what is kept in one of them."""
        one, other = map_operands(results, self._name)
        if one is NOTHING:
            one, other = other, one
        return one if other is NOTHING and isinstance(one, Var) and one in self.kept else None

    def _name(self, var: Var) -> Operand:
        return self._renamed.get(var, var)


def with_depths(block: Block, depth: int) -> Iterator[tuple[Stmt, int]]:
    """The statements of a block and those inside, each with the number of the loops around it."""
    for stmt in block.body:
        yield stmt, depth
        for inner in blocks(stmt):
            yield from with_depths(inner, depth + isinstance(stmt, For | While))


def _whiles(body: tuple[Stmt, ...]) -> Iterator[While]:
    return (stmt for stmt in statements(body) if isinstance(stmt, While))


class Keeping:
    """Has a program hand out what its pullback reads.

    Parameters
    ----------
    wanted : dict of Var to Var
        What the pullback calls the variables that it reads.
    counted : dict of Stmt to Var
        The loops that count their trips.
    memory : MemoryClasses, optional
        What the program writes.  Without it, nothing is copied.
    """

    def __init__(
        self, wanted: Mapping[Var, Var], counted: Mapping[Stmt, Var], memory: MemoryClasses | None
    ) -> None:
        self._names = {origin: name for name, origin in wanted.items()}
        self._counted = counted
        self._memory = memory

    def block(self, block: Block) -> tuple[Block, dict[Var, Var]]:
        """``block``, and what it hands out, by the names of the pullback."""
        body: list[Stmt] = []
        found: dict[Var, Var] = {}
        for stmt in block.body:
            match stmt:
                case If():
                    body.append(self._branch(stmt, found))
                case For() | While():
                    body.append(self._loop(stmt, found))
                case _:
                    body.append(stmt)
            for var in targets(body[-1]):
                name = self._names.get(var)
                if name is None:
                    continue
                found[name] = var
                if isinstance(stmt, Apply) and self._is_shared(stmt):
                    found[name] = Var(f"{var.name}_kept" if var.name else "", var.type, "kept")
                    op = np.copy if isinstance(var.type, Array) else intrinsics.copied
                    body.append(Apply(found[name], op, (var,), (), stmt.loc))
        return changed(block, body=tuple(body)), found

    def _is_shared(self, stmt: Apply) -> bool:
        """Whether somebody may write into what an operation gives before the pullback reads it."""
        if self._memory is None or not has_memory(stmt.target) or stmt.op in PROPHECIES:
            return False
        return self._memory.is_written(stmt.target) or not gives_own(stmt)

    def _branch(self, stmt: If, found: dict[Var, Var]) -> If:
        arms = [self.block(block) for block in (stmt.then, stmt.orelse)]
        inside = [{} if block.diverges else given for block, given in arms]
        new = {name: twin(var) for given in inside for name, var in given.items()}
        if not new:
            return changed(stmt, then=arms[0][0], orelse=arms[1][0])
        found.update(new)
        then, orelse = (
            replace(block, results=(*block.results, *(given.get(n, NOTHING) for n in new)))
            for (block, _), given in zip(arms, inside, strict=True)
        )
        return replace(stmt, targets=(*stmt.targets, *new.values()), then=then, orelse=orelse)

    def _loop(self, stmt: For | While, found: dict[Var, Var]) -> For | While:
        body, inside = self.block(stmt.body)
        loop = changed(stmt, body=body)
        if stmt in self._counted:
            loop = _counting(loop, self._counted[stmt])
        stacks: list[Var] = []
        for name, var in inside.items():
            word = name.name or name.hint
            found[name] = Var(f"{word}_kept" if word else "", StackOf(var.type), "kept")
            stacks.append(found[name])
        if not stacks:
            return loop
        body = replace(loop.body, results=(*loop.body.results, *inside.values()))
        return replace(loop, targets=(*loop.targets, *stacks), body=body)


def _counting(loop: For | While, trips: Var) -> For | While:
    """A loop that counts its trips, before it may exit."""
    before, after = (Var(trips.name, trips.type) for _ in range(2))
    count = Apply(after, operator.add, (before, Const(1)), (), loop.loc)
    statements_ = (count, *loop.body.body) if loop.exits else (*loop.body.body, count)
    carried = len(loop.init)
    params, results = list(loop.body.params), list(loop.body.results)
    params.insert(carried + isinstance(loop, For), before)
    results.insert(carried, after)
    targets_ = (*loop.targets[:carried], trips, *loop.targets[carried:])
    body = Block(tuple(params), statements_, tuple(results))
    loop = replace(loop, targets=targets_, init=(*loop.init, Const(0)), body=body)
    if isinstance(loop, While):
        tested = Var(trips.name, trips.type)
        loop = replace(loop, cond=replace(loop.cond, params=(*loop.cond.params, tested)))
    return loop


def reading(
    block: Block, depths: Mapping[Var, int], given: Mapping[Var, Operand], depth: int
) -> Block:
    """``block``, ``depth`` loops down, which reads what the first sweep has kept, in each trip of a
    loop what that gave: ``given`` has the variables and, of what is kept further down, stacks."""
    here = {name: var for name, var in given.items() if depths[name] == depth}

    def inside(block: Block) -> Block:
        body = tuple(map(one, block.body))
        return changed(block, body=same_or(block.body, body))

    def one(stmt: Stmt) -> Stmt:
        if not isinstance(stmt, For):
            return map_blocks(stmt, inside)
        names = [v for v in free_in_stmt(stmt) if v in given and depths[v] > depth]
        if not names:
            return map_blocks(stmt, inside)
        elements = {name: Var(name.name, _item(given[name]), name.hint) for name in names}
        body = replace(stmt.body, params=(*stmt.body.params, *elements.values()))
        loop = replace(
            stmt,
            stacks=(*stmt.stacks, *(given[name] for name in names)),
            body=reading(body, depths, {**given, **elements}, depth + 1),
        )
        same = {element: given[name] for name, element in elements.items()}
        return _without_copies(loop, same, here)

    return substitute(inside(block), here)


def _item(stack: Operand) -> Type:
    assert isinstance(stack, Var)
    assert isinstance(stack.type, StackOf)
    return stack.type.item


def _without_copies(loop: For, same: Mapping[Any, Operand], renamed: dict[Var, Operand]) -> For:
    """``loop`` without the stacks that it makes of another's elements; ``renamed`` learns whose."""
    first = len(loop.init)
    outputs = list(zip(loop.targets[first:], loop.body.results[first:], strict=True))
    renamed.update((stack, same[element]) for stack, element in outputs if element in same)
    rest = [pair for pair in outputs if pair[1] not in same]
    return replace(
        loop,
        targets=(*loop.targets[:first], *(stack for stack, _ in rest)),
        body=replace(
            loop.body, results=(*loop.body.results[:first], *(element for _, element in rest))
        ),
    )

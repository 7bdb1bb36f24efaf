"""What only one arm of the reverse reads is saved in the trips that need it.

::

    for t in range(T):                        for t in range(T):
        u_saved.append(u)                         if t % 10 == 0:
        ...                                           u_saved.append(u)
    for t in reversed(range(T)):      ->          ...
        u = u_saved.pop()                     for t in reversed(range(T)):
        if t % 10 == 0:                           if t % 10 == 0:
            u_bar += 2 * u                            u = u_saved.pop()
                                                      u_bar += 2 * u

Here a branch of the loop gives what is saved, in one arm, and nothing in the other; that the other
appends nothing is for the back end to see (``backend/arms.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from srcgrad.analysis.mirrored import Mirrored, ReadInArm, read_in_arm
from srcgrad.ir.nodes import (
    NOTHING,
    Apply,
    Block,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Try,
    Var,
    While,
)
from srcgrad.ir.types import Array, StackOf
from srcgrad.ir.walk import (
    blocks,
    count_uses,
    map_blocks,
    params_of,
    statements,
    targets,
    used,
    variables,
)


def save_in_arms(function: Function) -> Function:
    """``function`` whose loops save what one arm of their reverse reads under its condition."""
    every = tuple(statements(function.body.body))
    readers = [stmt for stmt in every if isinstance(stmt, For) and stmt.stacks]
    if not any(_may_save(reader) for reader in readers):
        return function
    uses = count_uses(function)
    reading = {
        stack: (reader, param)
        for reader in readers
        for stack, param in zip(reader.stacks, _elements(reader), strict=True)
        if isinstance(stack, Var) and uses[stack] == 1
    }
    definitions = {stmt.target: stmt for stmt in every if isinstance(stmt, Apply)}
    return _Rewrite(reading, definitions).function(function)


def _elements(reader: For) -> tuple[Var, ...]:
    return reader.body.params[1 + len(reader.init) :]


def _may_save(reader: For) -> bool:
    found = (read_in_arm(reader.body, param) for param in _elements(reader))
    return any(each is not None for each in found)


class _Rewrite:
    """Puts what is saved under conditions."""

    def __init__(
        self, reading: Mapping[Var, tuple[For, Var]], definitions: Mapping[Var, Apply]
    ) -> None:
        self.reading = reading
        self.definitions = definitions

    def function(self, function: Function) -> Function:
        visible = frozenset(params_of(function))
        return replace(function, body=self.block(function.body, visible))

    def block(self, block: Block, visible: frozenset[Var]) -> Block:
        seen = set(visible).union(block.params)
        body: list[Stmt] = []
        for stmt in block.body:
            new = stmt
            if any(True for _ in blocks(stmt)):
                around = frozenset(seen)
                new = map_blocks(stmt, lambda inner, around=around: self.block(inner, around))  # type: ignore[misc]
                if isinstance(new, For | While):
                    new = self.loop(new, around)
            body.append(new)
            seen.update(targets(stmt))
        return replace(block, body=tuple(body))

    def loop(self, maker: For | While, visible: frozenset[Var]) -> For | While:
        for place in range(len(maker.init), len(maker.targets)):
            maker = self.saving(maker, place, visible)
        return maker

    def saving(self, maker: For | While, place: int, visible: frozenset[Var]) -> For | While:
        """``maker`` that saves its output number ``place`` where the reverse reads it."""
        stack, element = maker.targets[place], maker.body.results[place]
        if stack not in self.reading or maker.exits or not isinstance(element, Var):
            return maker
        if not isinstance(stack.type, StackOf) or not isinstance(element.type, Array):
            return maker  # a number is saved in less text than its condition takes
        reader, param = self.reading[stack]
        read = read_in_arm(reader.body, param)
        if read is None or _is_conditional(maker.body, element):
            return maker
        mirrored = Mirrored(maker, reader, self.definitions)
        body = _under(maker.body, element, place, read, mirrored, visible)
        return maker if body is None else replace(maker, body=body)


def _is_conditional(body: Block, element: Var) -> bool:
    """Whether a branch gives what is saved."""
    return any(isinstance(stmt, If) and element in stmt.targets for stmt in body.body)


def _under(
    body: Block,
    element: Var,
    place: int,
    read: ReadInArm,
    mirrored: Mirrored,
    visible: frozenset[Var],
) -> Block | None:
    """A body whose result number ``place`` is ``element`` where the condition of ``read`` holds."""
    made = [i for i, stmt in enumerate(body.body) if element in targets(stmt)]
    if not made and element not in body.params:
        return None
    at = made[0] + 1 if made else 0
    given = Var(element.name, element.type, element.hint, element.primal)
    results = (*body.results[:place], given, *body.results[place + 1 :])
    statements_ = list(body.body)
    for i, stmt in enumerate(statements_[at:], at):
        if not isinstance(stmt, If) or isinstance(stmt, Try):
            continue
        if mirrored.are_equal(read.branch.cond, stmt.cond):
            statements_[i] = _giving(stmt, given, element, read.is_then)
            return replace(body, body=tuple(statements_), results=results)
    found = mirrored.computed(read.branch.cond, visible)
    if found is None:
        return None
    cond, chain = found
    inside = {var for stmt in statements_[at:] for var in targets(stmt)}
    if any(var in inside for var in _read(cond, chain)):
        return None  # it is known only later
    loc = body.body[made[0]].loc if made else read.branch.loc
    empty = If((), cond, Block((), (), ()), Block((), (), ()), replace(loc, adjoint=False))
    statements_[at:at] = [*chain, _giving(empty, given, element, read.is_then)]
    return replace(body, body=tuple(statements_), results=results)


def _read(cond: Operand, chain: tuple[Apply, ...]) -> set[Var]:
    return {*variables(cond), *(var for stmt in chain for var in used(stmt))}


def _giving(stmt: If, given: Var, element: Var, in_then: bool) -> If:
    """A branch that also gives ``element`` in one arm, and nothing in the other."""
    then, orelse = (element, NOTHING) if in_then else (NOTHING, element)
    return replace(
        stmt,
        targets=(*stmt.targets, given),
        then=replace(stmt.then, results=(*stmt.then.results, then)),
        orelse=replace(stmt.orelse, results=(*stmt.orelse.results, orelse)),
    )

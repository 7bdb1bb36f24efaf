"""What a ``try`` has written when its body raises is taken back, where nobody sees it any more.

::

    y = x.copy()                               y = x.copy()
    try:                                       y_before = y.copy()
        for i in range(n):                     try:
            if y[i] > c:                           ...
                raise ValueError               except ValueError:
            y[i] = y[i] ** 2        ->             y[...] = y_before
    except ValueError:                             return 0.0
        return 0.0
    return np.sum(y)

How much is written when something raises is not known beforehand, so that the reverse could not
take it back.  Handlers that leave the function without a look at the array do not miss it; and the
reverse, which reads of the array what was read before the ``try``, finds it as it was then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from srcgrad.analysis.attempts import torn_writes
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Raise,
    Stmt,
    Store,
    Try,
    Var,
    While,
)
from srcgrad.ir.types import Array
from srcgrad.ir.walk import (
    changed,
    free_in_block,
    free_in_stmt,
    map_blocks,
    same_or,
    statements,
    targets,
    variables,
)


def take_back_torn_writes(function: Function) -> Function:
    """``function`` that takes back, as an error is handled, what nobody sees after that."""
    if not any(
        isinstance(stmt, Try) and torn_writes(stmt) for stmt in statements(function.body.body)
    ):
        return function
    return changed(function, body=_Taking(function.body).block(function.body, ()))


@dataclass(frozen=True, slots=True)
class _Frame:
    """A place in the program: a statement, by its position in a block."""

    block: Block
    position: int

    @property
    def stmt(self) -> Stmt:
        return self.block.body[self.position]

    @property
    def after(self) -> Sequence[Stmt]:
        return self.block.body[self.position + 1 :]


class _Taking:
    def __init__(self, program: Block) -> None:
        self.memory = MemoryClasses(program)
        self.made: set[Var] = set()
        for stmt in statements(program.body):
            self.made.update(targets(stmt))
            self.made.update(stmt.carried if isinstance(stmt, For | While) else ())

    def block(self, block: Block, around: tuple[_Frame, ...]) -> Block:
        body: list[Stmt] = []
        for position, stmt in enumerate(block.body):
            frames = (*around, _Frame(block, position))
            new = map_blocks(stmt, lambda inner, f=frames: self.block(inner, f))  # type: ignore[misc]
            if isinstance(stmt, Try) and isinstance(new, Try):
                copies, new = self.attempt(stmt, new, frames)
                body.extend(copies)
            body.append(new)
        return changed(block, body=same_or(block.body, body))

    def attempt(
        self, old: Try, new: Try, frames: tuple[_Frame, ...]
    ) -> tuple[tuple[Apply, ...], Try]:
        """What is copied before a ``try``, and the ``try`` that takes back what it has written."""
        torn = {self.memory.root(store.buffer) for store in torn_writes(old)}
        if not torn or not all(self._is_unseen(root, old, frames) for root in torn):
            return (), new
        given = [
            v for v in free_in_block(old.then) if has_memory(v) and self.memory.root(v) in torn
        ]
        if not all(isinstance(var.type, Array) for var in given):
            return (), new
        copies, back = [], []
        for var in given:
            copy = Var("", var.type, f"{var.name or var.hint or 'array'}_before")
            copies.append(Apply(copy, np.ndarray.copy, (var,), (), old.loc))
            back.append(Store(var, None, copy, False, old.loc, undoing=True))
        orelse = replace(new.orelse, body=(*new.orelse.body, *back))
        return tuple(copies), replace(new, orelse=orelse)

    def _is_unseen(self, root: Var, attempt: Try, frames: tuple[_Frame, ...]) -> bool:
        """Whether arrays that the program has made are not read once ``attempt`` has failed."""
        members = set(self.memory.members(root))
        if not members <= self.made or members & set(free_in_block(attempt.orelse)):
            return False
        return _Way(members, attempt).leads_out(frames)


class _Way:
    """The way that a program takes after an error, as far as flags tell.

    What blocks hand on shares memory with the arrays, and so is one of the ``members``.
    """

    def __init__(self, members: set[Var], attempt: Try) -> None:
        self.members = members
        self.flags: dict[Var, bool] = {}
        assert isinstance(attempt.cond, Var)
        self.flags[attempt.cond] = False
        self._give(attempt.targets, attempt.orelse.results)

    def leads_out(self, frames: tuple[_Frame, ...]) -> bool:
        """Whether nothing reads the arrays on the way to the end of the function."""
        inner: Block | None = None
        for frame in reversed(frames):
            if inner is not None and not self._leaves(frame.stmt, inner):
                return False
            if not all(map(self._passes, frame.after)):
                return False
            inner = frame.block
        assert inner is not None
        given = (var for operand in inner.results for var in variables(operand))
        return self.members.isdisjoint(given)

    def _leaves(self, owner: Stmt, block: Block) -> bool:
        """Whether what comes after a block is what comes after the statement that it is in."""
        if isinstance(owner, For | While):
            if not owner.exits or self._value(block.results[0]) is not True:
                return False  # there may be another trip
        elif not isinstance(owner, If):
            return False
        self._give(owner.targets, block.results)
        return True

    def _passes(self, stmt: Stmt) -> bool:
        """Whether a statement, on this way, does not read the arrays."""
        taken = self._value(stmt.cond) if isinstance(stmt, If) else None
        if isinstance(stmt, If) and taken is not None:
            arm = stmt.then if taken else stmt.orelse
            passes = all(map(self._passes, arm.body))
            self._give(stmt.targets, arm.results)
            return passes
        return isinstance(stmt, Raise) or self.members.isdisjoint(free_in_stmt(stmt))

    def _value(self, operand: Operand) -> bool | None:
        if isinstance(operand, Const) and isinstance(operand.value, bool):
            return operand.value
        return self.flags.get(operand) if isinstance(operand, Var) else None

    def _give(self, given: Sequence[Var], results: Sequence[Operand]) -> None:
        for target, result in zip(given, results, strict=False):
            value = self._value(result)
            if value is not None:
                self.flags[target] = value

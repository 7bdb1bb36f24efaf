"""What a program leaves in objects from outside, which its gradient must not write afterwards.

The reverse sweep puts back what the forward sweep has overwritten, and works on copies of the
arrays of the caller's that the function writes.  An array that is kept in an object and written
would come out of the gradient as it was at some time before, or be another than the caller's::

    norm.mean += 0.1 * m          # writes into the array, and binds the attribute to it again

What has been filled when it is kept, and goes nowhere else, is kept as a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of
from srcgrad.errors import AliasingError
from srcgrad.ir.keeping import keeps_elements, kept_by
from srcgrad.ir.nodes import Apply, Block, Function, If, Stmt, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive, stored_by
from srcgrad.ir.types import Array, ListOf, number_of
from srcgrad.ir.walk import blocks, statements, variables

Handing: TypeAlias = Mapping[Any, frozenset[int]]
"""The functions of a program that keep what they are given: which of their arguments."""


def kept_arguments(functions: Mapping[Any, Function]) -> Handing:
    """Which arguments functions of a program keep in objects, or hand to one that does."""
    found: dict[Any, frozenset[int]] = {}
    while True:
        new = {op: frozenset(_kept_params(function, found)) for op, function in functions.items()}
        if new == found:
            return found
        found = new


def _kept_params(function: Function, handing: Handing) -> Iterator[int]:
    memory: MemoryClasses | None = None
    for stmt in statements(function.body.body):
        for var in _kept_in(stmt, handing):
            memory = memory or MemoryClasses(function.body)
            for position, param in enumerate(function.params):
                if any(memory.may_share(var, each) for each in variables(param.value)):
                    yield position


def filled_and_kept(function: Function, handing: Handing) -> dict[Var, tuple[Var, ...]]:
    """The arrays that a program fills in place and then keeps in an object, of which the object
    must be given copies: for each statement that keeps some, by its target.

    The reverse sweep may put back what was in them before.

    Raises
    ------
    AliasingError
        At the statement that keeps an array which is, or may be, written after it, or that somebody
        else has too.
    """
    memory = MemoryClasses(function.body)
    if not memory.any_written():
        return {}
    filled = None
    found: dict[Var, tuple[Var, ...]] = {}
    for stmt in statements(function.body.body):
        written = tuple(var for var in _kept_in(stmt, handing) if memory.is_written(var))
        if not written or not isinstance(stmt, Apply):
            continue
        filled = filled or _Filled(function, memory, handing)
        if kept_by(stmt) is None or not all(filled.is_done(var, stmt) for var in written):
            message = "an array that is written in place is kept in an object from outside"
            hint = "keep a copy, `array.copy()`, or write `x.name = x.name + ...`"
            if kept_by(stmt) is None:
                hint = "hand on a copy, `array.copy()`"
            raise AliasingError(message, stmt.loc, hint)
        found[stmt.target] = written
    return found


def kept(block: Block, memory: MemoryClasses) -> set[Var]:
    """The classes of memory of what a program keeps in objects.

    Each array there is one of its own, which the caller may write.
    """
    return {memory.root(var) for stmt in statements(block.body) for var in _kept_in(stmt, {})}


def _kept_in(stmt: Stmt, handing: Handing) -> Iterator[Var]:
    """The variables with memory that a statement leaves in an object from outside."""
    yield from left_by(stmt)
    if handing and isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
        operands = [stmt.args[position] for position in handing.get(stmt.op, ())]
        yield from (var for operand in operands for var in variables(operand) if has_memory(var))


def left_by(stmt: Stmt) -> Iterator[Var]:
    """The variables with memory that a statement itself leaves in an object from outside.

    What ``log[:] = numbers`` and ``log.extend(numbers)`` leave there are numbers, and no list.
    """
    kept = kept_by(stmt)
    for var in () if kept is None else variables(kept):
        is_taken_apart = isinstance(var.type, ListOf) and not has_memory(Var("", var.type.item))
        if has_memory(var) and not (is_taken_apart and keeps_elements(stmt)):
            yield var


_Path = tuple[tuple[Block, int], ...]
"""Where a statement is: the blocks around it, from the outermost, with the positions in them."""


class _Filled:
    """Which arrays have got all that is written into them, where the program keeps them."""

    def __init__(self, function: Function, memory: MemoryClasses, handing: Handing) -> None:
        self._memory = memory
        self._handing = handing
        self._paths: dict[int, _Path] = {}
        self._made: dict[Var, Apply] = {}
        self._every: list[Stmt] = []
        self._walk(function.body, ())
        self._results = [var for result in function.body.results for var in variables(result)]

    def _walk(self, block: Block, around: _Path) -> None:
        for position, stmt in enumerate(block.body):
            path = (*around, (block, position))
            self._paths[id(stmt)] = path
            self._every.append(stmt)
            if isinstance(stmt, Apply):
                self._made[stmt.target] = stmt
            for inner in blocks(stmt):
                self._walk(inner, path)

    def is_done(self, var: Var, keeping: Stmt) -> bool:
        """Whether an array, or a view of one, has been filled where it is kept, and nobody else
        gets it from the program."""
        array = self._array(var) if isinstance(number_of(var.type), Array) else None
        if array is None:
            return False
        others = (v for s in self._every for v in _kept_in(s, self._handing))
        gets = [v for v in (*self._results, *others) if self._may_be(v, var, array)]
        if gets != [var]:
            return False
        writes = ((s, v) for s in self._every for v in stored_by(s))
        mine = ((s, v) for s, v in writes if self._may_be(v, var, array))
        return all(self._array(v) and self._is_before(s, keeping, array) for s, v in mine)

    def _array(self, var: Var) -> Var | None:
        """The new array that a variable shows, None if that is not known."""
        while True:
            made = self._made.get(var)
            where = None if made is None else memory_of(made)
            if made is None or where is Memory.FRESH:
                return None if made is None else var
            if where is Memory.ANY or not isinstance(made.args[0], Var):
                return None
            var = made.args[0]

    def _may_be(self, other: Var, var: Var, array: Var) -> bool:
        """Whether another variable may show the array, as ``var`` does."""
        shares = has_memory(other) and self._memory.may_share(other, var)
        return shares and self._array(other) in (None, array)

    def _is_before(self, stmt: Stmt, keeping: Stmt, array: Var) -> bool:
        """Whether a write into an array comes before it is kept, and not after it."""
        made, mine, its = (self._paths[id(s)] for s in (self._made[array], keeping, stmt))
        depth = len(made) - 1
        both = list(zip(mine[depth:], its[depth:], strict=False))
        if not both or any(block is not made[-1][0] for block, _ in both[0]):
            return False
        for (block, at), (other, where) in both:
            if block is not other:
                return True  # in the other arm of a branch
            if at != where:
                return where < at
            if type(block.body[at]) is not If:
                return False  # in a loop, of which the next trip writes again
        return False

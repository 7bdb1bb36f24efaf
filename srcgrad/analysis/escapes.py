"""What a program leaves in objects from outside, which its gradient must not write afterwards.

The reverse sweep puts back what the forward sweep has overwritten, and works on copies of the
arrays of the caller's that the function writes.  An array that is kept in an object and written
would come out of the gradient as it was at some time before, or be another than the caller's::

    norm.mean += 0.1 * m          # writes into the array, and binds the attribute to it again
"""

from __future__ import annotations

from collections.abc import Iterator

from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import AliasingError
from srcgrad.ir.keeping import kept_by
from srcgrad.ir.nodes import Block, Function, Stmt, Var
from srcgrad.ir.walk import statements, variables


def refuse_written_state(function: Function) -> None:
    """Refuses a program that keeps an array in an object, and writes into it.

    Raises
    ------
    AliasingError
        At the statement that keeps it.
    """
    memory = MemoryClasses(function.body)
    if not memory.any_written():
        return
    for stmt in _keeping(function.body):
        if any(memory.is_written(var) for var in _kept_in(stmt)):
            message = "an array that is written in place is kept in an object from outside"
            hint = "keep a copy, `array.copy()`, or write `x.name = x.name + ...`"
            raise AliasingError(message, stmt.loc, hint)


def kept(block: Block, memory: MemoryClasses) -> set[Var]:
    """The classes of memory of what a program keeps in objects.

    Each array there is one of its own, which the caller may write.
    """
    every = (var for stmt in _keeping(block) for var in _kept_in(stmt))
    return {memory.root(var) for var in every if has_memory(var)}


def _keeping(block: Block) -> Iterator[Stmt]:
    """The statements that leave something in objects from outside."""
    return (stmt for stmt in statements(block.body) if kept_by(stmt) is not None)


def _kept_in(stmt: Stmt) -> Iterator[Var]:
    """The variables that a statement leaves in an object from outside."""
    kept = kept_by(stmt)
    return iter(()) if kept is None else iter(variables(kept))

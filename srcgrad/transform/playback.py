"""What the playback of memory asks of the whole program: results that leave, pullbacks.

The reverse sweep puts back what the forward sweep overwrote.  So what a function gives besides
its gradient is copied before that; and a pullback, which may be called again, has a forward sweep
of its own, on arrays of its own.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import numpy as np

from srcgrad.analysis.attempts import PROPHECIES
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.lists import list_copied
from srcgrad.ir.nodes import Apply, Block, Operand, Stmt, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array
from srcgrad.ir.walk import Copier, map_operand, statements
from srcgrad.transform.simplify.dead import is_pure

Results = tuple[Operand, Operand | None]
"""The value of the differentiated function, and what it gives besides."""


def copy_of(var: Var, loc: Loc) -> Apply:
    """A copy of an array, or of those in a container; what may be a number stays one."""
    op = np.copy if isinstance(var.type, Array) else list_copied
    return Apply(Var(var.name, var.type), op, (var,), (), loc)


def copy_written(body: Block, results: Results, loc: Loc) -> tuple[list[Stmt], Results]:
    """Copies of those results that the reverse sweep of ``body`` may write into."""
    memory = MemoryClasses(body)
    copies: dict[Var, Apply] = {}

    def copied(var: Var) -> Var:
        if not memory.is_written(var):
            return var
        if var not in copies:
            copies[var] = copy_of(var, loc)
        return copies[var].target

    value, aux = results
    value = map_operand(value, copied)
    aux = None if aux is None else map_operand(aux, copied)
    return list(copies.values()), (value, aux)


@dataclass(frozen=True, slots=True)
class Sweeps:
    """The forward sweep of a function that gives a pullback.

    Attributes
    ----------
    called : statements
        What runs when the function is called.
    repeated : statements
        What runs when the pullback is called, before its reverse sweep.
    results : operands
        The value and what the function gives besides, as ``called`` leaves them.
    """

    called: tuple[Stmt, ...]
    repeated: tuple[Stmt, ...]
    results: Results


def separate_sweeps(
    body: Block, forward: tuple[Stmt, ...], results: Results, repeatable: Container[Var]
) -> Sweeps:
    """The forward sweep for the call of a function, and for each call of its pullback.

    Parameters
    ----------
    body : Block
        The program.
    forward : statements
        The same, saving what its reverse reads.
    results : operands
        What the call gives.
    repeatable : set of Var
        What functions give that have no effect, though nothing else is known of them.

    Raises
    ------
    AliasingError
        If the forward sweep has to run again, and has effects.
    """
    calls = (stmt.op for stmt in statements(body.body) if isinstance(stmt, Apply))
    plays_back = any(isinstance(op, Recursive) and op.plays_back for op in calls)
    if not plays_back and not MemoryClasses(body).any_written():
        return Sweeps(forward, (), results)
    for stmt in statements(body.body):
        if not isinstance(stmt, Apply) or stmt.op in PROPHECIES or stmt.target in repeatable:
            continue
        if not is_pure(stmt):
            message = "a pullback repeats what the function writes, and would repeat this effect"
            raise AliasingError(message, stmt.loc, "use value_and_grad")
    copier = Copier({})
    called = tuple(copier.stmt(stmt) for stmt in body.body)
    value, aux = results
    given = copier.operand(value), None if aux is None else copier.operand(aux)
    return Sweeps(called, forward, given)

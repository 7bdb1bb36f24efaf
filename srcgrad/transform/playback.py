"""What the playback of memory asks of the whole program: results that leave, pullbacks.

The reverse sweep puts back what the forward sweep overwrote.  So what a function gives besides
its gradient is copied before that; and a pullback, which may be called again, has a forward sweep
of its own, on arrays of its own.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.analysis.once import happening_once, refuse_repeated_calls
from srcgrad.errors import Loc
from srcgrad.ir.lists import list_copied
from srcgrad.ir.nodes import Apply, Block, Function, Operand, Stmt, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array
from srcgrad.ir.walk import Copier, map_operand, statements
from srcgrad.transform.moving import move_again
from srcgrad.transform.once import part

if TYPE_CHECKING:
    from srcgrad.transform.reverse import Adjoint

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
    """A function that gives a pullback.

    Attributes
    ----------
    called : statements
        What runs when the function is called.
    pullback : Block
        What runs when the pullback is called.
    results : operands
        The value and what the function gives besides, as ``called`` leaves them.
    """

    called: tuple[Stmt, ...]
    pullback: Block
    results: Results


def separate_sweeps(
    body: Block,
    adjoint: Adjoint,
    backward: Block,
    results: Results,
    repeatable: Container[Var],
    functions: Iterable[Function],
) -> Sweeps:
    """The forward sweep for the call of a function, and for each call of its pullback.

    Parameters
    ----------
    body : Block
        The program.
    adjoint : Adjoint
        The same, saving what its reverse reads.
    backward : Block
        Its reverse.
    results : operands
        What the call gives.
    repeatable : set of Var
        What functions give that have no effect, though nothing else is known of them.
    functions : iterable of Function
        Those of the program that call themselves.

    Raises
    ------
    AliasingError
        If the forward sweep has to run again, and does what it must not do again.
    """
    calls = (stmt.op for stmt in statements(body.body) if isinstance(stmt, Apply))
    plays_back = any(isinstance(op, Recursive) and op.plays_back for op in calls)
    memory = MemoryClasses(body)
    forward = adjoint.forward
    if not plays_back and not memory.any_written():
        if not adjoint.shadows:
            return Sweeps(forward, backward, results)
        parted = move_again(adjoint, backward, results)
        return _given(parted.called, parted.copier, parted.pullback, results)
    refuse_repeated_calls(body, functions)
    once = happening_once(body, memory, repeatable)
    if once:
        parted = part(body, forward, backward, once, memory)
        called, copier, pullback = parted.called, parted.copier, parted.pullback
    else:
        copier = Copier({})
        called = tuple(copier.stmt(stmt) for stmt in body.body)
        pullback = replace(backward, body=(*forward, *backward.body))
    return _given(called, copier, pullback, results)


def _given(called: tuple[Stmt, ...], copier: Copier, pullback: Block, results: Results) -> Sweeps:
    value, aux = results
    given = copier.operand(value), None if aux is None else copier.operand(aux)
    return Sweeps(called, pullback, given)

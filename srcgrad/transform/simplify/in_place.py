"""Accumulation into an array that nobody else holds is done in place.

::

    a = y_bar @ W.T
    b = a + z_bar @ U.T    ->    a += z_bar @ U.T

Only between different lines of the user's program: within one line the sum is one expression, in
which NumPy reuses the temporaries by itself.
"""

from __future__ import annotations

import operator

from srcgrad.ir.nodes import Apply, Function, Stmt, Store, Var
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Array
from srcgrad.transform.rewrite import Rewriting, rewrite


def accumulate_in_place(function: Function) -> Function:
    """``function`` with sums into dead arrays of its own written as ``+=``."""
    return rewrite(function, _step)


def _step(program: Rewriting, stmt: Stmt) -> None:
    if isinstance(stmt, Apply):
        program.scopes[-1][stmt.target] = True
        target = _accumulator(program, stmt)
        if target is not None:
            program.keep(Store(target, None, stmt.args[1], True, stmt.loc))
            program.rename(stmt.target, target)
            return
    program.keep(stmt)


def _accumulator(program: Rewriting, stmt: Apply) -> Var | None:
    if stmt.op is not operator.add or not stmt.loc.adjoint:
        return None
    first = stmt.args[0]
    source = program.definition(first)
    if source is None or not isinstance(first, Var) or program.uses[first] != 1:
        return None
    if first not in program.scopes[-1] or not source.loc.adjoint:
        return None
    op = OPS.get(source.op)
    is_own = op is not None and op.pure and op.memory is Memory.FRESH
    is_array = isinstance(first.type, Array) and first.type.ndim > 0
    same_line = (source.loc.file, source.loc.line) == (stmt.loc.file, stmt.loc.line)
    if not is_own or not is_array or first.type != stmt.target.type or same_line:
        return None
    return first

"""An array that is made one-dimensional need not be told its length.

::

    p_bar = W_bar.reshape((p.shape[0],))    ->    p_bar = W_bar.reshape(-1)

so that nothing is kept to ask for its length.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from srcgrad.ir.nodes import Apply, Const, Function, Operand, Pack, Stmt, Var
from srcgrad.ir.types import Scalar, number_of
from srcgrad.transform.rewrite import Rewriting, rewrite


def flatten(function: Function) -> Function:
    """``function`` with cotangents made flat by ``reshape(-1)``."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        # A line of the user's own raises where the length is another.
        if isinstance(stmt, Apply) and stmt.loc.adjoint and _is_flattening(stmt):
            stmt = replace(stmt, args=(stmt.args[0], Const(-1)))
        program.keep(stmt)

    return rewrite(function, step)


def _is_flattening(stmt: Apply) -> bool:
    if stmt.op not in (np.reshape, np.ndarray.reshape) or len(stmt.args) != 2:
        return False
    shape: Operand = stmt.args[1]
    if isinstance(shape, Pack) and shape.kind is tuple and len(shape.items) == 1:
        shape = shape.items[0]
    return isinstance(shape, Var) and isinstance(number_of(shape.type), Scalar)

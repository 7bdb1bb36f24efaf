"""Transposes in the adjoint part: taken back, and taken of factors instead of their product.

::

    h_bar = y_bar @ V_T.T            ->    h_bar = y_bar @ V         (V_T is V.T)
    V_bar = (h.T @ y_bar).T          ->    V_bar = y_bar.T @ h

The transpose of a product is a view of a matrix that nobody else has, in the other order of memory,
which would be copied before it is given out.
"""

from __future__ import annotations

import operator

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Apply, Function, Operand, Stmt
from srcgrad.ir.types import Array, ndim_of
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite


def simplify_transposes(function: Function) -> Function:
    """``function`` with no transpose of a transpose and none of a product in its adjoint part."""
    return rewrite(function, _step)


def _step(program: Rewriting, stmt: Stmt) -> None:
    if isinstance(stmt, Apply) and stmt.op is np.ndarray.T and stmt.loc.adjoint:
        (turned,) = stmt.args
        back = _taken_back(program, turned)
        if back is not None:
            program.rename(stmt.target, back)
            return
        product = _own_product(program, turned)
        if product is not None:
            a, b = (_transposed(program, factor, stmt.loc) for factor in reversed(product.args))
            stmt = Apply(stmt.target, product.op, (a, b), (), stmt.loc)
    program.keep(stmt)


def _taken_back(program: Rewriting, turned: Operand) -> Operand | None:
    """``x`` if ``turned`` is ``x.T``."""
    stmt = program.definition(turned, np.ndarray.T)
    if stmt is None or not isinstance(type_of(stmt.args[0]), Array):
        return None
    # A further name of an array that is written would be a handle on it.
    return None if program.is_stored(stmt.args[0]) else stmt.args[0]


def _own_product(program: Rewriting, turned: Operand) -> Apply | None:
    """The product of two matrices, computed in this block, that nobody else reads."""
    stmt = program.definition(turned, operator.matmul)
    if stmt is None or stmt not in program.builder.body or program.uses[stmt.target] != 1:
        return None
    if any(ndim_of(type_of(factor)) != 2 or program.is_stored(factor) for factor in stmt.args):
        return None
    return stmt


def _transposed(program: Rewriting, factor: Operand, loc: Loc) -> Operand:
    back = _taken_back(program, factor)
    if back is not None:
        return back
    return program.builder.apply(np.ndarray.T, (factor,), (), loc)

"""Products of vectors and matrices are spelled ``a.dot(b)``.

::

    W_bar = h.T @ y_bar    ->    W_bar = h.T.dot(y_bar)

Both are one call of BLAS, but ``@`` is a generalised ufunc, which takes twice as long to find that
out: 0.4 us a product, and for small matrices more than the product itself.  They mean the same for
vectors and matrices only, so that everything of another or of unknown rank keeps ``@``.

What is left of ``1.0 * v``, where the array ``v`` is written and the product is not, is a copy.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.ir.nodes import Apply, Const, Function, Operand, Stmt
from srcgrad.ir.types import FLOAT32, FLOAT64, Array, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite

_PRODUCTS = frozenset((operator.matmul, np.matmul))


def spell_products(function: Function) -> Function:
    """``function`` with products of vectors and matrices as ``dot``."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and _is_plain_product(stmt):
            stmt = replace(stmt, op=np.ndarray.dot)
        elif isinstance(stmt, Apply) and _is_copy(stmt):
            stmt = replace(stmt, op=np.copy, args=stmt.args[1:])
        program.keep(stmt)

    return rewrite(function, step)


def _is_plain_product(stmt: Apply) -> bool:
    """Whether ``stmt`` multiplies two float arrays of rank one or two and of one dtype."""
    if stmt.op not in _PRODUCTS or stmt.kwargs or len(stmt.args) != 2:
        return False
    a, b = map(_float_array, stmt.args)
    return a is not None and b is not None and a.dtype == b.dtype


def _is_copy(stmt: Apply) -> bool:
    """Whether ``stmt`` multiplies an array by one, in the adjoint, which leaves its dtype."""
    if stmt.op is not operator.mul or not stmt.loc.adjoint or not isinstance(stmt.args[0], Const):
        return False
    have, made = number_of(type_of(stmt.args[1])), number_of(stmt.target.type)
    if not isinstance(have, Array) or not isinstance(made, Array) or not have.ndim:
        return False
    is_one = type(stmt.args[0].value) in (int, float) and stmt.args[0].value == 1
    return is_one and have.is_like and (have.dtype, have.ndim) == (made.dtype, made.ndim)


def _float_array(operand: Operand) -> Array | None:
    type_ = number_of(type_of(operand))
    if isinstance(type_, Array) and type_.ndim in (1, 2) and type_.dtype in (FLOAT64, FLOAT32):
        return type_
    return None

"""Products of vectors and matrices are spelled ``a.dot(b)``.

::

    W_bar = h.T @ y_bar    ->    W_bar = h.T.dot(y_bar)

Both are one call of BLAS, but ``@`` is a generalised ufunc, which takes twice as long to find that
out: 0.4 us a product, and for small matrices more than the product itself.  They mean the same for
vectors and matrices only, so that everything of another or of unknown rank keeps ``@``.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.ir.nodes import Apply, Function, Operand, Stmt
from srcgrad.ir.types import FLOAT32, FLOAT64, Array, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite

_PRODUCTS = frozenset((operator.matmul, np.matmul))


def spell_products(function: Function) -> Function:
    """``function`` with products of vectors and matrices as ``dot``."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and _is_plain_product(stmt):
            stmt = replace(stmt, op=np.ndarray.dot)
        program.keep(stmt)

    return rewrite(function, step)


def _is_plain_product(stmt: Apply) -> bool:
    """Whether ``stmt`` multiplies two float arrays of rank one or two and of one dtype."""
    if stmt.op not in _PRODUCTS or stmt.kwargs or len(stmt.args) != 2:
        return False
    a, b = map(_float_array, stmt.args)
    return a is not None and b is not None and a.dtype == b.dtype


def _float_array(operand: Operand) -> Array | None:
    type_ = number_of(type_of(operand))
    if isinstance(type_, Array) and type_.ndim in (1, 2) and type_.dtype in (FLOAT64, FLOAT32):
        return type_
    return None

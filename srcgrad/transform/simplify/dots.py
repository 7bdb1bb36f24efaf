"""Matrix products that the compiler makes, or that loops repeat, are spelled ``a.dot(b)``.

::

    W_bar = h.T @ y_bar    ->    W_bar = h.T.dot(y_bar)

Both are one call of BLAS, but ``@`` is a generalised ufunc, which takes twice as long to find that
out: 0.4 us a product, and for small matrices more than the product itself.  They mean the same for
vectors and matrices only, so that everything of another or of unknown rank keeps ``@``; and so do
the user's own lines outside of loops, which stay as they were written.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.ir.nodes import Apply, For, Function, Operand, Stmt, Var, While
from srcgrad.ir.types import FLOAT32, FLOAT64, Array, number_of
from srcgrad.ir.walk import statements, targets
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite

_PRODUCTS = frozenset((operator.matmul, np.matmul))


def spell_products(function: Function) -> Function:
    """``function`` with products of vectors and matrices as ``dot``: the adjoint's, and loops'."""
    repeated = _in_loops(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and _is_plain_product(stmt):
            is_ours = stmt.loc.adjoint or stmt.target in repeated
            stmt = replace(stmt, op=np.ndarray.dot) if is_ours else stmt
        program.keep(stmt)

    return rewrite(function, step)


def _in_loops(function: Function) -> set[Var]:
    """What the operations in the bodies of loops give."""
    return {
        target
        for loop in statements(function.body.body)
        if isinstance(loop, For | While)
        for stmt in statements(loop.body.body)
        for target in targets(stmt)
    }


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

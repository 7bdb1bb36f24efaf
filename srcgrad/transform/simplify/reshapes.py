"""How an array is given another shape: by as little as says it.

::

    p_bar = W_bar.reshape((p.shape[0],))                 ->    p_bar = W_bar.reshape(-1)
    x_bar = y_bar.reshape((x.shape[0], x.shape[1]))      ->    x_bar = y_bar.reshape(x.shape)
    x_bar = y_bar.reshape((4, x.shape[1]))               ->    x_bar = y_bar.reshape((4, -1))

so that nothing is kept to ask for its length.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.ir.nodes import Apply, Const, Function, Operand, Pack, Stmt, Var
from srcgrad.ir.types import PackType, Scalar, number_of
from srcgrad.transform.rewrite import Rewriting, rewrite

_RESHAPE = (np.reshape, np.ndarray.reshape)


def spell_shapes(function: Function) -> Function:
    """``function`` with the shapes of cotangents said in short."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        # A line of the user's own raises where the length is another.
        is_reshape = isinstance(stmt, Apply) and stmt.op in _RESHAPE and stmt.loc.adjoint
        if is_reshape and isinstance(stmt, Apply) and len(stmt.args) == 2:
            stmt = replace(stmt, args=(stmt.args[0], _in_short(program, stmt.args[1])))
        program.keep(stmt)

    return rewrite(function, step)


def _in_short(program: Rewriting, shape: Operand) -> Operand:
    items = shape.items if isinstance(shape, Pack) and shape.kind is tuple else (shape,)
    if len(items) == 1 and isinstance(items[0], Var) and _is_number(items[0]):
        return Const(-1)
    return _whole_shape(program, items) or _rest(items) or shape


def _rest(items: tuple[Operand, ...]) -> Pack | None:
    """``(4, -1)`` of a shape of which one length alone is not known."""
    found = [item for item in items if not isinstance(item, Const)]
    known = [item.value for item in items if isinstance(item, Const)]
    if len(found) != 1 or not isinstance(found[0], Var) or not _is_number(found[0]):
        return None
    if not all(type(value) is int and value > 0 for value in known):
        return None
    return Pack(tuple, tuple(Const(-1) if item is found[0] else item for item in items))


def _is_number(var: Var) -> bool:
    return isinstance(number_of(var.type), Scalar)


def _whole_shape(program: Rewriting, items: tuple[Operand, ...]) -> Var | None:
    """The shape of which ``items`` are the lengths, all of them in order."""
    found: Var | None = None
    for i, item in enumerate(items):
        length = program.definition(item, operator.getitem)
        if length is None or not isinstance(length.args[0], Var) or not _is_at(length, i):
            return None
        if found is not None and length.args[0] is not found:
            return None
        found = length.args[0]
    if found is None or program.definition(found, np.ndarray.shape) is None:
        return None
    is_all = isinstance(found.type, PackType) and len(found.type.items) == len(items)
    return found if is_all else None


def _is_at(length: Apply, position: int) -> bool:
    index = length.args[1]
    return isinstance(index, Const) and index.value == position

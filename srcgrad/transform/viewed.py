"""Where the cotangent of a view of an array that nobody writes lives.

What is read of a view by index, in a loop, is added to the same view of the array's cotangent::

    for j in range(n - 1):                        for j in range(n - 2, -1, -1):
        s += x[1:][j] * x[j]            ->            x_bar[1:][j] += s_bar * x[j]
                                                      x_bar[j] += s_bar * x[1:][j]

A cotangent of its own would cost the length of the view in each trip.  A transpose and a part by
slices are views however the array lies in memory.  What is ravelled or reshaped is one where the
array is in C's order, and so the cotangent of such an array is made in that order.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping

import numpy as np

from srcgrad.analysis.layouts import is_c_order, reshapes
from srcgrad.analysis.memory import memory_of
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Block, For, Operand, Var, While
from srcgrad.ir.ops import AUGMENTED, OPS, Memory
from srcgrad.ir.types import Array
from srcgrad.ir.walk import free_in_stmt, statements

_GIVING_ITSELF = (np.asarray, np.asanyarray)
"""Operations that give back an array as it is, if it has the dtype."""


def shown_by(stmt: Apply | None) -> Var | None:
    """The array that the result of an operation is surely a view of, or could be: see
    :func:`needs_order`."""
    if stmt is None or not stmt.args or stmt.op in AUGMENTED or stmt.op not in OPS:
        return None
    whole, part = stmt.args[0], stmt.target.type
    if not isinstance(whole, Var) or not isinstance(whole.type, Array):
        return None
    if not isinstance(part, Array) or part.dtype != whole.type.dtype:
        return None
    is_view = memory_of(stmt) is Memory.VIEW or gives_itself(stmt) or needs_order(stmt)
    return whole if is_view else None


def gives_itself(stmt: Apply) -> bool:
    """Whether an operation on an array of the right dtype gives the array itself."""
    return stmt.op in _GIVING_ITSELF and len(stmt.args) == 1 and not stmt.kwargs


def same_as(stmt: Apply | None) -> Var | None:
    """What the result of an operation is, if that is not None."""
    if stmt is None or stmt.op not in (intrinsics.present, intrinsics.tested):
        return None
    return stmt.args[0] if isinstance(stmt.args[0], Var) else None


def needs_order(stmt: Apply) -> bool:
    """Whether the result is a view only if the array lies in memory in C's order."""
    return reshapes(stmt) and is_c_order(stmt)


def reads_parts(block: Block, x: Operand) -> bool:
    """Whether a block reads parts of ``x``, or reads it in each trip of a loop."""
    for stmt in statements(block.body):
        if isinstance(stmt, For | While) and x in free_in_stmt(stmt):
            return True
        if not isinstance(stmt, Apply) or _first(stmt) is not x:
            continue
        if stmt.op is operator.getitem or same_as(stmt) is x or shown_by(stmt) is x:
            return True
    return False


def read_flat(definitions: Mapping[Var, Apply], chosen: Iterable[Operand]) -> set[Var]:
    """The arrays that are reshaped or ravelled, and then read by index, or ``chosen`` among
    others."""
    read = {_first(stmt) for stmt in definitions.values() if stmt.op is operator.getitem}
    read.update(chosen)
    return set(_reshaped(stmt for var, stmt in definitions.items() if var in read))


def _reshaped(stmts: Iterable[Apply]) -> Iterable[Var]:
    for stmt in stmts:
        whole = shown_by(stmt) if needs_order(stmt) else None
        if whole is not None:
            yield whole


def _first(stmt: Apply) -> object:
    return stmt.args[0] if stmt.args else None

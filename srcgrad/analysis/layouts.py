"""In which order the elements of an array lie in memory."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from srcgrad.analysis.memory import memory_of
from srcgrad.ir import intrinsics
from srcgrad.ir.indices import index_parts, slice_bounds
from srcgrad.ir.nodes import Apply, Const, Operand, Var
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import ndim_of
from srcgrad.ir.walk import variables
from srcgrad.specialise.builder import type_of

Definition = Callable[[Operand], Apply | None]
"""Gives the operation that makes an operand, None where that is not known."""
Passed = Mapping[Var, Sequence[Operand]]
"""What a variable may be the value of, if a branch or a loop gives it."""

_CONTIGUOUS = (np.zeros, np.ones, np.empty, np.full, np.arange, np.ndarray.copy)
"""Operations whose results are contiguous, unless they are given an ``order``."""
_RESHAPING = (
    *(np.reshape, np.ndarray.reshape, np.ravel, np.ndarray.ravel),
    intrinsics.flat_view,
)
_TRANSPOSING = (
    *(np.transpose, np.ndarray.transpose, np.permute_dims, np.ndarray.T),
    *(np.ndarray.mT, np.matrix_transpose, np.swapaxes, np.ndarray.swapaxes, np.moveaxis),
)
_IN_ORDER = (
    *(np.matmul, operator.matmul, np.dot, np.ndarray.dot, np.outer, np.tensordot),
    *(np.take, np.ndarray.take, np.repeat, np.ndarray.repeat, np.tile),
)
"""Operations whose results lie in order, however their operands lie."""


def reshapes(stmt: Apply) -> bool:
    """Whether an operation gives the elements of an array in another shape."""
    return stmt.op in _RESHAPING


def is_surely_view(stmt: Apply, definition: Definition) -> bool:
    """Whether an operation rearranges, in the order in which it lies, what is contiguous."""
    return reshapes(stmt) and is_c_order(stmt) and _is_contiguous(stmt.args[0], definition)


def _is_contiguous(operand: Operand, definition: Definition) -> bool:
    stmt = definition(operand)
    if stmt is None:
        return False
    if stmt.op is np.linspace:  # what is between matrices lies as they do
        return ndim_of(stmt.target.type) == 1
    return is_surely_view(stmt, definition) or (stmt.op in _CONTIGUOUS and is_c_order(stmt))


def is_made_in_order(operand: Operand, definition: Definition, passed: Passed) -> bool:
    """Whether an array is one of the program's own, or an input, that is likely in C's order.

    Inputs mostly are, and what is computed from arrays lies as they do.  What a branch or a loop
    gives is in order if all is that it may be: that is what ``passed`` has.
    """
    for one in _behind(operand, passed):
        stmt = definition(one)
        if stmt is not None and memory_of(stmt) is not Memory.FRESH:
            return False
    waiting, seen = [operand], set[Operand]()
    while waiting:
        operand = waiting.pop()
        if operand in seen:
            continue
        seen.add(operand)
        stmt = definition(operand)
        if stmt is None:
            waiting.extend(_alternatives(operand, passed))
            continue
        if ndim_of(stmt.target.type) == 1:
            continue
        if _may_transpose(stmt):
            return False
        if not (stmt.op in _CONTIGUOUS or stmt.op in _IN_ORDER or reshapes(stmt)):
            waiting.extend(var for arg in stmt.args for var in variables(arg))
    return True


def _behind(operand: Operand, passed: Passed) -> set[Operand]:
    """What an operand may be, which branches and loops pass on."""
    waiting, seen = [operand], set[Operand]()
    while waiting:
        operand = waiting.pop()
        if operand not in seen:
            seen.add(operand)
            waiting.extend(_alternatives(operand, passed))
    return seen


def _alternatives(operand: Operand, passed: Passed) -> Sequence[Operand]:
    return passed.get(operand, ()) if isinstance(operand, Var) else ()


def _may_transpose(stmt: Apply) -> bool:
    """Whether an operation gives axes in another order than those of what it is given."""
    if stmt.op is operator.getitem:
        return _takes_behind_slice(stmt.args[1])
    return stmt.op in _TRANSPOSING or stmt.op is np.linspace or not is_c_order(stmt)


def _takes_behind_slice(index: Operand) -> bool:
    """Whether an index has an array behind a slice, as ``x[:, [1, 0]]`` has.

    The axis of the array is the first in memory then.
    """
    is_behind = False
    for part in index_parts(index):
        if slice_bounds(part) is not None or _is_const(part, Ellipsis):
            is_behind = True
        elif is_behind and not _is_const(part, None) and ndim_of(type_of(part)) != 0:
            return True
    return False


def _is_const(operand: Operand, value: object) -> bool:
    return isinstance(operand, Const) and operand.value is value


def is_c_order(stmt: Apply) -> bool:
    """Whether an operation is asked for no other order than that of C."""
    return order_of(stmt) == "C"


def order_of(stmt: Apply) -> str | None:
    """The order of memory that an operation is asked for, None where it is not known."""
    if stmt.op is np.asfortranarray:
        return "F"
    op = OPS.get(stmt.op)
    try:
        given = op.signature.bind(*stmt.args, **dict(stmt.kwargs)).arguments if op else {}
    except TypeError:
        return None
    order = given.get("order", Const("C"))
    return order.value if isinstance(order, Const) else None

"""Whether a value is finite wherever the inputs are: then a mask may be multiplied on."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping

import numpy as np

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.ops import OPS, Memory

_FINITE = frozenset(
    [
        *(operator.add, operator.sub, operator.mul, operator.neg, operator.matmul, operator.pos),
        *(np.add, np.subtract, np.multiply, np.negative, np.matmul, np.dot, np.outer, np.square),
        *(np.maximum, np.minimum, np.abs, np.tanh, np.sin, np.cos, np.sign, np.arctan, np.clip),
        *(np.ndarray.sum, np.sum, np.ndarray.mean, np.mean, np.ndarray.dot, np.ndarray.copy),
        *(np.zeros_like, np.ones_like, np.full_like, np.where, np.concatenate, np.stack),
        *(operator.gt, operator.ge, operator.lt, operator.le, operator.eq, operator.ne),
        *(np.ndarray.size, np.ndarray.shape, len, np.einsum, np.broadcast_to),
        *(intrinsics.expand, intrinsics.select, intrinsics.zero, intrinsics.fresh),
        *(intrinsics.unbroadcast, intrinsics.cast, operator.getitem, np.ndarray.T),
    ]
)
"""Operations that give finite results for finite operands (but for overflow of the format)."""

_DEPTH = 200


def is_finite(
    operand: Operand,
    definitions: Mapping[Var, Apply],
    inputs: Collection[Var],
    depth: int = _DEPTH,
) -> bool:
    """Whether ``operand`` is certainly finite for finite ``inputs``.

    Overflow of sums and products is not counted: where those overflow, the gradient has.
    """
    seen: set[Var] = set()
    stack = [operand]
    while stack:
        current = stack.pop()
        if isinstance(current, Pack):
            stack.extend(current.items)
        if isinstance(current, Const):
            if isinstance(current.value, float) and not np.isfinite(current.value):
                return False
        if not isinstance(current, Var) or current in seen:
            continue
        seen.add(current)
        stmt = definitions.get(current)
        if stmt is None:
            if current not in inputs:
                return False  # carried by a loop, or from a branch
            continue
        if len(seen) > depth:
            return False
        if stmt.op in (operator.pow, np.power):
            exponent = stmt.args[1]
            if not (isinstance(exponent, Const) and isinstance(exponent.value, int)):
                return False
            if exponent.value < 0:
                return False
        elif stmt.op in (operator.truediv, np.divide):
            if not (_is_count(stmt.args[1], definitions)):
                return False
        elif stmt.op not in _FINITE and not _is_view(stmt):
            return False
        stack.extend(stmt.args)
    return True


def _is_count(operand: Operand, definitions: Mapping[Var, Apply]) -> bool:
    """Whether a divisor is a length or a non-zero constant."""
    if isinstance(operand, Const):
        return operand.value != 0
    stmt = definitions.get(operand) if isinstance(operand, Var) else None
    return stmt is not None and (stmt.op is len or stmt.op is np.ndarray.size)


def _is_view(stmt: Apply) -> bool:
    op = OPS.get(stmt.op)
    return op is not None and op.memory is not Memory.FRESH

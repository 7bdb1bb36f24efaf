"""Common subexpressions: what was computed already is not computed again.

::

    a = np.exp(x)
    b = np.exp(x) * y      ->    b = a * y

Views, metadata and the reading of buffers are left alone: repeating them costs nothing, or they
may not give the same again.
"""

from __future__ import annotations

from typing import Any

from srcgrad.analysis.memory import memory_of
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Function, Operand, Pack, Stmt
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Array, Known, Scalar, number_of
from srcgrad.ir.walk import used
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.order import is_metadata

_PRIVATE = (intrinsics.zero, intrinsics.fresh, intrinsics.scatter_add, intrinsics.call)
"""Operations whose results may be written to, each of which is an array of its own."""


def share_common(function: Function) -> Function:
    """``function`` with repeated pure operations replaced by their first result."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        key = _key(program, stmt) if isinstance(stmt, Apply) else None
        if key is None:
            program.keep(stmt)
            return
        assert isinstance(stmt, Apply)
        found = next((scope[key] for scope in program.scopes if key in scope), None)
        if found is None:
            program.scopes[-1][key] = stmt.target
            program.keep(stmt)
        else:
            program.rename(stmt.target, found)

    return rewrite(function, step)


def _key(program: Rewriting, stmt: Apply) -> Any:
    op = OPS.get(stmt.op)
    if op is None or not op.pure or stmt.op in _PRIVATE:
        return None
    is_scalar = isinstance(number_of(stmt.target.type), Scalar)
    if memory_of(stmt) is not Memory.FRESH and not is_scalar:
        return None
    if is_metadata(stmt):
        return None
    if program.is_stored(stmt.target) or any(map(program.is_stored, used(stmt))):
        return None
    if not isinstance(number_of(stmt.target.type), Array | Scalar):
        return None
    kwargs = tuple((name, _operand_key(value)) for name, value in stmt.kwargs)
    return (stmt.op, tuple(map(_operand_key, stmt.args)), kwargs)


def _operand_key(operand: Operand) -> Any:
    if isinstance(operand, Const):
        return Known(operand.value)
    if isinstance(operand, Pack):
        return (operand.kind, tuple(map(_operand_key, operand.items)), operand.keys)
    return operand

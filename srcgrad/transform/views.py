"""Views of arrays that are written have to be views.

``np.reshape`` and ``np.ravel`` give a view where they can and a copy where they must, which
depends on the strides and on ``order``.  Where an array is written, the shadow of what they give is
the same view of a shadow; so a copy is an error when it is made, unless the array is known to be
contiguous::

    y = x.reshape(-1)        ->      y = x.reshape(-1)
                                     if not np.may_share_memory(y, x):
                                         raise ValueError(...)
"""

from __future__ import annotations

import operator

import numpy as np

from srcgrad.analysis.attempts import deciding
from srcgrad.analysis.memory import memory_of
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.nodes import Apply, Block, Const, Function, If, Operand, Raise, Stmt, Var
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Array
from srcgrad.transform.rewrite import Rewriting, rewrite

_CONTIGUOUS = (np.zeros, np.ones, np.empty, np.full, np.arange, np.linspace, np.ndarray.copy)
"""Operations whose results are contiguous, unless they are given an ``order``."""
_RESHAPING = (np.reshape, np.ndarray.reshape, np.ravel, np.ndarray.ravel)


def check_views(function: Function) -> Function:
    """``function`` with a test behind each operation that may copy an array that is written."""

    trying = {s.target for s in deciding(function.body.body) if isinstance(s, Apply)}

    def step(program: Rewriting, stmt: Stmt) -> None:
        program.keep(stmt)
        if not isinstance(stmt, Apply) or memory_of(stmt) is not Memory.MAYBE_VIEW:
            return
        base = stmt.args[0]
        if not isinstance(base, Var) or not isinstance(base.type, Array):
            return
        if not isinstance(stmt.target.type, Array):
            return
        if program.is_stored(stmt.target) and not _is_surely_view(program, stmt):
            if stmt.target in trying:  # which would catch the error
                message = "whether this is a view of an array that is written cannot be tested"
                raise AliasingError(message, stmt.loc, "take it before the 'try'")
            _check(program, stmt, base)

    return rewrite(function, step)


def _is_surely_view(program: Rewriting, stmt: Apply) -> bool:
    """Whether an operation rearranges, in the order in which it lies, what is contiguous."""
    return stmt.op in _RESHAPING and _is_c_order(stmt) and _is_contiguous(program, stmt.args[0])


def _is_contiguous(program: Rewriting, operand: Operand) -> bool:
    stmt = program.definition(operand)
    if stmt is None:
        return False
    return _is_surely_view(program, stmt) or (stmt.op in _CONTIGUOUS and _is_c_order(stmt))


def _is_c_order(stmt: Apply) -> bool:
    """Whether an operation is asked for no other order than that of C."""
    try:
        given = OPS[stmt.op].signature.bind(*stmt.args, **dict(stmt.kwargs)).arguments
    except TypeError:
        return False
    order = given.get("order", Const("C"))
    return isinstance(order, Const) and order.value == "C"


def _check(program: Rewriting, stmt: Apply, base: Var) -> None:
    apply, loc = program.builder.apply, stmt.loc
    shared = apply(np.may_share_memory, (stmt.target, base), (), loc)
    name = stmt.target.name or "this"
    message = f"{name} is a copy of an array that is written, and not a view: it is not contiguous"
    with program.builder.nested() as body:
        error = apply(ValueError, (Const(message),), (), loc)
        program.builder.emit(Raise(error, None, loc))
    copied = apply(operator.not_, (shared,), (), loc)
    size = apply(np.ndarray.size, (stmt.target,), (), loc)
    program.keep(_branch(size, copied, tuple(body), program, loc))


def _branch(
    size: Operand, copied: Operand, body: tuple[Stmt, ...], program: Rewriting, loc: Loc
) -> If:
    """``if size and copied: raise``: an empty array shares memory with nothing."""
    empty = program.builder.apply(operator.gt, (size, Const(0)), (), loc)
    both = program.builder.apply(operator.and_, (empty, copied), (), loc)
    return If((), both, Block((), body, ()), Block((), (), ()), loc)

"""Accumulation into an array that nobody else holds is done in place.

::

    a = y_bar @ W.T
    b = a + z_bar @ U.T    ->    a += z_bar @ U.T

Only between different lines of the user's program: within one line the sum is one expression, in
which NumPy reuses the temporaries by itself.  And what is first added to zeros is assigned.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.analysis.memory import is_fresh
from srcgrad.analysis.ownership import Owners, last_reader
from srcgrad.analysis.repeats import may_repeat
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Function, Stmt, Store, Var
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array
from srcgrad.transform.rewrite import Rewriting, rewrite

_ZEROS = "zeros"


def accumulate_in_place(function: Function) -> Function:
    """``function`` with sums into dead arrays of its own written as ``+=``."""
    owners = Owners(function)
    readers = last_reader(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if not isinstance(stmt, Store):
            for buffer in stored_by(stmt):
                _is_first(program, buffer)
        else:
            stmt = _first_assigns(program, stmt)
        if isinstance(stmt, Apply):
            program.scopes[-1][stmt.target] = True
            if _is_zeros(stmt) and program.is_stored(stmt.target):
                program.scopes[-1][_ZEROS, stmt.target] = True
            first = _accumulator(program, stmt)
            is_last = first is not None and readers.get(first) is stmt.target
            if first is not None and is_last and not owners.holders.get(first, 0):
                value = stmt.args[1]
                if stmt.op is operator.sub:
                    value = program.builder.apply(operator.neg, (value,), (), stmt.loc)
                program.keep(Store(first, None, value, True, stmt.loc))
                program.rename(stmt.target, first)
                return
        program.keep(stmt)

    return rewrite(function, step)


def _is_zeros(stmt: Apply) -> bool:
    """Whether an operation makes the zeros to which contributions are added."""
    return stmt.op is intrinsics.zero or (stmt.op is np.zeros and stmt.loc.adjoint)


def _first_assigns(program: Rewriting, stmt: Store) -> Store:
    """What is added to zeros, in the block that made them, is assigned."""
    if not _is_first(program, stmt.buffer) or stmt.index is None or may_repeat(stmt.index, {}):
        return stmt
    return replace(stmt, accumulate=False)


def _is_first(program: Rewriting, buffer: Var) -> bool:
    """Whether ``buffer`` holds zeros, made in this block; from now on it does not."""
    key = (_ZEROS, buffer)
    is_first = program.scopes[-1].pop(key, False)
    root = program.memory.root(buffer)
    for scope in program.scopes:
        # Stored into from an inner block, or under another name.
        for other in [k for k in scope if isinstance(k, tuple) and k[0] == _ZEROS]:
            if program.memory.root(other[1]) is root:
                del scope[other]
    return bool(is_first)


def _accumulator(program: Rewriting, stmt: Apply) -> Var | None:
    """The first operand of a sum, if it is an array made here for another of the user's lines."""
    if stmt.op not in (operator.add, operator.sub) or not stmt.loc.adjoint:
        return None
    first, second = stmt.args
    source = program.definition(first)
    if source is None or not isinstance(first, Var) or first is second:
        return None
    if first not in program.scopes[-1] or not source.loc.adjoint:
        return None
    is_own = is_fresh(source)
    is_array = isinstance(first.type, Array) and first.type.ndim > 0
    same_line = (source.loc.file, source.loc.line) == (stmt.loc.file, stmt.loc.line)
    if not is_own or not is_array or first.type != stmt.target.type or same_line:
        return None
    return first

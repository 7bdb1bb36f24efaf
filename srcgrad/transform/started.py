"""Sums that start as a number start as zeros, where nobody can tell.

::

    total = 0                        total = np.zeros_like(x)
    for v in x:               ->     for v in x:
        total = total + v * x            total = total + v * x

It is the same where the loop makes a trip, and does nothing with what it starts from but add
to it.  What a trip starts from is then an array in all of them, and need not be kept to tell which
it was.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from itertools import chain

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, For, Function, Operand, Pack, Stmt, Var
from srcgrad.ir.started import as_array, is_either
from srcgrad.ir.types import FLOAT64, Array, Dim, least
from srcgrad.ir.walk import changed, free_in_block, params_of, same_or, statements
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.trips import trips_of
from srcgrad.transform.rewrite import Rewriting, rewrite

_ADDING = (operator.add, operator.iadd, np.add)


def start_with_zeros(function: Function) -> Function:
    """``function`` with sums that start as arrays."""

    inputs = tuple(dict.fromkeys((*params_of(function), *free_in_block(function.body))))

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, For):
            program.keep(_started(program, stmt, inputs))
        elif _is_known(stmt) and isinstance(stmt, Apply):
            program.rename(stmt.target, stmt.args[0])
        else:
            program.keep(stmt)

    loops = (stmt for stmt in statements(function.body.body) if isinstance(stmt, For))
    if not any(is_either(var.type) for loop in loops for var in loop.carried):
        return function
    return rewrite(function, step)


def _started(program: Rewriting, loop: For, inputs: tuple[Var, ...]) -> For:
    """``loop`` with arrays for the zeros that it starts from."""
    if least(trips_of(loop)) < 1:
        return loop
    init = list(loop.init)
    for i, (start, param) in enumerate(zip(loop.init, loop.carried, strict=True)):
        array = as_array(param.type)
        if not isinstance(array, Array) or not is_either(param.type) or not _is_zero(start):
            continue
        target = loop.targets[i]
        if type_of(loop.body.results[i]) != array or not _is_only_added(program, loop, param):
            continue
        if array.ndim > 1 and program.memory.is_written(target):
            continue  # the order of the elements in memory may matter
        zeros = _zeros(program, array, [*inputs, *_made(program)], param.name, loop.loc)
        if zeros is None:
            continue
        init[i], param.type, target.type = zeros, array, array
    return changed(loop, init=same_or(loop.init, init))


def _is_known(stmt: Stmt) -> bool:
    """Whether a statement says that a sum is an array, of one that always is by now."""
    if not isinstance(stmt, Apply) or stmt.op not in (intrinsics.present, intrinsics.tested):
        return False
    return isinstance(type_of(stmt.args[0]), Array)


def _is_zero(start: Operand) -> bool:
    """Whether a sum starts from 0 or 0.0: adding to -0.0 is not the same."""
    if not isinstance(start, Const) or type(start.value) not in (int, float):
        return False
    return start.value == 0 and math.copysign(1, start.value) > 0


def _is_only_added(program: Rewriting, loop: For, param: Var) -> bool:
    """Whether all that a loop does with ``param`` is to add arrays of the type of the sum to it."""
    array = as_array(param.type)
    adding = (
        stmt
        for stmt in statements(loop.body.body)
        if isinstance(stmt, Apply) and stmt.op in _ADDING and param in stmt.args
    )
    found = [stmt for stmt in adding if any(type_of(arg) == array for arg in stmt.args)]
    return bool(found) and program.uses[param] == len(found)


def _zeros(
    program: Rewriting, array: Array, visible: list[Var], name: str, loc: Loc
) -> Operand | None:
    """An array of zeros of this type, None if no ``visible`` array has such lengths."""
    apply = program.builder.apply
    for var in visible:
        if var.type == array:
            return apply(np.zeros_like, (var,), (), loc, name)
    lengths = [_length(program, dim, visible, loc) for dim in array.dims]
    if not lengths or None in lengths:
        return None
    known = tuple(length for length in lengths if length is not None)
    shape = known[0] if len(known) == 1 else Pack(tuple, known)
    dtype = () if array.dtype == FLOAT64 else (Const(array.dtype.type),)
    return apply(np.zeros, (shape, *dtype), (), loc, name)


def _length(program: Rewriting, dim: Dim, visible: list[Var], loc: Loc) -> Operand | None:
    """A length, as that of an array which has it, None if there is none."""
    if isinstance(dim, int):
        return Const(dim)
    for var in visible:
        if not isinstance(var.type, Array) or dim not in var.type.dims:
            continue
        axis = var.type.dims.index(dim)
        if axis == 0:
            return program.builder.apply(len, (var,), (), loc)
        shape = program.builder.apply(np.ndarray.shape, (var,), (), loc)
        return shape.items[axis] if isinstance(shape, Pack) else None
    return None


def _made(program: Rewriting) -> Iterator[Var]:
    """What operations have made before the next statement.

    What a branch or a loop gives may have no value, if one arm or no trip assigns it.
    """
    before = chain.from_iterable((*program.builder.around, program.builder.body))
    return (stmt.target for stmt in before if isinstance(stmt, Apply))

"""Broadcasting that NumPy does anyway is not spelled out.

::

    t = expand(s, y)
    u = t * y              ->    u = s * y
    x_bar[k] += t          ->    x_bar[k] += s
"""

from __future__ import annotations

import operator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from srcgrad.analysis.memory import sources
from srcgrad.analysis.repeats import may_repeat
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Function, Operand, Stmt, Store, Var
from srcgrad.ir.ops import DERIVATIVES, Partials
from srcgrad.ir.types import (
    Array,
    Dim,
    Scalar,
    dims_of,
    dtype_of,
    is_not_one,
    ndim_of,
    number_of,
    same_dtype,
)
from srcgrad.ir.walk import params_of, statements, targets
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite


def elide_expansion(function: Function) -> Function:
    """``function`` with expanded operands replaced by what is expanded, where that is the same."""
    narrow = _narrowest(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        _step(program, stmt, narrow)

    return rewrite(function, step)


def _narrowest(function: Function) -> int:
    """The number of bytes of the narrowest floating-point numbers in a function."""
    variables = (v for stmt in statements(function.body.body) for v in targets(stmt))
    dtypes = map(dtype_of, (v.type for v in (*params_of(function), *variables)))
    return min((d.itemsize for d in dtypes if d is not None and d.kind == "f"), default=0)


def _step(program: Rewriting, stmt: Stmt, narrow: int) -> None:
    if isinstance(stmt, Apply) and stmt.loc.adjoint:
        steps = (_elementwise, _compare, _choose, partial(_sum, narrow=narrow), _cast)
        results = (step(program, stmt) for step in steps)
        result = next((result for result in results if result is not None), None)
        if result is not None:
            program.rename(stmt.target, result)
            return
    program.keep(_store(program, stmt) if isinstance(stmt, Store) else stmt)


def _store(program: Rewriting, stmt: Store) -> Store:
    """What is assigned to a part of an array is broadcast to it, too."""
    expansion = program.definition(stmt.value, intrinsics.expand)
    if not isinstance(stmt.buffer.type, Array) or not stmt.loc.adjoint or expansion is None:
        return stmt
    value = expansion.args[0]
    if _is_misread(stmt, value):
        return stmt
    if any(isinstance(v, Var) and program.is_stored(v) for v in (expansion.target, value)):
        return stmt
    return _store(program, replace(stmt, value=value))


def _is_misread(stmt: Store, value: Operand) -> bool:
    """Whether ``np.add.at`` may read beyond the end of what it adds.

    NumPy's loop for arrays of one dimension takes a vector to have as many elements as the index,
    which may be a matrix, by which the vector would have to be broadcast.
    """
    if not stmt.accumulate or stmt.index is None or not may_repeat(stmt.index, {}):
        return False
    return ndim_of(stmt.buffer.type) == 1 and ndim_of(type_of(value)) in (1, None)


def _elementwise(program: Rewriting, stmt: Apply) -> Operand | None:
    if not isinstance(DERIVATIVES.get(stmt.op), Partials) or stmt.kwargs:
        return None
    expansions = [_expansion(program, arg) for arg in stmt.args]
    if not any(expansions):
        return None
    apply = program.builder.apply
    for i, expansion in enumerate(expansions):
        if expansion is None:
            continue
        args = (*stmt.args[:i], expansion.args[0], *stmt.args[i + 1 :])
        if _is_same(program, stmt, args):
            result = Var(stmt.target.name, stmt.target.type, stmt.target.hint)
            program.keep(Apply(result, stmt.op, args, (), stmt.loc))
            again = program.definition(result)
            if again is not None and again.op is stmt.op and len(args) > 1:
                deeper = _elementwise(program, again)
                return result if deeper is None else deeper
            return result
    # `expand(a, y) * 2`: the work is done before it is expanded.
    inner = [
        e.args[0] if e is not None else arg for e, arg in zip(expansions, stmt.args, strict=True)
    ]
    if not all(isinstance(number_of(type_of(arg)), Scalar) for arg in inner):
        return None
    wanted = dtype_of(stmt.target.type)
    if not same_dtype(dtype_of(program.builder.infer(stmt.op, tuple(inner), ())), wanted):
        return None  # a Python number takes the dtype of what it meets, and an array does not
    like = next(e.args[1] for e in expansions if e is not None)
    small = apply(stmt.op, tuple(inner), (), stmt.loc)
    return apply(intrinsics.expand, (small, like), (), stmt.loc, stmt.target.name)


def _is_same(program: Rewriting, stmt: Apply, args: tuple[Operand, ...]) -> bool:
    """Whether ``stmt`` gives the same for ``args``: one of them has the shape of the result."""
    target = stmt.target.type
    if not same_dtype(dtype_of(program.builder.infer(stmt.op, args, ())), dtype_of(target)):
        return False
    dims = dims_of(target)
    return dims is not None and any(fills(dims_of(type_of(arg)), dims) for arg in args)


def fills(dims: tuple[Dim, ...] | None, result: tuple[Dim, ...]) -> bool:
    """Whether an operand of these dimensions has the shape of the result.

    What is nowhere one long, and has its rank, does.
    """
    if dims is None or len(dims) != len(result):
        return False
    return all(
        is_not_one(a) or (a is not None and a == b) for a, b in zip(dims, result, strict=True)
    )


def _expansion(program: Rewriting, operand: Operand) -> Apply | None:
    """The expansion behind an operand: itself, or one of a number seen through a view."""
    stmt = program.definition(operand)
    if stmt is None or program.is_stored(stmt.target):
        return None
    if stmt.op is intrinsics.expand:
        return stmt
    inner: Apply | None = stmt
    while inner is not None and inner.args and _is_view(inner):
        inner = program.definition(inner.args[0])
    if inner is None or inner.op is not intrinsics.expand or inner is stmt:
        return None
    value = inner.args[0]
    if not isinstance(number_of(type_of(value)), Scalar):
        return None
    return replace(inner, args=(value, operand))


def _is_view(stmt: Apply) -> bool:
    """Whether all elements of a result are elements of the first operand, and no sums of them, and
    nothing else is looked at."""
    if stmt.op in (intrinsics.unbroadcast, intrinsics.shaped):
        return False
    return isinstance(stmt.target.type, Array) and bool(sources(stmt))


def _compare(program: Rewriting, stmt: Apply) -> Operand | None:
    """``expand(1, x) == 0`` is known."""
    if stmt.op not in (operator.eq, operator.ne):
        return None
    expansion = program.definition(stmt.args[0], intrinsics.expand)
    if expansion is None or not all(
        isinstance(v, Const) for v in (expansion.args[0], stmt.args[1])
    ):
        return None
    return program.builder.apply(stmt.op, (expansion.args[0], stmt.args[1]), (), stmt.loc)


def _choose(program: Rewriting, stmt: Apply) -> Operand | None:
    """``np.where`` of a known mask is one of its arms, if that has the shape of both."""
    if stmt.op is not np.where or len(stmt.args) != 3 or not isinstance(stmt.args[0], Const):
        return None
    chosen = stmt.args[1] if stmt.args[0].value else stmt.args[2]
    return chosen if type_of(chosen) == stmt.target.type else None


def _sum(program: Rewriting, stmt: Apply, narrow: int) -> Operand | None:
    """The sum of a number expanded is the number times the count.

    It stays a number of NumPy's where it may meet arrays of fewer digits.
    """
    if stmt.op is not np.ndarray.sum or stmt.kwargs or len(stmt.args) != 1:
        return None
    expansion = program.definition(stmt.args[0], intrinsics.expand)
    if expansion is None or not isinstance(number_of(type_of(expansion.args[0])), Scalar):
        return None
    value, like = expansion.args
    apply = program.builder.apply
    asks: Any = np.ndarray.size if isinstance(type_of(like), Array) else np.size
    size = apply(asks, (like,), (), stmt.loc)
    if isinstance(value, Const) and value.value == 1:
        total = apply(float, (size,), (), stmt.loc, stmt.target.name)
    else:
        total = apply(operator.mul, (value, size), (), stmt.loc, stmt.target.name)
    dtype = dtype_of(stmt.target.type)
    if dtype is None or dtype.itemsize <= narrow:
        return total
    return apply(intrinsics.cast, (total, like), (), stmt.loc, stmt.target.name)


def _cast(program: Rewriting, stmt: Apply) -> Operand | None:
    """What is expanded takes the dtype of what it is expanded to."""
    if stmt.op is not intrinsics.cast:
        return None
    expansion = program.definition(stmt.args[0], intrinsics.expand)
    like = stmt.args[1]
    if expansion is None or not isinstance(like, Var) or not isinstance(like.type, Array):
        return None
    if dims_of(type_of(expansion.args[1])) is None:
        return None  # which may be a part of what it takes the dtype of
    args = (expansion.args[0], like)
    return program.builder.apply(intrinsics.expand, args, (), stmt.loc, stmt.target.name)

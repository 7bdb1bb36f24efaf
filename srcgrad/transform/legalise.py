"""The compiler's own operations become NumPy's: the last pass before source is emitted.

=====================  ==============================================================
``expand(1, x)``       ``np.ones_like(x)``
``expand(c, x)``       ``np.full_like(x, c)``, or ``np.broadcast_to`` of an array
``zero(x)``            ``np.zeros_like(x)``
``masked(m, v)``       ``v * m``
``select(m, v)``       ``np.where(m, v, 0)``
``cast(v, x)``         ``v.astype(np.float32)``
``list_rows(v, xs)``   ``list(v)``
``scatter_add``        ``np.zeros_like`` and a store
``fresh(v, x)``        ``v`` where nobody else holds it, else ``v.copy()``; ``taken(v)`` of
                       what a loop carries
``detached(v)``        ``v.copy()``
``present(x)``         ``x``
``apart(x)``           ``x``
``tested(x)``          ``x``
``Ruled(f)(x)``        ``f(x)``, and so of ``Called``
=====================  ==============================================================
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.analysis.integers import perhaps_integers
from srcgrad.analysis.numbers import NumpyNumbers, PythonFloats
from srcgrad.analysis.ownership import Owners
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.alternatives import is_unlike
from srcgrad.ir.nodes import Apply, Block, Const, Function, If, Operand, Stmt, Store, Var
from srcgrad.ir.ops import Called, Ruled
from srcgrad.ir.types import (
    PY_FLOAT,
    Array,
    ListOf,
    Scalar,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    ndim_of,
    number_of,
)
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.broadcast import fills


def legalise(function: Function) -> Function:
    """``function`` in terms of operations that NumPy has."""
    owners = Owners(function)
    floats, numpys = PythonFloats(function), NumpyNumbers(function)

    integers = perhaps_integers(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and stmt.op in _OF_FLOATS and stmt.args[_like(stmt)] in integers:
            _OF_FLOATS[stmt.op](program, stmt)
        elif isinstance(stmt, Apply) and stmt.op is intrinsics.fresh:
            _fresh(program, stmt, owners, floats, numpys)
        elif isinstance(stmt, Apply) and isinstance(stmt.op, Ruled | Called):
            program.keep(replace(stmt, op=stmt.op.function))
        elif isinstance(stmt, Apply) and stmt.op in _LEGAL:
            _LEGAL[stmt.op](program, stmt)
        else:
            program.keep(stmt)

    return rewrite(function, step)


def _become(program: Rewriting, stmt: Apply, op: Any, *args: Operand, **kwargs: Operand) -> None:
    """Keeps ``stmt`` as another operation with the same result."""
    program.keep(Apply(stmt.target, op, args, tuple(kwargs.items()), stmt.loc))


def _expand(program: Rewriting, stmt: Apply) -> None:
    value, like = stmt.args
    if isinstance(value, Const) and value.value == 1:
        _become(program, stmt, np.ones_like, like, **_dtype_beside(like))
    elif isinstance(number_of(type_of(value)), Scalar):
        _become(program, stmt, np.full_like, like, value, **_dtype_beside(like))
    else:
        # What is not surely an array may be a Python number, on some paths or in the first trip.
        asks: Any = np.ndarray.shape if isinstance(type_of(like), Array) else np.shape
        shape = program.builder.apply(asks, (like,), (), stmt.loc)
        have, wanted = number_of(type_of(value)), dtype_of(type_of(like))
        if isinstance(have, Array) and wanted is not None and have.dtype != wanted:
            dtype = Const(wanted.type)  # as after np.sum(a, axis=0, dtype=np.float64)
            value = program.builder.apply(np.ndarray.astype, (value, dtype), (), stmt.loc)
        _become(program, stmt, np.broadcast_to, value, shape)


def _zero(program: Rewriting, stmt: Apply) -> None:
    type_ = number_of(type_of(stmt.args[0]))
    if isinstance(type_, ListOf):
        _become(program, stmt, lists.list_zeros, stmt.args[0])
    elif isinstance(type_, Scalar):
        is_float = type_.dtype == np.float64
        program.rename(stmt.target, Const(_zero_of(type_) if is_float else type_.dtype.type(0)))
    else:
        _become(program, stmt, np.zeros_like, stmt.args[0], **_dtype_beside(stmt.args[0]))


def _like(stmt: Apply) -> int:
    """The place of the argument that the result of an operation is like."""
    return 1 if stmt.op is intrinsics.expand else 0


def _expand_floats(program: Rewriting, stmt: Apply) -> None:
    value, like = stmt.args
    zeros = program.builder.apply(intrinsics.zero, (like,), (), stmt.loc)
    _become(program, stmt, operator.add, zeros, value)


def _scatter_floats(program: Rewriting, stmt: Apply) -> None:
    x, index, value = stmt.args
    _become(program, stmt, intrinsics.zero, x)
    program.keep(Store(stmt.target, index, value, True, stmt.loc))


def _dtype_beside(like: Operand) -> dict[str, Operand]:
    """The argument that names the dtype where an array like ``like`` may not have it."""
    type_ = type_of(like)
    array = type_.array if isinstance(type_, Unknown) else type_
    if not isinstance(array, Array) or (array is type_ and not is_unlike(array)):
        return {}
    return {"dtype": Const(array.dtype.type)}  # a sum that is a number yet may be an int


def _select(program: Rewriting, stmt: Apply) -> None:
    mask, value = stmt.args
    loc = stmt.loc
    is_choice = isinstance(number_of(type_of(mask)), Scalar)
    if is_choice and isinstance(number_of(type_of(value)), Scalar):
        # One number: a conditional expression.
        zero = Const(_zero_of(number_of(type_of(value))))
        then, orelse = Block((), (), (value,)), Block((), (), (zero,))
        program.keep(If((stmt.target,), mask, then, orelse, loc))
        return
    expansion = program.definition(value, intrinsics.expand) or program.definition(
        value, np.ones_like
    )
    if program.is_stored(value):
        expansion = None  # what is in it now is not what it was made with
    is_float64 = isinstance(stmt.target.type, Array) and stmt.target.type.dtype == np.float64
    shape = dims_of(stmt.target.type)
    fills_ = shape is not None and fills(dims_of(type_of(mask)), shape)
    if expansion is not None and is_float64 and fills_:
        one: Operand = Const(1.0) if expansion.op is np.ones_like else expansion.args[0]
        if isinstance(number_of(type_of(one)), Scalar):
            _become(program, stmt, np.where, mask, one, Const(0.0))
            return
    if stmt.op is intrinsics.masked:
        _become(program, stmt, operator.mul, value, mask)
    else:
        _become(program, stmt, np.where, mask, value, Const(0))


def _zero_of(type_: Type) -> Any:
    """The zero of a number's type."""
    assert isinstance(type_, Scalar)
    is_pythons = type_.python is not False and type_.dtype == np.float64
    return 0.0 if is_pythons else type_.dtype.type(0)


def _cast(program: Rewriting, stmt: Apply) -> None:
    value, like = stmt.args
    number, wanted = number_of(type_of(value)), number_of(type_of(like))
    if not isinstance(wanted, Array | Scalar):
        dtype = program.builder.apply(np.result_type, (like,), (), stmt.loc)
        _become(program, stmt, np.asarray, value, dtype=dtype)
    elif isinstance(wanted, Scalar) and wanted.python and wanted.dtype.kind == "f":
        _become(program, stmt, float, value)
    elif isinstance(number, Unknown) and isinstance(wanted, Array) and wanted.ndim:
        _become(program, stmt, np.asarray, value, dtype=Const(wanted.dtype.type))
    elif isinstance(number, Unknown) or dims_of(number) == ():
        _become(program, stmt, wanted.dtype.type, value)
    else:
        _become(program, stmt, np.ndarray.astype, value, Const(wanted.dtype.type))


def _scatter_add(program: Rewriting, stmt: Apply) -> None:
    x, index, value = stmt.args
    _become(program, stmt, np.zeros_like, x, **_dtype_beside(x))
    program.keep(Store(stmt.target, index, value, True, stmt.loc))


def _fresh(
    program: Rewriting, stmt: Apply, owners: Owners, floats: PythonFloats, numpys: NumpyNumbers
) -> None:
    value, like = stmt.args
    number, wanted = number_of(type_of(value)), number_of(type_of(like))
    if isinstance(wanted, Scalar):
        python = {"f": float, "c": complex}.get(wanted.dtype.kind, float)
        wanted_type = python if wanted.python else wanted.dtype.type
        is_right = number == wanted and (bool(wanted.python) or value in numpys)
        if isinstance(value, Const):
            program.rename(stmt.target, Const(wanted_type(value.value)))
        elif is_right or (wanted == PY_FLOAT and value in floats):
            program.rename(stmt.target, value)
        else:
            _become(program, stmt, wanted_type, value)
        return
    definition = program.definition(value) if not program.is_stored(value) else None
    if isinstance(number, Scalar) and isinstance(wanted, Array) and wanted.ndim:
        _become(program, stmt, np.full_like, like, value, **_dtype_beside(like))
    elif isinstance(wanted, Array) and not wanted.ndim:
        _become(program, stmt, np.array, value, dtype=Const(wanted.dtype.type))
    elif definition is not None and definition.op is np.broadcast_to:
        _become(program, stmt, np.full_like, like, definition.args[0], **_dtype_beside(like))
    elif isinstance(wanted, Array) and is_unlike(number):
        _become(program, stmt, np.ndarray.astype, value, Const(wanted.dtype.type))
    elif isinstance(value, Var) and owners.owns(value, stmt):
        if value in owners.carrier:  # as `u = u_new` is reversed: `u_new_bar = u_bar`
            _become(program, stmt, intrinsics.taken, value)
        else:
            program.rename(stmt.target, value)
    elif isinstance(number, Array):
        _become(program, stmt, np.ndarray.copy, value)
    else:
        _become(program, stmt, np.array, value)


def _of_kind(program: Rewriting, stmt: Apply) -> None:
    """Keeps the numbers that are of the class already as they are."""
    value, kind = stmt.args
    assert isinstance(kind, Const)
    made = program.definition(value)
    if made is not None and made.op is lists.list_rows and ndim_of(type_of(made.args[0])) == 1:
        if kind.value is float:
            _become(program, stmt, np.ndarray.tolist, made.args[0])
            return
        if dtype_of(type_of(made.args[0])) == kind.value:
            _become(program, stmt, made.op, made.args[0])
            return
    if made is not None and made.op is lists.list_fill:
        first = made.args[0]
        if isinstance(first, Const) and type(first.value) is kind.value:
            _become(program, stmt, made.op, *made.args)
            return
    program.keep(stmt)


_LEGAL: dict[Any, Callable[[Rewriting, Apply], None]] = {
    intrinsics.expand: _expand,
    intrinsics.zero: _zero,
    intrinsics.select: _select,
    intrinsics.masked: _select,
    intrinsics.cast: _cast,
    intrinsics.scatter_add: _scatter_add,
    **dict.fromkeys(
        (intrinsics.present, intrinsics.tested, intrinsics.apart),
        lambda program, stmt: program.rename(stmt.target, stmt.args[0]),
    ),
    intrinsics.detached: lambda program, stmt: _become(
        program, stmt, np.ndarray.copy, stmt.args[0]
    ),
    lists.list_of_kind: _of_kind,
    lists.list_rows: lambda program, stmt: _become(program, stmt, stmt.op, stmt.args[0]),
}

_OF_FLOATS: dict[Any, Callable[[Rewriting, Apply], None]] = {
    intrinsics.expand: _expand_floats,
    intrinsics.zero: lambda program, stmt: program.keep(stmt),
    intrinsics.scatter_add: _scatter_floats,
}
"""The same like what may be of integers: run time finds out whether it is."""

"""Rules of operations that mix dtypes compute in the dtype of the result.

The rule of ``x / n`` has ``1 / n``, which for a float32 number beside an array of float64 would be
good to float32 only.  That of ``np.arctan2(k, x)`` has ``k * k``, which wraps around where ``k`` is
an array of integers.  A cotangent that is a Python number would take the dtype of the array that it
is multiplied with.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Operand, Stmt, Var
from srcgrad.ir.types import INT64, Scalar, Type, dtype_of, number_of
from srcgrad.ir.walk import map_operand, statements, targets, variables
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.values import Value

FLOATS = "fc"
INTEGERS = "biu"
_GROWING = (operator.mul, operator.pow)
_SHIFTING = (operator.add, operator.sub, operator.neg)


def apply_rule(
    sp: Specialiser,
    rule: Any,
    given: tuple[Operand, ...],
    arguments: inspect.BoundArguments,
    target: Var,
    active: set[Var],
    loc: Loc,
) -> Value:
    """Inlines the rule of an elementwise operation that gives ``target``.

    If it computes anything with less precision than the result has, or with integers that may wrap
    around, it is inlined for operands in the dtype of the result instead; of those, the active ones
    are added to ``active``.
    """
    with sp.builder.nested() as body:
        result = calls.invoke(sp, Const(rule), (*given, *arguments.args), arguments.kwargs, loc)
    kinds = _too_narrow(body, target.type)
    if kinds:
        with sp.builder.nested() as body:
            wide = _widened(sp, arguments.args, kinds, target, active, loc)
            args = tuple(
                wide.get(a) or map_operand(a, lambda v: wide.get(v, v)) for a in arguments.args
            )
            result = calls.invoke(sp, Const(rule), (*given, *args), arguments.kwargs, loc)
    sp.builder.body.extend(body)
    return result


def strong(sp: Specialiser, bar: Operand, y: Var, operands: Iterable[Operand], loc: Loc) -> Operand:
    """The cotangent of ``y`` as a number that keeps its precision beside the operands."""
    number, whole = number_of(type_of(bar)), number_of(y.type)
    is_weak = isinstance(number, Scalar) and number.python is not False
    is_python = isinstance(whole, Scalar) and whole.python is not False
    if not is_weak or is_python:
        return bar
    if not any(_is_narrower(v.type, y.type) for x in operands for v in variables(x)):
        return bar
    return sp.builder.apply(intrinsics.cast, (bar, y), (), loc)


def _too_narrow(body: Iterable[Stmt], wanted: Type) -> str:
    """The kinds of dtypes in which ``body`` computes less well than ``wanted`` allows."""
    kinds = {
        INTEGERS if _has_integers_only(stmt) else FLOATS
        for stmt in statements(tuple(body))
        if _may_wrap(stmt, wanted) or any(_is_narrower(v.type, wanted) for v in targets(stmt))
    }
    return "".join(sorted(kinds))


def _has_integers_only(stmt: Stmt) -> bool:
    """Whether ``stmt`` computes with NumPy's integers: as floats they are what NumPy chooses,
    half a float for one byte."""
    if not isinstance(stmt, Apply):
        return False
    operands = [number_of(type_of(arg)) for arg in stmt.args]
    dtypes = [dtype_of(operand) for operand in operands]
    are_integers = all(dtype is not None and dtype.kind in INTEGERS for dtype in dtypes)
    return are_integers and any(map(_is_numpys, operands))


def _may_wrap(stmt: Stmt, wanted: Type) -> bool:
    """Whether ``stmt`` gives integers that may not be what is computed: ``k * k``, ``k - 1`` of one
    byte or without a sign, ``-k`` of booleans.  Sums of eight bytes are as large as they look."""
    dtype = dtype_of(wanted)
    if dtype is None or dtype.kind not in FLOATS or not isinstance(stmt, Apply):
        return False
    if not _has_integers_only(stmt):
        return False
    small = dtype_of(stmt.target.type) != INT64
    return stmt.op in _GROWING or (stmt.op in _SHIFTING and small)


def _is_numpys(type_: Type) -> bool:
    return not isinstance(type_, Scalar) or type_.python is not True


def _is_narrower(type_: Type, wanted: Type) -> bool:
    have, want = dtype_of(type_), dtype_of(wanted)
    if have is None or want is None or have.kind not in "fc" or have == want:
        return False
    return np.result_type(have, want) == want


def _widened(
    sp: Specialiser,
    args: Iterable[Operand],
    kinds: str,
    target: Var,
    active: set[Var],
    loc: Loc,
) -> dict[Operand, Operand]:
    """The operands of smaller dtypes, or of integers, in the dtype of the result."""
    found: dict[Operand, Operand] = {}
    dtype = dtype_of(target.type)
    for arg in args:
        if isinstance(arg, Const) and dtype and _is_widened(type_of(arg), kinds, target.type):
            found[arg] = Const(dtype.type(arg.value))
    for var in (v for arg in args for v in variables(arg)):
        if var not in found and _is_widened(var.type, kinds, target.type):
            found[var] = sp.builder.apply(intrinsics.cast, (var, target), (), loc)
            active.update(variables(found[var]) if var in active else ())
    return found


def _is_widened(type_: Type, kinds: str, wanted: Type) -> bool:
    if FLOATS in kinds and _is_narrower(type_, wanted):
        return True
    dtype = dtype_of(type_)
    is_integer = dtype is not None and dtype.kind in INTEGERS
    return INTEGERS in kinds and is_integer and _is_numpys(number_of(type_))

"""Rules of operations that mix dtypes compute in the dtype of the result.

The rule of ``x / n`` has ``1 / n``, which for a float32 number beside an array of float64 would be
good to float32 only.  A cotangent that is a Python number would take the dtype of the array that it
is multiplied with.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Stmt, Var
from srcgrad.ir.types import Scalar, Type, dtype_of, number_of
from srcgrad.ir.walk import map_operand, statements, targets, variables
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.values import Value


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

    If it computes anything with less precision than the result has, it is inlined for operands in
    the dtype of the result instead; of those, the active ones are added to ``active``.
    """
    with sp.builder.nested() as body:
        result = calls.invoke(sp, Const(rule), (*given, *arguments.args), arguments.kwargs, loc)
    if _is_less_precise(body, target.type):
        with sp.builder.nested() as body:
            wide = _widened(sp, arguments.args, target, active, loc)
            args = tuple(map_operand(arg, lambda v: wide.get(v, v)) for arg in arguments.args)
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


def _is_less_precise(body: Iterable[Stmt], wanted: Type) -> bool:
    """Whether anything is computed in a smaller dtype than ``wanted`` has."""
    return any(
        _is_narrower(var.type, wanted) for stmt in statements(tuple(body)) for var in targets(stmt)
    )


def _is_narrower(type_: Type, wanted: Type) -> bool:
    have, want = dtype_of(type_), dtype_of(wanted)
    if have is None or want is None or have.kind not in "fc" or have == want:
        return False
    return np.result_type(have, want) == want


def _widened(
    sp: Specialiser, args: Iterable[Operand], target: Var, active: set[Var], loc: Loc
) -> dict[Var, Operand]:
    """The operands of smaller dtypes, in the dtype of the result."""
    found: dict[Var, Operand] = {}
    for var in (v for arg in args for v in variables(arg)):
        if var not in found and _is_narrower(var.type, target.type):
            found[var] = sp.builder.apply(intrinsics.cast, (var, target), (), loc)
            active.update(variables(found[var]) if var in active else ())
    return found

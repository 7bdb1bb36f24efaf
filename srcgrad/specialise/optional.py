"""What is an array, or a number, or None: ``best = None`` before a loop that finds one.

And what is an array or a number: ``total = 0`` before a loop that adds arrays.

Its type is ``Unknown(there=...)``.  Where the program computes with it, Python raises an exception
if it is None, and so what computes with it knows that it is not: that is ``intrinsics.present``.
Where a test has found that out, ``if best is not None``, it is ``intrinsics.tested``.  A number has
no elements: what asks for one, or writes into it, knows that it has got an array.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.started import as_array, as_number, is_either
from srcgrad.ir.types import Array, Type, Unknown, ndim_of
from srcgrad.specialise.missing import ARITHMETIC
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

GIVING_NONE = (np.sum, np.prod, np.max, np.min)
"""The reductions that give None for None."""
_REDUCTIONS = (*GIVING_NONE, np.mean, np.dot, np.outer, np.linalg.norm)
_RAISING = ARITHMETIC | {*_REDUCTIONS, max, min}
"""What raises an exception if it is given None, beside ufuncs; reductions give None for it, with
which nothing can be computed either."""
_OF_ARRAYS = (operator.matmul, np.trace, np.split, np.array_split, np.cross)
"""What raises an exception if it is given a number."""
_MAKING = (np.array, np.asarray, np.asanyarray)
_STACKING = (np.stack, np.vstack, np.hstack, np.dstack, np.column_stack)
_TAKING_NONE = (
    *(np.equal, np.not_equal, np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
)
"""The ufuncs that do not mind None."""


def used(sp: Specialiser, op: Any, operands: tuple[Operand, ...], loc: Loc) -> tuple[Operand, ...]:
    """What an operation is given, as the arrays and numbers that they are if it does not raise."""
    if op in (operator.getitem, sum):  # None as an index is a new axis
        return (array_of(sp, operands[0], loc), *operands[1:])
    if op in _OF_ARRAYS:
        return tuple(array_of(sp, operand, loc) for operand in operands)
    if op is np.concatenate:
        return (_all_present(sp, operands[0], loc), *operands[1:])
    if op in _STACKING and isinstance(operands[0], Pack):
        for item in operands[0].items:
            refuse(item, f"'{op.__name__}' makes an array of objects of it", loc)
    if op is np.stack or op in _MAKING:
        operands = (_all_arrays(sp, operands[0], loc), *operands[1:])
    if op in _RAISING or (isinstance(op, np.ufunc) and op not in _TAKING_NONE):
        return tuple(present(sp, operand, loc) for operand in operands)
    return operands


def _all_present(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """The arrays of a display; None and numbers have no dimension along which they are joined."""
    if not isinstance(operand, Pack) or operand.kind not in (list, tuple):
        return operand
    return _of_items(operand, [array_of(sp, item, loc) for item in operand.items])


def _all_arrays(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """The rows of a display, all of which are arrays if one is."""
    if not isinstance(operand, Pack) or operand.kind not in (list, tuple):
        return operand
    if not any(isinstance(item, Var) and _has_axes(item) for item in operand.items):
        return operand
    started = (array_of(sp, x, loc) if is_started(x) else x for x in operand.items)
    return _of_items(operand, list(started))


def _has_axes(var: Var) -> bool:
    return isinstance(var.type, Array) and var.type.ndim > 0


def _of_items(pack: Pack, items: list[Operand]) -> Pack:
    same = all(item is old for item, old in zip(items, pack.items, strict=True))
    return pack if same else Pack(pack.kind, tuple(items))


def may_be_none(value: Value) -> TypeGuard[Var]:
    """Whether a value is an array or a number, or None."""
    type_ = value.type if isinstance(value, Var) else None
    return isinstance(type_, Unknown) and type_.there is not None


def is_started(value: Value) -> TypeGuard[Var]:
    """Whether a value is an array or a number: a sum that starts as one."""
    return isinstance(value, Var) and is_either(value.type)


def settled(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``; if tests have found out by now whether it is None, what it is then."""
    is_array = sp.found_out.is_array(value) if is_started(value) else None
    if is_array is not None and is_started(value):
        type_ = as_array(value.type) if is_array else as_number(value.type)
        return _narrowed(sp, value, type_, intrinsics.tested, loc)
    if not may_be_none(value):
        return value
    is_none = sp.found_out.is_none(value)
    if is_none is None:
        return value
    return Const(None) if is_none else sp.builder.apply(intrinsics.tested, (value,), (), loc)


def untested(sp: Specialiser, var: Var) -> Var:
    """What ``var`` was before a test had found out that it is not None."""
    stmt = sp.builder.definitions.get(var)
    if stmt is None or stmt.op is not intrinsics.tested or not isinstance(stmt.args[0], Var):
        return var
    return stmt.args[0]


def present(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """``operand``, where it is used as an array or a number."""
    if not may_be_none(operand):
        return operand
    return sp.builder.apply(intrinsics.present, (operand,), (), loc)


def array_of(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """The same, where a number raises: but an array of no dimension is asked as a number is."""
    if not is_started(operand):
        return present(sp, operand, loc)
    if not ndim_of(as_array(operand.type)):
        return operand
    return _narrowed(sp, operand, as_array(operand.type), intrinsics.present, loc)


def _narrowed(sp: Specialiser, operand: Var, type_: Type, op: Any, loc: Loc) -> Var:
    """What is an array or a number, as the one of both that it is."""
    stmt = Apply(Var("", type_), op, (operand,), (), loc)
    sp.builder.definitions[stmt.target] = stmt
    sp.builder.emit(stmt)
    return stmt.target


def refuse(value: Value, why: str, loc: Loc) -> None:
    """Refuses what may be None where it has to be known whether it is.

    Raises
    ------
    UnknownTypeError
        If that is not known; ``why`` says why it matters.
    """
    if may_be_none(value):
        raise refused(value, why, loc)


def refused(value: Var, why: str, loc: Loc) -> UnknownTypeError:
    """The error for what may be None where it has to be known whether it is."""
    message = f"{value.name or 'this value'} is None or not here, depending on data: {why}"
    return UnknownTypeError(message, loc, f"test it first: if {value.name or 'it'} is not None")

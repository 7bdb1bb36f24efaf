"""Operators between a list or a tuple and what may be an array or not, depending on data.

An array, or a number of NumPy's, makes an array of the list.  A number of Python's and None do not:
with them ``*`` repeats the list, ``==`` is False, and everything else raises.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.started import is_either
from srcgrad.ir.types import UNKNOWN, Array, ListOf, Scalar, Type, Unknown, least, number_of
from srcgrad.rules.ufuncs import BINARY_OPERATORS, BITWISE_OPERATORS
from srcgrad.specialise import compiled
from srcgrad.specialise.builder import type_of

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_COMPUTING = frozenset(
    [
        *(*BINARY_OPERATORS, *BITWISE_OPERATORS),
        *(operator.add, operator.sub, operator.pow, operator.matmul),
    ]
)
"""The operators that give an array where NumPy is asked; Python's own answers are other ones."""
_TEXT = Const("unsupported operand type(s): what meets a list or a tuple here is no array")
_HINT = "if it is to be multiplied, make the list an array: np.array([...])"


def check(sp: Specialiser, op: Any, operands: tuple[Operand, ...], loc: Loc) -> None:
    """Emits a test that what meets a list or a tuple is NumPy's, where it may be Python's too: with
    that the operator raises.

    Raises
    ------
    UnknownTypeError
        If it may repeat the list instead.
    """
    if op not in _COMPUTING or len(operands) != 2:
        return
    for operand, display in (operands, operands[::-1]):
        type_ = number_of(type_of(operand))
        asked = is_display(display) and may_be_numpys(type_) and not is_array(sp, operand)
        if not asked:
            continue
        if op is operator.mul:
            check_count(operand, loc)
        quiet = op is operator.matmul or _may_be_empty(display)  # NumPy says nothing of None
        if _may_be_pythons(type_) or (quiet and _may_be_none(type_)):
            test = _refuse_numbers if op is operator.matmul else _refuse_pythons
            compiled.run(sp, test, (operand, _TEXT), loc)


def check_count(count: Operand, loc: Loc) -> None:
    """Whether something repeats a list, or is multiplied by it.

    Raises
    ------
    UnknownTypeError
        If that is not known.
    """
    type_ = type_of(count)
    if type_ == UNKNOWN or is_either(type_):
        name = getattr(count, "name", "") or "this value"
        message = f"{name} may be an array or a number here: the one is multiplied by the list, "
        raise UnknownTypeError(message + "the other repeats it", loc, _HINT)


_MAKING = (np.array, np.asarray, np.asanyarray, np.atleast_1d, np.atleast_2d)


def is_array(sp: Specialiser, operand: Operand) -> bool:
    """Whether something is an array, by its type or because of what has made it."""
    if isinstance(number_of(type_of(operand)), Array):
        return True
    stmt = sp.builder.definitions.get(operand) if isinstance(operand, Var) else None
    if stmt is None:
        return False
    if stmt.op in _MAKING:
        return True
    return _has_axes(sp, operand)


def _has_axes(sp: Specialiser, operand: Operand) -> bool:
    """Whether something is an array that makes one of what it meets: those of no axes give numbers
    of NumPy's, and so do products of matrices."""
    type_ = type_of(operand)
    if isinstance(type_, Array):
        return type_.ndim > 0
    stmt = sp.builder.definitions.get(operand) if isinstance(operand, Var) else None
    if stmt is None or stmt.op not in _COMPUTING or stmt.op is operator.matmul:
        return False
    return any(_has_axes(sp, arg) for arg in stmt.args)


def _refuse_pythons(value: Any, text: Any) -> None:
    """Compiled like the user's functions."""
    if not isinstance(value, (np.ndarray, np.generic)):
        raise TypeError(text)


def _refuse_numbers(value: Any, text: Any) -> None:
    """Compiled like the user's functions; matrices are not multiplied by numbers of NumPy's."""
    if not isinstance(value, np.ndarray):
        raise TypeError(text)


def is_display(operand: Operand) -> bool:
    """Whether an operand is a list or a tuple."""
    if isinstance(operand, Pack):
        return operand.kind in (list, tuple)
    if isinstance(operand, Const):
        return isinstance(operand.value, list | tuple)
    return isinstance(type_of(operand), ListOf)


def is_compared(op: Any, operands: tuple[Operand, ...]) -> bool:
    """Whether it is known by now that NumPy compares these, or else it raises, as Python does."""
    types = [number_of(type_of(operand)) for operand in operands]
    if any(map(_is_numpys, types)):
        return True
    if not any(map(may_be_numpys, types)):
        return False
    equality = op in (operator.eq, operator.ne)
    quiet = equality or any(is_display(each) and _may_be_empty(each) for each in operands)
    return not any(_may_be_pythons(t) or (quiet and _may_be_none(t)) for t in types)


def _is_numpys(type_: Type) -> bool:
    """Whether a value is known to be an array or a number of NumPy's."""
    known = isinstance(type_, Array | Scalar)
    return known and may_be_numpys(type_) and not _may_be_pythons(type_)


def may_be_numpys(type_: Type) -> bool:
    """Whether a value may be an array or a number of NumPy's."""
    match type_:
        case Scalar(instead=None):
            return type_.python is not True
        case Scalar(instead=Scalar() as instead):
            return type_.python is not True or may_be_numpys(instead)
        case Unknown(there=Array() | Scalar() as there):
            return may_be_numpys(there)
    return isinstance(type_, Array | Unknown)


def _may_be_pythons(type_: Type) -> bool:
    """Whether a value may be a number of Python's."""
    match type_:
        case Scalar(instead=None):
            return type_.python is not False
        case Scalar(instead=Scalar() as instead):
            return type_.python is not False or _may_be_pythons(instead)
        case Unknown(there=Array() | Scalar() as there):
            return _may_be_pythons(there)
    return isinstance(type_, Unknown)


def _may_be_none(type_: Type) -> bool:
    return isinstance(type_, Unknown)


def _may_be_empty(display: Operand) -> bool:
    """Whether a list may have no elements, with which nothing is computed, and nothing raises."""
    if isinstance(display, Pack):
        return not display.items
    type_ = type_of(display)
    return isinstance(type_, ListOf) and (type_.length is None or least(type_.length) < 1)

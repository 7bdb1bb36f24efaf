"""What is an array or None: ``best = None`` before a loop that finds one.

Its type is ``Unknown(array=...)``.  Where the program computes with it, Python raises an exception
unless it is the array, and so what comes after knows that it is: that is ``intrinsics.present``.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Operand, Var
from srcgrad.ir.types import Type, Unknown
from srcgrad.specialise.missing import ARITHMETIC

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

GIVING_NONE = (np.sum, np.prod, np.max, np.min)
"""The reductions that give None for None."""
_REDUCTIONS = (*GIVING_NONE, np.mean, np.dot, np.outer, np.linalg.norm)
_RAISING = ARITHMETIC | {*_REDUCTIONS}
"""What raises an exception if it is given None, beside ufuncs; reductions give None for it, with
which nothing can be computed either."""


def used(sp: Specialiser, op: Any, operands: tuple[Operand, ...], loc: Loc) -> tuple[Operand, ...]:
    """What an operation is given, as the arrays that they are if it does not raise."""
    if op is operator.getitem:  # None as an index is a new axis
        return (present(sp, operands[0], loc), *operands[1:])
    if op in _RAISING or isinstance(op, np.ufunc):
        return tuple(present(sp, operand, loc) for operand in operands)
    return operands


def is_optional(type_: Type) -> bool:
    """Whether a type is that of an array or None."""
    return isinstance(type_, Unknown) and type_.array is not None


def present(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """``operand``, where it is used as an array."""
    if not isinstance(operand, Var) or not is_optional(operand.type):
        return operand
    return sp.builder.apply(intrinsics.present, (operand,), (), loc)

"""Fractional powers of negative numbers, which are complex numbers if the numbers are Python's.

Nothing else that is computed of real numbers is complex, and no derivative passes through it.  What
is computed with one is complex too, and raises where a real number is asked for, in the gradient as
in the function; but for ``abs`` and the like, which make a real number of it.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Apply, Const, Operand, Var
from srcgrad.ir.types import Known, Scalar, Type, number_of
from srcgrad.specialise import branches, calls, certain
from srcgrad.specialise.builder import type_of

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MADE_REAL = frozenset(
    (
        *(abs, operator.abs, np.abs, np.real, np.imag, np.angle, np.isreal, np.iscomplex),
        *(np.ndarray.real, np.ndarray.imag),
    )
)
_POWERS = (operator.pow, pow)
_PASSING = frozenset(
    (
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.neg),
        *(operator.pos, *_POWERS),
    )
)


def check(sp: Specialiser, op: object, operands: tuple[Operand, ...], loc: Loc) -> None:
    """Emits a test that what is made real was real, where it may not be."""
    if not (operands and calls.find(_MADE_REAL, op)) or not may_be_complex(sp, operands[0]):
        return
    if certain.is_trying(sp):
        message = "a fractional power of a negative number is complex, and this is in a 'try'"
        hint = "take the power of abs(...), or of a number of NumPy's"
        raise UnsupportedSyntaxError(message, loc, hint)
    is_complex = sp.builder.apply(isinstance, (operands[0], Const(complex)), (), loc)
    error = TypeError("a fractional power of a negative number is complex: it has no derivative")
    branches.raise_if(sp, is_complex, error, loc)


def may_be_complex(sp: Specialiser, operand: Operand) -> bool:
    """Whether a number, as it is computed here, may be a fractional power of a negative one."""
    waiting = [operand]
    while waiting:
        made = sp.builder.definitions.get(var) if isinstance(var := waiting.pop(), Var) else None
        if made is None or made.op not in _PASSING or not _may_be_pythons(type_of(var)):
            continue
        if made.op in _POWERS and _is_fractional(made):
            return True
        waiting.extend(made.args)
    return False


def _is_fractional(power: Apply) -> bool:
    base, exponent = (type_of(arg) for arg in power.args[:2])
    if isinstance(exponent, Known) and isinstance(exponent.value, int | float):
        if float(exponent.value).is_integer():
            return False
    elif _kind(exponent) != "f":
        return False
    if isinstance(base, Known) and isinstance(base.value, int | float) and base.value >= 0:
        return False
    return _may_be_pythons(base)


def _may_be_pythons(type_: Type) -> bool:
    number = number_of(type_)
    return isinstance(number, Scalar) and number.python is not False


def _kind(type_: Type) -> str:
    number = number_of(type_)
    return number.dtype.kind if isinstance(number, Scalar) else "f"

"""Fractional powers of negative numbers, which are complex numbers if the numbers are Python's.

Nothing else that is computed of real numbers is complex, and no derivative passes through it.  What
is computed with one is complex too, and raises where a real number is asked for, in the gradient as
in the function; but for ``abs`` and the like, which make a real number of it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Apply, Const, Operand, Var
from srcgrad.ir.types import Array, Known, Scalar, Type, number_of
from srcgrad.ir.walk import variables
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
_REAL = frozenset(value for value in vars(math).values() if callable(value))
"""What raises for a complex number."""
_CONVERTING = frozenset((float, np.float64, np.float32, np.float16, np.ndarray.astype))
"""What makes a real number of a complex one of NumPy's, and warns; of Python's it makes none."""
_NEVER_NEGATIVE = frozenset(
    (
        *(abs, operator.abs, math.fabs, math.exp, math.sqrt, math.hypot, math.dist),
        *(np.abs, np.exp, np.sqrt, np.linalg.norm),
    )
)
_EVEN = (2, 4, 6)
_POWERS = (operator.pow, pow)

Sources = Callable[[Var], Sequence[Operand] | Apply]
"""Gives what a variable is computed from: the operation, or those of which it is one."""


def check(sp: Specialiser, op: object, operands: tuple[Operand, ...], loc: Loc) -> None:
    """Emits a test that what is made real was real, where it may not be."""
    if not operands or not _makes_real(op, operands[0]) or not may_be_complex(sp, operands[0]):
        return
    if certain.is_trying(sp):
        message = "a fractional power of a negative number is complex, and this is in a 'try'"
        hint = "take the power of abs(...), or of a number of NumPy's"
        raise UnsupportedSyntaxError(message, loc, hint)
    error = TypeError("a fractional power of a negative number is complex: it has no derivative")
    branches.raise_if(sp, is_complex(sp, operands[0], loc), error, loc)


def is_complex(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """Emits a test whether a number, or an array, is complex."""
    if isinstance(number_of(type_of(operand)), Scalar):
        return sp.builder.apply(isinstance, (operand, Const(complex)), (), loc)
    return sp.builder.apply(np.iscomplexobj, (operand,), (), loc)


def may_be_complex(sp: Specialiser, operand: Operand) -> bool:
    """Whether what is computed here may be computed from a fractional power of a negative one."""

    def sources(var: Var) -> Sequence[Operand] | Apply:
        return sp.builder.definitions.get(var) or sp.found_out.chosen_from(var)

    return comes_from_power(operand, sources)


def classes(sp: Specialiser, operand: Operand) -> tuple[type, ...]:
    """The classes that a number may be of because it is complex."""
    number = number_of(type_of(operand))
    if not isinstance(number, Scalar) or not may_be_complex(sp, operand):
        return ()
    return (np.complex128,) if number.python is False else (complex,)


def comes_from_power(operand: Operand, sources: Sources) -> bool:
    """Whether something may be computed from a fractional power of a negative number of Python's.

    What is computed from a complex number is complex, unless it is made real on the way.
    """
    waiting, seen = list(variables(operand)), set[Var]()
    while waiting:
        var = waiting.pop()
        if var in seen or not _may_be_float(var.type):
            continue
        seen.add(var)
        made = sources(var)
        if not isinstance(made, Apply):
            waiting.extend(v for operand in made for v in variables(operand))
            continue
        if made.op in _POWERS and _is_fractional(made, sources):
            return True
        if not _is_real(made):
            waiting.extend(v for arg in made.args for v in variables(arg))
    return False


def _is_real(made: Apply) -> bool:
    """Whether what an operation gives is real, or it raises."""
    return any(calls.find(table, made.op) for table in (_REAL, _CONVERTING, _MADE_REAL))


def _makes_real(op: object, operand: Operand) -> bool:
    """Whether an operation makes a real number of a complex one."""
    if calls.find(_MADE_REAL, op):
        return True
    number = number_of(type_of(operand))
    is_pythons = isinstance(number, Scalar) and number.python is True
    return bool(calls.find(_CONVERTING, op)) and not is_pythons


def _may_be_float(type_: Type) -> bool:
    number = number_of(type_)
    return not isinstance(number, Array | Scalar) or number.dtype.kind == "f"


def _is_fractional(power: Apply, sources: Sources) -> bool:
    base, exponent = (type_of(arg) for arg in power.args[:2])
    if isinstance(exponent, Known) and isinstance(exponent.value, int | float):
        if float(exponent.value).is_integer():
            return False
    elif _kind(exponent) != "f":
        return False
    return _may_be_pythons(base) and not _is_never_negative(power.args[0], sources)


def _is_never_negative(operand: Operand, sources: Sources) -> bool:
    """Whether a number is made of squares, of sizes and the like."""
    waiting, seen = [operand], set[Operand]()
    while waiting:
        operand = waiting.pop()
        if operand in seen:
            continue
        seen.add(operand)
        known = type_of(operand)
        if isinstance(known, Known) and isinstance(known.value, int | float):
            if known.value < 0:
                return False
            continue
        made = sources(operand) if isinstance(operand, Var) else ()
        if not isinstance(made, Apply):
            return False
        if made.op in (operator.add, operator.mul, operator.truediv) and not _is_square(made):
            waiting.extend(made.args)
        elif not (_is_square(made) or calls.find(_NEVER_NEGATIVE, made.op)):
            return False
    return True


def _is_square(made: Apply) -> bool:
    if made.op is operator.mul:
        return made.args[0] is made.args[1]
    exponent = type_of(made.args[1]) if made.op in _POWERS else None
    return isinstance(exponent, Known) and exponent.value in _EVEN


def _may_be_pythons(type_: Type) -> bool:
    number = number_of(type_)
    return isinstance(number, Scalar) and number.python is not False


def _kind(type_: Type) -> str:
    number = number_of(type_)
    return number.dtype.kind if isinstance(number, Scalar) else "f"

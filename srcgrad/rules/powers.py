"""Powers: ``x ** p`` for every kind of exponent.

A constant exponent that is a whole number gives what one writes by hand: ``2 * x``,
``3 * x ** 2``.  Below an exponent of one the derivative is infinite at zero, where a cotangent of
zero has to stay zero; and with respect to the exponent there is none where the base is negative.
"""

from __future__ import annotations

import builtins
import math
import operator
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import compile_time, is_active
from srcgrad.ir.ops import operation, pointwise
from srcgrad.ir.types import PY_FLOAT, Type
from srcgrad.rules.static import is_constant, is_float, is_numpys


@operation(math.pow)
def _pow_type(a: Type, b: Type) -> Type:
    return PY_FLOAT


@compile_time
def is_smooth(p: Any) -> bool:
    """Whether ``x ** p`` has a finite derivative wherever it is finite itself."""
    return bool(p >= 1 or p == 0)


@pointwise(np.power, np.float_power, operator.pow, builtins.pow, math.pow)
def power(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    a_bar = by_base(y_bar, y, a, b) if is_active(a) else None
    b_bar = by_exponent(y_bar, y, a, b) if is_active(b) else None
    return a_bar, b_bar


def by_base(y_bar: Any, y: Any, x: Any, p: Any) -> Any:
    """The cotangent of the base."""
    if is_constant(p):
        if p == 0:
            return None
        if p == 1:
            return y_bar
        if p == 2:
            return y_bar * (2 * x)
        if p == 3:
            return y_bar * (3 * x * x)
        if is_smooth(p):
            return y_bar * (p * x ** (p - 1))
    return guarded(y_bar, x, p)


def guarded(y_bar: Any, x: Any, p: Any) -> Any:
    """``y_bar * p * x ** (p - 1)``, but zero where ``y_bar`` is zero, even at a pole."""
    if np.ndim(y_bar) == 0:
        return y_bar * (p * raised(x, lowered(p), p)) if y_bar != 0 else y_bar
    if np.ndim(x) > 0 and x.all():
        return y_bar * (p * x ** (p - 1))
    return y_bar * (p * np.where(y_bar == 0, 1, x) ** lowered(p))


def raised(x: Any, q: Any, p: Any) -> Any:
    """``x ** q`` where ``x ** p`` exists: of Python's zero too, of which NumPy's power is infinite.

    An exponent that is a whole number has a pole only where the power itself has.
    """
    if is_numpys(x) or not is_float(p) or (is_constant(p) and p < 0):
        return x**q
    return np.power(x, q)


def lowered(p: Any) -> Any:
    """``p - 1``, and 0 where ``p`` is 0: the slope there is ``0 * x ** 0`` and not ``0 / x``."""
    return p - 1 if is_constant(p) else p - 1 + (p == 0)


def by_exponent(y_bar: Any, y: Any, x: Any, p: Any) -> Any:
    """The cotangent of the exponent: ``log(x) * y``, and zero where that is not a number."""
    if np.ndim(x) == 0:
        return y_bar * (y * math.log(x)) if x > 0 else 0.0 * y_bar
    if (x > 0).all():
        return y_bar * (y * np.log(x))
    return y_bar * (y * np.log(np.where(x > 0, x, 1)))

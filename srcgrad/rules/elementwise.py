"""The derivatives of elementwise operations, as partial derivatives with respect to operands.

At a kink the derivative is a convention: ``abs`` has 0 at 0, ``maximum(x, c)`` passes nothing at
``x == c`` and splits evenly where both operands are differentiated, ``clip`` passes on its bounds.
"""

from __future__ import annotations

import builtins
import math
import operator
from typing import Any

import numpy as np

from srcgrad.ir.intrinsics import cast, is_active, unbroadcast
from srcgrad.ir.ops import elementwise, pointwise, vjp, zero_derivative
from srcgrad.rules import mapping, ufuncs  # noqa: F401  (declare the operations)
from srcgrad.rules.static import (
    is_boolean,
    is_constant,
    is_numeric,
    is_numpys,
    may_be_boolean,
    may_be_zero,
)

# --- arithmetic ---------------------------------------------------------------------------------


@elementwise(np.add, operator.add)
def add(y: Any, a: Any, b: Any) -> Any:
    return 1, 1


@elementwise(np.subtract, operator.sub)
def subtract(y: Any, a: Any, b: Any) -> Any:
    return 1, -1


@elementwise(np.multiply, operator.mul)
def multiply(y: Any, a: Any, b: Any) -> Any:
    return b, a


@elementwise(np.true_divide, operator.truediv)
def divide(y: Any, a: Any, b: Any) -> Any:
    by = cast(b, y) if may_be_zero(b) and is_numpys(y) else b
    return 1 / by, -y / b


@elementwise(np.negative, operator.neg)
def negative(y: Any, x: Any) -> Any:
    return -1


@elementwise(np.positive, operator.pos, np.conjugate)
def positive(y: Any, x: Any) -> Any:
    return 1


@elementwise(np.remainder, operator.mod)
def remainder(y: Any, a: Any, b: Any) -> Any:
    return 1, -(a // b)


@elementwise(np.fmod)
def fmod(y: Any, a: Any, b: Any) -> Any:
    return 1, -np.trunc(a / b)


@vjp(np.divmod, builtins.divmod)
def divmod_(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    from_remainder = y_bar[1]
    return unbroadcast(from_remainder, a), unbroadcast(-y[0] * from_remainder, b)


@elementwise(np.square)
def square(y: Any, x: Any) -> Any:
    return 2 * x


@elementwise(np.reciprocal)
def reciprocal(y: Any, x: Any) -> Any:
    return -y * y


# --- exponentials and logarithms ----------------------------------------------------------------


@elementwise(np.exp)
def exp(y: Any, x: Any) -> Any:
    return y


@elementwise(np.exp2)
def exp2(y: Any, x: Any) -> Any:
    return y * math.log(2)


@elementwise(np.expm1)
def expm1(y: Any, x: Any) -> Any:
    return y + 1


@elementwise(np.log)
def log(y: Any, x: Any) -> Any:
    return 1 / x


@elementwise(np.log2)
def log2(y: Any, x: Any) -> Any:
    return 1 / (x * math.log(2))


@elementwise(np.log10)
def log10(y: Any, x: Any) -> Any:
    return 1 / (x * math.log(10))


@elementwise(np.log1p)
def log1p(y: Any, x: Any) -> Any:
    return 1 / (1 + x)


@elementwise(np.logaddexp)
def logaddexp(y: Any, a: Any, b: Any) -> Any:
    return np.exp(a - y), np.exp(b - y)


@elementwise(np.logaddexp2)
def logaddexp2(y: Any, a: Any, b: Any) -> Any:
    return np.exp2(a - y), np.exp2(b - y)


# --- trigonometry -------------------------------------------------------------------------------


@elementwise(np.sin)
def sin(y: Any, x: Any) -> Any:
    return np.cos(x)


@elementwise(np.cos)
def cos(y: Any, x: Any) -> Any:
    return -np.sin(x)


@elementwise(np.tan)
def tan(y: Any, x: Any) -> Any:
    return 1 + y * y


@elementwise(np.arcsin)
def arcsin(y: Any, x: Any) -> Any:
    return 1 / np.sqrt(1 - x * x)


@elementwise(np.arccos)
def arccos(y: Any, x: Any) -> Any:
    return -1 / np.sqrt(1 - x * x)


@elementwise(np.arctan)
def arctan(y: Any, x: Any) -> Any:
    return 1 / (1 + x * x)


@elementwise(np.arctan2)
def arctan2(y: Any, a: Any, b: Any) -> Any:
    square_norm = a * a + b * b
    return b / square_norm, -a / square_norm


@elementwise(np.sinh)
def sinh(y: Any, x: Any) -> Any:
    return np.cosh(x)


@elementwise(np.cosh)
def cosh(y: Any, x: Any) -> Any:
    return np.sinh(x)


@elementwise(np.tanh)
def tanh(y: Any, x: Any) -> Any:
    return 1 - y * y


@elementwise(np.arcsinh)
def arcsinh(y: Any, x: Any) -> Any:
    return 1 / np.sqrt(x * x + 1)


@elementwise(np.arccosh)
def arccosh(y: Any, x: Any) -> Any:
    return 1 / np.sqrt(x * x - 1)


@elementwise(np.arctanh)
def arctanh(y: Any, x: Any) -> Any:
    return 1 / (1 - x * x)


@elementwise(np.deg2rad, np.radians)
def deg2rad(y: Any, x: Any) -> Any:
    return np.pi / 180


@elementwise(np.rad2deg, np.degrees)
def rad2deg(y: Any, x: Any) -> Any:
    return 180 / np.pi


# --- kinks --------------------------------------------------------------------------------------


def sign(x: Any) -> Any:
    """``np.sign(x)``; NumPy has none of a boolean, which ``x`` may be in some run."""
    if not may_be_boolean(x):
        return np.sign(x)
    return np.sign(1.0 * x) if is_numpys(x) else np.sign(float(x))


@elementwise(np.absolute, np.fabs, operator.abs, builtins.abs)
def absolute(y: Any, x: Any) -> Any:
    return sign(x)


@elementwise(np.maximum)
def maximum(y: Any, a: Any, b: Any) -> Any:
    if is_active(a) and is_active(b):
        return (a > b) + 0.5 * (a == b), (b > a) + 0.5 * (a == b)
    # The result exceeds the loser where the operand does; it is more often there anyway.
    return y > b, y > a


@elementwise(np.minimum)
def minimum(y: Any, a: Any, b: Any) -> Any:
    if is_active(a) and is_active(b):
        return (a < b) + 0.5 * (a == b), (b < a) + 0.5 * (a == b)
    return y < b, y < a


@elementwise(np.fmax)
def fmax(y: Any, a: Any, b: Any) -> Any:
    # An operand that is nan loses against one that is a number.
    if is_active(a) and is_active(b):
        half = 0.5 * (a == b)
        return (a > b) + half + 1.0 * np.isnan(b), (b > a) + half + 1.0 * np.isnan(a)
    return (a > b) | np.isnan(b), (b > a) | np.isnan(a)


@elementwise(np.fmin)
def fmin(y: Any, a: Any, b: Any) -> Any:
    if is_active(a) and is_active(b):
        half = 0.5 * (a == b)
        return (a < b) + half + 1.0 * np.isnan(b), (b < a) + half + 1.0 * np.isnan(a)
    return (a < b) | np.isnan(b), (b < a) | np.isnan(a)


@elementwise(np.copysign)
def copysign(y: Any, a: Any, b: Any) -> Any:
    return sign(a) * np.copysign(1.0, b), None


@elementwise(np.heaviside)
def heaviside(y: Any, a: Any, b: Any) -> Any:
    return None, a == 0


# --- roots and distances ------------------------------------------------------------------------


def nonzero(x: Any) -> Any:
    """``x`` with ones in place of zeros, as a divisor of what is zero there anyway."""
    if np.ndim(x) == 0:
        return x + (x == 0)
    if x.all():
        return x
    return np.where(x == 0, 1, x)


def divide_or_zero(v: Any, d: Any) -> Any:
    """``v / d``, but zero where ``v`` is zero, even if ``d`` is."""
    if np.ndim(d) == 0:
        return quotient(v, d) if v != 0 else v
    if d.all():
        return v / d
    return v / np.where(v == 0, 1, d)


def quotient(v: Any, d: Any) -> Any:
    """``v / d`` of numbers as NumPy has it: infinite at a pole, where Python's own raises."""
    return v / d if is_numpys(v) or is_numpys(d) else np.divide(v, d)


@elementwise(np.hypot)
def hypot(y: Any, a: Any, b: Any) -> Any:
    distance = nonzero(y)
    return a / distance, b / distance


# These are linear in the cotangent, yet no product with a partial derivative: where that is
# infinite, a cotangent of zero has to stay zero.


@pointwise(np.sqrt)
def sqrt(y_bar: Any, y: Any, x: Any) -> Any:
    return divide_or_zero(y_bar, 2 * y)


@pointwise(np.cbrt)
def cbrt(y_bar: Any, y: Any, x: Any) -> Any:
    return divide_or_zero(y_bar, 3 * y * y)


# --- selection ----------------------------------------------------------------------------------


@elementwise(np.where)
def where(y: Any, condition: Any, a: Any, b: Any) -> Any:
    if is_constant(condition) and condition is None:
        return None, None, 1
    if is_boolean(condition):
        return None, condition, ~condition
    if is_numeric(condition):
        return None, np.not_equal(condition, 0), np.equal(condition, 0)
    holds = np.asarray(condition, bool)
    return None, holds, ~holds


def truth(condition: Any) -> Any:
    """A condition as NumPy takes one: None is false, and text is true unless it is empty."""
    return condition if is_boolean(condition) else np.asarray(condition, bool)


@elementwise(np.clip)
def clip(
    y: Any, a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None
) -> Any:
    if min is not None or max is not None:
        bars = bounded(a, min, max)
        return bars[0], None, None, bars[1], bars[2]
    return bounded(a, a_min, a_max)


@elementwise(np.ndarray.clip)
def clip_method(y: Any, a: Any, min: Any = None, max: Any = None) -> Any:
    return bounded(a, min, max)


def bounded(a: Any, low: Any, high: Any) -> Any:
    """Which elements pass ``clip``, and which take the value of the bounds."""
    if low is None and high is None:
        return 1, None, None
    if low is None:
        return a <= high, None, a > high
    if high is None:
        return a >= low, a < low, None
    return (a >= low) & (a <= high), (a < low) & (low <= high), (a > high) | (low > high)


@elementwise(np.nan_to_num)
def nan_to_num(y: Any, x: Any) -> Any:
    return np.isfinite(x)


@elementwise(np.sinc)
def sinc(y: Any, x: Any) -> Any:
    # At zero the quotient is replaced by its tangent, which makes the second derivative right.
    slope = (np.cos(np.pi * x) - y) / np.where(x == 0, 1, x)
    return np.where(x == 0, -np.pi * np.pi / 3 * x, slope)


@elementwise(np.real, np.ndarray.real, np.ndarray.conj, np.ndarray.conjugate)
def real(y: Any, x: Any) -> Any:
    return 1


zero_derivative([np.round, np.ndarray.round, np.around, np.fix])
zero_derivative([np.imag, np.ndarray.imag], of_reals=True)

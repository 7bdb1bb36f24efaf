"""Numbers: the functions of :mod:`math`, and Python's builtins for numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.ir import intrinsics
from srcgrad.ir.alternatives import either_number
from srcgrad.ir.intrinsics import cast, expand, is_active, select, unbroadcast
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.lists import fills, is_display, list_append, list_fill
from srcgrad.ir.ops import elementwise, operation, pointwise, vjp, zero_derivative
from srcgrad.ir.shapes import NONE, ZERO, element_type, is_none, result
from srcgrad.ir.types import (
    NUMBER,
    PY_BOOL,
    PY_FLOAT,
    PY_INT,
    TEXT,
    UNKNOWN,
    Array,
    Dim,
    Known,
    ListOf,
    Object,
    PackType,
    Scalar,
    Size,
    Type,
    dtype_of,
    is_some_number,
    least,
    number_of,
)
from srcgrad.rules.elementwise import divide_or_zero, quotient, sign
from srcgrad.rules.static import is_numpys
from srcgrad.rules.ufuncs import operator_type

_UNARY: list[Any] = [
    math.sin, math.cos, math.tan, math.asin, math.acos, math.atan,
    math.sinh, math.cosh, math.tanh, math.asinh, math.acosh, math.atanh,
    math.exp, math.exp2, math.expm1, math.log1p, math.log2, math.log10, math.sqrt, math.cbrt,
    math.erf, math.erfc, math.gamma, math.lgamma, math.degrees, math.radians, math.fabs,
]  # fmt: skip


def _float_of_one(x: Type) -> Type:
    return PY_FLOAT


def _float_of_two(a: Type, b: Type) -> Type:
    return PY_FLOAT


operation(*_UNARY)(_float_of_one)
operation(math.atan2, math.fmod, math.copysign, math.remainder)(_float_of_two)


@operation(math.floor, math.ceil, math.trunc)
def _whole_type(x: Type) -> Type:
    return PY_INT


@operation(math.isfinite, math.isinf, math.isnan)
def _predicate_type(x: Type) -> Type:
    return PY_BOOL


@operation(math.isclose)
def _isclose_type(a: Type, b: Type, *, rel_tol: Type = NONE, abs_tol: Type = NONE) -> Type:
    return PY_BOOL


@operation(math.log)
def _log_type(x: Type, base: Type = NONE) -> Type:
    return PY_FLOAT


@operation(math.hypot)
def _hypot_type(*coordinates: Type) -> Type:
    return PY_FLOAT


zero_derivative(
    [math.floor, math.ceil, math.trunc, math.isfinite, math.isinf, math.isnan, math.isclose]
)


# --- math ---------------------------------------------------------------------------------------


@elementwise(math.sin)
def sin(y: Any, x: Any) -> Any:
    return math.cos(x)


@elementwise(math.cos)
def cos(y: Any, x: Any) -> Any:
    return -math.sin(x)


@elementwise(math.tan)
def tan(y: Any, x: Any) -> Any:
    return 1 + y * y


@elementwise(math.asin)
def asin(y: Any, x: Any) -> Any:
    return quotient(1, math.sqrt(1 - x * x))


@elementwise(math.acos)
def acos(y: Any, x: Any) -> Any:
    return -quotient(1, math.sqrt(1 - x * x))


@elementwise(math.atan)
def atan(y: Any, x: Any) -> Any:
    return 1 / (1 + x * x)


@elementwise(math.atan2)
def atan2(y: Any, a: Any, b: Any) -> Any:
    square_norm = a * a + b * b
    return quotient(b, square_norm), -quotient(a, square_norm)


@elementwise(math.sinh)
def sinh(y: Any, x: Any) -> Any:
    return math.cosh(x)


@elementwise(math.cosh)
def cosh(y: Any, x: Any) -> Any:
    return math.sinh(x)


@elementwise(math.tanh)
def tanh(y: Any, x: Any) -> Any:
    return 1 - y * y


@elementwise(math.asinh)
def asinh(y: Any, x: Any) -> Any:
    return 1 / math.sqrt(x * x + 1)


@elementwise(math.acosh)
def acosh(y: Any, x: Any) -> Any:
    return quotient(1, math.sqrt(x * x - 1))


@elementwise(math.atanh)
def atanh(y: Any, x: Any) -> Any:
    return 1 / (1 - x * x)


@elementwise(math.exp)
def exp(y: Any, x: Any) -> Any:
    return y


@elementwise(math.exp2)
def exp2(y: Any, x: Any) -> Any:
    return y * math.log(2)


@elementwise(math.expm1)
def expm1(y: Any, x: Any) -> Any:
    return y + 1


@elementwise(math.log)
def log(y: Any, x: Any, base: Any = None) -> Any:
    if base is None:
        return 1 / x, None
    return 1 / (x * math.log(base)), -y / (base * math.log(base))


@elementwise(math.log1p)
def log1p(y: Any, x: Any) -> Any:
    return 1 / (1 + x)


@elementwise(math.log2)
def log2(y: Any, x: Any) -> Any:
    return 1 / (x * math.log(2))


@elementwise(math.log10)
def log10(y: Any, x: Any) -> Any:
    return 1 / (x * math.log(10))


@pointwise(math.sqrt)
def sqrt(y_bar: Any, y: Any, x: Any) -> Any:
    return divide_or_zero(y_bar, 2 * y)


@pointwise(math.cbrt)
def cbrt(y_bar: Any, y: Any, x: Any) -> Any:
    return divide_or_zero(y_bar, 3 * y * y)


@vjp(math.hypot)
def hypot(y_bar: Any, y: Any, *coordinates: Any) -> Any:
    scale = y_bar / (y + (y == 0))
    bars: Any = []
    for x in coordinates:
        bars = [*bars, scale * x]
    return bars


@elementwise(math.erf)
def erf(y: Any, x: Any) -> Any:
    return 2 / math.sqrt(math.pi) * math.exp(-x * x)


@elementwise(math.erfc)
def erfc(y: Any, x: Any) -> Any:
    return -2 / math.sqrt(math.pi) * math.exp(-x * x)


@elementwise(math.degrees)
def degrees(y: Any, x: Any) -> Any:
    return 180 / math.pi


@elementwise(math.radians)
def radians(y: Any, x: Any) -> Any:
    return math.pi / 180


@elementwise(math.fabs)
def fabs(y: Any, x: Any) -> Any:
    return sign(x)


@elementwise(math.fmod)
def fmod(y: Any, a: Any, b: Any) -> Any:
    return 1, -math.trunc(a / b)


@elementwise(math.copysign)
def copysign(y: Any, a: Any, b: Any) -> Any:
    return sign(a) * math.copysign(1.0, b), None


# --- builtins -----------------------------------------------------------------------------------


@operation(float)
def _float_type(x: Type = ZERO) -> Type:
    return PY_FLOAT


@elementwise(float)
def float_(y: Any, x: Any) -> Any:
    return 1


@operation(int)
def _int_type(x: Type = ZERO, base: Type = NONE) -> Type:
    return x if isinstance(x, Size) else PY_INT


@operation(round)
def _round_type(number: Type, ndigits: Type = NONE) -> Type:
    operand = number_of(number)
    if is_none(ndigits):
        return PY_INT if isinstance(operand, Scalar) else UNKNOWN
    if operand == PY_BOOL:
        return PY_INT
    return operand if isinstance(operand, Scalar) else UNKNOWN


zero_derivative([int, round])


@operation(max, min)
def _extremum_type(*args: Type) -> Type:
    if len(args) == 1:
        if isinstance(args[0], ListOf):
            return _common_number((args[0].item,))
        if not isinstance(args[0], PackType):
            dims = getattr(args[0], "dims", ())
            return result(dtype_of(args[0]), ()) if len(dims) == 1 else UNKNOWN
        args = args[0].items
    sizes = [arg for arg in args if arg != Known(0)]
    if len(sizes) == 1 and isinstance(sizes[0], Size):
        return sizes[0]  # a length is not negative: this is the trip count of a loop
    return _common_number(args)


def _common_number(args: tuple[Type, ...]) -> Type:
    """The type of one of several numbers; an ``int`` among floats counts as a float, or is one."""
    numbers = [number_of(arg) for arg in args]
    scalars = [number for number in numbers if isinstance(number, Scalar)]
    if len(scalars) < len(numbers) or not numbers:
        others = [number for number in numbers if not isinstance(number, Scalar)]
        return NUMBER if numbers and all(map(is_some_number, others)) else UNKNOWN
    dtypes = {n.dtype for n in scalars if not (n.python is True and n.dtype.kind in "iub")}
    if not dtypes:
        return PY_INT if all(n.dtype.kind != "b" for n in scalars) else UNKNOWN
    kinds = {number.python for number in scalars}
    if len(dtypes) > 1:
        return NUMBER
    found: Type = Scalar(dtypes.pop(), kinds.pop() if len(kinds) == 1 else None)
    for number in scalars:
        if isinstance(found, Scalar) and number.dtype != found.dtype:
            found = either_number(found, number)
    return found


@vjp(max)
def maximum(y_bar: Any, y: Any, *args: Any) -> Any:
    if len(args) == 2:
        return [ahead(y_bar, args[0], args[1]), ahead(y_bar, args[1], args[0])]
    return extremum(y_bar, y, args)


@vjp(min)
def minimum(y_bar: Any, y: Any, *args: Any) -> Any:
    if len(args) == 2:
        return [ahead(y_bar, args[1], args[0]), ahead(y_bar, args[0], args[1])]
    return extremum(y_bar, y, args)


def ahead(y_bar: Any, a: Any, b: Any) -> Any:
    """What of the cotangent goes to one of two, which wins if ``a`` is larger than ``b``."""
    if is_active(a) and is_active(b):
        return y_bar * ((a > b) + 0.5 * (a == b))
    return select(a > b, y_bar)


def extremum(y_bar: Any, y: Any, args: Any) -> Any:
    """The cotangents of the numbers of which ``y`` is the largest or the smallest."""
    if len(args) > 1:
        return shared(y_bar, y, args)
    if isinstance(args[0], (list, tuple)):
        return [shared(y_bar, y, args[0])]
    ties = args[0] == y
    return [ties * (y_bar / np.count_nonzero(ties))]


def shared(y_bar: Any, y: Any, args: Any) -> Any:
    """``y_bar`` split evenly among the ``args`` that are equal to ``y``."""
    count = 0
    for x in args:
        count = count + (x == y)
    share = y_bar / count
    if is_numpys(y) and y.dtype != np.float64:
        share = cast(share, y)  # a count of 64 bits widens a quotient
    bars: Any = []
    for x in args:
        bars = [*bars, share * (x == y)]
    return bars


@operation(sum)
def _sum_type(iterable: Type, start: Type = ZERO) -> Type:
    if isinstance(iterable, PackType):
        total = start
        for item in iterable.items:
            total = operator_type(np.add, total, item)
        return number_of(total)
    if isinstance(iterable, ListOf):
        total = _sum_of_many(start, element_type(iterable))
        if isinstance(total, Scalar):
            total = replace(total, python=None)
        return _or_start(total, start, iterable.length)
    if isinstance(iterable, Array) and iterable.dims:
        total = _sum_of_many(start, result(iterable.dtype, iterable.dims[1:]))
        return _or_start(total, start, iterable.dims[0])
    return UNKNOWN


def _sum_of_many(start: Type, item: Type) -> Type:
    """The type of ``start + item + item + ...``: truth values are counted from 0 on."""
    return operator_type(np.add, operator_type(np.add, start, item), item)


def _or_start(total: Type, start: Type, length: Dim) -> Type:
    """The type of a sum, which is ``start``, an ``int`` or a truth value, where there is nothing to
    be added."""
    number = number_of(start)
    if not isinstance(total, Scalar) or not isinstance(number, Scalar) or least(length) > 0:
        return total
    if number.dtype.kind == "b":
        return NUMBER
    return total if number.dtype == total.dtype else either_number(total, number)


@vjp(sum)
def sum_(y_bar: Any, y: Any, iterable: Any, start: Any = 0) -> Any:
    start_bar = unbroadcast(y_bar, start) if is_active(start) else None
    return to_each(y_bar, iterable), start_bar


def to_each(y_bar: Any, iterable: Any) -> Any:
    """The cotangent of a sum, as that of each of its terms."""
    if not isinstance(iterable, (list, tuple)):
        return np.broadcast_to(y_bar, np.shape(iterable))
    bars: Any = []
    if not is_display(iterable):
        if fills(y_bar, iterable):
            return list_fill(y_bar, iterable)
        for item in iterable:
            bars = list_append(bars, unbroadcast(y_bar, item))
        return bars
    for item in iterable:
        bars = [*bars, unbroadcast(y_bar, item)]
    return bars


@operation(math.fsum)
def _fsum_type(iterable: Type) -> Type:
    return PY_FLOAT


@vjp(math.fsum)
def fsum(y_bar: Any, y: Any, iterable: Any) -> Any:
    is_list = isinstance(iterable, (list, tuple))
    return to_each(y_bar, iterable) if is_list else expand(y_bar, iterable)


# --- text and other plumbing --------------------------------------------------------------------


@operation(str, repr, format, bin, hex, oct, chr, np.binary_repr)
def _text_type(obj: Type = NONE, format_spec: Type = NONE) -> Type:
    return TEXT


@operation(ord)
def _code_type(character: Type) -> Type:
    return PY_INT


@operation(range)
def _range_type(start: Type, stop: Type = NONE, step: Type = NONE) -> Type:
    return Object(range)


@operation(ValueError, TypeError, RuntimeError, ArithmeticError, AssertionError)
def _exception_type(*args: Type) -> Type:
    return UNKNOWN  # which may carry what is differentiated


@operation(print, pure=False)
def _print_type(*args: Type, **kwargs: Type) -> Type:
    return Object(type(None))


@operation(isinstance)
def _isinstance_type(obj: Type, classes: Type) -> Type:
    return PY_BOOL


@operation(intrinsics.completes, pure=False)
def _completes_type() -> Type:
    return PY_BOOL


@operation(intrinsics.caught, pure=False)
def _caught_type() -> Type:
    return UNKNOWN


@operation(*KEEPING, pure=False)
def _keeping_type(*given: Type) -> Type:
    return Object(type(None))


zero_derivative([str, repr, format, bin, hex, oct, chr, ord, np.binary_repr])
zero_derivative([range, print, *KEEPING])
zero_derivative([isinstance, intrinsics.completes, intrinsics.caught])

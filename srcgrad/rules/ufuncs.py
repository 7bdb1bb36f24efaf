"""The result types of elementwise operations: NumPy's ufuncs, Python's operators."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.ir.ops import operation, zero_derivative
from srcgrad.ir.shapes import broadcast, grown, numeric, result, ufunc_dtype
from srcgrad.ir.types import (
    BOOL,
    NUMBER,
    PY_BOOL,
    PY_FLOAT,
    PY_INT,
    TEXT,
    UNKNOWN,
    Known,
    PackType,
    Scalar,
    Size,
    Type,
    Unknown,
    dims_of,
    is_some_number,
    is_text,
    number_of,
)


def ufunc_type(ufunc: np.ufunc, *operands: Type) -> Type:
    """The type of ``ufunc(*operands)``."""
    numbers = [number_of(operand) for operand in operands]
    if any(map(is_some_number, numbers)) and all(
        is_some_number(n) or isinstance(n, Scalar) for n in numbers
    ):
        return NUMBER
    types = [numeric(operand) for operand in operands]
    return result(ufunc_dtype(ufunc, types), broadcast(*map(dims_of, types)))


def _unary(ufunc: np.ufunc) -> Callable[..., Type]:
    def infer(x: Type) -> Type:
        return ufunc_type(ufunc, x)

    return infer


def _binary(ufunc: np.ufunc) -> Callable[..., Type]:
    def infer(a: Type, b: Type) -> Type:
        return ufunc_type(ufunc, a, b)

    return infer


def _pair(ufunc: np.ufunc) -> Callable[..., Type]:
    def infer(a: Type, b: Type) -> Type:
        one = ufunc_type(ufunc, a, b)
        return UNKNOWN if isinstance(one, Unknown) else PackType(tuple, (one, one))

    return infer


_UFUNCS = [f for f in vars(np).values() if isinstance(f, np.ufunc) and f.signature is None]
for _ufunc in _UFUNCS:
    if (_ufunc.nin, _ufunc.nout) == (1, 1):
        operation(_ufunc)(_unary(_ufunc))
    elif (_ufunc.nin, _ufunc.nout) == (2, 1):
        operation(_ufunc)(_binary(_ufunc))
operation(np.divmod)(_pair(np.divmod))


# --- Python's operators -------------------------------------------------------------------------


def python_kind(*types: Type) -> bool | None:
    """Whether an operator on these scalars gives a Python number, None where it may.

    One NumPy scalar makes the result a NumPy scalar.
    """
    kinds = [type_.python for type_ in types if isinstance(type_, Scalar)]
    if False in kinds or len(kinds) < len(types):
        return False
    return None if None in kinds else True


def _as_integer(type_: Type) -> Type:
    """Python's ``bool`` counts as an ``int`` in arithmetic."""
    return PY_INT if type_ == PY_BOOL else type_


def operator_type(ufunc: np.ufunc, *operands: Type) -> Type:
    """The type of a Python operator that stands for ``ufunc`` on arrays."""
    numbers = [number_of(operand) for operand in operands]
    kind = python_kind(*numbers)
    if kind is False:
        return ufunc_type(ufunc, *operands)
    if kind is True:
        numbers = [_as_integer(number) for number in numbers]
    dtype = ufunc_dtype(ufunc, numbers)
    return UNKNOWN if dtype is None else Scalar(dtype, kind)


def _unary_operator(ufunc: np.ufunc) -> Callable[..., Type]:
    def infer(x: Type) -> Type:
        return operator_type(ufunc, x)

    return infer


def _binary_operator(ufunc: np.ufunc) -> Callable[..., Type]:
    is_format = ufunc is np.remainder  # of a text

    def infer(a: Type, b: Type) -> Type:
        if is_format and is_text(a):
            return TEXT
        return operator_type(ufunc, a, b)

    return infer


def _bitwise_operator(ufunc: np.ufunc) -> Callable[..., Type]:
    def infer(a: Type, b: Type) -> Type:
        if number_of(a) == PY_BOOL and number_of(b) == PY_BOOL:
            return PY_BOOL
        return operator_type(ufunc, a, b)

    return infer


def _comparison(ufunc: np.ufunc) -> Callable[..., Type]:
    def infer(a: Type, b: Type) -> Type:
        numbers = [number_of(a), number_of(b)]
        if all(map(is_text, numbers)):
            return PY_BOOL
        if any(isinstance(n, Known | PackType) for n in numbers):
            return UNKNOWN  # of strings, None, tuples: Python's own comparison
        kind = python_kind(*numbers)
        return ufunc_type(ufunc, a, b) if kind is False else Scalar(BOOL, kind)

    return infer


UNARY_OPERATORS = {
    operator.neg: np.negative,
    operator.pos: np.positive,
    operator.abs: np.absolute,
    builtins.abs: np.absolute,
    operator.invert: np.invert,
}
BINARY_OPERATORS = {
    operator.mul: np.multiply,
    operator.truediv: np.true_divide,
    operator.floordiv: np.floor_divide,
    operator.mod: np.remainder,
    operator.lshift: np.left_shift,
    operator.rshift: np.right_shift,
}
BITWISE_OPERATORS = {
    operator.and_: np.bitwise_and,
    operator.or_: np.bitwise_or,
    operator.xor: np.bitwise_xor,
}
COMPARISONS = {
    operator.lt: np.less,
    operator.le: np.less_equal,
    operator.gt: np.greater,
    operator.ge: np.greater_equal,
    operator.eq: np.equal,
    operator.ne: np.not_equal,
}
for _table, _make in (
    (UNARY_OPERATORS, _unary_operator),
    (BINARY_OPERATORS, _binary_operator),
    (BITWISE_OPERATORS, _bitwise_operator),
    (COMPARISONS, _comparison),
):
    for _function, _ufunc in _table.items():
        operation(_function)(_make(_ufunc))


def _shifted_size(a: Type, b: Type, sign: int) -> Type | None:
    """The length ``len(x) + k`` where it cannot be negative."""
    if not isinstance(a, Size) or not isinstance(b, Known) or type(b.value) is not int:
        return None
    offset = sign * b.value
    if a.length.offset < 0 or a.length.offset + offset < 0:
        return None
    dim = grown(a.length, offset)
    return None if dim is None or isinstance(dim, int) else Size(dim)


@operation(operator.add)
def _add_type(a: Type, b: Type) -> Type:
    if is_text(a) and is_text(b):
        return TEXT
    size = _shifted_size(a, b, 1) or _shifted_size(b, a, 1)
    return size or operator_type(np.add, a, b)


@operation(operator.sub)
def _sub_type(a: Type, b: Type) -> Type:
    return _shifted_size(a, b, -1) or operator_type(np.subtract, a, b)


_INT_OR_FLOAT = replace(PY_FLOAT, instead=PY_INT)
"""What ``2 ** n`` is: a float where ``n`` is negative."""


@operation(operator.pow, builtins.pow)
def _pow_type(a: Type, b: Type) -> Type:
    base, exponent = number_of(a), number_of(b)
    if python_kind(base, exponent) is not False and _is_int(base) and _is_int(exponent):
        if isinstance(b, Known):
            return operator_type(np.power if b.value >= 0 else np.float_power, a, b)
        if isinstance(b, Size):
            return operator_type(np.power, a, b)
        if python_kind(base, exponent):
            return _INT_OR_FLOAT
        return NUMBER
    return operator_type(np.power, a, b)


def _is_int(type_: Type) -> bool:
    return isinstance(type_, Scalar) and type_.dtype.kind in "iub"


@operation(operator.not_, operator.is_, operator.is_not, operator.contains, bool, callable)
def _truth_type(*operands: Type) -> Type:
    return PY_BOOL


@operation(operator.truth)
def _truth_of_type(x: Type) -> Type:
    return PY_BOOL


@operation(operator.index)
def _index_type(x: Type) -> Type:
    return x if isinstance(x, Known | Size) else PY_INT


@operation(tuple.index, tuple.count, list.index, list.count)
def _place_type(items: Type, item: Type, *bounds: Type) -> Type:
    return PY_INT


@operation(builtins.divmod)
def _divmod_type(a: Type, b: Type) -> Type:
    parts = (operator_type(np.floor_divide, a, b), operator_type(np.remainder, a, b))
    return PackType(tuple, parts)


# --- steps: constant wherever they are differentiable -------------------------------------------

_STEPS: list[Any] = [
    np.floor, np.ceil, np.trunc, np.rint, np.sign, np.signbit, np.spacing,
    np.isfinite, np.isinf, np.isnan, np.floor_divide, operator.floordiv,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift,
    np.gcd, np.lcm, operator.invert, operator.not_, operator.truth, operator.is_,
    operator.is_not, operator.contains, operator.index, operator.lshift, operator.rshift,
    bool, callable, tuple.index, tuple.count, list.index, list.count,
    *BITWISE_OPERATORS, *COMPARISONS, *COMPARISONS.values(),
]  # fmt: skip
zero_derivative(_STEPS)

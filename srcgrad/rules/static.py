"""Questions that a rule may ask about its operands, answered by types while it is compiled."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from srcgrad.ir.alternatives import is_unlike
from srcgrad.ir.ops import operation, zero_derivative
from srcgrad.ir.shapes import axes_from, is_known, value_of
from srcgrad.ir.types import (
    Array,
    Dim,
    Known,
    Size,
    Type,
    dims_of,
    dtype_of,
    is_not_one,
    is_some_number,
    least,
    number_of,
)
from srcgrad.rules.axes import normalized

_PLACE = np.dtype(np.intp)


def is_constant(x: Any) -> bool:
    """Whether the compiler knows the value of ``x``."""
    return isinstance(x, int | float)


def is_boolean(x: Any) -> bool:
    """Whether ``x`` is an array or a NumPy scalar of booleans (and not Python's ``bool``)."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype == np.bool_


def is_numeric(x: Any) -> bool:
    """Whether ``x`` is known to be a number or an array of numbers: no None, and no text."""
    return np.asarray(x).dtype.kind in "biufc"


def is_integral(x: Any) -> bool:
    """Whether ``x`` is known to be an array of integers, which as an index are places, no mask."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "iu"


def is_narrow(x: Any) -> bool:
    """Whether ``x`` is of integers of fewer bits than a length may have; Python's have as many."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype.itemsize < _PLACE.itemsize


def may_be_boolean(x: Any) -> bool:
    """Whether ``x``, which is differentiated, may be a boolean, or an array of them, in some run.

    The compiler says so where it is a number of a type that is not known, or an array that may be
    of integers.
    """
    return bool(np.asarray(x).dtype == np.bool_)


def is_float(x: Any) -> bool:
    """Whether ``x`` is a number or an array of floats, as far as the compiler knows."""
    return not isinstance(x, int) and np.asarray(x).dtype.kind not in "iub"


def may_be_short(v: Any, x: Any, axes: Any) -> bool:
    """Whether ``v``, of the rank of ``x``, may have length one along ``axes`` where ``x`` has not.

    The compiler says so too where it does not know the lengths.
    """
    return any(np.shape(v)[axis] == 1 != np.shape(x)[axis] for axis in axes)


def may_be_zero(number: Any) -> bool:
    """Whether ``number``, a length or a constant, may be zero.

    What else a program computes is taken not to be, if Python divides by it.
    """
    return isinstance(number, int | float) and number == 0


def may_take_few(a: Any, axis: Any, few: Any) -> bool:
    """Whether a reduction of ``a`` along ``axis`` may find no more than ``few`` elements."""
    lengths = np.shape(a)
    return bool(math.prod(lengths[i] for i in normalized(axis, len(lengths))) <= few)


def is_as_long(a: Any, v: Any) -> bool:
    """Whether the vector ``a`` is known to be no shorter than ``v``, whose length is known."""
    return len(a) >= len(v)


def is_numpys(y: Any) -> bool:
    """Whether ``y`` is an array or one of NumPy's numbers, of which a quotient by zero exists."""
    return isinstance(y, np.ndarray | np.generic)


@operation(is_constant)
def _is_constant_type(x: Type) -> Type:
    return Known(is_known(x))


@operation(is_boolean)
def _is_boolean_type(x: Type) -> Type:
    number = number_of(x)
    dtype = dtype_of(number)
    is_python = getattr(number, "python", False) is not False
    return Known(dtype is not None and dtype.kind == "b" and not is_python)


@operation(is_integral)
def _is_integral_type(x: Type) -> Type:
    return Known(isinstance(x, Array) and x.dtype.kind in "iu" and not is_unlike(x))


@operation(is_narrow)
def _is_narrow_type(x: Type) -> Type:
    number = number_of(x)
    dtype = dtype_of(number)
    is_python = getattr(number, "python", False) is True
    return Known(dtype is not None and dtype.itemsize < _PLACE.itemsize and not is_python)


@operation(is_numeric)
def _is_numeric_type(x: Type) -> Type:
    dtype = dtype_of(number_of(x))
    return Known(dtype is not None and dtype.kind in "biufc")


@operation(may_be_boolean)
def _may_be_boolean_type(x: Type) -> Type:
    return Known(is_some_number(x) or is_unlike(x))


@operation(is_float)
def _is_float_type(x: Type) -> Type:
    dtype = dtype_of(number_of(x))
    return Known(dtype is None or dtype.kind not in "iub")


@operation(may_be_zero)
def _may_be_zero_type(number: Type) -> Type:
    if isinstance(number, Size):
        return Known(least(number.length) == 0)
    value = value_of(number, "number") if is_known(number) else None
    return Known(isinstance(value, int | float) and value == 0)


@operation(may_take_few)
def _may_take_few_type(a: Type, axis: Type, few: Type) -> Type:
    dims = dims_of(number_of(a))
    axes = None if dims is None else axes_from(axis, len(dims))
    if dims is None or axes is None or not is_known(few):
        return Known(True)
    return Known(math.prod(least(dims[i]) for i in axes) <= value_of(few, "few"))


@operation(is_as_long)
def _is_as_long_type(a: Type, v: Type) -> Type:
    ours, theirs = dims_of(number_of(a)), dims_of(number_of(v))
    if not ours or not theirs or not isinstance(theirs[0], int):
        return Known(False)
    return Known(least(ours[0]) >= theirs[0])


@operation(is_numpys)
def _is_numpys_type(y: Type) -> Type:
    number = number_of(y)
    return Known(isinstance(number, Array) or getattr(number, "python", None) is False)


@operation(may_be_short)
def _may_be_short_type(v: Type, x: Type, axes: Type) -> Type:
    have, want = dims_of(v), dims_of(x)
    along = value_of(axes, "axes")
    if have is None or want is None or len(have) != len(want):
        return Known(len(along) > 0)
    return Known(any(_may_differ(have[axis], want[axis]) for axis in along))


def _may_differ(have: Dim, want: Dim) -> bool:
    """Whether a length may be one where the other, that it broadcasts with, is not."""
    return not (want == 1 or is_not_one(have) or (have is not None and have == want))


zero_derivative([is_constant, is_boolean, is_float, may_be_zero, may_take_few, is_numpys])
zero_derivative([is_as_long, may_be_short, may_be_boolean, is_numeric, is_integral, is_narrow])

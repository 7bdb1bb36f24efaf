"""Questions that a rule may ask about its operands, answered by types while it is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.ops import operation, zero_derivative
from srcgrad.ir.shapes import is_known, value_of
from srcgrad.ir.types import Dim, Known, Type, dims_of, dtype_of, is_not_one, number_of


def is_constant(x: Any) -> bool:
    """Whether the compiler knows the value of ``x``."""
    return isinstance(x, int | float)


def is_boolean(x: Any) -> bool:
    """Whether ``x`` is an array or a NumPy scalar of booleans (and not Python's ``bool``)."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype == np.bool_


def may_be_short(v: Any, x: Any, axes: Any) -> bool:
    """Whether ``v``, of the rank of ``x``, may have length one along ``axes`` where ``x`` has not.

    The compiler says so too where it does not know the lengths.
    """
    return any(np.shape(v)[axis] == 1 != np.shape(x)[axis] for axis in axes)


@operation(is_constant)
def _is_constant_type(x: Type) -> Type:
    return Known(is_known(x))


@operation(is_boolean)
def _is_boolean_type(x: Type) -> Type:
    number = number_of(x)
    dtype = dtype_of(number)
    is_python = getattr(number, "python", False) is not False
    return Known(dtype is not None and dtype.kind == "b" and not is_python)


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


zero_derivative([is_constant, is_boolean, may_be_short])

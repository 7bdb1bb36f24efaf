"""Questions that a rule may ask about its operands, answered by types while it is compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.ops import operation, zero_derivative
from srcgrad.ir.shapes import is_known
from srcgrad.ir.types import Known, Type, dtype_of, number_of


def is_constant(x: Any) -> bool:
    """Whether the compiler knows the value of ``x``."""
    return isinstance(x, int | float)


def is_boolean(x: Any) -> bool:
    """Whether ``x`` is an array or a NumPy scalar of booleans (and not Python's ``bool``)."""
    return isinstance(x, np.ndarray | np.generic) and x.dtype == np.bool_


@operation(is_constant)
def _is_constant_type(x: Type) -> Type:
    return Known(is_known(x))


@operation(is_boolean)
def _is_boolean_type(x: Type) -> Type:
    number = number_of(x)
    dtype = dtype_of(number)
    is_python = getattr(number, "python", False) is not False
    return Known(dtype is not None and dtype.kind == "b" and not is_python)


zero_derivative([is_constant, is_boolean])

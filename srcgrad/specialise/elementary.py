"""Elementary operations on arrays and numbers of which nothing is left to be asked.

Most of what is emitted is one: they are told from everything else before anybody asks what a call
of it may mean.
"""

from __future__ import annotations

import operator
import types
from typing import Any

import numpy as np

from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, Scalar, Size
from srcgrad.specialise.values import Args, Kwargs

_OPERATORS = frozenset(
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.matmul]
)
_NUMBERS = (float, int, bool)


def is_elementary(op: Any, args: Args, kwargs: Kwargs) -> bool:
    """Whether a call is an operation that computes numbers from plain arrays and numbers.

    The absolute value is none: it makes complex numbers real, which is asked about.
    """
    if kwargs:
        return False
    if type(op) is np.ufunc:
        known = len(args) == op.nin and op.nout == 1 and op in OPS and op is not np.absolute
    else:
        known = type(op) is types.BuiltinFunctionType and op in _OPERATORS
    return known and all(map(_is_plain, args))


def _is_plain(value: Any) -> bool:
    """Whether a value surely is an array, or a number of a known dtype."""
    if type(value) is Const:
        return type(value.value) in _NUMBERS
    if type(value) is not Var:
        return False
    type_ = value.type
    if isinstance(type_, Scalar):
        return type_.instead is None and type_.dtype.kind in "fi"
    return isinstance(type_, Array | Size)

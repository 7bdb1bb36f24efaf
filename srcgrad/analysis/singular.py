"""Operations whose derivative may be infinite where their value is finite.

A cotangent that has come through none of them is finite wherever the values of the program are: a
mask may then be multiplied on, several times cheaper than selecting.  Through one of them (the
root of zero), a masked element may hold ``inf``, and ``inf * 0`` is not zero.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Container
from typing import Any

import numpy as np

from srcgrad.ir.nodes import Apply, Const, Stmt
from srcgrad.ir.ops import OPS
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.walk import statements

_SINGULAR: frozenset[Any] = frozenset(
    [
        *(np.sqrt, np.cbrt, np.arcsin, np.arccos, np.arctan2, np.hypot, np.float_power),
        *(math.sqrt, math.cbrt, math.asin, math.acos, math.atan2, math.hypot, math.pow),
        *(np.arccosh, math.acosh, np.std, np.ndarray.std, np.linalg.norm, math.dist),
    ]
)
_POWERS = (operator.pow, np.power, math.pow, pow)


def is_singular(stmt: Apply) -> bool:
    """Whether the derivative of an operation may be infinite where its value is finite.

    A function that a user registered a rule for may be anything.
    """
    if stmt.op in _POWERS and len(stmt.args) > 1:
        exponent = stmt.args[1]
        return not (isinstance(exponent, Const) and isinstance(exponent.value, int))
    if isinstance(stmt.op, Recursive):
        return stmt.op.singular
    return stmt.op in _SINGULAR or stmt.op not in OPS


def any_singular(body: tuple[Stmt, ...], among: Container[object] = ()) -> bool:
    """Whether a program holds such an operation, besides calls of functions ``among``."""
    return any(
        isinstance(stmt, Apply) and stmt.op not in among and is_singular(stmt)
        for stmt in statements(body)
    )

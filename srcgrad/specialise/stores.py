"""Writes into arrays: ``x[i] = v`` and what amounts to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Store, Var
from srcgrad.ir.types import Array, Unknown
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def store(sp: Specialiser, array: Value, index: Operand | None, value: Value, loc: Loc) -> Value:
    """Emits ``array[index] = value``; the whole array where ``index`` is None."""
    buffer = _buffer(sp, array, loc)
    operand = sp.operand(value, loc)
    if isinstance(operand, Pack):
        operand = calls.apply(sp, np.array, (operand,), {}, loc)
    if isinstance(type_of(operand), Unknown):
        message = "the type of the value that is written here is not known"
        raise UnknownTypeError(message, loc, "convert it with np.asarray or float")
    sp.builder.emit(Store(buffer, index, operand, False, loc))
    return Const(None)


def _buffer(sp: Specialiser, array: Value, loc: Loc) -> Var:
    operand = sp.operand(array, loc)
    if isinstance(operand, Var) and isinstance(operand.type, Array):
        return operand
    if isinstance(operand, Var) and isinstance(operand.type, Unknown):
        message = "whether this is an array is not known here"
        raise UnknownTypeError(message, loc, "convert it with np.asarray where it is made")
    message = "assignment to an item of something that is no array"
    raise UnsupportedSyntaxError(message, loc)

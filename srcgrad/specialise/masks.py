"""What writes under a mask, as ``np.exp(x, out=y, where=m)`` and ``np.putmask`` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.analysis import overlap
from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Scalar, dims_of, dtype_of, number_of
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.stores import as_array, buffer_of, store
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def mask_of(sp: Specialiser, mask: Value, loc: Loc) -> Operand:
    """A mask, which has to be one: as an index, integers would mean something else."""
    operand = as_array(sp, sp.operand(mask, loc), loc)
    dtype = dtype_of(number_of(type_of(operand)))
    if dtype is None or dtype.kind != "b":
        message = "what stands for a mask here is not known to be one of booleans"
        raise UnsupportedSyntaxError(message, loc, "compare it with zero: mask != 0")
    return operand


def where_of(sp: Specialiser, where: Value, loc: Loc) -> Operand:
    """What is given as ``where``, of which None is false and text is true unless it is empty."""
    if isinstance(where, Const) and (where.value is None or isinstance(where.value, str)):
        return Const(bool(where.value))
    return mask_of(sp, where, loc)


def spread(sp: Specialiser, operand: Operand, like: Var, loc: Loc) -> Operand:
    """An operand in the shape of an array."""
    if operand is like:
        return operand
    if dims_of(type_of(operand)) == dims_of(like.type) and None not in (dims_of(like.type) or ()):
        return operand
    shape = calls.apply(sp, np.ndarray.shape, (like,), {}, loc)
    return calls.apply(sp, np.broadcast_to, (operand, shape), {}, loc)


def in_order(sp: Specialiser, mask: Operand, like: Var, loc: Loc) -> Operand:
    """A mask with as many elements as an array has, in the order of those, in its shape."""
    dims = dims_of(like.type)
    if mask is like or (dims_of(type_of(mask)) == dims and dims and None not in dims):
        return mask
    shape = calls.apply(sp, np.ndarray.shape, (like,), {}, loc)
    is_array = isinstance(type_of(mask), Array)
    return calls.apply(sp, np.ndarray.reshape if is_array else np.reshape, (mask, shape), {}, loc)


def under(sp: Specialiser, operand: Operand, mask: Operand, like: Var, loc: Loc) -> Value:
    """The elements of an operand under a mask; a number stands for all of them."""
    if isinstance(number_of(type_of(operand)), Scalar):
        return operand
    if isinstance(operand, Pack):
        operand = calls.apply(sp, np.array, (operand,), {}, loc)
    return calls.index(sp, spread(sp, operand, like, loc), mask, loc)


def own(sp: Specialiser, mask: Operand, buffer: Var, loc: Loc) -> Operand:
    """A mask that the write changes nothing of: a copy where it may show what is written.

    An assignment by a mask reads that as it goes, and the function that it stands for does not.
    """
    shows = dtype_of(buffer.type) == np.bool_ and mask is not buffer
    if shows and isinstance(mask, Var) and may_show(sp, buffer, mask):
        return calls.apply(sp, np.copy, (mask,), {}, loc)
    return mask


def masked(sp: Specialiser, array: Value, mask: Operand, value: Value, loc: Loc) -> Value:
    buffer = buffer_of(sp, array, loc)
    where = spread(sp, mask, buffer, loc)
    part = under(sp, sp.operand(value, loc), where, buffer, loc)
    return store(sp, buffer, where, part, loc)


def repeated(
    sp: Specialiser, function: Any, buffer: Var, mask: Operand, value: Operand, loc: Loc
) -> Value | None:
    """Writes under a mask, of a number or of values that are repeated."""
    if dims_of(type_of(mask)) is None or len(dims_of(type_of(mask)) or ()) != rank(buffer):
        return None
    if isinstance(number_of(type_of(value)), Scalar):
        return store(sp, buffer, mask, value, loc)
    return calls.invoke(sp, Const(function), (buffer, mask, value), {}, loc)


def rank(buffer: Var) -> int:
    return len(dims_of(buffer.type) or ())


def may_show(sp: Specialiser, buffer: Var, value: Operand) -> bool:
    """Whether a value may show what is in an array that is written."""
    inputs = set(sp.inputs.leaves.values())
    return overlap.may_show(buffer, value, sp.builder.definitions, inputs)

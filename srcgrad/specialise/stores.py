"""Writes into arrays: ``x[i] = v``, ``x.flat[i] = v``."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.analysis.makers import explained, explained_buffer
from srcgrad.analysis.memory import is_fresh, memory_of
from srcgrad.analysis.overlap import (
    WRITTEN_ONE_BY_ONE,
    may_show_any,
    refuse_changing_places,
)
from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.alternatives import has_other
from srcgrad.ir.nodes import Const, Operand, Pack, Store, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.started import as_array as array_type
from srcgrad.ir.started import is_either
from srcgrad.ir.types import (
    Array,
    ListOf,
    Scalar,
    Size,
    Unknown,
    dtype_of,
    is_some_number,
    number_of,
    same_dtype,
)
from srcgrad.rules import scattered
from srcgrad.specialise import calls, caught, optional, undecided
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Method, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NONE = Const(None)


def store(
    sp: Specialiser,
    array: Value,
    index: Operand | None,
    value: Value,
    loc: Loc,
    accumulate: bool = False,
    piecewise: bool = False,
) -> Value:
    """Emits ``array[index] = value``; the whole array where ``index`` is None."""
    buffer = buffer_of(sp, array, loc)
    operand = sp.operand(value, loc)
    if isinstance(operand, Pack) or isinstance(type_of(operand), ListOf):
        operand = _assigned_list(sp, buffer, operand, loc)
    operand = optional.present(sp, operand, loc)
    if dtype_of(buffer.type) == np.dtype(object):
        message = "an array of objects is written, which may keep a differentiated value"
        raise UnsupportedSyntaxError(message, loc, "use an array of floats, or a list")
    if _is_unknown(operand, buffer):
        if caught.rests_on_attribute(sp, operand):
            raise UnknownTypeError(caught.ATTRIBUTE, loc, caught.ELSEWHERE)
        what = "the value that is written here"
        message, hint = explained(sp.builder.definitions, operand, what)
        raise UnknownTypeError(message, loc, hint)
    if accumulate:
        undecided.check_in_place(sp, buffer, operand, loc)
    else:
        operand = undecided.kept(sp, buffer, operand, loc)
    if index is None:
        buffer, index = _place(sp, buffer)
    sp.builder.emit(Store(buffer, index, operand, accumulate, loc, piecewise=piecewise))
    return _NONE


def _place(sp: Specialiser, buffer: Var) -> tuple[Var, Operand | None]:
    """The array and the index of a part that has no name, as in ``np.add(x, y, out=z[1:])``."""
    made = sp.builder.definitions.get(buffer)
    if made is None or buffer.name or made.op is not operator.getitem:
        return buffer, None
    whole, index = made.args
    if isinstance(whole, Var) and isinstance(whole.type, Array) and memory_of(made) is Memory.VIEW:
        return whole, index
    return buffer, None


def _is_unknown(operand: Operand, buffer: Var) -> bool:
    """Whether it is not known what is written: but an array of floats or a number is of the dtype
    of an array of such floats."""
    type_ = type_of(operand)
    if not isinstance(type_, Unknown) or is_some_number(type_):
        return False
    dtypes = dtype_of(array_type(type_)), dtype_of(buffer.type)
    return not is_either(type_) or not same_dtype(*dtypes) or has_other(buffer.type)


def _assigned_list(sp: Specialiser, buffer: Var, operand: Operand, loc: Loc) -> Operand:
    """The array that a list stands for where it is assigned.

    What is a view of ``buffer`` in the list NumPy does not copy first; the analysis of that can
    tell this array from one that the program has made of the list.
    """
    inputs = set(sp.inputs.leaves.values())
    overlaps = may_show_any(buffer, operand, sp.builder.definitions, inputs)
    function = WRITTEN_ONE_BY_ONE if overlaps else np.array
    return calls.apply(sp, function, (operand,), {}, loc)


def flat_array(value: Value) -> Var | None:
    """The array behind ``x.flat``."""
    if not isinstance(value, Method) or value.name != "flat" or not isinstance(value.receiver, Var):
        return None
    return value.receiver if isinstance(value.receiver.type, Array) else None


def flat_item(sp: Specialiser, array: Var, index: Operand, loc: Loc) -> Value:
    """``array.flat[index]``, which is a number or a copy."""
    part = sp.operand(calls.index(sp, *flat_place(sp, array, index, loc), loc), loc)
    stmt = sp.builder.definitions.get(part) if isinstance(part, Var) else None
    if isinstance(number_of(type_of(part)), Scalar) or (stmt is not None and is_fresh(stmt)):
        return part
    return calls.apply(sp, np.ndarray.copy, (part,), {}, loc)


def flat_size(sp: Specialiser, array: Var, loc: Loc) -> Operand:
    """How many elements ``array.flat`` gives."""
    if isinstance(array.type, Array) and array.type.ndim == 1:
        return sp.builder.apply(len, (array,), (), loc)
    return sp.operand(calls.apply(sp, np.ndarray.size, (array,), {}, loc), loc)


def set_flat_item(sp: Specialiser, array: Var, index: Operand, value: Value, loc: Loc) -> Value:
    """``array.flat[index] = value``; of an array, the elements would be repeated."""
    if not isinstance(number_of(type_of(sp.operand(value, loc))), Scalar):
        message = "writing an array into an item of 'flat' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "write into x.reshape(-1)[...] instead")
    inputs = set(sp.inputs.leaves.values())
    refuse_changing_places(array, index, sp.builder.definitions, inputs, loc)
    several = not isinstance(number_of(type_of(index)), Scalar | Size)
    return store(sp, *flat_place(sp, array, index, loc), value, loc, piecewise=several)


def flat_place(sp: Specialiser, array: Var, index: Operand, loc: Loc) -> tuple[Var, Operand]:
    """An array and an index in it that stand for ``array.flat[index]``, in any layout if it can."""
    assert isinstance(array.type, Array)
    if array.type.ndim == 1:
        return array, index
    index = as_array(sp, index, loc)
    type_ = number_of(type_of(index))
    is_integer = isinstance(type_, Size) or (
        isinstance(type_, Array | Scalar) and type_.dtype.kind in "iu"
    )
    if array.type.ndim and isinstance(index, Const) and index.value in (0, -1):
        return array, Const((index.value,) * array.type.ndim)
    if array.type.ndim and is_integer:
        place = calls.invoke(sp, Const(scattered.by_axis), (array, index), {}, loc)
        return array, sp.operand(place, loc)
    flat = calls.apply(sp, intrinsics.flat_view, (array,), {}, loc)
    assert isinstance(flat, Var)
    return flat, index


def buffer_of(sp: Specialiser, array: Value, loc: Loc) -> Var:
    """The array that is written into."""
    operand = optional.array_of(sp, sp.operand(array, loc), loc)
    if isinstance(operand, Var) and isinstance(operand.type, Array):
        return operand
    if isinstance(operand, Var) and isinstance(operand.type, Unknown):
        message, hint = explained_buffer(sp.builder.definitions, operand)
        raise UnknownTypeError(message, loc, hint)
    message = "assignment to an item of something that is no array"
    raise UnsupportedSyntaxError(message, loc, "make an array of it with np.array first")


def as_array(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """``operand``; of a list or a tuple, the array."""
    is_list = isinstance(operand, Pack) and operand.kind in (list, tuple)
    is_list = is_list or isinstance(type_of(operand), ListOf)
    if isinstance(operand, Const) and isinstance(operand.value, list | tuple):
        is_list = True
    return calls.apply(sp, np.array, (operand,), {}, loc) if is_list else operand

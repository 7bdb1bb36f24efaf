"""Writes into arrays: ``x[i] = v``, ``x.fill(v)``, ``np.add.at``, ``out=`` and the like."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.analysis import overlap
from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Store, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, Scalar, Size, Unknown, dims_of, number_of
from srcgrad.rules import scattered
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Args, Handler, Kwargs, Method, Value

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
) -> Value:
    """Emits ``array[index] = value``; the whole array where ``index`` is None."""
    buffer = _buffer(sp, array, loc)
    operand = sp.operand(value, loc)
    if isinstance(operand, Pack):
        operand = calls.apply(sp, np.array, (operand,), {}, loc)
    if isinstance(type_of(operand), Unknown):
        message = "the type of the value that is written here is not known"
        raise UnknownTypeError(message, loc, "convert it with np.asarray or float")
    sp.builder.emit(Store(buffer, index, operand, accumulate, loc))
    return _NONE


def flat_array(value: Value) -> Var | None:
    """The array behind ``x.flat``."""
    if not isinstance(value, Method) or value.name != "flat" or not isinstance(value.receiver, Var):
        return None
    return value.receiver if isinstance(value.receiver.type, Array) else None


def flat_item(sp: Specialiser, array: Var, index: Operand, loc: Loc) -> Value:
    """``array.flat[index]``, which is a number or a copy."""
    flat = calls.apply(sp, np.ndarray.reshape, (array, Const(-1)), {}, loc)
    part = sp.operand(calls.index(sp, flat, index, loc), loc)
    if isinstance(number_of(type_of(part)), Scalar):
        return part
    return calls.apply(sp, np.ndarray.copy, (part,), {}, loc)


def set_flat_item(sp: Specialiser, array: Var, index: Operand, value: Value, loc: Loc) -> Value:
    """``array.flat[index] = value``; of an array, the elements would be repeated."""
    if not isinstance(number_of(type_of(sp.operand(value, loc))), Scalar):
        message = "writing an array into an item of 'flat' cannot be differentiated"
        raise UnsupportedSyntaxError(message, loc, "write into x.reshape(-1)[...] instead")
    flat = calls.apply(sp, np.ndarray.reshape, (array, Const(-1)), {}, loc)
    return store(sp, flat, index, value, loc)


def _buffer(sp: Specialiser, array: Value, loc: Loc) -> Var:
    operand = sp.operand(array, loc)
    if isinstance(operand, Var) and isinstance(operand.type, Array):
        return operand
    if isinstance(operand, Var) and isinstance(operand.type, Unknown):
        message = "whether this is an array is not known here"
        raise UnknownTypeError(message, loc, "convert it with np.asarray where it is made")
    message = "assignment to an item of something that is no array"
    raise UnsupportedSyntaxError(message, loc, "make an array of it with np.array first")


def write_by_call(
    sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """The result of a call that writes into an array; None if it is none that is known here."""
    ufunc = getattr(function, "__self__", None)
    if isinstance(ufunc, np.ufunc) and getattr(function, "__name__", "") == "at":
        return _at(sp, ufunc, args, loc)
    writer = _WRITERS.get(function) if isinstance(function, _CALLABLES) else None
    if writer is not None:
        return writer(sp, args, dict(kwargs), loc)
    if isinstance(function, np.ufunc):
        return _ufunc(sp, function, args, dict(kwargs), loc, name)
    if not isinstance(function, _CALLABLES) or _is_nothing(kwargs.get("out")):
        return None
    rest = {key: value for key, value in kwargs.items() if key != "out"}
    return _into(sp, kwargs["out"], calls.invoke(sp, Const(function), args, rest, loc), loc)


_CALLABLES = (type(np.sum), type(np.ndarray.fill))


def _is_nothing(value: Value | None) -> bool:
    return value is None or (isinstance(value, Const) and value.value is None)


def _into(sp: Specialiser, out: Value, value: Value, loc: Loc) -> Value:
    store(sp, out, None, value, loc)
    return out


def _ufunc(
    sp: Specialiser, function: np.ufunc, args: Args, kwargs: dict[str, Value], loc: Loc, name: str
) -> Value | None:
    """``ufunc(a, b, out=x, where=mask)``; only the elements under the mask are computed."""
    out = kwargs.pop("out", None)
    if len(args) > function.nin:
        out, args = args[function.nin], args[: function.nin]
    if isinstance(out, Pack) and len(out.items) == 1:
        out = out.items[0]
    if _is_nothing(out):
        return None
    assert out is not None
    mask = kwargs.pop("where", None)
    if mask is None or (isinstance(mask, Const) and mask.value is True):
        return _into(sp, out, calls.invoke(sp, Const(function), args, kwargs, loc), loc)
    buffer = _buffer(sp, out, loc)
    where = _spread(sp, sp.operand(mask, loc), buffer, loc)
    parts = tuple(_under(sp, sp.operand(arg, loc), where, buffer, loc) for arg in args)
    store(sp, buffer, where, calls.invoke(sp, Const(function), parts, kwargs, loc), loc)
    return buffer


def _spread(sp: Specialiser, operand: Operand, like: Var, loc: Loc) -> Operand:
    """An operand in the shape of an array."""
    if dims_of(type_of(operand)) == dims_of(like.type) and None not in (dims_of(like.type) or ()):
        return operand
    shape = calls.apply(sp, np.ndarray.shape, (like,), {}, loc)
    return calls.apply(sp, np.broadcast_to, (operand, shape), {}, loc)


def _under(sp: Specialiser, operand: Operand, mask: Operand, like: Var, loc: Loc) -> Value:
    """The elements of an operand under a mask; a number stands for all of them."""
    if isinstance(number_of(type_of(operand)), Scalar):
        return operand
    if isinstance(operand, Pack):
        operand = calls.apply(sp, np.array, (operand,), {}, loc)
    return calls.index(sp, _spread(sp, operand, like, loc), mask, loc)


def _at(sp: Specialiser, ufunc: np.ufunc, args: Args, loc: Loc) -> Value | None:
    """``np.add.at(x, index, v)``, which adds as often as an element is named."""
    if ufunc not in (np.add, np.subtract):
        return _at_each(sp, ufunc, args, loc)
    if len(args) != 3:
        return None
    array, index, value = args
    if ufunc is np.subtract:
        value = calls.invoke(sp, Const(operator.neg), (value,), {}, loc)
    return store(sp, array, sp.operand(index, loc), value, loc, accumulate=True)


def _at_each(sp: Specialiser, ufunc: np.ufunc, args: Args, loc: Loc) -> Value | None:
    """``np.multiply.at(x, index, v)`` and the like."""
    if len(args) != 3 or (ufunc.nin, ufunc.nout) != (2, 1) or ufunc not in OPS:
        return None
    buffer = _buffer(sp, args[0], loc)
    assert isinstance(buffer.type, Array)
    if buffer.type.dtype.kind != "f":  # where NumPy refuses to round
        return None
    index, value = (_as_array(sp, sp.operand(arg, loc), loc) for arg in args[1:])
    type_ = number_of(type_of(index))
    function = None
    if _is_plain(index) or (isinstance(type_, Array) and type_.dtype.kind == "b"):
        function = scattered.at_elements
    elif isinstance(type_, Array) and type_.dtype.kind in "iu" and type_.ndim == 1:
        one = isinstance(number_of(type_of(value)), Scalar)
        function = scattered.at_places_with_number if one else scattered.at_places
    if function is None:
        return None
    return calls.invoke(sp, Const(function), (Const(ufunc), buffer, index, value), {}, loc)


def _is_plain(index: Operand) -> bool:
    """Whether an index is an integer or a slice."""
    if isinstance(index, Const):
        return isinstance(index.value, slice) or type(index.value) is int
    if isinstance(index, Pack):
        return index.kind is slice
    return isinstance(number_of(type_of(index)), Scalar | Size)


def _as_array(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    is_list = isinstance(operand, Pack) and operand.kind is list
    if isinstance(operand, Const) and isinstance(operand.value, list):
        is_list = True
    return calls.apply(sp, np.array, (operand,), {}, loc) if is_list else operand


def _place(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    if len(args) == 3 and not kwargs:
        buffer, definitions = _buffer(sp, args[0], loc), sp.builder.definitions
        inputs = set(sp.inputs.leaves.values())
        overlap.refuse_masked(buffer, args[2], definitions, inputs, loc)
    return _repeated(sp, scattered.place, args, loc) if not kwargs else None


def _repeated(sp: Specialiser, function: Any, args: Args, loc: Loc) -> Value | None:
    """Writes under a mask, of a number or of values that are repeated."""
    if len(args) != 3:
        return None
    buffer, mask = _buffer(sp, args[0], loc), sp.operand(args[1], loc)
    value = _as_array(sp, sp.operand(args[2], loc), loc)
    type_ = type_of(mask)
    if not isinstance(type_, Array) or type_.dtype.kind != "b":
        return None
    if type_.ndim != len(dims_of(buffer.type) or ()):
        return None
    if isinstance(number_of(type_of(value)), Scalar):
        return store(sp, buffer, mask, value, loc)
    return calls.invoke(sp, Const(function), (buffer, mask, value), {}, loc)


def _fill(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    return store(sp, args[0], None, args[1], loc) if len(args) == 2 else None


def _copyto(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    mask = kwargs.pop("where", None)
    kwargs.pop("casting", None)
    if len(args) != 2 or kwargs:
        return None
    if mask is None:
        return store(sp, args[0], None, args[1], loc)
    return _masked(sp, args[0], mask, args[1], loc)


def _putmask(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    if len(args) != 3 or kwargs:
        return None
    # A shorter array of values is repeated, which is not what an assignment does.
    value, buffer = _as_array(sp, sp.operand(args[2], loc), loc), _buffer(sp, args[0], loc)
    dims = dims_of(type_of(value))
    if dims and dims != dims_of(buffer.type):
        return _repeated(sp, scattered.putmask, args, loc)
    return _masked(sp, buffer, args[1], value, loc)


def _masked(sp: Specialiser, array: Value, mask: Value, value: Value, loc: Loc) -> Value:
    buffer = _buffer(sp, array, loc)
    where = _spread(sp, sp.operand(mask, loc), buffer, loc)
    part = _under(sp, sp.operand(value, loc), where, buffer, loc)
    return store(sp, buffer, where, part, loc)


def _put(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    if len(args) != 3 or kwargs:
        return None
    flat = calls.apply(sp, np.ndarray.reshape, (_buffer(sp, args[0], loc), Const(-1)), {}, loc)
    return store(sp, flat, sp.operand(args[1], loc), args[2], loc)


def _fill_diagonal(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    if len(args) != 2 or kwargs:
        return None
    buffer = _buffer(sp, args[0], loc)
    if len(dims_of(buffer.type) or ()) != 2:
        return None
    shape = calls.apply(sp, np.ndarray.shape, (buffer,), {}, loc)
    length = calls.invoke(sp, Const(min), (shape,), {}, loc)
    places = calls.invoke(sp, Const(np.arange), (length,), {}, loc)
    row = sp.operand(places, loc)
    return store(sp, buffer, Pack(tuple, (row, row)), args[1], loc)


def _sort(sp: Specialiser, args: Args, kwargs: dict[str, Value], loc: Loc) -> Value | None:
    value = calls.invoke(sp, Const(np.sort), args, kwargs, loc)
    return store(sp, args[0], None, value, loc)


_WRITERS: dict[Any, Handler] = {
    np.ndarray.fill: _fill,
    np.ndarray.sort: _sort,
    np.ndarray.put: _put,
    np.put: _put,
    np.copyto: _copyto,
    np.putmask: _putmask,
    np.place: _place,
    np.fill_diagonal: _fill_diagonal,
}
"""Functions and methods of NumPy that write into their first argument."""

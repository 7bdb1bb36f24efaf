"""Writes into arrays: ``x[i] = v``, ``x.fill(v)``, ``np.add.at``, ``out=`` and the like."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Store, Var
from srcgrad.ir.types import Array, Scalar, Unknown, dims_of, number_of
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Args = tuple[Value, ...]
Kwargs = Mapping[str, Value]
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
    if ufunc not in (np.add, np.subtract) or len(args) != 3:
        return None
    array, index, value = args
    if ufunc is np.subtract:
        value = calls.invoke(sp, Const(operator.neg), (value,), {}, loc)
    return store(sp, array, sp.operand(index, loc), value, loc, accumulate=True)


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
    value, buffer = sp.operand(args[2], loc), _buffer(sp, args[0], loc)
    dims = dims_of(type_of(value))
    if dims and dims != dims_of(buffer.type):
        return None
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


_WRITERS: dict[Any, Callable[..., Value | None]] = {
    np.ndarray.fill: _fill,
    np.ndarray.sort: _sort,
    np.ndarray.put: _put,
    np.put: _put,
    np.copyto: _copyto,
    np.putmask: _putmask,
    np.fill_diagonal: _fill_diagonal,
}
"""Functions and methods of NumPy that write into their first argument."""

"""Calls that write into arrays: ``np.put``, ``np.add.at``, ``np.exp(x, out=y)`` and the like."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.analysis import overlap
from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.types import Array, PackType, Scalar, Size, dims_of, dtype_of, least, number_of
from srcgrad.ir.walk import variables
from srcgrad.rules import scattered
from srcgrad.specialise import calls, compiled, masks, outputs, undecided
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.stores import as_array, buffer_of, flat_place, store
from srcgrad.specialise.values import Args, Kwargs, Value
from srcgrad.specialise.writes import position_of_out

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def write_by_call(
    sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """The result of a call that writes into an array; None if it is none that is known here."""
    ufunc = getattr(function, "__self__", None)
    if isinstance(ufunc, np.ufunc) and getattr(function, "__name__", "") == "at":
        return _at(sp, ufunc, args, loc)
    if isinstance(function, np.ufunc):
        needed = {key: value for key, value in kwargs.items() if not _is_usual(key, value)}
        if len(needed) < len(kwargs):
            return calls.invoke(sp, Const(function), args, needed, loc)
        if function.nout > 1:
            return _several(sp, function, args, needed, loc)
        return _ufunc(sp, function, args, needed, loc)
    if not isinstance(function, _CALLABLES) and not isinstance(ufunc, np.ufunc):
        return None
    if function in _WRITERS:
        names, writer = _WRITERS[function]
        given = _by_position(names, args, kwargs)
        return None if given is None else writer(sp, *given, loc)
    position = position_of_out(function)
    if len(args) == position + 1:
        args, kwargs = args[:position], {**kwargs, "out": args[position]}
    out = kwargs.get("out")
    if out is None:
        return None
    rest = {key: value for key, value in kwargs.items() if key != "out"}
    if _is_nothing(out):
        return calls.invoke(sp, Const(function), args, rest, loc)
    if _writes_by_pieces(function):
        given = tuple(sp.operand(value, loc) for value in (*args, *rest.values()))
        _refuse_overlap(sp, buffer_of(sp, out, loc), given, _READ_LATE, loc)
    return _result_into(sp, function, args, rest, out, loc)


_CALLABLES = (type(np.sum), type(np.ndarray.fill))


def _by_position(
    names: tuple[str, ...], args: Args, kwargs: Kwargs
) -> tuple[Value | None, ...] | None:
    """All arguments of a call in the order of ``names``; None if they are others."""
    if len(args) > len(names) or not set(names[len(args) :]).issuperset(kwargs):
        return None
    return (*args, *(kwargs.get(name) for name in names[len(args) :]))


def _is_nothing(value: Value | None) -> bool:
    return value is None or (isinstance(value, Const) and value.value is None)


_BY_PIECES = (np.concatenate, np.stack, np.ptp)


def _writes_by_pieces(function: Any) -> bool:
    """Whether NumPy writes into ``out`` before it has read all that it is given."""
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        return bool(function.__name__ == "reduceat")
    return function in _BY_PIECES


def _refuse_overlap(
    sp: Specialiser, buffer: Var, given: tuple[Operand, ...], why: tuple[str, str], loc: Loc
) -> None:
    """Refuses a write into an array that may show some of what else a call is given."""
    known = sp.builder.definitions, set(sp.inputs.leaves.values())
    if any(overlap.may_meet(buffer, v, *known) for operand in given for v in variables(operand)):
        raise AliasingError(why[0], loc, why[1])


_READ_LATE = (
    "NumPy may write into this array before it has read what may share memory with it",
    "let it read a copy, made with copy()",
)
_SEVERAL = (
    "two results may be written into the same memory",
    "write them into different arrays",
)


def _result_into(
    sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, out: Value, loc: Loc
) -> Value:
    """Emits a call, and the write of its result into ``out``."""
    out = out.items[0] if isinstance(out, Pack) and len(out.items) == 1 else out
    buffer = buffer_of(sp, out, loc)
    args, kwargs = outputs.in_dtype_of(sp, function, args, kwargs, buffer, loc)
    result = sp.operand(calls.invoke(sp, Const(function), args, kwargs, loc), loc)
    given, named = _operands(sp, args, kwargs, loc)
    outputs.check(sp, function, given, named, buffer, result, loc)
    undecided.check_in_place(sp, buffer, result, loc)
    return _into(sp, out, result, loc)


def _operands(
    sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc
) -> tuple[tuple[Operand, ...], dict[str, Operand]]:
    named = {key: sp.operand(value, loc) for key, value in kwargs.items()}
    return tuple(sp.operand(arg, loc) for arg in args), named


def _into(sp: Specialiser, out: Value, value: Value, loc: Loc) -> Value:
    store(sp, out, None, value, loc, piecewise=loc.raises_late)
    return out


def _ufunc(
    sp: Specialiser, function: np.ufunc, args: Args, kwargs: dict[str, Value], loc: Loc
) -> Value | None:
    """``ufunc(a, b, out=x, where=mask)``; only the elements under the mask are computed."""
    out = kwargs.pop("out", None)
    if len(args) == function.nargs:
        out, args = args[function.nin], args[: function.nin]
    if isinstance(out, Pack) and len(out.items) == 1:
        out = out.items[0]
    if out is None:
        return None
    if _is_nothing(out):
        return calls.invoke(sp, Const(function), args, kwargs, loc)
    mask = kwargs.pop("where", None)
    if mask is None or (isinstance(mask, Const) and mask.value is True):
        return _result_into(sp, function, args, kwargs, out, loc)
    buffer = buffer_of(sp, out, loc)
    outputs.check_dtypes(function, *_operands(sp, args, kwargs, loc), (buffer,), loc)
    where = masks.own(sp, masks.spread(sp, masks.where_of(sp, mask, loc), buffer, loc), buffer, loc)
    parts = tuple(masks.under(sp, sp.operand(arg, loc), where, buffer, loc) for arg in args)
    result = sp.operand(calls.invoke(sp, Const(function), parts, kwargs, loc), loc)
    undecided.check_in_place(sp, buffer, result, loc)
    store(sp, buffer, where, result, loc, piecewise=loc.raises_late)
    return buffer


_USUAL = {
    "casting": "same_kind",
    "order": "K",
    "subok": True,
    "dtype": None,
    "where": True,
    "out": None,
}


def _is_usual(key: str, value: Value) -> bool:
    """Whether an argument of a ufunc says what holds without it."""
    if key not in _USUAL or not isinstance(value, Const):
        return False
    return type(value.value) is type(_USUAL[key]) and bool(value.value == _USUAL[key])


def _several(
    sp: Specialiser, function: np.ufunc, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """``np.divmod(x, y, q, r)``: each result is written into its array, if there is one."""
    named, outs = kwargs.get("out"), args[function.nin :]
    if isinstance(named, Pack) and not outs:
        outs = named.items
    elif not _is_nothing(named):
        return None
    if len(outs) > function.nout or all(map(_is_nothing, outs)):
        return None
    outs = (*outs, *(Const(None) for _ in range(function.nout - len(outs))))
    rest = {key: value for key, value in kwargs.items() if key != "out"}
    result = calls.invoke(sp, Const(function), args[: function.nin], rest, loc)
    is_known = isinstance(type_of(sp.operand(result, loc)), PackType)
    if rest or not is_known:
        message = f"what '{function.__name__}' writes into arrays is not known here"
        raise UnsupportedSyntaxError(message, loc, "assign its results to names instead")
    parts = [calls.index(sp, result, Const(i), loc) for i in range(function.nout)]
    buffers = [None if _is_nothing(out) else buffer_of(sp, out, loc) for out in outs]
    given = tuple(sp.operand(arg, loc) for arg in args[: function.nin])
    outputs.check_dtypes(function, given, {}, tuple(buffers), loc)
    for i, buffer in enumerate(buffers):
        if buffer is not None:
            part = sp.operand(parts[i], loc)
            outputs.check_shape(sp, function, given, buffer, part, loc)
            undecided.check_in_place(sp, buffer, part, loc)
            others = tuple(other for other in buffers[:i] if other is not None)
            _refuse_overlap(sp, buffer, others, _SEVERAL, loc)
            store(sp, buffer, None, parts[i], loc, piecewise=loc.raises_late)
    pairs = zip(parts, buffers, strict=True)
    return Pack(tuple, tuple(sp.operand(part if b is None else b, loc) for part, b in pairs))


# --- one element after the other ----------------------------------------------------------------


def _at(sp: Specialiser, ufunc: np.ufunc, args: Args, loc: Loc) -> Value | None:
    """``np.add.at(x, index, v)``, which adds as often as an element is named."""
    if ufunc not in (np.add, np.subtract):
        return _at_each(sp, ufunc, args, loc)
    if len(args) != 3:
        return None
    array, index, value = args
    buffer, dtype = buffer_of(sp, array, loc), dtype_of(number_of(type_of(sp.operand(value, loc))))
    assert isinstance(buffer.type, Array)
    if buffer.type.dtype.kind in "iub" and (dtype is None or dtype.kind not in "iub"):
        return None  # NumPy rounds each sum
    if ufunc is np.subtract:
        value = calls.invoke(sp, Const(operator.neg), (value,), {}, loc)
    return store(sp, array, sp.operand(index, loc), value, loc, accumulate=True)


def _at_each(sp: Specialiser, ufunc: np.ufunc, args: Args, loc: Loc) -> Value | None:
    """``np.multiply.at(x, index, v)`` and the like."""
    if len(args) != 3 or (ufunc.nin, ufunc.nout) != (2, 1) or ufunc not in OPS:
        return None
    buffer = buffer_of(sp, args[0], loc)
    assert isinstance(buffer.type, Array)
    if buffer.type.dtype.kind != "f":  # where NumPy refuses to round
        return None
    index, value = (as_array(sp, sp.operand(arg, loc), loc) for arg in args[1:])
    type_ = number_of(type_of(index))
    function = None
    if _is_plain(index) or (isinstance(type_, Array) and type_.dtype.kind == "b"):
        function = scattered.at_elements
    elif isinstance(type_, Array) and type_.dtype.kind in "iu" and type_.ndim == 1:
        one = isinstance(number_of(type_of(value)), Scalar)
        function = scattered.at_places_with_number if one else scattered.at_places
        if masks.may_show(sp, buffer, value):  # NumPy reads all values before it writes
            value = calls.apply(sp, np.copy, (value,), {}, loc)
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


# --- functions and methods that write into their first argument ---------------------------------


def _put(
    sp: Specialiser,
    array: Value,
    ind: Value | None,
    v: Value | None,
    mode: Value | None,
    loc: Loc,
) -> Value | None:
    """``np.put(x, ind, v)``: the places count through all of ``x``, and values are repeated."""
    how = mode.value if isinstance(mode, Const) else "raise" if mode is None else ""
    if ind is None or v is None or how not in ("raise", "wrap", "clip"):
        return None
    index, value = (as_array(sp, sp.operand(part, loc), loc) for part in (ind, v))
    dtype = dtype_of(number_of(type_of(index)))
    if dtype is None or dtype.kind not in "iu":
        message = "the places of 'put' are not known to be integers"
        raise UnsupportedSyntaxError(message, loc, "by a mask, write x[mask] = values")
    buffer, dims = buffer_of(sp, array, loc), dims_of(type_of(value))
    may_be_none = _may_be_empty(value)
    if may_be_none:
        if _may_be_empty(buffer):
            calls.invoke(sp, Const(scattered.check_put), (buffer, index), {}, loc)
        if dims is not None and 0 in dims:
            return Const(None)
    if how in scattered.INSIDE:
        size = calls.invoke(sp, Const(np.size), (buffer,), {}, loc)
        if _may_be_empty(buffer):  # that there is no place then, the write says
            size = calls.invoke(sp, Const(max), (size, Const(1)), {}, loc)
        if how == "wrap" and dtype.itemsize < np.dtype(np.intp).itemsize:  # too few for a size
            index = calls.apply(sp, np.asarray, (index, Const(np.intp)), {}, loc)
        inside = (index, size)
        index = sp.operand(calls.invoke(sp, Const(scattered.INSIDE[how]), inside, {}, loc), loc)
    alike = dims is not None and len(dims) == 1 and dims[0] is not None
    if dims != () and not (alike and dims == dims_of(type_of(index))):
        index = sp.operand(calls.invoke(sp, Const(np.ravel), (index,), {}, loc), loc)
        if may_be_none:
            some = calls.invoke(sp, Const(scattered.if_any), (index, value), {}, loc)
            index = sp.operand(some, loc)
        count = calls.invoke(sp, Const(np.size), (index,), {}, loc)
        repeated = calls.invoke(sp, Const(scattered.repeated), (value, count), {}, loc)
        value = sp.operand(repeated, loc)
    return store(sp, *flat_place(sp, buffer, index, loc), value, loc, piecewise=True)


def _may_be_empty(array: Operand) -> bool:
    dims = dims_of(type_of(array))
    return dims is None or any(least(dim) == 0 for dim in dims)


def _place(
    sp: Specialiser, array: Value, mask: Value | None, vals: Value | None, loc: Loc
) -> Value | None:
    if mask is None or vals is None:
        return None
    buffer = buffer_of(sp, array, loc)
    given, _ = _operands(sp, (buffer, mask, vals), {}, loc)
    outputs.check_written(sp, np.place, given, {}, loc)
    value = as_array(sp, given[2], loc)
    overlap.refuse_masked(
        buffer, value, sp.builder.definitions, set(sp.inputs.leaves.values()), loc
    )
    where = masks.in_order(sp, masks.mask_of(sp, mask, loc), buffer, loc)
    if where is not buffer and dtype_of(buffer.type) == np.bool_:
        _refuse_overlap(sp, buffer, (where,), _READ_LATE, loc)
    return masks.repeated(sp, scattered.place, buffer, where, value, loc)


def _putmask(
    sp: Specialiser, array: Value, mask: Value | None, values: Value | None, loc: Loc
) -> Value | None:
    if mask is None or values is None:
        return None
    # A shorter array of values is repeated, which is not what an assignment does.
    given, _ = _operands(sp, (buffer_of(sp, array, loc), mask, values), {}, loc)
    outputs.check_written(sp, np.putmask, given, {}, loc)
    value, buffer = as_array(sp, given[2], loc), buffer_of(sp, array, loc)
    where = masks.in_order(
        sp, masks.own(sp, masks.mask_of(sp, mask, loc), buffer, loc), buffer, loc
    )
    dims = dims_of(type_of(value))
    if dims and dims != dims_of(buffer.type):
        return masks.repeated(sp, scattered.putmask, buffer, where, value, loc)
    return masks.masked(sp, buffer, where, value, loc)


def _copyto(
    sp: Specialiser,
    dst: Value,
    src: Value | None,
    casting: Value | None,
    where: Value | None,
    loc: Loc,
) -> Value | None:
    if src is None:
        return None
    rule = {} if casting is None else {"casting": casting}
    given, named = _operands(sp, (buffer_of(sp, dst, loc), src), rule, loc)
    outputs.check_written(sp, np.copyto, given, named, loc)
    if _is_default(where, True):
        return store(sp, given[0], None, as_array(sp, given[1], loc), loc)
    assert where is not None
    return masks.masked(sp, given[0], masks.where_of(sp, where, loc), given[1], loc)


def _fill(sp: Specialiser, array: Value, value: Value | None, loc: Loc) -> Value | None:
    return None if value is None else store(sp, array, None, value, loc)


def _fill_diagonal(
    sp: Specialiser, array: Value, val: Value | None, wrap: Value | None, loc: Loc
) -> Value | None:
    """The diagonal of a matrix, or of an array with more axes of one length; an array of values is
    cut or repeated."""
    buffer = buffer_of(sp, array, loc)
    if val is None or not isinstance(wrap, Const | None):
        return None
    if masks.rank(buffer) != 2:
        return _fill_long_diagonal(sp, buffer, val, loc)
    shape = calls.apply(sp, np.ndarray.shape, (buffer,), {}, loc)
    if wrap is not None and wrap.value:
        return _fill_wrapped(sp, buffer, shape, val, loc)
    length = calls.invoke(sp, Const(min), (shape,), {}, loc)
    places = calls.invoke(sp, Const(np.arange), (length,), {}, loc)
    row, value = sp.operand(places, loc), as_array(sp, sp.operand(val, loc), loc)
    if not overlap.is_read_in_time(buffer, value, sp.builder.definitions):
        _refuse_overlap(sp, buffer, (value,), _READ_LATE, loc)
    dims, (rows, columns) = dims_of(type_of(value)), dims_of(buffer.type) or (None, None)
    if dims != () and not (rows is not None and rows == columns and dims == (rows,)):
        repeated = calls.invoke(sp, Const(scattered.repeated), (value, length), {}, loc)
        value = sp.operand(repeated, loc)
    return store(sp, buffer, Pack(tuple, (row, row)), value, loc)


def _fill_wrapped(sp: Specialiser, buffer: Var, shape: Value, val: Value, loc: Loc) -> Value | None:
    """The diagonals of a matrix, one below the other where it has more rows than columns."""
    value = as_array(sp, sp.operand(val, loc), loc)
    _refuse_overlap(sp, buffer, (value,), _READ_LATE, loc)
    places = compiled.run(sp, _wrapped, (shape,), loc)
    assert isinstance(places, Pack)
    if dims_of(type_of(value)) != ():
        length = calls.invoke(sp, Const(len), places.items[:1], {}, loc)
        repeated = calls.invoke(sp, Const(scattered.repeated), (value, length), {}, loc)
        value = sp.operand(repeated, loc)
    return store(sp, buffer, places, value, loc)


def _wrapped(shape: Any) -> Any:
    places = np.arange(0, shape[0] * shape[1], shape[1] + 1)
    return places // shape[1], places % shape[1]


def _fill_long_diagonal(sp: Specialiser, buffer: Var, val: Value, loc: Loc) -> Value | None:
    """The diagonal of an array of more than two axes, which are known to be of one length."""
    dims = dims_of(buffer.type)
    if dims is None or len(dims) < 3 or dims[0] is None or any(dim != dims[0] for dim in dims):
        return None
    value = as_array(sp, sp.operand(val, loc), loc)
    _refuse_overlap(sp, buffer, (value,), _READ_LATE, loc)
    length = calls.invoke(sp, Const(len), (buffer,), {}, loc)
    row = sp.operand(calls.invoke(sp, Const(np.arange), (length,), {}, loc), loc)
    if dims_of(type_of(value)) not in ((), (dims[0],)):
        repeated = calls.invoke(sp, Const(scattered.repeated), (value, length), {}, loc)
        value = sp.operand(repeated, loc)
    return store(sp, buffer, Pack(tuple, (row,) * len(dims)), value, loc)


def _sort(
    sp: Specialiser,
    array: Value,
    axis: Value | None,
    kind: Value | None,
    order: Value | None,
    loc: Loc,
) -> Value | None:
    given = {"axis": axis, "kind": kind, "order": order}
    named = {name: value for name, value in given.items() if value is not None}
    value = calls.invoke(sp, Const(np.sort), (array,), named, loc)
    return store(sp, array, None, value, loc)


def _nan_to_num(
    sp: Specialiser,
    x: Value,
    copy: Value | None,
    nan: Value | None,
    posinf: Value | None,
    neginf: Value | None,
    loc: Loc,
) -> Value | None:
    """``np.nan_to_num(x, copy=False)`` writes into ``x``, and gives it back."""
    if _is_default(copy, True):
        return None
    if not _is_default(copy, False):
        message = "whether 'nan_to_num' copies is not known here"
        raise UnsupportedSyntaxError(message, loc, "leave 'copy' out")
    given = {"nan": nan, "posinf": posinf, "neginf": neginf}
    named = {name: value for name, value in given.items() if value is not None}
    buffer = buffer_of(sp, x, loc)
    return _into(sp, buffer, calls.invoke(sp, Const(np.nan_to_num), (buffer,), named, loc), loc)


def _is_default(value: Value | None, default: object) -> bool:
    return value is None or (isinstance(value, Const) and bool(value.value == default))


_WRITERS: dict[Any, tuple[tuple[str, ...], Callable[..., Value | None]]] = {
    np.ndarray.fill: (("a", "value"), _fill),
    np.ndarray.sort: (("a", "axis", "kind", "order"), _sort),
    np.ndarray.put: (("a", "indices", "values", "mode"), _put),
    np.put: (("a", "ind", "v", "mode"), _put),
    np.copyto: (("dst", "src", "casting", "where"), _copyto),
    np.putmask: (("a", "mask", "values"), _putmask),
    np.place: (("arr", "mask", "vals"), _place),
    np.fill_diagonal: (("a", "val", "wrap"), _fill_diagonal),
    np.nan_to_num: (("x", "copy", "nan", "posinf", "neginf"), _nan_to_num),
}
"""The names of the parameters, and what is emitted for a call."""

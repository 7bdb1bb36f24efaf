"""Functions of NumPy's that are made of others: ``np.append``, ``np.rot90``, ``np.hsplit``.

They have no rules of their own.  Where too little is known of the arguments, or these are wrong,
the call is left as it is.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, ndim_of, number_of
from srcgrad.specialise import calls, undecided
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.stores import as_array
from srcgrad.specialise.values import Args, Handler, Kwargs, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _given(names: tuple[str, ...], args: Args, kwargs: Kwargs) -> list[Value | None] | None:
    """The arguments in the order of ``names``; None if they are others, or too few."""
    if not args or len(args) > len(names) or not set(names[len(args) :]).issuperset(kwargs):
        return None
    return [*args, *(kwargs.get(name) for name in names[len(args) :])]


def _array(sp: Specialiser, value: Value, loc: Loc) -> Operand | None:
    """An array, also of a list; None if it is none."""
    operand = as_array(sp, sp.operand(value, loc), loc)
    return operand if isinstance(number_of(type_of(operand)), Array) else None


def _append(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.append(a, v)`` joins what the two have, and ``axis`` asks for no more than that."""
    given = _given(("arr", "values", "axis"), args, kwargs)
    if given is None or given[1] is None:
        return None
    axis = given[2]
    parts = [as_array(sp, sp.operand(part, loc), loc) for part in given[:2] if part is not None]
    if any(ndim_of(type_of(part)) is None for part in parts):
        return None
    if axis is None or (isinstance(axis, Const) and axis.value is None):
        parts, named = [_raveled(sp, part, loc) for part in parts], {}
    else:
        named = {"axis": axis}
    return calls.invoke(sp, Const(np.concatenate), (Pack(tuple, tuple(parts)),), named, loc, name)


def _raveled(sp: Specialiser, part: Operand, loc: Loc) -> Operand:
    if ndim_of(type_of(part)) == 1:
        return part
    return sp.operand(calls.invoke(sp, Const(np.ravel), (part,), {}, loc), loc)


def _rot90(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    given = _given(("m", "k", "axes"), args, kwargs)
    array = None if given is None or given[0] is None else _array(sp, given[0], loc)
    if given is None or array is None:
        return None
    turns = 1 if given[1] is None else sp.constant(given[1], "k")
    axes = (0, 1) if given[2] is None else tuple(sp.constant(given[2], "axes"))
    ndim = ndim_of(type_of(array)) or 0
    if len(axes) != 2 or not all(-ndim <= axis < ndim for axis in axes):
        return None
    first, second = (axis % ndim for axis in axes)
    if first == second:
        return None
    swap = (np.swapaxes, first, second)
    steps: dict[int, tuple[tuple[Any, ...], ...]] = {
        0: ((operator.getitem, slice(None)),),
        1: ((np.flip, second), swap),
        2: ((np.flip, first), (np.flip, second)),
        3: (swap, (np.flip, second)),
    }
    return _steps(sp, array, steps[turns % 4], loc, name)


def _rollaxis(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    given = _given(("a", "axis", "start"), args, kwargs)
    array = None if given is None or given[0] is None else _array(sp, given[0], loc)
    if given is None or array is None or given[1] is None:
        return None
    axis = sp.constant(given[1], "axis")
    start = 0 if given[2] is None else sp.constant(given[2], "start")
    ndim = ndim_of(type_of(array)) or 0
    if not (-ndim <= axis < ndim and -ndim <= start <= ndim):
        return None
    axis, start = axis % ndim, start + ndim if start < 0 else start
    goal = start - 1 if axis < start else start
    step = (operator.getitem, ...) if goal == axis else (np.moveaxis, axis, goal)
    return _steps(sp, array, (step,), loc, name)


def _steps(
    sp: Specialiser, array: Value, steps: tuple[tuple[Any, ...], ...], loc: Loc, name: str
) -> Value:
    """One function after the other, each with what else it is given."""
    for function, *rest in steps:
        array = calls.invoke(sp, Const(function), (array, *map(Const, rest)), {}, loc, name)
    return array


def _split_along(axis: int) -> Handler:
    """``np.vsplit`` and its like."""

    def split(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        given = _given(("ary", "indices_or_sections"), args, kwargs)
        array = None if given is None or given[0] is None else _array(sp, given[0], loc)
        ndim = None if array is None else ndim_of(type_of(array))
        if given is None or array is None or ndim is None or given[1] is None:
            return None
        along = 0 if (axis, ndim) == (1, 1) else axis
        if ndim <= along or (axis == 0 and ndim < 2):
            return None
        rest = {"axis": Const(along)} if along else {}
        return calls.invoke(sp, Const(np.split), (array, given[1]), rest, loc, name)

    return split


def _diff(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.diff(v, prepend=a, append=b)``, of an array which these are joined to, and differences
    of differences; those of order zero are what is given itself, be it a list."""
    given = _given(("a", "n", "axis", "prepend", "append"), args, kwargs)
    if given is None or given[0] is None:
        return None
    if isinstance(given[1], Const) and given[1].value == 0:
        return given[0]
    if given[1] is not None and given[3:] != [None, None]:
        times = sp.constant(given[1], "n")
    else:
        times = given[1].value if isinstance(given[1], Const) else 1
    axis = {} if given[2] is None else {"axis": given[2]}
    if given[3:] == [None, None]:
        array: Operand | None = sp.operand(given[0], loc)
        if not isinstance(times, int) or times < 2:
            return None
    else:
        array = _joined(sp, given[3], given[0], given[4], given[2], loc)
    if array is None or not isinstance(times, int) or times < 1:
        return None
    for _ in range(times):
        array = sp.operand(calls.invoke(sp, Const(np.diff), (array,), axis, loc, name), loc)
    return array


def _joined(
    sp: Specialiser,
    before: Value | None,
    array: Value,
    after: Value | None,
    axis: Value | None,
    loc: Loc,
) -> Operand | None:
    """An array with numbers, or arrays of its rank, before and after it along an axis; None of what
    is none."""
    parts = [
        as_array(sp, sp.operand(part, loc), loc)
        for part in (array, before, after)
        if part is not None
    ]
    ranks = [ndim_of(type_of(part)) for part in parts]
    along = -1 if axis is None else sp.constant(axis, "axis")
    rank = ranks[0]
    if not rank or not {*ranks} <= {0, rank} or along not in range(-rank, rank):
        return None
    order = [1, 0, 2] if before is not None else [0, 1]
    each = tuple(_of_one(sp, parts[i], parts[0], along, loc) for i in order[: len(parts)])
    named = {"axis": Const(along)} if rank > 1 else {}
    joined = calls.invoke(sp, Const(np.concatenate), (Pack(tuple, each),), named, loc)
    return sp.operand(joined, loc)


def _of_one(sp: Specialiser, part: Operand, array: Operand, axis: int, loc: Loc) -> Operand:
    """A number as it stands beside an array along an axis; an array stays as it is."""
    rank = ndim_of(type_of(array)) or 0
    if rank == 1 or ndim_of(type_of(part)) == rank:
        return _raveled(sp, part, loc) if rank == 1 else part
    shape = sp.heap.view(calls.invoke(sp, Const(np.shape), (array,), {}, loc))
    lengths = [
        Const(1) if i == axis % rank else sp.operand(calls.index(sp, shape, Const(i), loc), loc)
        for i in range(rank)
    ]
    spread = (part, Pack(tuple, tuple(lengths)))
    return sp.operand(calls.invoke(sp, Const(np.broadcast_to), spread, {}, loc), loc)


def _trace(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.trace(A, offset)`` of a matrix, the sum of that diagonal."""
    given = _given(("a", "offset"), args, kwargs)
    matrix = None if given is None or given[0] is None else _array(sp, given[0], loc)
    if given is None or given[1] is None or matrix is None or ndim_of(type_of(matrix)) != 2:
        return None
    diagonal = calls.invoke(sp, Const(np.diagonal), (matrix, given[1]), {}, loc)
    return calls.invoke(sp, Const(np.sum), (diagonal,), {}, loc, name)


def _full_like(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.full_like(A, v)`` of what may be an array of integers, which rounds what it is filled
    with."""
    given = _given(("a", "fill_value"), args, kwargs)
    like = None if given is None or given[0] is None else sp.operand(given[0], loc)
    if given is None or given[1] is None or not isinstance(like, Var):
        return None
    if not isinstance(like.type, Array) or not undecided.is_undecided(like):
        return None
    value = undecided.kept(sp, like, as_array(sp, sp.operand(given[1], loc), loc), loc)
    return calls.apply(sp, np.full_like, (like, value), {}, loc, name)


def _cross(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``np.cross(a, b)``, whose rank depends on whether the vectors have two numbers or three.

    Raises
    ------
    NeedsValue
        If inputs tell how many, which have to be known.
    """
    given = _given(("a", "b", "axisa", "axisb", "axisc", "axis"), args, kwargs)
    if given is None or given[1] is None:
        return None
    for value, own in zip(given[:2], given[2:4], strict=True):
        array = None if value is None else _array(sp, value, loc)
        axis = next((each for each in (given[5], own) if not _is_missing(each)), Const(-1))
        rank = None if array is None else ndim_of(type_of(array))
        place = axis.value if isinstance(axis, Const) else None
        if array is None or rank is None or not isinstance(place, int) or not -rank <= place < rank:
            return None
        shape = calls.invoke(sp, Const(np.shape), (array,), {}, loc)
        count = sp.operand(calls.index(sp, shape, Const(place), loc), loc)
        if isinstance(count, Var) and sp.inputs.integers_behind(
            count, sp.builder.definitions, sp.recursion.origins, lengths=True
        ):
            sp.constant(count, "the length of the vectors of a cross product")
    return None


def _is_missing(value: Value | None) -> bool:
    return value is None or (isinstance(value, Const) and value.value is None)


COMPOSED: dict[Any, Handler] = {
    np.cross: _cross,
    np.full_like: _full_like,
    np.append: _append,
    np.diff: _diff,
    np.trace: _trace,
    np.rot90: _rot90,
    np.rollaxis: _rollaxis,
    np.vsplit: _split_along(0),
    np.hsplit: _split_along(1),
    np.dsplit: _split_along(2),
}

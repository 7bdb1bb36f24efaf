"""An array is not computed only to ask for its shape.

::

    r = X @ w                        ->    n = y.size
    n = r.size

where ``y`` is an input of the same shape and nothing else needs ``r``, or ``r`` may not be there:
where one arm overwrites what another may not have assigned, a cotangent is set to zeros like it.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np

from srcgrad.analysis.absent import may_be_absent
from srcgrad.analysis.cost import is_light
from srcgrad.analysis.layouts import reshapes
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.analysis.shown import must_be_views
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, For, Function, Operand, Pack, Stmt, Var
from srcgrad.ir.types import Array, Dim, Length, ListOf, Symbol, least, ndim_of, number_of
from srcgrad.ir.walk import params_of, statements, targets, used, variables
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify import demand

NO_INTEGERS: Mapping[Length, Var] = {}

_LIKE = (intrinsics.expand, intrinsics.zero, intrinsics.fresh)
_LIKE_SECOND = (intrinsics.expand, intrinsics.fresh)
_LIKE_FIRST = (intrinsics.zero, intrinsics.scatter_add)
_ASKING_SECOND = (*_LIKE_SECOND, intrinsics.unbroadcast, intrinsics.shaped)


@dataclass(frozen=True)
class _Shown:
    """What tells lengths where a shape is asked for: ``arrays``; the ``slices`` of arrays that have
    lengths of their own; integers by the lengths that they are; and which of these are
    ``visible``."""

    arrays: list[Var]
    slices: Mapping[Length, tuple[Apply, int]]
    integers: Mapping[Length, Var]
    visible: Set[Var]


def ask_inputs(
    function: Function, inputs: tuple[Var, ...], integers: Mapping[Length, Var] = NO_INTEGERS
) -> Function:
    """``function`` with shapes asked of inputs rather than of arrays that nothing else needs.

    ``integers`` are known to be lengths.
    """
    needed = demand.needed(function, _read) - may_be_absent(function)
    arrays = [var for var in inputs if isinstance(var.type, Array)]
    laid_out = laid_out_in(function)
    siblings = _siblings(function)
    stays = _staying(function)
    around: list[Var] = []  # the program's own in its outermost block, before what is asked
    visible = {*inputs, *params_of(function)}
    slices = _slices(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        asking = isinstance(stmt, Apply) and (_is_metadata(stmt) or _only_shows(stmt, needed))
        if isinstance(stmt, Apply) and asking and stmt.target not in laid_out:
            position = 1 if stmt.op in _ASKING_SECOND else 0
            x = stmt.args[position]
            if isinstance(x, Var) and x not in needed:
                other = _scaled(program, stmt, x, needed)
                if other is not x:
                    x, rest = other, stmt.args[position + 1 :]
                    stmt = replace(stmt, args=(*stmt.args[:position], x, *rest))
                there = [var for var in siblings.get(x, ()) if var in needed]
                last = reversed(around) if _is_fixed(x, stays) else ()
                shown = _Shown([*there, *arrays, *last], slices, integers, visible)
                if _ask_another(program, stmt, x, position, shown, needed):
                    return
                if _tell_lengths(program, stmt, x, shown):
                    return
        elif isinstance(stmt, Apply) and (length := _taken(stmt)) is not None:
            program.rename(stmt.target, length)
            return
        program.keep(stmt)
        if len(program.scopes) == 1:
            visible.update(targets(stmt))
        if len(program.scopes) == 1 and not stmt.loc.adjoint:
            around.extend(v for v in targets(stmt) if v in needed and _is_fixed(v, stays))

    return rewrite(function, step)


def _slices(function: Function) -> dict[Length, tuple[Apply, int]]:
    """The lengths that slices alone have, each with one that has it, and along which axis."""
    found: dict[Length, tuple[Apply, int]] = {}
    for stmt in statements(function.body.body):
        if not isinstance(stmt, Apply) or stmt.op is not operator.getitem or stmt.kwargs:
            continue
        whole, part = type_of(stmt.args[0]), stmt.target.type
        if isinstance(whole, Array) and isinstance(part, Array) and None not in whole.dims:
            for axis, dim in enumerate(part.dims):
                if isinstance(dim, Length) and dim.symbol.fixed and dim not in whole.dims:
                    found.setdefault(dim, (stmt, axis))
    return found


def _staying(function: Function) -> set[Symbol]:
    """The lengths that arrays of the outermost block of the program itself have, each of which is
    there once: what is as long in a loop is so in each trip."""
    own = (stmt for stmt in function.body.body if not stmt.loc.adjoint)
    types = (var.type for stmt in own for var in targets(stmt))
    dims = (dim for type_ in types if isinstance(type_, Array) for dim in type_.dims)
    return {dim.symbol for dim in dims if isinstance(dim, Length)}


def _is_fixed(var: Var, stays: Set[Symbol]) -> bool:
    """Whether a variable is an array whose lengths are the same throughout a call."""
    if not isinstance(var.type, Array):
        return False
    lengths = (dim for dim in var.type.dims if not isinstance(dim, int))
    return all(dim is not None and (dim.symbol.fixed or dim.symbol in stays) for dim in lengths)


def _siblings(function: Function) -> dict[Var, list[Var]]:
    """For each array of a trip that was saved, all those of that trip that were: one that is read
    may have the shape of one that is not.

    What one trip hands on to the next may have another shape, though its lengths have the names of
    the other's.
    """
    found: dict[Var, list[Var]] = {}
    for stmt in statements(function.body.body):
        if isinstance(stmt, For):
            saved = stmt.body.params[1 + len(stmt.init) :]
            arrays = [var for var in saved if isinstance(var.type, Array)]
            found.update(dict.fromkeys(arrays, arrays))
    return found


def laid_out_in(function: Function) -> set[Var]:
    """The arrays with views that another order of their elements in memory would not allow, and
    that have to be views.

    What is made like an array has its order, and an input may have another one; but not where there
    is one axis alone.
    """
    views = [stmt.target for stmt in must_be_views(function) if not _is_item(stmt)]
    if not views:
        return set()
    memory = MemoryClasses(function.body)
    members = (var for view in views for var in memory.members(view))
    return {var for var in members if ndim_of(var.type) != 1}


def _is_item(stmt: Apply) -> bool:
    """Whether an element is read of a list, which is there whatever the order of its own."""
    return stmt.op is operator.getitem and isinstance(type_of(stmt.args[0]), ListOf)


def _is_metadata(stmt: Apply) -> bool:
    asking = (*_LIKE, *_LIKE_FIRST, *_ASKING_SECOND, np.ndarray.size, np.ndarray.shape, len)
    return stmt.op in asking and bool(stmt.args)


def _only_shows(stmt: Apply, needed: Set[Var]) -> bool:
    """Whether an operation shows an array in another shape, and nobody reads its elements."""
    return reshapes(stmt) and stmt.target not in needed


def _read(stmt: Apply) -> set[Var]:
    """The variables of which an operation reads elements."""
    if stmt.op is intrinsics.cast:  # to the type of the second
        return set(variables(stmt.args[0]))
    if not _is_metadata(stmt):
        return set(used(stmt))
    if stmt.op is intrinsics.scatter_add:
        return {var for operand in stmt.args[1:] for var in variables(operand)}
    return set(variables(stmt.args[0])) if stmt.op in _ASKING_SECOND else set()


def _ask_another(
    program: Rewriting, stmt: Apply, x: Var, position: int, shown: _Shown, needed: set[Var]
) -> bool:
    if x in shown.arrays or not isinstance(x.type, Array) or None in x.type.dims:
        return False
    for other in (*_relatives(program, x, needed), *shown.arrays):
        assert isinstance(other.type, Array)
        same_dtype = other.type.dtype == x.type.dtype and other.type.is_like
        same_dtype = same_dtype or stmt.op not in (*_LIKE, *_LIKE_FIRST)
        if other.type.dims == x.type.dims and same_dtype:
            args = (*stmt.args[:position], other, *stmt.args[position + 1 :])
            program.keep(Apply(stmt.target, stmt.op, args, stmt.kwargs, stmt.loc))
            return True
    if stmt.op is not intrinsics.zero and stmt.op is not intrinsics.expand:
        return False
    lengths = [_length(program, dim, shown, stmt) for dim in x.type.dims]
    if any(length is None for length in lengths):
        return False
    known = tuple(length for length in lengths if length is not None)
    shape = known[0] if len(known) == 1 else Pack(tuple, known)
    dtype = () if x.type.dtype == np.float64 else (("dtype", Const(x.type.dtype.type)),)
    value = Const(0) if stmt.op is intrinsics.zero else stmt.args[0]
    args = (shape, value) if not _is_zero(value) else (shape,)
    op = np.zeros if _is_zero(value) else np.full
    if isinstance(value, Const) and value.value == 1:
        args, op = (shape,), np.ones
    elif op is np.full:
        dtype = (("dtype", Const(x.type.dtype.type)),)
    program.keep(Apply(stmt.target, op, args, dtype, stmt.loc))
    return True


def _tell_lengths(program: Rewriting, stmt: Apply, x: Var, shown: _Shown) -> bool:
    """Whether what asks an array for its shape, or its length, now has what inputs tell of it."""
    if stmt.op not in (len, np.ndarray.shape, np.ndarray.size) or not isinstance(x.type, Array):
        return False
    if stmt.op is np.ndarray.size and x.type.ndim != 1:
        return False
    dims = x.type.dims[:1] if stmt.op is len else x.type.dims
    found = [_length(program, dim, shown, stmt) for dim in dims]
    lengths = tuple(length for length in found if length is not None)
    if not dims or len(lengths) < len(dims):
        return False
    is_shape = stmt.op is np.ndarray.shape
    program.rename(stmt.target, Pack(tuple, lengths) if is_shape else lengths[0])
    return True


def _taken(stmt: Apply) -> Operand | None:
    """The length that a statement takes of a shape that is told."""
    if stmt.op is not operator.getitem:
        return None
    shape, place = stmt.args
    if isinstance(shape, Pack) and isinstance(place, Const) and type(place.value) is int:
        return shape.items[place.value]
    return None


def _relatives(program: Rewriting, x: Var, needed: set[Var]) -> list[Var]:
    """Arrays that ``x`` is computed from and that are there anyway."""
    found: list[Var] = []
    stack = [x]
    while stack and len(found) < 8:
        stmt = program.definition(stack.pop())
        for var in used(stmt) if stmt is not None else ():
            if isinstance(var.type, Array):
                found.append(var)
                stack.append(var)
    return [var for var in found if var in needed]


def _scaled(program: Rewriting, stmt: Apply, x: Var, needed: Set[Var]) -> Var:
    """The array of which ``x`` is the product with a number, or the sum: it has the same shape."""
    while stmt.op not in _LIKE and x not in needed:
        made = program.definition(x)
        if made is None or not is_light(made):
            break
        x = next(var for var in used(made) if isinstance(number_of(var.type), Array))
    return x


def _is_zero(value: Operand) -> bool:
    return isinstance(value, Const) and value.value == 0


def _length(program: Rewriting, dim: Dim, shown: _Shown, stmt: Apply) -> Operand | None:
    """A dimension, as asked of an input: ``len(u)``, or ``len(u) - 2``."""
    if isinstance(dim, int):
        return Const(dim)
    if not isinstance(dim, Length):
        return None
    axes = [
        (var, axis, other)
        for var in shown.arrays
        if isinstance(var.type, Array)
        for axis, other in enumerate(var.type.dims)
    ]
    for var, axis, other in axes:
        if other == dim:
            return _asked(program, var, axis, stmt)
    for var, axis, other in axes:
        # Such a difference is the length only where it is not negative.
        if other == Length(dim.symbol) and least(other) + dim.offset >= 0:
            whole = _asked(program, var, axis, stmt)
            if whole is not None:
                op = operator.sub if dim.offset < 0 else operator.add
                found = program.builder.apply(op, (whole, Const(abs(dim.offset))), (), stmt.loc)
                assert isinstance(found, Var)
                return found
    known = shown.integers.get(dim)
    if known is not None and known in shown.visible:
        return program.operand(known)
    return _of_slice(program, dim, shown, stmt)


def _of_slice(program: Rewriting, dim: Length, shown: _Shown, stmt: Apply) -> Operand | None:
    """The length of a slice, as asked of the same slice of an array that is there: ``u[::2]``."""
    made, axis = shown.slices.get(dim, (None, 0))
    if made is None or not all(var in shown.visible for var in variables(made.args[1])):
        return None
    whole = type_of(made.args[0])
    for var in shown.arrays:
        if isinstance(var.type, Array) and isinstance(whole, Array) and var.type.dims == whole.dims:
            index = program.operand(made.args[1])
            part = program.builder.apply(operator.getitem, (var, index), (), stmt.loc)
            return _asked(program, part, axis, stmt) if isinstance(part, Var) else None
    return None


def _asked(program: Rewriting, var: Var, axis: int, stmt: Apply) -> Operand | None:
    """The length of an input along an axis."""
    if axis == 0:
        found = program.builder.apply(len, (var,), (), stmt.loc)
        return found if isinstance(found, Var | Const) else None
    shape = program.builder.apply(np.ndarray.shape, (var,), (), stmt.loc)
    return shape.items[axis] if isinstance(shape, Pack) else None

"""The vector-space operations on cotangents: what a derivative is built from besides rules.

Everything is emitted through the specialiser, so that types decide what is left of it.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.facts import immutable_value
from srcgrad.ir.lists import item_set, list_of_kind, list_set, list_sum, zeros_of_length
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import (
    BOOL,
    PY_FLOAT,
    UNKNOWN,
    Array,
    ListOf,
    Scalar,
    Type,
    dtype_of,
    ndim_of,
    number_of,
    same_dtype,
)
from srcgrad.ir.walk import alike
from srcgrad.specialise import calls, cotangent
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser


@immutable_value
class Bar:
    """A cotangent: ``value`` where ``mask`` is true and zero elsewhere.

    The mask is kept apart while the cotangent runs through a chain of elementwise operations, and
    is applied at its end: masking first would give ``0 * inf`` where the chain is singular outside
    the mask.
    """

    value: Operand
    mask: Operand | None = None
    loc: Loc | None = None
    """Where the mask comes from: its application belongs to that line."""
    chained: bool = False
    """Whether the value has run through an operation since it was masked."""
    singular: bool = False
    """Whether it may be infinite where the program's own values are finite."""
    hint: str = ""
    """What to call it once the mask is applied."""

    def unmasked(self, value: Operand) -> Bar:
        """The same cotangent after its mask was applied, which gave ``value``."""
        return Bar(value, singular=self.singular)


def _emit(sp: Specialiser, op: Any, args: tuple[Operand, ...], loc: Loc, name: str = "") -> Operand:
    result = calls.invoke(sp, Const(op), args, {}, loc, name)
    assert isinstance(result, Var | Const)
    return result


def add(sp: Specialiser, a: Operand, b: Operand, loc: Loc, name: str) -> Operand:
    """The sum of two contributions."""
    if isinstance(a, Pack) and isinstance(b, Pack):
        rows = zip(a.items, b.items, strict=True)
        return Pack(a.kind, tuple(add(sp, x, y, loc, "") for x, y in rows), a.keys)
    if isinstance(type_of(a), ListOf):
        return _emit(sp, list_sum, (a, b), loc, name)
    return _emit(sp, operator.add, (a, b), loc, name)


def add_at(sp: Specialiser, bars: Operand, index: Operand, bar: Operand, loc: Loc) -> Operand:
    """``bars``, the cotangent of a list, with ``bar`` added to one element or a slice."""
    have = sp.heap.frozen(calls.index(sp, bars, index, loc))
    assert isinstance(have, Var | Const | Pack)
    added = _added(sp, bar) if _is_row(have, index) else None
    if added is None:
        return _emit(sp, list_set, (bars, index, _add_element(sp, have, bar, loc)), loc)
    for place, value in added:
        row = sp.heap.frozen(calls.index(sp, bars, index, loc))
        first = sp.heap.frozen(calls.index(sp, row, place, loc))
        assert isinstance(first, Var | Const | Pack)
        bars = _emit(sp, item_set, (bars, index, place, _add_element(sp, first, value, loc)), loc)
    return bars


def _is_row(have: Operand, index: Operand) -> bool:
    """Whether an element of a list is a list itself, at one place."""
    return isinstance(type_of(have), ListOf) and isinstance(index, Const | Var)


_FEW = 4
"""So many sums of elements of a list are rather made one by one than with a list of zeros."""


def _added(sp: Specialiser, bar: Operand) -> list[tuple[Operand, Operand]] | None:
    """The elements of a list that are not zero, each with its place, as sums were made of zeros
    one by one; None if it is something else, or they are many."""
    found: list[tuple[Operand, Operand]] = []
    while len(found) <= _FEW:
        made = sp.builder.definitions.get(bar) if isinstance(bar, Var) else None
        if made is None:
            return None
        if made.op is intrinsics.zero:
            return found[::-1]
        if made.op is not list_set or not isinstance(made.args[1], Const | Var):
            return None
        bar, place, total = made.args
        value = _addend(sp, bar, place, total)
        if value is None:
            return None
        found.append((place, value))
    return None


def _addend(sp: Specialiser, bars: Operand, place: Operand, total: Operand) -> Operand | None:
    """What is added to an element of ``bars`` in ``total``; None if that is something else."""
    made = sp.builder.definitions.get(total) if isinstance(total, Var) else None
    if made is None or made.op is not operator.add:
        return None
    have = sp.builder.definitions.get(made.args[0]) if isinstance(made.args[0], Var) else None
    if have is None or have.op is not operator.getitem or have.args[0] is not bars:
        return None
    return made.args[1] if alike(have.args[1], place) else None


def _add_element(sp: Specialiser, have: Operand, bar: Operand, loc: Loc) -> Operand:
    if isinstance(have, Pack) and isinstance(bar, Pack):
        rows = zip(have.items, bar.items, strict=True)
        items = tuple(_add_element(sp, x, y, loc) for x, y in rows)
        return Pack(have.kind, items, have.keys)
    if isinstance(have, Var):
        bar = fit(sp, bar, have, loc)
    return add(sp, have, bar, loc, "")


def scale(sp: Specialiser, bar: Operand, partial: Operand, loc: Loc) -> Operand:
    """The product of a cotangent and a partial derivative."""
    if isinstance(partial, Const) and partial.value == 1:
        return bar
    if isinstance(partial, Const) and partial.value == -1:
        return _emit(sp, operator.neg, (bar,), loc)
    return _emit(sp, operator.mul, (bar, partial), loc)


def is_mask(partial: Operand) -> bool:
    """Whether a partial derivative says where the cotangent passes."""
    return same_dtype(dtype_of(type_of(partial)), BOOL)


def both(sp: Specialiser, a: Operand | None, b: Operand, loc: Loc) -> Operand:
    """The mask that passes where both masks do."""
    return b if a is None else _emit(sp, operator.and_, (a, b), loc)


def force(sp: Specialiser, bar: Bar, loc: Loc, name: str = "") -> Operand:
    """The cotangent with its mask applied."""
    if bar.mask is None:
        return bar.value
    loc = bar.loc or loc
    op = intrinsics.select if bar.chained or bar.singular else intrinsics.masked
    with sp.located(loc):
        result = _emit(sp, op, (bar.mask, bar.value), loc, name)
    if isinstance(result, Var):
        result.hint = result.hint or bar.hint
    return result


def selected(sp: Specialiser, value: Operand, singular: bool) -> Bar:
    """A cotangent as a rule gives it; the mask of one that is a selection stays apart."""
    definition = sp.builder.definitions.get(value) if isinstance(value, Var) else None
    if definition is None or definition.op is not intrinsics.select:
        return Bar(value, singular=singular)
    mask, inner = definition.args
    return Bar(inner, mask, definition.loc, chained=True, singular=singular)


def copy(sp: Specialiser, mask: Var, loc: Loc) -> Operand:
    """A mask in memory of its own."""
    return _emit(sp, np.ndarray.copy, (mask,), loc)


def zero(sp: Specialiser, x: Operand, loc: Loc, name: str = "") -> Operand:
    """The cotangent of a value on which nothing depends."""
    if isinstance(x, Pack):
        return Pack(x.kind, tuple(zero(sp, item, loc) for item in x.items), x.keys)
    dtype = dtype_of(type_of(x))
    if dtype is not None and isinstance(type_of(x), Array) and ndim_of(type_of(x)) == 0:
        return Const(0.0 if dtype == np.float64 else dtype.type(0))
    return _emit(sp, intrinsics.zero, (x,), loc, name)


def own(sp: Specialiser, value: Operand, x: Var, loc: Loc, name: str) -> Operand:
    """``value`` as a cotangent of ``x`` in memory that nobody else holds."""
    return _emit(sp, intrinsics.fresh, (value, x), loc, name)


def own_list(sp: Specialiser, value: Operand | None, x: Var, loc: Loc) -> Operand:
    """``value``, the cotangent of a list of numbers, as a new list of numbers of the same class;
    None stands for zeros."""
    assert isinstance(x.type, ListOf)
    kind = float if x.type.item == PY_FLOAT else np.float64
    if value is None:
        value = _emit(sp, zeros_of_length, (_emit(sp, len, (x,), loc),), loc)
    return _emit(sp, list_of_kind, (value, Const(kind)), loc, f"{x.name}_bar")


def fit(sp: Specialiser, value: Operand, x: Var, loc: Loc) -> Operand:
    """``value``, a contribution to the cotangent of ``x``, in the dtype of ``x``.

    For a number it is one too: ``+=`` would write into an array of rank zero, which may be a view.
    """
    _refine(sp, value, x)
    if ndim_of(x.type) == 0 and isinstance(value, Var) and isinstance(value.type, Array):
        value = number(sp, value, loc)
    return fit_part(sp, value, x, loc)


def number(sp: Specialiser, value: Var, loc: Loc) -> Operand:
    """The element of an array of rank zero, which is all of it."""
    made = sp.builder.definitions.get(value)
    if made is not None and made.op in (np.reshape, np.ndarray.reshape):
        whole = number_of(type_of(made.args[0]))
        if isinstance(whole, Scalar):
            return made.args[0]
        if isinstance(whole, Array) and isinstance(made.args[0], Var):
            value = made.args[0]  # it has one element, whatever its rank
    assert isinstance(value.type, Array)
    first = Const(0) if value.type.ndim == 1 else Const((0,) * value.type.ndim)
    element = calls.index(sp, value, first, loc)
    assert isinstance(element, Var | Const)
    return element


def fit_part(sp: Specialiser, value: Operand, x: Var, loc: Loc) -> Operand:
    """``value``, a contribution to the cotangents of some elements of ``x``, in its dtype."""
    wanted, got = dtype_of(x.type), dtype_of(type_of(value))
    if wanted is None or same_dtype(wanted, got):
        return value
    number = number_of(type_of(value))
    if isinstance(number, Scalar) and number.python:
        return value  # a Python number takes the dtype of what it meets
    return _emit(sp, intrinsics.cast, (value, x), loc)


def _refine(sp: Specialiser, value: Operand, x: Var) -> None:
    """A cotangent made here has the lengths of its value, also where they were not known."""
    if not isinstance(value, Var) or value not in sp.builder.definitions:
        return
    have, want = value.type, x.type
    if isinstance(have, Array) and isinstance(want, Array) and have.ndim == want.ndim:
        pairs = zip(have.dims, want.dims, strict=True)
        value.type = Array(have.dtype, tuple(b if a is None else a for a, b in pairs))


def reduce(sp: Specialiser, value: Operand, x: Operand, loc: Loc) -> Operand:
    """``value``, of the shape of a result, summed to the shape of the operand ``x``."""
    return _emit(sp, intrinsics.unbroadcast, (value, x), loc)


def increment(sp: Specialiser, count: Operand, loc: Loc) -> Operand:
    """``count + 1``."""
    return _emit(sp, operator.add, (count, Const(1)), loc)


def cotangent_type(type_: Type) -> Type:
    """The type of the cotangent of a value: that of a number may be Python's or NumPy's, and that
    of an array of rank zero is a number too."""
    number = number_of(type_)
    if isinstance(number, Scalar) or (isinstance(number, Array) and not number.ndim):
        return Scalar(number.dtype, None)
    if isinstance(number, ListOf):
        return cotangent.cotangent_type(number)
    return number if isinstance(number, Array) else UNKNOWN

"""``np.r_[x, 0:n, 1.0]`` and ``np.c_[x, y]``: concatenation, written as an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import FLOAT64, INT64, Array, ListOf, Scalar, Size, number_of
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value, displayed

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_JOINING: dict[int, Any] = {id(np.r_): np.concatenate, id(np.c_): np.column_stack}
"""What joins the parts; these objects cannot be hashed by what they are."""


def item(sp: Specialiser, container: Value, key: Value, loc: Loc) -> Value | None:
    """``container[key]`` where that is a concatenation of what is known to be numbers and arrays.

    None for anything else, as the texts that NumPy takes for directives.
    """
    join = _JOINING.get(id(container.value)) if isinstance(container, Const) else None
    if join is None:
        return None
    operand = sp.operand(displayed(sp.heap.frozen(key)), loc)
    listed = isinstance(operand, Pack) and operand.kind is tuple
    given = operand.items if listed else (operand,)  # type: ignore[union-attr]
    mark = len(sp.builder.body)
    items = [_opened(sp, each, loc) for each in given]
    if not items or not all(map(_is_part, items)):
        del sp.builder.body[mark:]
        return None
    parts = tuple(_part(sp, each, loc) for each in items)
    types = [type_of(part) for part in parts]
    ranks = {type_.ndim if isinstance(type_, Array) else None for type_ in types}
    if None in ranks or max(ranks) > 2 or (join is np.concatenate and len(ranks) > 1):  # type: ignore[type-var, operator]
        del sp.builder.body[mark:]
        return None
    return calls.apply(sp, join, (Pack(tuple, parts),), {}, loc)


def _opened(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """A list or a tuple of numbers as the array that NumPy makes of it."""
    is_list = isinstance(operand, Pack) and operand.kind in (list, tuple)
    is_list = is_list or isinstance(type_of(operand), ListOf)
    if isinstance(operand, Const):
        is_list = type(operand.value) in (list, tuple)
    return sp.operand(calls.apply(sp, np.array, (operand,), {}, loc), loc) if is_list else operand


def _is_part(operand: Operand) -> bool:
    """Whether an operand is a number, an array, or a slice that stands for a range."""
    if isinstance(operand, Pack):
        bounds = operand.items
        is_range = operand.kind is slice and not _is_none(bounds[1])
        return is_range and all(_is_none(bound) or _is_number(bound) for bound in bounds)
    type_ = number_of(type_of(operand))
    if isinstance(type_, Array):
        # Python's numbers beside smaller types become those, which they do in no other function.
        return type_.dtype in (FLOAT64, INT64)
    return _is_number(operand)


def _is_number(operand: Operand) -> bool:
    type_ = number_of(type_of(operand))
    is_complex_step = isinstance(operand, Const) and isinstance(operand.value, complex)
    plain = isinstance(type_, Scalar) and type_.dtype in (FLOAT64, INT64)
    return plain or isinstance(type_, Size) or is_complex_step


def _part(sp: Specialiser, operand: Operand, loc: Loc) -> Operand:
    """A part as an array."""
    if isinstance(operand, Pack):
        return sp.operand(_range(sp, operand.items, loc), loc)
    if isinstance(operand, Var) and isinstance(operand.type, Array) and operand.type.ndim:
        return operand
    return sp.operand(calls.apply(sp, np.array, (Pack(list, (operand,)),), {}, loc), loc)


def _range(sp: Specialiser, bounds: tuple[Operand, ...], loc: Loc) -> Value:
    """What a slice stands for: with an imaginary step, that is the number of elements."""
    start, stop, step = bounds
    if isinstance(step, Const) and isinstance(step.value, complex):
        first = Const(0) if _is_none(start) else start
        return calls.apply(sp, np.linspace, (first, stop, Const(int(abs(step.value)))), {}, loc)
    if not _is_none(step):
        first = Const(0) if _is_none(start) else start
        return calls.apply(sp, np.arange, (first, stop, step), {}, loc)
    from_zero = _is_none(start) or _is_zero(start)
    return calls.apply(sp, np.arange, (stop,) if from_zero else (start, stop), {}, loc)


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == 0

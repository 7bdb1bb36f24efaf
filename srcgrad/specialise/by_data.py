"""Integers that only running the program tells, and those that may get known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Object, Scalar, Size, is_integer_enumeration, number_of
from srcgrad.ir.walk import variables
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def is_index(key: Value) -> bool:
    """Whether a value is an integer, or a slice of integers."""
    if isinstance(key, Pack):
        return key.kind is slice and all(map(is_index, key.items))
    if isinstance(key, Const):
        return key.value is None or type(key.value) is int
    type_ = number_of(type_of(key)) if isinstance(key, Var) else None
    return isinstance(type_, Scalar) and type_.dtype.kind in "iub"


def as_index(sp: Specialiser, key: Value, loc: Loc) -> Value:
    """``key``; of a member of an enumeration of integers, which data choose, its number."""
    cls = key.type.cls if isinstance(key, Var) and isinstance(key.type, Object) else object
    if not is_integer_enumeration(cls):
        return key
    return sp.builder.apply(int, (key,), (), loc)  # type: ignore[arg-type]


def is_integer(index: Const | Var) -> bool:
    """Whether an index is that of one element."""
    if isinstance(index, Const):
        return isinstance(index.value, int)
    return is_index(index)


def is_chosen(sp: Specialiser, var: Var) -> bool:
    """Whether only running the program tells the value of ``var``.

    So it is if it comes from a number that is no integer, or from the index of a loop that data
    end.  What a loop carries counts only if nothing else does: unrolled, it may be known.
    """
    return is_computed(sp, var) is not False


def is_computed(sp: Specialiser, var: Var) -> bool | None:
    """The same, but None where it comes from nothing but what a loop carries."""
    may_be_known = False
    stack: list[Operand] = [var]
    seen: set[Operand] = set()
    while stack:
        current = stack.pop()
        if not isinstance(current, Var) or current in seen:
            continue
        seen.add(current)
        known = _may_be_known(sp, current)
        if known is False:
            return True
        may_be_known = may_be_known or known is True
        stmt = sp.builder.definitions.get(current)
        if stmt is not None and known is None:
            stack.extend(v for arg in stmt.args for v in variables(arg))
    return False if may_be_known else None


def _may_be_known(sp: Specialiser, var: Var) -> bool | None:
    """Whether the value of a variable may get known; None if others decide about it."""
    if var in sp.indices:
        return sp.indices[var]
    if var in sp.recursion.origins:
        return True
    if isinstance(var.type, Size) and sp.inputs.lengths(var.type.length):
        return True
    return is_index(var) if sp.inputs.place_of(var) is not None else None

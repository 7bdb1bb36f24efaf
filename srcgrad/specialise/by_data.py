"""Integers that only running the program tells, and those that may get known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Scalar, Size, number_of
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


def is_chosen(sp: Specialiser, var: Var) -> bool:
    """Whether only running the program tells the value of ``var``."""
    stack: list[Operand] = [var]
    while stack:
        current = stack.pop()
        if not isinstance(current, Var):
            continue
        if current in sp.indices or current in sp.recursion.origins:
            return False
        if isinstance(current.type, Size) or _is_integer_input(sp, current):
            return False
        stmt = sp.builder.definitions.get(current)
        if stmt is not None:
            stack.extend(v for arg in stmt.args for v in variables(arg))
    return True


def _is_integer_input(sp: Specialiser, var: Var) -> bool:
    return sp.inputs.place_of(var) is not None and is_index(var)

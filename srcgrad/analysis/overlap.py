"""Copies between overlapping slices that NumPy itself gets wrong.

``a[s] = a[t]`` on vectors is copied element by element if both slices run forwards, from the last
element on where the source begins first, else from the first on.  That is right where the steps are
equal; ``a[::2] = a[:-2]`` reads ``a[2]`` after it was written (NumPy 2.4 and 2.5), so that its
result is not what it says.  Augmented assignments and ``out=`` look for overlaps, and are safe.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import NamedTuple

from srcgrad.errors import AliasingError
from srcgrad.ir.nodes import Apply, Function, Operand, Pack, Store, Var
from srcgrad.ir.types import Known, ndim_of
from srcgrad.ir.walk import statements
from srcgrad.specialise.builder import type_of


class _Slice(NamedTuple):
    base: Var
    start: int
    step: int


def refuse_unsafe_copies(function: Function) -> None:
    """Raises ``AliasingError`` for a copy that writes elements before it reads them."""
    every = tuple(statements(function.body.body))
    definitions = {stmt.target: stmt for stmt in every if isinstance(stmt, Apply)}
    for stmt in every:
        if not isinstance(stmt, Store) or stmt.accumulate:
            continue
        into = _written(stmt, definitions)
        source = _taken(stmt.value, definitions)
        if into is None or source is None or into.base is not source.base:
            continue
        is_backward = into.start > source.start
        if into.step < source.step if is_backward else into.step > source.step:
            raise AliasingError(
                "NumPy copies these slices wrongly: they overlap and have different steps",
                stmt.loc,
                "copy what is assigned first, as in a[::2] = a[:-2].copy()",
            )


def _written(stmt: Store, definitions: Mapping[Var, Apply]) -> _Slice | None:
    if stmt.index is not None:
        return _slice(stmt.buffer, stmt.index)
    found = _taken(stmt.buffer, definitions)
    return found or (_Slice(stmt.buffer, 0, 1) if ndim_of(stmt.buffer.type) == 1 else None)


def _taken(operand: Operand, definitions: Mapping[Var, Apply]) -> _Slice | None:
    stmt = definitions.get(operand) if isinstance(operand, Var) else None
    if stmt is None or stmt.op is not operator.getitem or not isinstance(stmt.args[0], Var):
        return None
    return _slice(stmt.args[0], stmt.args[1])


def _slice(base: Var, index: Operand) -> _Slice | None:
    """A slice of a vector that runs forwards from a known place."""
    if ndim_of(base.type) != 1 or not isinstance(index, Pack) or index.kind is not slice:
        return None
    start, _, step = map(type_of, index.items)
    if not isinstance(start, Known) or not isinstance(step, Known):
        return None
    first, by = start.value or 0, 1 if step.value is None else step.value
    return _Slice(base, first, by) if first >= 0 and by > 0 else None

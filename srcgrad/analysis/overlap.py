"""Copies between overlapping slices that NumPy itself gets wrong.

``a[s] = a[t]`` on vectors is copied element by element if both slices run forwards, from the last
element on where the source begins first, else from the first on.  That is right where the steps are
equal; ``a[::2] = a[:-2]`` reads ``a[2]`` after it was written (NumPy 2.4 and 2.5), so that its
result is not what it says.  Nor is that of ``A[1] = A[:, 2]``, where a row and a column cross.
Augmented assignments and ``out=`` look for overlaps, and are safe.

Slices whose bounds are not known here, and vectors in arrays of more than two axes, are let pass.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from srcgrad.errors import AliasingError
from srcgrad.ir.nodes import Apply, Function, Operand, Pack, Store, Var
from srcgrad.ir.types import Known, ndim_of
from srcgrad.ir.walk import alike, statements
from srcgrad.specialise.builder import type_of


class _Slice(NamedTuple):
    base: Var
    start: int
    step: int


class _Line(NamedTuple):
    """A row of a matrix, or a column, or a slice of one."""

    base: Var
    axis: int
    number: Operand
    part: Operand | None


def refuse_unsafe_copies(function: Function) -> None:
    """Raises ``AliasingError`` for a copy that may write elements before it reads them."""
    every = tuple(statements(function.body.body))
    definitions = {stmt.target: stmt for stmt in every if isinstance(stmt, Apply)}
    for stmt in every:
        if not isinstance(stmt, Store) or stmt.accumulate:
            continue
        if _steps_differ(stmt, definitions):
            raise _refusal(stmt, "have different steps", "a[::2] = a[:-2].copy()")
        if _cross(stmt, definitions):
            raise _refusal(stmt, "are a row and a column", "A[i] = A[:, j].copy()")


def _refusal(stmt: Store, what: str, example: str) -> AliasingError:
    message = f"NumPy copies these slices wrongly: they overlap and {what}"
    return AliasingError(message, stmt.loc, f"copy what is assigned first, as in {example}")


def _steps_differ(stmt: Store, definitions: Mapping[Var, Apply]) -> bool:
    into = _written(stmt, definitions)
    source = _taken(stmt.value, definitions)
    if into is None or source is None or into.base is not source.base:
        return False
    is_backward = into.start > source.start
    return into.step < source.step if is_backward else into.step > source.step


def _cross(stmt: Store, definitions: Mapping[Var, Apply]) -> bool:
    """Whether a row and a column of one matrix meet elsewhere than at the same place of both."""
    into = _line(stmt.buffer, stmt.index, definitions)
    source = _line_of(stmt.value, definitions)
    if into is None or source is None or into.base is not source.base or into.axis == source.axis:
        return False
    return not (alike(into.number, source.number) and alike(into.part, source.part))


def _line_of(operand: Operand, definitions: Mapping[Var, Apply]) -> _Line | None:
    stmt = definitions.get(operand) if isinstance(operand, Var) else None
    if stmt is None or stmt.op is not operator.getitem or not isinstance(stmt.args[0], Var):
        return None
    return _line(stmt.args[0], stmt.args[1], definitions)


def _line(base: Var, index: Operand | None, definitions: Mapping[Var, Apply]) -> _Line | None:
    """The row or column that ``base[index]`` is, or is a slice of."""
    if ndim_of(base.type) == 1:
        whole = _line_of(base, definitions)
        if whole is None or index is None or _is_whole(index):
            return whole
        return whole._replace(part=index) if whole.part is None and _is_slice(index) else None
    if ndim_of(base.type) != 2 or index is None:
        return None
    matrix, is_turned = _untransposed(base, definitions)
    if isinstance(index, Pack) and index.kind is tuple and len(index.items) == 2:
        for axis, (number, part) in enumerate((index.items[::-1], index.items)):
            if _is_slice(part) and ndim_of(type_of(number)) == 0:
                return _Line(matrix, axis ^ is_turned, number, None if _is_whole(part) else part)
        return None
    return _Line(matrix, 1 ^ is_turned, index, None) if ndim_of(type_of(index)) == 0 else None


def _untransposed(base: Var, definitions: Mapping[Var, Apply]) -> tuple[Var, bool]:
    """The matrix that ``base`` is, or is the transpose of, and which of both."""
    is_turned = False
    while (stmt := definitions.get(base)) is not None and stmt.op is np.ndarray.T:
        assert isinstance(stmt.args[0], Var)
        base, is_turned = stmt.args[0], not is_turned
    return base, is_turned


def _is_slice(index: Operand) -> bool:
    return isinstance(index, Pack) and index.kind is slice


def _is_whole(index: Operand) -> bool:
    if not isinstance(index, Pack) or index.kind is not slice:
        return False
    return all(isinstance(t := type_of(item), Known) and t.value is None for item in index.items)


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

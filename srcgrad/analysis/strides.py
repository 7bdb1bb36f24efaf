"""Which elements of an array a view shows, along each of its axes."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeGuard

import numpy as np

from srcgrad.analysis.memory import sources
from srcgrad.ir.indices import index_parts, slice_bounds
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Known, PackType, dtype_of, ndim_of, number_of
from srcgrad.specialise.builder import constant_of, type_of


@dataclass(frozen=True, slots=True)
class Line:
    """An axis of a view: from ``start`` on, each ``step``-th element along an axis of the array.

    ``step`` and ``start`` are None where they are not known; a new axis of length one has no
    ``axis``.  ``part`` is the slice that was taken, None for the whole.
    """

    axis: int | None
    step: int | None = 1
    start: int | None = 0
    part: Operand | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A view of ``root``; ``fixed`` has the indices along the axes that it has not.

    ``parts`` says which part it lies in of arrays that were split into parts that do not overlap.
    """

    root: Var
    lines: tuple[Line, ...]
    fixed: Mapping[int, Operand] = field(default_factory=dict)
    parts: Mapping[Var, int] = field(default_factory=dict)


def view_of(var: Var, definitions: Mapping[Var, Apply]) -> View | None:
    """What ``var`` shows, as far back as views can be followed; None if its rank is not known."""
    stmt = definitions.get(var)
    part = None if stmt is None else _part(stmt, definitions)
    if part is not None:
        return part
    if stmt is not None and sources(stmt) and stmt.args and isinstance(stmt.args[0], Var):
        base = view_of(stmt.args[0], definitions) if _is_array(stmt.args[0]) else None
        found = None if base is None else _seen(stmt, base)
        if found is not None:
            return found
    ndim = ndim_of(var.type)
    return None if ndim is None else View(var, tuple(map(Line, range(ndim))))


def _is_array(var: Var) -> bool:
    return isinstance(number_of(var.type), Array)


def _seen(stmt: Apply, base: View) -> View | None:
    """``base`` through one more operation; None if it is not known which elements that shows."""
    if stmt.op is operator.getitem:
        return indexed(base, stmt.args[1])
    if stmt.op is np.ndarray.T:
        return replace(base, lines=base.lines[::-1])
    if len(stmt.args) > 1 or stmt.kwargs:
        return None
    if stmt.op is np.flip:
        return replace(base, lines=tuple(map(_flipped, base.lines)))
    return base if stmt.op in (np.asarray, np.asanyarray) else None


def _part(stmt: Apply, definitions: Mapping[Var, Apply]) -> View | None:
    """``np.split(base, places)[k]``; None of what is something else."""
    if stmt.op is not operator.getitem:
        return None
    whole, place = stmt.args
    split = definitions.get(whole) if isinstance(whole, Var) else None
    if split is None or split.op not in (np.split, np.array_split) or not _is_number(place):
        return None
    array, places, *rest = split.args
    axis = constant_of(rest[0] if rest else dict(split.kwargs).get("axis", Const(0)))
    base = view_of(array, definitions) if isinstance(array, Var) and _is_array(array) else None
    if base is None or axis is None or len(split.args) + len(split.kwargs) > 3:
        return None
    if not isinstance(whole, Var) or not isinstance(whole.type, PackType):
        return None
    at, k = axis.value % len(base.lines), place.value % len(whole.type.items)
    lines = list(base.lines)
    taken = Pack(tuple, (lines[at].part or Const(None), whole, Const(k)))
    lines[at] = Line(lines[at].axis, lines[at].step, None, taken)
    parts = {**base.parts, whole: k} if _is_ascending(places) else base.parts
    return View(base.root, tuple(lines), base.fixed, parts)


def _is_number(place: Operand) -> TypeGuard[Const]:
    return isinstance(place, Const) and isinstance(place.value, int | np.integer)


def _is_ascending(places: Operand) -> bool:
    """Whether no element is in two of the parts of an array that is split at ``places``."""
    known = constant_of(places)
    if known is None:
        return False
    numbers = [0] if isinstance(known.value, int | np.integer) else [0, *map(int, known.value)]
    return numbers == sorted(numbers)


def _flipped(line: Line) -> Line:
    step = None if line.step is None else -line.step
    return replace(line, step=step, start=None, part=Const("flipped"))


def indexed(base: View, index: Operand) -> View | None:
    """``base[index]``; None if there are arrays in the index."""
    items = index_parts(index)
    taking = [i for i in items if not _is(i, None) and not _is(i, Ellipsis)]
    spare = len(base.lines) - len(taking)
    rest, lines, fixed = list(base.lines), [], dict(base.fixed)
    for item in (*items, Const(Ellipsis)):
        if _is(item, Ellipsis):
            lines += [rest.pop(0) for _ in range(spare)]
            spare = 0
        elif _is(item, None):
            lines.append(Line(None, 0))
        elif slice_bounds(item) is not None:
            lines.append(_sliced(rest.pop(0), item))
        elif ndim_of(type_of(item)) == 0 and dtype_of(type_of(item)) != np.bool_:
            line = rest.pop(0)
            if line.axis is not None:
                # What the number counts from is known for a whole axis.
                whole = line == Line(line.axis)
                fixed[line.axis] = item if whole else Pack(tuple, (item, line.part or Const(None)))
        else:
            return None
    return View(base.root, tuple(lines), fixed, base.parts)


def _is(item: Operand, value: object) -> bool:
    return isinstance(item, Const) and item.value is value


def _sliced(line: Line, item: Operand) -> Line:
    bounds = slice_bounds(item)
    assert bounds is not None
    if all(_is(bound, None) for bound in bounds):
        return line
    first, _, by = map(type_of, bounds)
    part = item if line.part is None else Pack(tuple, (line.part, item))
    if not isinstance(by, Known) or line.step is None:
        return Line(line.axis, None, None, part)
    step = 1 if by.value is None else by.value
    start = None
    if isinstance(first, Known) and step > 0 and line.start is not None:
        offset = first.value or 0
        start = line.start + line.step * offset if offset >= 0 and line.step > 0 else None
    return Line(line.axis, line.step * step, start, part)

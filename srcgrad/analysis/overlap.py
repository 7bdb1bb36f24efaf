"""Copies between overlapping slices that NumPy itself gets wrong.

``a[s] = a[t]`` on vectors is copied element by element if both slices run the same way, from the
last element on where the source begins first, else from the first on.  That is right where the
strides are equal; ``a[::2] = a[:-2]`` reads ``a[2]`` after it was written (NumPy 2.4 and 2.5), so
that its result is not what it says.  Nor is that of ``A[1] = A[:, 2]``, where a row and a column
cross.  By a mask, elements are always written from the first on: ``a[a > 0] = a[:3]``.  The mask is
read on the way, so that it may be what is written, ``m[m] = v``, and no other view of that.  Into
more than one dimension, augmented, by index arrays and with ``out=`` NumPy looks for overlaps.
Arrays in a list are written one after the other, ``A[:] = [A[1], A[0]]``, unless there is an index
array.

A copy is refused unless it is known to be right.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping

import numpy as np

from srcgrad.analysis.memory import sources
from srcgrad.analysis.origins import Origins
from srcgrad.analysis.strides import Line, View, indexed, view_of
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.indices import index_parts
from srcgrad.ir.nodes import Apply, Const, Function, Operand, Pack, Store, Var
from srcgrad.ir.types import ListOf, Scalar, dtype_of, ndim_of, number_of
from srcgrad.ir.walk import alike, statements, variables
from srcgrad.specialise.builder import type_of

Definitions = Mapping[Var, Apply]


def refuse_unsafe_copies(function: Function) -> None:
    """Raises ``AliasingError`` for a copy that may write elements before it reads them."""
    every = tuple(statements(function.body.body))
    origins = Origins(every)
    for stmt in every:
        if not isinstance(stmt, Store) or stmt.accumulate:
            continue
        if stmt.index is not None:
            _refuse_changing_mask(stmt, stmt.index, origins)
        why = _fault(stmt, stmt.value, origins) if isinstance(stmt.value, Var) else None
        if why is not None:
            raise _refusal(why, stmt.loc)


def refuse_written_rows(function: Function) -> None:
    """Raises ``AliasingError`` for lists of arrays that are written into one which these show."""
    every = tuple(statements(function.body.body))
    origins = Origins(every)
    for stmt in every:
        if isinstance(stmt, Store) and not stmt.accumulate:
            _refuse_listed(stmt, origins)


def _refuse_changing_mask(stmt: Store, index: Operand, origins: Origins) -> None:
    """Raises ``AliasingError`` for a mask that the write may change before it is read."""
    parts = index_parts(index)
    mask = parts[0] if len(parts) == 1 else None
    if not isinstance(mask, Var) or mask is stmt.buffer or not _is_mask(mask, stmt.buffer):
        return
    if not origins.may_share(stmt.buffer, mask):
        return
    written, read = (view_of(var, origins.definitions) for var in (stmt.buffer, mask))
    if not _same(written, read):
        raise AliasingError(_CHANGES, stmt.loc, "copy the mask first, as in m[m[::-1].copy()] = v")


def _refuse_listed(stmt: Store, origins: Origins) -> None:
    """Raises ``AliasingError`` for a list of arrays that the write may change as it goes."""
    made = origins.definitions.get(stmt.value) if isinstance(stmt.value, Var) else None
    if made is None or made.op is not WRITTEN_ONE_BY_ONE:
        return
    if isinstance(made.args[0], Var) and not isinstance(made.args[0].type, ListOf):
        return
    if stmt.index is not None and not all(map(_is_basic, index_parts(stmt.index))):
        return
    for var in variables(made.args[0]):
        written, read = view_of(stmt.buffer, origins.definitions), view_of(var, origins.definitions)
        if written is not None and stmt.index is not None:
            written = indexed(written, stmt.index)
        if ndim_of(var.type) == 0 or not origins.may_share(stmt.buffer, var):
            continue
        if written is None or read is None or not _apart(written, read):
            message = "NumPy writes the arrays in this list one after the other, and they overlap"
            raise AliasingError(message, stmt.loc, "write np.array of the list, which copies them")


def _is_basic(part: Operand) -> bool:
    """Whether a part of an index is a number, a slice, a new axis or an ellipsis."""
    if isinstance(part, Pack):
        return part.kind is slice
    if isinstance(part, Const):
        return not isinstance(part.value, list | tuple | np.ndarray)
    return ndim_of(type_of(part)) == 0


WRITTEN_ONE_BY_ONE = np.asarray
"""What makes the array that stands for a list which NumPy would assign element after element."""


def may_show_any(
    buffer: Var, listed: Operand, definitions: Definitions, inputs: Collection[Var]
) -> bool:
    """Whether arrays in a list may show ``buffer``, while the program is made."""
    return any(
        not (isinstance(var.type, ListOf) and isinstance(var.type.item, Scalar))
        and may_show(buffer, var, definitions, inputs)
        for var in variables(listed)
    )


def refuse_changing_places(
    buffer: Var, index: object, definitions: Definitions, inputs: Collection[Var], loc: Loc
) -> None:
    """Raises ``AliasingError`` for ``x.flat[index] = v`` if ``index`` may be a view of ``x``."""
    if not isinstance(index, Var) or dtype_of(index.type) != dtype_of(buffer.type):
        return
    if may_show(buffer, index, definitions, inputs):
        raise AliasingError(_CHANGES, loc, "copy the index first, as in p.flat[p.copy()] = v")


_CHANGES = "an index that shares memory with what is written may change while NumPy reads it"


def refuse_masked(
    buffer: Var,
    value: object,
    definitions: Definitions,
    inputs: Collection[Var],
    loc: Loc,
) -> None:
    """Raises ``AliasingError`` if a function may write views of ``buffer`` into it by a mask."""
    if may_show(buffer, value, definitions, inputs):
        raise _refusal(_MASKED, loc)


def may_show(buffer: Var, value: object, definitions: Definitions, inputs: Collection[Var]) -> bool:
    """Whether ``value`` may be an array that shows ``buffer``, while the program is made.

    Of what a branch chose or a loop carries, the definitions do not tell what it shows.
    """
    if not isinstance(value, Var) or ndim_of(value.type) == 0:
        return False
    origins = Origins(definitions.values())
    known = all(array in definitions or array in inputs for array in origins.of(value))
    return not known or origins.may_share(buffer, value)


def may_meet(buffer: Var, value: Var, definitions: Definitions, inputs: Collection[Var]) -> bool:
    """Whether two variables may show the same elements, as far as is known in time."""
    if not may_show(buffer, value, definitions, inputs):
        return False
    one, other = view_of(buffer, definitions), view_of(value, definitions)
    if one is None or other is None or one.root is not other.root:
        return True
    return not _apart(one, other)


def is_read_in_time(matrix: Var, value: object, definitions: Definitions) -> bool:
    """Whether ``np.fill_diagonal(matrix, value)``, which writes one element after the other, reads
    each before it writes it: ``value`` is the matrix itself or a row of it."""
    if value is matrix:
        return True
    stmt = definitions.get(value) if isinstance(value, Var) else None
    if stmt is None or stmt.op is not operator.getitem or stmt.args[0] is not matrix:
        return False
    parts = index_parts(stmt.args[1])
    return len(parts) == 1 and isinstance(number_of(type_of(parts[0])), Scalar)


def _refusal(why: tuple[str, str], loc: Loc) -> AliasingError:
    message = f"NumPy copies these slices wrongly: they overlap and {why[0]}"
    if why is _HIDDEN:
        message = "NumPy copies slices wrongly that overlap and have different steps: these may"
    return AliasingError(message, loc, f"copy what is assigned first, as in {why[1]}")


_STEPS = ("have different steps", "a[::2] = a[:-2].copy()")
_CROSS = ("are a row and a column", "A[i] = A[:, j].copy()")
_MASKED = ("are written by a mask", "a[mask] = a[:n].copy()")
_HIDDEN = ("may have different steps", "a[:] = b.copy()")


def _fault(stmt: Store, value: Var, origins: Origins) -> tuple[str, str] | None:
    """Why a copy may go wrong, and what to write instead; None if it does not."""
    if not origins.may_share(stmt.buffer, value):
        return None
    definitions = origins.definitions
    if stmt.index is not None and _is_mask(stmt.index, stmt.buffer) and ndim_of(value.type):
        return _MASKED
    into = view_of(stmt.buffer, definitions)
    if into is not None and stmt.index is not None:
        into = indexed(into, stmt.index)
    source = view_of(value, definitions)
    if into is None or source is None or len(into.lines) != 1 or not source.lines:
        return None
    to, by = into.lines[0], source.lines[-1]
    if to.axis is None or by.axis is None:
        return None  # they are one long
    if to.step is not None and by.step is not None and to.step * by.step < 0:
        return None
    if into.root is not source.root:
        if not origins.may_share(into.root, source.root):
            return None
        roots = (into.root, source.root)
        flat = all(_is_flat(root, definitions) and _has_all(root, origins) for root in roots)
        if not all(map(origins.is_whole, roots)):
            return None if flat and to.step is not None and to.step == by.step else _HIDDEN
    if _apart(into, source):
        return None
    if to.axis != by.axis:
        return None if _meet_in_place(into, source) else _CROSS
    return _STEPS if _steps_differ(to, by) else None


def _is_mask(index: Operand, buffer: Var) -> bool:
    """Whether an index is a mask of all axes."""
    mask = dtype_of(type_of(index))
    return mask == np.bool_ and ndim_of(type_of(index)) == ndim_of(buffer.type)


_FLATTENING = (np.ravel, np.ndarray.ravel, np.reshape, np.ndarray.reshape)


def _is_flat(root: Var, definitions: Definitions) -> bool:
    """Whether an array has one dimension, and if it is a view, all elements of another in order."""
    stmt = definitions.get(root)
    is_view = stmt is not None and bool(sources(stmt)) and stmt.op not in _FLATTENING
    return ndim_of(root.type) == 1 and not is_view


def _has_all(root: Var, origins: Origins) -> bool:
    """Whether a root is an operation's, or a variable that shows all of what it may show."""
    return root in origins.definitions or origins.is_whole(root)


def _apart(a: View, b: View) -> bool:
    """Whether two views are at different places along some axis, or in different parts."""
    if any(a.parts[whole] != b.parts[whole] for whole in {*a.parts} & {*b.parts}):
        return True
    pairs = ((a.fixed[axis], b.fixed[axis]) for axis in {*a.fixed} & {*b.fixed})
    return any(_differ(i, j) for i, j in pairs)


def _same(a: View | None, b: View | None) -> bool:
    """Whether two views show the same elements at the same places."""
    if a is None or b is None or a.root is not b.root or len(a.lines) != len(b.lines):
        return False
    if a.fixed.keys() != b.fixed.keys() or not all(alike(a.fixed[i], b.fixed[i]) for i in a.fixed):
        return False
    pairs = zip(a.lines, b.lines, strict=True)
    return all(m.axis == n.axis and m.step == n.step and alike(m.part, n.part) for m, n in pairs)


def _differ(i: Operand, j: Operand) -> bool:
    """Whether two indices along an axis are different literals that count from one end."""
    if not isinstance(i, Const) or not isinstance(j, Const):
        return False
    return bool(i.value != j.value and (i.value < 0) == (j.value < 0))


def _meet_in_place(a: View, b: View) -> bool:
    """Whether a row and a column meet where both have the same element: ``A[i]``, ``A[:, i]``."""
    if len(a.fixed) != 1 or len(b.fixed) != 1:
        return False
    (i,), (j,) = a.fixed.values(), b.fixed.values()
    return alike(i, j) and alike(a.lines[0].part, b.lines[0].part)


def _steps_differ(to: Line, by: Line) -> bool:
    """Whether elements may be written before they are read."""
    if to.step is None or by.step is None:
        return True
    if to.step == by.step:
        return False
    if to.start is None or by.start is None or to.step < 0:
        return True
    is_backward = to.start > by.start
    return to.step < by.step if is_backward else to.step > by.step

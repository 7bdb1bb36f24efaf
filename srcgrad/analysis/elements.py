"""Which rows of an array a loop writes before it reads them.

::

    for t in reversed(range(T)):
        x[t + 1] = x_saved.pop()
        x_bar[t] += x_bar[t + 1] * np.cos(x[t])

Here no trip reads what the one before has put back: ``x[t]`` is read before ``x[t]`` is written.
That follows where both are single positions along the first axis of an array from before the loop,
at fixed distances from the index of one loop around both, and none of them is negative, which would
count from the end.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from srcgrad.analysis.memory import sources
from srcgrad.ir.indices import index_parts
from srcgrad.ir.nodes import Apply, Const, For, Operand, Stmt, Store, Var
from srcgrad.ir.types import ndim_of
from srcgrad.ir.walk import variables
from srcgrad.specialise.builder import type_of


@dataclass(frozen=True, slots=True)
class Row:
    """``base[i + offset]`` or a part of it, where ``i`` is the index of ``loop``.

    Without a loop it is ``base[offset]``.
    """

    base: Var
    loop: For | None
    offset: int


class Rows:
    """The rows that statements read and write.

    Parameters
    ----------
    definition : callable
        Gives the statement that a variable comes from, the loop if it is a parameter of one.
    around : callable
        Gives the statements around a statement.
    indices : mapping
        The loops by their indices.
    """

    def __init__(
        self,
        definition: Callable[[Var], Stmt | None],
        around: Callable[[Stmt], tuple[Stmt, ...]],
        indices: Mapping[Var, For],
    ) -> None:
        self._definition = definition
        self._around = around
        self._indices = indices

    def written(self, store: Store) -> Row | None:
        """The row that a statement writes, None if it writes more or it is not known which."""
        return None if store.index is None else self._row(store.buffer, store.index)

    def read(self, stmt: Stmt, var: Var) -> Row | None:
        """The row of the array behind ``var`` that ``stmt`` reads, None if it reads more."""
        if isinstance(stmt, Apply) and stmt.op is operator.getitem and stmt.args[0] is var:
            # `A[i, A]` reads all of it.
            return None if var in variables(stmt.args[1]) else self._row(var, stmt.args[1])
        return self.seen(var)

    def _row(self, array: Var, index: Operand) -> Row | None:
        """The row in which ``array[index]`` is."""
        stmt = self._definition(array)
        if isinstance(stmt, Apply) and sources(stmt):
            return self.seen(array)
        parts = index_parts(index)
        return self._at(array, parts[0], 0) if parts else None

    def seen(self, view: Var) -> Row | None:
        """The row that a view shows, or a part of which."""
        stmt = self._definition(view)
        if not isinstance(stmt, Apply) or stmt.op is not operator.getitem:
            return None
        base = stmt.args[0]
        return self._row(base, stmt.args[1]) if isinstance(base, Var) else None

    def _at(self, base: Var, item: Operand, offset: int) -> Row | None:
        """The row at ``item + offset``."""
        if isinstance(item, Const) and type(item.value) is int and item.value >= 0:
            return Row(base, None, item.value) if offset == 0 else None
        if not isinstance(item, Var) or ndim_of(type_of(item)) != 0:
            return None
        loop = self._indices.get(item)
        if loop is not None:
            is_known = self._is_from_before(base, loop) and _span(loop)[0] + offset >= 0
            return Row(base, loop, offset) if is_known else None
        stmt = self._definition(item)
        if not isinstance(stmt, Apply) or stmt.op not in (operator.add, operator.sub):
            return None
        a, b = stmt.args
        if isinstance(a, Const) and stmt.op is operator.add:
            a, b = b, a
        if not isinstance(b, Const) or type(b.value) is not int:
            return None
        return self._at(base, a, offset + (b.value if stmt.op is operator.add else -b.value))

    def _is_from_before(self, base: Var, loop: For) -> bool:
        """Whether an array is the same in all trips of a loop."""
        stmt = self._definition(base)
        return stmt is None or (stmt is not loop and loop not in self._around(stmt))


def _span(loop: For) -> tuple[float, float]:
    """The least and the largest value that the index of a loop may have."""
    if not isinstance(loop.step, Const):
        return -math.inf, math.inf
    first, end = (
        bound.value if isinstance(bound, Const) and type(bound.value) is int else None
        for bound in (loop.start, loop.stop)
    )
    if loop.step.value > 0:
        return -math.inf if first is None else first, math.inf if end is None else end - 1
    return -math.inf if end is None else end + 1, math.inf if first is None else first


def differ(a: Row | None, b: Row | None) -> bool:
    """Whether two rows are different ones in every trip."""
    if a is None or b is None or a.base is not b.base or a.loop is not b.loop:
        return False
    return a.offset != b.offset


def are_apart(read: Row | None, written: Row | None) -> bool:
    """Whether a single row is none of those that a loop writes."""
    if read is None or written is None or read.loop is not None or written.loop is None:
        return False
    least, largest = _span(written.loop)
    index = read.offset - written.offset
    return read.base is written.base and not least <= index <= largest


def trips_later(read: Row | None, written: Row | None) -> int | None:
    """How many trips after it is read a row is written; less than none if before.

    None if that is not known.
    """
    if read is None or written is None or read.loop is None:
        return None
    if read.base is not written.base or read.loop is not written.loop:
        return None
    assert isinstance(read.loop.step, Const)
    runs_up = (read.loop.step.value > 0) is not read.loop.backward
    # The row i + written is read in the trip i + written - read.
    return (read.offset - written.offset) * (1 if runs_up else -1)

"""How many trips a loop makes, and how long the lists are to which each of them adds an element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.ir import lists
from srcgrad.ir.nodes import Const, For, Operand, Var
from srcgrad.ir.shapes import grown
from srcgrad.ir.types import Dim, Known, ListOf, Size
from srcgrad.specialise.builder import type_of

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def count(sp: Specialiser, loop: For) -> None:
    """Notes the lengths of the lists to which each trip of ``loop`` adds one element."""
    trips = trips_of(loop)
    if trips is None or loop.exits:
        return
    for target, param, init, last in zip(
        loop.targets, loop.carried, loop.init, loop.body.results, strict=True
    ):
        first = type_of(init)
        stmt = sp.builder.definitions.get(last) if isinstance(last, Var) else None
        if stmt is None or stmt.op is not lists.list_append or stmt.args[0] is not param:
            continue
        if not any(stmt is other for other in loop.body.body):
            continue  # in a branch
        if isinstance(target.type, ListOf) and isinstance(first, ListOf):
            length = grown(trips, first.length) if isinstance(first.length, int) else None
            target.type = ListOf(target.type.item, length)


def trips_of(loop: For) -> Dim:
    """How many trips a loop makes."""
    bounds = [part.value for part in (loop.start, loop.stop, loop.step) if isinstance(part, Const)]
    if len(bounds) == 3 and all(type(bound) is int for bound in bounds):
        return numbers_in(range(*bounds))
    if not _is_int(loop.start, 0) or not _is_int(loop.step, 1):
        return None
    stop = type_of(loop.stop)
    if isinstance(stop, Known) and isinstance(stop.value, int):
        return max(stop.value, 0)
    return stop.length if isinstance(stop, Size) else None


def numbers_in(numbers: range) -> int:
    """How many there are, which may be more than ``len`` counts."""
    return 1 + (numbers[-1] - numbers[0]) // numbers.step if numbers else 0


def _is_int(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == value

"""Arrays that are elements of lists of unknown length must not be written any more.

The cotangent of such a list is a list of arrays of its own, and not the shadows of its elements::

    hist.append(u)              hist.append(u.copy())
    u[0] = 2                    u[0] = 2
    # refused: hist sees it     # hist does not
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of
from srcgrad.errors import AliasingError
from srcgrad.ir import walk
from srcgrad.ir.lists import HOLDING
from srcgrad.ir.nodes import Apply, For, Function, If, Stmt, Store, Var, While
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import ListOf
from srcgrad.ir.walk import variables

Loops = tuple[Stmt, ...]


@dataclass(frozen=True, eq=False)
class _Event:
    """Something that happens to an array, with the loops around it, and when in the text."""

    stmt: Stmt
    array: Var
    loops: Loops
    time: int


class _Survey:
    """Where arrays are put into lists, where they are written, and where they are made."""

    def __init__(self) -> None:
        self.held: list[_Event] = []
        self.written: list[_Event] = []
        self.made: dict[Var, tuple[Apply, Loops]] = {}
        self.joined: set[Var] = set()
        self.time = 0

    def block(self, body: Iterable[Stmt], loops: Loops) -> None:
        for stmt in body:
            self.time += 1
            if not isinstance(stmt, Apply):
                self.joined.update(walk.targets(stmt), walk.inner_params(stmt))
            match stmt:
                case Store() if not isinstance(stmt.buffer.type, ListOf):
                    self.written.append(_Event(stmt, stmt.buffer, loops, self.time))
                case Apply():
                    self.made[stmt.target] = (stmt, loops)
                    if stmt.op in HOLDING:
                        found = {v for arg in stmt.args for v in variables(arg) if has_memory(v)}
                        arrays = (v for v in found if not isinstance(v.type, ListOf))
                        self.held += [_Event(stmt, v, loops, self.time) for v in arrays]
                case If():
                    self.block(stmt.then.body, loops)
                    self.block(stmt.orelse.body, loops)
                case For():
                    self.block(stmt.body.body, (*loops, stmt))
                case While():
                    self.block(stmt.cond.body, (*loops, stmt))
                    self.block(stmt.body.body, (*loops, stmt))

    def origin(self, array: Var) -> tuple[Var, Loops] | None:
        """The array that ``array`` is or shows, as it was made or came in, and the loops around
        that; None where that is not known."""
        while array in self.made:
            stmt, loops = self.made[array]
            where = memory_of(stmt)
            if where is Memory.FRESH:
                return array, loops
            first = stmt.args[0] if stmt.args else None
            if where is Memory.ANY or not isinstance(first, Var) or isinstance(first.type, ListOf):
                return None
            array = first
        return None if array in self.joined else (array, ())


def check_lists(function: Function) -> Function:
    """``function`` itself.

    Raises
    ------
    AliasingError
        If an array may be written after it was put into a list of unknown length.
    """
    survey = _Survey()
    survey.block(function.body.body, ())
    if not survey.held or not survey.written:
        return function
    memory = MemoryClasses(function.body.body)
    for held in survey.held:
        memory.join(held.stmt.target, held.array)  # type: ignore[union-attr]
    for held in survey.held:
        for written in survey.written:
            if memory.may_share(held.array, written.array) and _comes_after(survey, held, written):
                raise AliasingError(
                    "an array is put into a list here and may be written afterwards",
                    held.stmt.loc,
                    f"put a copy into the list: append({held.array.name or 'x'}.copy())",
                )
    return function


def _comes_after(survey: _Survey, held: _Event, written: _Event) -> bool:
    """Whether a write may run when the array is in the list already."""
    origins = (survey.origin(held.array), survey.origin(written.array))
    if origins[0] is not None and origins[1] is not None and origins[0][0] is not origins[1][0]:
        return False  # two arrays
    if written.time > held.time:
        return True
    common = [loop for loop in held.loops if loop in written.loops]
    # An array that is made anew in each trip is not the one that the trip before put there.
    return bool(common) and any(o is None or common[-1] not in o[1] for o in origins)

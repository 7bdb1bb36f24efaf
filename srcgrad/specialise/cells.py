"""Variables that nested functions see change: what each holds at the point reached so far.

A nested function reads the value that a variable has when it is called.  Where that may differ from
the value at its definition, the front end gives the variable a *cell* and notes each new value in
it.  The specialiser follows the program in order and inlines functions where they are called, so
the content of a cell there is what the function reads; cells exist at compile time only.

An arm or the body of a loop leaves values in cells that are not known after it.  The front end
notes the joined value then; a cell of which it does not is ``Conflicting``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import UNDEFINED, Block, Const, Invoke, Operand, Stmt, Var
from srcgrad.specialise.values import (
    Args,
    CellOf,
    Closure,
    Conflicting,
    Handler,
    Kwargs,
    OneOf,
    PartialOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


class Cells:
    """All cells that were made so far."""

    def __init__(self) -> None:
        self._cells: list[CellOf] = []

    @property
    def all(self) -> Sequence[CellOf]:
        return self._cells

    def make(self) -> CellOf:
        self._cells.append(CellOf(Const(UNDEFINED)))
        return self._cells[-1]

    @contextmanager
    def restored(self) -> Iterator[list[CellOf]]:
        """Around a block that runs or does not, or any number of times.

        After it, the cells hold what they held before, so that the other arm finds that.  Gives a
        list, to which those are added then that the block has changed.
        """
        before = [(cell.content, cell.perhaps, cell.there) for cell in self._cells]
        changed: list[CellOf] = []
        try:
            yield changed
        finally:
            for cell, (content, perhaps, there) in zip(self._cells, before, strict=False):
                if cell.content is not content:
                    cell.content = content
                    changed.append(cell)
                cell.perhaps, cell.there = perhaps, there


@dataclass(frozen=True, eq=False)
class Entering:
    """Stands at the start of a trip for what ``notes`` notes of values of the frame around."""

    notes: Block
    args: tuple[Operand, ...]
    frame: Frame
    loc: Loc


def note_all(sp: Specialiser, stmt: Entering, frame: Frame) -> None:
    """Notes the values that a trip of another loop begins with."""
    values = [sp.passed(operand, frame, stmt.loc) for operand in stmt.args]
    stmt.frame.values.update(zip(stmt.notes.params, values, strict=True))
    sp.run(stmt.notes, stmt.frame, stmt.loc)


def enter(sp: Specialiser, body: Block, frame: Frame) -> Block:
    """Notes what the body of a loop notes of the values that it carries, and gives the rest of it.

    That comes before the next element is asked for, which may be computed from them.
    """
    noted = notes(body).body
    for position, stmt in enumerate(noted):
        with sp.at(body, frame, position):
            sp.statement(stmt, frame)
    return replace(body, body=body.body[len(noted) :])


def notes(body: Block) -> Block:
    """What the body of a loop notes of the values that it carries, before anything else."""
    params = body.params[1:]
    noted = tuple(takewhile(partial(_notes, set(params)), body.body))
    return Block(params, noted, ())


def _notes(carried: set[Var], stmt: Stmt) -> bool:
    match stmt:
        case Invoke(callee=Const(value=intrinsics.set_cell), args=(_, value, *_)):
            return value in carried
    return isinstance(stmt, Entering)


def content(value: Value) -> list[Value]:
    """What a function reads from around it now: what it captures, and what is in the cells."""
    return [found for found in captured(value) if not isinstance(found, CellOf)]


def captured(value: Value) -> Iterator[Value]:
    """What a function reads from around it, and the cells in which it finds some of that."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        match current:
            case Closure():
                stack.extend((*current.captures.values(), *current.defaults.values()))
                yield Const(current.function)
            case PartialOf():
                stack.extend((current.function, *current.args, *current.keywords.values()))
            case OneOf():
                stack.extend((current.which, *current.options.values()))
            case CellOf():
                yield current
                stack.append(current.content)
            case _:
                yield current


def lose(changed: Iterable[CellOf], loc: Loc) -> None:
    """What these cells hold is not known until it is noted anew."""
    for cell in changed:
        message = "a nested function reads a variable whose value is not known here"
        hint = "pass the value to it as an argument"
        cell.content = Conflicting(UnsupportedSyntaxError(message, loc, hint))


def _make(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    return sp.cells.make()


def _clear(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    (cell,) = args
    assert isinstance(cell, CellOf)
    cell.content, cell.perhaps = Const(UNDEFINED), False
    return Const(None)


CELLS: dict[Any, Handler] = {intrinsics.make_cell: _make, intrinsics.clear_cell: _clear}
"""What fills a cell and what reads it is in ``unbound.py``."""

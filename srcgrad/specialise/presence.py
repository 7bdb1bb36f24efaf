"""Flags that say whether a name has a value, for those that may have none.

::

    if c:                                 if c:
        q = [x[0]]                            q, has_q = [x[0]], True
                                  ->      else:
                                              q, has_q = undefined, False
    q.append(x[1])                        note_perhaps(q, 'q', has_q)

Where ``q`` is a number or an array, nothing of that is needed, since ``None`` stands for it where
it has no value.  A container, an object or a function exists at compile time only: the specialiser
asks for the flags of those, and begins again.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.frontend import lower
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Block,
    Const,
    ForEach,
    Function,
    If,
    Invoke,
    Operand,
    Stmt,
    Var,
    While,
    is_absent,
)
from srcgrad.ir.walk import changed, map_blocks, same_or, statements
from srcgrad.specialise.values import flag_name

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def lowered(sp: Specialiser, function: types.FunctionType) -> Function:
    """The lowered form of a function, with the flags that were asked for."""
    found = lower(function)
    if not sp.flagged:
        return found
    if found not in sp.with_flags:
        sp.with_flags[found] = with_flags(found, sp.flagged)
    return sp.with_flags[found]


def with_flags(function: Function, asked: Collection[Loc]) -> Function:
    """``function``, lowered, in which what notes at the places ``asked`` that a name may have no
    value is given a flag that says whether it has one."""
    noted = [s for s in statements(function.body.body) if _noted(s) and s.loc in asked]
    if not noted:
        return function
    flags = _Flags(function, noted)

    def flagged(block: Block) -> Block:
        return changed(block, body=same_or(block.body, list(map(statement, block.body))))

    def statement(stmt: Stmt) -> Stmt:
        stmt = map_blocks(stmt, flagged)
        value = _noted(stmt)
        if isinstance(stmt, Invoke) and value is not None and stmt.loc in asked:
            return changed(stmt, args=(*stmt.args, flags.of(value)))
        if isinstance(stmt, If):
            return flags.branch(stmt)
        return flags.loop(stmt) if isinstance(stmt, ForEach | While) else stmt

    return changed(function, body=flagged(function.body))


def _noted(stmt: Stmt) -> Operand | None:
    """The value of which a statement notes that it may not be there."""
    match stmt:
        case Invoke(callee=Const(value=intrinsics.note_read), args=(value, _)):
            return value
        case Invoke(callee=Const(value=intrinsics.note_perhaps), args=(value, _, _)):
            return value
        case Invoke(callee=Const(value=intrinsics.set_cell), args=(_, value, _)):
            return value
    return None


class _Flags:
    """The flags of what branches and loops give, where nothing may have assigned it, and of which
    it is ``noted`` that it may not be there."""

    def __init__(self, function: Function, noted: Sequence[Stmt]) -> None:
        self.flags: dict[Operand, Var] = {}
        sources: dict[Operand, list[Operand]] = {}
        for stmt in statements(function.body.body):
            for row, given in _rows(stmt):
                sources.update((each, [*row, *given]) for each in row)
        absent = _absent(sources)
        waiting: list[Operand | None] = list(map(_noted, noted))
        while waiting:
            value = waiting.pop()
            if isinstance(value, Var) and value in absent and value not in self.flags:
                self.flags[value] = Var(flag_name(value.name))
                waiting += sources[value]

    def of(self, value: Operand) -> Operand:
        """Whether ``value`` is there."""
        return self.flags.get(value) or Const(not is_absent(value))

    def branch(self, stmt: If) -> If:
        """``stmt`` which gives the flags of what it gives."""
        places = [i for i, target in enumerate(stmt.targets) if target in self.flags]
        arms = (self._giving(arm, places) for arm in (stmt.then, stmt.orelse))
        then, orelse = arms
        return changed(stmt, targets=self._with(stmt.targets, places), then=then, orelse=orelse)

    def loop(self, stmt: ForEach | While) -> ForEach | While:
        """``stmt`` which carries the flags of what it carries."""
        places = [i for i, target in enumerate(stmt.targets) if target in self.flags]
        count = len(stmt.init)
        init = same_or(stmt.init, [*stmt.init, *(self.of(stmt.init[i]) for i in places)])
        body = self._entering(self._giving(stmt.body, places), count, places)
        targets = self._with(stmt.targets, places)
        stmt = changed(stmt, targets=targets, init=init, body=body)
        if isinstance(stmt, While):
            stmt = changed(stmt, cond=self._entering(stmt.cond, count, places))
        return stmt

    def _giving(self, block: Block, places: Sequence[int]) -> Block:
        results = [self.of(block.results[i]) for i in places]
        return changed(block, results=same_or(block.results, [*block.results, *results]))

    def _entering(self, block: Block, count: int, places: Sequence[int]) -> Block:
        first = len(block.params) - count
        return changed(block, params=self._with(block.params, [first + i for i in places]))

    def _with(self, values: tuple[Var, ...], places: Sequence[int]) -> tuple[Var, ...]:
        return (*values, *(self.flags[values[i]] for i in places)) if places else values


def _rows(stmt: Stmt) -> Iterator[tuple[tuple[Var, ...], tuple[Operand, ...]]]:
    """The values that a branch or a loop gives, or begins a trip with, which are one variable of
    the program; and what that may be."""
    if isinstance(stmt, If):
        for target, first, second in zip(
            stmt.targets, stmt.then.results, stmt.orelse.results, strict=True
        ):
            yield (target,), (first, second)
    elif isinstance(stmt, ForEach | While):
        count = len(stmt.targets)
        blocks = (stmt.cond, stmt.body) if isinstance(stmt, While) else (stmt.body,)
        inside = [block.params[len(block.params) - count :] for block in blocks]
        given = zip(stmt.init, stmt.body.results, strict=True)
        yield from zip(zip(stmt.targets, *inside, strict=True), given, strict=True)


def _absent(sources: dict[Operand, list[Operand]]) -> set[Operand]:
    """The values that nothing may have assigned, given what each may be."""
    leads: dict[Operand, list[Operand]] = {}
    for value, given in sources.items():
        for each in given:
            leads.setdefault(each, []).append(value)
    waiting = [each for each in leads if is_absent(each)]
    found: set[Operand] = set()
    while waiting:
        new = [value for value in leads.get(waiting.pop(), ()) if value not in found]
        found.update(new)
        waiting.extend(new)
    return found

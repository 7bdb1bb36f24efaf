"""Cotangents of lists that are the rows of an array are read from the array.

::

    hs_bar = list(y_bar)                         for t in reversed(range(n)):
    for t in reversed(range(n)):         ->          h_bar += y_bar[t]
        h_bar += hs_bar.pop()

That is so where one loop has appended to a list, once in each trip, which was made an array: its
reverse takes the cotangents off the end of a list again, one for each trip.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from srcgrad.ir import lists
from srcgrad.ir.nodes import Apply, Block, Const, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.types import Array, Known, ListOf, Scalar
from srcgrad.ir.walk import blocks, statements, substitute, used, variables
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite


def index_rows(function: Function) -> Function:
    """``function`` with elements that are popped off a list of rows read by index instead.

    So are those of a list that holds one value many times, which is what a sum hands back.
    """
    made = (lists.list_rows, lists.list_fill)
    if not any(isinstance(s, Apply) and s.op in made for s in statements(function.body.body)):
        return function
    readers = _readers(function)
    loops: dict[Var, For] = {}
    rests: dict[Var, Operand] = {}

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, For):
            for position in range(len(stmt.init) - 1, -1, -1):
                found = _rows(program, stmt, position, loops, readers)
                if found is not None:
                    rests[stmt.targets[position]] = found.array
                    stmt = _indexed(program, stmt, position, found)
            loops.update((target, stmt) for target in stmt.targets)
        elif isinstance(stmt, Apply) and stmt.op is operator.getitem and stmt.args[0] in rests:
            assert isinstance(stmt.args[0], Var)
            stmt = replace(stmt, args=(rests[stmt.args[0]], stmt.args[1]))
        program.keep(stmt)

    return rewrite(function, step)


@dataclass(frozen=True)
class _Rows:
    """An array, and by how much the position of a trip's row exceeds the index of the loop.

    No offset means that the array itself is what each trip takes.
    """

    array: Operand
    offset: int | None


def _readers(function: Function) -> dict[Var, list[Stmt | None]]:
    """The statements that read each variable; None for the result of a block."""
    found: dict[Var, list[Stmt | None]] = {}

    def visit(block: Block) -> None:
        for stmt in block.body:
            for var in used(stmt):
                found.setdefault(var, []).append(stmt)
            for inner in blocks(stmt):
                visit(inner)
        for result in block.results:
            for var in variables(result):
                found.setdefault(var, []).append(None)

    visit(function.body)
    return found


def _rows(
    program: Rewriting,
    loop: For,
    position: int,
    loops: Mapping[Var, For],
    readers: Mapping[Var, list[Stmt | None]],
) -> _Rows | None:
    """The array whose rows ``loop`` takes off the end of a list that it carries."""
    param, target = loop.carried[position], loop.targets[position]
    if not isinstance(param.type, ListOf):
        return None
    made = program.definition(loop.init[position])
    if made is not None and made.op is lists.list_fill:
        unread = not readers.get(target)
        return _Rows(made.args[0], None) if unread and _only_pops(loop, position, readers) else None
    if not loop.backward or made is None or made.op is not lists.list_rows or len(made.args) < 2:
        return None
    array, primal = made.args
    if program.is_stored(array) and not isinstance(_row_type(array), Array):
        return None  # numbers are taken out of the array when the list is made
    grown = loops.get(primal) if isinstance(primal, Var) else None
    if grown is None or not _same_span(grown, loop):
        return None
    before = _before(program, grown, primal)
    if before is None or not _only_pops(loop, position, readers):
        return None
    if isinstance(param.type.item, ListOf) and readers.get(target):
        return None
    if not all(_reads_first(stmt, before) for stmt in readers.get(target, ())):
        return None
    assert isinstance(loop.start, Const)
    return _Rows(array, before - loop.start.value)


def _row_type(array: Operand) -> object:
    type_ = type_of(array)
    return type_ if isinstance(type_, Array) and type_.ndim > 1 else Scalar


def _same_span(a: For, b: For) -> bool:
    """Whether two loops run over the same indices, which grow by one."""
    pairs = ((a.start, b.start), (a.stop, b.stop), (a.step, b.step))
    if a.backward or not all(_same(x, y) for x, y in pairs):
        return False
    return isinstance(a.start, Const) and isinstance(a.step, Const) and a.step.value == 1


def _same(a: Operand, b: Operand) -> bool:
    if isinstance(a, Const) and isinstance(b, Const):
        return Known(a.value) == Known(b.value)
    return a is b


def _before(program: Rewriting, loop: For, target: Operand) -> int | None:
    """The number of elements that a list has before a loop appends one in each trip."""
    position = next(i for i, var in enumerate(loop.targets) if var is target)
    if position >= len(loop.init):
        return None
    first = program.definition(loop.init[position], lists.as_list)
    result = loop.body.results[position]
    appended = any(
        isinstance(stmt, Apply)
        and stmt.target is result
        and stmt.op is lists.list_append
        and stmt.args[0] is loop.carried[position]
        for stmt in loop.body.body
    )
    if first is None or not appended:
        return None
    return len(getattr(first.args[0], "items", ()))


def _only_pops(loop: For, position: int, readers: Mapping[Var, list[Stmt | None]]) -> bool:
    """Whether each trip takes one element off the end of the list, and reads no other."""
    param, result = loop.carried[position], loop.body.results[position]
    taken = False
    for stmt in readers.get(param, ()):
        if not isinstance(stmt, Apply):
            return False
        if stmt.op is lists.list_without_last and stmt.target is result:
            taken = True
        elif stmt.op is not operator.getitem or not _is_int(stmt.args[1], -1):
            return False
    only_carried = isinstance(result, Var) and readers.get(result) == [None]
    return taken and only_carried and any(_defines(stmt, result) for stmt in loop.body.body)


def _defines(stmt: Stmt, var: Operand) -> bool:
    return isinstance(stmt, Apply) and stmt.target is var


def _reads_first(stmt: Stmt | None, count: int) -> bool:
    """Whether a statement reads one of the first ``count`` elements."""
    if not isinstance(stmt, Apply) or stmt.op is not operator.getitem:
        return False
    index = stmt.args[1]
    return isinstance(index, Const) and type(index.value) is int and 0 <= index.value < count


def _is_int(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == value


def _indexed(program: Rewriting, loop: For, position: int, rows: _Rows) -> For:
    """``loop`` without the list, reading the array instead."""
    param, index = loop.carried[position], loop.body.params[0]
    result = loop.body.results[position]
    body: list[Stmt] = []
    place: Operand | None = None if rows.offset is None else index
    if rows.offset:
        place = Var("", index.type)
        step = Apply(place, operator.add, (index, Const(rows.offset)), (), loop.loc)
        body.append(step)
    for stmt in loop.body.body:
        if not _defines(stmt, result):
            body.append(stmt)
    inner = _Reading(param, rows.array, place)
    block = Block(
        tuple(var for var in loop.body.params if var is not param),
        tuple(inner.body(body)),
        tuple(r for i, r in enumerate(loop.body.results) if i != position),
    )
    if inner.equal:
        block = substitute(block, inner.equal)
    return replace(
        loop,
        targets=tuple(var for i, var in enumerate(loop.targets) if i != position),
        init=tuple(value for i, value in enumerate(loop.init) if i != position),
        body=block,
    )


@dataclass(frozen=True)
class _Reading:
    """Makes what reads the last element of ``param`` read ``array`` at ``place``."""

    param: Var
    array: Operand
    place: Operand | None
    equal: dict[Var, Operand] = field(default_factory=dict)

    def body(self, body: Iterable[Stmt]) -> Iterator[Stmt]:
        for stmt in body:
            if isinstance(stmt, Apply) and stmt.args and stmt.args[0] is self.param:
                yield from self.row(stmt)
            else:
                yield self.stmt(stmt)

    def row(self, stmt: Apply) -> Iterator[Stmt]:
        if self.place is None:
            self.equal[stmt.target] = self.array
            return
        if not isinstance(stmt.target.type, ListOf):
            yield replace(stmt, args=(self.array, self.place))
            return
        row = Var()
        yield Apply(row, operator.getitem, (self.array, self.place), (), stmt.loc)
        yield replace(stmt, op=lists.list_rows, args=(row,))

    def stmt(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, If):
            return replace(stmt, then=self.block(stmt.then), orelse=self.block(stmt.orelse))
        if isinstance(stmt, For | While):
            return replace(stmt, body=self.block(stmt.body))
        return stmt

    def block(self, block: Block) -> Block:
        return replace(block, body=tuple(self.body(block.body)))

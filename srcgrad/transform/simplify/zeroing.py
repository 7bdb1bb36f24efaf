"""What is emptied and then filled again is assigned; what is only read is not copied.

The reverse of ``A[s] = v`` empties the shadow of ``A[s]`` after it was read.  That moves down to
where it matters, and is nothing where a sum into the same place comes first::

    t_bar = A_bar[1:-1].copy()
    A_bar[1:-1] = 0
    s_bar = 0.33 * t_bar           ->    s_bar = 0.33 * A_bar[1:-1]
    A_bar[:-2] += s_bar                  A_bar[1:-1] = s_bar
    A_bar[1:-1] += s_bar                 A_bar[:-2] += s_bar
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from srcgrad.analysis.elements import Rows, differ
from srcgrad.analysis.memory import (
    MemoryClasses,
    has_memory,
    is_fresh,
    memory_of,
    reads_content,
)
from srcgrad.analysis.repeats import may_repeat
from srcgrad.analysis.steady import Site, is_last, is_steady, out_of_sight, sites_of
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Function,
    Operand,
    Stmt,
    Store,
    Var,
)
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Scalar
from srcgrad.ir.walk import (
    alike,
    blocks,
    changed,
    free_in_stmt,
    map_blocks,
    operands,
    same_or,
    statements,
    substitute,
    targets,
    variables,
)
from srcgrad.transform.simplify.dead import is_pure, rows_of


def fill_emptied(function: Function) -> Function:
    """``function`` with the emptying of shadows put off, and dropped where it is undone."""
    memory = MemoryClasses(function.body)
    if not memory.any_written():
        return function
    return changed(function, body=_each(function.body, lambda body: _fill(body, memory)))


def share_copies(function: Function) -> Function:
    """``function`` without copies of what nobody writes while the copy is read."""
    memory = MemoryClasses(function.body)
    if not memory.any_written():
        return function
    renamed: dict[Var, Var] = {}
    rows = rows_of(function.body)
    outer = {
        var
        for stmt in statements(function.body.body)
        for block in blocks(stmt)
        for result in block.results
        for var in variables(result)
    }
    outer.update(var for result in function.body.results for var in variables(result))
    for stmt in _steady(function, memory):
        (source,) = variables(stmt.args[0])
        renamed[stmt.target] = source
        memory.join(stmt.target, source)
    outside = out_of_sight(function)
    for copy, site in _detached(function):
        if copy.target not in renamed and is_last(copy, site, memory, outside):
            (source,) = variables(copy.args[0])
            renamed[copy.target] = source
            memory.join(copy.target, source)
    _each(function.body, lambda body: _share(body, memory, outer, renamed, rows))
    if not renamed:
        return function

    def last(var: Var) -> Var:
        while var in renamed:
            var = renamed[var]
        return var

    return changed(function, body=substitute(function.body, {v: last(v) for v in renamed}))


def _steady(function: Function, memory: MemoryClasses) -> list[Apply]:
    """What was taken for copies and need not be any, all of them together."""
    found = _detached(function)
    while True:
        copies = [stmt for stmt, _ in found]
        steady = [each for each in found if is_steady(*each, memory, others=copies)]
        if len(steady) == len(found):
            return copies
        found = steady


def _detached(function: Function) -> list[tuple[Apply, Site]]:
    return [
        (stmt, site)
        for stmt, site in sites_of(function.body)
        if isinstance(stmt, Apply) and stmt.op is intrinsics.detached
    ]


def _each(block: Block, change: Callable[[list[Stmt]], list[Stmt]]) -> Block:
    """``block`` with ``change`` applied to the statements of every block, inner ones first."""
    body = change([map_blocks(s, lambda inner: _each(inner, change)) for s in block.body])
    return changed(block, body=same_or(block.body, body))


# --- emptying -----------------------------------------------------------------------------------


def _fill(body: list[Stmt], memory: MemoryClasses) -> list[Stmt]:
    position = len(body) - 1
    while position >= 0:
        stmt = body[position]
        if isinstance(stmt, Store) and _empties(stmt):
            body = _put_off(body, position, stmt, memory)
        position -= 1
    return body


def _empties(stmt: Store) -> bool:
    is_zero = isinstance(stmt.value, Const) and type(stmt.value.value) is int
    return is_zero and stmt.loc.adjoint and not stmt.accumulate and stmt.value.value == 0  # type: ignore[union-attr]


def _put_off(body: list[Stmt], position: int, zero: Store, memory: MemoryClasses) -> list[Stmt]:
    root = memory.root(zero.buffer)
    named = () if zero.index is None else variables(zero.index)
    indices = {memory.root(var) for var in named if has_memory(var)}
    sums: list[int] = []
    for place in range(position + 1, len(body)):
        stmt = body[place]
        if _adds(stmt, root, memory):
            assert isinstance(stmt, Store)
            # With an element named twice, a sum takes both parts and an assignment the last.
            once = zero.index is None or not may_repeat(zero.index, {})
            if once and stmt.buffer is zero.buffer and alike(stmt.index, zero.index):
                return _assign(body, position, sums, place, memory)
            sums.append(place)
        elif _touches(stmt, root, memory) or _changes(stmt, indices, memory):
            return _moved(body, position, sums[0] if sums else place)
    return _moved(body, position, sums[0] if sums else len(body))


def _adds(stmt: Stmt, root: Var, memory: MemoryClasses) -> bool:
    """Whether a statement does nothing to the memory ``root`` but add to it."""
    if not isinstance(stmt, Store) or not stmt.accumulate or memory.root(stmt.buffer) is not root:
        return False
    return all(memory.root(var) is not root for var in reads_content(stmt))


def _touches(stmt: Stmt, root: Var, memory: MemoryClasses) -> bool:
    """Whether a statement reads or writes the content of ``root``, or must not be passed."""
    if isinstance(stmt, Apply):
        return not is_pure(stmt) or any(memory.root(var) is root for var in reads_content(stmt))
    if isinstance(stmt, Store):
        found: Iterable[Var] = (stmt.buffer, *reads_content(stmt))
    else:
        found = free_in_stmt(stmt)
    return any(memory.root(var) is root for var in found)


def _changes(stmt: Stmt, roots: set[Var], memory: MemoryClasses) -> bool:
    """Whether a statement may write into one of these, which say where zeros are put."""
    if isinstance(stmt, Apply):
        return False
    found = (stmt.buffer,) if isinstance(stmt, Store) else free_in_stmt(stmt)
    return any(memory.root(var) in roots for var in found)


def _moved(body: list[Stmt], position: int, to: int) -> list[Stmt]:
    """``body`` with the statement at ``position`` before the one at ``to``."""
    return [*body[:position], *body[position + 1 : to], body[position], *body[to:]]


def _assign(
    body: list[Stmt], position: int, sums: list[int], place: int, memory: MemoryClasses
) -> list[Stmt]:
    """``body`` where the sum at ``place`` is assigned to what was emptied at ``position``."""
    store = body[place]
    assert isinstance(store, Store)
    if _is_put_back(body[:position], store, memory):
        return [s for i, s in enumerate(body) if i not in (position, place)]
    filled = replace(store, accumulate=False)
    first = sums[0] if sums else place
    made = {var for stmt in body[first:place] for var in targets(stmt)}
    written = {memory.root(b) for s in statements(body[first:place]) for b in stored_by(s)}
    is_known = not any(var in made for operand in operands(store) for var in variables(operand))
    if is_known and not any(memory.root(var) in written for var in reads_content(store)):
        # What is assigned is the same before the other sums.
        rest = [s for s in body[first:] if s is not store]
        return [*body[:position], *body[position + 1 : first], filled, *rest]
    later = [body[i] for i in sums]
    read = {memory.root(var) for s in later for var in reads_content(s)}
    if read & written:
        return _moved(body, position, first)
    between = [s for s in body[position + 1 : place] if s not in later]
    return [*body[:position], *between, filled, *later, *body[place + 1 :]]


def _is_put_back(before: list[Stmt], store: Store, memory: MemoryClasses) -> bool:
    """Whether a sum puts into a place that was emptied what was there: the reverse of
    ``A[s] = A[s] + v``."""
    made = _maker(before, store.value)
    if made is None:
        return False
    if made.op is np.ndarray.copy and len(made.args) == 1:
        if store.index is None:
            return made.args[0] is store.buffer and _is_left_alone(before, made, store, memory)
        viewed = _maker(before, made.args[0])
        if viewed is None:
            return False
        made = viewed
    elif not isinstance(made.target.type, Scalar):
        return False  # a view is empty as well by then
    is_part = made.op is operator.getitem and made.args[0] is store.buffer
    if not is_part or store.index is None or not alike(made.args[1], store.index):
        return False
    return _is_left_alone(before, made, store, memory)


def _maker(body: list[Stmt], value: Operand) -> Apply | None:
    """What gives ``value`` in ``body``."""
    return next((s for s in body if isinstance(s, Apply) and s.target is value), None)


def _is_left_alone(body: list[Stmt], since: Apply, store: Store, memory: MemoryClasses) -> bool:
    """Whether neither what ``store`` adds to nor its index is written after ``since``."""
    named = () if store.index is None else variables(store.index)
    roots = {memory.root(var) for var in (store.buffer, *named) if has_memory(var)}
    later = body[body.index(since) :]
    return not any(memory.root(b) in roots for s in statements(later) for b in stored_by(s))


# --- copies -------------------------------------------------------------------------------------


def _share(
    body: list[Stmt],
    memory: MemoryClasses,
    outer: set[Var],
    renamed: dict[Var, Var],
    rows: Rows,
) -> list[Stmt]:
    for position, stmt in enumerate(body):
        if not isinstance(stmt, Apply) or stmt.op is not np.ndarray.copy or not stmt.loc.adjoint:
            continue
        source = stmt.args[0]
        stays = stmt.target in outer or memory.is_written(stmt.target) or len(stmt.args) > 1
        if not isinstance(source, Var) or stays:
            continue
        names, readers = _readers(body, position, stmt.target)
        if not names & outer and _is_steady(body, position, source, names, readers, memory, rows):
            renamed[stmt.target] = source
    return body


def _readers(body: list[Stmt], position: int, copy: Var) -> tuple[set[Var], list[int]]:
    """A copy and what may show some of it, and the places where these are read."""
    names, readers = {copy}, []
    for i in range(position + 1, len(body)):
        stmt = body[i]
        if names.isdisjoint(free_in_stmt(stmt)):
            continue
        readers.append(i)
        if isinstance(stmt, Apply) and memory_of(stmt) is Memory.VIEW and is_pure(stmt):
            names.add(stmt.target)
    return names, readers


def _is_steady(
    body: list[Stmt],
    position: int,
    source: Var,
    names: set[Var],
    readers: list[int],
    memory: MemoryClasses,
    rows: Rows,
) -> bool:
    """Whether nothing writes into what was copied until the copy was read for the last time."""
    root, shown = memory.root(source), rows.seen(source)
    if not readers:
        return True
    for i in readers:
        reader = body[i]
        reads = isinstance(reader, Apply) and (is_fresh(reader) or reader.target in names)
        stores = isinstance(reader, Store) and reader.value in names
        if isinstance(reader, Store) and not differ(shown, rows.written(reader)):
            # A sum reads its value before it writes, an assignment only that of another array.
            stores = stores and i == readers[-1]
            if memory.root(reader.buffer) is root:
                stores = stores and reader.accumulate
        if not reads and not stores:
            return False
    between = body[position + 1 : readers[-1]]
    return not any(
        memory.root(buffer) is root
        and not (isinstance(writer, Store) and differ(shown, rows.written(writer)))
        for writer in statements(between)
        for buffer in stored_by(writer)
    )

"""What the program asks its own lists and dicts for is asked, also where nobody needs the answer.

::

    xs.pop()                             xs[-1]
    x = ps[1]                     ->     ps[1]
    return a * b                         return a * b

Each raises where there is no such element, as the program does.  Nothing is left of what surely is
there: an element of a display, or of a list after a test that there is something in it.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterator, Set
from typing import TypeGuard

from srcgrad.analysis.filled import Filled
from srcgrad.ir.keys import key_place, place_asked
from srcgrad.ir.lists import (
    item_append,
    item_asked,
    item_set,
    item_without_last,
    list_set,
    list_without,
    list_without_last,
)
from srcgrad.ir.nodes import Apply, Block, Const, Define, Function, Operand, Stmt, Var
from srcgrad.ir.walk import alike, blocks, changed, map_blocks, same_or
from srcgrad.transform.simplify.dead import alive_in


def keep_asked(function: Function) -> Function:
    """``function`` with what it asks lists and dicts for in vain as operations with an effect."""
    if not any(_asked(function.body)):
        return function
    alive, filled = alive_in(function.body), Filled(function.body)
    again = {_place(stmt) for stmt in alive if isinstance(stmt, Apply) and stmt.loc.adjoint}

    def kept(block: Block) -> Block:
        editing = [stmt for stmt in block.body if stmt in alive and _is_edit(stmt)]
        body: list[Stmt] = []
        for stmt in block.body:
            if not isinstance(stmt, Apply | Define):  # what that asks has been asked before
                stmt = map_blocks(stmt, kept)
            elif isinstance(stmt, Apply) and _is_asked(stmt) and stmt not in alive:
                raises = any(_asks_too(edit, stmt, filled) for edit in editing)
                raises = raises or _place(stmt) in again  # the reverse reads it
                if not raises and not filled.has(stmt):
                    body.append(_question(stmt, filled, alive))
            body.append(stmt)
        return changed(block, body=same_or(block.body, body))

    return changed(function, body=kept(function.body))


def _asked(block: Block) -> Iterator[Apply]:
    for stmt in block.body:
        if isinstance(stmt, Apply):
            if _is_asked(stmt):
                yield stmt
        elif not isinstance(stmt, Define):
            for inner in blocks(stmt):
                yield from _asked(inner)


def _is_asked(stmt: Apply) -> bool:
    return stmt.target.asked and not stmt.loc.adjoint


def _place(stmt: Apply) -> Hashable:
    """What is asked, and where in the user's source, in the program or in its reverse."""
    loc = stmt.loc
    return stmt.op, loc.file, loc.line, loc.column, loc.end_line, loc.end_column


def _is_edit(stmt: Stmt) -> TypeGuard[Apply]:
    """Whether the program changes a list where it asks for an element."""
    return isinstance(stmt, Apply) and stmt.op in _EDITS and not stmt.loc.adjoint


_EDITS = (list_set, list_without, list_without_last, item_append, item_set, item_without_last)


def _asks_too(edit: Apply, asked: Apply, filled: Filled) -> bool:
    """Whether a change raises where there is nothing that ``asked`` asks for."""
    container, key = asked.args[:2]
    is_last = isinstance(key, Const) and key.value == -1
    if edit.args[0] is container:
        if edit.op is list_without and isinstance(key, Const) and key.value == 0:
            return False  # a copy is a slice then, which is there anyway
        return is_last if edit.op is list_without_last else alike(edit.args[1], key)
    row = filled.operation(container) if edit.op in (item_set, item_without_last) else None
    if row is None or row.op is not operator.getitem or not alike(row.args[1], edit.args[1]):
        return False
    rows, edited = row.args[0], edit.args[0]
    if not isinstance(rows, Var) or not isinstance(edited, Var):
        return False
    is_inner = is_last if edit.op is item_without_last else alike(edit.args[2], key)
    return is_inner and filled.as_long(rows) is filled.as_long(edited)


def _question(stmt: Apply, filled: Filled, alive: Set[Stmt]) -> Apply:
    """The same question, as what is asked for its own sake."""
    container: Operand = stmt.args[0]
    if stmt.op is key_place:
        return Apply(Var("", stmt.target.type), place_asked, stmt.args, (), stmt.loc)
    assert stmt.op in (operator.getitem, list_set)
    if isinstance(container, Var) and not filled.is_in(container, alive):
        container = filled.as_long(container)  # nobody needs but that it is as long
    return Apply(Var(), item_asked, (container, stmt.args[1]), (), stmt.loc)

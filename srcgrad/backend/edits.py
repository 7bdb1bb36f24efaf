"""How a list, a dict or a set is changed in place, or a copy of it is made that differs."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from srcgrad.backend import set_edits
from srcgrad.backend.holders import SET_METHODS
from srcgrad.backend.nested import ITEM_EDITS, item_of, pop_where_read, with_other_item
from srcgrad.ir import keys, lists
from srcgrad.ir.nodes import (
    NOTHING,
    Apply,
    Block,
    Const,
    If,
    Operand,
    Pack,
    Stmt,
    Store,
    Var,
)
from srcgrad.ir.types import PY_BOOL, PY_INT, KeysOf
from srcgrad.ir.walk import (
    alike,
    free_in_stmt,
)

METHODS: dict[Any, Any] = {
    lists.list_append: list.append,
    lists.list_extend: list.extend,
    lists.list_insert: list.insert,
    **SET_METHODS,
}
"""The methods that change what they are called on as an operation says."""
_ALL_BUT_LAST = Pack(slice, (Const(None), Const(-1), Const(None)))
_ALL_BUT_FIRST = Pack(slice, (Const(1), Const(None), Const(None)))


def pop_element(body: list[Stmt], xs: Var, stmt: Apply) -> None:
    """``xs.pop()``, where the element is read, if it is."""
    for i in range(len(body) - 1, -1, -1):
        reading = body[i]
        if isinstance(reading, Apply) and reading.op is keys.popped and reading.args[0] is xs:
            body[i] = replace(reading, op=set.pop)
            return
        if xs in free_in_stmt(reading):
            break
    if not any(isinstance(s, Apply) and s.op is keys.popped and s.args[0] is xs for s in body):
        body.append(Apply(Var(), set.pop, (xs,), (), stmt.loc))


def copying(stmt: Apply) -> Iterator[Stmt]:
    """An edit of a list that stays what it was."""
    if stmt.op is lists.list_extend:
        yield replace(stmt, op=operator.add)
    elif stmt.op is lists.list_without_last and not stmt.loc.adjoint:
        yield Apply(stmt.target, list.copy, stmt.args, (), stmt.loc)
        yield Apply(Var(), list.pop, (stmt.target,), (), stmt.loc)
    elif stmt.op is lists.list_without_last:
        yield replace(stmt, op=operator.getitem, args=(stmt.args[0], _ALL_BUT_LAST))
    elif stmt.op is lists.list_without and _is_zero(stmt.args[1]):
        yield replace(stmt, op=operator.getitem, args=(stmt.args[0], _ALL_BUT_FIRST))
    elif stmt.op is lists.list_without:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield Apply(Var(), list.pop, (stmt.target, stmt.args[1]), (), stmt.loc)
    elif stmt.op is lists.list_insert:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield Apply(Var(), list.insert, (stmt.target, *stmt.args[1:]), (), stmt.loc)
    elif stmt.op is lists.list_set:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield Store(stmt.target, stmt.args[1], stmt.args[2], False, stmt.loc)
    elif stmt.op in ITEM_EDITS:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield from with_other_item(stmt, stmt.target)
    elif stmt.op is keys.edited_inside:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield from set_edits.with_other(stmt, stmt.target)
    elif stmt.op is keys.key_added:
        yield Apply(stmt.target, dict.copy, stmt.args[:1], (), stmt.loc)
        yield from with_key(stmt.target, stmt)
    elif stmt.op in SET_METHODS:
        yield Apply(stmt.target, set.copy, stmt.args[:1], (), stmt.loc)
        yield Apply(Var(), METHODS[stmt.op], (stmt.target, *stmt.args[1:]), (), stmt.loc)
    else:
        yield stmt


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value == 0


def edit_item(stmt: Apply, xs: Var, own: bool, body: list[Stmt]) -> None:
    """Changes a list that is in ``xs``, if it is nowhere else, or puts another one there."""
    if not own:
        body.extend(with_other_item(stmt, xs))
    elif stmt.op is lists.item_set:
        item = item_of(stmt, xs)
        body.insert(len(body) - _ends_with_sum(body, stmt.args[3]), item)  # for ``xs[i][j] += v``
        body.append(Store(item.target, stmt.args[2], stmt.args[3], False, stmt.loc))
    elif stmt.op is lists.item_append or not pop_where_read(body, xs, stmt.args[1]):
        item = item_of(stmt, xs)
        method = list.append if stmt.op is lists.item_append else list.pop
        body.append(item)
        body.append(Apply(Var(), method, (item.target, *stmt.args[2:]), (), stmt.loc))


def _ends_with_sum(body: list[Stmt], value: Operand) -> bool:
    """Whether the last statement is the sum that is put into a list."""
    last = body[-1] if body else None
    return isinstance(last, Apply) and last.op is operator.add and last.target is value


def with_key(at: Var, stmt: Apply) -> Iterator[Stmt]:
    """``at[key] = len(at)``."""
    count = Var("", PY_INT)
    yield Apply(count, len, (at,), (), stmt.loc)
    yield Store(at, stmt.args[1], count, False, stmt.loc)


def if_any(stmt: Apply) -> Iterator[Stmt]:
    """The copy of a list, of which there may be none."""
    is_absent, copy = Var("", PY_BOOL), Var(stmt.target.name, stmt.target.type)
    yield Apply(is_absent, operator.is_, (stmt.args[0], NOTHING), (), stmt.loc)
    orelse = Block((), (replace(stmt, target=copy),), (copy,))
    yield If((stmt.target,), is_absent, Block((), (), (NOTHING,)), orelse, stmt.loc)


def copy_of(source: Var) -> Any:
    """What copies a list, a dict, or a set."""
    if not isinstance(source.type, KeysOf):
        return list.copy
    return set.copy if source.type.of_set else dict.copy


def take_where_read(body: list[Stmt], xs: Var, where: tuple[Operand, ...]) -> bool:
    """Makes the reading of the last element, or of the one that ``where`` says, a ``pop``, if
    nothing has read the list since."""
    wanted = where[0] if where else Const(-1)
    for i in range(len(body) - 1, -1, -1):
        stmt = body[i]
        if xs not in free_in_stmt(stmt):
            continue
        if not isinstance(stmt, Apply) or stmt.op is not operator.getitem:
            return False
        if stmt.args[0] is xs and alike(stmt.args[1], wanted):
            body[i] = replace(stmt, op=list.pop, args=(xs, *where))
            return True
        return False
    return False

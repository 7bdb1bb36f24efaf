"""How a set in a list is changed where it is, or another one is put there."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace

from srcgrad.backend.holders import SET_METHODS, is_list_of_sets
from srcgrad.ir import keys
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Stmt, Store, Var
from srcgrad.ir.types import UNKNOWN, KeysOf, ListOf, PackType, Type, is_set
from srcgrad.ir.walk import alike, free_in_stmt, used


def read(
    target: Var, xs: Var, index: Operand, path: tuple[Operand, ...], like: Stmt
) -> Iterator[Apply]:
    """What reads the set at a place of a list."""
    whole, type_ = xs, xs.type.item if isinstance(xs.type, ListOf) else UNKNOWN
    for number, key in enumerate((index, *path)):
        if number:
            type_ = _part(type_, key)
        last = number == len(path)
        made = target if last else Var("", type_)
        yield Apply(made, operator.getitem, (whole, key), (), like.loc)
        whole = made


def _part(type_: Type, key: Operand) -> Type:
    """The type of what a tuple has at a place."""
    if not isinstance(type_, PackType) or not isinstance(key, Const):
        return UNKNOWN
    place = type_.keys.index(key.value) if type_.kind is dict else key.value
    return type_.items[place]


def path_of(edit: Apply) -> tuple[Operand, ...]:
    """Where in an element the set is that an operation changes."""
    path = edit.args[2]
    assert isinstance(path, Pack)
    return path.items


def inside_of(xs: Var, stmt: Apply, target: Var) -> Iterator[Apply]:
    """What reads the set that ``stmt`` changes, in the list that is ``xs`` now."""
    return read(target, xs, stmt.args[1], path_of(stmt), stmt)


def edit(stmt: Apply, xs: Var, body: list[Stmt]) -> None:
    """Changes a set in ``xs``, which is nowhere else."""
    _, _, _, op, *args = stmt.args
    assert isinstance(op, Const)
    if op.value is keys.less_popped and _pop(stmt, xs, body):
        return
    found = Var("", KeysOf(UNKNOWN, of_set=True))
    body.extend(inside_of(xs, stmt, found))
    body.append(Apply(Var(), SET_METHODS[op.value], (found, *args), (), stmt.loc))


def _pop(stmt: Apply, xs: Var, body: list[Stmt]) -> bool:
    """Makes the reading of the element that a set loses a ``pop``, if no set is read since."""
    for i in range(len(body) - 1, -1, -1):
        reading = body[i]
        if isinstance(reading, Apply) and reading.op is keys.popped:
            (found,) = used(reading)
            if not _is_read_there(found, stmt, xs, body):
                return False
            body[i] = replace(reading, op=set.pop)
            return True
        if any(is_set(var.type) or is_list_of_sets(var) for var in free_in_stmt(reading)):
            return False
    return False


def _is_read_there(found: Var, stmt: Apply, xs: Var, body: list[Stmt]) -> bool:
    """Whether ``found`` was read where in the list the set is that ``stmt`` changes."""
    made = {each.target: each for each in body if isinstance(each, Apply)}
    whole: Operand = found
    for key in reversed((stmt.args[1], *path_of(stmt))):
        reading = made.get(whole) if isinstance(whole, Var) else None
        if reading is None or reading.op is not operator.getitem:
            return False
        if not alike(reading.args[1], key):
            return False
        whole = reading.args[0]
    return whole is xs


def with_other(stmt: Apply, xs: Var) -> Iterator[Stmt]:
    """Puts another set into ``xs``, in place of the one that ``stmt`` changes."""
    _, index, _, op, *args = stmt.args
    assert isinstance(op, Const)
    path = path_of(stmt)
    found = Var("", KeysOf(UNKNOWN, of_set=True))
    copy = Var("", found.type)
    yield from inside_of(xs, stmt, found)
    yield Apply(copy, set.copy, (found,), (), stmt.loc)
    yield Apply(Var(), SET_METHODS[op.value], (copy, *args), (), stmt.loc)
    new: Operand = copy
    for depth in range(len(path), 0, -1):
        whole = Var("", _type_at(xs, path[: depth - 1]))
        yield from read(whole, xs, index, path[: depth - 1], stmt)
        parts: list[Operand] = []
        assert isinstance(whole.type, PackType)
        keys_ = whole.type.keys if whole.type.kind is dict else range(len(whole.type.items))
        for key, type_ in zip(map(Const, keys_), whole.type.items, strict=True):
            if alike(key, path[depth - 1]):
                parts.append(new)
                continue
            part = Var("", type_)
            yield Apply(part, operator.getitem, (whole, key), (), stmt.loc)
            parts.append(part)
        new = Pack(whole.type.kind, tuple(parts), whole.type.keys)
    yield Store(xs, index, new, False, stmt.loc)


def _type_at(xs: Var, path: tuple[Operand, ...]) -> Type:
    type_ = xs.type.item if isinstance(xs.type, ListOf) else UNKNOWN
    for key in path:
        type_ = _part(type_, key)
    return type_

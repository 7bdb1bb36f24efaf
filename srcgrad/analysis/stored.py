"""Arrays that are written after they were put into a list of unknown length.

The list holds the same object as the program, so that its element changes with the write, and so
would have to the cotangents: what is put into a list must stay as it is.
"""

from __future__ import annotations

from srcgrad.analysis.activity import can_carry
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import AliasingError
from srcgrad.ir import lists
from srcgrad.ir.nodes import Apply, Function, Stmt, Store, Var
from srcgrad.ir.records import is_record
from srcgrad.ir.types import Array, ListOf, PackType, Type
from srcgrad.ir.walk import statements, variables

_STORING = {
    lists.as_list: 0,
    lists.list_append: 1,
    lists.list_insert: 2,
    lists.list_set: 2,
    lists.item_append: 2,
    lists.item_set: 3,
}
"""The operations that put something into a list, with the position of that argument."""


def refuse_written_elements(function: Function) -> None:
    """Refuses a program that may write into an array which a list of unknown length holds.

    Raises
    ------
    AliasingError
        At the place where the array is put into the list.
    """
    body = tuple(statements(function.body.body))
    written = [stmt.buffer for stmt in body if isinstance(stmt, Store)]
    stored = [stmt for stmt in body if isinstance(stmt, Apply) and stmt.op in _STORING]
    if not written or not stored:
        return
    classes = MemoryClasses(function.body)
    roots = {classes.root(var) for var in written if not isinstance(var.type, ListOf)}
    for stmt in stored:
        found = next((var for var in _put(stmt) if classes.root(var) in roots), None)
        if found is not None and not _is_list_of_arrays(stmt):
            message = "an array is put into a list here and may be written afterwards"
            raise AliasingError(message, stmt.loc, _instead(stmt, found))


def _instead(stmt: Stmt, array: Var) -> str:
    """What the program can do instead: arrays themselves may be written in a list, and copies are
    not the same where the program writes through the list."""
    assert isinstance(stmt, Apply)
    copied = f"{array.name or 'x'}.copy()"
    type_ = stmt.target.type
    if isinstance(type_, ListOf) and isinstance(type_.item, PackType):
        if is_record(type_.item.kind):
            return (
                "give the object a new array, p.x = p.x + v, and do not write into the one it has"
            )
        return (
            "put the arrays into lists of their own, without tuples, and loop over zip(xs, ys); "
            f"or put copies into this one, which do not show what is written: {copied}"
        )
    return f"put a copy into the list: append({copied})"


def _is_list_of_arrays(stmt: Stmt) -> bool:
    """Whether the list holds arrays themselves, whose shadows are kept in a list beside it."""
    assert isinstance(stmt, Apply)
    type_ = stmt.target.type
    return isinstance(type_, ListOf) and _is_of_arrays(type_.item)


def _is_of_arrays(item: Type) -> bool:
    """Whether elements are arrays, or tuples of arrays, and of what carries no derivative."""
    if isinstance(item, PackType):
        parts = (part for part in item.items if can_carry(part))
        return item.kind is tuple and all(map(_is_of_arrays, parts))
    return isinstance(item, Array)


def _put(stmt: Stmt) -> list[Var]:
    """The arrays that a statement puts into a list."""
    assert isinstance(stmt, Apply)
    return [var for var in variables(stmt.args[_STORING[stmt.op]]) if has_memory(var)]

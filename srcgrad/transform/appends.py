"""Lists as they were in an earlier trip of a loop.

What the reverse of a loop reads of a list that the loop appends to need not be saved: going
backwards, each trip takes off the end what the trip forwards had put there.
"""

from __future__ import annotations

from dataclasses import dataclass

from srcgrad.errors import Loc
from srcgrad.ir import lists
from srcgrad.ir.nodes import Apply, Block, Operand, Var
from srcgrad.ir.types import ListOf


@dataclass(frozen=True, slots=True)
class Undone:
    """A list, or a counter, that a reversed loop carries, as it is after the trip and, undone,
    before it.

    ``after`` is the parameter that the reversed body has for it, ``before`` what it hands on, and
    ``steps`` are the statements between the two, of which ``late`` ones come last in the body.
    """

    after: Var
    before: Var
    steps: tuple[Apply, ...]
    late: tuple[Apply, ...] = ()


def undo_appends(
    body: Block, param: Var, result: Operand, needed: list[Var], renamed: dict[Var, Var], loc: Loc
) -> Undone | None:
    """How a reversed loop gets at the versions of a list that its body has appended to.

    ``needed``, the values that would have to be saved otherwise, loses the versions, and
    ``renamed`` says what stands for each.  None if the body does anything else to the list, or if
    no version is needed.
    """
    versions = _versions(body, param, result)
    if versions is None or not any(var in needed for var in versions):
        return None
    after = now = Var(param.name, param.type)
    renamed[versions[0]] = now
    steps: list[Apply] = []
    for version in versions[1:]:
        before = Var(param.name, param.type)
        steps.append(Apply(before, lists.list_without_last, (now,), (), loc))
        renamed[version] = now = before
    needed[:] = [var for var in needed if var not in versions]
    return Undone(after, now, tuple(steps))


def _versions(body: Block, param: Var, result: Operand) -> list[Var] | None:
    """The list after the trip, before its last append, and so on to the one that it began with."""
    if not isinstance(param.type, ListOf) or not isinstance(result, Var):
        return None
    appends = {
        stmt.target: stmt
        for stmt in body.body
        if isinstance(stmt, Apply) and stmt.op is lists.list_append
    }
    versions = [result]
    while versions[-1] is not param:
        append = appends.get(versions[-1])
        if append is None or not isinstance(append.args[0], Var):
            return None
        versions.append(append.args[0])
    return versions if len(versions) > 1 else None

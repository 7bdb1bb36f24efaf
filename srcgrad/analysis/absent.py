"""Which values may not be there: nothing has assigned them on some way.

Nothing may read such a value but where the program does, since that raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from srcgrad.ir.nodes import For, Function, If, Operand, Stmt, Var, While, is_absent
from srcgrad.ir.types import Array, ListOf, Scalar, Size, Type, number_of
from srcgrad.ir.walk import statements


def may_be_absent(function: Function) -> set[Var]:
    """The values of a function that are not assigned on some path."""
    return absent_in(function.body.body)


def absent_in(body: tuple[Stmt, ...]) -> set[Var]:
    """The values in a function's ``body`` that are not assigned on some path."""
    found: set[Var] = set()
    flows: dict[Var, list[Var]] = {}
    for stmt in statements(body):
        for target, source in ways_into(stmt):
            if is_absent(source):
                found.add(target)
            elif isinstance(source, Var):
                flows.setdefault(source, []).append(target)
    waiting = list(found)
    while waiting:
        new = [target for target in flows.get(waiting.pop(), ()) if target not in found]
        found.update(new)
        waiting.extend(new)
    return found


def never_there(function: Function) -> set[Var]:
    """Those of them that are assigned on no way at all.

    The text of the function would not assign such a name: it would be that of something outside.
    """
    ways: dict[Var, list[Operand]] = {}
    leads: dict[Var, list[Var]] = {}
    for stmt in statements(function.body.body):
        for target, source in ways_into(stmt):
            ways.setdefault(target, []).append(source)
            if isinstance(source, Var):
                leads.setdefault(source, []).append(target)
    there = {var for var, found in ways.items() if any(_is_there(each, ways) for each in found)}
    waiting = list(there)
    while waiting:
        new = [target for target in leads.get(waiting.pop(), ()) if target not in there]
        there.update(new)
        waiting.extend(new)
    return ways.keys() - there


def is_never_none(type_: Type) -> bool:
    """Whether a value of this type is not None, which may stand for one that is not there."""
    return isinstance(type_, ListOf | Size) or isinstance(number_of(type_), Array | Scalar)


def _is_there(value: Operand, ways: Mapping[Var, object]) -> bool:
    """Whether a value is one that is not only handed on."""
    return value not in ways if isinstance(value, Var) else not is_absent(value)


def ways_into(stmt: Stmt) -> Iterator[tuple[Var, Operand]]:
    """What a statement gives, or a loop begins a trip with, and what that may be."""
    if isinstance(stmt, If):
        for block in (stmt.then, stmt.orelse):
            if not block.diverges:
                yield from zip(stmt.targets, block.results, strict=True)
    elif isinstance(stmt, For | While):
        yield from zip(stmt.carried, stmt.init, strict=True)
        yield from zip(stmt.carried, stmt.body.results, strict=False)
        for source in (stmt.init, stmt.body.results):
            yield from zip(stmt.targets, source, strict=False)
        if isinstance(stmt, For):
            yield from zip(stmt.body.params[1 + len(stmt.init) :], stmt.stacks, strict=True)

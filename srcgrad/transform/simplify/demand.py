"""Which arrays are read for more than their shape, by something that is needed itself.

What a loop carries or saves, and what a branch gives, is needed only if it is where it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from srcgrad.ir.nodes import Apply, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.walk import blocks, statements, used, variables
from srcgrad.transform.simplify.dead import is_pure

Read = Callable[[Apply], Iterable[Var]]
"""Gives the variables of which an operation reads more than their shape."""


def needed(function: Function, read: Read) -> set[Var]:
    """The variables of which more than the shape is needed."""
    waiting = [var for result in function.body.results for var in variables(result)]
    into: dict[Var, list[Var]] = {}
    for stmt in statements(function.body.body):
        if isinstance(stmt, Apply) and is_pure(stmt):
            into.setdefault(stmt.target, []).extend(read(stmt))
            continue
        waiting.extend(read(stmt) if isinstance(stmt, Apply) else _read_itself(stmt))
        for operand, target in _handed_on(stmt):
            into.setdefault(target, []).extend(variables(operand))
    found: set[Var] = set()
    while waiting:
        var = waiting.pop()
        if var not in found:
            found.add(var)
            waiting.extend(into.get(var, ()))
    return found


def _read_itself(stmt: Stmt) -> Iterable[Var]:
    """What a statement that is no operation reads, but does not hand on."""
    match stmt:
        case If():
            return variables(stmt.cond)
        case For():
            return chain.from_iterable(map(variables, (stmt.start, stmt.stop, stmt.step)))
        case While():
            return chain.from_iterable(map(variables, stmt.cond.results))
        case _:
            results = (result for block in blocks(stmt) for result in block.results)
            return chain(used(stmt), chain.from_iterable(map(variables, results)))


def _handed_on(stmt: Stmt) -> Iterator[tuple[Operand, Var]]:
    """What a statement hands on as it is, each with what then has it."""
    match stmt:
        case If():
            yield from zip(stmt.then.results, stmt.targets, strict=True)
            yield from zip(stmt.orelse.results, stmt.targets, strict=True)
        case For() | While():
            inside = [stmt.carried, stmt.targets]
            if isinstance(stmt, While):
                inside.append(stmt.cond.params)
            for places in inside:
                yield from zip(stmt.init, places, strict=False)
                yield from zip(stmt.body.results, places, strict=False)
            if isinstance(stmt, For):
                first = 1 + len(stmt.init)
                yield from zip(stmt.stacks, stmt.body.params[first:], strict=True)

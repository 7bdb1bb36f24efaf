"""Which arrays have shadows made in the forward sweep though nobody writes them.

Of an array that a loop carries, and that a trip now and then takes from elsewhere, the cotangent
would have to be made anew, or copied, where the reverse of the loop gets to that trip::

    while len(y) > 1:                         for i in range(n):
        s += y[0] ** 2                            if x[i] > c:
        y = y[1:]                                     y = z
                                                  s += y[i] ** 2

In both loops that costs the whole length in each trip, where the program takes a view or a name.
Such arrays are *followed* as those are that the program writes: each has one shadow, which is made
where the array is made, and goes where the array goes (:mod:`.shadows`).
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping

from srcgrad.analysis.activity import can_carry
from srcgrad.analysis.memory import MemoryClasses, memory_of, sources
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import UNDEFINED, Apply, Const, For, If, Operand, Stmt, Try, Var, While
from srcgrad.ir.ops import AUGMENTED, OPS, Memory
from srcgrad.ir.types import Array, Type, Unknown
from srcgrad.ir.walk import blocks, statements, targets
from srcgrad.transform.viewed import reads_parts

_SAME = (intrinsics.present, intrinsics.tested)
"""Operations that give what they are given."""


def followed(
    body: tuple[Stmt, ...], memory: MemoryClasses, active: set[Var]
) -> dict[Var, Stmt | None]:
    """The variables of ``body`` that are followed, each with the statement that gives it."""
    loops = [stmt for stmt in statements(body) if isinstance(stmt, For | While)]
    if not any(_is_array(param.type) for loop in loops for param in _carried(loop)):
        return {}
    given: dict[Var, Stmt] = {var: stmt for stmt in statements(body) for var in targets(stmt)}
    for loop in loops:
        given.update((param, loop) for block in blocks(loop) for param in block.params)
    found: dict[Var, Stmt | None] = {}
    for loop in loops:
        for param in _changing_hands(loop, given, active):
            if param not in active or param in found or memory.is_written(param):
                continue
            members = memory.members(param)
            if _are_read(members, loops, given) and _can_be_followed(members, given):
                found.update((var, given.get(var)) for var in members)
    return found


def _carried(loop: For | While) -> tuple[Var, ...]:
    return loop.carried if isinstance(loop, For) else loop.body.params


def _is_array(type_: Type) -> bool:
    """Whether a value is an array, or perhaps None."""
    if isinstance(type_, Unknown):
        return isinstance(type_.there, Array) and type_.there.ndim > 0
    return isinstance(type_, Array) and type_.ndim > 0


# --- what a trip hands on -------------------------------------------------------------------------


def _changing_hands(
    loop: For | While, given: Mapping[Var, Stmt], active: set[Var]
) -> Iterator[Var]:
    """The arrays that a loop carries whose cotangents would be made anew, or copied, in its trips.

    A trip hands on a view of what it was given; or what is there before the loop, which is read in
    the next trip or after the last one; or what it was given itself, where that is None at first or
    is read beside what takes its place.
    """
    params = _carried(loop)
    if not any(_is_array(param.type) for param in params):
        return
    own = {*params, *(var for stmt in statements(loop.body.body) for var in targets(stmt))}
    rows = zip(params, loop.init, loop.body.results, loop.targets, strict=False)
    for param, first, result, last in rows:
        if not _is_array(param.type) or result is param:
            continue
        found = _origins(result, param, own, given)
        if not found:  # each trip makes one
            continue
        is_read, stays = reads_parts(loop.body, param), "same" in found
        none_first = isinstance(first, Const) and first.value is None
        beside = is_read and reads_parts(loop.body, result)
        replaced = "outer" in found and (stays or is_read or last in active)
        if "part" in found or replaced or (stays and (none_first or beside)):
            yield param


def _origins(result: Operand, param: Var, own: set[Var], given: Mapping[Var, Stmt]) -> set[str]:
    """Where what a trip hands on comes from."""
    found: set[str] = set()
    seen: set[tuple[Operand, bool]] = set()
    waiting = [(result, False)]  # whether what is handed on is a part of it
    while waiting:
        operand, is_part = waiting.pop()
        if not isinstance(operand, Var) or (operand, is_part) in seen:
            continue
        seen.add((operand, is_part))
        stmt = given.get(operand)
        if operand is param:
            found.update(("same", "part") if is_part else ("same",))
        elif operand not in own:
            found.add("outer")
        elif isinstance(stmt, If):
            place = stmt.targets.index(operand)
            arms = (arm for arm in (stmt.then, stmt.orelse) if not arm.diverges)
            waiting.extend((arm.results[place], is_part) for arm in arms)
        elif isinstance(stmt, Apply) and memory_of(stmt) is Memory.VIEW:
            waiting.append((stmt.args[0], is_part or stmt.op not in _SAME))
    return found


# --- what is read of them, and what they are ------------------------------------------------------


def _are_read(
    members: Iterable[Var], loops: Iterable[For | While], given: Mapping[Var, Stmt]
) -> bool:
    """Whether a loop reads an element of any of some arrays, where it is not known which it is."""
    every = {var for var in members if _is_joined(var, given)}
    read = (stmt for loop in loops for stmt in statements(loop.body.body))
    return any(
        isinstance(stmt, Apply) and stmt.op is operator.getitem and stmt.args[0] in every
        for stmt in read
    )


def _is_joined(operand: Operand, given: Mapping[Var, Stmt]) -> bool:
    """Whether a branch or a loop gives an array, or what it is a view of."""
    stmt = given.get(operand) if isinstance(operand, Var) else None
    if isinstance(stmt, Apply) and memory_of(stmt) is Memory.VIEW:
        return _is_joined(stmt.args[0], given)
    return isinstance(stmt, If | For | While)


def _can_be_followed(members: Iterable[Var], given: Mapping[Var, Stmt]) -> bool:
    """Whether all of some variables are arrays that are made, viewed, chosen or carried."""
    return all(
        _is_array(var.type) and can_carry(var.type) and _is_plain(given.get(var)) for var in members
    )


def _is_plain(stmt: Stmt | None) -> bool:
    if isinstance(stmt, Try):
        return False
    if isinstance(stmt, If):
        results = (*stmt.then.results, *stmt.orelse.results)
        return not any(isinstance(r, Const) and r.value is UNDEFINED for r in results)
    if not isinstance(stmt, Apply):
        return True
    if memory_of(stmt) is Memory.FRESH:
        return True
    known = stmt.op in OPS or stmt.op in AUGMENTED
    return known and memory_of(stmt) is Memory.VIEW and sources(stmt) == stmt.args[:1]

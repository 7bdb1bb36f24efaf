"""A loop that fills a list counts its trips by it.

::

    trips = 0                                  while abs(err) > tol:
    while abs(err) > tol:                          x_before.append(x)
        x_before.append(x)           ->            ...
        trips = trips + 1                      for x in reversed(x_before):
        ...                                        ...
    for _ in range(trips):
        x = x_before.pop()

The reverse of a loop of which nobody knows how often it runs is a loop over what that counted.
Where it takes an element from a list in each trip, the list is as long.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import Apply, Block, Const, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.types import PY_INT, StackOf
from srcgrad.ir.walk import count_uses, map_blocks, statements, targets

T = TypeVar("T")


@dataclass(frozen=True)
class _Counted:
    """The carried value of a loop, by its position, that counts its trips, in ``step``."""

    loop: For | While
    position: int
    step: Apply

    @property
    def trips(self) -> Var:
        return self.loop.targets[self.position]


@dataclass(frozen=True)
class _Reader:
    """A loop over ``range(n)`` that takes an element from the list ``taken`` in each trip.

    ``trips`` is the counter that ``n`` is; ``kept`` are the statements that make a list, append the
    counter to it and take it out again, where the loop and its reverse stand in loops themselves.
    """

    loop: For
    taken: Var
    trips: Var
    kept: tuple[Apply, ...] = ()


def count_by_lists(function: Function) -> Function:
    """``function`` without counters that only say how long a list is."""
    every = tuple(statements(function.body.body))
    loops = [stmt for stmt in every if isinstance(stmt, For)]
    lists = {loop: taken for loop in loops if (taken := _taken(loop))}
    if not lists:
        return function
    uses = count_uses(function)
    counts = {loop: _kept_count(loop, every, uses) for loop in lists}
    going = {kept[0].target for kept in counts.values() if kept}
    known = [
        _Reader(loop, staying[0], *_counter(loop, counts[loop]))
        for loop, taken in lists.items()
        if (staying := [each for each in taken if each not in going])
    ]
    served = Counter(reader.trips for reader in known)
    found = (each for stmt in every for each in _counters(stmt, uses))
    counters: dict[Stmt, _Counted] = {
        each.loop: each for each in found if served[each.trips] == uses[each.trips] > 0
    }
    dropped = {each.trips for each in counters.values()}
    readers = {reader.loop: reader for reader in known if reader.trips in dropped}
    return replace(function, body=_Without(counters, readers).block(function.body))


def _kept_count(
    loop: For, every: tuple[Stmt, ...], uses: Mapping[Var, int]
) -> tuple[Apply, Apply, Apply] | None:
    """Where the number of trips of a loop comes from a list: what makes that, puts a number into it
    and takes it out again, and nothing else."""
    plain = [stmt for stmt in every if isinstance(stmt, Apply)]
    out = next((stmt for stmt in plain if stmt.target is loop.stop), None)
    if out is None or out.op not in (list.pop, operator.getitem) or uses[out.target] != 1:
        return None
    counts = out.args[0]
    if not isinstance(counts, Var) or uses[counts] != 2:
        return None
    made = next((stmt for stmt in plain if stmt.target is counts and stmt.op is list), None)
    kept = next((s for s in plain if s.op is list.append and s.args[0] is counts), None)
    if made is None or kept is None or made.args or not isinstance(kept.args[1], Var):
        return None
    return made, kept, out


def _counter(loop: For, kept: tuple[Apply, Apply, Apply] | None) -> tuple[Var, tuple[Apply, ...]]:
    """The counter that a loop runs over, and the statements that keep it."""
    trips = loop.stop if kept is None else kept[1].args[1]
    assert isinstance(trips, Var)
    return trips, kept or ()


def _taken(stmt: For) -> list[Var]:
    """The lists of which a loop over ``range(n)`` takes an element in each trip."""
    if not isinstance(stmt.stop, Var):
        return []
    if not _is_int(stmt.start, 0) or not _is_int(stmt.step, 1):
        return []
    inside = {*stmt.body.params, *(var for each in stmt.body.body for var in targets(each))}
    found: list[Var] = []
    for each in stmt.body.body:
        if isinstance(each, Apply) and each.op is list.pop and len(each.args) == 1:
            (taken,) = each.args
            if isinstance(taken, Var) and isinstance(taken.type, StackOf) and taken not in inside:
                found.append(taken)
    return found


def _counters(stmt: Stmt, uses: Mapping[Var, int]) -> Iterator[_Counted]:
    """The carried values of a loop that do nothing but count its trips, or those of them that a
    list gets an element in."""
    if not isinstance(stmt, For | While):
        return
    for i, (first, param) in enumerate(zip(stmt.init, stmt.carried, strict=True)):
        if not _is_int(first, 0):
            continue
        if isinstance(stmt, While) and uses[stmt.cond.params[i]]:
            continue
        flag = stmt.body.results[0] if stmt.whole else Const(False)
        steps = _steps(stmt.body, flag, stmt.body.results[i], param, uses)
        if steps is not None and uses[param] == len(steps):
            found = [step for step in steps if step is not None]
            if len(found) == 1:
                yield _Counted(stmt, i, found[0])


def _steps(
    block: Block, flag: Operand, result: Operand, param: Var, uses: Mapping[Var, int]
) -> list[Apply | None] | None:
    """What adds one to ``param`` on each way through a block, None where the loop is left and it
    stays as it is; None if ``result`` is anything else."""
    if is_true(flag):
        return [None] if result is param else None
    if not isinstance(result, Var) or uses[result] != 1:
        return None
    last = deciding(block, flag)
    if last is None:
        made = (s for s in block.body if isinstance(s, Apply) and s.target is result)
        found = [step for step in made if _adds_one(step, param)]
        return [found[0]] if found and isinstance(flag, Const) else None
    if result not in last.targets or not isinstance(flag, Var):
        return None
    which, place = last.targets.index(flag), last.targets.index(result)
    steps: list[Apply | None] = []
    for arm in (last.then, last.orelse):
        inside = _steps(arm, arm.results[which], arm.results[place], param, uses)
        if inside is None:
            return None
        steps.extend(inside)
    return steps


def _adds_one(stmt: Apply, param: Var) -> bool:
    return stmt.op is operator.add and stmt.args[0] is param and _is_int(stmt.args[1], 1)


class _Without:
    """Leaves counters out, and the lists of them."""

    def __init__(self, counters: Mapping[Stmt, _Counted], readers: Mapping[For, _Reader]) -> None:
        self.counters = counters
        self.readers = readers
        self.gone = {stmt for reader in readers.values() for stmt in reader.kept}

    def block(self, block: Block) -> Block:
        body = (new for stmt in block.body if stmt not in self.gone for new in self.stmt(stmt))
        return replace(block, body=tuple(body))

    def stmt(self, stmt: Stmt) -> Iterator[Stmt]:
        inner = map_blocks(stmt, self.block)
        if stmt in self.counters:
            assert isinstance(inner, For | While)
            inner = _uncounted(inner, self.counters[stmt])
        if isinstance(stmt, For) and stmt in self.readers:
            assert isinstance(inner, For)
            trips = Var("", PY_INT)
            yield Apply(trips, len, (self.readers[stmt].taken,), (), stmt.loc)
            inner = replace(inner, stop=trips)
        yield inner


def _uncounted(stmt: For | While, counted: _Counted) -> For | While:
    i = counted.position
    first = 1 if isinstance(stmt, For) else 0
    body = _uncounted_block(stmt.body, i, counted.step)
    body = replace(body, params=_but(body.params, first + i))
    targets_, init = _but(stmt.targets, i), _but(stmt.init, i)
    if isinstance(stmt, For):
        return replace(stmt, targets=targets_, init=init, body=body)
    cond = replace(stmt.cond, params=_but(stmt.cond.params, i))
    return replace(stmt, targets=targets_, init=init, cond=cond, body=body)


def _uncounted_block(block: Block, place: int, step: Apply) -> Block:
    """``block`` without one of its results, and without the ``step`` that counts."""
    result = block.results[place]
    body = tuple(each for each in block.body if each is not step)
    last = body[-1] if body else None
    if isinstance(last, If) and result in last.targets:
        inner = last.targets.index(result)
        arms = [_uncounted_block(arm, inner, step) for arm in (last.then, last.orelse)]
        last = replace(last, targets=_but(last.targets, inner), then=arms[0], orelse=arms[1])
        body = (*body[:-1], last)
    return replace(block, body=body, results=_but(block.results, place))


def _but(items: tuple[T, ...], position: int) -> tuple[T, ...]:
    return (*items[:position], *items[position + 1 :])


def _is_int(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == value

"""An array that each trip of a loop makes and hands on is not one with that of the trip before,
one that an arm of a branch gives is not one with what the other arm gives, and one that is put into
a list is not one with what the list holds.

::

    for _ in range(n):
        u_new = np.empty_like(u)
        u_new[1:-1] = ...
        us.append(u_new)         ->        us.append(detached(u_new))
        u = u_new                          u = detached(u_new)

What a loop hands on may be the same array in each trip, which is written; then its shadow has to
be handed on too, and one is made in each trip of the forward sweep; so it is with what lists hold,
and with what comes out of one arm of a branch (``if t % 2: u = u_new``).
Where nobody writes into what was handed on, it is taken for a copy, whose cotangent is an ordinary
one.  Whether a copy is made is decided later (:mod:`srcgrad.transform.simplify.zeroing`): here
nobody can tell.

What is written after a loop alone is a copy of what the loop hands on last, if nobody reads that
any more::

    for row in A:                        for row in A:
        total = total + row                  total = total + row
    total *= 2                   ->      total = detached(total)
                                         total *= 2
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from srcgrad.analysis.absent import may_be_absent
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.analysis.shown import must_be_views
from srcgrad.analysis.steady import Site, is_last, is_steady, out_of_sight, sites_of
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Pack, Stmt, Try, Var, While
from srcgrad.ir.types import Array
from srcgrad.ir.walk import (
    changed,
    map_blocks,
    map_operands,
    substitute_in,
    targets,
)

_KEEPING = (lists.as_list, lists.list_append)

_Place = tuple[int, int, int]
"""A loop, a branch or a list, by its first target; which of its values; and which way that goes."""
_LAST = 3
_THEN, _ELSE = 4, 5


def hand_on_copies(function: Function) -> Function:
    """``function`` whose loops hand on copies of arrays, where these cannot be told from them."""
    memory = MemoryClasses(function.body)
    if not memory.any_written():
        return function
    outside, staying = out_of_sight(function), may_be_absent(function) | _laid_out(function, memory)
    kept: set[_Place] = set()
    while True:
        attempt = _Attempt(memory, kept, staying)
        body = attempt.block(function.body)
        if not attempt.places:
            return function
        placed = [
            (stmt, site)
            for stmt, site in sites_of(body)
            if isinstance(stmt, Apply) and stmt.target in attempt.places
        ]
        differing = _differing(attempt, placed, body, outside)
        if not differing:
            return replace(function, body=body)
        kept |= differing


def _laid_out(function: Function, memory: MemoryClasses) -> set[Var]:
    """The arrays of which what may be a view is written: whether it is one depends on how they lie
    in memory, and a copy may lie in another way."""
    shown = must_be_views(function)
    return {var for stmt in shown for var in memory.members(stmt.target)}


def _differing(
    attempt: _Attempt,
    placed: list[tuple[Apply, Site]],
    body: Block,
    outside: set[Var],
) -> set[_Place]:
    """The places at which the program could tell a copy from the array itself."""
    memory = MemoryClasses(body)
    copies = [stmt for stmt, _ in placed]
    differing: set[_Place] = set()
    for stmt, site in placed:
        place = attempt.places[stmt.target]
        if place[-1] == _LAST:
            same = is_last(stmt, site, _without(copies, stmt, body), outside)
        else:
            same = is_steady(stmt, site, memory, returned=True, others=copies)
        if not same:
            differing.add(place)
    return differing


def _without(copies: list[Apply], kept: Apply, body: Block) -> MemoryClasses:
    """The memory of a program with one of its copies, and none of the others."""
    memory = MemoryClasses(body)
    for copy in copies:
        if copy is not kept:
            memory.join(copy.target, copy.args[0])
    return memory


class _Attempt:
    """Puts copies where loops hand on arrays, but for the places ``kept``."""

    def __init__(self, memory: MemoryClasses, kept: set[_Place], staying: set[Var]) -> None:
        self.memory = memory
        self.kept = kept
        self.staying = staying
        """The variables that may not be assigned, where there is nothing to be copied, and those of
        which a copy would not do."""
        self.places: dict[Var, _Place] = {}
        self.given = set[Var]()
        """What the loops around are given."""
        self.own = set[Var]()
        """What the present trip of the innermost loop has made; the function outside of loops."""

    def block(self, block: Block) -> Block:
        body: list[Stmt] = []
        last: dict[Var, Operand] = {}
        self.given.update(block.params)
        for stmt in block.body:
            stmt = self._inside(substitute_in(stmt, last) if last else stmt)
            if isinstance(stmt, For | While):
                stmt = self._loop(stmt, body)
            elif _is_branch(stmt):
                stmt = self._branch(stmt)
            elif isinstance(stmt, Apply) and stmt.op in _KEEPING:
                stmt = self._into_list(stmt, body)
            body.append(stmt)
            self.own.update(targets(stmt))
            if isinstance(stmt, For | While):
                last.update(self._after(stmt, body))
        results = map_operands(block.results, lambda var: last.get(var, var))
        return replace(block, body=tuple(body), results=results)

    def _after(self, loop: For | While, behind: list[Stmt]) -> dict[Var, Operand]:
        """The copies of what a loop hands on last, each by what it is a copy of."""
        ends = loop.targets[: len(loop.init)]
        place = id(loop.targets[0]) if ends else 0
        return {
            var: self._copied(var, behind, (place, i, _LAST), loop)
            for i, var in enumerate(ends)
            if self._may_be_copied(var)
        }

    def _loop(self, stmt: For | While, before: list[Stmt]) -> For | While:
        own = set(stmt.carried if isinstance(stmt, For) else stmt.body.params)
        init, results, inside = list(stmt.init), list(stmt.body.results), list(stmt.body.body)
        of_arms = {v for s in inside if _is_branch(s) for v in targets(s)}
        for i in range(len(init)):
            if results[i] in own or not self._may_be_copied(results[i]):
                continue
            init[i] = self._copied(init[i], before, (id(stmt.targets[0]), i, 0), stmt)
            if results[i] not in of_arms:
                results[i] = self._copied(results[i], inside, (id(stmt.targets[0]), i, 1), stmt)
        body = replace(stmt.body, body=tuple(inside), results=tuple(results))
        return replace(stmt, init=tuple(init), body=body)

    def _inside(self, stmt: Stmt) -> Stmt:
        around = self.own
        if isinstance(stmt, For | While):
            self.own = set()
        stmt = map_blocks(stmt, self.block)
        self.own = around
        return stmt

    def _branch(self, stmt: If) -> If:
        then, orelse = self._arm(stmt, stmt.then, _THEN), self._arm(stmt, stmt.orelse, _ELSE)
        return changed(stmt, then=then, orelse=orelse)

    def _arm(self, stmt: If, arm: Block, way: int) -> Block:
        """An arm of a branch that gives copies of what is made as often: not of what is there
        before a loop, of which elements may be all that is read in a trip.  Nor are there copies
        of what loops are given and of what the arms of another branch in it give: there it is one
        already."""
        inside, results = list(arm.body), list(arm.results)
        others = self.given.union(v for s in inside if _is_branch(s) for v in targets(s))
        for i, result in enumerate(results):
            if result in self.own and result not in others and self._may_be_copied(result):
                results[i] = self._copied(result, inside, (id(stmt.targets[0]), i, way), stmt)
        if len(inside) == len(arm.body):
            return arm
        return replace(arm, body=tuple(inside), results=tuple(results))

    def _into_list(self, stmt: Apply, before: list[Stmt]) -> Apply:
        """A list that is made of arrays, or to which one is appended."""
        place = id(stmt.target)
        *first, items = stmt.args
        if isinstance(items, Pack):
            own = [
                self._copied(item, before, (place, i, 2), stmt)
                for i, item in enumerate(items.items)
            ]
            items = replace(items, items=tuple(own))
        else:
            items = self._copied(items, before, (place, 0, 2), stmt)
        return replace(stmt, args=(*first, items))

    def _may_be_copied(self, operand: Operand) -> bool:
        if not isinstance(operand, Var) or not isinstance(operand.type, Array):
            return False
        return operand not in self.staying and self.memory.is_written(operand)

    def _copied(
        self, operand: Operand, into: list[Stmt], place: _Place, where: Apply | For | If | While
    ) -> Operand:
        if place in self.kept or not isinstance(operand, Var) or not self._may_be_copied(operand):
            return operand
        own = Var(operand.name, operand.type)
        self.places[own] = place
        into.append(Apply(own, intrinsics.detached, (operand,), (), where.loc))
        return own


def _is_branch(stmt: Stmt) -> TypeGuard[If]:
    """Whether a statement is a branch, and no ``try``, which may be left in between."""
    return isinstance(stmt, If) and not isinstance(stmt, Try)

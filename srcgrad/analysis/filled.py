"""How many elements lists of unknown length have at least, and which elements they surely have."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Set
from functools import cached_property
from typing import Any

from srcgrad.ir.keys import has_key, in_its_order, key_list, key_place, next_place
from srcgrad.ir.lists import (
    as_list,
    item_append,
    item_set,
    item_without_last,
    list_append,
    list_extend,
    list_insert,
    list_set,
)
from srcgrad.ir.nodes import Apply, Block, Const, Define, For, If, Operand, Pack, Stmt, Var, While
from srcgrad.ir.types import ListOf, Size
from srcgrad.ir.walk import alike, blocks, targets
from srcgrad.specialise.builder import type_of

_AS_LONG = (list_set, item_append, item_set, item_without_last)
_COMPARED = (operator.gt, operator.ge, operator.ne, operator.lt, operator.le, operator.eq)
_MOST = 64
"""Up to so many elements are counted."""


class Filled:
    """What is known of the lists in a block.

    Parameters
    ----------
    block : Block
        A whole function's.
    """

    def __init__(self, block: Block) -> None:
        self._made: dict[Var, tuple[Stmt, int]] = {}
        self._around: dict[Stmt, tuple[tuple[Stmt, Block], ...]] = {}
        self._tests: dict[Var, Var] = {}
        """The values that the condition of a loop has, as those that its trip has."""
        self._visit(block, ())

    def _visit(self, block: Block, around: tuple[tuple[Stmt, Block], ...]) -> None:
        for stmt in block.body:
            self._around[stmt] = around
            self._made.update((var, (stmt, i)) for i, var in enumerate(targets(stmt)))
            if isinstance(stmt, For | While):
                params = stmt.carried if isinstance(stmt, For) else stmt.body.params
                self._made.update((var, (stmt, i)) for i, var in enumerate(params))
            if isinstance(stmt, While):
                self._tests.update(zip(stmt.cond.params, stmt.body.params, strict=True))
            if not isinstance(stmt, Define):
                for inner in blocks(stmt):
                    self._visit(inner, (*around, (stmt, inner)))
            if isinstance(stmt, If) and stmt.then.diverges is not stmt.orelse.diverges:
                other = stmt.orelse if stmt.then.diverges else stmt.then
                around = (*around, (stmt, other))

    def has(self, stmt: Apply) -> bool:
        """Whether there surely is what ``stmt`` asks for, an element of a list or a key."""
        container, key = stmt.args[:2]
        if not isinstance(container, Var):
            return False
        if stmt.op is key_place:
            return self._has_key(container, key, stmt)
        if isinstance(key, Const) and type(key.value) is int:
            wanted = key.value + 1 if key.value >= 0 else -key.value
            return self._least(container, stmt) >= wanted
        return isinstance(key, Var) and self._is_index(key, container, stmt)

    def _has_key(self, at: Var, key: Operand, asking: Apply) -> bool:
        """Whether a dict was tested for a key, or gave it."""
        for cond, holds in self._conditions(asking):
            if holds and cond.op is has_key and alike(cond.args[1], key):
                known = cond.args[0]
                if isinstance(known, Var) and self._tests.get(known, known) is at:
                    return True
        given = self.operation(key)
        listed = None if given is None or given.op is not operator.getitem else given.args[0]
        found = self.operation(listed)
        return found is not None and found.op in (key_list, in_its_order) and found.args[0] is at

    def operation(self, operand: Operand | None) -> Apply | None:
        """The operation that gives ``operand``."""
        made = self._made.get(operand, (None, 0))[0] if isinstance(operand, Var) else None
        return made if isinstance(made, Apply) else None

    def is_in(self, xs: Var, some: Set[Stmt]) -> bool:
        """Whether one of some statements gives a list, or one in the trips of a loop that does."""
        made, place = self._made.get(xs, (None, 0))
        if isinstance(made, For | While) and place < len(made.init):
            last = made.body.results[place]
            made = self.operation(last)
        return isinstance(made, Apply) and made in some

    def as_long(self, xs: Var) -> Var:
        """A list of which ``xs`` has the length: elements may have been put in place of others."""
        seen: set[Var] = set()
        while xs not in seen:
            seen.add(xs)
            made, place = self._made.get(xs, (None, 0))
            if isinstance(made, Apply) and made.op in _AS_LONG and _is_one(made):
                if isinstance(made.args[0], Var):
                    xs = made.args[0]
            elif isinstance(made, For | While) and place < len(made.init):
                xs = self._before(made, place, xs)
        return xs

    def _before(self, loop: For | While, place: int, xs: Var) -> Var:
        """The list that a loop begins with, if each trip leaves its length."""
        first, last = loop.init[place], loop.body.results[place]
        params = loop.carried if isinstance(loop, For) else loop.body.params
        while isinstance(last, Var) and last is not params[place]:
            made, _ = self._made.get(last, (None, 0))
            if not isinstance(made, Apply) or made.op not in _AS_LONG or not _is_one(made):
                return xs
            last = made.args[0]
        return first if isinstance(first, Var) and last is params[place] else xs

    # --- how many ---------------------------------------------------------------------------------

    def _least(self, xs: Operand, at: Stmt | None = None) -> int:
        """How many elements a list has at least, where ``at`` stands."""
        found = self._count(xs, self._lengths)
        return found if at is None or not isinstance(xs, Var) else max(found, self._tested(xs, at))

    @cached_property
    def _lengths(self) -> dict[Var, int]:
        """How many elements each list has at least, whatever has been tested.

        What a loop carries is as long as what it begins with and as what each trip gives, where
        that is so of a list that is as long: all are taken to be long until they are found not to
        be.
        """
        found = {var: _MOST for var in self._made if isinstance(var.type, ListOf)}
        has_changed = True
        while has_changed:
            has_changed = False
            for var, before in found.items():
                known = var.type.length if isinstance(var.type, ListOf) else None
                least = known if isinstance(known, int) else 0
                found[var] = min(max(least, self._made_with(var, found)), before)
                has_changed = has_changed or found[var] < before
        return found

    def _count(self, xs: Operand, lengths: Mapping[Var, int]) -> int:
        """How many elements a list has at least, if others have those ``lengths``."""
        if isinstance(xs, Pack):
            return min(len(xs.items), _MOST)
        if isinstance(xs, Var) and xs in lengths:
            return lengths[xs]
        known = xs.type.length if isinstance(xs, Var) and isinstance(xs.type, ListOf) else None
        return min(known, _MOST) if isinstance(known, int) else 0

    def _made_with(self, xs: Var, lengths: Mapping[Var, int]) -> int:
        made, place = self._made[xs]
        match made:
            case Apply(op=op, args=(first, *_)) if op is as_list or (op in _AS_LONG):
                return self._count(first, lengths) if op is as_list or _is_one(made) else 0
            case Apply(op=op, args=(first, *_)) if op in (list_append, list_insert):
                return self._count(first, lengths) + 1
            case Apply(op=op, args=(first, second)) if op is list_extend:
                return self._count(first, lengths) + self._count(second, lengths)
            case If():
                arms = [arm for arm in (made.then, made.orelse) if not arm.diverges]
                return min((self._count(arm.results[place], lengths) for arm in arms), default=0)
            case For() | While() if place < len(made.init):
                ways = made.init[place], made.body.results[place]
                return min(self._count(each, lengths) for each in ways)
        return 0

    def _tested(self, xs: Var, at: Stmt) -> int:
        """How many elements the conditions around ``at`` say that a list has."""
        same = self.as_long(xs)
        found = 0
        for cond, holds in self._conditions(at):
            count: Operand
            number: Operand
            if cond.op in (bool, len):  # the number of elements, taken as a condition
                compare: Any = operator.ne
                count, number = cond.target if cond.op is len else cond.args[0], Const(0)
            elif cond.op in _COMPARED:
                compare, (count, number) = cond.op, cond.args
            else:
                continue
            if not self._is_length(count, same):
                continue
            if not isinstance(number, Const) or type(number.value) is not int:
                continue
            fits = (n for n in range(_MOST) if compare(n, number.value) is holds)
            found = max(found, next(fits, 0))
        return found

    def _is_length(self, count: Operand, xs: Var) -> bool:
        made = self.operation(count)
        if made is None or made.op is not len:
            return False
        counted = made.args[0]
        return isinstance(counted, Var) and self.as_long(self._tests.get(counted, counted)) is xs

    def _conditions(self, at: Stmt) -> list[tuple[Apply, bool]]:
        """What is known to hold, or not, where ``at`` stands."""
        found: list[tuple[Apply, bool]] = []
        for outer, block in self._around.get(at, ()):
            if isinstance(outer, If):
                self._learn(outer.cond, block is outer.then, found)
            elif isinstance(outer, While) and block is outer.body:
                self._learn(outer.cond.results[0], True, found)
        return found

    def _learn(self, cond: Operand, holds: bool, found: list[tuple[Apply, bool]]) -> None:
        made = self.operation(cond)
        if made is None:
            return
        if made.op in (operator.and_, operator.or_) and holds is (made.op is operator.and_):
            for arg in made.args:
                self._learn(arg, holds, found)
        elif made.op is operator.not_:
            self._learn(made.args[0], not holds, found)
        else:
            found.append((made, holds))

    # --- indices ----------------------------------------------------------------------------------

    def _is_index(self, key: Var, xs: Var, at: Stmt) -> bool:
        """Whether an index is the place of a key, or counts the elements of a list that is as
        long."""
        made = self.operation(key)
        if made is not None and made.op in (key_place, next_place):
            return True
        loop = next(
            (o for o, _ in self._around[at] if isinstance(o, For) and o.body.params[0] is key), None
        )
        if loop is None or not _counts_up(loop):
            return False
        length = xs.type.length if isinstance(xs.type, ListOf) else None
        stop = type_of(loop.stop)
        if length is not None and isinstance(stop, Size) and stop.length == length:
            return True
        return self._is_length(loop.stop, self.as_long(xs))


def _is_one(stmt: Apply) -> bool:
    """Whether what is put into a list takes the place of one element."""
    return not (isinstance(stmt.args[1], Pack) and stmt.args[1].kind is slice)


def _counts_up(loop: For) -> bool:
    start, step = loop.start, loop.step
    return all(isinstance(each, Const) for each in (start, step)) and (
        start.value >= 0 and step.value > 0  # type: ignore[union-attr]
    )

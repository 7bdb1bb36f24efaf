"""What tests have found out by now: which conditions are known to hold at this point of the walk.

In the arm of an ``if``, its condition is true, and after an ``if`` that raises it is false.  That
is kept with the block under construction: it holds for the statements that come later in it, and
in the blocks inside of it.  A variable has one value, so that nothing can make it untrue again.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcgrad.ir import keys as key_ops
from srcgrad.ir.nodes import UNDEFINED, Const, For, If, Operand, Pack, Stmt, Var, While
from srcgrad.ir.started import is_either
from srcgrad.specialise.builder import Builder


@dataclass(frozen=True, slots=True)
class _Finding:
    """That a condition holds, or not, after the first ``count`` statements of ``body``.

    ``last`` is the last of those: where it is gone, so is what it has found out.
    """

    value: bool
    body: list[Stmt]
    count: int
    last: Stmt | None

    def is_there(self) -> bool:
        if self.last is None:
            return True
        return len(self.body) >= self.count and self.body[self.count - 1] is self.last


class FoundOut:
    """The conditions that are known where ``builder`` emits its next statement."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._findings: dict[Var, list[_Finding]] = {}
        self._nothing: dict[Var, list[_Finding]] = {}
        """Whether a variable is None."""
        self._arrays: dict[Var, list[_Finding]] = {}
        """Whether a variable, an array or a number, is the array."""
        self._among: dict[Hashable, list[tuple[_Finding, frozenset[Any]]]] = {}
        """Of what keys one is which data choose."""
        self._keys: dict[Hashable, list[_Finding]] = {}
        """Whether a dict, whose keys only running tells, has a key."""
        self._filled: dict[Operand, list[_Finding]] = {}
        """Whether there is anything in a list of unknown length."""
        self._noted: dict[Hashable, list[tuple[_Finding, Any]]] = {}
        self._branches: dict[Var, If] = {}
        self._loops: dict[Var, tuple[Operand, Operand]] = {}
        self._trips: dict[Var, For] = {}
        self._outermost = 0
        """The first of the blocks under construction of which it counts what is known there."""

    @contextmanager
    def forgotten(self) -> Iterator[None]:
        """Within the block under construction, which runs elsewhere too, nothing is known that was
        found out around it."""
        outer, self._outermost = self._outermost, self._builder.depth
        try:
            yield
        finally:
            self._outermost = outer

    def branch(self, stmt: If) -> None:
        """Notes where the targets of a branch come from, which has been emitted."""
        self._branches.update((target, stmt) for target in stmt.targets)

    def loop(self, stmt: For | While) -> None:
        """Notes where the targets of a loop come from, which has been emitted."""
        rows = list(zip(stmt.init, stmt.body.results, strict=False))
        if isinstance(stmt, For):
            given = zip(stmt.targets, rows, strict=False)
            self._trips.update((target, stmt) for target, row in given if _tells_of_trips(*row))
        self._loops.update(zip(stmt.targets, rows, strict=False))
        self._loops.update(zip(stmt.carried, rows, strict=False))

    def counted(self, var: Var) -> For | None:
        """The counted loop that gives ``var``, if that has no value where there is no trip, or
        tells whether there was one."""
        return self._trips.get(var)

    def chosen_from(self, var: Var) -> tuple[Operand, ...]:
        """What a branch or a loop chooses ``var`` from, nothing if neither does."""
        stmt = self._branches.get(var)
        if stmt is None:
            return self._loops.get(var, ())
        place = stmt.targets.index(var)
        return (stmt.then.results[place], stmt.orelse.results[place])

    def learn(self, cond: Operand, value: bool) -> None:
        """From here on, in the block under construction, ``cond`` is known to be true or false."""
        if not isinstance(cond, Var):
            return
        self._findings.setdefault(cond, []).append(self._finding(value))
        made = self._builder.definitions.get(cond)
        if made is not None and made.op is operator.not_:
            self.learn(made.args[0], not value)
        elif made is not None and made.op in (operator.is_, operator.is_not):
            for var, other in (made.args, made.args[::-1]):
                if isinstance(var, Var) and isinstance(other, Const) and other.value is None:
                    self.learn_none(var, value is (made.op is operator.is_))
        elif made is not None and made.op in (operator.and_, operator.or_):
            if value is (made.op is operator.and_):
                for arg in made.args:
                    self.learn(arg, value)
        elif made is not None and made.op is isinstance:
            self._learn_of_class(made.args[0], made.args[1], value)
        elif made is not None and made.op is key_ops.has_key:
            self.learn_key(made.args[0], made.args[1], value)
        elif made is not None and made.op is len:
            self._filled.setdefault(made.args[0], []).append(self._finding(value))
        elif made is not None and made.op in _AGAINST_ZERO and _is_zero(made.args[1]):
            self.learn(made.args[0], value is _AGAINST_ZERO[made.op])
        elif cond in self._branches:
            self._learn_of_branch(self._branches[cond], cond, value)

    def learn_none(self, var: Var, value: bool) -> None:
        """From here on, in the block under construction, ``var`` is known to be None or not."""
        self._nothing.setdefault(var, []).append(self._finding(value))

    def _learn_of_class(self, var: Operand, cls: Operand, value: bool) -> None:
        """What is an array or a number is the one if it is an instance of its class."""
        is_array = isinstance(cls, Const) and cls.value is np.ndarray
        if is_array and isinstance(var, Var) and is_either(var.type):
            self.learn_array(var, value)

    def learn_array(self, var: Var, value: bool) -> None:
        """From here on, ``var``, an array or a number, is known to be the array or not."""
        self._arrays.setdefault(var, []).append(self._finding(value))

    def is_array(self, var: Var) -> bool | None:
        """Whether ``var``, an array or a number, is the array here; None if that is not known."""
        return self._holding(self._arrays.get(var, ()))

    def is_filled(self, xs: Operand) -> bool | None:
        """Whether there is anything in ``xs``, a list; None if that is not known here."""
        return self._holding(self._filled.get(xs, ()))

    def learn_among(self, key: Hashable, keys: Iterable[Any]) -> None:
        """From here on, in the block under construction, ``key`` is known to be one of ``keys``."""
        self._among.setdefault(key, []).append((self._finding(True), frozenset(keys)))

    def is_among(self, key: Hashable, keys: Iterable[Any]) -> bool:
        """Whether it is known here that ``key`` is one of ``keys``."""
        wanted = frozenset(keys)
        found = [finding for finding, among in self._among.get(key, ()) if among <= wanted]
        return bool(self._holding(found))

    def learn_key(self, at: Operand, key: Operand, is_there: bool) -> None:
        """From here on, in the block under construction, ``key`` is known to be one of those of
        which ``at`` has the places, or none of them."""
        self._keys.setdefault((at, identity(key)), []).append(self._finding(is_there))

    def has_key(self, at: Operand, key: Operand) -> bool | None:
        """Whether ``key`` is one of those of which ``at`` has the places, if that is known here."""
        return self._holding(self._keys.get((at, identity(key)), ()))

    def note(self, what: Hashable, var: Var | Pack) -> None:
        """From here on, in the block under construction, ``var`` is what was asked for."""
        self._noted.setdefault(what, []).append((self._finding(True), var))

    def noted(self, what: Hashable) -> Any:
        """The variable, or the parts, that is what is asked for; None if there is none here."""
        found = self._noted.get(what, ())
        return next((var for finding, var in found if self._holding((finding,))), None)

    def possible(self, operand: Operand) -> tuple[Any, ...] | None:
        """The values of which branches choose one for ``operand``; None if there are others."""
        if isinstance(operand, Const):
            return (operand.value,)
        stmt = self._branches.get(operand) if isinstance(operand, Var) else None
        if stmt is None:
            return None
        position = stmt.targets.index(operand)
        arms = [self.possible(block.results[position]) for block in (stmt.then, stmt.orelse)]
        if any(arm is None for arm in arms):
            return None
        return tuple(dict.fromkeys(value for arm in arms for value in arm or ()))

    def sources(self, var: Var) -> tuple[Operand, ...]:
        """What branches and loops choose ``var`` from, each of which they do not choose itself."""
        found: dict[Operand, None] = {}
        waiting: list[Operand] = [var]
        seen: set[Operand] = set()
        while waiting:
            current = waiting.pop()
            chosen = self.chosen_from(current) if isinstance(current, Var) else ()
            if current in seen:
                continue
            seen.add(current)
            if chosen:
                waiting.extend(chosen)
            elif not _is_undefined(current):
                found[current] = None
        return tuple(found)

    def arm_of(self, target: Var, value: Any) -> tuple[Operand, bool] | None:
        """The condition of the branch that gives ``target`` this value in one arm and another one
        in the other, and whether it is true where it does; None if there is no such branch."""
        stmt = self._branches.get(target)
        if stmt is None:
            return None
        arms = self.chosen_from(target)
        if not all(isinstance(arm, Const) for arm in arms):
            return None
        holds = [isinstance(arm, Const) and arm.value == value for arm in arms]
        return None if holds[0] is holds[1] else (stmt.cond, holds[0])

    def _finding(self, value: bool) -> _Finding:
        body = self._builder.body
        return _Finding(value, body, len(body), body[-1] if body else None)

    def _learn_of_branch(self, stmt: If, target: Var, value: bool) -> None:
        """What follows from what a branch gives for ``target``: ``a and b`` is such a branch."""
        position = stmt.targets.index(target)
        then, orelse = (block.results[position] for block in (stmt.then, stmt.orelse))
        if self._cannot_be(then, value, stmt.cond, True):
            self.learn(stmt.cond, False)
            self.learn(orelse, value)
        elif self._cannot_be(orelse, value, stmt.cond, False):
            self.learn(stmt.cond, True)
            self.learn(then, value)

    def _cannot_be(self, result: Operand, value: bool, cond: Operand, arm: bool) -> bool:
        """Whether an arm, in which ``cond`` is known, cannot give what is as true as ``value``."""
        behind, holds = self.behind(result)
        if behind is cond:
            return (arm is holds) is not value
        return isinstance(result, Const) and _is_plain(result) and bool(result.value) is not value

    def behind(self, cond: Operand) -> tuple[Operand, bool]:
        """A condition that ``cond`` stands for, and whether that is as true as ``cond``, or false
        where that is true: a branch gives True in one arm and False in the other."""
        found: tuple[Operand, bool] = (cond, True)
        holds = True
        while isinstance(cond, Var):
            made = self._builder.definitions.get(cond)
            if made is not None and made.op is operator.not_:
                cond, holds = made.args[0], not holds
                continue
            value = self._value_of_then(cond)
            if value is None:
                break
            cond, holds = self._branches[cond].cond, holds is value
            found = cond, holds
        return found

    def _value_of_then(self, target: Var) -> bool | None:
        """What a branch gives in its first arm, if it gives the opposite in the other."""
        stmt = self._branches.get(target)
        if stmt is None:
            return None
        position = stmt.targets.index(target)
        arms = [block.results[position] for block in (stmt.then, stmt.orelse)]
        values = [arm.value if isinstance(arm, Const) else None for arm in arms]
        return values[0] if values in ([True, False], [False, True]) else None

    def known(self, cond: Operand) -> bool | None:
        """Whether ``cond`` is true here; None if that is not known."""
        if isinstance(cond, Const):
            return bool(cond.value)
        found = self._holding(self._findings.get(cond, ())) if isinstance(cond, Var) else None
        if found is not None:
            return found
        behind, holds = self.behind(cond)
        known = None if behind is cond else self.known(behind)
        return None if known is None else known is holds

    def is_none(self, var: Var) -> bool | None:
        """Whether ``var`` is None here; None if that is not known."""
        found = self._holding(self._nothing.get(var, ()))
        if found is None and self._holding(self._findings.get(var, ())):
            return False  # it is true
        return found

    def _holding(self, findings: Iterable[_Finding]) -> bool | None:
        """What has been found, if that is known here."""
        opened = (*self._builder.around, self._builder.body)[self._outermost :]
        for finding in findings:
            if any(finding.body is body for body in opened) and finding.is_there():
                return finding.value
        return None


_AGAINST_ZERO = {operator.gt: True, operator.ne: True, operator.eq: False}
"""What comparing a length with zero says, where it holds: whether there is anything."""


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == 0


def identity(key: Any) -> Hashable:
    """What is the same for two keys that are made of the same variables."""
    if isinstance(key, Pack):
        return tuple(map(identity, key.items))
    return (type(key.value), key.value) if isinstance(key, Const) else key


def _is_plain(const: Const) -> bool:
    return const.value is None or isinstance(const.value, bool | int | float | str)


def _tells_of_trips(first: Operand, last: Operand) -> bool:
    """Whether a loop carries something from ``first`` on that has no value before it, or a flag
    that each trip sets."""
    if isinstance(first, Const) and isinstance(last, Const):
        return first.value is False and last.value is True
    return _is_undefined(first)


def _is_undefined(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is UNDEFINED

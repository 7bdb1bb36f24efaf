"""Which conditions tell that a variable was assigned.

::

    for i in range(n):                       stopped, j = for i in range(n) ...:
        if x[i] > 1:                             stopped.1, j.1 = if x[i] > 1: True, i
            j = i                ->                               else: False, NOTHING
            break
    else:                                    if stopped:
        return 0.0                               s = y[j]

``j`` is there wherever ``stopped`` is true: each way that gives the one also gives the other.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Set
from typing import TypeAlias

from srcgrad.ir.nodes import (
    NOTHING,
    UNDEFINED,
    Apply,
    Block,
    Const,
    For,
    If,
    Operand,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.walk import inner_params, statements, targets

Known: TypeAlias = tuple[Operand, bool]
"""A condition, and whether it is true."""
_Question: TypeAlias = tuple[Known, Operand, Known | None]
"""Whether a value is there where a condition is known, in an arm in which another one is."""
_MOST = 200
"""So many questions are asked about one variable."""


class Assigned:
    """What conditions say of the variables of a block that are not assigned on some way.

    Parameters
    ----------
    block : Block
        A whole function's.
    absent : set of Var
        All variables that may not be assigned.
    """

    def __init__(self, block: Block, absent: Set[Var]) -> None:
        self._absent = absent
        self._left = 0
        self._made: dict[Var, Stmt] = {}
        self._inside: dict[Stmt, set[Operand]] = {}
        """What the trips of a loop define, but for what it carries."""
        for stmt in statements(block.body):
            self._made.update((var, stmt) for var in targets(stmt))
            if isinstance(stmt, For | While):
                self._made.update((var, stmt) for var in stmt.carried)
                inner = statements(stmt.body.body)
                self._inside[stmt] = {v for s in inner for v in (*targets(s), *inner_params(s))}

    def where(self, known: Known, var: Var) -> bool:
        """Whether ``var`` was assigned on every way on which a condition is as ``known``."""
        self._left = _MOST
        return self._is_there((known, var, None), frozenset())

    def _is_there(self, question: _Question, asked: frozenset[_Question]) -> bool:
        (cond, holds), value, inside = question
        if not self._may_be_absent(value) or inside == (cond, not holds):
            return True
        if isinstance(cond, Const):
            return bool(cond.value) is not holds
        if question in asked:  # of an earlier trip
            return True
        self._left -= 1
        if self._left < 0:
            return False
        asked |= {question}
        if inside is not None and self._is_there((inside, value, None), asked):
            return True
        several = self._ways(question)
        return any(all(self._is_there(way, asked) for way in ways) for ways in several)

    def _may_be_absent(self, value: Operand) -> bool:
        if isinstance(value, Var):
            return value in self._absent
        return value is NOTHING or (isinstance(value, Const) and value.value is UNDEFINED)

    def _ways(self, question: _Question) -> Iterator[list[_Question]]:
        """What would answer a question: the ways that give both, or the one, or the other.

        What a loop carries was given by the trip before, in which what a trip defines was another.
        """
        (cond, holds), value, _ = question
        by_cond, by_value = (
            self._made.get(each) if isinstance(each, Var) else None for each in (cond, value)
        )
        if isinstance(by_cond, Apply) and by_cond.op is operator.not_:
            yield [((by_cond.args[0], not holds), value, None)]
        for made in dict.fromkeys((by_cond, by_value)):
            if not isinstance(made, If | For | While):
                continue
            if isinstance(made, If) or not self._inside[made].intersection((cond, value)):
                yield [
                    ((given.get(cond, cond), holds), given.get(value, value), inside)
                    for given, inside in _given(made)
                ]


def _given(stmt: If | For | While) -> Iterator[tuple[dict[Operand, Operand], Known | None]]:
    """What a statement gives on each way, and the condition under which it does."""
    given: dict[Operand, Operand]
    if isinstance(stmt, If):
        for arm, is_then in ((stmt.then, True), (stmt.orelse, False)):
            if not arm.diverges:
                given = dict(zip(stmt.targets, arm.results, strict=True))
                yield given, (stmt.cond, is_then)
        return
    for values in (stmt.init, stmt.body.results):
        yield (
            {
                **dict(zip(stmt.targets, values, strict=False)),
                **dict(zip(stmt.carried, values, strict=False)),
            },
            None,
        )

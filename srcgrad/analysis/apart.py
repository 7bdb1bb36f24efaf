"""Whether two variables may hold one array at the same time.

Variables that may share memory at some time or other make a class (:mod:`.memory`).  The names that
a loop exchanges are in one, though each has an array of its own throughout::

    for _ in range(n):
        u, w = w, 0.5 * u

So a pair is followed back to where its arrays come from: two results of one trip, the first values,
both arms of a branch.  What was allocated later than the other of a pair is apart from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from srcgrad.analysis.memory import MemoryClasses, has_memory, is_fresh, sources
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.walk import blocks, targets, variables

_Pair: TypeAlias = tuple[Operand, Operand]


class Apart:
    """What is known of the arrays of a function's variables.

    Parameters
    ----------
    function : Function
        The program.
    memory : MemoryClasses
        Its classes.
    updated : mapping of Var to Var
        Results of operations that are in the very memory of an operand.
    """

    def __init__(
        self, function: Function, memory: MemoryClasses, updated: Mapping[Var, Var]
    ) -> None:
        self.memory, self.updated = memory, updated
        self.definitions: dict[Var, Stmt] = {}
        self.places: dict[Var, int] = {}
        """In which order the variables get their values; parameters of a loop when a trip begins,
        and all of one statement at once."""
        self._count(function.body)
        self._assumed: set[frozenset[Var]] = set()

    def _count(self, block: Block) -> None:
        for stmt in block.body:
            for inner in blocks(stmt):
                place = len(self.places)
                self.places.update(dict.fromkeys(inner.params, place))
                if isinstance(stmt, For | While):
                    self.definitions.update(dict.fromkeys(inner.params, stmt))
                self._count(inner)
            place = len(self.places)
            self.places.update(dict.fromkeys(targets(stmt), place))
            self.definitions.update(dict.fromkeys(targets(stmt), stmt))

    def may_be_one(self, a: Var, b: Var) -> bool:
        """Whether the arrays in ``a`` and ``b``, where both have a value, may share memory."""
        self._assumed.clear()
        return self._may(a, b)

    def _may(self, a: Operand, b: Operand) -> bool:
        waiting = [(a, b)]
        while waiting:
            found = self._from(*waiting.pop())
            if found is None:
                return True
            waiting.extend(found)
        return False

    def _from(self, a: Operand, b: Operand) -> list[_Pair] | None:
        """The pairs of which one has to be one array if these are; None if they may be."""
        if not isinstance(a, Var) or not isinstance(b, Var):
            return None if _may_hold(a) and _may_hold(b) else []
        if not self.memory.may_share(a, b):
            return []
        pair = frozenset((a, b))
        if a is b:
            return None
        if pair in self._assumed:
            return []  # it would come about elsewhere
        self._assumed.add(pair)
        a, b = sorted(pair, key=lambda var: self.places.get(var, -1))
        stmt = self.definitions.get(b)
        match stmt:
            case Apply():
                return self._given(stmt, a)
            case If():
                arms = (stmt.then.results, stmt.orelse.results)
                return [_both(stmt.targets, each, a, b) for each in arms]
            case For() | While():
                return _carried(stmt, a, b)
        return None

    def _given(self, stmt: Apply, other: Var) -> list[_Pair] | None:
        if stmt.target in self.updated:
            return [(self.updated[stmt.target], other)]
        if is_fresh(stmt):
            return []
        found = [var for operand in sources(stmt) for var in variables(operand)]
        return [(var, other) for var in found] or None


def _carried(loop: For | While, a: Var, b: Var) -> list[_Pair] | None:
    """What ``b`` of a loop may be where that is ``a``: before the first trip, or after one."""
    params = loop.carried if isinstance(loop, For) else loop.body.params
    conds = loop.cond.params if isinstance(loop, While) else ()
    for group in (params, conds, loop.targets[: len(params)]):
        if b in group:
            ends = (loop.init, loop.body.results[: len(params)])
            return [_both(group, end, a, b) for end in ends]
    return None


def _both(into: tuple[Var, ...], given: tuple[Operand, ...], a: Var, b: Var) -> _Pair:
    """What flows into ``b``, and into ``a`` if it is one of ``into``."""
    first = given[into.index(a)] if a in into else a
    return first, given[into.index(b)]


def _may_hold(operand: Operand) -> bool:
    """Whether an operand may hold an array at all."""
    return any(has_memory(var) for var in variables(operand))

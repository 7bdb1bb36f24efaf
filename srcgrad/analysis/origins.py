"""Which arrays a variable may show, through views, branches and loops."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from srcgrad.analysis.memory import sources
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, For, If, Operand, Stmt, Var, While
from srcgrad.ir.types import Array, number_of

_WHOLE = (np.asarray, np.asanyarray, intrinsics.present, intrinsics.tested)


class Origins:
    """Where the arrays of a program come from.

    Attributes
    ----------
    definitions : dict
        The operation that gives a variable.
    """

    def __init__(self, statements: Iterable[Stmt]) -> None:
        self.definitions: dict[Var, Apply] = {}
        self._behind: dict[Var, tuple[Operand, Operand]] = {}
        """What flows into the results of branches, and into what loops carry."""
        self._slots: dict[Var, tuple[For | While, int, bool]] = {}
        """The loop and the place at which a variable is carried; whether out of it."""
        for stmt in statements:
            if isinstance(stmt, Apply):
                self.definitions[stmt.target] = stmt
            elif isinstance(stmt, If):
                arms = zip(stmt.then.results, stmt.orelse.results, strict=True)
                self._behind.update(zip(stmt.targets, arms, strict=True))
            elif isinstance(stmt, For | While):
                self._carry(stmt)

    def _carry(self, loop: For | While) -> None:
        params = loop.carried if isinstance(loop, For) else loop.body.params
        for variables in (params, loop.targets):
            for i, first in enumerate(loop.init):
                self._behind[variables[i]] = (first, loop.body.results[i])
                self._slots[variables[i]] = (loop, i, variables is not params)

    def of(self, var: Var) -> dict[Var, bool]:
        """The arrays that ``var`` may show, each with whether it may be a part of it only."""
        found: dict[Var, bool] = {}
        seen: set[tuple[Var, bool]] = set()
        stack = [(var, False)]
        while stack:
            item = stack.pop()
            if item in seen:
                continue
            seen.add(item)
            current, is_part = item
            behind: tuple[Operand, ...] = self._behind.get(current, ())
            if not behind and current in self.definitions:
                stmt = self.definitions[current]
                behind = sources(stmt)
                is_part = is_part or not (stmt.op in _WHOLE or _is_element(stmt))
            arrays = [operand for operand in behind if isinstance(operand, Var)]
            if not arrays:
                found[current] = found.get(current, False) or item[1]
            stack.extend((array, is_part) for array in arrays)
        return found

    def may_share(self, a: Var, b: Var) -> bool:
        """Whether two variables may show the same array."""
        return not self.of(a).keys().isdisjoint(self.of(b)) and not self._are_exchanged(a, b)

    def is_whole(self, var: Var) -> bool:
        """Whether ``var`` shows all of an array, whichever it is."""
        return not any(self.of(var).values())

    def _are_exchanged(self, a: Var, b: Var) -> bool:
        """Whether a loop carries two arrays of which it makes no more than ``a, b = b, a``."""
        if a not in self._slots or b not in self._slots:
            return False
        (loop, i, is_after), (other, j, also) = self._slots[a], self._slots[b]
        if loop is not other or is_after is not also or i == j:
            return False
        params = loop.carried if isinstance(loop, For) else loop.body.params
        first, second = loop.init[i], loop.init[j]
        if {loop.body.results[i], loop.body.results[j]} != {params[i], params[j]}:
            return False
        both = isinstance(first, Var) and isinstance(second, Var)
        return both and not self.may_share(first, second)  # type: ignore[arg-type]


def _is_element(stmt: Apply) -> bool:
    """Whether an operation takes an element out of a container, and not out of an array."""
    first = stmt.args[0] if stmt.args else None
    return isinstance(first, Var) and not isinstance(number_of(first.type), Array)

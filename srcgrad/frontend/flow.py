"""Which names are live after each compound statement of a function: one pass backwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gast

from srcgrad.frontend.attempts import only_raises_again
from srcgrad.frontend.lazy import is_own

if TYPE_CHECKING:
    from srcgrad.frontend.names import FunctionNames, Names


@dataclass(frozen=True, slots=True)
class Around:
    """The loops around a statement.

    ``assigned`` are the names that any of them assigns; ``after`` and ``again`` are those live
    after the innermost one, and at the end of its trips.
    """

    assigned: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()


class Flow:
    """Goes backwards through a function, carrying what is read and what is assigned later."""

    def __init__(self, function: FunctionNames) -> None:
        self.function = function

    def block(self, statements: list[Any], live: set[str], later: set[str], around: Around) -> None:
        """``live`` and ``later`` are those after the statements, and become those before them."""
        for node in reversed(statements):
            names = self.function.statements[node]
            for function in names.functions:
                again = [n for n in function.free if n in later or n in names.assigned]
                again = [n for n in again if n in self.function.local]
                own = {getattr(function.node, "name", "")} & self.function.single
                function.late = (self.function.once | own).intersection(again)
                function.reassigned = tuple(n for n in again if n not in function.late)
                # A comprehension is a loop.
                function.looped = around.assigned.union(filter(is_own, function.free))
            # What is live where the statement jumps to.
            elsewhere = set(around.after) if names.breaks else set()
            elsewhere.update(around.again if names.continues else ())
            if isinstance(node, gast.Break | gast.Continue):
                live.clear()
            elif isinstance(node, gast.If):
                self._live_after(node, names, live | elsewhere)
                for arm in (node.body, node.orelse):
                    self.block(arm, set(live), set(later), around)
            elif isinstance(node, gast.For | gast.While):
                # Its `else` may jump on in the loop around.
                self._loop(node, names, live | elsewhere, later, around)
            elif isinstance(node, gast.Try) and not only_raises_again(node):
                self._try(node, names, live | elsewhere, later, around)
            elif isinstance(node, gast.With | gast.Try):
                self._live_after(node, names, live | elsewhere)
                inside = [*node.body, *getattr(node, "orelse", ())]
                self.block(inside, live, set(later), around)
            live -= names.kills
            live |= names.uses
            live |= elsewhere
            later.update(names.assigned)

    def _try(
        self, node: Any, names: Names, live: set[str], later: set[str], around: Around
    ) -> None:
        self.function.after[node] = frozenset(live)
        self.block(node.finalbody, live, set(later), around)
        self._live_after(node, names, live)
        inside = set(live)
        for handler in node.handlers:
            handled = set(live)
            self.block(handler.body, handled, set(later), around)
            if handler.name is not None:
                handled.discard(handler.name.id)  # which it binds itself
            inside |= handled
        after = set(live)
        self.block(node.orelse, after, set(later), around)
        others = [*node.orelse, *node.finalbody, *(s for h in node.handlers for s in h.body)]
        again = {name for stmt in others for name in self.function.statements[stmt].assigned}
        self.block(node.body, after | inside, again.union(later), around)

    def _loop(
        self, node: Any, names: Names, live: set[str], later: set[str], around: Around
    ) -> None:
        self.function.after[node] = frozenset(live)
        after, reassigned = set(live), set(later)
        self.block(node.orelse, after, reassigned, around)
        after |= live if names.stops else set()
        self._live_after(node, names, after)
        again = after | names.exposed
        inside = Around(around.assigned.union(names.assigned), frozenset(live), frozenset(again))
        self.block(node.body, again, reassigned, inside)

    def _live_after(self, node: Any, names: Names, live: set[str]) -> None:
        self.function.live[node] = frozenset(name for name in names.assigned if name in live)

"""Who holds a list: which of them nobody needs any more where they are changed."""

from __future__ import annotations

import operator
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from srcgrad.analysis.absent import may_be_absent
from srcgrad.analysis.memory import is_fresh
from srcgrad.ir import keys, lists
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Operand,
    Pack,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.types import KeysOf, ListOf, PackType, Type, is_set
from srcgrad.ir.walk import (
    blocks,
    free_in_block,
    free_in_stmt,
    targets,
    used,
    variables,
)

SET_METHODS: dict[Any, Any] = {
    keys.with_element: set.add,
    keys.less_element: set.discard,
    keys.with_elements: set.update,
    keys.less_elements: set.difference_update,
    keys.elements_kept: set.intersection_update,
    keys.elements_apart: set.symmetric_difference_update,
    keys.emptied: set.clear,
    keys.less_popped: set.pop,
}
EDITS = frozenset(
    (
        *(lists.list_append, lists.list_extend, lists.list_without_last, lists.list_set),
        *(lists.list_insert, lists.list_without),
        *(lists.item_append, lists.item_without_last, lists.item_set),
        *(keys.key_added, keys.edited_inside),
        *SET_METHODS,
    )
)
_MAKERS = EDITS | {
    lists.as_list, lists.list_copied, lists.list_zeros, lists.zeros_of_length, lists.list_blank,
    lists.list_sum, lists.list_fill, lists.list_rows, lists.list_split, keys.keys_of,
    keys.set_of, keys.set_of_each, keys.union, keys.both, keys.less, keys.either,
    keys.union_with, keys.both_with, keys.less_with, keys.either_with,
    lists.list_of, lists.list_of_kind,
}  # fmt: skip
"""The operations whose result is an object of its own."""
_READERS = frozenset([np.asarray, np.asanyarray, operator.getitem, lists.item_asked, *EDITS])
_OF_TWO = (
    *(lists.list_extend, keys.edited_inside),
    *(op for op in SET_METHODS if op is not keys.with_element),
)
"""The edits that read another container, and do not hold it."""


def is_list(operand: Operand) -> bool:
    """Whether an operand is a list of unknown length, says where in it keys are, or is a set."""
    return isinstance(operand, Var) and isinstance(operand.type, ListOf | KeysOf)


def holds_sets(type_: Type) -> bool:
    """Whether a value of this type is a set, or a tuple that has one."""
    if isinstance(type_, PackType):
        return any(map(holds_sets, type_.items))
    return is_set(type_)


def is_list_of_sets(operand: Operand) -> bool:
    """Whether an operand is a list of sets, or of what has some."""
    type_ = operand.type if isinstance(operand, Var) else None
    return isinstance(type_, ListOf) and holds_sets(type_.item)


def _holds_sets(var: Var) -> bool:
    return is_set(var.type) or is_list_of_sets(var)


@dataclass
class Place:
    """A block among the others; ``last`` has the position of the last reader of each list."""

    block: Block
    parent: Place | None
    position: int
    repeats: bool
    last: dict[Var, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Flow:
    """Values that become a variable of a loop or a branch, each with the place it comes from."""

    into: tuple[Var, ...]
    sources: tuple[Operand, ...]
    arms: tuple[Block, ...] = ()


class Survey:
    """The places of all lists, who holds them, and which must be objects of their own."""

    def __init__(self, function: Function) -> None:
        self.absent = may_be_absent(function)
        self.places: dict[Block, Place] = {}
        self.home: dict[Var, Place] = {}
        self.made: set[Var] = set()
        self.held: set[Var] = set()
        self.captured: set[Var] = set()
        """What nested functions read, which hold it too."""
        self.flows: dict[Var, _Flow] = {}
        self.edits: list[tuple[Apply, Place, int]] = []
        self.wanted: set[Var] = set()
        given = (var for param in function.params for var in variables(param.value))
        self.held.update(given)  # by the caller
        self._visit(function.body, None, 0, False)
        self.held.update(var for result in function.body.results for var in variables(result))
        self._spread()

    def _visit(self, block: Block, parent: Place | None, position: int, repeats: bool) -> None:
        place = Place(block, parent, position, repeats)
        self.places[block] = place
        self.home.update((var, place) for var in block.params)
        for index, stmt in enumerate(block.body):
            self.home.update((var, place) for var in targets(stmt))
            place.last.update((var, index) for var in free_in_stmt(stmt) if is_list(var))
            self._statement(stmt, place, index)
            again = isinstance(stmt, For | While | Define)
            for inner in blocks(stmt):
                self._visit(inner, place, index, again)
        end = len(block.body)
        for result in block.results:
            place.last.update((var, end) for var in variables(result) if is_list(var))
            if not isinstance(result, Var):
                self.held.update(variables(result))

    def _statement(self, stmt: Stmt, place: Place, position: int) -> None:
        match stmt:
            case Apply():
                self._apply(stmt, place, position)
            case If():
                rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                for target, *sources in rows:
                    self._flow((target,), tuple(sources), (stmt.then, stmt.orelse))
            case For():
                slots = zip(stmt.targets, stmt.carried, stmt.init, stmt.body.results, strict=True)
                for target, param, *sources in slots:
                    self._flow((target, param), tuple(sources))
            case While():
                params = zip(stmt.cond.params, stmt.body.params, strict=True)
                rows_ = zip(stmt.targets, params, stmt.init, stmt.body.results, strict=True)
                for target, (tested, carried), *sources in rows_:
                    self._flow((target, tested, carried), tuple(sources))
            case Define():
                self.captured.update(free_in_block(stmt.function.body))
                self.held.update(used(stmt))
                # What it returns is held by its caller.
                for result in stmt.function.body.results:
                    self.held.update(variables(result))
            case _:
                self.held.update(used(stmt))

    def _apply(self, stmt: Apply, place: Place, position: int) -> None:
        is_edit = stmt.op in EDITS
        if is_edit or stmt.op in _MAKERS or is_slice(stmt):
            self.made.add(stmt.target)
        if is_edit or stmt.op is keys.popped:
            self.edits.append((stmt, place, position))
        if stmt.op in _READERS or is_fresh(stmt):
            # The list is read, or it is one more element of another list.
            rest = stmt.args[1:] if is_edit and stmt.op not in _OF_TWO else ()
            self.held.update(var for operand in rest for var in variables(operand))
        else:
            self.held.update(used(stmt))

    def _flow(
        self, into: tuple[Var, ...], sources: tuple[Operand, ...], arms: tuple[Block, ...] = ()
    ) -> None:
        flow = _Flow(into, sources, arms)
        self.flows.update((var, flow) for var in into if is_list(var))

    def _spread(self) -> None:
        """What is changed must be an object of its own, and so must what becomes it."""
        for stmt, place, position in self.edits:
            xs = stmt.args[0]
            if isinstance(xs, Var) and not self._is_held(xs) and self._dies(xs, place, position):
                self.wanted.add(xs)
        self._become()
        branches = [f for f in self.flows.values() if f.arms and _holds_sets(f.into[0])]
        while branches:
            changed = {stmt.target for stmt, _, _ in self.edits if stmt.args[0] in self.wanted}
            before = len(self.wanted)
            for flow in branches:
                self._take_over(flow, changed)
            if len(self.wanted) == before:
                break
            self._become()
        for flow in self.flows.values():
            if flow.into[0] not in self.wanted:
                # Another name for the same object.
                self.held.update(var for source in flow.sources for var in variables(source))

    def _become(self) -> None:
        """What becomes something that is changed must be an object of its own."""
        pending = list(self.wanted)
        while pending:
            flow = self.flows.get(pending.pop())
            if flow is None:
                continue
            more = [v for v in (*flow.into, *flow.sources) if isinstance(v, Var)]
            pending.extend(var for var in more if var not in self.wanted)
            self.wanted.update(more)

    def _take_over(self, flow: _Flow, changed: Set[Var]) -> None:
        """If one arm of a branch changes a set, or a list of sets, and nobody else has it after the
        branch, then what that gives is the very set."""
        own = [source for source in flow.sources if isinstance(source, Var)]
        if flow.into[0] in self.wanted or len(own) < len(flow.sources):
            return
        if not any(source in changed or source in self.wanted for source in own):
            return
        for source, arm in zip(own, flow.arms, strict=True):
            if self._is_held(source) or not (source in self.made or source in self.flows):
                return
            if not self._dies(source, self.places[arm], len(arm.body)):
                return
        self.wanted.update(flow.into)

    def _is_held(self, var: Var) -> bool:
        return var in self.held or var in self.captured

    def may_take(self, var: Operand, place: Place, position: int) -> bool:
        """Whether the list ``var`` is nobody's any more after ``position`` in a block."""
        if not isinstance(var, Var) or self._is_held(var):
            return False
        if var not in self.made and not (var in self.flows and var in self.wanted):
            return False
        return self._dies(var, place, position)

    def _dies(self, var: Var, place: Place, position: int) -> bool:
        """Whether nothing reads ``var`` after ``position`` in a block, in this trip or another."""
        while place.last.get(var, -1) <= position:
            if place is self.home[var]:
                return True
            if place.repeats or place.parent is None:
                return False
            place, position = place.parent, place.position
        return False


def is_slice(stmt: Apply) -> bool:
    """Whether a statement reads a slice of a list, which is a list of its own."""
    if stmt.op is not operator.getitem or not is_list(stmt.args[0]):
        return False
    index = stmt.args[1]
    if isinstance(index, Const):
        return isinstance(index.value, slice)
    return isinstance(index, Pack) and index.kind is slice


def occurrences(values: tuple[Operand, ...], var: Operand) -> int:
    return sum(v is var for value in values for v in variables(value))

"""Lists that nobody needs any more as they were are changed in place.

In the IR a list is a value, and what changes it gives a new one.  Where the old one has no later
reader and no other holder, the new one takes over the object::

    hs.1 = list_append(hs, h)     ->     hs.append(h)

Otherwise the new list is a copy: ``[*hs, h]``.  What a loop carries or a branch gives is made an
object of its own before it is changed, so that a list that grows in a loop is copied once at most.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from srcgrad.analysis.absent import may_be_absent
from srcgrad.analysis.memory import is_fresh
from srcgrad.backend.laid_out import check as check_order
from srcgrad.backend.nested import ITEM_EDITS, Nested, item_of, pop_where_read, with_other_item
from srcgrad.ir import keys, lists
from srcgrad.ir.indices import is_rest, reads_one
from srcgrad.ir.nodes import (
    NOTHING,
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Loc,
    Operand,
    Pack,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.types import PY_BOOL, PY_INT, KeysOf, ListOf
from srcgrad.ir.walk import (
    alike,
    blocks,
    changed,
    free_in_block,
    free_in_stmt,
    map_blocks,
    same_or,
    statements,
    substitute,
    targets,
    used,
    variables,
)

_SET_METHODS: dict[Any, Any] = {
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
        keys.key_added,
        *_SET_METHODS,
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
_METHODS: dict[Any, Any] = {
    lists.list_append: list.append,
    lists.list_extend: list.extend,
    lists.list_insert: list.insert,
    **_SET_METHODS,
}
"""The methods that change what they are called on as an operation says."""
_READERS = frozenset([np.asarray, np.asanyarray, operator.getitem, *EDITS])
_ALL = EDITS | {keys.popped}
_OF_TWO = (lists.list_extend, *(op for op in _SET_METHODS if op is not keys.with_element))
"""The edits that read another container, and do not hold it."""
_ALL_BUT_LAST = Pack(slice, (Const(None), Const(-1), Const(None)))
_ALL_BUT_FIRST = Pack(slice, (Const(1), Const(None), Const(None)))


def mutate_lists(function: Function) -> Function:
    """``function`` with operations on lists that change the list where that is not seen."""
    function = replace(function, body=_without_first(function.body, False))
    if not any(isinstance(s, Apply) and s.op in _ALL for s in statements(function.body.body)):
        return function
    survey = _Survey(function)
    rewriting = _Rewrite(survey)
    body = rewriting.block(function.body)
    if any(stmt.op in ITEM_EDITS for stmt, _, _ in survey.edits):
        nested = Nested(function, survey.held | rewriting.copied)
        rewriting = _Rewrite(survey, nested)
        body = rewriting.block(function.body)
    check_order(function, rewriting.copied, body)
    return replace(function, body=_settle(substitute(body, rewriting.resolved())))


def _without_first(block: Block, in_loop: bool) -> Block:
    """``block`` with ``xs[1:]`` of lists in loops as what takes their first elements off, if there
    is one: an element has been read."""
    filled: set[Operand] = set()

    def stmt(stmt: Stmt) -> Stmt:
        if isinstance(stmt, Apply):
            if reads_one(stmt):
                filled.add(stmt.args[0])
            if not in_loop or not _is_slice(stmt) or not is_rest(stmt.args[1]):
                return stmt
            if stmt.args[0] not in filled:
                return stmt
            return replace(stmt, op=lists.list_without, args=(stmt.args[0], Const(0)))
        loops = in_loop or isinstance(stmt, For | While)
        return map_blocks(stmt, lambda inner: _without_first(inner, loops))

    return changed(block, body=same_or(block.body, tuple(map(stmt, block.body))))


def is_list(operand: Operand) -> bool:
    """Whether an operand is a list of unknown length, says where in it keys are, or is a set."""
    return isinstance(operand, Var) and isinstance(operand.type, ListOf | KeysOf)


def _is_set(var: Var) -> bool:
    return isinstance(var.type, KeysOf) and var.type.of_set


# --- who holds what -----------------------------------------------------------------------------


@dataclass
class _Place:
    """A block among the others; ``last`` has the position of the last reader of each list."""

    block: Block
    parent: _Place | None
    position: int
    repeats: bool
    last: dict[Var, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Flow:
    """Values that become a variable of a loop or a branch, each with the place it comes from."""

    into: tuple[Var, ...]
    sources: tuple[Operand, ...]
    arms: tuple[Block, ...] = ()


class _Survey:
    """The places of all lists, who holds them, and which must be objects of their own."""

    def __init__(self, function: Function) -> None:
        self.absent = may_be_absent(function)
        self.places: dict[Block, _Place] = {}
        self.home: dict[Var, _Place] = {}
        self.made: set[Var] = set()
        self.held: set[Var] = set()
        self.flows: dict[Var, _Flow] = {}
        self.edits: list[tuple[Apply, _Place, int]] = []
        self.wanted: set[Var] = set()
        given = (var for param in function.params for var in variables(param.value))
        self.held.update(given)  # by the caller
        self._visit(function.body, None, 0, False)
        self.held.update(var for result in function.body.results for var in variables(result))
        self._spread()

    def _visit(self, block: Block, parent: _Place | None, position: int, repeats: bool) -> None:
        place = _Place(block, parent, position, repeats)
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

    def _statement(self, stmt: Stmt, place: _Place, position: int) -> None:
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
                self.held.update(free_in_block(stmt.function.body))
                self.held.update(used(stmt))
                # What it returns is held by its caller.
                for result in stmt.function.body.results:
                    self.held.update(variables(result))
            case _:
                self.held.update(used(stmt))

    def _apply(self, stmt: Apply, place: _Place, position: int) -> None:
        is_edit = stmt.op in EDITS
        if is_edit or stmt.op in _MAKERS or _is_slice(stmt):
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
            if isinstance(xs, Var) and xs not in self.held and self._dies(xs, place, position):
                self.wanted.add(xs)
        self._become()
        branches = [flow for flow in self.flows.values() if flow.arms and _is_set(flow.into[0])]
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
        """If one arm of a branch changes a set, and nobody else has it after the branch, then what
        that gives is the very set."""
        own = [source for source in flow.sources if isinstance(source, Var)]
        if flow.into[0] in self.wanted or len(own) < len(flow.sources):
            return
        if not any(source in changed or source in self.wanted for source in own):
            return
        for source, arm in zip(own, flow.arms, strict=True):
            if source in self.held or not (source in self.made or source in self.flows):
                return
            if not self._dies(source, self.places[arm], len(arm.body)):
                return
        self.wanted.update(flow.into)

    def may_take(self, var: Operand, place: _Place, position: int) -> bool:
        """Whether the list ``var`` is nobody's any more after ``position`` in a block."""
        if not isinstance(var, Var) or var in self.held:
            return False
        if var not in self.made and not (var in self.flows and var in self.wanted):
            return False
        return self._dies(var, place, position)

    def _dies(self, var: Var, place: _Place, position: int) -> bool:
        """Whether nothing reads ``var`` after ``position`` in a block, in this trip or another."""
        while place.last.get(var, -1) <= position:
            if place is self.home[var]:
                return True
            if place.repeats or place.parent is None:
                return False
            place, position = place.parent, place.position
        return False


def _is_slice(stmt: Apply) -> bool:
    """Whether a statement reads a slice of a list, which is a list of its own."""
    if stmt.op is not operator.getitem or not is_list(stmt.args[0]):
        return False
    index = stmt.args[1]
    if isinstance(index, Const):
        return isinstance(index.value, slice)
    return isinstance(index, Pack) and index.kind is slice


def _occurrences(values: tuple[Operand, ...], var: Operand) -> int:
    return sum(v is var for value in values for v in variables(value))


# --- rewriting ----------------------------------------------------------------------------------


class _Rewrite:
    """Builds the program that changes its lists."""

    def __init__(self, survey: _Survey, nested: Nested | None = None) -> None:
        self.survey, self.nested = survey, nested
        self.copied: set[Var] = set()
        self.same: dict[Var, Var] = {}

    def resolved(self) -> dict[Var, Var]:
        """The variables that have become one with another."""

        def last(var: Var) -> Var:
            while (other := self.same.get(var, var)) is not var:
                var = other
            return var

        return {var: last(var) for var in self.same}

    def block(self, block: Block, into: tuple[Var, ...] = ()) -> Block:
        """``block``, whose results become the variables ``into``."""
        place = self.survey.places[block]
        body: list[Stmt] = []
        for position, stmt in enumerate(block.body):
            self._statement(stmt, place, position, body)
        results = list(block.results)
        for i, (var, result) in enumerate(zip(into, block.results, strict=False)):
            loc = block.body[-1].loc if block.body else None
            once = _occurrences(block.results, result) == 1
            results[i] = self._handed(var, result, place, len(block.body), once, body, loc)
        return replace(block, body=tuple(body), results=tuple(results))

    def _handed(
        self,
        var: Var,
        source: Operand,
        place: _Place,
        position: int,
        once: bool,
        body: list[Stmt],
        loc: Loc | None,
    ) -> Operand:
        """What becomes ``var``: ``source``, or a copy if somebody else has it too."""
        if not is_list(var) or var not in self.survey.wanted or not is_list(source):
            return source
        if once and self.survey.may_take(source, place, position):
            return source
        assert isinstance(source, Var)
        self.copied.add(source)
        copy = Var(source.name, source.type, source.hint, source.primal)
        made = Apply(copy, _copy_of(source), (source,), (), loc or self._loc(place))
        body.extend(_if_any(made) if source in self.survey.absent else (made,))
        return copy

    def _loc(self, place: _Place) -> Loc:
        assert place.parent is not None
        return place.parent.block.body[place.position].loc

    def _statement(self, stmt: Stmt, place: _Place, position: int, body: list[Stmt]) -> None:
        match stmt:
            case Apply() if stmt.op in EDITS:
                self._edit(stmt, place, position, body)
            case Apply() if stmt.op is keys.popped and self._may_pop(stmt, place, position):
                body.append(replace(stmt, op=set.pop))
            case If():
                arms = [self.block(arm, stmt.targets) for arm in (stmt.then, stmt.orelse)]
                body.append(replace(stmt, then=arms[0], orelse=arms[1]))
            case For() | While():
                params = stmt.carried if isinstance(stmt, For) else stmt.body.params
                inside = free_in_stmt(replace(stmt, init=()))
                init = tuple(
                    self._handed(
                        param,
                        first,
                        place,
                        position,
                        _occurrences(stmt.init, first) == 1 and first not in inside,
                        body,
                        stmt.loc,
                    )
                    for param, first in zip(params, stmt.init, strict=True)
                )
                new = replace(stmt, init=init, body=self.block(stmt.body, params))
                body.append(
                    replace(new, cond=self.block(new.cond)) if isinstance(new, While) else new
                )
            case Define():
                function = replace(stmt.function, body=self.block(stmt.function.body))
                body.append(replace(stmt, function=function))
            case _:
                body.append(stmt)

    def _edit(self, stmt: Apply, place: _Place, position: int, body: list[Stmt]) -> None:
        xs = stmt.args[0]
        once = stmt.op in _SET_METHODS or _occurrences(stmt.args, xs) == 1
        if not (once and self.survey.may_take(xs, place, position)):
            self.copied.update(var for var in (xs, stmt.target) if isinstance(var, Var))
            body.extend(_copying(stmt))
            return
        assert isinstance(xs, Var)
        self.same[stmt.target] = xs
        xs.name = xs.name or stmt.target.name
        xs.primal = xs.primal or stmt.target.primal
        if stmt.op is lists.list_set:
            body.append(Store(xs, stmt.args[1], stmt.args[2], False, stmt.loc))
        elif stmt.op in ITEM_EDITS:
            own = self.nested is not None and self.nested.has_own(stmt.target)
            _edit_item(stmt, xs, own, body)
        elif stmt.op is keys.key_added:
            body.extend(_with_key(xs, stmt))
        elif stmt.op is keys.less_popped:
            _pop(body, xs, stmt)
        elif stmt.op in _METHODS:
            body.append(Apply(Var(), _METHODS[stmt.op], stmt.args, (), stmt.loc))
        elif not _pop_where_read(body, xs, stmt.args[1:]):
            body.append(Apply(Var(), list.pop, (xs, *stmt.args[1:]), (), stmt.loc))

    def _may_pop(self, stmt: Apply, place: _Place, position: int) -> bool:
        """Whether nobody reads the set any more from which an element is taken."""
        return self.survey.may_take(stmt.args[0], place, position)


def _pop(body: list[Stmt], xs: Var, stmt: Apply) -> None:
    """``xs.pop()``, where the element is read, if it is."""
    for i in range(len(body) - 1, -1, -1):
        reading = body[i]
        if isinstance(reading, Apply) and reading.op is keys.popped and reading.args[0] is xs:
            body[i] = replace(reading, op=set.pop)
            return
        if xs in free_in_stmt(reading):
            break
    if not any(isinstance(s, Apply) and s.op is keys.popped and s.args[0] is xs for s in body):
        body.append(Apply(Var(), set.pop, (xs,), (), stmt.loc))


def _copying(stmt: Apply) -> Iterator[Stmt]:
    """An edit of a list that stays what it was."""
    if stmt.op is lists.list_extend:
        yield replace(stmt, op=operator.add)
    elif stmt.op is lists.list_without_last and not stmt.loc.adjoint:
        yield Apply(stmt.target, list.copy, stmt.args, (), stmt.loc)
        yield Apply(Var(), list.pop, (stmt.target,), (), stmt.loc)
    elif stmt.op is lists.list_without_last:
        yield replace(stmt, op=operator.getitem, args=(stmt.args[0], _ALL_BUT_LAST))
    elif stmt.op is lists.list_without and _is_zero(stmt.args[1]):
        yield replace(stmt, op=operator.getitem, args=(stmt.args[0], _ALL_BUT_FIRST))
    elif stmt.op is lists.list_without:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield Apply(Var(), list.pop, (stmt.target, stmt.args[1]), (), stmt.loc)
    elif stmt.op is lists.list_insert:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield Apply(Var(), list.insert, (stmt.target, *stmt.args[1:]), (), stmt.loc)
    elif stmt.op is lists.list_set:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield Store(stmt.target, stmt.args[1], stmt.args[2], False, stmt.loc)
    elif stmt.op in ITEM_EDITS:
        yield Apply(stmt.target, list.copy, stmt.args[:1], (), stmt.loc)
        yield from with_other_item(stmt, stmt.target)
    elif stmt.op is keys.key_added:
        yield Apply(stmt.target, dict.copy, stmt.args[:1], (), stmt.loc)
        yield from _with_key(stmt.target, stmt)
    elif stmt.op in _SET_METHODS:
        yield Apply(stmt.target, set.copy, stmt.args[:1], (), stmt.loc)
        yield Apply(Var(), _METHODS[stmt.op], (stmt.target, *stmt.args[1:]), (), stmt.loc)
    else:
        yield stmt


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value == 0


def _edit_item(stmt: Apply, xs: Var, own: bool, body: list[Stmt]) -> None:
    """Changes a list that is in ``xs``, if it is nowhere else, or puts another one there."""
    if not own:
        body.extend(with_other_item(stmt, xs))
    elif stmt.op is lists.item_set:
        item = item_of(stmt, xs)
        body.insert(len(body) - _ends_with_sum(body, stmt.args[3]), item)  # for ``xs[i][j] += v``
        body.append(Store(item.target, stmt.args[2], stmt.args[3], False, stmt.loc))
    elif stmt.op is lists.item_append or not pop_where_read(body, xs, stmt.args[1]):
        item = item_of(stmt, xs)
        method = list.append if stmt.op is lists.item_append else list.pop
        body.append(item)
        body.append(Apply(Var(), method, (item.target, *stmt.args[2:]), (), stmt.loc))


def _ends_with_sum(body: list[Stmt], value: Operand) -> bool:
    """Whether the last statement is the sum that is put into a list."""
    last = body[-1] if body else None
    return isinstance(last, Apply) and last.op is operator.add and last.target is value


def _with_key(at: Var, stmt: Apply) -> Iterator[Stmt]:
    """``at[key] = len(at)``."""
    count = Var("", PY_INT)
    yield Apply(count, len, (at,), (), stmt.loc)
    yield Store(at, stmt.args[1], count, False, stmt.loc)


def _if_any(stmt: Apply) -> Iterator[Stmt]:
    """The copy of a list, of which there may be none."""
    is_absent, copy = Var("", PY_BOOL), Var(stmt.target.name, stmt.target.type)
    yield Apply(is_absent, operator.is_, (stmt.args[0], NOTHING), (), stmt.loc)
    orelse = Block((), (replace(stmt, target=copy),), (copy,))
    yield If((stmt.target,), is_absent, Block((), (), (NOTHING,)), orelse, stmt.loc)


def _copy_of(source: Var) -> Any:
    """What copies a list, a dict, or a set."""
    if not isinstance(source.type, KeysOf):
        return list.copy
    return set.copy if source.type.of_set else dict.copy


def _pop_where_read(body: list[Stmt], xs: Var, where: tuple[Operand, ...]) -> bool:
    """Makes the reading of the last element, or of the one that ``where`` says, a ``pop``, if
    nothing has read the list since."""
    wanted = where[0] if where else Const(-1)
    for i in range(len(body) - 1, -1, -1):
        stmt = body[i]
        if xs not in free_in_stmt(stmt):
            continue
        if not isinstance(stmt, Apply) or stmt.op is not operator.getitem:
            return False
        if stmt.args[0] is xs and alike(stmt.args[1], wanted):
            body[i] = replace(stmt, op=list.pop, args=(xs, *where))
            return True
        return False
    return False


def _settle(block: Block) -> Block:
    """``block`` without the results of branches that are the same list in either arm."""
    same: dict[Var, Operand] = {}

    def visit(block: Block) -> Block:
        return replace(block, body=tuple(map(settle, block.body)))

    def settle(stmt: Stmt) -> Stmt:
        match stmt:
            case If():
                then, orelse = visit(stmt.then), visit(stmt.orelse)
                kept: list[int] = []
                for i, (a, b) in enumerate(zip(then.results, orelse.results, strict=True)):
                    if a is b and is_list(a):
                        same[stmt.targets[i]] = a
                    else:
                        kept.append(i)
                return replace(
                    stmt,
                    targets=tuple(stmt.targets[i] for i in kept),
                    then=replace(then, results=tuple(then.results[i] for i in kept)),
                    orelse=replace(orelse, results=tuple(orelse.results[i] for i in kept)),
                )
            case For():
                return replace(stmt, body=visit(stmt.body))
            case While():
                return replace(stmt, cond=visit(stmt.cond), body=visit(stmt.body))
            case Define():
                inner = replace(stmt.function, body=visit(stmt.function.body))
                return replace(stmt, function=inner)
            case _:
                return stmt

    while True:
        same.clear()
        block = visit(block)
        if not same:
            return block
        block = substitute(block, {var: _through(same, var) for var in same})


def _through(same: dict[Var, Operand], var: Operand) -> Operand:
    while isinstance(var, Var) and var in same:
        var = same[var]
    return var

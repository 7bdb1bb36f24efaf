"""Sets in lists are changed where they are: ``adj[i].add(j)``.

In the IR what changes such a set takes it out of the list, and puts another one there::

    s = xs[i]; t = with_element(s, k); ys = list_set(xs, i, t)

Here that becomes one operation on the list, ``ys = edited_inside(xs, i, (), with_element, k)``, as
which :mod:`.mutation` prints it.  So it is with a set that an element, a tuple of what is in an
object, has at a place of its own.  That asks for what is read of the list to be read where it is:
a set that a branch gives, or a loop carries, beside a list of which it is an element is read after
the branch, and in each trip.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from srcgrad.backend.holders import SET_METHODS, is_list_of_sets
from srcgrad.backend.set_edits import path_of, read
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
from srcgrad.ir.types import is_set
from srcgrad.ir.walk import alike, blocks, free_in_stmt, map_blocks, statements, used, variables

_Loop: TypeAlias = For | While


def edit_inside(function: Function) -> Function:
    """``function`` with sets that are changed in their lists."""
    every = tuple(statements(function.body.body))
    edits = (s for s in every if isinstance(s, Apply) and s.op is lists.list_set)
    if not any(is_list_of_sets(edit.target) for edit in edits):
        return function
    rewriting = _Rewrite({s.target: s for s in every if isinstance(s, Apply)})
    body = rewriting.block(function.body)
    return replace(function, body=_without_unread(body, rewriting.droppable))


@dataclass(frozen=True)
class _Spot:
    """Where in a list a set is: in the element at ``index``, where ``path`` leads."""

    index: Operand
    path: tuple[Operand, ...] = ()

    def inside(self, key: Operand) -> _Spot:
        return replace(self, path=(*self.path, key))

    def is_apart(self, path: tuple[Operand, ...]) -> bool:
        """Whether this is no part of what has that path, and has it not as a part."""
        return not all(map(alike, self.path, path))

    def is_same(self, other: _Spot | None) -> bool:
        if other is None or len(self.path) != len(other.path):
            return False
        return alike(self.index, other.index) and all(map(alike, self.path, other.path))


_Moved: TypeAlias = dict[int, tuple[int, _Spot]]
"""By its slot, what a loop carries that is in a list: the slot of that, and where it is there."""


class _Rewrite:
    """Builds the program; ``definitions`` has what gives each variable."""

    def __init__(self, definitions: dict[Var, Apply]) -> None:
        self.definitions: dict[Var, Stmt] = {**definitions}
        self.droppable: set[Var] = set()
        """What is read for the edits alone, if nobody else reads it."""

    def block(self, block: Block) -> Block:
        body: list[Stmt] = []
        for stmt in block.body:
            self._statement(stmt, body)
        return replace(block, body=tuple(body))

    def _statement(self, stmt: Stmt, body: list[Stmt]) -> None:
        match stmt:
            case Apply() if stmt.op is lists.list_set and is_list_of_sets(stmt.target):
                if not self._edit(stmt, body):
                    body.append(stmt)
            case If():
                self._branch(stmt, body)
            case For() | While():
                self._loop(stmt, body)
            case Define():
                body.append(map_blocks(stmt, self.block))
            case _:
                body.append(stmt)

    # --- what is where ----------------------------------------------------------------------------

    def _spot(self, value: Operand, xs: Operand) -> _Spot | None:
        """Where in a list a value is, if it is known to be there."""
        return self._found(value, xs, {})

    def _found(self, value: Operand, xs: Operand, met: dict[Operand, _Spot | None]) -> _Spot | None:
        """The same; ``met`` are the lists in which it has been looked for."""
        if xs not in met and isinstance(xs, Var):
            met[xs] = self._spot_now(value, xs) or self._spot_before(value, xs, met)
        return met.get(xs)

    def _spot_before(
        self, value: Operand, xs: Var, met: dict[Operand, _Spot | None]
    ) -> _Spot | None:
        """Where a value is in the lists that have become ``xs``, and so in that too."""
        made = self.definitions.get(xs)
        match made:
            case Apply() if made.op is keys.edited_inside:
                spot = self._found(value, made.args[0], met)
                return spot if spot is not None and spot.is_apart(path_of(made)) else None
            case If():
                at = made.targets.index(xs)
                spot = self._found(value, made.then.results[at], met)
                other = self._found(value, made.orelse.results[at], met)
                return spot if spot is not None and spot.is_same(other) else None
            case For() | While() if xs in made.targets[: len(made.init)]:
                at = made.targets.index(xs)
                spot = self._found(value, made.init[at], met)
                is_kept = spot is not None and self._keeps(
                    made.body.results[at], made.carried[at], spot, {}
                )
                return spot if is_kept else None
        return None

    def _keeps(self, xs: Operand, first: Var, spot: _Spot, met: dict[Operand, bool]) -> bool:
        """Whether ``xs`` was made of a list by changes of sets that lie elsewhere in elements."""
        if xs in met or not isinstance(xs, Var):
            return met.get(xs, False)
        made = self.definitions.get(xs)
        match made:
            case _ if xs is first:
                met[xs] = True
            case Apply() if made.op is keys.edited_inside:
                is_apart = spot.is_apart(path_of(made))
                met[xs] = is_apart and self._keeps(made.args[0], first, spot, met)
            case If():
                at = made.targets.index(xs)
                arms = made.then.results[at], made.orelse.results[at]
                met[xs] = all(self._keeps(arm, first, spot, met) for arm in arms)
            case For() | While() if xs in made.targets[: len(made.init)]:
                at = made.targets.index(xs)
                each = self._keeps(made.body.results[at], made.carried[at], spot, {})
                met[xs] = each and self._keeps(made.init[at], first, spot, met)
            case _:
                met[xs] = False
        return met[xs]

    def _operation(self, value: Operand) -> Apply | None:
        made = self.definitions.get(value) if isinstance(value, Var) else None
        return made if isinstance(made, Apply) else None

    def _spot_now(self, value: Operand, xs: Var) -> _Spot | None:
        made = self._operation(value)
        if made is not None and made.op is operator.getitem:
            whole, key = made.args
            if whole is xs:
                return None if isinstance(key, Pack) else _Spot(key)
            spot = self._spot_now(whole, xs) if isinstance(key, Const) else None
            if spot is not None:
                return spot.inside(key)
        put = self._operation(xs)
        if put is None or put.op is not lists.list_set or isinstance(put.args[1], Pack):
            return None
        return _find(value, put.args[2], _Spot(put.args[1]))

    def _read(self, target: Var, xs: Var, spot: _Spot, body: list[Stmt], like: Stmt) -> None:
        """Adds what reads a set in a list."""
        reads = list(read(target, xs, spot.index, spot.path, like))
        self.definitions.update((stmt.target, stmt) for stmt in reads)
        self.droppable.update(stmt.target for stmt in reads)
        body.extend(reads)

    # --- edits ------------------------------------------------------------------------------------

    def _edit(self, stmt: Apply, body: list[Stmt]) -> bool:
        """Adds the edit of a set that a statement puts back, if it is one."""
        xs, index, new = stmt.args
        if not isinstance(xs, Var) or isinstance(index, Pack):
            return False
        spot = _Spot(index)
        changed = list(self._changed(new, spot, xs))
        if len(changed) != 1:
            return False
        ((value, where),) = changed
        made = self._operation(value)
        if made is None or made.op not in SET_METHODS:
            return False
        if not where.is_same(self._spot(made.args[0], xs)):
            return False
        at = next((i for i, each in enumerate(body) if each is made), None)
        if at is None or any(made.target in free_in_stmt(other) for other in body[at + 1 :]):
            return False
        del body[at]
        args = (xs, index, Pack(tuple, where.path), Const(made.op), *made.args[1:])
        edit = replace(stmt, op=keys.edited_inside, args=args)
        body.append(edit)
        self.definitions[stmt.target] = edit
        self.droppable.update(self._on_the_way(made.args[0]))
        self._read(made.target, stmt.target, where, body, stmt)
        return True

    def _changed(self, new: Operand, spot: _Spot, xs: Var) -> Iterator[tuple[Operand, _Spot]]:
        """What is not what the list has there, where that is to be put."""
        if spot.is_same(self._spot(new, xs)):
            return
        if not isinstance(new, Pack):
            yield new, spot
            return
        for key, item in _items(new):
            yield from self._changed(item, spot.inside(key), xs)

    def _on_the_way(self, value: Operand) -> Iterator[Var]:
        """What is read of a list to get at a value."""
        made = self._operation(value)
        while made is not None and made.op is operator.getitem:
            yield made.target
            made = self._operation(made.args[0])

    # --- branches and loops -----------------------------------------------------------------------

    def _branch(self, stmt: If, body: list[Stmt]) -> None:
        then, orelse = self.block(stmt.then), self.block(stmt.orelse)
        stmt = replace(stmt, then=then, orelse=orelse)
        rows = list(zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True))
        moved: dict[Var, tuple[Var, _Spot]] = {}
        for target, a, b in rows:
            if not is_set(target.type):
                continue
            for whole, c, d in rows:
                spot = self._spot(a, c) if is_list_of_sets(whole) else None
                if spot is not None and spot.is_same(self._spot(b, d)):
                    moved[target] = whole, spot
        kept = [i for i, target in enumerate(stmt.targets) if target not in moved]
        then, orelse = (_with_results(arm, kept) for arm in (stmt.then, stmt.orelse))
        stmt = replace(stmt, targets=_only(stmt.targets, kept), then=then, orelse=orelse)
        self.definitions.update((target, stmt) for target in stmt.targets)
        body.append(stmt)
        for target, (whole, spot) in moved.items():
            self._read(target, whole, spot, body, stmt)

    def _loop(self, stmt: For | While, body: list[Stmt]) -> None:
        """A set that is an element of a list before the loop, and after each trip, is read."""
        moved = {
            i: (whole, spot)
            for i, first in enumerate(stmt.init)
            if isinstance(first, Var) and is_set(stmt.carried[i].type)
            for whole, other in enumerate(stmt.init)
            if is_list_of_sets(other) and (spot := self._spot(first, other)) is not None
        }
        while True:
            before = dict(self.definitions)
            made = self._with_reads(stmt, moved)
            results = made.body.results
            wrong = {
                i
                for i, (whole, spot) in moved.items()
                if not spot.is_same(self._spot(results[i], results[whole]))
            }
            if not wrong:
                break
            self.definitions = before
            moved = {i: spot for i, spot in moved.items() if i not in wrong}
        made = _without(made, moved.keys())
        self.definitions.update((target, made) for target in made.targets)
        body.append(made)
        for i, (whole, spot) in moved.items():
            self._read(stmt.targets[i], stmt.targets[whole], spot, body, stmt)

    def _with_reads(self, stmt: _Loop, moved: _Moved) -> _Loop:
        """A loop that reads some of what it carries at the beginning of its blocks."""
        inner = self._reading(stmt.body, stmt.carried, moved, stmt)
        if isinstance(stmt, While):
            return replace(
                stmt, cond=self._reading(stmt.cond, stmt.cond.params, moved, stmt), body=inner
            )
        return replace(stmt, body=inner)

    def _reading(self, block: Block, carried: tuple[Var, ...], moved: _Moved, like: Stmt) -> Block:
        first: list[Stmt] = []
        for i, (whole, spot) in moved.items():
            self._read(carried[i], carried[whole], spot, first, like)
        done = self.block(block)
        return replace(done, body=(*first, *done.body))


def _find(value: Operand, inside: Operand, spot: _Spot) -> _Spot | None:
    if value is inside and isinstance(value, Var):
        return spot
    if not isinstance(inside, Pack):
        return None
    parts = (_find(value, item, spot.inside(key)) for key, item in _items(inside))
    return next((part for part in parts if part is not None), None)


def _items(pack: Pack) -> Iterator[tuple[Const, Operand]]:
    keys_ = pack.keys if pack.kind is dict else range(len(pack.items))
    return zip(map(Const, keys_), pack.items, strict=True)


def _only(values: tuple[Var, ...], kept: list[int]) -> tuple[Var, ...]:
    return tuple(values[i] for i in kept)


def _with_results(block: Block, kept: list[int]) -> Block:
    return replace(block, results=tuple(block.results[i] for i in kept))


def _without(stmt: _Loop, slots: Iterable[int]) -> _Loop:
    """A loop that does not carry what is in some of its slots."""
    gone = set(slots)
    if not gone:
        return stmt
    kept = [i for i in range(len(stmt.targets)) if i not in gone]
    init = tuple(first for i, first in enumerate(stmt.init) if i not in gone)
    lost = {stmt.carried[i] for i in gone}
    body = _with_results(stmt.body, kept)
    body = replace(body, params=tuple(param for param in body.params if param not in lost))
    targets = _only(stmt.targets, kept)
    if isinstance(stmt, While):
        lost = {stmt.cond.params[i] for i in gone}
        params = tuple(param for param in stmt.cond.params if param not in lost)
        return replace(
            stmt, targets=targets, init=init, body=body, cond=replace(stmt.cond, params=params)
        )
    return replace(stmt, targets=targets, init=init, body=body)


def _without_unread(block: Block, droppable: set[Var]) -> Block:
    """``block`` without those of its readings that nobody needs."""
    while True:
        reads = Counter(var for stmt in statements(block.body) for var in used(stmt))
        unread = droppable - reads.keys() - _results(block)
        if not unread:
            return block
        droppable = droppable - unread
        block = _without_targets(block, unread)


def _results(block: Block) -> set[Var]:
    """What blocks give, this one and those inside."""
    found = {var for result in block.results for var in variables(result)}
    for stmt in block.body:
        for inner in blocks(stmt):
            found |= _results(inner)
    return found


def _without_targets(block: Block, gone: set[Var]) -> Block:
    kept = (stmt for stmt in block.body if not (isinstance(stmt, Apply) and stmt.target in gone))
    body = (map_blocks(stmt, lambda inner: _without_targets(inner, gone)) for stmt in kept)
    return replace(block, body=tuple(body))

"""Sets in lists that are in no other list, and are read no more where they are changed.

What :mod:`.nested` asks of lists in lists is asked here of sets in them, which may also be parts of
the tuples that stand for objects: each set must have been made for the list into which it is put,
and what is taken out of one must be read before any set in a list is changed.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srcgrad.analysis.memory import is_fresh
from srcgrad.backend.holders import SET_METHODS, holds_sets, is_list_of_sets
from srcgrad.ir import keys, lists
from srcgrad.ir.nodes import Apply, Block, Const, Define, For, If, Operand, Pack, Stmt, Var, While
from srcgrad.ir.types import Scalar, Type, Unknown, number_of
from srcgrad.ir.walk import alike, blocks, free_in_stmt, statements, variables

if TYPE_CHECKING:
    from srcgrad.backend.nested import Nested

_MAKERS = (
    *(keys.set_of, keys.set_of_each, keys.union, keys.both, keys.less, keys.either),
    *(keys.union_with, keys.both_with, keys.less_with, keys.either_with),
)
_READERS = (*_MAKERS, *SET_METHODS, keys.in_its_order, keys.key_list, keys.popped)
_TAKEN = {lists.as_list: 0, lists.list_append: 1, lists.list_set: 2, lists.list_insert: 2}
"""The operations that put something into a list, with the position of that argument."""
_KEEPING = (keys.edited_inside, lists.list_without_last, lists.list_without)
"""Those that give a list of what was in another one, and nothing more."""


def are_own(nested: Nested, made: Apply) -> bool:
    """Whether the sets in a list are in no other, where that is made."""
    if made.op not in _TAKEN:
        return made.op in _KEEPING
    new = made.args[_TAKEN[made.op]]
    return all(
        _is_put_back(nested, var, made, path) or _NewSet(nested, made).is_new(var)
        for var, path in _leaves(new, ())
        if holds_sets(var.type)
    )


def _leaves(item: Operand, path: tuple[Const, ...]) -> Iterator[tuple[Var, tuple[Const, ...]]]:
    """The variables in a tuple, each with where it is."""
    if isinstance(item, Var):
        yield item, path
    elif isinstance(item, Pack):
        names = item.keys if item.kind is dict else range(len(item.items))
        for key, part in zip(map(Const, names), item.items, strict=True):
            yield from _leaves(part, (*path, key))


def _is_put_back(nested: Nested, var: Var, put: Apply, path: tuple[Const, ...]) -> bool:
    """Whether something is put where it was before."""
    if put.op is not lists.list_set:
        return False
    whole: Operand = var
    for key in reversed((put.args[1], *path)):
        made = nested.makers.get(whole) if isinstance(whole, Var) else None
        if not isinstance(made, Apply) or made.op is not operator.getitem:
            return False
        if not alike(made.args[1], key):
            return False
        whole = made.args[0]
    return whole is put.args[0]


# --- what is taken out ----------------------------------------------------------------------------


def reads_well(nested: Nested, stmt: Stmt, xs: Var) -> bool:
    """Whether a statement takes no set out of a list that is read after the next change."""
    if not isinstance(stmt, Apply):
        # Which hand it on, or read what is no more changed once they are made.
        return isinstance(stmt, If | For | While | Define)
    if stmt.op is operator.getitem and stmt.args[0] is xs and not isinstance(stmt.args[1], Pack):
        return not holds_sets(stmt.target.type) or _is_done(nested, stmt)
    is_edit = stmt.op in (*_TAKEN, *_KEEPING) and stmt.op is not lists.as_list
    if is_edit and stmt.args[0] is xs:
        return True
    return stmt.op in (len, lists.item_asked) or (
        is_fresh(stmt) and not _may_hold_sets(stmt.target.type)
    )


def _may_hold_sets(type_: Type) -> bool:
    return isinstance(type_, Unknown) or is_list_of_sets(Var("", type_)) or holds_sets(type_)


def _is_done(nested: Nested, taken: Apply) -> bool:
    """Whether a set that is taken out of a list is read, and only that, before one in a list is
    changed."""
    block = nested.homes[taken.target]
    parts = list(_parts(nested, taken.target))
    for var in parts:
        if var in nested.handed_on:
            return False
        for reader in nested.readers.get(var, ()):
            if not _only_reads(nested, reader, var):
                return False
    found = [i for i, each in enumerate(block.body) if any(v in free_in_stmt(each) for v in parts)]
    start = next(i for i, each in enumerate(block.body) if each is taken)
    last = max(found, default=start)
    between = block.body[start + 1 : last]
    inside = (each for inner in blocks(block.body[last]) for each in statements(inner.body))
    return not any(_changes(each) for each in (*statements(between), *inside))


def _parts(nested: Nested, var: Var) -> Iterator[Var]:
    """A set, or a tuple that has one, and the sets that are read of it."""
    yield var
    for reader in nested.readers.get(var, ()):
        is_part = isinstance(reader, Apply) and reader.op is operator.getitem
        if isinstance(reader, Apply) and is_part and holds_sets(reader.target.type):
            yield from _parts(nested, reader.target)


def _only_reads(nested: Nested, stmt: Stmt, var: Var) -> bool:
    """Whether a statement keeps nothing of a set, or of a tuple that has one."""
    if not isinstance(stmt, Apply):
        return False
    if stmt.op in _READERS or stmt.op is keys.edited_inside:
        return True
    if stmt.op is operator.getitem:
        return stmt.args[0] is var
    if stmt.op is lists.list_set:
        paths = [path for leaf, path in _leaves(stmt.args[2], ()) if leaf is var]
        return bool(paths) and all(_is_put_back(nested, var, stmt, path) for path in paths)
    return isinstance(number_of(stmt.target.type), Scalar)


def _changes(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and stmt.op is keys.edited_inside


# --- what is put there ----------------------------------------------------------------------------


@dataclass
class _NewSet:
    """Whether a set was made for the list into which ``taker`` puts it, and is nowhere else."""

    nested: Nested
    taker: Apply
    seen: set[Var] = field(default_factory=set)
    """What may be that very set."""
    loops: list[Stmt] = field(default_factory=list)
    """The loops that carry it."""
    given: Counter[Var] = field(default_factory=Counter)
    """How often blocks give it to what is that set."""

    def is_new(self, var: Var) -> bool:
        home = self.nested.homes[self.taker.target]
        if self.nested.homes.get(var) is not home or not self._is_made(var):
            return False
        inside = set(_blocks(home))
        at = next(i for i, each in enumerate(home.body) if each is self.taker)
        after = {v for stmt in home.body[at + 1 :] for v in free_in_stmt(stmt)}
        put = [v for arg in self.taker.args for v in variables(arg)]
        return (
            not after & self.seen
            and put.count(var) == 1
            and not self.seen.intersection(put) - {var}
            and all(self.nested.homes.get(each) in inside for each in self.seen)
            and all(self.nested.handed_on[each] == self.given[each] for each in self.seen)
            and all(self._is_read(each) for each in self.seen)
        )

    def _is_made(self, value: Operand) -> bool:
        """Whether a value is a set that is made here, however many arms and trips later."""
        if not isinstance(value, Var) or value in self.seen:
            return isinstance(value, Var)
        self.seen.add(value)
        made = self.nested.makers.get(value)
        match made:
            case Apply():
                is_edit = made.op in SET_METHODS
                return self._is_made(made.args[0]) if is_edit else made.op in _MAKERS
            case If():
                at = made.targets.index(value)
                return self._are_made(made.then.results[at], made.orelse.results[at])
            case For() | While() if value in made.targets[: len(made.init)]:
                at = made.targets.index(value)
                self.loops.append(made)
                self.seen.add(made.carried[at])
                if isinstance(made, While):
                    self.seen.add(made.cond.params[at])
                return self._is_made(made.init[at]) and self._are_made(made.body.results[at])
        return False

    def _are_made(self, *results: Operand) -> bool:
        self.given.update(var for result in results for var in variables(result))
        return all(map(self._is_made, results))

    def _is_read(self, var: Var) -> bool:
        """Whether what reads a set keeps nothing of it, but for the loops that carry it and the
        list."""
        for reader in self.nested.readers.get(var, ()):
            if reader is self.taker:
                continue
            if any(reader is loop for loop in self.loops):
                assert isinstance(reader, For | While)
                if sum(first is var for first in reader.init) == 1:
                    continue
                return False
            if not isinstance(reader, Apply) or not _only_reads(self.nested, reader, var):
                return False
        return True


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for stmt in block.body:
        for inner in blocks(stmt):
            yield from _blocks(inner)

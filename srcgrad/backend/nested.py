"""Lists in lists that nobody else has are changed in place: ``groups[i].append(v)``.

In the IR, ``item_append(xs, i, x)`` gives another list of lists.  Where the list itself can be
changed in place (:mod:`.mutation`), the one in it can be too if it is in no other list, and nobody
reads it after that: each list that gets into ``xs`` must have been made for that alone, what is
taken out must be read before the next change, and nothing may have copied ``xs``, which copies what
is in it by reference.  What is not known to be so gets another list: ``xs[i] = [*xs[i], x]``.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from srcgrad.analysis.memory import is_fresh
from srcgrad.backend import own_sets
from srcgrad.backend.holders import is_list_of_sets
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
    Store,
    Var,
    While,
)
from srcgrad.ir.types import UNKNOWN, ListOf
from srcgrad.ir.walk import (
    alike,
    blocks,
    free_in_stmt,
    params_of,
    statements,
    targets,
    used,
    variables,
)

ITEM_EDITS = (lists.item_append, lists.item_without_last, lists.item_set)
_EDITS = (lists.list_append, lists.list_without_last, lists.list_set, *ITEM_EDITS)
_NEW_INSIDE = (lists.list_zeros, lists.list_blank, lists.list_sum, lists.list_rows)
"""The operations that give a list of new lists."""
_NEW = (*_NEW_INSIDE, lists.as_list, lists.list_append, lists.list_extend)
"""The operations that give a new list, whatever is in it."""
_TAKEN = {lists.as_list: 0, lists.list_append: 1, lists.list_set: 2}
"""The operations that put something into a list, with the position of that argument."""


def is_nested(operand: Operand) -> bool:
    """Whether an operand is a list of lists, or of sets."""
    type_ = operand.type if isinstance(operand, Var) else None
    is_of_lists = isinstance(type_, ListOf) and isinstance(type_.item, ListOf)
    return is_of_lists or is_list_of_sets(operand)


@dataclass
class Nested:
    """Which lists of lists have what is in them for themselves.

    ``shared`` are lists that somebody else has, or that a copy is made of.
    """

    function: Function
    shared: set[Var]
    parent: dict[Var, Var] = field(default_factory=dict)
    """What may be one object is in one class: the representative of each, step by step."""
    readers: dict[Var, list[Stmt]] = field(default_factory=dict)
    homes: dict[Var, Block] = field(default_factory=dict)
    makers: dict[Var, Stmt] = field(default_factory=dict)
    params: set[Var] = field(default_factory=set)
    """What functions are given."""
    handed_on: Counter[Var] = field(default_factory=Counter)
    """How often blocks give something."""

    def __post_init__(self) -> None:
        self.params.update(params_of(self.function))
        self._visit(self.function.body)
        known = (*self.homes, *self.params)
        self.bad = {self._root(var) for var in known if is_nested(var) and not self._is_well(var)}

    def has_own(self, var: Var) -> bool:
        """Whether the lists in a list are in no other, and those taken out are read no more when
        one is changed."""
        return self._root(var) not in self.bad

    def _root(self, var: Var) -> Var:
        while var in self.parent:
            var = self.parent[var]
        return var

    def _visit(self, block: Block) -> None:
        self.homes.update((var, block) for var in block.params)
        self.handed_on.update(var for result in block.results for var in variables(result))
        for stmt in block.body:
            for var in targets(stmt):
                self.makers[var], self.homes[var] = stmt, block
            for var in used(stmt):
                self.readers.setdefault(var, []).append(stmt)
            if isinstance(stmt, Define):
                self.params.update(params_of(stmt.function))
            for source, into in _becoming(stmt):
                if is_nested(source) and isinstance(source, Var):
                    first, second = self._root(source), self._root(into)
                    self.parent.update({} if first is second else {first: second})
            for inner in blocks(stmt):
                self._visit(inner)

    def _is_well(self, var: Var) -> bool:
        stmt = self.makers.get(var)
        if var in self.shared or var in self.params:
            return False
        if isinstance(stmt, Apply) and not self._is_made_well(stmt):
            return False
        readers = self.readers.get(var, ())
        if is_list_of_sets(var):
            return all(own_sets.reads_well(self, reader, var) for reader in readers)
        return all(map(self._reads_well, readers))

    def _is_made_well(self, stmt: Apply) -> bool:
        """Whether the lists in a list of lists are new, and in no other."""
        if is_list_of_sets(stmt.target):
            return own_sets.are_own(self, stmt)
        if stmt.op not in _TAKEN:
            return stmt.op in (*_EDITS, *_NEW_INSIDE)
        taken = list(variables(stmt.args[_TAKEN[stmt.op]]))
        return all(self._is_new(var, stmt) for var in taken)

    def _is_new(self, var: Var, taker: Apply) -> bool:
        """Whether a list was made for the one into which a statement puts it."""
        if self.homes.get(var) is not self.homes[taker.target]:
            return False
        if len(self.readers[var]) != 1 or var in self.handed_on:
            return False
        made = self.makers.get(var)
        if isinstance(made, For) and var in made.targets[: len(made.init)]:
            return self._is_filled(made, made.targets.index(var))
        return isinstance(made, Apply) and (made.op in _NEW or _is_slice(made))

    def _is_filled(self, loop: For, slot: int) -> bool:
        """Whether a loop carries a list that was made for it and that nobody else gets."""
        first, last, param = loop.init[slot], loop.body.results[slot], loop.carried[slot]
        made = self.makers.get(first) if isinstance(first, Var) else None
        if not isinstance(made, Apply) or made.op not in _NEW or made.target in self.handed_on:
            return False
        if self.homes[made.target] is not self.homes[loop.targets[slot]]:
            return False
        if self.readers[made.target] != [loop] or sum(v is first for v in loop.init) != 1:
            return False
        given = 1
        while True:  # from what a trip hands on to what it was given
            if not isinstance(last, Var) or self.handed_on[last] != given:
                return False
            if not all(_only_reads(reader, last) for reader in self.readers.get(last, ())):
                return False
            if last is param:
                return True
            edit = self.makers.get(last)
            is_edit = isinstance(edit, Apply) and edit.op in (*_EDITS, lists.list_extend)
            if not is_edit or self.homes[last] is not loop.body:
                return False
            assert isinstance(edit, Apply)
            last, given = edit.args[0], 0

    def _reads_well(self, stmt: Stmt) -> bool:
        """Whether a statement takes no list out of a list that is read after the next change."""
        if not isinstance(stmt, Apply):
            return isinstance(stmt, If | For | While)  # which hands it on
        if stmt.op is operator.getitem:
            return not isinstance(stmt.target.type, ListOf) or self._is_done(stmt)
        return stmt.op in (*_EDITS, *_NEW_INSIDE, len) or is_fresh(stmt)

    def _is_done(self, stmt: Apply) -> bool:
        """Whether a list that is taken out is read, and only that, before any list is changed."""
        var, block = stmt.target, self.homes[stmt.target]
        if is_nested(var) or _is_slice(stmt) or var in self.handed_on:
            return False
        for reader in self.readers.get(var, ()):
            if not _only_reads(reader, var) and not self._is_used_up(reader, var):
                return False
        found = [i for i, each in enumerate(block.body) if var in free_in_stmt(each)]
        start = next(i for i, each in enumerate(block.body) if each is stmt)
        last = max(found, default=start)
        between = block.body[start + 1 : last]
        inside = (each for inner in blocks(block.body[last]) for each in statements(inner.body))
        return not any(_changes(each) for each in (*statements(between), *inside))

    def _is_used_up(self, stmt: Stmt, var: Var) -> bool:
        """Whether a loop reads a list, or takes what it needs off a copy, and leaves nothing."""
        if not isinstance(stmt, For) or sum(v is var for v in used(stmt)) != 1:
            return False
        slot = next((i for i, first in enumerate(stmt.init) if first is var), None)
        if slot is None:
            return False
        target, param = stmt.targets[slot], stmt.carried[slot]
        if target in self.readers or target in self.handed_on or param in self.handed_on:
            return False
        return all(_only_reads(reader, param) for reader in self.readers.get(param, ()))


def _becoming(stmt: Stmt) -> Iterator[tuple[Operand, Var]]:
    """What becomes what: of edits, of loops and of branches."""
    match stmt:
        case Apply() if stmt.op in (
            *_EDITS,
            lists.list_insert,
            lists.list_without,
            keys.edited_inside,
        ):
            yield stmt.args[0], stmt.target
        case If():
            for results in (stmt.then.results, stmt.orelse.results):
                yield from zip(results, stmt.targets, strict=True)
        case For() | While():
            rows = [stmt.body.params] if isinstance(stmt, While) else [stmt.carried]
            rows += [stmt.cond.params] if isinstance(stmt, While) else []
            for into in (*rows, stmt.targets):
                for sources in (stmt.init, stmt.body.results):
                    yield from zip(sources, into, strict=True)


def _only_reads(stmt: Stmt, var: Var) -> bool:
    """Whether a statement keeps nothing of a list, and changes another at most."""
    if not isinstance(stmt, Apply):
        return False
    if is_fresh(stmt) or stmt.op is len:
        return True
    return stmt.op in (operator.getitem, lists.list_extend, *_EDITS) and stmt.args[0] is var


def _changes(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and stmt.op in ITEM_EDITS


def _is_slice(stmt: Apply) -> bool:
    """Whether an operation takes a slice of something."""
    index = stmt.args[1] if stmt.op is operator.getitem else None
    if isinstance(index, Const):
        return isinstance(index.value, slice)
    return isinstance(index, Pack) and index.kind is slice


# --- statements -----------------------------------------------------------------------------------


def item_of(stmt: Apply, xs: Var) -> Apply:
    """``xs[i]``, for an operation on that list."""
    type_ = xs.type.item if isinstance(xs.type, ListOf) else UNKNOWN
    return Apply(Var("", type_), operator.getitem, (xs, stmt.args[1]), (), stmt.loc)


def with_other_item(stmt: Apply, xs: Var) -> Iterator[Stmt]:
    """``xs[i] = [*xs[i], x]``, for an operation on the list ``xs[i]``.

    What is taken off a list with nothing in it raises, as Python does.
    """
    item = item_of(stmt, xs)
    yield item
    made = Var("", item.target.type)
    if stmt.op is lists.item_append:
        yield Apply(made, lists.list_append, (item.target, stmt.args[2]), (), stmt.loc)
    elif stmt.op is lists.item_set:
        yield Apply(made, list.copy, (item.target,), (), stmt.loc)
        yield Store(made, stmt.args[2], stmt.args[3], False, stmt.loc)
    else:
        yield Apply(made, list.copy, (item.target,), (), stmt.loc)
        yield Apply(Var(), list.pop, (made,), (), stmt.loc)
    yield Store(xs, stmt.args[1], made, False, stmt.loc)


def pop_where_read(body: list[Stmt], xs: Var, index: Operand) -> bool:
    """Makes the reading of the last element of ``xs[index]`` a ``pop``, if nothing has read the
    list since."""
    items = {
        stmt.target
        for stmt in body
        if isinstance(stmt, Apply)
        and stmt.op is operator.getitem
        and stmt.args[0] is xs
        and alike(stmt.args[1], index)
    }
    for i in range(len(body) - 1, -1, -1):
        stmt = body[i]
        if not (items | {xs}) & set(free_in_stmt(stmt)):
            continue
        if not isinstance(stmt, Apply) or stmt.op is not operator.getitem:
            return False
        whole, at = stmt.args
        if whole in items and isinstance(at, Const) and at.value == -1:
            body[i] = replace(stmt, op=list.pop, args=(whole,))
            return True
        return False
    return False

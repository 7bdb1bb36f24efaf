"""Arrays in lists that nobody else has are added to in place.

::

    hs_bar = list(2 * H)                         hs_bar = list(2 * H)
    hs_bar[-1] = hs_bar[-1] + h_bar * a    ->    hs_bar[-1] += h_bar * a

What is in a list is often somebody else's too: the rows of an argument, of another cotangent, of
an array that was broadcast, or one array many times.  So everything that may share memory with the
list is looked at: each array that gets into a list must have been allocated for that alone, may get
there once, and whatever reads it must be done before something is added to it.  What is not known
to be so stays an assignment.  The program is one whose lists are objects (:mod:`.mutation`).
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory, is_fresh, memory_of
from srcgrad.backend.effects import SAVED, may_alias, survey
from srcgrad.ir import lists
from srcgrad.ir.nodes import Apply, Block, Define, For, Function, If, Stmt, Store, Var, While
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Array, ListOf, Scalar, Size, dtype_of, number_of
from srcgrad.ir.walk import (
    alike,
    blocks,
    count_uses,
    free_in_stmt,
    params_of,
    statements,
    targets,
    used,
    variables,
)
from srcgrad.specialise.builder import type_of

_NEW_ROWS = frozenset(
    [lists.list_zeros, lists.zeros_of_length, lists.list_sum, lists.list_copied, lists.list_blank]
)
"""The operations that give a list with memory of its own."""
_ENTRANCES = frozenset([lists.as_list, lists.list_rows, lists.list_split])
"""The operations that give a list of what they are given first."""
_VIEWS = (Memory.VIEW, Memory.MAYBE_VIEW)


def add_to_elements(function: Function) -> Function:
    """``function`` with sums into elements of lists that nobody else has as ``+=``."""
    found = list(_sums(function.body))
    if not found:
        return function
    survey_ = _Survey(function, found)
    own = {total.store: total for total in found if survey_.is_own(total.store.buffer)}
    if not own:
        return function
    facts = _Facts(count_uses(function), MemoryClasses(function.body))
    return replace(function, body=_rewritten(function.body, own, facts))


@dataclass(frozen=True)
class _Sum:
    """``xs[i] = xs[i] + v``: three statements, one after the other."""

    have: Apply
    total: Apply
    store: Store


def _sums(block: Block) -> Iterator[_Sum]:
    """The sums of cotangents into elements of lists."""
    for position, stmt in enumerate(block.body):
        for inner in blocks(stmt):
            yield from _sums(inner)
        if isinstance(stmt, Store) and isinstance(stmt.buffer.type, ListOf) and position > 1:
            found = _sum(block.body[position - 2], block.body[position - 1], stmt)
            if found is not None:
                yield found


def _sum(have: Stmt, total: Stmt, store: Store) -> _Sum | None:
    if not isinstance(have, Apply) or have.op is not operator.getitem:
        return None
    if not isinstance(total, Apply) or total.op not in (operator.add, operator.sub):
        return None
    reads_it = have.args[0] is store.buffer and store.index is not None
    if not reads_it or not alike(have.args[1], store.index):
        return None
    first, second = total.args
    if first is not have.target or second is first or store.value is not total.target:
        return None
    type_ = have.target.type
    is_array = isinstance(type_, Array) and type_.ndim > 0
    one = isinstance(number_of(type_of(have.args[1])), Scalar | Size)
    same = dtype_of(type_) == dtype_of(total.target.type)
    return _Sum(have, total, store) if is_array and one and same and store.loc.adjoint else None


@dataclass(frozen=True)
class _Facts:
    """How often each variable is read, and which may share memory."""

    uses: Counter[Var]
    memory: MemoryClasses


def _rewritten(block: Block, own: dict[Store, _Sum], facts: _Facts) -> Block:
    body: list[Stmt] = []
    for stmt in block.body:
        total = own.get(stmt) if isinstance(stmt, Store) else None
        if total is None:
            body.append(_inside(stmt, own, facts))
            continue
        del body[-2:]
        if _element_wise(body, total, facts):
            continue
        value = total.total.args[1]
        if total.total.op is operator.sub:
            negative = Var("", total.total.target.type)
            body.append(Apply(negative, operator.neg, (value,), (), stmt.loc))
            value = negative
        body.append(replace(total.store, value=value, accumulate=True))
    return replace(block, body=tuple(body))


def _inside(stmt: Stmt, own: dict[Store, _Sum], facts: _Facts) -> Stmt:
    match stmt:
        case If():
            then, orelse = _rewritten(stmt.then, own, facts), _rewritten(stmt.orelse, own, facts)
            return replace(stmt, then=then, orelse=orelse)
        case For():
            return replace(stmt, body=_rewritten(stmt.body, own, facts))
        case While():
            cond, body = _rewritten(stmt.cond, own, facts), _rewritten(stmt.body, own, facts)
            return replace(stmt, cond=cond, body=body)
        case Define():
            inner = _rewritten(stmt.function.body, own, facts)
            return replace(stmt, function=replace(stmt.function, body=inner))
        case _:
            return stmt


def _element_wise(body: list[Stmt], total: _Sum, facts: _Facts) -> bool:
    """Adds to the element itself what was collected in zeros to be added to it; whether it could.

    ::

        part = np.zeros_like(x)
        part[i] = v                ->    hs_bar[k][i] += v
        hs_bar[k] += part
    """
    part, bars, index = total.total.args[1], total.store.buffer, total.store.index
    first = next((i for i, s in enumerate(body) if isinstance(s, Apply) and s.target is part), None)
    if first is None or not isinstance(part, Var) or total.total.op is not operator.add:
        return False
    zeros, between = body[first], body[first + 1 :]
    assert isinstance(zeros, Apply)
    stores = [s for s in statements(between) if isinstance(s, Store) and s.buffer is part]
    is_same = dtype_of(part.type) == dtype_of(total.have.target.type)
    if zeros.op is not np.zeros_like or not is_same or facts.uses[part] != len(stores) + 1:
        return False
    read = {var for s in between for var in free_in_stmt(s)}
    if index is None or any(facts.memory.may_share(var, bars) for var in read if has_memory(var)):
        return False  # what was taken out of the list, say
    if any(var in targets(s) for s in between for var in (bars, *variables(index))):
        return False
    if any(not s.accumulate and s is not between[0] for s in stores):
        return False  # more than the first one assigns
    body[first] = replace(zeros, op=operator.getitem, args=(bars, index), kwargs=())
    body[first + 1 :] = [_adding(s, part) for s in between]
    return True


def _adding(stmt: Stmt, part: Var) -> Stmt:
    if isinstance(stmt, Store) and stmt.buffer is part:
        return replace(stmt, accumulate=True)
    return stmt


# --- who has what -------------------------------------------------------------------------------


@dataclass
class _Region:
    """What is known of variables that may share memory."""

    members: list[Var] = field(default_factory=list)
    sums: list[Store] = field(default_factory=list)


class _Survey:
    """Which lists hold arrays that nobody else has."""

    def __init__(self, function: Function, sums: list[_Sum]) -> None:
        self.effects = survey(function)
        self.regions: dict[object, _Region] = {}
        self.definitions: dict[Var, Stmt] = {}
        self.home: dict[Var, tuple[Block, int]] = {}
        """The block in which a variable is defined, and where."""
        self.last: dict[Var, int] = {}
        """Where in that block it is read last."""
        self.carried: set[Var] = set()
        """What loops and branches hand on."""
        self.escaping: set[Var] = set()
        """What leaves a function, or gets into one by its closure."""
        self.readers: dict[Var, list[Apply | Store]] = {}
        self.verdicts: dict[object, bool] = {}
        for var in params_of(function):
            self._member(var)
        self._visit(function.body, escapes=True)
        for found in sums:
            self.regions[self._region(found.store.buffer)].sums.append(found.store)

    def _region(self, var: Var) -> object:
        return self.effects.regions.find(var)

    def _member(self, var: Var) -> None:
        if may_alias(var):
            self.regions.setdefault(self._region(var), _Region()).members.append(var)

    def _visit(self, block: Block, escapes: bool = False) -> None:
        for var in block.params:
            self._member(var)
        for index, stmt in enumerate(block.body):
            for var in targets(stmt):
                self.definitions[var], self.home[var] = stmt, (block, index)
                self._member(var)
            for var in free_in_stmt(stmt):
                if var in self.home and self.home[var][0] is block:
                    self.last[var] = index
            self._statement(stmt)
        for result in block.results:
            (self.escaping if escapes else self.carried).update(variables(result))

    def _statement(self, stmt: Stmt) -> None:
        match stmt:
            case Apply() | Store():
                for var in used(stmt):
                    self.readers.setdefault(var, []).append(stmt)
            case If():
                self.carried.update(stmt.targets)
            case For() | While():
                self.carried.update(stmt.targets)
                self.carried.update(var for first in stmt.init for var in variables(first))
                params = (*stmt.body.params, *(() if isinstance(stmt, For) else stmt.cond.params))
                self.carried.update(params)
            case Define():
                self.escaping.update(free_in_stmt(stmt), params_of(stmt.function))
                for var in params_of(stmt.function):
                    self._member(var)
            case _:
                self.escaping.update(used(stmt))
        for inner in blocks(stmt):
            self._visit(inner, escapes=isinstance(stmt, Define))

    def is_own(self, xs: Var) -> bool:
        """Whether the arrays in ``xs`` are only there, and nobody reads them after a sum."""
        key = self._region(xs)
        if key not in self.verdicts:
            region = self.regions[key]
            known = key is not self.effects.regions.find(SAVED)
            self.verdicts[key] = known and all(self._fits(v, region) for v in region.members)
        return self.verdicts[key]

    def _fits(self, var: Var, region: _Region) -> bool:
        """Whether what gives ``var`` and what reads it leaves the rows of lists to the lists."""
        if var in self.escaping:
            return False
        if not all(self._may_read(reader, var) for reader in self.readers.get(var, ())):
            return False
        stmt = self.definitions.get(var)
        if isinstance(var.type, ListOf):
            return self._gives_list(stmt) if isinstance(stmt, Apply) else var in self.carried
        if not isinstance(stmt, Apply) or var in self.carried:
            return False
        if stmt.op is list.append:
            return True  # what it gives is nothing; what it appends is seen to where it is read
        return self._gives_array(stmt) and not self._is_late(var, region)

    def _gives_list(self, stmt: Apply) -> bool:
        """Whether an operation gives a list of arrays that are not in another list."""
        return stmt.op in _NEW_ROWS or stmt.op in _ENTRANCES

    def _gives_array(self, stmt: Apply) -> bool:
        """Whether an operation gives memory of its own, or a view of it that can be written."""
        is_row = stmt.op in (operator.getitem, list.pop)
        if is_row and isinstance(type_of(stmt.args[0]), ListOf):
            return isinstance(stmt.target.type, Array)
        is_view = stmt.op in OPS and memory_of(stmt) in (*_VIEWS, Memory.LOCKED)
        return is_fresh(stmt) or is_view

    def _may_read(self, stmt: Apply | Store, var: Var) -> bool:
        """Whether ``stmt`` keeps nothing of ``var``, or keeps an array that is free to be kept."""
        if isinstance(stmt, Store):
            if stmt.value is var and isinstance(stmt.buffer.type, ListOf):
                return self._is_free(var, stmt)
            return stmt.value is var or stmt.buffer is var
        if stmt.op in _ENTRANCES and _enters(stmt, var):
            return self._is_free(var, stmt)
        if stmt.op is list.append:
            receiver, item = stmt.args
            if not isinstance(type_of(receiver), ListOf):
                return False
            return item is not var or self._is_free(var, stmt)
        if isinstance(var.type, ListOf):
            by_one = not isinstance(stmt.target.type, ListOf)
            reads = is_fresh(stmt) or stmt.op in (operator.getitem, list.pop)
            return stmt.op in _NEW_ROWS or stmt.op in _ENTRANCES or (by_one and reads)
        return not may_alias(stmt.target) or self._gives_array(stmt)

    def _is_free(self, var: Var, taker: Apply | Store) -> bool:
        """Whether ``taker`` may have an array for itself: it was allocated here, and in this trip,
        and neither another list nor another view has it."""
        stmt = self.definitions.get(var)
        if not isinstance(stmt, Apply) or not self._is_beside(stmt, taker):
            return False
        if sum(self._keeps(reader, var) for reader in self.readers[var]) != 1:
            return False
        if is_fresh(stmt):
            return isinstance(var.type, Array)
        whole = stmt.args[0] if stmt.args else None
        is_view = stmt.op in OPS and memory_of(stmt) in _VIEWS
        if not is_view or not isinstance(whole, Var) or isinstance(whole.type, ListOf):
            return False
        return self._is_free(whole, stmt)

    def _is_beside(self, stmt: Apply, other: Apply | Store) -> bool:
        """Whether two statements are in one block."""
        block, _ = self.home[stmt.target]
        if isinstance(other, Apply):
            return self.home[other.target][0] is block
        return other in block.body

    def _keeps(self, stmt: Apply | Store, var: Var) -> int:
        """How often a statement leaves ``var`` in a list or a view."""
        if isinstance(stmt, Store):
            return isinstance(stmt.buffer.type, ListOf) and stmt.value is var
        if stmt.op in _ENTRANCES or stmt.op is list.append:
            return sum(v is var for operand in stmt.args for v in variables(operand))
        return may_alias(stmt.target) and not is_fresh(stmt)

    def _is_late(self, var: Var, region: _Region) -> bool:
        """Whether something is added to a list while ``var``, which may be in it, is still read."""
        if self._is_taken_out(var):
            return False
        block, first = self.home[var]
        last = self.last.get(var, first)
        between = block.body[first + 1 : last + (1 if blocks(block.body[last]) else 0)]
        return any(total in region.sums for stmt in between for total in _with_inner(stmt))

    def _is_taken_out(self, var: Var) -> bool:
        """Whether ``var`` is what was taken off a list, or a view of that: it is in no list."""
        stmt = self.definitions.get(var)
        if not isinstance(stmt, Apply) or is_fresh(stmt) or not stmt.args:
            return False
        whole = stmt.args[0]
        if not isinstance(whole, Var) or isinstance(whole.type, ListOf):
            return stmt.op is list.pop
        return self._is_taken_out(whole)


def _enters(stmt: Apply, var: Var) -> bool:
    return any(v is var for v in variables(stmt.args[0]))


def _with_inner(stmt: Stmt) -> Iterator[Stmt]:
    """A statement and all that are inside it."""
    yield stmt
    for block in blocks(stmt):
        yield from statements(block.body)

"""An array that nobody else has any more is updated where it is.

::

    for _ in range(n):                        for _ in range(n):
        d_bar = w_bar.dot(X.T)                    d_bar = w_bar.dot(X.T)
        w_bar = w_bar + d_bar.dot(X)    ->        w_bar += d_bar.dot(X)
        u_bar = 0.5 * u_bar                       u_bar *= 0.5

A cotangent may be carried by loops and given by branches; all the variables that may share memory
with it make a class.  Each array in it must have been allocated by the function itself, for nothing
else, and where it is updated no other variable of the class may be read later on.  For the same
reason it need not be copied before it is returned.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from srcgrad.analysis.apart import Apart
from srcgrad.analysis.memory import MemoryClasses, is_fresh, memory_of, passing
from srcgrad.analysis.steady import Site, out_of_sight, sites_of
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    Operand,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array, Scalar, number_of
from srcgrad.ir.walk import (
    blocks,
    count_uses,
    free_in_block,
    free_in_stmt,
    params_of,
    statements,
    targets,
    variables,
)
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.invariant import drop_invariants


def update_in_place(function: Function) -> Function:
    """``function`` with sums and multiples of what nobody else has as ``+=`` and ``*=``."""
    found = list(_updates(function))
    if not found:
        return function
    owned = _Owned(function)
    own = owned.possible(found)
    if not own:
        return function

    def step(program: Rewriting, stmt: Stmt) -> None:
        update = own.get(stmt.target) if isinstance(stmt, Apply) else None
        if update is None or not isinstance(stmt, Apply):
            program.keep(stmt)
            return
        old = program.operand(update.old)
        assert isinstance(old, Var)
        if stmt.op in (operator.add, operator.sub):
            value = program.operand(update.term)
            if stmt.op is operator.sub:
                value = program.builder.apply(operator.neg, (value,), (), stmt.loc)
            program.keep(Store(old, None, value, True, stmt.loc))
        elif owned.has_own_name(update):
            program.keep(Apply(stmt.target, intrinsics.taken, (old,), (), stmt.loc))
            return
        elif stmt.op is not np.ndarray.copy:
            value = program.builder.apply(stmt.op, stmt.args, (), stmt.loc)
            program.keep(Store(old, None, value, False, stmt.loc))
        program.rename(stmt.target, old)

    return drop_invariants(rewrite(function, step))


@dataclass(frozen=True)
class _Update:
    """What becomes an update of ``old``: the sum of it and ``term``, a multiple or a copy."""

    stmt: Apply
    old: Var
    term: Operand
    site: Site


def _updates(function: Function) -> Iterator[_Update]:
    """What may become an update, as far as the operation tells."""
    for stmt, site in sites_of(function.body):
        if not isinstance(stmt, Apply) or not stmt.loc.adjoint:
            continue
        for old, term in _operands(stmt):
            if isinstance(old, Var) and _are_alike(old, stmt):
                yield _Update(stmt, old, term, site)


def _operands(stmt: Apply) -> Iterator[tuple[Operand, Operand]]:
    """What an operation may update, and with what."""
    op, args = stmt.op, stmt.args
    if op is np.ndarray.copy and len(args) == 1 and not stmt.kwargs:
        yield args[0], Const(None)
    elif op in (operator.add, operator.sub) and args[0] is not args[1]:
        yield args[0], args[1]
        if op is operator.add:
            yield args[1], args[0]
    elif op in (operator.mul, operator.truediv) and _is_number(args[1]):
        yield args[0], args[1]
    elif op is operator.mul and _is_number(args[0]):
        yield args[1], args[0]


def _is_number(operand: Operand) -> bool:
    return isinstance(number_of(type_of(operand)), Scalar)


def _are_alike(old: Var, stmt: Apply) -> bool:
    """Whether what an operation gives has the dtype and the shape of an array, as its type says."""
    have, made = old.type, stmt.target.type
    if not isinstance(have, Array) or not isinstance(made, Array) or not have.ndim:
        return False
    if have.dtype != made.dtype or not have.is_like or have.instead is not None:
        return False
    # The copy that is returned has the lengths of what it copies, whatever each of them is called.
    return stmt.op is np.ndarray.copy or (have.dims == made.dims and None not in have.dims)


class _Owned:
    """Which arrays of a function nobody else has, if some of its operations are updates."""

    def __init__(self, function: Function) -> None:
        self.definitions: dict[Var, Stmt] = {}
        self.sources: dict[Var, list[Operand]] = {}
        """What a variable of a loop or a branch may have been."""
        self.becomes: dict[Var, Var] = {}
        """The other way round."""
        self.scopes: dict[Var, Define | None] = {}
        """The innermost nested function in which a variable is defined."""
        self.stored = {b for s in statements(function.body.body) for b in stored_by(s)}
        self.uses = count_uses(function)
        self.returned = {v for result in function.body.results for v in variables(result)}
        self.function = function
        self.outside = out_of_sight(function)
        self.memory = MemoryClasses(function.body)
        self._scan(function.body, None)

    def _scan(self, block: Block, scope: Define | None) -> None:
        self.scopes.update(dict.fromkeys(block.params, scope))
        for stmt in block.body:
            for var in targets(stmt):
                self.definitions[var], self.scopes[var] = stmt, scope
            for into, operand in passing(stmt):
                if not isinstance(stmt, Apply) and isinstance(into, Var):
                    self.sources.setdefault(into, []).append(operand)
                    self.becomes.update((var, into) for var in variables(operand))
            if isinstance(stmt, Define):
                self.outside.update(params_of(stmt.function))
                results = stmt.function.body.results
                self.returned.update(v for result in results for v in variables(result))
            for inner in blocks(stmt):
                self._scan(inner, stmt if isinstance(stmt, Define) else scope)

    # --- what reads well ------------------------------------------------------------------------

    def reads_well(self, update: _Update) -> bool:
        """Whether a reader would take the new value for that of the old variable."""
        old, new, op = update.old, update.stmt.target, update.stmt.op
        if op is np.ndarray.copy:
            return True  # it may have a name of its own
        if self._name(new) != _name(old):
            return False
        if self.memory.may_share(old, new):  # as `w_bar = w_bar + v` at the end of a trip
            return True
        is_sum = op in (operator.add, operator.sub)
        is_named = bool(self._name(old)) and self._is_line(old) and self._is_line(new)
        return is_sum and is_named

    def has_own_name(self, update: _Update) -> bool:
        """Whether a copy gets another name for the old variable, as `a_bar = u_bar`."""
        new = update.stmt.target
        is_copy = update.stmt.op is np.ndarray.copy and new not in self.returned
        return is_copy and _name(new) not in ("", _name(update.old))

    def _name(self, var: Var) -> str:
        """What a variable is going to be called, or the one that it becomes."""
        into = self.becomes.get(var)
        return _name(var) or (_name(into) if into is not None else "")

    def _is_line(self, var: Var) -> bool:
        """Whether a variable is surely printed as one, rather than where it is used."""
        return self.uses[var] > 1 or bool(var.name) or var in self.stored or var in self.sources

    # --- what is right --------------------------------------------------------------------------

    def possible(self, found: list[_Update]) -> dict[Var, _Update]:
        """Those of ``found`` that may be updates, all of them together."""
        found = [update for update in found if self.reads_well(update)]
        found = [update for update in found if self._is_own(update.old)]
        found = list({update.stmt: update for update in reversed(found)}.values())
        while True:
            memory = MemoryClasses(self.function.body)
            for update in found:
                memory.join(update.old, update.stmt.target)
            updated = {update.stmt.target: update.old for update in found}
            apart = Apart(self.function, memory, updated)
            left = [update for update in found if self._is_free(update, memory, apart)]
            if len(left) == len(found):
                return {update.stmt.target: update for update in found}
            found = left

    def _is_own(self, old: Operand) -> bool:
        """Whether the function allocates what is in ``old`` on every path, and all of it."""
        seen: set[Operand] = set()
        waiting = [old]
        while waiting:
            var = waiting.pop()
            if var in seen:
                continue
            seen.add(var)
            if not isinstance(var, Var):
                return False
            stmt = self.definitions.get(var)
            if var in self.sources:
                waiting.extend(self.sources[var])
            elif isinstance(stmt, Apply) and stmt.op is intrinsics.taken:
                waiting.append(stmt.args[0])
            elif not (isinstance(stmt, Apply) and is_fresh(stmt) and stmt.loc.adjoint):
                return False
        return True

    def _is_free(self, update: _Update, memory: MemoryClasses, apart: Apart) -> bool:
        """Whether no other variable that may show what is updated is read later on."""
        old, new = update.old, update.stmt.target
        scope = self.scopes[new]
        for member in memory.members(old):
            if not isinstance(member.type, Array) or not member.type.ndim:
                return False  # lists and objects keep what they are given
            if member in self.outside or self.scopes.get(member) is not scope:
                return False
            made = self.definitions.get(member)
            if isinstance(made, Apply) and memory_of(made) in (Memory.MAYBE_VIEW, Memory.ANY):
                return False
        later = _live_after(update.site)
        return not any(v is not new and apart.may_be_one(v, old) for v in later)


def _name(var: Var) -> str:
    return var.name or var.hint


def _live_after(site: Site) -> set[Var]:
    """The variables that have a value after the statement at a site, and are read later on."""
    found: set[Var] = set()
    inner: Block | None = None
    for level in (site, *reversed(site.around)):
        block = level.block
        owner = block.body[level.position]
        live = {var for result in block.results for var in variables(result)}
        for stmt in reversed(block.body[level.position + 1 :]):
            live.difference_update(targets(stmt))
            live.update(free_in_stmt(stmt))
        if inner is not None:
            live.difference_update(targets(owner))
            if isinstance(owner, For | While):  # in the next trip
                live.update(var for each in blocks(owner) for var in free_in_block(each))
        found |= live
        inner = block
    return found

"""Who else holds an array: whether it may be handed out, or written to, without a copy."""

from __future__ import annotations

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, is_fresh
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Define,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Scalar, number_of
from srcgrad.ir.walk import blocks, free_in_stmt, statements, targets, used, variables
from srcgrad.specialise.builder import type_of
from srcgrad.transform.simplify.dead import is_pure

_WHOLE = frozenset(
    (
        np.ndarray.T,
        np.ndarray.reshape,
        np.reshape,
        np.ndarray.ravel,
        np.ravel,
        np.ndarray.transpose,
        np.transpose,
        np.ndarray.swapaxes,
        np.swapaxes,
        np.moveaxis,
        intrinsics.shaped,
        intrinsics.of_shape,
    )
)
"""Operations that show all of an array."""


def _allocates(stmt: Apply) -> bool:
    """Whether an operation's result is memory that nothing else has."""
    if stmt.op in (intrinsics.own_cotangent, intrinsics.copied):
        return True
    if stmt.op is intrinsics.expand:  # of a number: it becomes `np.full_like`
        return isinstance(number_of(type_of(stmt.args[0])), Scalar)
    return is_fresh(stmt)


class Owners:
    """The memory of a function's variables.

    ``owns(var, user)`` says that the array behind ``var`` was allocated by the function, that no
    result, save, view or closure holds it too, and that ``user`` may take it over.
    """

    def __init__(self, function: Function) -> None:
        self.definitions: dict[Var, Stmt] = {}
        self.holders: dict[Var, int] = {}
        """How many views and the like of a variable there are."""
        self.views: dict[Var, list[Var]] = {}
        self.passed: dict[Var, int] = {}
        """How often something leaves the operation that made it other than as an operand of a pure
        one: what a loop saves does, and what it hands on."""
        self.inner: dict[Var, Stmt | None] = {}
        """The innermost loop or nested function in which a variable is defined."""
        self.carrier: dict[Var, For | While] = {}
        """The loop that carries a parameter of its body."""
        self.stores: dict[Var, int] = {}
        self.given: set[Var] = set()
        """What the function, or one in it, gives, or hands to a call that may keep it."""
        self.uses: dict[Var, int] = {}
        self.place: dict[Var, int] = {}
        """Where in the program an operation stands."""
        self.last_store: dict[Var, int] = {}
        """Where a variable is stored into for the last time."""
        self.last = last_reader(function)
        self.memory = MemoryClasses(function.body)
        self._scan(function.body.body, None)
        self._count(function)
        self.taken: dict[Var, Var] = {}
        """The arrays that were taken over, each with the variable that has it since."""
        self.left: set[Var] = set()
        """Those of them that the function has allocated, each an array of its own."""
        self.origin: dict[Var, Var] = {}
        """The other way round."""

    def _scan(self, body: tuple[Stmt, ...], owner: Stmt | None) -> None:
        for stmt in body:
            for var in targets(stmt):
                self.definitions[var] = stmt
                self.inner[var] = owner
            if isinstance(stmt, For | While):
                self.carrier.update(dict.fromkeys(_carried(stmt), stmt))
            for block in blocks(stmt):
                if isinstance(stmt, For | While):
                    self.inner.update(dict.fromkeys(block.params, stmt))
                self._scan(block.body, stmt if isinstance(stmt, Define | For | While) else owner)

    def _count(self, function: Function) -> None:
        for place, stmt in enumerate(statements(function.body.body)):
            keeps = self._keeps(stmt)
            stored = stored_by(stmt)
            if isinstance(stmt, Define):
                self.given.update(free_in_stmt(stmt))
            if isinstance(stmt, Apply):
                self.place[stmt.target] = place
            for var in stored:
                self.stores[var] = self.stores.get(var, 0) + 1
                self.last_store[var] = place
            for var in used(stmt):
                self.uses[var] = self.uses.get(var, 0) + 1
                if var in stored:
                    continue  # what is stored into is not held
                if keeps:
                    assert isinstance(stmt, Apply)
                    self.holders[var] = self.holders.get(var, 0) + 1
                    self.views.setdefault(var, []).append(stmt.target)
                # A call of which nothing is known, or `obj.x = v`, may hand on what it is given.
                impure = isinstance(stmt, Apply) and not is_pure(stmt)
                if impure:
                    self.given.add(var)
                if impure or (not keeps and not isinstance(stmt, Apply | Store)):
                    self._pass(var)
            for block in blocks(stmt):
                for result in block.results:
                    for var in variables(result):
                        self.uses[var] = self.uses.get(var, 0) + 1
                        self._pass(var)
        for result in function.body.results:
            for var in variables(result):
                self._pass(var)
                self.given.add(var)

    def _pass(self, var: Var) -> None:
        self.passed[var] = self.passed.get(var, 0) + 1

    def _keeps(self, stmt: Stmt) -> bool:
        """Whether a statement's result may share memory with what it reads."""
        if not isinstance(stmt, Apply) or stmt.op is intrinsics.fresh:
            return False
        if isinstance(number_of(stmt.target.type), Scalar):
            return False
        return not _allocates(stmt)

    def owns(self, var: Var, user: Apply) -> bool:
        """Whether ``user``, a ``fresh`` operation, may take ``var`` as it is."""
        if var not in self.taken and self._is_left(var, user):
            self.left.add(var)
            self.taken[var] = user.target
            self.origin[user.target] = var
            return True
        while var in self.taken:
            var = self.taken[var]
        taker, parts = user.target, [var]
        while (whole := self._whole_behind(parts[-1])) is not None and whole not in self.taken:
            parts.append(whole)
        if not self._is_allocated(parts[-1], set()):
            return False
        for part in parts:
            if not self._may_take(part, taker, user):
                return False
            taker = part
        for part in parts:
            self.taken[part] = user.target
        self.origin[user.target] = var
        return True

    def _is_left(self, var: Var, user: Apply) -> bool:
        """Whether the function has allocated ``var`` itself, and nobody outside of it gets what may
        share memory with that, whatever names it has had: `u, w = w, u` in a loop."""
        made = self.definitions.get(var)
        if not isinstance(made, Apply) or not _allocates(made):
            return False
        if self.memory.is_written(user.target):
            return False
        if self.inner.get(var) is not None or self.inner.get(user.target) is not None:
            return False
        return not any(
            other in self.given
            or (other in self.taken and other not in self.left)
            or other not in self.inner
            or self.last_store.get(other, -1) > self.place[user.target]
            for other in self.memory.members(var)
        )

    def _may_take(self, var: Var, taker: Var, user: Apply) -> bool:
        """Whether ``user`` may have what ``var`` shows, through ``taker``."""
        if var in self.passed or self.inner.get(var) is not self.inner.get(user.target):
            return False
        if any(self._stays(view) for view in self.views.get(var, ())):
            return False
        if self._is_written_after(var, self.place[user.target]):
            return False
        return not self.memory.is_written(user.target) or self._is_done_with(var, taker)

    def _whole_behind(self, var: Var) -> Var | None:
        """The array of which ``var`` is a view that shows all of it, in another shape."""
        stmt = self.definitions.get(var)
        if not isinstance(stmt, Apply) or stmt.op not in _WHOLE or not stmt.args:
            return None
        return stmt.args[0] if isinstance(stmt.args[0], Var) else None

    def _is_done_with(self, var: Var, taker: Var) -> bool:
        """Whether nothing reads ``var``, or what it has taken over, after it was taken over."""
        while self.last.get(var) is taker and self.views.get(var, []) in ([], [taker]):
            if var not in self.origin:
                return True
            var, taker = self.origin[var], var
        return False

    def _is_written_after(self, var: Var, place: int) -> bool:
        """Whether something is stored into an array, or a view of it, behind a place."""
        if self.last_store.get(var, -1) > place:
            return True
        return any(self._is_written_after(view, place) for view in self.views.get(var, ()))

    def _stays(self, view: Var) -> bool:
        """Whether a view may be around after the operations that read it have run."""
        return view in self.passed or any(map(self._stays, self.views.get(view, ())))

    def _is_allocated(self, operand: Operand, seen: set[Var]) -> bool:
        """Whether the function allocates ``operand`` itself, on every path."""
        if not isinstance(operand, Var):
            return False
        if operand in seen:
            return True
        seen.add(operand)
        if operand in self.carrier:  # what its taker has of it does not count as a holder
            return self._comes_private(self.carrier[operand], operand, seen)
        stmt = self.definitions.get(operand)
        match stmt:
            case Apply():
                return _allocates(stmt)
            case If():
                i = stmt.targets.index(operand)
                arms = (stmt.then.results[i], stmt.orelse.results[i])
                return all(self._is_private(arm, seen) for arm in arms)
            case For() | While():
                i = stmt.targets.index(operand)
                if i >= len(stmt.init):
                    return False
                param = _carried(stmt)[i]
                seen.add(param)
                return not self.holders.get(param, 0) and self._comes_private(stmt, param, seen)
        return False

    def _comes_private(self, loop: For | While, param: Var, seen: set[Var]) -> bool:
        """Whether all that a loop carries in ``param`` is allocated here and held by it alone.

        It is not if a trip saves it, and hands it on.
        """
        if self.passed.get(param, 0) > 1:
            return False
        i = _carried(loop).index(param)
        return all(self._is_private(end, seen) for end in (loop.init[i], loop.body.results[i]))

    def _is_private(self, operand: Operand, seen: set[Var]) -> bool:
        """Whether an incoming value of a phi is allocated here and held by the phi alone."""
        if not isinstance(operand, Var) or self.holders.get(operand, 0):
            return False
        reads = self.uses.get(operand, 0) - self.stores.get(operand, 0)
        if operand not in seen and reads != 1:
            return False
        if operand in self.origin:  # nobody else may read what it has taken over, either
            return self._is_private(self.origin[operand], seen)
        return self._is_allocated(operand, seen)


def _carried(loop: For | While) -> tuple[Var, ...]:
    """The parameters of a loop's body that the loop carries from trip to trip."""
    return loop.carried if isinstance(loop, For) else loop.body.params


def last_reader(function: Function) -> dict[Var, Var | None]:
    """For each variable, the target of the last statement of its own block that reads it.

    None where that is no operation, or where the block's results read it.
    """
    found: dict[Var, Var | None] = {}

    def visit(block: Block) -> None:
        for stmt in block.body:
            if isinstance(stmt, Apply):
                found.update(dict.fromkeys(used(stmt), stmt.target))
                continue
            for inner in blocks(stmt):
                visit(inner)
            # Set last by the outermost block in which the variable is read: its own.
            found.update(dict.fromkeys(free_in_stmt(stmt)))
        for result in block.results:
            found.update(dict.fromkeys(variables(result)))

    visit(function.body)
    return found

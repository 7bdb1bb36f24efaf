"""Shadows that move with their arrays, in a pullback: they are made and moved in each of its calls.

What a function gives, and what its reverse reads, is computed in its call.  A shadow is filled by
the reverse, so that each call of the pullback has its own: it repeats of the forward sweep what
makes the shadows and hands them on, and of the rest what that costs no more than to keep::

    def f(x):                           def f_vjp(x):
        y = x                               y = x
        while len(y) > 1:                   while len(y) > 1:
            s += y[0] * y[1]     ->             y_before.append(y)
            y = y[1:]                           s, y, trips = s + y[0] * y[1], y[1:], trips + 1

                                            def pullback(s_bar):
                                                x_bar = np.zeros_like(x)
                                                y_bar = x_bar
                                                for _ in range(trips):
                                                    y_bar_before.append(y_bar)
                                                    y_bar = y_bar[1:]
                                                ...
"""

from __future__ import annotations

import operator
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.analysis.cost import is_cheap
from srcgrad.ir.nodes import Apply, Block, Const, For, If, Operand, Stmt, Try, Var, While
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import PY_INT
from srcgrad.ir.walk import (
    Copier,
    free_in_block,
    map_operands,
    statements,
    substitute,
    targets,
    used,
    variables,
)
from srcgrad.transform.cotangents import twin
from srcgrad.transform.once import Keeping, Parted, reading, with_depths
from srcgrad.transform.simplify.dead import remove_dead_in

if TYPE_CHECKING:
    from srcgrad.transform.reverse import Adjoint


def can_move_again(body: tuple[Stmt, ...]) -> bool:
    """Whether the shadows of a program can be made and moved again without the program."""
    return not any(
        isinstance(stmt, Try) or (isinstance(stmt, Apply) and isinstance(stmt.op, Recursive))
        for stmt in statements(body)
    )


def move_again(
    adjoint: Adjoint, backward: Block, results: tuple[Operand, Operand | None]
) -> Parted:
    """The forward sweep of a program that writes nothing, without the shadows that move in it, and
    a pullback that makes them itself.

    Parameters
    ----------
    adjoint : Adjoint
        The reversed program.
    backward : Block
        Its reverse.
    results : operands
        What the call gives.
    """
    forward = Block((), adjoint.forward, ())
    again = _Again(forward, adjoint.shadows, adjoint.trips)
    lean = again.pullback(forward, backward)
    wanted = {var: var for var in free_in_block(lean) if var in again.depths}
    saving, found = Keeping(wanted, again.counted, None).block(forward)
    read = (*(each for each in results if each is not None), *found.values())
    first = remove_dead_in(replace(saving, results=read))
    copier = Copier({})
    called = tuple(map(copier.stmt, first.body))
    kept = {name: copier.operand(var) for name, var in found.items()}
    return Parted(called, copier, reading(lean, again.depths, kept, 0))


class _Again:
    """What a pullback repeats of a forward sweep for the shadows that move in it.

    Attributes
    ----------
    depths : dict of Var to int
        What the pullback may read of the first sweep, each with how many loops are around it.
    counted : dict of Stmt to Var
        The loops that are yet to count their trips.
    """

    def __init__(self, forward: Block, shadows: Iterable[Var], trips: Container[Var]) -> None:
        self._moved = _moved(forward, shadows)
        self._trips: dict[Stmt, Var] = {}
        self.counted: dict[Stmt, Var] = {}
        self._renamed: dict[Var, Operand] = {}
        self.depths = {
            var: depth
            for stmt, depth in with_depths(forward, 0)
            for var in targets(stmt)
            if var not in self._moved
        }
        for stmt, depth in with_depths(forward, 0):
            if not isinstance(stmt, For | While) or (isinstance(stmt, For) and not stmt.exits):
                continue
            count = next((var for var in stmt.targets if var in trips), None)
            if count is None:
                count = self.counted[stmt] = Var("trips", PY_INT)
                self.depths[count] = depth
            self._trips[stmt] = count

    def pullback(self, forward: Block, backward: Block) -> Block:
        """``backward``, after what moves the shadows."""
        body = (*self._block(forward).body, *backward.body)
        return remove_dead_in(substitute(replace(backward, body=body), self._renamed))

    def _block(self, block: Block) -> Block:
        return replace(block, body=tuple(new for stmt in block.body for new in self._stmt(stmt)))

    def _stmt(self, stmt: Stmt) -> Iterator[Stmt]:
        if isinstance(stmt, Apply):
            if stmt.target in self._moved or is_cheap(stmt):
                yield stmt
        elif not self._moves_in(stmt):
            pass  # the first sweep has kept what is read of it
        elif isinstance(stmt, If):
            yield from self._branch(stmt)
        elif isinstance(stmt, For | While):
            yield from self._loop(stmt)

    def _moves_in(self, stmt: Stmt) -> bool:
        return any(not self._moved.isdisjoint(targets(each)) for each in statements((stmt,)))

    def _branch(self, stmt: If) -> Iterator[Stmt]:
        """A branch that gives shadows alone; where one of its arms raises, the other arm."""
        then, orelse = self._block(stmt.then), self._block(stmt.orelse)
        if then.diverges or orelse.diverges:
            taken = orelse if then.diverges else then
            yield from taken.body
            for target, result in zip(stmt.targets, taken.results, strict=True):
                if target in self._moved:
                    (self._renamed[target],) = map_operands((result,), self._name)
            return
        places = [i for i, target in enumerate(stmt.targets) if target in self._moved]
        then, orelse = (
            replace(arm, results=tuple(arm.results[i] for i in places)) for arm in (then, orelse)
        )
        shadows = tuple(stmt.targets[i] for i in places)
        yield If(shadows, stmt.cond, then, orelse, stmt.loc)

    def _name(self, var: Var) -> Operand:
        return self._renamed.get(var, var)

    def _loop(self, stmt: For | While) -> Iterator[Stmt]:
        """A loop of as many trips as the first sweep has made, in which the rest is dead."""
        body, loc = self._block(stmt.body), stmt.loc
        targets_ = tuple(t if t in self._moved else twin(t) for t in stmt.targets)
        if isinstance(stmt, For) and not stmt.exits:
            yield replace(stmt, targets=targets_, body=body)
            return
        trips = self._trips[stmt]
        span: tuple[Operand, Operand, Operand] = (Const(0), trips, Const(1))
        if isinstance(stmt, While):
            body = replace(body, params=(Var("", PY_INT), *body.params))
        else:
            count, stop = Var("", PY_INT), Var("", PY_INT)
            yield Apply(count, operator.mul, (trips, stmt.step), (), loc)
            yield Apply(stop, operator.add, (stmt.start, count), (), loc)
            span = (stmt.start, stop, stmt.step)
        stacks = stmt.stacks if isinstance(stmt, For) else ()
        backward = isinstance(stmt, For) and stmt.backward
        yield For(targets_, *span, backward, stmt.init, stacks, body, loc)


def _moved(body: Block, shadows: Iterable[Var]) -> set[Var]:
    """The variables that are ``shadows``, or come of them."""
    found = set(shadows)
    before = -1
    while len(found) > before:
        before = len(found)
        for stmt in statements(body.body):
            found.update(_coming_of(stmt, found))
    return found


def _coming_of(stmt: Stmt, found: set[Var]) -> Iterator[Var]:
    """What a statement makes of what is ``found``."""

    def is_found(operand: Operand) -> bool:
        return any(var in found for var in variables(operand))

    if isinstance(stmt, Apply):
        if any(var in found for var in used(stmt)):
            yield stmt.target
    elif isinstance(stmt, If):
        for arm in (stmt.then, stmt.orelse):
            yield from (t for t, r in zip(stmt.targets, arm.results, strict=False) if is_found(r))
    elif isinstance(stmt, For | While):
        results = stmt.body.results
        yield from (t for t, r in zip(stmt.targets, results, strict=True) if is_found(r))
        rows = zip(stmt.carried, stmt.init, results, strict=False)
        yield from (p for p, first, last in rows if is_found(first) or is_found(last))

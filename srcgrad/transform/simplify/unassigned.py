"""What reads a name that nothing has assigned raises, also where ``None`` stands for that value.

::

    j = None                              j = None
    for i in range(n):                    for i in range(n):
        if x[i] > 1: j = i                    if x[i] > 1: j = i
    s = x[j]                      ->      if j is None:
                                              raise UnboundLocalError("cannot access ...")
                                          s = x[j]

Arithmetic raises with ``None`` as it is.  An index, a function of NumPy's that takes anything, a
comparison and a condition would go on with it.  Nothing is asked where a condition tells that it
was assigned, as a flag does that says how a loop was left (:mod:`srcgrad.analysis.assigned`).
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from srcgrad.analysis.absent import is_never_none, ways_into
from srcgrad.analysis.assigned import Assigned, Known
from srcgrad.errors import UNBOUND
from srcgrad.ir.nodes import (
    NOTHING,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Raise,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.recursion import InPlace, Pulled, Recursive
from srcgrad.ir.types import PY_BOOL, Object
from srcgrad.ir.walk import (
    changed,
    map_blocks,
    operands,
    same_or,
    statements,
    targets,
    variables,
)
from srcgrad.transform.simplify.names_read import answered_in, is_question, without_questions
from srcgrad.transform.simplify.undefined import COLLECTING, settle_undefined


def raise_unassigned(function: Function) -> Function:
    """``function`` which asks whether a variable is there before it is read by what would not
    find out."""
    absent = replaced(function)
    if not any(map(_is_never_none, absent)):
        return without_questions(function)
    return changed(function, body=_Asking(function, absent).block(function.body, frozenset(), ()))


class _Asking:
    """Puts questions for variables that may be ``absent`` before what reads them."""

    def __init__(self, function: Function, absent: set[Var]) -> None:
        self.absent = set(filter(_is_never_none, absent))
        self.assigned = Assigned(function.body, absent)
        every = statements(function.body.body) if self.absent else ()
        self.read_before = {_place(s) for s in every if not s.loc.adjoint and _is_indexing(s)}
        """Where the function reads or writes by index: its reverse does so with the same index."""

    def block(self, block: Block, known: frozenset[Var], around: tuple[Known, ...]) -> Block:
        """``block``, ``around`` which some conditions are known, and some variables ``known`` to be
        there."""
        body: list[Stmt] = []
        for stmt in block.body:
            if is_question(stmt):
                var, error, text = stmt.args
                if var in self.absent and var not in known:
                    assert isinstance(var, Var)
                    assert isinstance(error, Const)
                    assert isinstance(text, Const)
                    if not any(self.assigned.where(each, var) for each in around):
                        body.extend(_question(var, stmt, error.value, text.value))
                    known |= {var}
                continue
            again = stmt.loc.adjoint and _place(stmt) in self.read_before
            for var in () if again else dict.fromkeys(_read(stmt)):
                if var not in self.absent or var in known:
                    continue
                if not any(self.assigned.where(each, var) for each in around):
                    body.extend(_question(var, stmt))
                known |= {var}
            if isinstance(stmt, If):
                then, orelse = (
                    self.block(arm, known, (*around, (stmt.cond, is_then)))
                    for arm, is_then in ((stmt.then, True), (stmt.orelse, False))
                )
                body.append(changed(stmt, then=then, orelse=orelse))
                if stmt.then.diverges is not stmt.orelse.diverges:
                    around = (*around, (stmt.cond, stmt.orelse.diverges))
            else:
                inside = known | self._carried_on(stmt, known)
                body.append(map_blocks(stmt, partial(self.block, known=inside, around=around)))
                known |= inside.intersection(targets(stmt))
        return changed(block, body=same_or(block.body, body))

    def _carried_on(self, stmt: Stmt, known: frozenset[Var]) -> frozenset[Var]:
        """What a loop carries, and gives, that was ``known`` to be there before it, and that each
        trip gives anew or hands on."""
        if not isinstance(stmt, For | While):
            return frozenset()
        inside = zip(*_carrying(stmt), strict=True)
        rows = zip(inside, stmt.targets, stmt.init, stmt.body.results, strict=False)
        return frozenset(
            each
            for params, target, first, last in rows
            if first in known and (last in params or last not in self.absent)
            for each in (*params, target)
        )


def _carrying(stmt: For | While) -> tuple[tuple[Var, ...], ...]:
    """The parameters of a loop's blocks that carry something."""
    return (stmt.carried, stmt.cond.params) if isinstance(stmt, While) else (stmt.carried,)


def drop_answered(function: Function) -> Function:
    """``function`` without the questions for names that it reads anyway, where nothing stands for
    one that has no value, so that reading it raises."""
    answered = answered_in(function)
    while answered:
        left = without_questions(function, answered)
        standing = replaced(settle_undefined(left))
        wrong = {stmt for stmt in answered if stmt.args[0] in standing}
        if not wrong:
            return left
        answered -= wrong
    return function


def replaced(function: Function) -> set[Var]:
    """The variables that are ``None`` on some way on which nothing has assigned them."""
    found: set[Var] = set()
    leads: dict[Var, list[Var]] = {}
    for stmt in statements(function.body.body):
        tested: Iterable[tuple[Var, Operand]] = ()
        if isinstance(stmt, While):  # what its condition reads is what a trip begins with
            tested = zip(stmt.cond.params, stmt.carried, strict=True)
        for target, source in (*ways_into(stmt), *tested):
            if source is NOTHING:
                found.add(target)
            elif isinstance(source, Var):
                leads.setdefault(source, []).append(target)
    waiting = list(found)
    while waiting:
        new = [target for target in leads.get(waiting.pop(), ()) if target not in found]
        found.update(new)
        waiting.extend(new)
    return found


def _is_never_none(var: Var) -> bool:
    """Whether a variable of the program is ``None`` only where nothing has assigned it."""
    return bool(var.name) and is_never_none(var.type)


def _read(stmt: Stmt) -> Iterator[Var]:
    """What a statement reads and would not find out about: of the reverse, what is an index."""
    if isinstance(stmt, Store) and stmt.index is not None:
        yield from variables(stmt.index)
    elif isinstance(stmt, Apply) and stmt.op is operator.getitem:
        yield from variables(stmt.args[1])
    elif stmt.loc.adjoint:
        return
    elif isinstance(stmt, If) and isinstance(stmt.cond, Var):
        yield stmt.cond
    elif isinstance(stmt, Apply) and not _goes_on(stmt.op):
        yield from (var for operand in operands(stmt) for var in variables(operand))


def _is_indexing(stmt: Stmt) -> bool:
    return isinstance(stmt, Store) or (isinstance(stmt, Apply) and stmt.op is operator.getitem)


def _place(stmt: Stmt) -> Hashable:
    """Where in the user's source a statement comes from, in the program or in its reverse."""
    return replace(stmt.loc, adjoint=False)


def _goes_on(op: Any) -> bool:
    """Whether an operation raises where it is given ``None``, or hands on what it is given: to a
    function that calls itself, which may read it or not, or into a list."""
    if isinstance(op, Recursive | Pulled | InPlace) or op in COLLECTING:
        return True
    if op in _COMPARING:
        return False
    return isinstance(op, np.ufunc) or getattr(op, "__module__", None) in ("_operator", "math")


_COMPARING: tuple[Any, ...] = (operator.eq, operator.ne, operator.is_, operator.is_not)
_COMPARING += (operator.not_, operator.truth, operator.contains, operator.getitem)
_COMPARING += (np.equal, np.not_equal, np.logical_and, np.logical_or, np.logical_xor)
_COMPARING += (np.logical_not,)


def _question(
    var: Var, reading: Stmt, kind: type[NameError] = UnboundLocalError, text: str = ""
) -> tuple[Stmt, ...]:
    """The branch that raises what Python does."""
    is_absent, error = Var("", PY_BOOL), Var("", Object(kind))
    asked = Apply(is_absent, operator.is_, (var, NOTHING), (), reading.loc)
    message = Const(text or UNBOUND.format(var.name))
    made = Apply(error, kind, (message,), (), reading.loc)
    raising = Block((), (made, Raise(error, None, reading.loc)), ())
    return asked, If((), is_absent, raising, Block((), (), ()), reading.loc)

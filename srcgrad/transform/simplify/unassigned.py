"""What reads a name that nothing has assigned raises, also where ``None`` stands for that value.

::

    j = None                              j = None
    for i in range(n):                    for i in range(n):
        if x[i] > 1: j = i                    if x[i] > 1: j = i
    s = x[j]                      ->      if j is None:
                                              raise UnboundLocalError("cannot access ...")
                                          s = x[j]

Arithmetic raises with ``None`` as it is.  An index, a function of NumPy's that takes anything, a
comparison and a condition would go on with it.  What stands under a flag that says how the same
loop was left is not asked for.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from srcgrad.errors import UNBOUND
from srcgrad.ir.nodes import (
    NOTHING,
    Apply,
    Block,
    Const,
    Function,
    If,
    Operand,
    Raise,
    Stmt,
    Store,
    Var,
)
from srcgrad.ir.recursion import InPlace, Pulled, Recursive
from srcgrad.ir.types import PY_BOOL, Array, ListOf, Object, Scalar, Size, number_of
from srcgrad.ir.walk import (
    changed,
    map_blocks,
    operands,
    same_or,
    statements,
    targets,
    variables,
)
from srcgrad.transform.simplify.undefined import COLLECTING, ways_into


def raise_unassigned(function: Function) -> Function:
    """``function`` which asks whether a variable is there before it is read by what would not
    find out."""
    absent = _replaced(function)
    if not absent:
        return function
    return changed(function, body=_Asking(function, absent).block(function.body, frozenset()))


_FLAGS = ("left", "returned", "stopped")
"""What says how a loop was left, or a block, as lowering calls it."""


class _Asking:
    """Puts questions for variables that may be ``absent`` before what reads them."""

    def __init__(self, function: Function, absent: set[Var]) -> None:
        self.absent = absent
        self.given_with: dict[Operand, set[Var]] = {}
        """The variables among them that a loop or a branch gives, by the others that it gives."""
        for stmt in statements(function.body.body):
            found = absent.intersection(targets(stmt))
            self.given_with.update((var, found) for var in targets(stmt) if found)

    def block(self, block: Block, known: frozenset[Var]) -> Block:
        """``block``, in which those that are ``known`` are not asked for."""
        body: list[Stmt] = []
        for stmt in block.body:
            for var in dict.fromkeys(_read(stmt)):
                if var in self.absent and var not in known:
                    body.extend(_question(var, stmt))
                    known |= {var}
            told: set[Var] = set()
            if isinstance(stmt, If) and isinstance(stmt.cond, Var) and stmt.cond.name in _FLAGS:
                told = self.given_with.get(stmt.cond, told)
            body.append(map_blocks(stmt, partial(self.block, known=known | told)))
        return changed(block, body=same_or(block.body, body))


def _replaced(function: Function) -> set[Var]:
    """The variables that are ``None`` on some way on which nothing has assigned them, and never
    otherwise."""
    found: set[Var] = set()
    leads: dict[Var, list[Var]] = {}
    for stmt in statements(function.body.body):
        for target, source in ways_into(stmt):
            if source is NOTHING:
                found.add(target)
            elif isinstance(source, Var):
                leads.setdefault(source, []).append(target)
    waiting = list(found)
    while waiting:
        new = [target for target in leads.get(waiting.pop(), ()) if target not in found]
        found.update(new)
        waiting.extend(new)
    return {var for var in found if var.name and _is_never_none(var)}


def _is_never_none(var: Var) -> bool:
    type_ = var.type
    return isinstance(type_, ListOf | Size) or isinstance(number_of(type_), Array | Scalar)


def _read(stmt: Stmt) -> Iterator[Var]:
    """What a statement of the program reads and would not find out about."""
    if isinstance(stmt, If) and isinstance(stmt.cond, Var) and not stmt.loc.adjoint:
        yield stmt.cond
    elif isinstance(stmt, Store) and not stmt.loc.adjoint and stmt.index is not None:
        yield from variables(stmt.index)
    elif isinstance(stmt, Apply) and not stmt.loc.adjoint and stmt.op is operator.getitem:
        yield from variables(stmt.args[1])
    elif isinstance(stmt, Apply) and not stmt.loc.adjoint and not _goes_on(stmt.op):
        yield from (var for operand in operands(stmt) for var in variables(operand))


def _goes_on(op: Any) -> bool:
    """Whether an operation raises where it is given ``None``, or hands on what it is given: to a
    function that calls itself, which may read it or not, or into a list."""
    if isinstance(op, Recursive | Pulled | InPlace) or op in COLLECTING:
        return True
    if isinstance(op, np.ufunc) or op in _COMPARING:
        return isinstance(op, np.ufunc)
    return getattr(op, "__module__", None) in ("_operator", "math")


_COMPARING: tuple[Any, ...] = (operator.eq, operator.ne, operator.is_, operator.is_not)
_COMPARING += (operator.not_, operator.truth, operator.contains, operator.getitem)


def _question(var: Var, reading: Stmt) -> tuple[Stmt, ...]:
    """The branch that raises what Python does."""
    is_absent, error = Var("", PY_BOOL), Var("", Object(UnboundLocalError))
    asked = Apply(is_absent, operator.is_, (var, NOTHING), (), reading.loc)
    text = Const(UNBOUND.format(var.name))
    made = Apply(error, UnboundLocalError, (text,), (), reading.loc)
    raising = Block((), (made, Raise(error, None, reading.loc)), ())
    return asked, If((), is_absent, raising, Block((), (), ()), reading.loc)

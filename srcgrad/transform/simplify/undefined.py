"""Values that only one arm of a branch gives.

Where such a value is only read, the other arm need not assign anything.  Where it is passed on
(as the result of a block around, into a list of saved values), it must be something: ``None``.

So must a value that a loop carries and saves from its first trip on, when nothing has assigned it::

    p = None
    for t in range(n):
        p_before.append(p)
        p = np.exp(-mu * x)

So must one that is copied to another name, as ``best`` is here in the first trips::

    best = None
    for t in range(n):
        previous = best
        if x[t] > 0: best = x[t]

one that is given to a function that calls itself, and one that may not be there where its
cotangent is set to zero, which nobody reads then, and which ``np.zeros_like(None)`` is good enough
for::

    y = x if c else None               if c: y = x
    ...                                if x[0] > 0: y = x * x
    if x[0] > 0:
        x_bar = 2 * (y_bar * x)
        y_bar = np.zeros_like(y)

The zeros of a list of unknown length, ``[0.0] * len(r)``, are not made where the list is not there,
as it is not before the first trip of a loop that makes it anew each time::

    r = None
    for _ in range(n):                 for _ in range(n):
        r_before.append(r)                 ...
        r = [2 * v for v in x]             r = r_before.pop()
                                           r_bar = [] if r is None else [0.0] * len(r)
"""

from __future__ import annotations

import operator
from collections import Counter

import numpy as np

from srcgrad.analysis.absent import may_be_absent, never_there
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.names import name_asked
from srcgrad.ir.nodes import (
    NOTHING,
    UNDEFINED,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Pack,
    Stmt,
    Store,
    Try,
    Var,
    While,
    is_absent,
)
from srcgrad.ir.recursion import InPlace, Pulled, Recursive
from srcgrad.ir.types import PY_BOOL
from srcgrad.ir.walk import blocks, changed, operands, same_or, statements, targets, variables
from srcgrad.transform.cotangents import twin
from srcgrad.transform.rewrite import Rewriting, rewrite


def settle_undefined(function: Function) -> Function:
    """``function`` with ``None`` exactly where a value that is not there is passed on."""
    absent = may_be_absent(function)
    emptied = (_emptied(function) | _handed(function) | _asked(function)) & absent
    emptied |= never_there(function)
    passed = _passed_on(function) | emptied
    saved = _saved(function, emptied | (_copied(function) & absent))
    computed_with = _computed_with(function)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, If):
            then = _settle(stmt.then, stmt.targets, passed)
            stmt = changed(stmt, then=then, orelse=_settle(stmt.orelse, stmt.targets, passed))
        elif isinstance(stmt, For | While):
            rows = zip(stmt.carried, stmt.targets, stmt.init, strict=False)
            init = [
                NOTHING if is_absent(first) and {param, target} & saved else first
                for param, target, first in rows
            ]
            stmt = changed(stmt, init=same_or(stmt.init, init))
        elif isinstance(stmt, Apply) and stmt.op is lists.list_zeros:
            is_there = stmt.args[0] not in absent or stmt.target in computed_with
            stmt = stmt if is_there else _zeros_if_any(program, stmt)
        program.keep(stmt)

    return rewrite(function, step)


def _computed_with(function: Function) -> set[Var]:
    """The values that operations read and stores change; others are handed on at most."""
    reading = (s for s in statements(function.body.body) if isinstance(s, Apply | Store))
    return {var for stmt in reading for operand in operands(stmt) for var in variables(operand)}


def _zeros_if_any(program: Rewriting, stmt: Apply) -> If:
    """The zeros of a list; an empty list where there is none."""
    is_absent = Var("", PY_BOOL)
    program.keep(Apply(is_absent, operator.is_, (stmt.args[0], NOTHING), (), stmt.loc))
    empty, zeros = twin(stmt.target), twin(stmt.target)
    made = Apply(empty, lists.as_list, (Pack(list, ()),), (), stmt.loc)
    then = Block((), (made,), (empty,))
    orelse = Block((), (changed(stmt, target=zeros),), (zeros,))
    return If((stmt.target,), is_absent, then, orelse, stmt.loc)


def _settle(block: Block, targets: tuple[Var, ...], passed: set[Var]) -> Block:
    if block.diverges:
        return block
    results = [
        (NOTHING if target in passed else Const(UNDEFINED)) if is_absent(result) else result
        for target, result in zip(targets, block.results, strict=True)
    ]
    return changed(block, results=same_or(block.results, results))


_ZEROS = (np.zeros_like, intrinsics.zero, lists.list_zeros)


def _emptied(function: Function) -> set[Var]:
    """The values like which zeros are made."""
    likes = (
        stmt.args[0]
        for stmt in statements(function.body.body)
        if isinstance(stmt, Apply) and stmt.op in _ZEROS and stmt.loc.adjoint
    )
    return {like for like in likes if isinstance(like, Var)}


COLLECTING = (lists.as_list, lists.list_append, lists.list_extend, lists.list_insert)


def _handed(function: Function) -> set[Var]:
    """The values that are given to functions of the program, which may read them on some way, or
    put into lists of unknown length, where they stand for a list that is not there."""
    calls = (
        stmt
        for stmt in statements(function.body.body)
        if isinstance(stmt, Apply)
        and (isinstance(stmt.op, Recursive | Pulled | InPlace) or stmt.op in COLLECTING)
    )
    return {var for call in calls for operand in operands(call) for var in variables(operand)}


def _asked(function: Function) -> set[Var]:
    """The values of names of which the program asks whether they have one."""
    every = statements(function.body.body)
    asked = (s.args[0] for s in every if isinstance(s, Apply) and s.op is name_asked)
    return {value for value in asked if isinstance(value, Var)}


def _copied(function: Function) -> set[Var]:
    """The values that a block hands to what may be another variable: one of another name, or one
    that the other arm gives what it has not made itself, or where they are read elsewhere too."""
    uses: Counter[Var] = Counter()
    handed: Counter[Var] = Counter()
    found: set[Var] = set()
    for stmt in statements(function.body.body):
        passed = stmt.init if isinstance(stmt, For | While) else ()
        read = [operand for operand in operands(stmt) if operand not in passed]
        uses.update(var for operand in read for var in variables(operand))
        if isinstance(stmt, If):
            for mine, other in ((stmt.then, stmt.orelse), (stmt.orelse, stmt.then)):
                made = {var for inner in other.body for var in targets(inner)}
                looped = {v for s in mine.body if isinstance(s, For | While) for v in s.targets}
                for target, v, w in zip(stmt.targets, mine.results, other.results, strict=False):
                    if isinstance(v, Var):
                        handed[v] += 1
                        is_one = v.name == target.name and (w in made or isinstance(w, Const))
                        # What a loop gives is needed from before it, for want of a trip.
                        found.update((v,) if v in looped or not is_one else ())
        elif isinstance(stmt, For | While):
            rows = (
                *zip(stmt.carried, stmt.init, strict=False),
                *zip(stmt.carried, stmt.body.results, strict=False),
            )
            for param, v in rows:
                if isinstance(v, Var) and v is not param:
                    handed[v] += 1
                    found.update((v,) if v.name != param.name or v in stmt.carried else ())
    return found | {var for var, count in handed.items() if count + uses[var] > 1}


def _saved(function: Function, found: set[Var]) -> set[Var]:
    """The values that go into lists of saved values, as they are or through blocks, and those that
    an attempt passes on, and those that are ``found`` already."""
    found = set(found)
    flows: dict[Var, list[Operand]] = {}
    for stmt in statements(function.body.body):
        if isinstance(stmt, For | While):
            count = len(stmt.init)
            found.update(v for result in stmt.body.results[count:] for v in variables(result))
            for param, first in zip(stmt.carried, stmt.init, strict=True):
                flows.setdefault(param, []).append(first)
            for sources in (stmt.init, stmt.body.results):
                for target, source in zip(stmt.targets[:count], sources, strict=False):
                    flows.setdefault(target, []).append(source)
        elif isinstance(stmt, If):
            for block in (stmt.then, stmt.orelse):
                if isinstance(stmt, Try):  # what a handler keeps may go into another variable
                    found.update(v for result in block.results for v in variables(result))
                for target, source in zip(stmt.targets, block.results, strict=True):
                    flows.setdefault(target, []).append(source)
    waiting = list(found)
    while waiting:
        for source in flows.get(waiting.pop(), ()):
            for var in variables(source):
                if var not in found:
                    found.add(var)
                    waiting.append(var)
    return found


def _passed_on(function: Function) -> set[Var]:
    """The variables that are copied as they are: by blocks, and into loops."""
    found: set[Var] = set()
    for stmt in statements(function.body.body):
        if isinstance(stmt, For | While):
            found.update(var for init in stmt.init for var in variables(init))
        for block in blocks(stmt):
            found.update(var for result in block.results for var in variables(result))
    return found

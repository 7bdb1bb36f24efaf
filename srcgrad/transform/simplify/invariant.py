"""Values that a loop carries without changing, branches that are decided or give the same either
way, and loops that certainly make no trip.

::

    for t in range(n):                       for t in range(n):
        x_bar[t] += s_bar * x[t]       ->        x_bar[t] += x[t]
        s_bar = s_bar          # from 1.0
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Any, NamedTuple

from srcgrad.analysis.attempts import may_raise_itself
from srcgrad.analysis.changing import asks, changes
from srcgrad.analysis.raising import may_go_before
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Raise,
    Stmt,
    Try,
    Var,
    While,
)
from srcgrad.ir.types import Known, Scalar, number_of
from srcgrad.ir.walk import map_operand, statements, substitute, substitute_in, targets, used
from srcgrad.specialise.builder import folded, type_of
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.dead import is_pure

_TESTS: tuple[Any, ...] = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt)
_TESTS += (operator.ge, operator.not_, bool)


def drop_invariants(function: Function) -> Function:
    """``function`` without carried values that stay what they were, and trivial choices."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, For):
            stmt = _drop(program, stmt)
        elif isinstance(stmt, While) and _makes_no_trip(stmt):
            for target, value in zip(stmt.targets, stmt.init, strict=True):
                program.rename(target, value)
            return
        elif isinstance(stmt, While):
            stmt = _drop_of_while(program, stmt)
        elif isinstance(stmt, Apply) and stmt.op in _TESTS:
            answer = folded(stmt.op, stmt.args)
            if answer is not None:
                program.rename(stmt.target, answer)
                return
        elif isinstance(stmt, If) and (arm := _only_arm(stmt)) is not None:
            _take(program, stmt, arm)
            return
        elif isinstance(stmt, If):
            smaller = _settle(program, stmt)
            if smaller is None:
                return
            stmt = smaller
        program.keep(stmt)

    return rewrite(function, step)


def _makes_no_trip(stmt: While) -> bool:
    """Whether a loop is over before it begins; one that saves something gives stacks as well."""
    over = stmt.cond.results[0]
    decided = isinstance(over, Const) and not over.value and not stmt.cond.body
    return decided and len(stmt.targets) == len(stmt.init)


def _drop(program: Rewriting, stmt: For) -> For:
    inner, parts = _without_fixed(program, stmt)
    if not inner:
        return stmt
    params = tuple(var for var in stmt.body.params if var not in inner)
    body = Block(params, stmt.body.body, parts.results)
    return replace(stmt, targets=parts.targets, init=parts.init, body=substitute(body, inner))


def _drop_of_while(program: Rewriting, stmt: While) -> While:
    inner, parts = _without_fixed(program, stmt)
    if not inner:
        return stmt
    params = [i for i, var in enumerate(stmt.carried) if var not in inner]
    asked = dict(zip(stmt.cond.params, stmt.init, strict=True))
    fixed = {var: asked[var] for i, var in enumerate(stmt.cond.params) if i not in params}
    cond = replace(stmt.cond, params=tuple(stmt.cond.params[i] for i in params))
    body = Block(tuple(stmt.carried[i] for i in params), stmt.body.body, parts.results)
    return replace(
        stmt,
        targets=parts.targets,
        init=parts.init,
        cond=substitute(cond, fixed),
        body=substitute(body, inner),
    )


class _Parts(NamedTuple):
    """What is left of a loop that carries fewer values."""

    targets: tuple[Var, ...]
    init: tuple[Operand, ...]
    results: tuple[Operand, ...]


def _without_fixed(program: Rewriting, stmt: For | While) -> tuple[dict[Var, Operand], _Parts]:
    """The parameters of a loop that each trip hands on as they are, with what they are, and what
    is left of the loop without them."""
    count = len(stmt.init)
    every = range(1 if stmt.exits else 0, count)  # the flag stays, set or not
    fixed = [i for i in every if stmt.body.results[i] is stmt.carried[i]]
    kept = [i for i in range(len(stmt.targets)) if i not in fixed]
    for i in fixed:
        program.rename(stmt.targets[i], stmt.init[i])
    parts = _Parts(
        tuple(stmt.targets[i] for i in kept),
        tuple(stmt.init[i] for i in kept if i < count),
        tuple(stmt.body.results[i] for i in kept),
    )
    return {stmt.carried[i]: stmt.init[i] for i in fixed}, parts


def _only_arm(stmt: If) -> Block | None:
    """The arm of a branch that runs, where that is known, or makes no difference."""
    if isinstance(stmt, Try):
        return None
    if isinstance(stmt.cond, Const):
        arm = stmt.then if stmt.cond.value else stmt.orelse
        return None if any(isinstance(each, Raise) for each in statements(arm.body)) else arm
    if may_raise_itself(stmt):
        return None
    return stmt.then if stmt.then.body and _do_the_same(stmt.then, stmt.orelse) else None


def _do_the_same(first: Block, second: Block) -> bool:
    """Whether two arms compute the same, and do nothing else."""
    if len(first.body) != len(second.body):
        return False
    twins: dict[Var, Operand] = {}
    for one, stmt in zip(first.body, second.body, strict=True):
        other = substitute_in(stmt, twins)
        if not isinstance(one, Apply) or not isinstance(other, Apply) or one.op is not other.op:
            return False
        if one.loc.errstate != other.loc.errstate:
            return False
        if one.kwargs or other.kwargs or not is_pure(one) or not _all_same(one.args, other.args):
            return False
        if _are_apart(one, other):
            return False
        twins[other.target] = one.target
    results = (map_operand(result, lambda var: twins.get(var, var)) for result in second.results)
    return _all_same(first.results, tuple(results))


def _all_same(first: tuple[Operand, ...], second: tuple[Operand, ...]) -> bool:
    return len(first) == len(second) and all(map(_same, first, second))


def _take(program: Rewriting, stmt: If, arm: Block) -> None:
    """What the arm that runs does stands in place of the branch."""
    for inner in arm.body:
        program.keep(inner)
    for target, result in zip(stmt.targets, arm.results, strict=True):
        program.rename(target, result)


def _settle(program: Rewriting, stmt: If) -> If | None:
    """``stmt`` without the targets that are the same in both arms; None if nothing is left."""
    rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
    same = [_same(a, b) or _hoisted(program, stmt, target, a, b) for target, a, b in rows]
    if not any(same):
        return stmt
    for target, is_same, result in zip(stmt.targets, same, stmt.then.results, strict=True):
        if is_same and program.definition(target) is None:
            program.rename(target, result)
    kept = [i for i, is_same in enumerate(same) if not is_same]
    if not kept and not stmt.then.body and not stmt.orelse.body and not may_raise_itself(stmt):
        return None
    then = replace(stmt.then, results=tuple(stmt.then.results[i] for i in kept))
    orelse = replace(stmt.orelse, results=tuple(stmt.orelse.results[i] for i in kept))
    targets = tuple(stmt.targets[i] for i in kept)
    return replace(stmt, targets=targets, then=then, orelse=orelse)


def _hoisted(program: Rewriting, stmt: If, target: Var, a: Operand, b: Operand) -> bool:
    """Whether both arms end in one operation on the same operands; it then goes before them."""
    if isinstance(stmt, Try):
        return False
    first, second = program.definition(a), program.definition(b)
    if first is None or second is None or first.op is not second.op or not is_pure(first):
        return False
    if program.is_stored(first.target) or program.is_stored(second.target):
        return False  # two buffers, filled differently
    if any(map(program.is_stored, used(first))):
        return False  # an arm may write what is read
    if asks(first) and any(changes(arm.body) for arm in (stmt.then, stmt.orelse)):
        return False
    if first.kwargs or second.kwargs or first.loc.errstate != second.loc.errstate:
        return False
    if not may_go_before(first, (*_before(stmt.then, first), *_before(stmt.orelse, second))):
        return False
    inside = {var for arm in (stmt.then, stmt.orelse) for s in arm.body for var in targets(s)}
    if a not in inside or b not in inside or any(var in inside for var in used(first)):
        return False
    if not _all_same(first.args, second.args) or _are_apart(first, second):
        return False
    program.keep(replace(first, target=target))
    return True


def _are_apart(one: Apply, other: Apply) -> bool:
    """Whether two arms know one value as what it is in each: the array, and the number."""
    return one.op is intrinsics.tested and one.target.type != other.target.type


def _before(arm: Block, stmt: Apply) -> Iterator[Stmt]:
    """The statements of an arm that come before what gives the target of ``stmt``."""
    return takewhile(lambda other: stmt.target not in targets(other), arm.body)


def _same(a: Operand, b: Operand) -> bool:
    if isinstance(a, Const) and isinstance(b, Const):
        is_number = isinstance(number_of(type_of(a)), Scalar)
        return is_number and Known(a.value) == Known(b.value)
    return isinstance(a, Var) and a is b

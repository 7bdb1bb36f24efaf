"""Loops that exit: where in the body it is decided, and doing without the flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from srcgrad.ir.nodes import Block, Const, For, If, Operand, Stmt, Try, Var, While


def deciding(block: Block, flag: Operand) -> If | None:
    """The branch at the end of ``block`` that gives ``flag``, a result of the block.

    None if the flag is a constant, or comes from elsewhere.
    """
    last = block.body[-1] if block.body else None
    if not isinstance(last, If) or isinstance(last, Try):
        return None
    return last if flag in last.targets else None


def is_true(flag: Operand) -> bool:
    """Whether a flag is certainly set."""
    return isinstance(flag, Const) and flag.value is True


def condition_of(flag: Var, body: Sequence[Stmt]) -> Var:
    """What decides about ``flag``, if the branch that ends ``body`` sets it just where its
    condition holds; else the flag itself."""
    last = body[-1] if body else None
    if not isinstance(last, If) or flag not in last.targets or not isinstance(last.cond, Var):
        return flag
    which = last.targets.index(flag)
    no = last.orelse.results[which]
    exact = is_true(last.then.results[which]) and isinstance(no, Const) and no.value is False
    return last.cond if exact else flag


def never_exits(loop: For | While) -> bool:
    """Whether a loop that may exit does so in no trip.

    The flag is False while the loop goes on, and so where a trip hands it on as it is.
    """
    flag = loop.body.results[0]
    return flag is loop.carried[0] or (isinstance(flag, Const) and not is_true(flag))


def flags_never_set(loop: For | While) -> list[Var]:
    """The targets of a loop that are False before it and after each trip, as what says that the
    loop has returned where the branch that returns is not there."""
    rows = zip(loop.targets, loop.init, loop.body.results, strict=False)
    return [
        target
        for target, *values in rows
        if all(isinstance(value, Const) and value.value is False for value in values)
    ]


def without_flag(loop: For | While) -> For | While:
    """A loop that never exits, as one that cannot."""
    flag = loop.carried[0]
    params = tuple(var for var in loop.body.params if var is not flag)
    body = replace(loop.body, params=params, results=loop.body.results[1:])
    if isinstance(loop, While):
        cond = replace(loop.cond, params=loop.cond.params[1:])
        loop = replace(loop, cond=cond)
    return replace(loop, targets=loop.targets[1:], init=loop.init[1:], body=body, exits=False)

"""Loop variables become variables that are assigned: one variable for each carried value.

The parameter of a loop's body, the last value after the loop and (for ``while``) the parameter of
the condition all hold the current value of one variable.  They are made one ``Var`` here; a value
that no trip changes is replaced by its first value.  After this the program is no longer in SSA
form: the parameters of a loop are written before it and at the end of each trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from srcgrad.ir.nodes import Block, Define, For, Function, If, Stmt, Var, While
from srcgrad.ir.walk import blocks, substitute


def unify_loops(function: Function) -> Function:
    """``function`` with one variable for each value that a loop carries."""
    same: dict[Var, Var] = {}
    _collect(function.body, same)
    if not same:
        return function

    def last(var: Var) -> Var:
        while (other := same.get(var, var)) is not var:
            var = other
        return var

    body = substitute(function.body, {var: last(var) for var in same})
    return replace(function, body=_Shorten(same).block(body))


def _collect(block: Block, same: dict[Var, Var]) -> None:
    for stmt in block.body:
        if isinstance(stmt, For | While):
            params = stmt.carried if isinstance(stmt, For) else stmt.body.params
            slots = zip(params, stmt.init, stmt.body.results, strict=True)
            same.update(
                (param, init)
                for param, init, result in slots
                if result is param and isinstance(init, Var)
            )
            same.update(zip(stmt.targets, params, strict=True))
            if isinstance(stmt, While):
                same.update(zip(stmt.cond.params, params, strict=True))
        for inner in blocks(stmt):
            _collect(inner, same)


class _Shorten:
    """Takes the carried values that no trip changes, whose parameters are in ``same``, away."""

    def __init__(self, same: Mapping[Var, Var]) -> None:
        self.same = same

    def block(self, block: Block) -> Block:
        return replace(block, body=tuple(self.stmt(stmt) for stmt in block.body))

    def stmt(self, stmt: Stmt) -> Stmt:
        match stmt:
            case If():
                return replace(stmt, then=self.block(stmt.then), orelse=self.block(stmt.orelse))
            case Define():
                inner = replace(stmt.function, body=self.block(stmt.function.body))
                return replace(stmt, function=inner)
            case For():
                kept = self.changing(stmt.carried)
                body = _keep(self.block(stmt.body), kept, leading=1)
                targets, init = _choose(stmt.targets, kept), _choose(stmt.init, kept)
                return replace(stmt, targets=targets, init=init, body=body)
            case While():
                kept = self.changing(stmt.body.params)
                body = _keep(self.block(stmt.body), kept, leading=0)
                cond = replace(self.block(stmt.cond), params=body.params)
                targets, init = _choose(stmt.targets, kept), _choose(stmt.init, kept)
                return replace(stmt, targets=targets, init=init, cond=cond, body=body)
            case _:
                return stmt

    def changing(self, params: tuple[Var, ...]) -> tuple[bool, ...]:
        return tuple(param not in self.same for param in params)


def _keep(body: Block, kept: tuple[bool, ...], leading: int) -> Block:
    params = (*body.params[:leading], *_choose(body.params[leading:], kept))
    return replace(body, params=params, results=_choose(body.results, kept))


def _choose(items: tuple, kept: tuple[bool, ...]) -> tuple:  # type: ignore[type-arg]
    return tuple(item for item, keep in zip(items, kept, strict=True) if keep)

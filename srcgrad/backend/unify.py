"""Loop variables become variables that are assigned: one variable for each carried value.

The parameter of a loop's body, the last value after the loop and (for ``while``) the parameter of
the condition all hold the current value of one variable.  They are made one ``Var`` here; a value
that no trip changes is replaced by its first value.  After this the program is no longer in SSA
form: the parameters of a loop are written before it and at the end of each trip.
"""

from __future__ import annotations

from dataclasses import replace

from srcgrad.ir.nodes import Block, Define, For, Function, If, Operand, Stmt, Var, While
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
    return replace(function, body=_shortened(body))


def _collect(block: Block, same: dict[Var, Var]) -> None:
    for stmt in block.body:
        if isinstance(stmt, For | While):
            params = stmt.carried if isinstance(stmt, For) else stmt.body.params
            for param, init, result in zip(params, stmt.init, stmt.body.results, strict=True):
                if result is param and isinstance(init, Var):
                    same[param] = init
            same.update(zip(stmt.targets, params, strict=True))
            if isinstance(stmt, While):
                same.update(zip(stmt.cond.params, params, strict=True))
        for inner in blocks(stmt):
            _collect(inner, same)


def _shortened(block: Block) -> Block:
    return replace(block, body=tuple(_stmt(stmt) for stmt in block.body))


def _stmt(stmt: Stmt) -> Stmt:
    """``stmt`` without the carried values that no trip changes."""
    match stmt:
        case If():
            return replace(stmt, then=_shortened(stmt.then), orelse=_shortened(stmt.orelse))
        case Define():
            inner = replace(stmt.function, body=_shortened(stmt.function.body))
            return replace(stmt, function=inner)
        case For():
            kept = _changing(stmt.init, stmt.body)
            body = _keep(_shortened(stmt.body), kept, leading=1)
            targets, init = _choose(stmt.targets, kept), _choose(stmt.init, kept)
            return replace(stmt, targets=targets, init=init, body=body)
        case While():
            kept = _changing(stmt.init, stmt.body)
            body = _keep(_shortened(stmt.body), kept, leading=0)
            cond = replace(_shortened(stmt.cond), params=body.params)
            targets, init = _choose(stmt.targets, kept), _choose(stmt.init, kept)
            return replace(stmt, targets=targets, init=init, cond=cond, body=body)
        case _:
            return stmt


def _changing(init: tuple[Operand, ...], body: Block) -> tuple[bool, ...]:
    # Where no trip changes a value, both its first and its next value are now the same variable.
    return tuple(
        not isinstance(first, Var) or result is not first
        for first, result in zip(init, body.results, strict=True)
    )


def _keep(body: Block, kept: tuple[bool, ...], leading: int) -> Block:
    params = (*body.params[:leading], *_choose(body.params[leading:], kept))
    return replace(body, params=params, results=_choose(body.results, kept))


def _choose(items: tuple, kept: tuple[bool, ...]) -> tuple:  # type: ignore[type-arg]
    return tuple(item for item, keep in zip(items, kept, strict=True) if keep)

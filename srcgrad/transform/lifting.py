"""What the functions of a program read from around them becomes parameters (lambda lifting).

::

    def f(W, x):                            def step(x, n, W):
        def step(x, n):                         if n == 0:
            if n == 0:                              return x
                return x             ->         return step(np.tanh(W @ x), n - 1, W)
            return step(np.tanh(W @ x), n - 1)

        return np.sum(step(x, 5))           def f(W, x):
                                                return np.sum(step(x, 5, W))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from srcgrad.ir.nodes import Apply, Function, Operand, Param, Stmt, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.walk import (
    free_in_block,
    inner_params,
    params_of,
    statements,
    substitute,
    targets,
)
from srcgrad.transform.rewrite import Rewriting, rewrite

Functions = dict[Recursive, Function]


def lift(
    main: Function, functions: Mapping[Recursive, Function], origins: dict[Var, Operand]
) -> tuple[Function, Functions]:
    """The program with functions that read their parameters alone.

    ``origins`` learns what the new parameters stand for.
    """
    needed = _needed(functions)
    lifted: Functions = {}
    for op, function in functions.items():
        own = {var: Var(var.name, var.type, var.hint) for var in needed[op]}
        origins.update((copy, var) for var, copy in own.items())
        function = _with_arguments(function, needed)
        names = {param.name for param in function.params}
        extra = tuple(Param(_free(var.name or var.hint, names), own[var]) for var in own)
        body = substitute(function.body, own)
        lifted[op] = replace(function, params=(*function.params, *extra), body=body)
    return _with_arguments(main, needed), lifted


def _needed(functions: Mapping[Recursive, Function]) -> dict[Recursive, dict[Var, None]]:
    """The variables from outside that each function reads, also through those that it calls."""
    defined = {op: _defined(function) for op, function in functions.items()}
    needed: dict[Recursive, dict[Var, None]] = {}
    for op, function in functions.items():
        free = free_in_block(function.body)
        needed[op] = {var: None for var in free if var not in defined[op]}
    changed = True
    while changed:
        changed = False
        for op, function in functions.items():
            for stmt in statements(function.body.body):
                if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
                    more = needed[stmt.op].keys() - needed[op].keys() - defined[op]
                    needed[op].update((v, None) for v in needed[stmt.op] if v in more)
                    changed |= bool(more)
    return needed


def _defined(function: Function) -> set[Var]:
    found = set(params_of(function))
    for stmt in statements(function.body.body):
        found.update((*targets(stmt), *inner_params(stmt)))
    return found


def _with_arguments(function: Function, needed: dict[Recursive, dict[Var, None]]) -> Function:
    """``function``, giving those that it calls what they need."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
            stmt = replace(stmt, args=(*stmt.args, *needed[stmt.op]))
        program.keep(stmt)

    return rewrite(function, step) if needed else function


def _free(hint: str, names: set[str]) -> str:
    name, number = hint or "x", 1
    while name in names:
        number += 1
        name = f"{hint or 'x'}_{number}"
    names.add(name)
    return name

"""Runs a program in the typed dialect directly: what generated text is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Operand,
    Pack,
    Raise,
    Stmt,
    Store,
    Var,
    While,
)

Env = dict[Var, Any]


def run(function: Function, *args: Any, outside: Env | None = None) -> Any:
    """What ``function`` returns for ``args``."""
    env: Env = dict(outside or {})
    for param, arg in zip(function.params, args, strict=True):
        bind(param.value, arg, env)
    return block(function.body, env)[0]


def bind(pattern: Operand, value: Any, env: Env) -> None:
    if isinstance(pattern, Var):
        env[pattern] = value
    elif isinstance(pattern, Pack):
        for position, item in enumerate(pattern.items):
            key = pattern.keys[position] if pattern.keys else position
            by_item = pattern.kind in (tuple, list, dict)
            bind(item, value[key] if by_item else getattr(value, key), env)


def read(operand: Operand, env: Env) -> Any:
    if isinstance(operand, Var):
        return env[operand]
    if isinstance(operand, Const):
        return operand.value
    assert isinstance(operand, Pack)
    items = [read(item, env) for item in operand.items]
    if operand.kind is dict:
        return dict(zip(operand.keys, items, strict=True))
    if operand.kind in (tuple, list):
        return operand.kind(items)
    if operand.kind is slice:
        return slice(*items)
    return operand.kind(**dict(zip(operand.keys, items, strict=True)))


def block(code: Block, env: Env) -> list[Any]:
    for stmt in code.body:
        step(stmt, env)
    return [read(result, env) for result in code.results]


def step(stmt: Stmt, env: Env) -> None:
    match stmt:
        case Apply():
            args = [read(arg, env) for arg in stmt.args]
            kwargs = {name: read(value, env) for name, value in stmt.kwargs}
            env[stmt.target] = apply(stmt.op, args, kwargs)
        case If():
            arm = stmt.then if read(stmt.cond, env) else stmt.orelse
            env.update(zip(stmt.targets, block(arm, env), strict=True))
        case For():
            counted(stmt, env)
        case While():
            conditional(stmt, env)
        case Store():
            store(stmt, env)
        case Raise():
            raise read(stmt.exception, env)
        case Define():
            inner = stmt.function
            env[stmt.target] = lambda *args: run(inner, *args, outside=env)
        case _:
            raise AssertionError(stmt)


def apply(op: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if hasattr(op, "__get__") and hasattr(op, "__objclass__") and not callable(op):
        return op.__get__(args[0])
    return op(*args, **kwargs)


def counted(stmt: For, env: Env) -> None:
    indices = list(range(read(stmt.start, env), read(stmt.stop, env), read(stmt.step, env)))
    trips = list(enumerate(indices))
    carried = [read(value, env) for value in stmt.init]
    stacks = [read(stack, env) for stack in stmt.stacks]
    outputs: list[dict[int, Any]] = [{} for _ in stmt.targets[len(carried) :]]
    for k, index in reversed(trips) if stmt.backward else trips:
        values = [index, *carried, *(stack[k] for stack in stacks)]
        env.update(zip(stmt.body.params, values, strict=True))
        results = block(stmt.body, env)
        carried = results[: len(carried)]
        ends = stmt.exits and carried[0]
        for output, element in zip(outputs, results[len(carried) :], strict=True):
            if not (ends and stmt.whole):
                output[k] = element
        if ends:
            break
    saved = [[output[k] for k in sorted(output)] for output in outputs]
    env.update(zip(stmt.targets, [*carried, *saved], strict=True))


def conditional(stmt: While, env: Env) -> None:
    carried = [read(value, env) for value in stmt.init]
    outputs: list[list[Any]] = [[] for _ in stmt.targets[len(carried) :]]
    while True:
        env.update(zip(stmt.cond.params, carried, strict=True))
        if not block(stmt.cond, env)[0]:
            break
        env.update(zip(stmt.body.params, carried, strict=True))
        results = block(stmt.body, env)
        carried = results[: len(carried)]
        ends = stmt.exits and carried[0]
        for output, element in zip(outputs, results[len(carried) :], strict=True):
            if not (ends and stmt.whole):
                output.append(element)
        if ends:
            break
    env.update(zip(stmt.targets, [*carried, *outputs], strict=True))


def store(stmt: Store, env: Env) -> None:
    index = ... if stmt.index is None else read(stmt.index, env)
    buffer, value = read(stmt.buffer, env), read(stmt.value, env)
    if stmt.accumulate:
        np.add.at(buffer, index, value)
    else:
        buffer[index] = value


assert UNDEFINED is not None

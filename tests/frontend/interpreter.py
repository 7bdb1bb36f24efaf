"""A reference interpreter of the lowered dialect: it runs a function as its IR says."""

from __future__ import annotations

import builtins
import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from srcgrad.frontend import lower
from srcgrad.ir import intrinsics, nodes, walk
from srcgrad.ir.nodes import LATE, UNDEFINED, Block, Const, Free, Operand, Pack, Star, Var


def run(function: types.FunctionType, *args: Any, **kwargs: Any) -> Any:
    """Calls ``function`` by interpreting its lowered form."""
    return bind(function)(*args, **kwargs)


def bind(function: types.FunctionType) -> Any:
    signature = inspect.signature(function)
    defaults = {
        name: param.default
        for name, param in signature.parameters.items()
        if param.default is not param.empty
    }
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    scope = dict(function.__globals__)
    scope.update((name, cell.cell_contents) for name, cell in cells)
    return Closure(lower(function), defaults, scope)


@dataclass
class Closure:
    """A lowered function with its defaults and the names that it does not define."""

    function: nodes.Function
    defaults: Mapping[str, Any]
    scope: Mapping[str, Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        signature = self._signature()
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        env: dict[Var, Any] = {p.value: bound.arguments[p.name] for p in self.function.params}
        (result,) = run_block(self.function.body, env, self.scope)
        if result is UNDEFINED:
            raise UnboundLocalError("undefined")
        return result

    def _signature(self) -> inspect.Signature:
        return inspect.Signature(
            [
                inspect.Parameter(
                    p.name,
                    p.kind,
                    default=self.defaults[p.name] if p.has_default else inspect.Parameter.empty,
                )
                for p in self.function.params
            ]
        )


Env = dict[Var, Any]
_SCOPES = Var("scopes")
"""Where an environment has the names that the functions defined in it see."""


def run_block(block: Block, env: Env, scope: Mapping[str, Any]) -> list[Any]:
    for stmt in block.body:
        step(stmt, env, scope)
    return [value(result, env, scope) for result in block.results]


def define(env: Env, targets: Any, values: Any) -> None:
    env.update(zip(targets, values, strict=True))


def read(operand: Operand, env: Env, scope: Mapping[str, Any]) -> Any:
    """The value of an operand of an operation, which must not be undefined."""
    result = value(operand, env, scope)
    if result is UNDEFINED:
        raise UnboundLocalError("undefined")
    return result


def value(operand: Operand, env: Env, scope: Mapping[str, Any]) -> Any:
    if isinstance(operand, Var):
        return env[operand]
    if isinstance(operand, Const):
        return operand.value
    if isinstance(operand, Free):
        if operand.name in scope:
            if scope[operand.name] is UNDEFINED or scope[operand.name] is LATE.value:
                raise NameError(operand.name)
            return scope[operand.name]
        if not hasattr(builtins, operand.name):
            raise NameError(operand.name)
        return getattr(builtins, operand.name)
    assert isinstance(operand, Pack)
    items = [read(item, env, scope) for item in operand.items]
    if operand.kind is dict:
        return dict(zip(operand.keys, items, strict=True))
    return slice(*items) if operand.kind is slice else operand.kind(items)


def step(stmt: Any, env: Env, scope: Mapping[str, Any]) -> None:
    match stmt:
        case nodes.Invoke():
            env[stmt.target] = call(stmt, env, scope)
        case nodes.If():
            arm = stmt.then if read(stmt.cond, env, scope) else stmt.orelse
            define(env, stmt.targets, run_block(arm, env, scope))
        case nodes.ForEach():
            carried = [value(init, env, scope) for init in stmt.init]
            for item in read(stmt.iterable, env, scope):
                define(env, stmt.body.params, [item, *carried])
                carried = run_block(stmt.body, env, scope)
                if stmt.exits and carried[0]:
                    break
            define(env, stmt.targets, carried)
        case nodes.While():
            carried = [value(init, env, scope) for init in stmt.init]
            while True:
                define(env, stmt.cond.params, carried)
                if not run_block(stmt.cond, env, scope)[0]:
                    break
                define(env, stmt.body.params, carried)
                carried = run_block(stmt.body, env, scope)
                if stmt.exits and carried[0]:
                    break
            define(env, stmt.targets, carried)
        case nodes.Raise():
            exception = read(stmt.exception, env, scope)
            if stmt.cause is None:
                raise exception
            raise exception from read(stmt.cause, env, scope)
        case nodes.Define():
            defaults = {name: read(operand, env, scope) for name, operand in stmt.defaults}
            captured = {name: value(operand, env, scope) for name, operand in stmt.captures}
            inner = {**scope, **captured}
            env[stmt.target] = Closure(stmt.function, defaults, inner)
            scopes = env.setdefault(_SCOPES, [])
            scopes.append(inner)
            for waiting in scopes:  # for the functions that are defined after them
                if waiting.get(stmt.target.name) is LATE.value:
                    waiting[stmt.target.name] = env[stmt.target]
        case _:
            raise AssertionError(stmt)


def call(stmt: nodes.Invoke, env: Env, scope: Mapping[str, Any]) -> Any:
    function = read(stmt.callee, env, scope)
    if function is intrinsics.set_cell:  # of a name that is not assigned yet, perhaps
        cell, content, *_ = (value(operand, env, scope) for operand in stmt.args)
        return None if content is UNDEFINED else function(cell, content)
    args: list[Any] = []
    for argument in stmt.args:
        if isinstance(argument, Star):
            args.extend(read(argument.operand, env, scope))
        else:
            args.append(read(argument, env, scope))
    kwargs: dict[str, Any] = {}
    for name, operand in stmt.kwargs:
        if name is None:
            kwargs.update(read(operand, env, scope))
        else:
            kwargs[name] = read(operand, env, scope)
    return function(*args, **kwargs)


def check(function: nodes.Function) -> None:
    """Asserts that the IR is well formed: each use follows a definition that it can see."""
    seen: set[Var] = set()

    def uses(block_env: set[Var], operand: Operand) -> None:
        for var in walk.variables(operand):
            assert var in block_env, f"{var} is not defined here"

    def fresh(env: set[Var], variables: Any) -> None:
        for var in variables:
            assert var not in seen, f"{var} is defined twice"
            seen.add(var)
            env.add(var)

    def block(node: Block, outer: set[Var]) -> None:
        env = set(outer)
        fresh(env, node.params)
        for i, stmt in enumerate(node.body):
            for operand in walk.operands(stmt):
                uses(env, operand)
            if isinstance(stmt, nodes.Define):
                inner: set[Var] = set()
                fresh(inner, walk.params_of(stmt.function))
                block(stmt.function.body, inner)
                assert len(stmt.function.body.results) == 1
            else:
                for child in walk.blocks(stmt):
                    block(child, env)
            arity(stmt)
            fresh(env, walk.targets(stmt))
            assert not isinstance(stmt, nodes.Raise) or i == len(node.body) - 1
        if node.diverges:
            assert all(isinstance(r, Const) and r.value is UNDEFINED for r in node.results)
        for result in node.results:
            uses(env, result)

    env: set[Var] = set()
    fresh(env, walk.params_of(function))
    block(function.body, env)
    assert len(function.body.results) == 1


def arity(stmt: Any) -> None:
    match stmt:
        case nodes.If():
            assert len(stmt.then.results) == len(stmt.orelse.results) == len(stmt.targets)
        case nodes.ForEach():
            counts = {len(stmt.init), len(stmt.targets), len(stmt.body.results)}
            assert counts == {len(stmt.body.params) - 1}
        case nodes.While():
            counts = {len(stmt.init), len(stmt.targets), len(stmt.body.results)}
            assert counts == {len(stmt.body.params)} == {len(stmt.cond.params)}
            assert len(stmt.cond.results) == 1

"""Lowering whole functions: parameters, nested functions and lambdas, and what they capture."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import gast

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend import control, statements
from srcgrad.frontend.builder import Builder
from srcgrad.frontend.expressions import expression
from srcgrad.frontend.expressions import lowers as lowers_expression
from srcgrad.frontend.names import FunctionNames
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import LATE, Const, Define, Free, Function, Invoke, Operand, Param, Var


def function(b: Builder, node: Any) -> Function:
    """Lowers a function into ``b``, which is new."""
    params = _params(b, node.args)
    for name in sorted(b.names.cells):
        b.cells[name] = b.apply(intrinsics.make_cell, node=node)
    for param in params:
        assert isinstance(param.value, Var)
        b.frame.env[param.value.name] = param.value
        b.note(param.value.name, param.value)
    loc, doc = b.loc, None
    if isinstance(node, gast.Lambda):
        result = expression(b, node.body)
    else:
        doc = _docstring(node)
        result = control.body(b, node.body if doc is None else node.body[1:])
    return Function(b.locations.function, params, b.frame.block((), (result,)), loc, doc)


def _params(b: Builder, args: Any) -> tuple[Param, ...]:
    kinds = inspect.Parameter
    found: list[Param] = []

    def add(node: Any, kind: inspect._ParameterKind, has_default: bool = False) -> None:
        found.append(Param(b.private(node.id), Var(node.id), kind, has_default))

    required = len(args.posonlyargs) + len(args.args) - len(args.defaults)
    for node in args.posonlyargs:
        add(node, kinds.POSITIONAL_ONLY, len(found) >= required)
    for node in args.args:
        add(node, kinds.POSITIONAL_OR_KEYWORD, len(found) >= required)
    if args.vararg is not None:
        add(args.vararg, kinds.VAR_POSITIONAL)
    for node, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        add(node, kinds.KEYWORD_ONLY, default is not None)
    if args.kwarg is not None:
        add(args.kwarg, kinds.VAR_KEYWORD)
    return tuple(found)


def _docstring(node: Any) -> str | None:
    first = node.body[0]
    if not isinstance(first, gast.Expr) or not isinstance(first.value, gast.Constant):
        return None
    text = first.value.value
    return inspect.cleandoc(text) if isinstance(text, str) else None


# --- nested functions ---------------------------------------------------------------------------


@statements.lowers(gast.FunctionDef)
def _nested(b: Builder, node: Any) -> None:
    decorators = [expression(b, decorator) for decorator in node.decorator_list]
    # Its own name stands for what the decorators make of it.
    value = _define(b, node, "" if decorators else node.name)
    for decorator, decorator_node in zip(
        reversed(decorators), reversed(node.decorator_list), strict=True
    ):
        target = Var(node.name)
        b.emit(Invoke(target, decorator, (value,), (), b.at(decorator_node)))
        value = target
    if decorators:
        b.apply(intrinsics.defined, Const(b.private(node.name)), value, node=node)
    b.bind(node.name, value)


@lowers_expression(gast.Lambda)
def _lambda(b: Builder, node: Any, name: str) -> Operand:
    return _define(b, node, name)


def _define(b: Builder, node: Any, name: str) -> Var:
    names = b.names.nested[node]
    _refuse_recursion(b, node, names, name)
    defaults = _defaults(b, node.args)
    local = b.names.local | b.enclosing
    unsure = [n for n in names.free if n in b.names.local.difference(b.cells, names.late)]
    perhaps = {n: b.filled(n, node) for n in unsure if b.is_unsure(n)}
    seen = {**b.cells, **perhaps}
    captures = tuple(
        (b.private(n), LATE if n in names.late - b.names.cells else seen.get(n) or _captured(b, n))
        for n in names.free
        if n in local
    )
    locations = b.locations.inside(getattr(node, "name", "<lambda>"))
    if isinstance(node, gast.FunctionDef):
        loc = locations.header(node)
    else:
        loc = replace(b.at(node), function=locations.function)
    cells = frozenset(seen) | (b.outer_cells - b.names.local)
    inner = Builder(names, locations, b.owner, b.sets, loc, local, cells)
    target = Var(name)
    b.emit(Define(target, function(inner, node), defaults, captures, b.at(node)))
    return target


def _captured(b: Builder, name: str) -> Operand:
    """The value of a name that a nested function captures."""
    return b.value(name) if name in b.names.local else Free(b.private(name))


def _defaults(b: Builder, args: Any) -> tuple[tuple[str, Operand], ...]:
    positional = [*args.posonlyargs, *args.args]
    optional = positional[len(positional) - len(args.defaults) :]
    named = list(zip(optional, args.defaults, strict=True))
    named += [pair for pair in zip(args.kwonlyargs, args.kw_defaults, strict=True) if pair[1]]
    return tuple((b.private(param.id), expression(b, default)) for param, default in named)


def _refuse_recursion(b: Builder, node: Any, names: FunctionNames, name: str) -> None:
    if name in names.reassigned:
        why, hint = "its name is bound elsewhere too", "give it a name of its own"
        message = f"{name!r} calls itself, and {why}"
        raise UnsupportedSyntaxError(message, b.locations.statement(node), hint)

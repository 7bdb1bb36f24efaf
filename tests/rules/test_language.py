"""Rules are written in the part of Python that the compiler inlines."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import srcgrad.rules
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.ops import DERIVATIVES, OPS, Partials, Pointwise, Pullback

STRUCTURAL = {isinstance, len, tuple, list, max, min, slice, np.dtype, type}
"""What the compiler evaluates itself."""

FORBIDDEN = (
    ast.While, ast.Try, ast.With, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.Lambda, ast.FunctionDef, ast.AugAssign, ast.Delete, ast.Global, ast.Nonlocal, ast.Raise,
)  # fmt: skip


def _rules() -> dict[str, FunctionType]:
    found = {}
    for derivative in DERIVATIVES.values():
        if isinstance(derivative, Partials | Pointwise | Pullback):
            rule = derivative.rule
            found[f"{rule.__module__.split('.')[-1]}.{rule.__name__}"] = rule
    return found  # type: ignore[return-value]


RULES = _rules()


def _with_helpers(rule: FunctionType) -> Iterator[FunctionType]:
    """A rule and the helpers that it calls, in turn."""
    pending, seen = [rule], set()
    while pending:
        function = pending.pop()
        if function in seen:
            continue
        seen.add(function)
        yield function
        for callee in _callees(function):
            if _is_helper(callee):
                pending.append(callee)


def _is_helper(callee: Any) -> bool:
    return (
        isinstance(callee, FunctionType)
        and callee.__module__.startswith(srcgrad.rules.__name__)
        and callee not in intrinsics.COMPILE_TIME
        and callee not in OPS
    )


def _tree(function: Callable[..., Any]) -> ast.FunctionDef:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    return tree


def _callees(function: FunctionType) -> Iterator[Any]:
    """The callables that the text of a function names."""
    for stmt in _tree(function).body:
        for node in ast.walk(stmt):
            if isinstance(node, ast.Call):
                callee = _resolve(node.func, function)
                if callee is not None:
                    yield callee


def _resolve(node: ast.expr, function: FunctionType) -> Any:
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id, getattr(builtins, node.id, None))
    assert isinstance(node, ast.Attribute)
    if isinstance(node.value, ast.Name):
        owner = function.__globals__.get(node.value.id)
        if inspect.ismodule(owner):
            return getattr(owner, node.attr)
    return getattr(np.ndarray, node.attr)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_plain(name: str) -> None:
    for function in _with_helpers(RULES[name]):
        for stmt in _tree(function).body:
            for node in ast.walk(stmt):
                assert not isinstance(node, FORBIDDEN), ast.unparse(node)
                if isinstance(node, ast.Assign):
                    assert all(isinstance(t, ast.Name | ast.Tuple) for t in node.targets)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_calls_only_what_the_compiler_knows(name: str) -> None:
    known_intrinsics = {
        f for module in (intrinsics, lists) for f in vars(module).values() if inspect.isfunction(f)
    }
    for function in _with_helpers(RULES[name]):
        for callee in _callees(function):
            assert (
                callee in OPS
                or callee in intrinsics.COMPILE_TIME
                or callee in STRUCTURAL
                or callee in known_intrinsics
                or _is_helper(callee)
            ), callee


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_calls_has_a_derivative_itself(name: str) -> None:
    for function in _with_helpers(RULES[name]):
        for callee in _callees(function):
            if callee in OPS:
                assert callee in DERIVATIVES, callee


def test_the_parameters_of_a_rule_are_those_of_its_operation() -> None:
    for op, derivative in DERIVATIVES.items():
        if op not in OPS or not isinstance(derivative, Partials | Pointwise | Pullback):
            continue
        skipped = 1 if isinstance(derivative, Partials) else 2
        names = list(inspect.signature(derivative.rule).parameters)[skipped:]
        assert set(names) <= set(OPS[op].signature.parameters), op
        own = [name for name in OPS[op].signature.parameters if name in names]
        assert own == names, op


def test_defaults_of_a_rule_are_those_of_its_operation() -> None:
    for op, derivative in DERIVATIVES.items():
        if op not in OPS or not isinstance(derivative, Partials | Pointwise | Pullback):
            continue
        for name, parameter in inspect.signature(derivative.rule).parameters.items():
            known = OPS[op].signature.parameters.get(name)
            if known is not None and parameter.default is not parameter.empty:
                assert parameter.default == known.default, (op, name)

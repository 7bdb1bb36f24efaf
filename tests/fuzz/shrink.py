"""Makes a program that fails smaller, for as long as it fails in the same way."""

from __future__ import annotations

import ast
import copy
import dataclasses
from collections.abc import Callable, Iterator

from tests.fuzz.check import Verdict, check
from tests.fuzz.generate import Program

Fails = Callable[[Program], bool]


def like(verdict: Verdict) -> Fails:
    """Whether a program fails as this one did; which numbers are wrong does not matter."""
    kind, reason = verdict.kind, verdict.reason.partition(" is ")[0].partition(":")[0]

    def fails(program: Program) -> bool:
        try:
            found = check(program)
        except Exception:  # a program from which something is missing may fail in any way
            return False
        return found.kind == kind and found.reason.startswith(reason)

    return fails


def shrink(program: Program, fails: Fails, most: int = 3000) -> Program:
    """The smallest program found by deleting statements and by taking expressions apart."""
    tree = ast.parse(program.text)
    tries = 0
    again = True
    while again:
        again = False
        for smaller in _smaller(tree):
            tries += 1
            if tries > most:
                return program
            try:
                text = ast.unparse(ast.fix_missing_locations(smaller)) + "\n"
                compile(text, "", "exec")
            except SyntaxError:  # such as a break that lost its loop
                continue
            candidate = dataclasses.replace(program, text=text)
            if len(text) < len(ast.unparse(tree)) + 1 and fails(candidate):
                program, tree, again = candidate, ast.parse(text), True
                break
    return program


def _smaller(tree: ast.Module) -> Iterator[ast.Module]:
    """Copies of the module with one thing less: blocks first, then statements, then expressions."""
    for number, (owner, name) in enumerate(_blocks(tree)):
        block = getattr(owner, name)
        for i in range(len(block)):
            yield _changed(tree, number, lambda b, i=i: b[:i] + b[i + 1 :])
            inner = [*getattr(block[i], "body", []), *getattr(block[i], "orelse", [])]
            if inner and not isinstance(block[i], ast.FunctionDef):
                yield _changed(tree, number, lambda b, i=i, s=inner: b[:i] + s + b[i + 1 :])
    count = sum(1 for _ in _expressions(tree))
    for number in range(count):
        twin = copy.deepcopy(tree)
        owner, field, i = list(_expressions(twin))[number]
        node = getattr(owner, field) if i is None else getattr(owner, field)[i]
        for part in _parts(node):
            if i is None:
                setattr(owner, field, part)
            else:
                getattr(owner, field)[i] = part
            yield copy.deepcopy(twin)


def _blocks(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    return [
        (node, name)
        for node in ast.walk(tree)
        for name in ("body", "orelse")
        if isinstance(getattr(node, name, None), list) and getattr(node, name)
    ]


def _changed(tree: ast.Module, number: int, change: Callable[[list], list]) -> ast.Module:
    twin = copy.deepcopy(tree)
    owner, name = _blocks(twin)[number]
    left = change(getattr(owner, name))
    setattr(owner, name, left or ([] if name == "orelse" else [ast.Pass()]))
    return twin


def _expressions(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.BinOp | ast.Call | ast.IfExp | ast.BoolOp | ast.Compare):
                yield node, field, None
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, ast.BinOp | ast.Call | ast.IfExp):
                        yield node, field, i


def _parts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Call):
        return list(node.args)
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    return []

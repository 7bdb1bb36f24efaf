"""The operations on lists of :mod:`srcgrad.ir.lists` as Python's own syntax."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.ir import lists
from srcgrad.ir.nodes import Apply
from srcgrad.ir.types import ListOf, Scalar

if TYPE_CHECKING:
    from srcgrad.backend.expressions import Expressions

_LOAD = ast.Load()


def listing(expressions: Expressions, stmt: Apply) -> ast.expr | None:
    """The expression for an operation on lists; None for any other."""
    args, op = stmt.args, stmt.op
    if op is lists.as_list:
        return expressions.operand(args[0])
    if op is lists.list_append:
        xs, x = map(expressions.operand, args)
        return ast.List([ast.Starred(xs, _LOAD), x], _LOAD)
    if op is lists.list_rows:
        depth = _depth(stmt.target.type)
        return _rows(expressions, expressions.operand(args[0]), depth)
    if op is lists.list_zeros:
        return _zeros(expressions, stmt)
    if op is lists.list_sum:
        xs, ys = map(expressions.operand, args)
        pairs = ast.Call(expressions.spelling.object(zip), [xs, ys], [])
        total = ast.BinOp(_name("a"), ast.Add(), _name("b"))
        return _each(total, ast.Tuple([_name("a"), _name("b")], ast.Store()), pairs)
    return None


def _zeros(expressions: Expressions, stmt: Apply) -> ast.expr:
    xs = expressions.operand(stmt.args[0])
    type_ = stmt.target.type
    if isinstance(type_, ListOf) and isinstance(type_.item, Scalar):
        count = ast.Call(expressions.spelling.object(len), [xs], [])
        return ast.BinOp(ast.List([ast.Constant(0.0)], _LOAD), ast.Mult(), count)
    zero = ast.Call(expressions.spelling.object(np.zeros_like), [_name("v")], [])
    return _each(zero, _name("v"), xs)


def _rows(expressions: Expressions, v: ast.expr, depth: int) -> ast.expr:
    if depth <= 1:
        return ast.Call(expressions.spelling.object(list), [v], [])
    return _each(_rows(expressions, _name("row"), depth - 1), _name("row"), v)


def _depth(type_: object) -> int:
    return 1 + _depth(type_.item) if isinstance(type_, ListOf) else 0


def _each(element: ast.expr, target: ast.expr, iterable: ast.expr) -> ast.expr:
    return ast.ListComp(element, [ast.comprehension(target, iterable, [], 0)])


def _name(text: str) -> ast.Name:
    return ast.Name(text, _LOAD)

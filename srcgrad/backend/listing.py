"""The operations on lists of :mod:`srcgrad.ir.lists` as Python's own syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.backend import helpers
from srcgrad.ir import keys, lists
from srcgrad.ir.alternatives import is_unlike
from srcgrad.ir.nodes import Apply, Operand, Pack, Var
from srcgrad.ir.records import is_record
from srcgrad.ir.types import UNKNOWN, Array, KeysOf, ListOf, PackType, Scalar, Type, Unknown

if TYPE_CHECKING:
    from srcgrad.backend.expressions import Expressions

_LOAD = ast.Load()


def listing(expressions: Expressions, stmt: Apply) -> ast.expr | None:
    """The expression for an operation on lists; None for any other."""
    args, op = stmt.args, stmt.op
    if op is lists.item_asked:
        return ast.Subscript(expressions.operand(args[0]), expressions.index(args[1]), _LOAD)
    if op is lists.list_of:
        return ast.Call(expressions.spelling.object(list), [expressions.operand(args[0])], [])
    if op is lists.as_list:
        return expressions.operand(args[0])
    if op is lists.list_append:
        xs, x = map(expressions.operand, args)
        return ast.List([ast.Starred(xs, _LOAD), x], _LOAD)
    if op is lists.list_fill or op is lists.list_blank:
        v = ast.Constant(None) if op is lists.list_blank else expressions.operand(args[0])
        xs = expressions.operand(args[-1])
        count = ast.Call(expressions.spelling.object(len), [xs], [])
        return ast.BinOp(ast.List([v], _LOAD), ast.Mult(), count)
    if op is lists.list_rows:
        depth = _depth(stmt.target.type)
        return _rows(expressions, expressions.operand(args[0]), depth)
    if op is lists.list_of_kind:
        v, kind = map(expressions.operand, args)
        mapped = ast.Call(expressions.spelling.object(map), [kind, v], [])
        return ast.Call(expressions.spelling.object(list), [mapped], [])
    if op is lists.list_copied:
        return _copied(expressions, expressions.operand(args[0]), stmt.target.type, 0)
    if op is lists.list_zeros:
        return _zeros(expressions, expressions.operand(args[0]), stmt.target.type, 0)
    if op is lists.zeros_of_length:
        return ast.BinOp(
            ast.List([ast.Constant(0.0)], _LOAD), ast.Mult(), expressions.operand(args[0])
        )
    if op is lists.list_sum:
        xs, ys = map(expressions.operand, args)
        return _sums(expressions, xs, ys, stmt.target.type, 0)
    return _of_keys(expressions, stmt)


def _of_keys(expressions: Expressions, stmt: Apply) -> ast.expr | None:
    """The expression for an operation on the keys of a dict, or a set; None for any other."""
    args, op = stmt.args, stmt.op
    if op is keys.keys_of and isinstance(args[0], Pack):
        known: list[ast.expr | None] = [*map(expressions.operand, args[0].items)]
        return ast.Dict(known, [ast.Constant(i) for i in range(len(known))])
    if op in (keys.key_place, keys.place_asked):
        return ast.Subscript(expressions.operand(args[0]), expressions.index(args[1]), _LOAD)
    if op is keys.has_key:
        at, key = map(expressions.operand, args)
        return ast.Compare(key, [ast.In()], [at])
    if op is keys.next_place:
        at, key = map(expressions.operand, args)
        count = ast.Call(expressions.spelling.object(len), [expressions.operand(args[0])], [])
        return ast.Call(ast.Attribute(at, "get", _LOAD), [key, count], [])
    if op is keys.set_of and isinstance(args[0], Pack):
        elements = [*map(expressions.operand, args[0].items)]
        if elements:
            return ast.Set(elements)
        return ast.Call(expressions.spelling.object(set), [], [])
    if op is keys.set_of:
        return ast.Call(expressions.spelling.object(set), [expressions.operand(args[0])], [])
    if op is keys.set_of_each:
        elements = [*map(expressions.operand, args[0].items)]  # type: ignore[union-attr]
        listed = ast.List(elements, _LOAD)
        return ast.Call(expressions.spelling.object(set), [listed], [])
    if op in (keys.key_list, keys.in_its_order):
        return ast.Call(expressions.spelling.object(list), [expressions.operand(args[0])], [])
    if op in _BETWEEN_SETS:
        a, b = (_as_set(expressions, arg) for arg in args)
        return ast.BinOp(a, _BETWEEN_SETS[op](), b)
    if op in _METHODS_OF_SETS:
        receiver, *others = map(expressions.operand, args)
        return ast.Call(ast.Attribute(receiver, _METHODS_OF_SETS[op], _LOAD), others, [])
    return None


_METHODS_OF_SETS: dict[Any, str] = {
    keys.union_with: "union",
    keys.both_with: "intersection",
    keys.less_with: "difference",
    keys.either_with: "symmetric_difference",
}


_BETWEEN_SETS: dict[Any, type[ast.operator]] = {
    keys.union: ast.BitOr,
    keys.both: ast.BitAnd,
    keys.less: ast.Sub,
    keys.either: ast.BitXor,
}


def _as_set(expressions: Expressions, operand: Operand) -> ast.expr:
    """An operand of an operator between sets: of a dict its keys."""
    printed = expressions.operand(operand)
    is_keys = isinstance(operand, Var) and isinstance(operand.type, KeysOf)
    if is_keys and not operand.type.of_set:  # type: ignore[union-attr]
        return ast.Call(ast.Attribute(printed, "keys", _LOAD), [], [])
    return printed


def _copied(expressions: Expressions, v: ast.expr, type_: Type, depth: int) -> ast.expr:
    """A container with copies of its arrays: ``[np.copy(v) for v in xs]``."""
    if isinstance(type_, ListOf):
        name = _name(_numbered("v", depth))
        return _each(_copied(expressions, name, type_.item, depth + 1), name, v)
    if isinstance(type_, PackType):
        items = (
            _copied(expressions, _part(expressions, v, key), item, depth)
            for key, item in _parts(type_)
        )
        return _display(expressions, type_, list(items))
    if isinstance(type_, Array | Unknown):
        copy = np.copy if isinstance(type_, Array) else helpers.copied
        return ast.Call(expressions.spelling.object(copy), [v], [])
    return v


def _zeros(expressions: Expressions, xs: ast.expr, type_: Type, depth: int) -> ast.expr:
    """The zeros of a list: ``[np.zeros_like(v) for v in xs]``, or ``[0.0] * len(xs)``."""
    item = type_.item if isinstance(type_, ListOf) else UNKNOWN
    if isinstance(item, Scalar):
        count = ast.Call(expressions.spelling.object(len), [xs], [])
        return ast.BinOp(ast.List([ast.Constant(0.0)], _LOAD), ast.Mult(), count)
    name = _numbered("v", depth)
    return _each(_zero(expressions, _name(name), item, depth + 1), _name(name), xs)


def _zero(expressions: Expressions, v: ast.expr, type_: Type, depth: int) -> ast.expr:
    if isinstance(type_, ListOf):
        return _zeros(expressions, v, type_, depth)
    if isinstance(type_, PackType):
        items = (
            _zero(expressions, _part(expressions, v, key), item, depth)
            for key, item in _parts(type_)
        )
        return _display(expressions, type_, list(items))
    if isinstance(type_, Scalar):
        return ast.Constant(0.0)
    dtype = []
    if isinstance(type_, Array) and is_unlike(type_):
        dtype = [ast.keyword("dtype", expressions.spelling.object(type_.dtype.type))]
    return ast.Call(expressions.spelling.object(np.zeros_like), [v], dtype)


def _sums(
    expressions: Expressions, xs: ast.expr, ys: ast.expr, type_: Type, depth: int
) -> ast.expr:
    """The sums of two lists: ``[v + w for v, w in zip(xs, ys)]``."""
    item = type_.item if isinstance(type_, ListOf) else UNKNOWN
    names = [_name(_numbered(name, depth)) for name in "vw"]
    pairs = ast.Call(expressions.spelling.object(zip), [xs, ys], [])
    total = _sum(expressions, names[0], names[1], item, depth + 1)
    return _each(total, ast.Tuple([*names], ast.Store()), pairs)


def _sum(expressions: Expressions, a: ast.expr, b: ast.expr, type_: Type, depth: int) -> ast.expr:
    if isinstance(type_, ListOf):
        return _sums(expressions, a, b, type_, depth)
    if isinstance(type_, PackType):
        items = (
            _sum(expressions, _part(expressions, a, key), _part(expressions, b, key), item, depth)
            for key, item in _parts(type_)
        )
        return _display(expressions, type_, list(items))
    return ast.BinOp(a, ast.Add(), b)


def _parts(type_: PackType) -> Iterator[tuple[Any, Type]]:
    """The items of a container, each with the index that reads it."""
    keys = type_.keys if type_.kind is dict else range(len(type_.items))
    return zip(keys, type_.items, strict=True)


def _part(expressions: Expressions, v: ast.expr, key: Any) -> ast.expr:
    return ast.Subscript(v, expressions.constant(key), _LOAD)


def _display(expressions: Expressions, type_: PackType, items: list[ast.expr]) -> ast.expr:
    if type_.kind is dict:
        return ast.Dict([expressions.constant(key) for key in type_.keys], items)
    if type_.kind is list:
        return ast.List(items, _LOAD)
    plain = ast.Tuple(items, _LOAD)
    if type_.kind is tuple or is_record(type_.kind):
        return plain
    return ast.Call(expressions.spelling.object(type_.kind), items, [])


def _numbered(name: str, depth: int) -> str:
    return f"{name}{depth}" if depth else name


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

"""Headers of counted loops: forwards, backwards, and over the rows of an array."""

from __future__ import annotations

import ast
import operator

from srcgrad.backend.expressions import Expressions
from srcgrad.backend.nest import Nesting
from srcgrad.ir.nodes import Apply, Const, For, Operand, Store, Var
from srcgrad.ir.types import Array, Scalar, Size, number_of
from srcgrad.ir.walk import statements, targets


def for_header(stmt: For, expressions: Expressions, row: Apply | None, indexed: bool) -> ast.expr:
    """What a counted loop iterates over."""
    if row is not None:
        rows = expressions.operand(row.args[0])
        if stmt.backward:
            return ast.Call(expressions.spelling.object(reversed), [rows], [])
        return rows
    start, stop, step = (_bound(b, expressions) for b in (stmt.start, stmt.stop, stmt.step))
    if not stmt.backward:
        return _range(expressions, start, stop, step)
    stride = _integer(step)
    from_zero = _integer(start) == 0
    if stride == 1 and from_zero and not indexed:
        return _range(expressions, start, stop, step)
    if stride == 1:
        return _range(expressions, plus(stop, -1), plus(start, -1), _number(-1))
    if stride == -1:
        return _range(expressions, plus(stop, 1), plus(start, 1), _number(1))
    forward = _range(expressions, start, stop, step)
    bounds = (_integer(start), _integer(stop), stride)
    if None not in bounds:
        back = range(*(bound for bound in bounds if bound is not None))[::-1]
        return _range(expressions, *map(_number, (back.start, back.stop, back.step)))
    return ast.Call(expressions.spelling.object(reversed), [forward], [])


def _bound(operand: Operand, expressions: Expressions) -> ast.expr:
    return expressions.operand(operand)


def _range(expressions: Expressions, start: ast.expr, stop: ast.expr, step: ast.expr) -> ast.expr:
    args = [start, stop, step]
    if _integer(step) == 1:
        args = [stop] if _integer(start) == 0 else [start, stop]
    return ast.Call(expressions.spelling.object(range), args, [])


def _integer(expr: ast.expr) -> int | None:
    """The value of an integer literal."""
    if isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.USub):
        value = _integer(expr.operand)
        return None if value is None else -value
    if isinstance(expr, ast.Constant) and type(expr.value) is int:
        return expr.value
    return None


def _number(value: int) -> ast.expr:
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def plus(expr: ast.expr, amount: int) -> ast.expr:
    """``expr + amount``, with integer literals added up."""
    value = _integer(expr)
    if value is not None:
        return _number(value + amount)
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Add | ast.Sub):
        known = _integer(expr.right)
        if known is not None:
            sign = 1 if isinstance(expr.op, ast.Add) else -1
            return _shifted(expr.left, sign * known + amount)
    return _shifted(expr, amount)


def _shifted(expr: ast.expr, amount: int) -> ast.expr:
    if amount == 0:
        return expr
    op: ast.operator = ast.Add() if amount > 0 else ast.Sub()
    return ast.BinOp(expr, op, ast.Constant(abs(amount)))


def row_loop(stmt: For, nesting: Nesting) -> Apply | None:
    """The statement ``row = rows[index]`` of a loop that is better written ``for row in rows``.

    The index must serve for nothing else, and nobody may write to ``rows``.
    """
    if stmt.backward:
        return _saved_numbers(stmt, nesting) or _rows_backwards(stmt, nesting)
    if "range(" in "".join(stmt.loc.text[:1]) or not stmt.body.body:
        return None
    if not (_is_const(stmt.start, 0) and _is_const(stmt.step, 1)):
        return None
    index = stmt.body.params[0]
    length = nesting.inner.get(stmt.stop) if isinstance(stmt.stop, Var) else None
    if not isinstance(length, Apply) or length.op is not len or nesting.counts[index] != 1:
        return None
    rows = length.args[0]
    for inner in stmt.body.body:
        if not isinstance(inner, Apply) or inner.op is not operator.getitem:
            continue
        if inner in nesting.dead:
            continue
        if inner.args[0] is rows and inner.args[1] is index:
            in_statement = inner.target not in nesting.inner
            return inner if in_statement and not _is_stored(stmt, rows) else None
    return None


def _saved_numbers(stmt: For, nesting: Nesting) -> Apply | None:
    """The statement ``l = l_before.pop()`` that begins a loop over saved numbers alone.

    Arrays are taken from their list, which frees each as soon as it has served.
    """
    if nesting.counts[stmt.body.params[0]]:
        return None
    first = _first(stmt, nesting)
    if first is None or first.op is not list.pop or len(first.args) != 1:
        return None
    return first if isinstance(number_of(first.target.type), Scalar) else None


def _rows_backwards(stmt: For, nesting: Nesting) -> Apply | None:
    """The statement ``row = rows[index]`` that begins a loop over the rows of a matrix.

    A row is a view: what is written into it, or into the matrix, is the same however it is read.
    """
    index = stmt.body.params[0]
    first = _first(stmt, nesting)
    plain = _is_const(stmt.start, 0) and _is_const(stmt.step, 1)
    if not plain or nesting.counts[index] != 1 or first is None:
        return None
    if first.op is not operator.getitem or first.args[1] is not index:
        return None
    matrix, stop = first.args[0], stmt.stop
    if not isinstance(matrix, Var) or not isinstance(stop, Var) or not isinstance(stop.type, Size):
        return None
    inside = {*stmt.body.params, *(var for inner in stmt.body.body for var in targets(inner))}
    if matrix in inside or not isinstance(matrix.type, Array) or matrix.type.ndim < 2:
        return None
    return first if matrix.type.dims[0] == stop.type.length else None


def _first(stmt: For, nesting: Nesting) -> Apply | None:
    """The operation that is printed as the first statement of a loop's body."""
    for inner in stmt.body.body:
        if inner not in nesting.dead and not any(var in nesting.inner for var in targets(inner)):
            return inner if isinstance(inner, Apply) else None
    return None


def _is_const(operand: Operand, value: int) -> bool:
    return isinstance(operand, Const) and type(operand.value) is int and operand.value == value


def _is_stored(stmt: For, rows: Operand) -> bool:
    if not isinstance(rows, Var):
        return True
    return any(isinstance(inner, Store) for inner in statements(stmt.body.body))

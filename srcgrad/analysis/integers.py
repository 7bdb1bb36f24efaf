"""Which values of unknown type may be arrays of integers, of which the cotangents are of floats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from srcgrad.analysis.memory import memory_of
from srcgrad.ir.alternatives import is_unlike
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Operand, Pack, Stmt, Var, While
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import Array, ListOf, Type, Unknown, is_some_number
from srcgrad.ir.walk import statements, variables


def perhaps_integers(function: Function) -> set[Var]:
    """The values of unknown type, and the lists of such, that integers may come to.

    What is computed of integers and floats is of floats.
    """
    rows = list(_rows(function.body))
    found: set[Var] = set()
    while True:
        before = len(found)
        found.update(target for target, operands in rows if _may_be(operands, found))
        if len(found) == before:
            return found


def _rows(body: Block) -> Iterator[tuple[Var, tuple[Operand, ...]]]:
    """What becomes of what, if its type is not known: one row for each way."""
    for stmt in statements(body.body):
        for target, operands in _passed(stmt):
            if _is_unknown(target.type):
                yield target, operands


def _passed(stmt: Stmt) -> Iterator[tuple[Var, tuple[Operand, ...]]]:
    match stmt:
        case Apply():
            each = isinstance(stmt.target.type, ListOf) or memory_of(stmt) is not Memory.FRESH
            arrays = tuple(var for arg in stmt.args for var in variables(arg) if _is_array(var))
            yield from (
                ((stmt.target, (var,)) for var in arrays) if each else ((stmt.target, arrays),)
            )
        case If():
            for block in (stmt.then, stmt.orelse):
                yield from _alone(stmt.targets, block.results)
        case For(carried=params) | While(body=Block(params=params)):
            for operands in (stmt.init, stmt.body.results):
                yield from _alone(stmt.targets, operands)
                yield from _alone(params, operands)


def _alone(
    targets: Iterable[Var], operands: Iterable[Operand]
) -> Iterator[tuple[Var, tuple[Operand, ...]]]:
    for target, operand in zip(targets, operands, strict=False):
        if not isinstance(operand, Pack):
            yield target, (operand,)


def _may_be(operands: tuple[Operand, ...], found: set[Var]) -> bool:
    """Whether all of ``operands`` may be arrays of integers."""
    return bool(operands) and all(
        isinstance(operand, Var) and (operand in found or _has_integers(operand.type))
        for operand in operands
    )


def _has_integers(type_: Type) -> bool:
    if isinstance(type_, ListOf):
        return _has_integers(type_.item)
    return isinstance(type_, Array) and (type_.dtype.kind in "iub" or is_unlike(type_))


def _is_array(var: Var) -> bool:
    return isinstance(var.type, Array) or _is_unknown(var.type)


def _is_unknown(type_: Type) -> bool:
    if isinstance(type_, ListOf):
        return _is_unknown(type_.item)
    return isinstance(type_, Unknown) and not is_some_number(type_)

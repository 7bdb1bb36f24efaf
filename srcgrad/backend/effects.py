"""What statements do to memory: which are pure, and which variables may share an array.

Moving an expression to where its value is used is right only if nothing that it reads is written
in between.  :func:`survey` answers that with one walk: it numbers all statements in program order,
groups variables that may share memory into regions, and lists the places where each is written.
"""

from __future__ import annotations

import bisect
import math
import operator
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from srcgrad.analysis.changing import asks, may_change
from srcgrad.analysis.memory import sources
from srcgrad.instances import is_plain_error
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import changed_by
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Define,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.ops import OPS
from srcgrad.ir.recursion import Pull, stored_by
from srcgrad.ir.types import Known, ListOf, Object, Scalar, Size, StackOf, Unknown
from srcgrad.ir.walk import blocks, free_in_block, variables
from srcgrad.specialise.builder import type_of

_PURE_BUILTINS = frozenset(
    (
        abs, bool, bytes, complex, dict, divmod, enumerate, float, format, frozenset, getattr,
        hasattr, hash, id, int, isinstance, issubclass, len, list, max, min, pow, range, repr,
        reversed, round, set, slice, sorted, str, sum, tuple, type, zip,
    )
)  # fmt: skip
_PURE_INTRINSICS = frozenset(
    function
    for function in vars(intrinsics).values()
    if isinstance(function, types.FunctionType) and function is not intrinsics.call
)
_WRITING_OPERATORS = ("setitem", "delitem", "call", "methodcaller")
_FRESH_OPERATORS = frozenset(
    (
        operator.add, operator.and_, operator.contains, operator.eq, operator.floordiv,
        operator.ge, operator.gt, operator.invert, operator.is_, operator.is_not, operator.le,
        operator.lshift, operator.lt, operator.matmul, operator.mod, operator.mul, operator.ne,
        operator.neg, operator.not_, operator.or_, operator.pos, operator.pow, operator.rshift,
        operator.sub, operator.truediv, operator.xor,
    )
)  # fmt: skip
LIST_EDITS = frozenset(
    (
        list.append,
        list.insert,
        list.extend,
        list.pop,
        list.reverse,
        set.add,
        set.discard,
        changed_by,
    )
)
SAVED = "what lists of saved values hold"
OUTSIDE = "what objects from outside hold"


def is_pure(op: Any) -> bool:
    """Whether calling ``op`` does nothing but give a value."""
    known = OPS.get(op) if _hashable(op) else None
    if known is not None:
        return known.pure
    if isinstance(op, type):
        return is_plain_error(op) or op in _PURE_BUILTINS
    if op in _PURE_BUILTINS or op in _PURE_INTRINSICS or isinstance(op, _ATTRIBUTES):
        return True
    if isinstance(op, types.BuiltinFunctionType):
        name = op.__name__
        if op.__module__ == "_operator":
            return name not in _WRITING_OPERATORS and not _is_in_place(name)
        return getattr(math, name, None) is op
    return getattr(op, "__module__", "") == "srcgrad.backend.helpers"


_ATTRIBUTES = (types.GetSetDescriptorType, types.MemberDescriptorType, property)


def _is_in_place(name: str) -> bool:
    return name.startswith("i") and hasattr(operator, name[1:])


def _sources(stmt: Apply) -> tuple[Operand, ...]:
    """The operands whose memory a result may share; all, where nothing is known."""
    op = stmt.op
    if _hashable(op) and op in OPS:
        return sources(stmt)
    if op in _FRESH_OPERATORS or getattr(math, getattr(op, "__name__", ""), None) is op:
        return ()
    return (*stmt.args, *(value for _, value in stmt.kwargs))


def _hashable(op: Any) -> bool:
    return getattr(type(op), "__hash__", None) is not None


def may_alias(var: Var) -> bool:
    """Whether ``var`` can hold memory that somebody writes to."""
    return not isinstance(var.type, Scalar | Size | Known)


class Regions:
    """Sets of variables that may share memory (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}

    def find(self, key: object) -> object:
        """The representative of the set that ``key`` is in."""
        root = key
        while (parent := self._parent.get(root, root)) is not root:
            root = parent
        while key is not root:
            self._parent[key], key = root, self._parent.get(key, root)
        return root

    def union(self, a: object, b: object) -> None:
        """Puts ``a`` and ``b`` into one set."""
        a, b = self.find(a), self.find(b)
        if a is not b:
            self._parent[a] = b


@dataclass
class Effects:
    """The order of all statements, and where each region of memory is written."""

    regions: Regions = field(default_factory=Regions)
    position: dict[Stmt | Block, int] = field(default_factory=dict)
    writes: dict[object, list[int]] = field(default_factory=dict)

    def read_in(self, stmt: Stmt, operands: Iterable[Operand]) -> set[object]:
        """The regions that ``stmt`` reads with ``operands`` and that are written somewhere."""
        found = self.read_by(operands)
        if OUTSIDE in self.writes and isinstance(stmt, Apply) and asks(stmt):
            found.add(OUTSIDE)
        return found

    def read_by(self, operands: Iterable[Operand]) -> set[object]:
        """The regions that are read with ``operands`` and written somewhere."""
        found: set[object] = set()
        for operand in operands:
            for var in variables(operand):
                region = self.regions.find(var)
                if region in self.writes and may_alias(var):
                    found.add(region)
        return found

    def is_written(self, region: object, after: int, before: int) -> bool:
        """Whether ``region`` is written between two positions, both excluded."""
        places = self.writes[region]
        index = bisect.bisect_right(places, after)
        return index < len(places) and places[index] < before


def survey(function: Function) -> Effects:
    """The effects of a function in the typed dialect, its loops without stacks."""
    effects = Effects()
    written: list[tuple[Var, int]] = []
    _visit(function.body, effects, written)
    for var, position in written:
        effects.writes.setdefault(effects.regions.find(var), []).append(position)
    return effects


def _visit(block: Block, effects: Effects, written: list[tuple[Var, int]]) -> None:
    for stmt in block.body:
        effects.position[stmt] = position = len(effects.position)
        written.extend((var, position) for var in _written_by(stmt))
        if _changes_outside(stmt):
            effects.writes.setdefault(OUTSIDE, []).append(position)
        _join(stmt, effects.regions)
        for inner in blocks(stmt):
            _visit(inner, effects, written)
    effects.position[block] = len(effects.position)


def _changes_outside(stmt: Stmt) -> bool:
    """Whether a statement may change objects of which nothing is known.

    Two lists from outside may be one, whatever they are called.
    """
    if not isinstance(stmt, Apply):
        return may_change(stmt)
    if stmt.op in LIST_EDITS:
        return isinstance(type_of(stmt.args[0]), Object | Unknown)
    return not is_pure(stmt.op) and may_change(stmt)


def _written_by(stmt: Stmt) -> Iterable[Var]:
    if isinstance(stmt, Store) or (isinstance(stmt, Apply) and isinstance(stmt.op, Pull)):
        return stored_by(stmt)
    if isinstance(stmt, Apply) and not is_pure(stmt.op):
        # Appending changes the list alone, not what it holds.
        args = stmt.args[:1] if stmt.op in LIST_EDITS else stmt.args
        operands = (*args, *(value for _, value in stmt.kwargs))
        return [var for operand in operands for var in variables(operand) if may_alias(var)]
    return ()


def _join(stmt: Stmt, regions: Regions) -> None:
    match stmt:
        case Apply():
            _join_result(stmt, regions)
        case If():
            for target, *results in zip(
                stmt.targets, stmt.then.results, stmt.orelse.results, strict=True
            ):
                _join_all(regions, target, results)
        case For():
            carried = zip(stmt.targets, stmt.carried, stmt.init, stmt.body.results, strict=True)
            for target, param, *values in carried:
                _join_all(regions, target, (param, *values))
        case While():
            loop = zip(
                stmt.targets, stmt.cond.params, stmt.body.params, stmt.init, stmt.body.results,
                strict=True,
            )  # fmt: skip
            for target, *values in loop:
                _join_all(regions, target, values)
        case Define():
            _join_all(regions, stmt.target, tuple(free_in_block(stmt.function.body)))
        case Store() if _is_dynamic(stmt.buffer) and not stmt.accumulate:
            _join_all(regions, stmt.buffer, (stmt.value,))
        case _:
            pass


def _join_result(stmt: Apply, regions: Regions) -> None:
    if stmt.op in LIST_EDITS and isinstance(stmt.args[0], Var) and _is_dynamic(stmt.args[0]):
        # What a list holds is in its region.
        _join_all(regions, stmt.args[0], (*stmt.args[1:], stmt.target))
        return
    if stmt.op is list.append:
        for var in variables(stmt.args[1]):
            regions.union(SAVED, var)
        return
    if isinstance(stmt.target.type, Scalar | Size | Known):
        return
    if stmt.op is list.pop or (stmt.op is operator.getitem and _is_list(stmt.args[0])):
        regions.union(SAVED, stmt.target)
    else:
        _join_all(regions, stmt.target, _sources(stmt))


def _join_all(regions: Regions, target: Var, operands: Iterable[Operand]) -> None:
    if not may_alias(target):
        return
    for operand in operands:
        for var in variables(operand):
            if may_alias(var):
                regions.union(target, var)


def _is_dynamic(var: Var) -> bool:
    return isinstance(var.type, ListOf)


def _is_list(operand: Operand) -> bool:
    return isinstance(operand, Var) and isinstance(operand.type, StackOf)

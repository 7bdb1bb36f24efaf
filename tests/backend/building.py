"""Small helpers that build programs in the typed dialect by hand."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from srcgrad.errors import Loc
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Operand,
    Pack,
    Param,
    Raise,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.ops import OPS, Memory, Op
from srcgrad.ir.types import FLOAT64, UNKNOWN, Array, StackOf, Type

VECTOR = Array(FLOAT64, (None,))
MATRIX = Array(FLOAT64, (None, None))
PURE = (
    np.sum, np.tanh, np.exp, np.sin, np.cos, np.maximum, np.outer, np.dot, np.where, np.sqrt,
    np.ones_like, np.zeros_like, np.zeros, np.copy, np.linalg.norm, np.linalg.qr, np.ndarray.sum,
    np.ndarray.copy, operator.add, operator.sub, operator.mul, operator.truediv, operator.pow,
    operator.matmul, operator.gt, operator.lt, operator.neg, math.exp, math.sin,
)  # fmt: skip


@pytest.fixture(autouse=True)
def operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declares the operations that these tests use."""
    for function in PURE:
        monkeypatch.setitem(OPS, function, Op(lambda *args: UNKNOWN))
    for view in (np.ndarray.T, operator.getitem):
        monkeypatch.setitem(OPS, view, Op(lambda *args: UNKNOWN, Memory.VIEW))


def loc(line: int, text: str = "", adjoint: bool = False, file: str = "example.py") -> Loc:
    lines = tuple(text.split("\n")) if text else ()
    return Loc(file, line, 0, line + max(len(lines) - 1, 0), len(text), lines, "f", adjoint)


def as_operand(value: Any) -> Operand:
    if isinstance(value, Var | Const | Pack):
        return value
    if isinstance(value, tuple | list):
        return Pack(type(value), tuple(as_operand(item) for item in value))
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return Pack(slice, tuple(as_operand(part) for part in parts))
    return Const(value)


class Builder:
    """Collects the statements of one block; ``at`` is where the next ones come from."""

    def __init__(self, at: Loc | None = None) -> None:
        self.at = at or loc(1)
        self.body: list[Stmt] = []

    def line(self, line: int, text: str = "", adjoint: bool = False) -> None:
        self.at = loc(line, text, adjoint)

    def add(self, op: Any, *args: Any, name: str = "", type: Type = VECTOR, **kwargs: Any) -> Var:
        target = Var(name, type)
        pairs = tuple((key, as_operand(value)) for key, value in kwargs.items())
        self.body.append(Apply(target, op, tuple(map(as_operand, args)), pairs, self.at))
        return target

    def store(self, buffer: Var, index: Any, value: Any, accumulate: bool = True) -> None:
        place = None if index is None else as_operand(index)
        self.body.append(Store(buffer, place, as_operand(value), accumulate, self.at))

    def throw(self, exception: Any, cause: Any = None) -> None:
        source = None if cause is None else as_operand(cause)
        self.body.append(Raise(as_operand(exception), source, self.at))

    def inner(self) -> Builder:
        return Builder(self.at)

    def block(self, *results: Any, params: Sequence[Var] = ()) -> Block:
        return Block(tuple(params), tuple(self.body), tuple(map(as_operand, results)))

    def branch(self, cond: Any, then: Block, orelse: Block, *targets: Var) -> None:
        self.body.append(If(targets, as_operand(cond), then, orelse, self.at))

    def loop(
        self,
        body: Block,
        stop: Any,
        init: Sequence[Any] = (),
        targets: Sequence[Var] = (),
        stacks: Sequence[Var] = (),
        start: Any = 0,
        step: Any = 1,
        backward: bool = False,
    ) -> None:
        bounds = (as_operand(start), as_operand(stop), as_operand(step))
        first = tuple(map(as_operand, init))
        self.body.append(
            For(tuple(targets), *bounds, backward, first, tuple(stacks), body, self.at)
        )

    def repeat(self, cond: Block, body: Block, init: Sequence[Any], targets: Sequence[Var]) -> None:
        first = tuple(map(as_operand, init))
        self.body.append(While(tuple(targets), first, cond, body, self.at))

    def define(self, function: Function, name: str = "") -> Var:
        target = Var(name or function.name)
        self.body.append(Define(target, function, (), (), self.at))
        return target

    def function(self, name: str, params: Sequence[Any], result: Any) -> Function:
        declared = tuple(
            param if isinstance(param, Param) else Param(param.name, param) for param in params
        )
        return Function(name, declared, self.block(result), loc(1, "def f():"))


def stack(name: str = "", item: Type = VECTOR) -> Var:
    return Var(name, StackOf(item))

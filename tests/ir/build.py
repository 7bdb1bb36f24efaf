"""Short spellings for building IR by hand."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Function,
    Invoke,
    Operand,
    Pack,
    Param,
    Stmt,
    Var,
)
from srcgrad.ir.types import FLOAT64, PY_FLOAT, PY_INT, Array, Length, Symbol, Type

LOC = Loc("model.py", 3, 4, 3, 20, ("    h = np.tanh(x)",), "f")

n, m = Symbol(fixed=True), Symbol(fixed=True)
VECTOR = Array(FLOAT64, (Length(n),))
MATRIX = Array(FLOAT64, (Length(m), Length(n)))

ONE, TWO, NONE = Const(1), Const(2.0), Const(None)


def vector(name: str = "") -> Var:
    return Var(name, VECTOR)


def number(name: str = "") -> Var:
    return Var(name, PY_FLOAT)


def integer(name: str = "") -> Var:
    return Var(name, PY_INT)


def apply(target: Var, op: Any, *args: Operand, **kwargs: Operand) -> Apply:
    return Apply(target, op, args, tuple(kwargs.items()), LOC)


def invoke(target: Var, callee: Operand, *args: Operand, **kwargs: Operand) -> Invoke:
    return Invoke(target, callee, args, tuple(kwargs.items()), LOC)


def add(target: Var, a: Operand, b: Operand) -> Apply:
    return apply(target, operator.add, a, b)


def tanh(target: Var, x: Operand) -> Apply:
    return apply(target, np.tanh, x)


def pack(*items: Operand) -> Pack:
    return Pack(tuple, items)


def block(*body: Stmt, results: tuple[Operand, ...] = (), params: tuple[Var, ...] = ()) -> Block:
    return Block(params, body, results)


def function(params: tuple[Var, ...], *body: Stmt, result: Operand = NONE) -> Function:
    parameters = tuple(Param(var.name, var) for var in params)
    return Function("f", parameters, Block((), body, (result,)), LOC)


def typed(name: str, type_: Type) -> Var:
    return Var(name, type_)

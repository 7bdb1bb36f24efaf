"""Which values carry a derivative from the inputs to the result.

A value is *varied* if it depends on a differentiated input through operations with a derivative,
and *useful* if the result depends on it so.  It is *active* if it is both.  Everything else leaves
no trace in the adjoint.
"""

from __future__ import annotations

from collections.abc import Iterable

from srcgrad.ir.nodes import Apply, Block, For, If, Operand, Stmt, Var, While
from srcgrad.ir.ops import DERIVATIVES, ZeroDerivative
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import PackType, Type, may_be_inexact
from srcgrad.ir.walk import used, variables


def active(body: Iterable[Stmt], inputs: Iterable[Var], results: Iterable[Var]) -> set[Var]:
    """The active values of a typed program.

    Parameters
    ----------
    body : statements
        The program.
    inputs, results : variables
        What is differentiated with respect to, and what is differentiated.
    """
    body = tuple(body)
    varied = depending_on(body, inputs)
    useful = set(results)
    _spread_backward(body, useful)
    return varied & useful


def depending_on(body: Iterable[Stmt], inputs: Iterable[Var]) -> set[Var]:
    """The varied values of a typed program."""
    varied = set(inputs)
    _spread_forward(tuple(body), varied)
    return varied


def can_carry(type_: Type) -> bool:
    """Whether a value of this type can have a cotangent."""
    if isinstance(type_, PackType):
        return any(can_carry(item) for item in type_.items)
    return may_be_inexact(type_)


def _passes(stmt: Apply) -> bool:
    return not isinstance(DERIVATIVES.get(stmt.op), ZeroDerivative)


def _carrying(stmt: Apply) -> Iterable[Var]:
    """The variables through which a derivative may pass into the result."""
    if isinstance(stmt.op, Recursive):
        return [var for i in sorted(stmt.op.depends) for var in variables(stmt.args[i])]
    return used(stmt)


def _any(operands: Iterable[Operand], among: set[Var]) -> bool:
    return any(var in among for operand in operands for var in variables(operand))


def _spread_forward(body: Iterable[Stmt], varied: set[Var]) -> None:
    for stmt in body:
        match stmt:
            case Apply():
                carries = can_carry(stmt.target.type) and _passes(stmt)
                if carries and any(var in varied for var in _carrying(stmt)):
                    varied.add(stmt.target)
            case If():
                _spread_forward(stmt.then.body, varied)
                _spread_forward(stmt.orelse.body, varied)
                rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                for target, a, b in rows:
                    if can_carry(target.type) and _any((a, b), varied):
                        varied.add(target)
            case For() | While():
                _loop_forward(stmt, varied)


def _loop_forward(stmt: For | While, varied: set[Var]) -> None:
    params = stmt.carried if isinstance(stmt, For) else stmt.body.params
    body = stmt.body
    while True:
        before = len(varied)
        rows = zip(stmt.targets, stmt.init, params, body.results, strict=False)
        for target, init, param, result in rows:
            if can_carry(param.type) and _any((init, param, result), varied):
                varied.update((param, target))
        _spread_forward(body.body, varied)
        if len(varied) == before:
            return


def _spread_backward(body: Iterable[Stmt], useful: set[Var]) -> None:
    for stmt in reversed(tuple(body)):
        match stmt:
            case Apply():
                if stmt.target in useful and _passes(stmt):
                    useful.update(_carrying(stmt))
            case If():
                rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                for target, a, b in rows:
                    if target in useful:
                        useful.update((*variables(a), *variables(b)))
                _spread_backward(stmt.then.body, useful)
                _spread_backward(stmt.orelse.body, useful)
            case For() | While():
                _loop_backward(stmt, useful)


def _loop_backward(stmt: For | While, useful: set[Var]) -> None:
    params = stmt.carried if isinstance(stmt, For) else stmt.body.params
    body: Block = stmt.body
    while True:
        before = len(useful)
        rows = zip(stmt.targets, stmt.init, params, body.results, strict=False)
        for target, init, param, result in rows:
            if target in useful or param in useful:
                useful.add(param)
                useful.update((*variables(result), *variables(init)))
        _spread_backward(body.body, useful)
        if len(useful) == before:
            return

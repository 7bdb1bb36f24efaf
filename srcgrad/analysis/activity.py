"""Which values carry a derivative from the inputs to the result.

A value is *varied* if it depends on a differentiated input through operations with a derivative,
and *useful* if the result depends on it so.  It is *active* if it is both.  Everything else leaves
no trace in the adjoint.

Arrays that are written in place are varied, and useful, as a whole: all names of such an array and
all views of it are, if one is, at every time.
"""

from __future__ import annotations

from collections.abc import Iterable

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Block, For, If, Operand, Stmt, Store, Var, While
from srcgrad.ir.ops import DERIVATIVES, ZeroDerivative
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import ListOf, PackType, Type, dtype_of, may_be_inexact, number_of
from srcgrad.ir.walk import used, variables
from srcgrad.specialise.builder import type_of


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
    memory = MemoryClasses(body)
    varied = _Spread(memory, inputs)
    varied.forward_to_end(body)
    useful = _Spread(memory, results)
    useful.backward_to_end(body)
    return varied.found & useful.found


def depending_on(body: Iterable[Stmt], inputs: Iterable[Var]) -> set[Var]:
    """The varied values of a typed program."""
    body = tuple(body)
    varied = _Spread(MemoryClasses(body), inputs)
    varied.forward_to_end(body)
    return varied.found


def leading_to(body: Iterable[Stmt], results: Iterable[Var]) -> set[Var]:
    """The useful values of a typed program."""
    body = tuple(body)
    useful = _Spread(MemoryClasses(body), results)
    useful.backward_to_end(body)
    return useful.found


def can_carry(type_: Type) -> bool:
    """Whether a value of this type can have a cotangent."""
    if isinstance(type_, PackType):
        return any(can_carry(item) for item in type_.items)
    if isinstance(type_, ListOf):
        return can_carry(type_.item)
    return may_be_inexact(type_)


def _passes(stmt: Apply) -> bool:
    derivative = DERIVATIVES.get(stmt.op)
    if not isinstance(derivative, ZeroDerivative):
        return True
    return derivative.of_reals and not all(_is_real(type_of(arg)) for arg in stmt.args)


def _is_real(type_: Type) -> bool:
    dtype = dtype_of(number_of(type_))
    return dtype is not None and dtype.kind != "c"


def _carrying(stmt: Apply) -> Iterable[Var]:
    """The variables through which a derivative may pass into the result."""
    if isinstance(stmt.op, Recursive):
        return [var for i in sorted(stmt.op.depends) for var in variables(stmt.args[i])]
    return used(stmt)


class _Spread:
    """A set of variables that grows along the program, or against it."""

    def __init__(self, memory: MemoryClasses, start: Iterable[Var]) -> None:
        self.memory = memory
        self.found: set[Var] = set()
        self.add(*start)

    def add(self, *new: Var) -> None:
        """Adds variables, and with one name of an array that is written all others."""
        for var in new:
            if var in self.found:
                continue
            self.found.add(var)
            if self.memory.is_written(var):
                self.found.update(v for v in self.memory.members(var) if can_carry(v.type))

    def has(self, *operands: Operand) -> bool:
        return any(var in self.found for operand in operands for var in variables(operand))

    # --- forward --------------------------------------------------------------------------------

    def forward_to_end(self, body: tuple[Stmt, ...]) -> None:
        """Spreads until nothing changes: what is written late is seen through earlier names."""
        before = -1
        while len(self.found) > before:
            before = len(self.found)
            self._forward(body)
            if not self.memory.any_written():
                return

    def _forward(self, body: tuple[Stmt, ...]) -> None:
        for stmt in body:
            match stmt:
                case Apply():
                    carries = can_carry(stmt.target.type) and _passes(stmt)
                    if carries and self.has(*_carrying(stmt)):
                        self.add(stmt.target)
                    elif stmt.op is intrinsics.caught:
                        self.add(stmt.target)  # what was raised may hold anything
                case Store():
                    if can_carry(stmt.buffer.type) and self.has(stmt.value):
                        self.add(stmt.buffer)
                case If():
                    self._forward(stmt.then.body)
                    self._forward(stmt.orelse.body)
                    rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                    for target, a, b in rows:
                        if can_carry(target.type) and self.has(a, b):
                            self.add(target)
                case For() | While():
                    self._loop_forward(stmt)

    def _loop_forward(self, stmt: For | While) -> None:
        params = stmt.carried if isinstance(stmt, For) else stmt.body.params
        body = stmt.body
        while True:
            before = len(self.found)
            rows = zip(stmt.targets, stmt.init, params, body.results, strict=False)
            for target, init, param, result in rows:
                if can_carry(param.type) and self.has(init, param, result):
                    self.add(param, target)
            self._forward(body.body)
            if len(self.found) == before:
                return

    # --- backward -------------------------------------------------------------------------------

    def backward_to_end(self, body: tuple[Stmt, ...]) -> None:
        """Spreads until nothing changes."""
        before = -1
        while len(self.found) > before:
            before = len(self.found)
            self._backward(body)
            if not self.memory.any_written():
                return

    def _backward(self, body: tuple[Stmt, ...]) -> None:
        for stmt in reversed(body):
            match stmt:
                case Apply():
                    if stmt.target in self.found and _passes(stmt):
                        self.add(*_carrying(stmt))
                case Store():
                    if stmt.buffer in self.found:
                        self.add(*variables(stmt.value))
                case If():
                    rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                    for target, a, b in rows:
                        if target in self.found:
                            self.add(*variables(a), *variables(b))
                    self._backward(stmt.then.body)
                    self._backward(stmt.orelse.body)
                case For() | While():
                    self._loop_backward(stmt)

    def _loop_backward(self, stmt: For | While) -> None:
        params = stmt.carried if isinstance(stmt, For) else stmt.body.params
        body: Block = stmt.body
        while True:
            before = len(self.found)
            rows = zip(stmt.targets, stmt.init, params, body.results, strict=False)
            for target, init, param, result in rows:
                if target in self.found or param in self.found:
                    self.add(param, *variables(result), *variables(init))
            self._backward(body.body)
            if len(self.found) == before:
                return

"""Rewriting a program statement by statement: what the passes of the simplifier share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Define,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.walk import (
    OWNERS,
    changed,
    count_uses,
    free_in_block,
    map_operand,
    map_stmt,
    mapped,
    params_of,
    same_or,
    statements,
    used,
    variables,
)
from srcgrad.specialise.builder import Builder

Step = Callable[["Rewriting", Stmt], None]


class Rewriting:
    """The program being built: where a step emits statements and renames variables.

    Attributes
    ----------
    builder : Builder
        Takes the new statements; knows the definition of every variable emitted so far.
    uses : Counter of Var
        How often each variable was read in the program before the pass.
    memory : MemoryClasses
        Which variables of the program before the pass may share memory, and what is stored into.
    inputs : set of Var
        What the program reads from outside: the parts of its arguments, globals, closure cells.
    scopes : list of dict
        For each open block, what a step wants to remember while it is open.
    """

    def __init__(self, function: Function, step: Step) -> None:
        self.builder = Builder()
        self.memory = MemoryClasses(function.body)
        self.renamed: dict[Var, Operand] = {}
        self.scopes: list[dict[Any, Any]] = []
        self._function = function
        self._step = step
        self._unchanged: Stmt | None = None
        """The statement that the step was given, if it is one of the program before the pass."""

    @cached_property
    def uses(self) -> Counter[Var]:
        return count_uses(self._function)

    @cached_property
    def inputs(self) -> set[Var]:
        return {*params_of(self._function), *free_in_block(self._function.body)}

    def operand(self, operand: Operand) -> Operand:
        if not self.renamed:
            return operand
        return map_operand(operand, lambda var: self.renamed.get(var, var))

    def keep(self, stmt: Stmt) -> None:
        """Emits ``stmt``, which reads new variables, as it is."""
        if isinstance(stmt, Apply):
            self.builder.definitions[stmt.target] = stmt
        if stmt is not self._unchanged:
            self.memory.add(stmt)
        self.builder.body.append(stmt)

    def rename(self, var: Var, operand: Operand) -> None:
        """From here on, what read ``var`` reads ``operand``."""
        self.renamed[var] = operand
        if isinstance(operand, Var):
            self.memory.join(var, operand)
            self.uses[operand] += self.uses[var]
            if var.name and not operand.name:
                operand.name = var.name
            operand.hint = operand.hint or var.hint
            operand.primal = operand.primal or var.primal

    def is_stored(self, operand: Operand) -> bool:
        """Whether something is stored into memory that ``operand`` may show."""
        return any(self.memory.is_written(var) for var in variables(operand))

    def definition(self, operand: Operand, op: object = None) -> Apply | None:
        """The operation that gives ``operand``; only if it is ``op``, where that is given."""
        stmt = self.builder.definitions.get(operand) if isinstance(operand, Var) else None
        return stmt if stmt is not None and (op is None or stmt.op is op) else None

    def block(self, block: Block) -> Block:
        """``block`` after the step; the block itself if nothing changes."""
        self.scopes.append({})
        step, renamed = self._step, self.renamed
        with self.builder.nested() as body:
            for stmt in block.body:
                new = stmt
                if type(stmt) in OWNERS:
                    new = self._inside(stmt)
                elif renamed and not renamed.keys().isdisjoint(used(stmt)):
                    new = map_stmt(stmt, lambda var: renamed.get(var, var))
                self._unchanged = stmt if new is stmt else None
                step(self, new)
        self.scopes.pop()
        return changed(block, body=same_or(block.body, body), results=self._all(block.results))

    def _inside(self, stmt: Stmt) -> Stmt:
        """What owns blocks with what it reads renamed, after the step was given what is in them."""
        match stmt:
            case If():
                then, orelse = self.block(stmt.then), self.block(stmt.orelse)
                return changed(stmt, cond=self.operand(stmt.cond), then=then, orelse=orelse)
            case For():
                # What the loop begins with is named as it is before the loop.
                parts = {
                    "init": self._all(stmt.init),
                    "start": self.operand(stmt.start),
                    "stop": self.operand(stmt.stop),
                    "step": self.operand(stmt.step),
                    "stacks": self._all(stmt.stacks),
                }
                return changed(stmt, **parts, body=self.block(stmt.body))
            case While():
                init = self._all(stmt.init)
                cond, body = self.block(stmt.cond), self.block(stmt.body)
                return changed(stmt, init=init, cond=cond, body=body)
            case Define():
                body = self.block(stmt.function.body)
                return changed(stmt, function=changed(stmt.function, body=body))
            case _:
                raise AssertionError("not a statement of the typed dialect")

    def _all(self, operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return mapped(operands, self.operand) if self.renamed else operands


def rewrite(function: Function, step: Step) -> Function:
    """``function`` after ``step`` was given each statement, inner blocks first."""
    return changed(function, body=Rewriting(function, step).block(function.body))


def buffers(function: Function) -> set[Var]:
    """The variables that are stored into."""
    return {var for stmt in statements(function.body.body) for var in stored_by(stmt)}

"""Rewriting a program statement by statement: what the passes of the simplifier share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
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
    blocks,
    free_in_block,
    map_operand,
    map_stmt,
    params_of,
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
        self.uses = count_uses(function)
        self.memory = MemoryClasses(function.body.body)
        self.inputs = {*params_of(function), *free_in_block(function.body)}
        self.renamed: dict[Var, Operand] = {}
        self.scopes: list[dict[Any, Any]] = []
        self._step = step

    def operand(self, operand: Operand) -> Operand:
        return map_operand(operand, lambda var: self.renamed.get(var, var))

    def keep(self, stmt: Stmt) -> None:
        """Emits ``stmt``, which reads new variables, as it is."""
        if isinstance(stmt, Apply):
            self.builder.definitions[stmt.target] = stmt
        self.memory.add(stmt)
        self.builder.emit(stmt)

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
        self.scopes.append({})
        with self.builder.nested() as body:
            for stmt in block.body:
                self._visit(stmt)
        self.scopes.pop()
        return Block(block.params, tuple(body), tuple(self.operand(r) for r in block.results))

    def _visit(self, stmt: Stmt) -> None:
        match stmt:
            case If():
                then, orelse = self.block(stmt.then), self.block(stmt.orelse)
                stmt = replace(stmt, cond=self.operand(stmt.cond), then=then, orelse=orelse)
            case For():
                init = tuple(self.operand(v) for v in stmt.init)
                span = [self.operand(v) for v in (stmt.start, stmt.stop, stmt.step)]
                stacks = tuple(self.operand(v) for v in stmt.stacks)
                body = self.block(stmt.body)
                stmt = replace(
                    stmt,
                    start=span[0],
                    stop=span[1],
                    step=span[2],
                    init=init,
                    stacks=stacks,
                    body=body,
                )
            case While():
                init = tuple(self.operand(v) for v in stmt.init)
                cond, body = self.block(stmt.cond), self.block(stmt.body)
                stmt = replace(stmt, init=init, cond=cond, body=body)
            case Define():
                function = replace(stmt.function, body=self.block(stmt.function.body))
                stmt = replace(stmt, function=function)
            case _:
                stmt = map_stmt(stmt, lambda var: self.renamed.get(var, var))
        self._step(self, stmt)


def rewrite(function: Function, step: Step) -> Function:
    """``function`` after ``step`` was given each statement, inner blocks first."""
    return replace(function, body=Rewriting(function, step).block(function.body))


def count_uses(function: Function) -> Counter[Var]:
    """How often each variable is read."""
    counts: Counter[Var] = Counter()
    for stmt in statements(function.body.body):
        counts.update(used(stmt))
        for block in blocks(stmt):
            counts.update(var for result in block.results for var in variables(result))
    counts.update(var for result in function.body.results for var in variables(result))
    return counts


def buffers(function: Function) -> set[Var]:
    """The variables that are stored into."""
    return {var for stmt in statements(function.body.body) for var in stored_by(stmt)}

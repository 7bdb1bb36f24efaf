"""Which variables may share memory: classes of variables, closed under every way of passing on."""

from __future__ import annotations

from collections.abc import Iterable

from srcgrad.ir.nodes import Apply, Block, Define, For, If, Operand, Stmt, Var, While
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Scalar, number_of
from srcgrad.ir.walk import variables


class MemoryClasses:
    """The classes of variables of a program that may share memory.

    Numbers share memory with nothing.  An operation of which nothing is known may give back any of
    its operands.
    """

    def __init__(self, body: Iterable[Stmt]) -> None:
        self._parent: dict[Var, Var] = {}
        for stmt in body:
            self._statement(stmt)

    def root(self, var: Var) -> Var:
        """What stands for the class of ``var``: the same for two variables that may share."""
        parent = self._parent.get(var, var)
        if parent is var:
            return var
        self._parent[var] = self.root(parent)
        return self._parent[var]

    def _join(self, a: Operand, b: Operand) -> None:
        every = [v for v in (*variables(a), *variables(b)) if has_memory(v)]
        for var in every[1:]:
            self._parent[self.root(var)] = self.root(every[0])

    def _block(self, block: Block) -> None:
        for stmt in block.body:
            self._statement(stmt)

    def _statement(self, stmt: Stmt) -> None:
        match stmt:
            case Apply():
                op = OPS.get(stmt.op)
                if op is not None and op.memory is Memory.FRESH:
                    return
                view = op is not None and op.memory is Memory.VIEW
                for operand in stmt.args[:1] if view else (*stmt.args, *dict(stmt.kwargs).values()):
                    self._join(stmt.target, operand)
            case If():
                for block in (stmt.then, stmt.orelse):
                    self._block(block)
                    for target, result in zip(stmt.targets, block.results, strict=True):
                        self._join(target, result)
            case For():
                self._block(stmt.body)
                self._loop(stmt.carried, stmt)
                for stack, element in zip(
                    stmt.stacks, stmt.body.params[1 + len(stmt.carried) :], strict=True
                ):
                    self._join(stack, element)
            case While():
                self._block(stmt.cond)
                self._block(stmt.body)
                for tested, carried in zip(stmt.cond.params, stmt.body.params, strict=True):
                    self._join(tested, carried)
                self._loop(stmt.body.params, stmt)
            case Define():
                self._block(stmt.function.body)

    def _loop(self, carried: tuple[Var, ...], stmt: For | While) -> None:
        for param, first in zip(carried, stmt.init, strict=True):
            self._join(param, first)
        for param, result in zip(carried, stmt.body.results, strict=False):
            self._join(param, result)
        # Beyond the carried values, targets are the stacks of what the body saves.
        for target, result in zip(stmt.targets, stmt.body.results, strict=True):
            self._join(target, result)


def has_memory(var: Var) -> bool:
    """Whether a variable may hold an array, or something that holds one."""
    return not isinstance(number_of(var.type), Scalar)

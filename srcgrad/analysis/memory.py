"""Which variables may share memory: classes of variables, closed under every way of passing on."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator

import numpy as np

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Block, Define, For, If, Operand, Raise, Stmt, Store, Var, While
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import Scalar, Size, number_of
from srcgrad.ir.walk import statements, variables
from srcgrad.specialise.builder import type_of


def memory_of(stmt: Apply) -> Memory:
    """Where the result of an operation lives."""
    op = OPS.get(stmt.op)
    if op is None:
        return Memory.VIEW if stmt.op in _AUGMENTED else Memory.ANY
    if isinstance(op.memory, Memory):
        return op.memory
    return op.memory_for(map(type_of, stmt.args), {k: type_of(v) for k, v in stmt.kwargs})


_AUGMENTED = frozenset(
    (
        *(operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv),
        *(operator.imod, operator.ipow, operator.imatmul, operator.iand, operator.ior),
        *(operator.ixor, operator.ilshift, operator.irshift),
    )
)
"""The operators of augmented assignment, which give back their first operand."""


def sources(stmt: Apply) -> tuple[Operand, ...]:
    """The operands whose memory the result of an operation may share.

    An operation of which nothing is known may give back any of its operands.
    """
    if not has_memory(stmt.target):
        return ()
    where = memory_of(stmt)
    if where is Memory.FRESH:
        return ()
    if where is Memory.ANY:
        return (*stmt.args, *dict(stmt.kwargs).values())
    return stmt.args[:1]


def is_fresh(stmt: Apply) -> bool:
    """Whether an operation is pure and its result memory that nothing else has."""
    op = OPS.get(stmt.op)
    return op is not None and op.pure and memory_of(stmt) is Memory.FRESH


class MemoryClasses:
    """The classes of variables of a program that may share memory.

    Numbers share memory with nothing.
    """

    def __init__(self, body: Iterable[Stmt]) -> None:
        self._parent: dict[Var, Var] = {}
        self._members: dict[Var, list[Var]] = {}
        body = tuple(body)
        self._waiting: list[Stmt | tuple[Operand, Operand]] = list(body)
        """What has still to be looked at: most programs store into nothing, and nobody asks."""
        self._stores = {s.buffer: None for s in statements(body) if isinstance(s, Store)}

    def root(self, var: Var) -> Var:
        """What stands for the class of ``var``: the same for two variables that may share."""
        if self._waiting:
            self._catch_up()
        root = var
        while (parent := self._parent.get(root, root)) is not root:
            root = parent
        while var is not root:
            self._parent[var], var = root, self._parent[var]
        return root

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for item in waiting:
            if isinstance(item, tuple):
                self._join(*item)
            else:
                self._statement(item)

    def is_written(self, var: Var) -> bool:
        """Whether something is stored into memory that ``var`` may show."""
        if not self._stores:
            return False
        root = self.root(var)
        return any(self.root(buffer) is root for buffer in self._stores)

    def any_written(self) -> bool:
        """Whether the program stores into anything at all."""
        return bool(self._stores)

    def members(self, var: Var) -> list[Var]:
        """The variables that may share memory with ``var``, with ``var``."""
        root = self.root(var)
        if not self._members:
            for member in dict.fromkeys((*self._parent, *self._parent.values())):
                self._members.setdefault(self.root(member), []).append(member)
        return self._members.get(root, [var])

    def may_share(self, a: Var, b: Var) -> bool:
        """Whether two variables may show the same memory."""
        return self.root(a) is self.root(b)

    def add(self, stmt: Stmt) -> None:
        """Takes a further operation or store into account."""
        if isinstance(stmt, Apply):
            self._waiting.append(stmt)
        elif isinstance(stmt, Store):
            self._stores[stmt.buffer] = None

    def join(self, a: Operand, b: Operand) -> None:
        """Puts the variables in two operands into one class."""
        self._waiting.append((a, b))

    def _join(self, a: Operand, b: Operand) -> None:
        every = [v for v in (*variables(a), *variables(b)) if has_memory(v)]
        self._members.clear()
        for var in every[1:]:
            self._parent[self.root(var)] = self.root(every[0])

    def _block(self, block: Block) -> None:
        for stmt in block.body:
            self._statement(stmt)

    def _statement(self, stmt: Stmt) -> None:
        match stmt:
            case Apply():
                for operand in sources(stmt):
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
    return not isinstance(number_of(var.type), Scalar | Size)


def reads_content(stmt: Stmt) -> Iterator[Var]:
    """The variables whose content a statement itself reads, not only their shape or address."""
    match stmt:
        case Apply():
            skipped = _unread_arguments(stmt)
            for position, operand in enumerate(stmt.args):
                if position not in skipped:
                    yield from variables(operand)
            for _, operand in stmt.kwargs:
                yield from variables(operand)
        case Store():
            for part in (stmt.index, stmt.value):
                if part is not None:
                    yield from variables(part)
        case If():
            yield from variables(stmt.cond)
        case Raise():
            yield from variables(stmt.exception)
        case _:
            return


def _unread_arguments(stmt: Apply) -> tuple[int, ...]:
    """The positions of arguments of which an operation reads no element."""
    if stmt.op in _LIKE_SECOND:
        return (1,)
    if stmt.op in _LIKE_FIRST or isinstance(stmt.target.type, Size):
        return (0,)
    if has_memory(stmt.target) and memory_of(stmt) in (Memory.VIEW, Memory.LOCKED):
        return (0,)
    return ()


_LIKE_FIRST = frozenset(
    (
        *(np.zeros_like, np.ones_like, np.full_like, np.empty_like, len, np.shape, np.ndim),
        *(np.ndarray.shape, np.ndarray.size, np.ndarray.ndim, np.ndarray.dtype, intrinsics.zero),
    )
)
_LIKE_SECOND = frozenset(
    (intrinsics.expand, intrinsics.fresh, intrinsics.cast, intrinsics.unbroadcast)
)

"""Which variables may share memory: classes of variables, closed under every way of passing on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from srcgrad.analysis.changing import asks, asks_object, changes, may_change
from srcgrad.ir import intrinsics
from srcgrad.ir.facts import fact
from srcgrad.ir.nodes import Apply, Block, Const, For, If, Operand, Raise, Stmt, Store, Var, While
from srcgrad.ir.ops import AUGMENTED, OPS, Memory
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array, ListOf, Scalar, Size, Type, number_of
from srcgrad.ir.walk import OWNERS, blocks, variables
from srcgrad.specialise.builder import type_of


@fact
def memory_of(stmt: Apply) -> Memory:
    """Where the result of an operation lives.

    What is made of a number is fresh, unless nothing can be written through it.
    """
    op = OPS.get(stmt.op)
    if op is None:
        return Memory.VIEW if stmt.op in AUGMENTED else Memory.ANY
    if not op.takes(len(stmt.args), (name for name, _ in stmt.kwargs)):
        return Memory.ANY  # as np.meshgrid(x, copy=False) gives, and np.meshgrid(x) does not
    where = op.memory
    if not isinstance(where, Memory):
        where = op.memory_for(map(type_of, stmt.args), {k: type_of(v) for k, v in stmt.kwargs})
    if where in (Memory.VIEW, Memory.MAYBE_VIEW) and _is_number(stmt.args[0]):
        return Memory.FRESH
    if where is Memory.ANY and stmt.args and all(map(_is_number, stmt.args)):
        return Memory.FRESH
    return where


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


@fact
def is_fresh(stmt: Apply) -> bool:
    """Whether an operation is pure and its result memory that nothing else has."""
    op = OPS.get(stmt.op)
    return op is not None and op.pure and memory_of(stmt) is Memory.FRESH


class MemoryClasses:
    """The classes of variables of a program that may share memory.

    Numbers share memory with nothing.
    """

    def __init__(self, program: Block | Iterable[Stmt]) -> None:
        if not isinstance(program, Block):
            program = Block((), tuple(program), ())
        self._body = program.body
        self._disturbed: bool | None = None
        self._program: Block | None = program
        """The program, until it is looked at: most store into nothing, and nobody asks."""
        self._parent: dict[Var, Var] = {}
        self._members: dict[Var, list[Var]] = {}
        self._waiting: list[Stmt | tuple[Operand, Operand]] = []
        """What else has still to be looked at."""
        self._stores = dict.fromkeys(_buffers(program))
        self._written: set[Var] | None = None
        """The classes of what is stored into, once somebody has asked."""

    def root(self, var: Var) -> Var:
        """What stands for the class of ``var``: the same for two variables that may share."""
        if self._program is not None:
            self._parent, self._program = dict(_classes(self._program)), None
        if self._waiting:
            self._catch_up()
        return _root(self._parent, var)

    def _catch_up(self) -> None:
        for item in self._waiting:
            groups = (_group(*item),) if isinstance(item, tuple) else _groups(item)
            _unite(self._parent, groups, self._written)
        self._waiting.clear()
        self._members.clear()

    def is_written(self, var: Var) -> bool:
        """Whether something is stored into memory that ``var`` may show."""
        if not self._stores:
            return False
        root = self.root(var)
        if self._written is None:
            self._written = {self.root(buffer) for buffer in self._stores}
        return root in self._written

    def is_written_in(self, block: Block, var: Var) -> bool:
        """Whether ``block`` stores something into memory that ``var`` may show."""
        return self.is_written(var) and any(self.may_share(var, b) for b in _buffers(block))

    def any_written(self) -> bool:
        """Whether the program stores into anything at all."""
        return bool(self._stores)

    def may_differ(self, stmt: Apply) -> bool:
        """Whether an operation may give something else where it is computed again, later.

        It reads what is written, or an object from outside, to which anything may have happened.
        """
        if any(map(self.is_written, reads_content(stmt))) or asks_object(stmt):
            return True
        return asks(stmt) and self.is_disturbed()

    def is_disturbed(self) -> bool:
        """Whether the program calls anything that may change objects from outside."""
        if self._disturbed is None:
            self._disturbed = changes(self._body)
        return self._disturbed

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
            if may_change(stmt):
                self._disturbed = True
        for buffer in stored_by(stmt):
            self._stores[buffer] = None
            if self._written is not None:
                self._written.add(self.root(buffer))

    def join(self, a: Operand, b: Operand) -> None:
        """Puts the variables in two operands into one class."""
        self._waiting.append((a, b))


def _root(parents: dict[Var, Var], var: Var) -> Var:
    """The last of the parents of ``var``, which then is its only one."""
    root = var
    while (parent := parents.get(root, root)) is not root:
        root = parent
    while var is not root:
        parents[var], var = root, parents[var]
    return root


def _unite(
    parents: dict[Var, Var], groups: Iterable[tuple[Var, ...]], marked: set[Var] | None = None
) -> None:
    """Makes one class of each group; what is in a ``marked`` class stays so."""
    for group in groups:
        for var in group[1:]:
            merged, root = _root(parents, var), _root(parents, group[0])
            parents[merged] = root
            if marked and merged in marked:
                marked.add(root)


@fact
def _classes(block: Block) -> Mapping[Var, Var]:
    """The classes of the variables in a block: what stands for each."""
    parents: dict[Var, Var] = {}
    for stmt in block.body:
        groups = _groups(stmt)
        if groups:
            _unite(parents, groups)
    return parents


@fact
def _buffers(block: Block) -> Mapping[Var, None]:
    """The variables that are stored into, in a block and those inside."""
    found: dict[Var, None] = {}
    for stmt in block.body:
        if type(stmt) in OWNERS:
            for inner in blocks(stmt):
                found.update(_buffers(inner))
        else:
            for buffer in stored_by(stmt):
                found[buffer] = None
    return found


def _group(*operands: Operand) -> tuple[Var, ...]:
    """The variables in operands that share memory, if that passes from one to the other."""
    found: list[Var] = []
    for operand in operands:
        if isinstance(operand, Var):
            if has_memory(operand):
                found.append(operand)
        elif not isinstance(operand, Const):
            found.extend(v for v in variables(operand) if has_memory(v))
    return tuple(found)


@fact
def _groups(stmt: Stmt) -> tuple[tuple[Var, ...], ...]:
    """The groups of variables that share memory because of a statement and those inside it."""
    if isinstance(stmt, Apply):
        given = sources(stmt)
        if not given:
            return ()
        found = [_group(stmt.target, operand) for operand in given]
    else:
        found = [group for block in blocks(stmt) for s in block.body for group in _groups(s)]
        found.extend(_group(a, b) for a, b in passing(stmt))
    return tuple(group for group in found if len(group) > 1)


def passing(stmt: Stmt) -> Iterator[tuple[Operand, Operand]]:
    """What passes memory on to what, by the statement itself."""
    match stmt:
        case Apply():
            for operand in sources(stmt):
                yield stmt.target, operand
        case If():
            yield from zip(stmt.targets, stmt.then.results, strict=True)
            yield from zip(stmt.targets, stmt.orelse.results, strict=True)
        case For():
            yield from _around(stmt, stmt.carried)
            yield from zip(stmt.stacks, stmt.body.params[1 + len(stmt.init) :], strict=True)
        case While():
            yield from zip(stmt.cond.params, stmt.body.params, strict=True)
            yield from _around(stmt, stmt.body.params)


def _around(stmt: For | While, carried: tuple[Var, ...]) -> Iterator[tuple[Operand, Operand]]:
    """What passes from trip to trip of a loop, into it and out of it."""
    yield from zip(carried, stmt.init, strict=True)
    yield from zip(carried, stmt.body.results, strict=False)
    # A loop that makes no trip gives what it was given, whatever its trips would have made of it.
    yield from zip(stmt.targets, stmt.init, strict=False)
    # Beyond the carried values, targets are the stacks of what the body saves.
    yield from zip(stmt.targets, stmt.body.results, strict=True)


def has_memory(var: Var) -> bool:
    """Whether a variable may hold an array, or something that holds one."""
    return not _is_of_number(var.type)


def _is_number(operand: Operand) -> bool:
    return _is_of_number(type_of(operand))


def _is_of_number(type_: Type) -> bool:
    kind = type(type_)
    if kind is Array:  # most are
        return False
    return kind is Scalar or kind is Size or isinstance(number_of(type_), Scalar)


@fact
def reads_content(stmt: Stmt) -> tuple[Var, ...]:
    """The variables whose content a statement itself reads, not only their shape or address."""
    return tuple(_read(stmt))


def _read(stmt: Stmt) -> Iterator[Var]:
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
        return () if _takes_elements(stmt) else (0,)
    return ()


def _takes_elements(stmt: Apply) -> bool:
    """Whether an operation makes a list of the numbers in an array, which no longer shows it."""
    made = stmt.target.type
    is_list = isinstance(made, ListOf) and not isinstance(made.item, Array)
    return is_list and isinstance(type_of(stmt.args[0]), Array)


_LIKE_FIRST = frozenset(
    (
        *(np.zeros_like, np.ones_like, np.full_like, np.empty_like, len, np.shape, np.ndim),
        *(np.ndarray.shape, np.ndarray.size, np.ndarray.ndim, np.ndarray.dtype, intrinsics.zero),
        intrinsics.scatter_add,
    )
)
_LIKE_SECOND = frozenset(
    (
        *(intrinsics.expand, intrinsics.fresh, intrinsics.cast, intrinsics.unbroadcast),
        *(intrinsics.own_cotangent, intrinsics.shaped),
    )
)

"""Walking the IR: what a statement reads and defines, and rebuilding it with other operands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    ForEach,
    Function,
    If,
    Invoke,
    Operand,
    Pack,
    Param,
    Raise,
    Star,
    Stmt,
    Store,
    Try,
    Var,
    While,
)

Rewrite = Callable[[Var], Operand]


def variables(operand: Operand) -> Iterator[Var]:
    """The variables in an operand, from left to right, as often as they occur."""
    if isinstance(operand, Var):
        yield operand
    elif isinstance(operand, Pack):
        for item in operand.items:
            yield from variables(item)
    elif isinstance(operand, Star):
        yield from variables(operand.operand)


def operands(stmt: Stmt) -> tuple[Operand, ...]:
    """The operands that a statement itself reads, without those of the blocks that it owns."""
    match stmt:
        case Apply():
            return (*stmt.args, *(value for _, value in stmt.kwargs))
        case Invoke():
            return (stmt.callee, *stmt.args, *(value for _, value in stmt.kwargs))
        case Try():
            return (stmt.cond, stmt.caught)
        case If():
            return (stmt.cond,)
        case ForEach():
            return (stmt.iterable, *stmt.init)
        case For():
            return (stmt.start, stmt.stop, stmt.step, *stmt.init, *stmt.stacks)
        case While():
            return stmt.init
        case Store():
            index = () if stmt.index is None else (stmt.index,)
            return (stmt.buffer, *index, stmt.value)
        case Raise():
            return (stmt.exception,) if stmt.cause is None else (stmt.exception, stmt.cause)
        case Define():
            return (*(v for _, v in stmt.defaults), *(v for _, v in stmt.captures))


def blocks(stmt: Stmt) -> tuple[Block, ...]:
    """The blocks that a statement owns."""
    match stmt:
        case If():
            return (stmt.then, stmt.orelse)
        case ForEach() | For():
            return (stmt.body,)
        case While():
            return (stmt.cond, stmt.body)
        case Define():
            return (stmt.function.body,)
        case _:
            return ()


def targets(stmt: Stmt) -> tuple[Var, ...]:
    """The variables that a statement defines in the block that it stands in."""
    match stmt:
        case Apply() | Invoke() | Define():
            return (stmt.target,)
        case If() | ForEach() | For() | While():
            return stmt.targets
        case _:
            return ()


def used(stmt: Stmt) -> Iterator[Var]:
    """The variables that a statement reads itself, without those read in its blocks."""
    for operand in operands(stmt):
        yield from variables(operand)


def params_of(function: Function) -> Iterator[Var]:
    """The variables that the parameters of a function define."""
    for param in function.params:
        yield from variables(param.value)


def inner_params(stmt: Stmt) -> Iterator[Var]:
    """The variables defined by the parameters of the blocks that a statement owns."""
    for block in blocks(stmt):
        yield from block.params
    if isinstance(stmt, Define):
        yield from params_of(stmt.function)


def free_in_stmt(stmt: Stmt) -> dict[Var, None]:
    """The variables that a statement reads from outside, its blocks included, in order."""
    found = dict.fromkeys(used(stmt))
    inner = set(inner_params(stmt))
    for block in blocks(stmt):
        found.update((var, None) for var in free_in_block(block) if var not in inner)
    return found


def free_in_block(block: Block) -> dict[Var, None]:
    """The variables that a block reads and does not define, in order of their first use."""
    defined = set(block.params)
    found: dict[Var, None] = {}
    for stmt in block.body:
        found.update((var, None) for var in free_in_stmt(stmt) if var not in defined)
        defined.update(targets(stmt))
    for result in block.results:
        found.update((var, None) for var in variables(result) if var not in defined)
    return found


def statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """All statements of ``body`` and of the blocks inside, each before its blocks."""
    for stmt in body:
        yield stmt
        for block in blocks(stmt):
            yield from statements(block.body)


def alike(a: Operand | None, b: Operand | None) -> bool:
    """Whether two operands are the same variables and constants in the same displays."""
    if isinstance(a, Pack) and isinstance(b, Pack):
        same = a.kind is b.kind and len(a.items) == len(b.items)
        return same and all(map(alike, a.items, b.items))
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and bool(a.value == b.value)
    return a is b


def map_operand(operand: Operand, rewrite: Rewrite) -> Operand:
    """``operand`` with each variable rewritten; the same object if nothing changes."""
    if isinstance(operand, Var):
        return rewrite(operand)
    if isinstance(operand, Pack):
        items = tuple(map_operand(item, rewrite) for item in operand.items)
        if all(new is old for new, old in zip(items, operand.items, strict=True)):
            return operand
        return replace(operand, items=items)
    if isinstance(operand, Star):
        return Star(map_operand(operand.operand, rewrite))
    return operand


def map_block(block: Block, rewrite: Rewrite) -> Block:
    """``block`` with each variable that it reads rewritten; definitions stay."""
    return Block(
        block.params,
        tuple(map_stmt(stmt, rewrite) for stmt in block.body),
        tuple(map_operand(result, rewrite) for result in block.results),
    )


def map_stmt(stmt: Stmt, rewrite: Rewrite) -> Stmt:
    """``stmt`` with each variable that it or its blocks read rewritten; definitions stay."""

    def each(values: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return tuple(map_operand(value, rewrite) for value in values)

    def named(pairs: tuple[tuple[str, Operand], ...]) -> tuple[tuple[str, Operand], ...]:
        return tuple((name, map_operand(value, rewrite)) for name, value in pairs)

    def one(value: Operand) -> Operand:
        return map_operand(value, rewrite)

    match stmt:
        case Apply():
            return replace(stmt, args=each(stmt.args), kwargs=named(stmt.kwargs))
        case Invoke():
            kwargs = tuple((name, one(value)) for name, value in stmt.kwargs)
            return replace(stmt, callee=one(stmt.callee), args=each(stmt.args), kwargs=kwargs)
        case If():
            if isinstance(stmt, Try):
                stmt = replace(stmt, caught=one(stmt.caught))
            then, orelse = map_block(stmt.then, rewrite), map_block(stmt.orelse, rewrite)
            return replace(stmt, cond=one(stmt.cond), then=then, orelse=orelse)
        case ForEach():
            body = map_block(stmt.body, rewrite)
            return replace(stmt, iterable=one(stmt.iterable), init=each(stmt.init), body=body)
        case For():
            return replace(
                stmt,
                start=one(stmt.start),
                stop=one(stmt.stop),
                step=one(stmt.step),
                init=each(stmt.init),
                stacks=each(stmt.stacks),
                body=map_block(stmt.body, rewrite),
            )
        case While():
            cond, body = map_block(stmt.cond, rewrite), map_block(stmt.body, rewrite)
            return replace(stmt, init=each(stmt.init), cond=cond, body=body)
        case Store():
            buffer = one(stmt.buffer)
            assert isinstance(buffer, Var), "a buffer can only be replaced by a variable"
            index = None if stmt.index is None else one(stmt.index)
            return replace(stmt, buffer=buffer, index=index, value=one(stmt.value))
        case Raise():
            cause = None if stmt.cause is None else one(stmt.cause)
            return replace(stmt, exception=one(stmt.exception), cause=cause)
        case Define():
            function = replace(stmt.function, body=map_block(stmt.function.body, rewrite))
            return replace(
                stmt,
                function=function,
                defaults=named(stmt.defaults),
                captures=named(stmt.captures),
            )


def substitute(block: Block, replacements: Mapping[Var, Operand]) -> Block:
    """``block`` with variables replaced, wherever they are read."""
    return map_block(block, lambda var: replacements.get(var, var))


_EMPTY = Block((), (), ())


class Copier:
    """Copies statements, giving every variable that they define a new identity.

    ``renamed`` maps old variables to operands; it starts with what the copy is to read instead.
    """

    def __init__(self, renamed: Mapping[Var, Operand]) -> None:
        self.renamed: dict[Var, Operand] = dict(renamed)

    def define(self, var: Var) -> Var:
        copy = Var(var.name, var.type, var.hint, var.primal)
        self.renamed[var] = copy
        return copy

    def operand(self, operand: Operand) -> Operand:
        return map_operand(operand, lambda var: self.renamed.get(var, var))

    def block(self, block: Block) -> Block:
        params = tuple(self.define(var) for var in block.params)
        body = tuple(self.stmt(stmt) for stmt in block.body)
        return Block(params, body, tuple(self.operand(result) for result in block.results))

    def stmt(self, stmt: Stmt) -> Stmt:
        # The statement's own operands first, with hollow blocks; then copies of its blocks.
        copy: Stmt
        match stmt:
            case If():
                hollow = replace(stmt, then=_EMPTY, orelse=_EMPTY)
                arms = self.block(stmt.then), self.block(stmt.orelse)
                copy = replace(self._own(hollow), then=arms[0], orelse=arms[1])
            case ForEach() | For():
                loop = replace(stmt, body=_EMPTY)
                copy = replace(self._own(loop), body=self.block(stmt.body))
            case While():
                loop_ = replace(stmt, cond=_EMPTY, body=_EMPTY)
                parts = self.block(stmt.cond), self.block(stmt.body)
                copy = replace(self._own(loop_), cond=parts[0], body=parts[1])
            case Define():
                shell = replace(stmt, function=replace(stmt.function, body=_EMPTY))
                copy = replace(self._own(shell), function=self.function(stmt.function))
            case _:
                copy = self._own(stmt)
        if isinstance(copy, Apply | Invoke | Define):
            return replace(copy, target=self.define(copy.target))
        if isinstance(copy, If | ForEach | For | While):
            return replace(copy, targets=tuple(self.define(var) for var in copy.targets))
        return copy

    def _own(self, stmt: Any) -> Any:
        return map_stmt(stmt, lambda var: self.renamed.get(var, var))

    def function(self, function: Function) -> Function:
        params = tuple(self.param(param) for param in function.params)
        return replace(function, params=params, body=self.block(function.body))

    def param(self, param: Param) -> Param:
        for var in variables(param.value):
            self.define(var)
        return replace(param, value=self.operand(param.value))

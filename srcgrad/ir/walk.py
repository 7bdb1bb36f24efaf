"""Walking the IR: what a statement reads and defines, and rebuilding it with other operands."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from srcgrad.ir.facts import drop_facts, fact, replaced
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
N = TypeVar("N", bound=Any)
T = TypeVar("T")
K = TypeVar("K")


def variables(operand: Operand) -> Iterable[Var]:
    """The variables in an operand, from left to right, as often as they occur."""
    if isinstance(operand, Var):
        return (operand,)
    if isinstance(operand, Const):
        return ()
    if isinstance(operand, Pack):
        return [var for item in operand.items for var in variables(item)]
    return variables(operand.operand) if isinstance(operand, Star) else ()


def computed_from(var: Var, definitions: Mapping[Var, Apply]) -> Iterator[Var]:
    """A variable and all from which its value is computed, each once."""
    stack, seen = [var], {var}
    while stack:
        current = stack.pop()
        yield current
        stmt = definitions.get(current)
        found = () if stmt is None else dict.fromkeys(v for a in stmt.args for v in variables(a))
        stack.extend(each for each in found if each not in seen)
        seen.update(found)


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
    owned = OWNERS.get(type(stmt))
    return () if owned is None else owned(stmt)


OWNERS: dict[type, Callable[[Any], tuple[Block, ...]]] = {
    If: lambda stmt: (stmt.then, stmt.orelse),
    Try: lambda stmt: (stmt.then, stmt.orelse),
    ForEach: lambda stmt: (stmt.body,),
    For: lambda stmt: (stmt.body,),
    While: lambda stmt: (stmt.cond, stmt.body),
    Define: lambda stmt: (stmt.function.body,),
}
"""The statements that own blocks, and which: most do not, and everybody asks."""


def targets(stmt: Stmt) -> tuple[Var, ...]:
    """The variables that a statement defines in the block that it stands in."""
    match stmt:
        case Apply() | Invoke() | Define():
            return (stmt.target,)
        case If() | ForEach() | For() | While():
            return stmt.targets
        case _:
            return ()


@fact
def used(stmt: Stmt) -> tuple[Var, ...]:
    """The variables that a statement reads itself, without those read in its blocks."""
    found: list[Var] = []
    for operand in stmt.args if type(stmt) is Apply and not stmt.kwargs else operands(stmt):
        if isinstance(operand, Var):
            found.append(operand)
        elif not isinstance(operand, Const):
            found.extend(variables(operand))
    return tuple(found)


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


@fact
def free_in_stmt(stmt: Stmt) -> Mapping[Var, None]:
    """The variables that a statement reads from outside, its blocks included, in order."""
    found = dict.fromkeys(used(stmt))
    if type(stmt) not in OWNERS:
        return found
    inner = set(inner_params(stmt))
    for block in blocks(stmt):
        found.update((var, None) for var in free_in_block(block) if var not in inner)
    return found


@fact
def free_in_block(block: Block) -> Mapping[Var, None]:
    """The variables that a block reads and does not define, in order of their first use."""
    defined = set(block.params)
    found: dict[Var, None] = {}
    for stmt in block.body:
        if type(stmt) is Apply:  # most are
            for var in used(stmt):
                if var not in defined:
                    found[var] = None
            defined.add(stmt.target)
            continue
        for var in free_in_stmt(stmt):
            if var not in defined:
                found[var] = None
        defined.update(targets(stmt))
    for result in block.results:
        found.update((var, None) for var in variables(result) if var not in defined)
    return found


def count_uses(function: Function) -> Counter[Var]:
    """How often each variable is read."""
    return Counter(_uses(function.body))


@fact
def _uses(block: Block) -> Mapping[Var, int]:
    """How often each variable is read in a block, and those inside."""
    counts: dict[Var, int] = {}
    for result in block.results:
        for var in variables(result):
            counts[var] = counts.get(var, 0) + 1
    for stmt in block.body:
        for var in used(stmt):
            counts[var] = counts.get(var, 0) + 1
        for inner in blocks(stmt) if type(stmt) in OWNERS else ():
            for var, count in _uses(inner).items():
                counts[var] = counts.get(var, 0) + count
    return counts


def passed_on(body: Iterable[Stmt]) -> dict[Var, tuple[Operand, ...]]:
    """What branches and loops pass on as it is, to the variables that it may be the value of."""
    found: dict[Var, tuple[Operand, ...]] = {}
    for stmt in statements(body):
        if isinstance(stmt, If):
            arms = zip(stmt.then.results, stmt.orelse.results, strict=True)
            found.update(zip(stmt.targets, arms, strict=True))
        elif isinstance(stmt, For | While):
            rows = list(zip(stmt.init, stmt.body.results, strict=False))
            found.update(zip(stmt.targets, rows, strict=False))
            found.update(zip(stmt.carried, rows, strict=False))
            if isinstance(stmt, While):
                found.update(zip(stmt.cond.params, rows, strict=False))
    return found


def statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """All statements of ``body`` and of the blocks inside, each before its blocks."""
    for stmt in body:
        yield stmt
        if type(stmt) in OWNERS:
            for block in blocks(stmt):
                yield from _every(block)


@fact
def _every(block: Block) -> list[Stmt]:
    """All statements of a block and of the blocks inside, each before its blocks."""
    found: list[Stmt] = []
    for stmt in block.body:
        found.append(stmt)
        if type(stmt) in OWNERS:
            for inner in blocks(stmt):
                found += _every(inner)
    return found


def forget(function: Function) -> None:
    """Drops all facts about a program that is kept, but not compiled any further."""
    drop_facts(function)
    drop_facts(function.body)
    for stmt in list(statements(function.body.body)):
        drop_facts(stmt)
        for block in blocks(stmt):
            drop_facts(block)


def alike(a: Operand | None, b: Operand | None) -> bool:
    """Whether two operands are the same variables and constants in the same displays."""
    if isinstance(a, Pack) and isinstance(b, Pack):
        same = a.kind is b.kind and len(a.items) == len(b.items)
        return same and all(map(alike, a.items, b.items))
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and bool(a.value == b.value)
    return a is b


def changed(node: N, **parts: Any) -> N:
    """``node`` with other ``parts``; the node itself if they are what it has already.

    Whoever rebuilds a program should do so with this: what is known of a node is kept with it.
    """
    for name, part in parts.items():
        if getattr(node, name) is not part:
            return replaced(node, **parts)
    return node


def same_or(old: tuple[T, ...], new: Sequence[T]) -> tuple[T, ...]:
    """The items of ``new``; ``old`` itself if those are its items."""
    return old if len(old) == len(new) and all(map(operator.is_, old, new)) else tuple(new)


def mapped(items: tuple[T, ...], change: Callable[[T], T]) -> tuple[T, ...]:
    """``items``, each changed; the same tuple if nothing changes."""
    return same_or(items, [change(item) for item in items])


def map_operand(operand: Operand, rewrite: Rewrite) -> Operand:
    """``operand`` with each variable rewritten; the same object if nothing changes."""
    if isinstance(operand, Var):
        return rewrite(operand)
    if isinstance(operand, Pack):
        return changed(operand, items=map_operands(operand.items, rewrite))
    if isinstance(operand, Star):
        return changed(operand, operand=map_operand(operand.operand, rewrite))
    return operand


def map_operands(operands: tuple[Operand, ...], rewrite: Rewrite) -> tuple[Operand, ...]:
    """Operands with each variable rewritten; the same tuple if nothing changes."""
    if not operands:
        return operands
    return same_or(operands, [map_operand(operand, rewrite) for operand in operands])


def map_block(block: Block, rewrite: Rewrite) -> Block:
    """``block`` with each variable that it reads rewritten; definitions stay."""
    body = mapped(block.body, lambda stmt: map_stmt(stmt, rewrite))
    return changed(block, body=body, results=map_operands(block.results, rewrite))


def map_stmt(stmt: Stmt, rewrite: Rewrite) -> Stmt:
    """``stmt`` with each variable that it or its blocks read rewritten; definitions stay.

    The same object if nothing changes.
    """

    def each(values: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return map_operands(values, rewrite)

    def named(pairs: tuple[tuple[K, Operand], ...]) -> tuple[tuple[K, Operand], ...]:
        new = each(tuple(value for _, value in pairs))
        if all(value is old for value, (_, old) in zip(new, pairs, strict=True)):
            return pairs
        return tuple((name, value) for value, (name, _) in zip(new, pairs, strict=True))

    def one(value: Operand) -> Operand:
        return map_operand(value, rewrite)

    def inside(block: Block) -> Block:
        return map_block(block, rewrite)

    match stmt:
        case Apply():
            return changed(stmt, args=each(stmt.args), kwargs=named(stmt.kwargs))
        case Invoke():
            callee, args, kwargs = one(stmt.callee), each(stmt.args), named(stmt.kwargs)
            return changed(stmt, callee=callee, args=args, kwargs=kwargs)
        case If():
            if isinstance(stmt, Try):
                stmt = changed(stmt, caught=one(stmt.caught))
            then, orelse = inside(stmt.then), inside(stmt.orelse)
            return changed(stmt, cond=one(stmt.cond), then=then, orelse=orelse)
        case ForEach():
            iterable, init = one(stmt.iterable), each(stmt.init)
            return changed(stmt, iterable=iterable, init=init, body=inside(stmt.body))
        case For():
            return changed(
                stmt,
                start=one(stmt.start),
                stop=one(stmt.stop),
                step=one(stmt.step),
                init=each(stmt.init),
                stacks=each(stmt.stacks),
                body=inside(stmt.body),
            )
        case While():
            cond, body = inside(stmt.cond), inside(stmt.body)
            return changed(stmt, init=each(stmt.init), cond=cond, body=body)
        case Store():
            buffer = one(stmt.buffer)
            assert isinstance(buffer, Var), "a buffer can only be replaced by a variable"
            index = None if stmt.index is None else one(stmt.index)
            return changed(stmt, buffer=buffer, index=index, value=one(stmt.value))
        case Raise():
            cause = None if stmt.cause is None else one(stmt.cause)
            return changed(stmt, exception=one(stmt.exception), cause=cause)
        case Define():
            function = changed(stmt.function, body=inside(stmt.function.body))
            defaults, captures = named(stmt.defaults), named(stmt.captures)
            return changed(stmt, function=function, defaults=defaults, captures=captures)


def map_blocks(stmt: Stmt, change: Callable[[Block], Block]) -> Stmt:
    """``stmt`` with the blocks that it owns changed; the same object if nothing changes."""
    if type(stmt) not in OWNERS:
        return stmt
    match stmt:
        case If():
            return changed(stmt, then=change(stmt.then), orelse=change(stmt.orelse))
        case ForEach() | For():
            return changed(stmt, body=change(stmt.body))
        case While():
            return changed(stmt, cond=change(stmt.cond), body=change(stmt.body))
        case Define():
            body = change(stmt.function.body)
            return changed(stmt, function=changed(stmt.function, body=body))
        case _:
            return stmt


def substitute(block: Block, replacements: Mapping[Var, Operand]) -> Block:
    """``block`` with variables replaced, wherever they are read."""
    return changed(
        block,
        body=mapped(block.body, lambda stmt: substitute_in(stmt, replacements)),
        results=map_operands(block.results, lambda var: replacements.get(var, var)),
    )


def substitute_in(stmt: Stmt, replacements: Mapping[Var, Operand]) -> Stmt:
    """``stmt`` with variables replaced, wherever it or its blocks read them."""
    if replacements.keys().isdisjoint(used(stmt)):
        return map_blocks(stmt, lambda block: substitute(block, replacements))
    return map_stmt(stmt, lambda var: replacements.get(var, var))


_EMPTY = Block((), (), ())


class Copier:
    """Copies statements, giving every variable that they define a new identity.

    ``renamed`` maps old variables to operands; it starts with what the copy is to read instead.
    """

    def __init__(self, renamed: Mapping[Var, Operand]) -> None:
        self.renamed: dict[Var, Operand] = dict(renamed)

    def define(self, var: Var) -> Var:
        copy = Var(var.name, var.type, var.hint, var.primal)
        copy.asked = var.asked
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
                hollow = replaced(stmt, then=_EMPTY, orelse=_EMPTY)
                arms = self.block(stmt.then), self.block(stmt.orelse)
                copy = replaced(self._own(hollow), then=arms[0], orelse=arms[1])
            case ForEach() | For():
                loop = replaced(stmt, body=_EMPTY)
                copy = replaced(self._own(loop), body=self.block(stmt.body))
            case While():
                loop_ = replaced(stmt, cond=_EMPTY, body=_EMPTY)
                parts = self.block(stmt.cond), self.block(stmt.body)
                copy = replaced(self._own(loop_), cond=parts[0], body=parts[1])
            case Define():
                shell = replaced(stmt, function=replaced(stmt.function, body=_EMPTY))
                copy = replaced(self._own(shell), function=self.function(stmt.function))
            case _:
                copy = self._own(stmt)
        if isinstance(copy, Apply | Invoke | Define):
            return replaced(copy, target=self.define(copy.target))
        if isinstance(copy, If | ForEach | For | While):
            return replaced(copy, targets=tuple(self.define(var) for var in copy.targets))
        return replaced(copy) if copy is stmt else copy

    def _own(self, stmt: Any) -> Any:
        return map_stmt(stmt, lambda var: self.renamed.get(var, var))

    def function(self, function: Function) -> Function:
        params = tuple(self.param(param) for param in function.params)
        return replaced(function, params=params, body=self.block(function.body))

    def param(self, param: Param) -> Param:
        for var in variables(param.value):
            self.define(var)
        return replaced(param, value=self.operand(param.value))

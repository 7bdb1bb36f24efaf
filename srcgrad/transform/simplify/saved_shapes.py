"""Of an array that a loop saves for its shape alone, the shape is saved.

::

    prod = 0.5 * s[:-j]                               prod = 0.5 * s[:-j]
    prod_saved.append(prod)                 ->        prod_shapes.append(prod.shape)
    ...                                               ...
    bar = unbroadcast(bar, prod_saved.pop())          bar = sum_to(bar, prod_shapes.pop())

Where the shape is asked of a part of the array, or in another way, another array of that shape
takes its place, of which no element is ever read::

    u_before.append(u)                      ->        u_shapes.append(u.shape)
    ...                                               ...
    u = u_before.pop()                                u = np.empty(u_shapes.pop())
    bar = unbroadcast(bar, u[1:-1])                   bar = unbroadcast(bar, u[1:-1])

Of a list of numbers that is only asked for its length, the length is saved::

    saved.append(queue)                     ->        queue_lengths.append(len(queue))
    ...                                               ...
    queue_bar = [0.0] * len(saved.pop())              queue_bar = [0.0] * queue_lengths.pop()
"""

from __future__ import annotations

import operator
from collections.abc import Container, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcgrad.analysis.absent import may_be_absent
from srcgrad.analysis.layouts import reshapes
from srcgrad.analysis.memory import memory_of, reads_content, sources
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.nodes import Apply, Block, Const, For, Function, If, Operand, Stmt, Try, Var, While
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import FLOAT64, UNKNOWN, Array, ListOf, PackType, Scalar, StackOf
from srcgrad.ir.walk import (
    count_uses,
    free_in_block,
    free_in_stmt,
    map_blocks,
    statements,
    substitute,
    targets,
    used,
    variables,
)
from srcgrad.specialise.builder import type_of
from srcgrad.transform.simplify.dead import is_pure
from srcgrad.transform.simplify.shapes import laid_out_in

_BY_SHAPE: Mapping[Any, Any] = {
    intrinsics.unbroadcast: intrinsics.sum_to,
    intrinsics.shaped: intrinsics.of_shape,
}
"""What asks its second operand for its shape, and what takes the shape itself."""
_IN_ANY_ORDER = (*_BY_SHAPE, np.ndarray.shape, np.ndarray.size, np.ndarray.ndim, len)
"""What gives nothing that lies in memory as the array does that is asked."""


@dataclass(frozen=True)
class _Saved:
    """An array or a list that a loop saves in each trip, and that another takes as a parameter."""

    maker: For | While
    element: Var
    stack: Var
    reader: For
    param: Var
    itself: bool
    """Whether the shape itself is what is asked for, and nothing else that has it."""

    @property
    def measure(self) -> Any:
        """What gives what is saved in its place."""
        return len if _is_of_numbers(self.element) else np.ndarray.shape

    @property
    def word(self) -> str:
        return "length" if _is_of_numbers(self.element) else "shape"


def save_shapes(function: Function) -> Function:
    """``function`` whose loops keep no array that is only asked for its shape, and no list that is
    only asked for its length."""
    every = tuple(statements(function.body.body))
    loops = [stmt for stmt in every if isinstance(stmt, For | While)]
    if not any(isinstance(loop, For) and loop.stacks for loop in loops):
        return function
    absent = may_be_absent(function)
    made = {stack: (loop, element) for loop in loops for stack, element in _saved(loop, absent)}
    uses, laid_out = count_uses(function), laid_out_in(function)
    found: list[_Saved] = []
    for loop in loops:
        if not isinstance(loop, For):
            continue
        params = loop.body.params[1 + len(loop.init) :]
        asking = _Asking(loop, uses, laid_out)
        for stack, param in zip(loop.stacks, params, strict=True):
            if isinstance(stack, Var) and stack in made and uses[stack] == 1:
                maker, element = made[stack]
                if isinstance(element.type, Array) and asking.alone(param):
                    itself = asking.itself(param)
                    found.append(_Saved(maker, element, stack, loop, param, itself))
                elif _is_of_numbers(element) and asking.for_length(param):
                    found.append(_Saved(maker, element, stack, loop, param, True))
    if not found:
        return function
    return replace(function, body=_Rewrite(found).block(function.body))


def _saved(loop: For | While, absent: Container[Var]) -> list[tuple[Var, Var]]:
    """The stacks that a loop makes of what each of its trips is given or computes.

    What a branch gives may not be there, nor what is carried before it is assigned.
    """
    first = len(loop.init)
    rows = zip(loop.targets[first:], loop.body.results[first:], strict=True)
    inside = {each.target for each in loop.body.body if isinstance(each, Apply)}
    inside.update(var for var in loop.carried if var not in absent)
    return [(stack, e) for stack, e in rows if isinstance(e, Var) and e in inside]


class _Asking:
    """How a reversed loop asks for the shapes of what was saved."""

    def __init__(self, reader: For, uses: Mapping[Var, int], laid_out: Set[Var]) -> None:
        self.readers: dict[Var, list[Stmt]] = {}
        for stmt in statements(reader.body.body):
            for var in set(used(stmt)):
                self.readers.setdefault(var, []).append(stmt)
        self.uses = uses
        self.laid_out = laid_out

    def alone(self, var: Var) -> bool:
        """Whether an array is only asked for its shape, as its parts are, and not for the order in
        which its elements lie."""
        asking = self.readers.get(var, ())
        if not _is_of_arrays(var) or not asking:
            return False
        count = sum(used(stmt).count(var) for stmt in asking)
        return count == self.uses[var] and all(self._asks(stmt, var) for stmt in asking)

    def for_length(self, var: Var) -> bool:
        """Whether a list of numbers is only asked for its length."""
        asking = self.readers.get(var, ())
        count = sum(used(stmt).count(var) for stmt in asking)
        return count == self.uses[var] > 0 and all(map(_asks_length, asking))

    def _asks(self, stmt: Stmt, var: Var) -> bool:
        if not isinstance(stmt, Apply) or not is_pure(stmt):
            return False
        if var not in sources(stmt):
            in_any_order = stmt.op in _IN_ANY_ORDER or not {var, stmt.target} & self.laid_out
            return var not in reads_content(stmt) and in_any_order
        parts = _is_part(stmt) and stmt.args[0] is var and stmt.args.count(var) == 1
        return parts and self.alone(stmt.target)

    def itself(self, var: Var) -> bool:
        """Whether the shape can take the place of the array wherever that is asked."""
        return all(_asks_itself(stmt, var) for stmt in self.readers[var])


def _is_of_numbers(var: Var) -> bool:
    """Whether a variable is a list of numbers."""
    return isinstance(var.type, ListOf) and isinstance(var.type.item, Scalar)


def _asks_length(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and (
        stmt.op is len or (stmt.op is intrinsics.zero and _is_of_numbers(stmt.target))
    )


def _is_of_arrays(var: Var) -> bool:
    """Whether a variable is an array, or the parts into which one is split."""
    if isinstance(var.type, PackType):
        return all(isinstance(item, Array) for item in var.type.items)
    return isinstance(var.type, Array)


def _is_part(stmt: Apply) -> bool:
    """Whether the shape of what shows an array, or a part of it, follows from that of the array."""
    of_pack = isinstance(type_of(stmt.args[0]), PackType) and stmt.op is operator.getitem
    return of_pack or reshapes(stmt) or memory_of(stmt) is Memory.VIEW


def _asks_itself(stmt: Stmt, param: Var) -> bool:
    assert isinstance(stmt, Apply)
    if stmt.op in _BY_SHAPE:
        return stmt.args[0] is not param
    if stmt.op is np.ndarray.shape or stmt.op is len:
        return True
    plain = isinstance(param.type, Array) and param.type.dtype == FLOAT64 and param.type.is_like
    return plain and stmt.op is intrinsics.zero


def _put_first(block: Block, made: Apply) -> Block:
    """``block`` beginning with an operation, or the arm in it which alone reads what that gives."""
    readers = [stmt for stmt in block.body if made.target in free_in_stmt(stmt)]
    is_given = any(made.target in variables(result) for result in block.results)
    stmt = readers[0] if len(readers) == 1 and not is_given else None
    if isinstance(stmt, If) and not isinstance(stmt, Try) and made.target not in used(stmt):
        then, orelse = stmt.then, stmt.orelse
        new: If | None = None
        if made.target not in free_in_block(orelse):
            new = replace(stmt, then=_put_first(then, made))
        elif made.target not in free_in_block(then):
            new = replace(stmt, orelse=_put_first(orelse, made))
        if new is not None:
            return replace(block, body=tuple(new if s is stmt else s for s in block.body))
    return replace(block, body=(made, *block.body))


class _Rewrite:
    """Puts shapes in the place of the arrays ``found``."""

    def __init__(self, found: list[_Saved]) -> None:
        self.makers: dict[Stmt, list[_Saved]] = {}
        self.readers: dict[Stmt, list[_Saved]] = {}
        self.stacks: dict[Var, Var] = {}
        self.shapes: dict[Var, Var] = {}
        self.same: dict[Var, Var] = {}
        """What a saved array gives when it is asked for its shape, each with the shape."""
        self.itself = {saved.param for saved in found if saved.itself}
        self.measures: dict[Operand, Any] = {saved.param: saved.measure for saved in found}
        for saved in found:
            self.makers.setdefault(saved.maker, []).append(saved)
            self.readers.setdefault(saved.reader, []).append(saved)
            word = saved.element.name or saved.element.hint
            name = f"{word}_{saved.word}s" if word else f"{saved.word}s"
            self.stacks[saved.stack] = Var(name, StackOf(UNKNOWN))
            self.shapes[saved.param] = Var("", UNKNOWN, saved.word)

    def block(self, block: Block) -> Block:
        kept = (stmt for stmt in block.body if not self.is_shape(stmt))
        return replace(block, body=tuple(map(self.stmt, kept)))

    def is_shape(self, stmt: Stmt) -> bool:
        """Whether an operation gives a shape that was saved, or a length."""
        if not isinstance(stmt, Apply) or stmt.args[:1] == () or stmt.args[0] not in self.itself:
            return False
        if stmt.op is not self.measures[stmt.args[0]]:
            return False
        self.same[stmt.target] = self.shapes[stmt.args[0]]
        return True

    def stmt(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, Apply):
            return self.asking(stmt)
        new = map_blocks(stmt, self.block)
        if stmt in self.makers:
            assert isinstance(new, For | While)
            for saved in self.makers[stmt]:
                new = self.making(new, saved)
        if stmt in self.readers:
            assert isinstance(new, For)
            params = tuple(self.shapes.get(var, var) for var in new.body.params)
            stacks = tuple(self.stacks.get(s, s) if isinstance(s, Var) else s for s in new.stacks)
            inner = replace(new.body, params=params)
            for saved in reversed(self.readers[stmt]):
                standing = self.standing(saved, stmt)
                inner = inner if standing is None else _put_first(inner, standing)
            inner = substitute(inner, self.same)
            new = replace(new, stacks=stacks, body=inner)
        return new

    def making(self, loop: For | While, saved: _Saved) -> For | While:
        """A loop that saves the shape or the length, asked for as soon as there is an array or a
        list."""
        shape = Var("", UNKNOWN, saved.word)
        asked = Apply(shape, saved.measure, (saved.element,), (), loop.loc)
        body: list[Stmt] = [asked] if saved.element in loop.carried else []
        for stmt in loop.body.body:
            body.append(stmt)
            if saved.element in targets(stmt):
                body.append(replace(asked, loc=stmt.loc))
        place = loop.targets.index(saved.stack)
        results = (*loop.body.results[:place], shape, *loop.body.results[place + 1 :])
        outputs = (*loop.targets[:place], self.stacks[saved.stack], *loop.targets[place + 1 :])
        return replace(
            loop, targets=outputs, body=replace(loop.body, body=tuple(body), results=results)
        )

    def standing(self, saved: _Saved, reader: Stmt) -> Apply | None:
        """What takes the place of an array where more than its shape itself is asked for."""
        if saved.itself:
            return None
        assert isinstance(saved.param.type, Array)
        wanted = saved.param.type.dtype
        dtype = () if wanted == FLOAT64 else (("dtype", Const(wanted.type)),)
        return Apply(saved.param, np.empty, (self.shapes[saved.param],), dtype, reader.loc)

    def asking(self, stmt: Apply) -> Apply:
        if stmt.op in _BY_SHAPE and stmt.args[1] in self.itself:
            shape = self.shapes[stmt.args[1]]
            return replace(stmt, op=_BY_SHAPE[stmt.op], args=(stmt.args[0], shape))
        if stmt.op is len and stmt.args[0] in self.itself:
            return replace(stmt, op=operator.getitem, args=(self.shapes[stmt.args[0]], Const(0)))
        if stmt.op is intrinsics.zero and stmt.args[0] in self.itself:
            as_many = lists.zeros_of_length if self.measures[stmt.args[0]] is len else np.zeros
            return replace(stmt, op=as_many, args=(self.shapes[stmt.args[0]],))
        return stmt

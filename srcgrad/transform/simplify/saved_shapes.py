"""Of an array that a loop saves for its shape alone, the shape is saved.

::

    prod = 0.5 * s[:-j]                               prod = 0.5 * s[:-j]
    prod_saved.append(prod)                 ->        prod_shapes.append(prod.shape)
    ...                                               ...
    bar = unbroadcast(bar, prod_saved.pop())          bar = sum_to(bar, prod_shapes.pop())
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Block, For, Function, Stmt, Var, While
from srcgrad.ir.types import FLOAT64, UNKNOWN, Array, StackOf
from srcgrad.ir.walk import count_uses, map_blocks, statements, targets, used
from srcgrad.transform.simplify.shapes import laid_out_in

_BY_SHAPE: Mapping[Any, Any] = {
    intrinsics.unbroadcast: intrinsics.sum_to,
    intrinsics.shaped: intrinsics.of_shape,
}
"""What asks its second operand for its shape, and what takes the shape itself."""


@dataclass(frozen=True)
class _Saved:
    """An array that a loop saves in each trip, and that another takes as a parameter."""

    maker: For | While
    element: Var
    stack: Var
    reader: For
    param: Var


def save_shapes(function: Function) -> Function:
    """``function`` whose loops keep no array that is only asked for its shape."""
    every = tuple(statements(function.body.body))
    loops = [stmt for stmt in every if isinstance(stmt, For | While)]
    made = {stack: (loop, element) for loop in loops for stack, element in _saved(loop)}
    if not made:
        return function
    uses, laid_out = count_uses(function), laid_out_in(function)
    found: list[_Saved] = []
    for loop in loops:
        if not isinstance(loop, For):
            continue
        params = loop.body.params[1 + len(loop.init) :]
        for stack, param in zip(loop.stacks, params, strict=True):
            if isinstance(stack, Var) and stack in made and uses[stack] == 1:
                maker, element = made[stack]
                if _is_asked_alone(loop, param, uses, laid_out):
                    found.append(_Saved(maker, element, stack, loop, param))
    if not found:
        return function
    return replace(function, body=_Rewrite(found).block(function.body))


def _saved(loop: For | While) -> list[tuple[Var, Var]]:
    """The stacks that a loop makes of arrays which each of its trips computes.

    What a branch gives may not be there.
    """
    first = len(loop.init)
    rows = zip(loop.targets[first:], loop.body.results[first:], strict=True)
    inside = {each.target for each in loop.body.body if isinstance(each, Apply)}
    return [(stack, e) for stack, e in rows if isinstance(e, Var) and e in inside]


def _is_asked_alone(
    reader: For, param: Var, uses: Mapping[Var, int], laid_out: Container[Var]
) -> bool:
    """Whether an array that was saved is only asked for its shape, and not for the order in which
    its elements lie."""
    if not isinstance(param.type, Array):
        return False
    asking = [s for s in statements(reader.body.body) if param in used(s)]
    return (
        bool(asking)
        and len(asking) == uses[param]
        and all(_asks(s, param, laid_out) for s in asking)
    )


def _asks(stmt: Stmt, param: Var, laid_out: Container[Var]) -> bool:
    if not isinstance(stmt, Apply) or stmt.target in laid_out:
        return False
    if stmt.op in _BY_SHAPE:
        return stmt.args[0] is not param
    plain = isinstance(param.type, Array) and param.type.dtype == FLOAT64 and param.type.is_like
    return plain and stmt.op is intrinsics.zero


class _Rewrite:
    """Puts shapes in the place of the arrays ``found``."""

    def __init__(self, found: list[_Saved]) -> None:
        self.makers: dict[Stmt, list[_Saved]] = {}
        self.readers: dict[Stmt, list[_Saved]] = {}
        self.stacks: dict[Var, Var] = {}
        self.shapes: dict[Var, Var] = {}
        for saved in found:
            self.makers.setdefault(saved.maker, []).append(saved)
            self.readers.setdefault(saved.reader, []).append(saved)
            word = saved.element.name or saved.element.hint
            name = f"{word}_shapes" if word else "shapes"
            self.stacks[saved.stack] = Var(name, StackOf(UNKNOWN))
            self.shapes[saved.param] = Var("", UNKNOWN, "shape")

    def block(self, block: Block) -> Block:
        return replace(block, body=tuple(map(self.stmt, block.body)))

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
            new = replace(new, stacks=stacks, body=replace(new.body, params=params))
        return new

    def making(self, loop: For | While, saved: _Saved) -> For | While:
        """A loop that saves the shape, asked for as soon as there is an array."""
        shape = Var("", UNKNOWN, "shape")
        asked = Apply(shape, np.ndarray.shape, (saved.element,), (), loop.loc)
        body: list[Stmt] = []
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

    def asking(self, stmt: Apply) -> Apply:
        if stmt.op in _BY_SHAPE and stmt.args[1] in self.shapes:
            shape = self.shapes[stmt.args[1]]
            return replace(stmt, op=_BY_SHAPE[stmt.op], args=(stmt.args[0], shape))
        if stmt.op is intrinsics.zero and stmt.args[0] in self.shapes:
            return replace(stmt, op=np.zeros, args=(self.shapes[stmt.args[0]],))
        return stmt

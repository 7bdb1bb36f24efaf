"""Generator expressions: each element is computed when somebody asks for it.

The front end makes a function of a generator expression, whose loops append to a list.  A loop over
it is put into those loops, in the place of the ``append``::

    for v in (f(u) for u in x if u > 0):        for u in x:
        s = s + v                                   if u > 0:
                                                        s = s + f(u)

So an element is computed after the trip for the one before it, and not at all where the loop ends
before.  ``sum`` and whoever else uses up all elements takes the list that the function makes.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc
from srcgrad.frontend.comprehensions import GENERATED
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_append
from srcgrad.ir.nodes import (
    UNDEFINED,
    Block,
    Const,
    ForEach,
    If,
    Invoke,
    Operand,
    Param,
    Stmt,
    Var,
)
from srcgrad.ir.walk import free_in_block, used
from srcgrad.specialise import cells, exhausted
from srcgrad.specialise.values import Args, Closure, GeneratorOf, MapOf, Value, YieldingOf, named

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

State = tuple[Operand, ...]


@dataclass(frozen=True, eq=False)
class Visit:
    """Stands in a generator's loops for the trip of the loop over it: its ``body``, for ``args``.

    ``args`` belong to the frame of the generator, the body to that of the loop.
    """

    targets: tuple[Var, ...]
    args: State
    body: Block
    frame: Frame
    loc: Loc
    near: Loc | None
    """The place that the loop has, if it stands in what is said in the compiler's own words."""


def items_of(sp: Specialiser, value: GeneratorOf, loc: Loc) -> Value:
    """The list of what a generator expression gives, which can be asked for once."""
    exhausted.exhaust(sp, value, loc)
    if isinstance(value, YieldingOf):
        from srcgrad.specialise import yielding

        return yielding.items_of(sp, value, loc)
    with sp.located(loc if _is_own(value) else sp.loc):
        return sp.inline(value.function, {GENERATED: value.part}, loc)


def _is_own(value: GeneratorOf) -> bool:
    """Whether a generator expression is one of the compiler's, in a function as ``filter``: what it
    does stands where the user's loop does."""
    return value.function.scope.module.startswith(__package__)


def mapped(sp: Specialiser, value: GeneratorOf, loc: Loc) -> MapOf | None:
    """``(f(v) for v in x)`` as ``map(f, x)``; None if it has conditions or several loops."""
    if isinstance(value, YieldingOf):
        return None
    function = value.function.function
    loop = function.body.body[0]
    assert isinstance(loop, ForEach)
    item, items = loop.body.params
    match loop.body.body:
        case (*stmts, Invoke(callee=Const(value=callee), args=(xs, element))):
            if callee is not list_append or xs is not items:
                return None
            exhausted.exhaust(sp, value, loc)
            body = Block((), tuple(stmts), (element,))
            each = replace(function, params=(Param("element", item),), body=body)
            return MapOf(replace(value.function, function=each), (value.part,), sp.trip)
    return None


def filtered(value: GeneratorOf) -> tuple[Closure, Closure] | None:
    """The condition and the element of ``(f(v) for v in x if c(v))``, as functions of ``v``.

    None of any other generator expression, and where they have computed something together.
    """
    if isinstance(value, YieldingOf):
        return None
    function = value.function.function
    loop = function.body.body[0]
    assert isinstance(loop, ForEach)
    item, items = loop.body.params
    match loop.body.body:
        case (*stmts, If(cond=cond, then=Block(body=(*inner, put)), orelse=Block(body=())) as test):
            callee = _callee(put)
        case _:
            return None
    if callee is not list_append or not isinstance(put, Invoke):
        return None
    to, element = put.args
    if (
        to is not items
        or test.orelse.results != (items,)
        or not all(map(_is_plain, (*stmts, *inner)))
    ):
        return None
    made = {stmt.target: stmt for stmt in stmts if isinstance(stmt, Invoke)}
    needed = free_in_block(Block((), tuple(inner), (element,)))
    shared = [made[var] for var in needed if var in made]
    opened = [made[v] for s in shared for v in used(s) if v in made]
    if not all(map(_takes_apart, (*shared, *opened))):
        return None
    again = tuple(stmt for stmt in stmts if stmt in shared or stmt in opened)
    bodies = Block((), tuple(stmts), (cond,)), Block((), (*again, *inner), (element,))
    params = (Param("element", item),)
    test_of, element_of = (
        replace(value.function, function=replace(function, params=params, body=body))
        for body in bodies
    )
    return test_of, element_of


def _is_plain(stmt: Stmt) -> bool:
    """Whether a statement notes nothing for others, and defines no function."""
    if isinstance(stmt, If):
        return all(map(_is_plain, (*stmt.then.body, *stmt.orelse.body)))
    notes = (intrinsics.set_cell, intrinsics.make_cell)
    return isinstance(stmt, Invoke) and not any(_callee(stmt) is each for each in notes)


def _takes_apart(stmt: Stmt) -> bool:
    """Whether a statement does no more than to read a part of an element, as may be done twice."""
    callee = _callee(stmt)
    return callee is intrinsics.unpack or callee is operator.getitem


def _callee(stmt: Stmt) -> Any:
    """What is called, where the program names one of the compiler's own functions."""
    known = isinstance(stmt, Invoke) and isinstance(stmt.callee, Const)
    return stmt.callee.value if known else None  # type: ignore[union-attr]


def for_each(
    sp: Specialiser, value: GeneratorOf, stmt: ForEach, init: list[Value], frame: Frame, loc: Loc
) -> None:
    """A loop over a generator expression, put into the loops of that."""
    from srcgrad.specialise.engine import Frame

    exhausted.exhaust(sp, value, loc)
    if isinstance(value, YieldingOf):
        from srcgrad.specialise import yielding

        yielding.for_each(sp, value, stmt, init, frame, loc)
        return
    function = value.function.function
    outer = Frame(value.function.scope, value.function.captures)
    (param,) = (param.value for param in function.params)
    first = tuple(Var(var.name) for var in stmt.targets)
    assert isinstance(param, Var)
    outer.values.update(zip((param, *first), (value.part, *init), strict=True))
    made = function.body.body[0]
    assert isinstance(made, ForEach)
    loop = _Around(stmt, frame, sp.loc).loop(made, first)
    with sp.located(loc if _is_own(value) else sp.loc):
        sp.statement(loop, outer)
    frame.values.update(
        (t, outer.values[v]) for t, v in zip(stmt.targets, loop.targets, strict=True)
    )


def visit(sp: Specialiser, stmt: Visit, frame: Frame) -> None:
    """Runs the trip of the loop for an element of the generator expression."""
    element, *state = stmt.args
    item = named(sp.value(element, frame, stmt.loc), stmt.body.params[0].name)
    carried = [sp.passed(operand, frame, stmt.loc) for operand in state]
    stmt.frame.values.update(zip(stmt.body.params, (item, *carried), strict=True))
    with sp.located(stmt.near):
        after = sp.run(stmt.body, stmt.frame, stmt.loc)
    frame.values.update(zip(stmt.targets, after, strict=True))


class _Around:
    """Rewrites the loops of a generator to carry what a loop over it does, and to run its body."""

    def __init__(self, consumer: ForEach, frame: Frame, near: Loc | None) -> None:
        self.consumer = consumer
        self.frame = frame
        self.near = near

    def _fresh(self) -> tuple[Var, ...]:
        return tuple(Var(var.name) for var in self.consumer.targets)

    def loop(self, stmt: ForEach, init: State) -> ForEach:
        """A loop that appended to a list."""
        item, items = stmt.body.params
        params = self._fresh()
        body = self._block(stmt.body, items, params)
        body = replace(body, params=(item, *params), body=(self._enter(params), *body.body))
        exits = self.consumer.exits
        return ForEach(self._fresh(), stmt.iterable, init, body, stmt.loc, exits)

    def _enter(self, state: State) -> Stmt:
        """Notes what the trip of the loop would, for what the element is computed from."""
        noted = cells.notes(self.consumer.body)
        return cells.Entering(noted, state, self.frame, self.consumer.loc)  # type: ignore[return-value]

    def _block(self, block: Block, items: Operand, state: State) -> Block:
        """A block that gave the list that it appends to."""
        body, state = self._statements(block.body, items, state)
        results = (Const(UNDEFINED),) * len(state) if block.diverges else state
        return replace(block, body=tuple(body), results=results)

    def _statements(
        self, body: Sequence[Stmt], items: Operand, state: State
    ) -> tuple[list[Stmt], State]:
        found: list[Stmt] = []
        for stmt in body:
            match stmt:
                case Invoke(callee=Const(value=callee), args=(xs, element)) if (
                    callee is list_append and xs is items
                ):
                    new, args = self._fresh(), (element, *state)
                    put: Stmt = Visit(  # type: ignore[assignment]
                        new, args, self.consumer.body, self.frame, stmt.loc, self.near
                    )
                    found.append(put)
                    state = new
                case ForEach(init=(xs,)) if xs is items:
                    inner = self.loop(stmt, state)
                    found.append(inner)
                    state = inner.targets
                case If(orelse=Block(body=(), results=(xs,))) if xs is items:
                    chosen = self._if(stmt, items, state)
                    found.append(chosen)
                    state = chosen.targets
                case _:
                    found.append(stmt)
        return found, state

    def _if(self, stmt: If, items: Operand, state: State) -> If:
        """The condition of a generator: an element that is left out changes nothing."""
        skipped = (Const(False), *state[1:]) if self.consumer.exits else state
        then = self._block(stmt.then, items, state)
        orelse = replace(stmt.orelse, results=skipped)
        return If(self._fresh(), stmt.cond, then, orelse, stmt.loc)


# --- what is no list ------------------------------------------------------------------------------


def check_operands(function: Any, args: Args, loc: Loc) -> None:
    """Raises what Python raises where a generator is computed with.

    Raises
    ------
    CertainError
        Where Python or NumPy raise.
    """
    if function not in _COMPUTING or not any(isinstance(arg, GeneratorOf) for arg in args):
        return
    text = f"'{function.__name__}' is not defined for what a generator gives"
    raise CertainError(text, loc, TypeError(text), "make a list of it first: list(...)")


_COMPUTING = frozenset(
    getattr(operator, name)
    for name in (
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "neg", "pos"),
        *("abs", "getitem", "lt", "le", "gt", "ge", "and_", "or_", "xor", "invert"),
    )
)

"""Generator functions: a loop over what one yields is put into it, trip by trip.

The front end makes two functions of one (``frontend/yields.py``), in which ``yielded`` stands for
``yield``.  For a loop, what that takes and gives is what the loop carries, and its body stands in
the place of ``yielded``; so an element is computed after the trip for the one before it, and not at
all where the loop ends before.  For whoever asks for all elements, ``yielded`` adds one to a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
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
    Pack,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.walk import statements
from srcgrad.specialise import advanced, calls, cells, generators
from srcgrad.specialise.values import (
    Args,
    Closure,
    Handler,
    Kwargs,
    Value,
    YieldingOf,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

State = tuple[Operand, ...]

_MOST = 40
"""How many generator functions may be at work, each over what another one gives."""


def items_of(sp: Specialiser, value: YieldingOf, loc: Loc) -> Value:
    """The list of what a generator function yields."""
    function = value.function.function
    first, *_ = function.params
    found = _run(sp, value, value.function, function.body, {first.value: Pack(list, ())}, loc)
    (items,) = found
    return items if is_undefined(items) else calls.invoke(sp, Const(list), (items,), {}, loc)


def for_each(
    sp: Specialiser,
    value: YieldingOf,
    stmt: ForEach,
    init: list[Value],
    frame: Frame,
    loc: Loc,
) -> None:
    """A loop over what a generator function yields."""
    closure = value.stopping if stmt.exits else value.function
    around = _Around(stmt, frame, sp.loc)
    body, first = around.function(closure.function.body, closure.function.params[0].value)
    found = _run(sp, value, closure, body, dict(zip(first, init, strict=True)), loc)
    frame.values.update(zip(stmt.targets, found, strict=True))


def _run(
    sp: Specialiser,
    value: YieldingOf,
    closure: Closure,
    body: Block,
    first: Mapping[Any, Value],
    loc: Loc,
) -> tuple[Value, ...]:
    """What a generator function gives that begins with ``first``."""
    from srcgrad.specialise.engine import Frame

    if sp.yielding.count(closure.function) > _MOST:
        message = "a generator function goes on in itself, and where that ends is not known"
        raise UnsupportedSyntaxError(message, loc, "write it as a loop over a list that grows")
    assert isinstance(value.part, Pack)
    names = [param.value for param in closure.function.params[1:]]
    given: Mapping[Any, Value] = dict(zip(names, value.part.items, strict=True))
    inner = Frame(closure.scope, closure.captures, {**first, **given})
    outer, sp.errstate = sp.errstate, loc.errstate
    sp.yielding.append(closure.function)
    try:
        with sp.located(loc if closure.scope.trusted else sp.loc):
            return sp.run(body, inner)
    finally:  # also after an error: whoever tries another way goes on with these
        sp.yielding.pop()
        sp.errstate = outer


@dataclass(frozen=True, eq=False)
class _Around:
    """Rewrites a generator function to carry what a loop over it does, and to run its body.

    What the loop carries takes the place of the elements so far, of which there are no two at any
    point of the program.
    """

    consumer: ForEach
    frame: Frame
    near: Loc | None

    def function(self, body: Block, first: Operand) -> tuple[Block, State]:
        """The body of the function, which is given the elements before as ``first``."""
        state = self._fresh()
        elements = _elements(body, first)
        block, state_after = self._block(body, state, elements)
        return replace(block, results=state_after), state

    def _fresh(self) -> State:
        return tuple(Var(var.name) for var in self.consumer.targets)

    def _block(self, block: Block, state: State, elements: Set[Operand]) -> tuple[Block, State]:
        """A block that begins with ``state``, and the state after it."""
        body: list[Stmt] = []
        for stmt in block.body:
            new, state = self._statement(stmt, state, elements)
            body.append(new)
        params = tuple(param for param in block.params if param not in elements)
        return replace(block, params=params, body=tuple(body)), state

    def _statement(self, stmt: Stmt, state: State, elements: Set[Operand]) -> tuple[Stmt, State]:
        match stmt:
            case Invoke(callee=Const(value=callee), args=(_, element)) if (
                callee is intrinsics.yielded
            ):
                given, new = (element, *state), self._fresh()
                body, near = self.consumer.body, self.near
                trip = generators.Visit(new, given, body, self.frame, stmt.loc, near)  # type: ignore[arg-type]
                return trip, new  # type: ignore[return-value]
            case Invoke(callee=Const(value=callee)) if callee is intrinsics.ended:
                return replace(stmt, callee=Const(intrinsics.itself), args=state[:1]), state
            case If():
                return self._branch(stmt, state, elements)
            case ForEach() | While():
                return self._loop(stmt, state, elements)
        return stmt, state

    def _branch(self, stmt: If, state: State, elements: Set[Operand]) -> tuple[If, State]:
        then, first = self._block(stmt.then, state, elements)
        orelse, second = self._block(stmt.orelse, state, elements)
        kept = [target not in elements for target in stmt.targets]
        after: Any = state if first is state and second is state else self._fresh()
        more = after is not state
        return replace(
            stmt,
            targets=(*compress(stmt.targets, kept), *(after if more else ())),
            then=_giving(then, kept, first if more else ()),
            orelse=_giving(orelse, kept, second if more else ()),
        ), after

    def _loop(
        self, stmt: ForEach | While, state: State, elements: Set[Operand]
    ) -> tuple[ForEach | While, State]:
        kept = [target not in elements for target in stmt.targets]
        params: Any = self._fresh()
        body, last = self._block(stmt.body, params, elements)
        if last is params:  # nothing is yielded in it
            body = _giving(self._block(stmt.body, state, elements)[0], kept, ())
            return self._with(stmt, kept, body, (), (), elements), state
        noted = cells.notes(self.consumer.body)
        entering: Any = cells.Entering(noted, params, self.frame, self.consumer.loc)
        body = replace(body, params=(*body.params, *params), body=(entering, *body.body))
        after: Any = self._fresh()
        body = _giving(body, kept, last)
        return self._with(stmt, kept, body, after, state, elements), after

    def _with(
        self,
        stmt: ForEach | While,
        kept: Sequence[bool],
        body: Block,
        after: State,
        state: State,
        elements: Set[Operand],
    ) -> ForEach | While:
        """A loop with another body, that carries what is ``kept``, and what begins as ``state``."""
        fields: dict[str, Any] = {
            "targets": (*compress(stmt.targets, kept), *after),
            "init": (*compress(stmt.init, kept), *state),
            "body": body,
        }
        if isinstance(stmt, While):
            cond, _ = self._block(stmt.cond, state, elements)
            more = tuple(Var() for _ in state)
            fields["cond"] = replace(cond, params=(*cond.params, *more))
        return replace(stmt, **fields)


def _giving(block: Block, kept: Sequence[bool], more: State) -> Block:
    """A block that gives those results that are ``kept``, and ``more``."""
    if block.diverges:
        more = (Const(UNDEFINED),) * len(more)
    return replace(block, results=(*compress(block.results, kept), *more))


def _elements(body: Block, first: Operand) -> Set[Operand]:
    """The variables that are the elements so far, which begin with ``first``."""
    found = {first}
    rows = [row for stmt in statements(body.body) for row in _rows(stmt)]
    while True:
        new = {v for row in rows if not found.isdisjoint(row) for v in row if isinstance(v, Var)}
        if new <= found:
            return found
        found |= new


def _rows(stmt: Stmt) -> Iterator[tuple[Operand, ...]]:
    """The variables and operands of a statement that stand for one thing in their turn."""
    match stmt:
        case Invoke(callee=Const(value=callee), args=(items, _)) if callee is intrinsics.yielded:
            yield (items, stmt.target)
        case If():
            yield from zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
        case ForEach():
            carried = stmt.body.params[1:]
            yield from zip(stmt.targets, stmt.init, carried, stmt.body.results, strict=True)
        case While():
            carried, asked = stmt.body.params, stmt.cond.params
            yield from zip(stmt.targets, stmt.init, carried, asked, stmt.body.results, strict=True)


def _generating(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    plain, stopping, *given = args
    assert isinstance(plain, Closure)
    assert isinstance(stopping, Closure)
    part = Pack(tuple, tuple(given))  # type: ignore[arg-type]
    return advanced.made(sp, YieldingOf(plain, part, sp.trip, stopping=stopping), loc)


def _yielded(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return calls.invoke(sp, Const(list_append), args, {}, loc, name)


YIELDING: dict[Any, Handler] = {
    intrinsics.generating: _generating,
    intrinsics.yielded: _yielded,
}

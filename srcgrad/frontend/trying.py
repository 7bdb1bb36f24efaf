"""Lowering ``try``: a branch on whether its body runs to its end.

Where the handlers leave for certain, what follows the statement follows its body; else it follows
either.  A ``finally`` is lowered twice: after the statement, and where it is left by an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from srcgrad.frontend.attempts import torn
from srcgrad.frontend.builder import DELETED, TORN, UNASSIGNED, Builder
from srcgrad.frontend.control import NAMES, TRUE, Exit, follow, lower, merge, returning
from srcgrad.frontend.expressions import expression
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Pack, Raise, Var


def trying(b: Builder, node: Any, rest: Sequence[Any], live: Collection[str] | None) -> Exit:
    """A ``try`` statement and the statements after it."""
    if not node.finalbody:
        return _handled(b, node, rest, live)
    after = b.names.live[node]

    def guarded() -> Exit:
        return _handled(b, node, (), after) if node.handlers else lower(b, node.body, after)

    def at_an_error(error: Operand) -> Exit:
        lower(b, node.finalbody, after)
        b.emit(Raise(error, None, b.loc))
        return returning(UNASSIGNED)

    lost = set(b.names.statements[node].assigned) if node.handlers else torn(node.body)
    outer, b.last = b.last, b.last.union(*(b.names.statements[s].uses for s in node.finalbody))
    _, exit_, _ = _attempt(b, node, guarded, lost, Const(BaseException), at_an_error, after, ())
    b.last = outer
    lower(b, node.finalbody, b.names.after[node])
    return follow(b, node, exit_, rest, live)


def _handled(b: Builder, node: Any, rest: Sequence[Any], live: Collection[str] | None) -> Exit:
    """The body of a ``try`` and its handlers, and the statements after them."""
    after = set(b.names.live[node])
    for child in node.orelse:
        after |= b.names.statements[child].uses
    handlers = [(_class(b, handler), handler) for handler in node.handlers]
    classes = Pack(tuple, tuple(operand for operand, _ in handlers))

    def body() -> Exit:
        return lower(b, node.body, after)

    def handle(error: Operand) -> Exit:
        return _handlers(b, handlers, error, after)

    lost = torn(node.body)
    completed, first, second = _attempt(b, node, body, lost, classes, handle, after, live or ())
    if second is None:
        return follow(b, node, first, [*node.orelse, *rest], live)
    # Where the handlers leave for certain, what follows the statement follows its body.
    leaves = second.left is TRUE
    loc = b.locations.statement(node)
    with b.block() as going:
        then = [*node.orelse, *rest] if leaves else node.orelse
        on = follow(b, node, first, then, live if leaves else after)
    with b.block() as done:
        pass
    exit_ = merge(b, completed, (going, on), (done, second), live if leaves else after, loc)
    return exit_ if leaves else follow(b, node, exit_, rest, live)


def _class(b: Builder, handler: Any) -> Operand:
    return Const(BaseException) if handler.type is None else expression(b, handler.type)


def _attempt(
    b: Builder,
    node: Any,
    body: Callable[[], Exit],
    lost: Collection[str],
    classes: Operand,
    handle: Callable[[Operand], Exit],
    live: Collection[str],
    leaving: Collection[str],
) -> tuple[Var, Exit, Exit | None]:
    """Statements that may raise, and what is done if they do.

    ``lost`` are the names whose values are not known then; ``live`` are needed after the statement,
    and ``leaving`` wherever it leaves to.  Gives whether the body has run to its end, how it ends
    then, and how ``handle`` ends: None if that always raises.
    """
    loc = b.loc = b.locations.statement(node)
    completed = b.apply(intrinsics.completes, node=node, name="completed")
    with b.block() as trying:
        first = body()
    with b.block() as handling:
        b.loc = loc
        for name in trying.bound:
            if name in lost:
                if name in b.cells:
                    b.refuse_torn(name, loc)
                handling.env[name] = TORN
        second = handle(b.apply(intrinsics.caught, node=node, name="error"))
    if second.left is TRUE:
        for name, value in handling.env.items():
            needed = () if second.returned is TRUE else leaving
            if value is TORN and (handling.closed or name not in (*needed, *b.last)):
                handling.env[name] = UNASSIGNED  # nobody asks for it
    pairs = {
        name: (getattr(first, name), getattr(second, name))
        for name in ("left", "returned", "stopped", "value")
    }
    moved = {n: p for n, p in pairs.items() if not all(isinstance(x, Const) for x in p)}
    distinct = {(id(x), id(y)): (NAMES[name], x, y) for name, (x, y) in moved.items()}
    joined = b.join(completed, trying, handling, list(distinct.values()), live, loc, classes)
    found = dict(zip(distinct, joined, strict=True))

    def seen(side: int) -> Exit:
        """An exit with what can be seen after the statement."""
        fields = {n: p[side] for n, p in pairs.items()}
        for name, (x, y) in moved.items():
            if not isinstance(fields[name], Const):
                fields[name] = found[id(x), id(y)]
        return Exit(**fields)

    return completed, seen(0), None if handling.closed else seen(1)


def _handlers(
    b: Builder, handlers: Sequence[tuple[Operand, Any]], error: Operand, live: Collection[str]
) -> Exit:
    """The handlers of a ``try``: the first for whose class the error is one."""
    (classes, handler), *others = handlers
    if not others:
        return _handler(b, handler, error, live)
    loc = b.loc
    cond = b.apply(isinstance, error, classes, node=handler)
    with b.block() as then:
        first = _handler(b, handler, error, live)
    with b.block() as orelse:
        second = _handlers(b, others, error, live)
    return merge(b, cond, (then, first), (orelse, second), live, loc)


def _handler(b: Builder, handler: Any, error: Operand, live: Collection[str]) -> Exit:
    outer, b.error = b.error, error
    if handler.name is not None:
        b.bind(handler.name.id, error)
    exit_ = lower(b, handler.body, live)
    if handler.name is not None:
        b.bind(handler.name.id, DELETED)
    b.error = outer
    return exit_

"""Lowering ``try``: a branch on whether its body runs to its end.

Where the handlers leave for certain, what follows the statement follows its body; else it follows
either.  A ``finally`` is lowered twice: after the statement, and where it is left by an error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from srcgrad.frontend.attempts import torn
from srcgrad.frontend.builder import DELETED, TORN, UNASSIGNED, Builder
from srcgrad.frontend.control import NAMES, TRUE, Exit, follow, follow_by, lower, merge, returning
from srcgrad.frontend.expressions import expression
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Invoke, Operand, Pack, Raise, Var

_ANY = Const(BaseException)
_Handle = Callable[[Operand], Exit]
"""What is done about an error."""


def trying(b: Builder, node: Any, rest: Sequence[Any], live: Collection[str] | None) -> Exit:
    """A ``try`` statement and the statements after it."""
    if not node.finalbody:
        return _handled(b, node, rest, live)
    after = b.names.live[node]

    def at_an_error(error: Operand) -> Exit:
        if hasattr(node, "manager"):
            _leave_manager(b, node, error)
        else:
            lower(b, node.finalbody, after)
        b.emit(Raise(error, None, b.loc))
        return returning(UNASSIGNED)

    outer, b.last = b.last, b.last.union(*(b.names.statements[s].uses for s in node.finalbody))
    exit_ = _before_finally(b, node, at_an_error, after)
    b.last = outer
    lower(b, node.finalbody, b.names.after[node])
    return follow(b, node, exit_, rest, live)


def _leave_manager(b: Builder, node: Any, error: Operand) -> None:
    """Leaves what a ``with`` is about, after an error (``managers.py``)."""
    b.loc = b.locations.statement(node)
    leave = b.apply(getattr, b.value(node.manager), Const("__exit__"), node=node)
    kind = b.apply(type, error, node=node)
    trace = b.apply(intrinsics.trace_of, error, node=node)
    kept = Var("kept")
    b.emit(Invoke(kept, leave, (kind, error, trace), (), b.loc))
    b.apply(intrinsics.passes_on, kept, node=node)


def _before_finally(b: Builder, node: Any, handle: _Handle, live: Collection[str]) -> Exit:
    """The body of a ``try`` and its handlers, all of whose errors are handled alike."""
    if not node.handlers:
        return _one_by_one(b, node, node.body, handle, live)
    lost = b.names.statements[node].assigned
    if not b.last.isdisjoint(lost):
        return _handled(b, node, (), live, handle)

    def guarded() -> Exit:
        return _handled(b, node, (), live)

    return _attempt(b, node, guarded, lost, _ANY, handle, live, ())[1]


def _one_by_one(
    b: Builder,
    node: Any,
    statements: Sequence[Any],
    handle: _Handle,
    live: Collection[str],
) -> Exit:
    """Statements that may raise, all of whose errors are handled alike.

    Where ``handle`` asks for a name that some of them assign, each has an attempt of its own, in
    which it is known what the name is: whether the statement has assigned it.
    """
    count = _until_torn(statements, b.last)
    part, others = statements[:count], statements[count:]
    needed = {name for stmt in others for name in b.names.statements[stmt].uses}.union(live, b.last)
    held = needed if others else live

    def first() -> Exit:
        return lower(b, part, held)

    def go_on() -> Exit:
        return _one_by_one(b, node, others, handle, live)

    _, exit_, _ = _attempt(b, node, first, torn(part), _ANY, handle, held, ())
    return follow_by(b, node, exit_, go_on, live) if others else exit_


def _until_torn(statements: Sequence[Any], needed: Collection[str]) -> int:
    """How many of the statements go into one attempt: all, or those that leave no name of which it
    is not known whether one of them has assigned it."""
    for count in range(len(statements), 0, -1):
        if torn(statements[:count]).isdisjoint(needed):
            return count
    return len(statements)


def _handled(
    b: Builder,
    node: Any,
    rest: Sequence[Any],
    live: Collection[str] | None,
    final: _Handle | None = None,
) -> Exit:
    """The body of a ``try`` and its handlers, and the statements after them.

    ``final`` handles errors that no handler does, and those of the handlers and of the ``else``.
    """
    after = set(b.names.live[node])
    for child in node.orelse:
        after |= b.names.statements[child].uses

    def handler_for(handler: Any) -> _Handle:
        return lambda error: _handler(b, handler, error, after, final)

    handlers = [(_class(b, handler), handler_for(handler)) for handler in node.handlers]
    if final is not None:
        handlers.append((_ANY, final))
    classes = Pack(tuple, tuple(operand for operand, _ in handlers))

    def body() -> Exit:
        return lower(b, node.body, after)

    def handle(error: Operand) -> Exit:
        return _handlers(b, node, handlers, error, after)

    def otherwise(then: Sequence[Any], live: Collection[str] | None) -> Exit:
        if final is None or not then:
            return lower(b, then, live)
        return _one_by_one(b, node, then, final, live or ())

    lost = torn(node.body)
    completed, first, second = _attempt(b, node, body, lost, classes, handle, after, live or ())
    if second is None:
        both = [*node.orelse, *rest]
        return follow_by(b, node, first, lambda: otherwise(both, live), live)
    # Where the handlers leave for certain, what follows the statement follows its body.
    leaves = second.left is TRUE
    kept = live if leaves else after
    then = [*node.orelse, *rest] if leaves else node.orelse
    loc = b.locations.statement(node)
    with b.block() as going:
        on = follow_by(b, node, first, lambda: otherwise(then, kept), kept)
    with b.block() as done:
        pass
    exit_ = merge(b, completed, (going, on), (done, second), kept, loc)
    return exit_ if leaves else follow(b, node, exit_, rest, live)


def _class(b: Builder, handler: Any) -> Operand:
    return Const(BaseException) if handler.type is None else expression(b, handler.type)


def _attempt(
    b: Builder,
    node: Any,
    body: Callable[[], Exit],
    lost: Collection[str],
    classes: Operand,
    handle: _Handle,
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
        unknown = trying.touched.intersection(lost)
        for name in sorted(unknown):
            if name in b.cells:
                b.refuse_torn(name, loc)
            handling.env[name] = TORN
        second = handle(b.apply(intrinsics.caught, node=node, name="error"))
    if second.left is TRUE:
        for name, value in handling.env.items():
            needed = () if second.returned is TRUE else leaving
            if value is TORN and (handling.closed or name not in (*needed, *b.last)):
                handling.env[name] = UNASSIGNED  # nobody asks for it
    # A block that always raises binds nothing in the one around it: it is said here what it did.
    handling.bound.update((n, None) for n in sorted(unknown) if handling.env[n] is TORN)
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
    b: Builder,
    node: Any,
    handlers: Sequence[tuple[Operand, _Handle]],
    error: Operand,
    live: Collection[str],
) -> Exit:
    """The handlers of a ``try``: the first for whose class the error is one."""
    (classes, handle), *others = handlers
    if not others:
        return handle(error)
    loc = b.loc
    cond = b.apply(isinstance, error, classes, node=node)
    with b.block() as then:
        first = handle(error)
    with b.block() as orelse:
        second = _handlers(b, node, others, error, live)
    return merge(b, cond, (then, first), (orelse, second), live, loc)


def _handler(
    b: Builder, handler: Any, error: Operand, live: Collection[str], final: _Handle | None
) -> Exit:
    outer, b.error = b.error, error
    if handler.name is not None:
        b.bind(handler.name.id, error)
    if final is None:
        exit_ = lower(b, handler.body, live)
    else:
        exit_ = _one_by_one(b, handler, handler.body, final, live)
    if handler.name is not None:
        b.bind(handler.name.id, DELETED)
    b.error = outer
    return exit_

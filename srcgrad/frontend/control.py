"""Lowering branches, loops and early returns.

Outside of loops, a list of statements that may return is lowered with its continuation: the
statements after ``if bad: return 0`` go into the other arm.  Where an arm may return or fall
through, the branch yields a flag and the value, and what follows stands under that flag.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import gast

from srcgrad.frontend.builder import NONE, UNASSIGNED, Builder
from srcgrad.frontend.expressions import expression
from srcgrad.frontend.statements import lowers, returned, statement
from srcgrad.frontend.targets import assign, hint
from srcgrad.ir.nodes import Const, ForEach, Operand, Var, While

_TRUE, _FALSE = Const(True), Const(False)


@dataclass(frozen=True, slots=True)
class Exit:
    """How a list of statements ends: whether it has returned, and what."""

    returned: Operand
    value: Operand


def body(b: Builder, statements: Sequence[Any]) -> Operand:
    """Lowers the body of a function; gives what it returns."""
    return _statements(b, statements, None).value


def _statements(b: Builder, nodes: Sequence[Any], live: Collection[str] | None) -> Exit:
    """Lowers statements.

    ``live`` are the names needed after them if they fall through; None where the function ends
    after them, so that falling through returns None.
    """
    for index, node in enumerate(nodes):
        if b.frame.closed:
            break
        if isinstance(node, gast.Return):
            return Exit(_TRUE, returned(b, node))
        if isinstance(node, gast.If) and b.names.statements[node].returns:
            return _returning_if(b, node, nodes[index + 1 :], live)
        statement(b, node)
    if b.frame.closed:
        return Exit(_TRUE, UNASSIGNED)
    return Exit(_TRUE, NONE) if live is None else Exit(_FALSE, UNASSIGNED)


def _exits(b: Builder, nodes: Sequence[Any]) -> bool:
    return any(b.names.statements[node].exits for node in nodes)


def _returning_if(b: Builder, node: Any, rest: Sequence[Any], live: Collection[str] | None) -> Exit:
    """An ``if`` that may return, and the statements after it."""
    then, orelse = list(node.body), list(node.orelse)
    if _exits(b, then) or _exits(b, orelse):
        # All of the rest belongs to the arm that goes on, if any does.
        if not _exits(b, orelse):
            orelse += rest
        elif not _exits(b, then):
            then += rest
        return _arms(b, node, then, orelse, live)
    exit_ = _arms(b, node, then, orelse, b.names.live[node])
    if exit_.returned is _TRUE:
        return exit_
    if exit_.returned is _FALSE:
        return _statements(b, rest, live)
    return _unless(b, node, exit_, rest, live)


def _arms(
    b: Builder,
    node: Any,
    then_nodes: Sequence[Any],
    orelse_nodes: Sequence[Any],
    live: Collection[str] | None,
) -> Exit:
    loc = b.loc = b.locations.statement(node)
    cond = expression(b, node.test)
    with b.block() as then:
        first = _statements(b, then_nodes, live)
    with b.block() as orelse:
        second = _statements(b, orelse_nodes, live)
    results = [("", first.returned, second.returned), ("", first.value, second.value)]
    return Exit(*b.join(cond, then, orelse, results, live or (), loc))


def _unless(
    b: Builder, node: Any, exit_: Exit, rest: Sequence[Any], live: Collection[str] | None
) -> Exit:
    """The rest after an ``if``, under the condition that the function has not returned."""
    loc = b.locations.statement(node)
    with b.block() as done:
        pass
    with b.block() as going:
        after = _statements(b, rest, live)
    results = [("", _TRUE, after.returned), ("", exit_.value, after.value)]
    return Exit(*b.join(exit_.returned, done, going, results, live or (), loc))


@lowers(gast.If)
def _if(b: Builder, node: Any) -> None:
    _arms(b, node, node.body, node.orelse, b.names.live[node])


# --- loops --------------------------------------------------------------------------------------


def _carried(b: Builder, node: Any) -> list[str]:
    """The names that a loop hands from one iteration to the next, or to what follows it."""
    names, live = b.names.statements[node], b.names.live[node]
    return [name for name in names.assigned if name in names.exposed or name in live]


def _enter(b: Builder, carried: Sequence[str]) -> tuple[Var, ...]:
    """New values for the carried names, at the start of a block of a loop."""
    params = tuple(Var(name) for name in carried)
    b.frame.env.update(zip(carried, params, strict=True))
    for param in params:
        b.note(param.name, param)
    return params


def _last(carried: Sequence[str]) -> tuple[Var, ...]:
    """The last values of the carried names."""
    return tuple(Var(name) for name in carried)


def _leave(b: Builder, loop: ForEach | While, carried: Sequence[str]) -> None:
    """Adds a finished loop, after which the carried names have their last values."""
    b.emit(loop)
    targets = loop.targets[len(loop.targets) - len(carried) :]
    for name, target in zip(carried, targets, strict=True):
        b.bind(name, target)


@lowers(gast.For)
def _for(b: Builder, node: Any) -> None:
    loc = b.loc
    iterable = expression(b, node.iter)
    carried = _carried(b, node)
    init = tuple(b.value(name) for name in carried)
    item = Var(hint(node.target))
    with b.block() as frame:
        params = (item, *_enter(b, carried))
        assign(b, node.target, item)
        _statements(b, node.body, ())
        block = frame.block(params, tuple(b.value(name) for name in carried))
    _leave(b, ForEach(_last(carried), iterable, init, block, loc), carried)
    _statements(b, node.orelse, ())


@lowers(gast.While)
def _while(b: Builder, node: Any) -> None:
    loc = b.loc
    carried = _carried(b, node)
    if any(isinstance(child, gast.NamedExpr) for child in gast.walk(node.test)):
        _while_assigning(b, node, carried)
    else:
        init = tuple(b.value(name) for name in carried)
        with b.block() as frame:
            params = _enter(b, carried)
            test = expression(b, node.test)
            cond = frame.block(params, (test,))
        with b.block() as frame:
            params = _enter(b, carried)
            _statements(b, node.body, ())
            block = frame.block(params, tuple(b.value(name) for name in carried))
        _leave(b, While(_last(carried), init, cond, block, loc), carried)
    _statements(b, node.orelse, ())


def _while_assigning(b: Builder, node: Any, carried: Sequence[str]) -> None:
    """A loop whose test binds names, which the body reads.

    The test is evaluated before the loop and at the end of the body, and carried.
    """
    loc = b.loc
    first = expression(b, node.test)
    init = (first, *(b.value(name) for name in carried))
    with b.block() as frame:
        test = Var("")
        cond = frame.block((test, *_enter(b, carried)), (test,))
    with b.block() as frame:
        params = (Var(""), *_enter(b, carried))
        _statements(b, node.body, ())
        b.loc = loc
        again = expression(b, node.test)
        block = frame.block(params, (again, *(b.value(name) for name in carried)))
    _leave(b, While((Var(""), *_last(carried)), init, cond, block, loc), carried)

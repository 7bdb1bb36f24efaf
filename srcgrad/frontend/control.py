"""Lowering branches, loops, and every way of leaving them early.

A list of statements that may leave (``return``, ``break``, ``continue``) is lowered with its
continuation: the statements after ``if bad: return 0`` go into the other arm.  Where an arm may
leave or fall through, the branch yields flags, and what follows stands under them.  A loop whose
body may end it carries a flag that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gast

from srcgrad.frontend.attempts import only_raises_again
from srcgrad.frontend.builder import DELETED, NONE, UNASSIGNED, Builder, Frame
from srcgrad.frontend.expressions import condition, expression, iterable
from srcgrad.frontend.read_first import read_first
from srcgrad.frontend.statements import lowers, returned, statement
from srcgrad.frontend.targets import assign, hint
from srcgrad.frontend.trees import walk
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, ForEach, Loc, Operand, Var, While

TRUE, _FALSE = Const(True), Const(False)


@dataclass(frozen=True, slots=True)
class Exit:
    """How a list of statements ends.

    Attributes
    ----------
    left : Operand
        Whether it did not fall through.
    stopped : Operand
        Whether it also ended the loop around it, if there is one.
    returned : Operand
        Whether it returned from the function.
    value : Operand
        What it returned.
    """

    left: Operand
    stopped: Operand
    returned: Operand
    value: Operand


_FALLS = Exit(_FALSE, _FALSE, _FALSE, UNASSIGNED)
_BREAKS = Exit(TRUE, TRUE, _FALSE, UNASSIGNED)
_CONTINUES = Exit(TRUE, _FALSE, _FALSE, UNASSIGNED)


def returning(value: Operand, done: Operand = TRUE) -> Exit:
    return Exit(done, done, done, value)


def body(b: Builder, statements: Sequence[Any]) -> Operand:
    """Lowers the body of a function; gives what it returns."""
    return lower(b, statements, None).value


def lower(b: Builder, nodes: Sequence[Any], live: Collection[str] | None) -> Exit:
    """Lowers statements.

    ``live`` are the names needed after them, wherever they leave to; None where the function ends
    after them, so that falling through returns None.
    """
    for index, node in enumerate(nodes):
        if b.frame.closed:
            break
        rest = nodes[index + 1 :]
        match node:
            case gast.Return():
                return returning(returned(b, node))
            case gast.Break():
                return _BREAKS
            case gast.Continue():
                return _CONTINUES
            case gast.If() if b.names.statements[node].leaves:
                return _leaving_if(b, node, rest, live)
            case gast.For() | gast.While() if b.names.statements[node].leaves:
                return follow(b, node, _loop(b, node), rest, live)
            case gast.Try() if only_raises_again(node):
                return lower(b, [*node.body, *node.orelse, *rest], live)
            case gast.Try():
                from srcgrad.frontend.trying import trying

                return trying(b, node, rest, live)
            case gast.With():
                after = b.names.live[node] if rest else live
                return follow(b, node, _with(b, node, after), rest, live)
        statement(b, node)
    if b.frame.closed:
        return returning(UNASSIGNED)
    return returning(NONE) if live is None else _FALLS


def _exits(b: Builder, nodes: Sequence[Any]) -> bool:
    return any(b.names.statements[node].exits for node in nodes)


def _leaving_if(b: Builder, node: Any, rest: Sequence[Any], live: Collection[str] | None) -> Exit:
    """An ``if`` that may leave, and the statements after it."""
    then, orelse = list(node.body), list(node.orelse)
    if not rest or _exits(b, then) or _exits(b, orelse):
        # All of the rest belongs to the arm that goes on, if any does.
        if not _exits(b, orelse):
            orelse += rest
        elif not _exits(b, then):
            then += rest
        return _arms(b, node, then, orelse, live)
    exit_ = _arms(b, node, then, orelse, b.names.live[node])
    return follow(b, node, exit_, rest, live)


def _arms(
    b: Builder,
    node: Any,
    then_nodes: Sequence[Any],
    orelse_nodes: Sequence[Any],
    live: Collection[str] | None,
) -> Exit:
    loc = b.loc = b.locations.statement(node)
    cond = condition(b, node.test)
    with b.block() as then:
        first = lower(b, then_nodes, live)
    with b.block() as orelse:
        second = lower(b, orelse_nodes, live)
    return merge(b, cond, (then, first), (orelse, second), live, loc)


def merge(
    b: Builder,
    cond: Operand,
    then: tuple[Frame, Exit],
    orelse: tuple[Frame, Exit],
    live: Collection[str] | None,
    loc: Loc,
) -> Exit:
    """Adds an ``If`` of two finished arms; flags that are always the same become one."""
    pairs = {
        name: (getattr(then[1], name), getattr(orelse[1], name))
        for name in ("left", "returned", "stopped", "value")
    }
    distinct = {(id(x), id(y)): (NAMES[name], x, y) for name, (x, y) in pairs.items()}
    joined = b.join(cond, then[0], orelse[0], list(distinct.values()), live or (), loc)
    found = dict(zip(distinct, joined, strict=True))
    return Exit(**{name: found[id(x), id(y)] for name, (x, y) in pairs.items()})


NAMES = {"left": "left", "stopped": "stopped", "returned": "returned", "value": ""}


def follow(
    b: Builder, node: Any, exit_: Exit, rest: Sequence[Any], live: Collection[str] | None
) -> Exit:
    """The statements ``rest`` after ``node``, under the condition that that has not left."""
    return follow_by(b, node, exit_, lambda: lower(b, rest, live), live)


def follow_by(
    b: Builder,
    node: Any,
    exit_: Exit,
    go_on: Callable[[], Exit],
    live: Collection[str] | None,
) -> Exit:
    """What ``go_on`` lowers after ``node``, under the condition that that has not left."""
    if exit_.left is TRUE:
        return exit_
    if exit_.left is _FALSE:
        return go_on()
    loc = b.locations.statement(node)
    with b.block() as done:
        # Where it has left, the flags that say the same are known.
        first = replace(
            exit_,
            left=TRUE,
            stopped=TRUE if exit_.stopped is exit_.left else exit_.stopped,
            returned=TRUE if exit_.returned is exit_.left else exit_.returned,
        )
    with b.block() as going:
        after = go_on()
    return merge(b, exit_.left, (done, first), (going, after), live, loc)


def _with(b: Builder, node: Any, live: Collection[str] | None) -> Exit:
    """``with np.errstate(...)``: what is in it says so in its location."""
    outer = b.locations.errstate
    b.loc = b.locations.statement(node)
    settings = dict(outer)
    for item in node.items:
        call = item.context_expr
        b.apply(intrinsics.entering, expression(b, call.func), node=call)
        settings.update((keyword.arg, keyword.value.value) for keyword in call.keywords)
    b.locations.errstate = tuple(settings.items())
    exit_ = lower(b, node.body, live)
    b.locations.errstate = outer
    return exit_


@lowers(gast.If)
def _if(b: Builder, node: Any) -> None:
    _arms(b, node, node.body, node.orelse, b.names.live[node])


# --- loops --------------------------------------------------------------------------------------


def _carried(b: Builder, node: Any) -> list[str]:
    """The names that a loop hands from one iteration to the next, or to what follows it."""
    names, live = b.names.statements[node], b.names.live[node]
    return [name for name in names.assigned if name in names.exposed or name in live]


def _enter(
    b: Builder, carried: Sequence[str], sure: Collection[str] = frozenset()
) -> tuple[Var, ...]:
    """New values for the carried names, at the start of a block of a loop; ``sure`` are those that
    have one before it."""
    params = tuple(Var(name) for name in carried)
    before = [b.frame.env.get(name, UNASSIGNED) for name in carried]
    rows = [row for row in zip(params, before, strict=True) if row[0].name not in sure]
    b.unsure.update(p for p, value in rows if value is UNASSIGNED or value in b.unsure)
    b.perhaps.update(p for p, value in rows if value in b.perhaps)
    b.frame.env.update(zip(carried, params, strict=True))
    for param in params:
        b.note(param.name, param)
    return params


def _last(carried: Sequence[str]) -> tuple[Var, ...]:
    """The last values of the carried names."""
    return tuple(Var(name) for name in carried)


def _leave(
    b: Builder,
    loop: ForEach | While,
    carried: Sequence[str],
    sure: Collection[str] = frozenset(),
) -> None:
    """Adds a finished loop, after which the carried names have their last values."""
    b.emit(loop)
    targets = loop.targets[len(loop.targets) - len(carried) :]
    for name, target in zip(carried, targets, strict=True):
        if name not in sure and b.may_be_absent(b.value(name)):
            b.perhaps.add(target)
        b.bind(name, target)


class _Flags:
    """What a loop carries if its body may end it: whether it has, whether by ``return``, and what
    that returned.  ``kept`` are the fields of the body's exit that these are."""

    def __init__(self, b: Builder, node: Any) -> None:
        names = b.names.statements[node]
        self.kept: tuple[str, ...] = ()
        if names.stops:
            breaks = any(b.names.statements[child].breaks for child in node.body)
            returns = any(b.names.statements[child].returns for child in node.body)
            self.kept = ("stopped", *(("returned",) if breaks and returns else ()))
            self.kept += ("value",) if returns else ()
        first = {"stopped": _FALSE, "returned": _FALSE, "value": UNASSIGNED}
        self.init = tuple(first[name] for name in self.kept)
        self.targets = self.variables()

    def variables(self) -> tuple[Var, ...]:
        return tuple(Var(NAMES[name] or "result") for name in self.kept)

    def results(self, exit_: Exit) -> tuple[Operand, ...]:
        return tuple(getattr(exit_, name) for name in self.kept)

    def exit(self, endless: bool) -> Exit:
        """How the loop itself ends."""
        after = dict(zip(self.kept, self.targets, strict=True))
        if "value" not in after:
            return _FALLS
        done = TRUE if endless else after.get("returned", after["stopped"])
        return returning(after["value"], done)


@lowers(gast.For, gast.While)
def _plain_loop(b: Builder, node: Any) -> None:
    _loop(b, node)


def _loop(b: Builder, node: Any) -> Exit:
    """A loop and its ``else``."""
    b.loc = loc = b.locations.statement(node)
    flags = _Flags(b, node)
    if isinstance(node, gast.For):
        _for(b, node, flags)
    elif any(isinstance(child, gast.NamedExpr) for child in walk(node.test)):
        _while_assigning(b, node, flags)
    else:
        _while(b, node, flags)
    exit_ = flags.exit(b.names.statements[node].endless)
    if not node.orelse:
        return exit_
    after = b.names.after[node]
    if not flags.kept:
        return lower(b, node.orelse, after)
    with b.block() as stopped:
        pass
    with b.block() as finished:
        second = lower(b, node.orelse, after)
    if second is _FALLS:  # whether it has returned is known already
        b.join(flags.targets[0], stopped, finished, [], after, loc)
        return exit_
    if exit_.left is flags.targets[0]:
        exit_ = returning(exit_.value)
    return merge(b, flags.targets[0], (stopped, exit_), (finished, second), after, loc)


def _trip(
    b: Builder, node: Any, carried: Sequence[str], flags: _Flags, frame: Frame, *first: Var
) -> Block:
    """The body of a loop, in a new frame whose names are bound."""
    exit_ = lower(b, node.body, carried)
    results = (*flags.results(exit_), *_carried_on(b, node, carried))
    return frame.block(first, results)


def _carried_on(b: Builder, node: Any, carried: Sequence[str]) -> list[Operand]:
    """The values of the carried names at the end of a trip."""
    values = [b.value(name) for name in carried]
    for name, value in zip(carried, values, strict=True):
        if value is DELETED:
            b.refuse_deleted(name, b.locations.statement(node))
    return values


def _for(b: Builder, node: Any, flags: _Flags) -> None:
    loc = b.loc
    elements = iterable(b, node.iter)
    carried = _carried(b, node)
    init = (*flags.init, *(b.value(name) for name in carried))
    item = Var(hint(node.target))
    with b.block() as frame:
        params = (item, *flags.variables(), *_enter(b, carried))
        assign(b, node.target, item)
        block = _trip(b, node, carried, flags, frame, *params)
    targets = (*flags.targets, *_last(carried))
    _leave(b, ForEach(targets, elements, init, block, loc, bool(flags.kept)), carried)


def _while(b: Builder, node: Any, flags: _Flags) -> None:
    loc = b.loc
    carried = _carried(b, node)
    sure = _read_before(b, node.test)
    init = (*flags.init, *(b.value(name) for name in carried))
    with b.block() as frame:
        params = (*flags.variables(), *_enter(b, carried, sure))
        test = condition(b, node.test)
        cond = frame.block(params, (test,))
    with b.block() as frame:
        params = (*flags.variables(), *_enter(b, carried, sure))
        block = _trip(b, node, carried, flags, frame, *params)
    targets = (*flags.targets, *_last(carried))
    _leave(b, While(targets, init, cond, block, loc, bool(flags.kept)), carried, sure)


def _read_before(b: Builder, test: Any) -> set[str]:
    """Notes before a loop that its test reads names that may have no value; gives their names,
    which have one from there on."""
    found: set[str] = set()
    for name in read_first(test):
        value = b.frame.env.get(name.id)
        if value in b.perhaps or value in b.unsure:
            b.read(name.id, name)
            found.add(name.id)
    return found


def _while_assigning(b: Builder, node: Any, flags: _Flags) -> None:
    """A loop whose test binds names, which the body reads.

    The test is evaluated before the loop and at the end of the body, and carried.
    """
    loc = b.loc
    carried = _carried(b, node)
    bound = _bound_first(node.test)
    if bound is not None and bound.target.id in carried:
        _while_bound(b, node, flags, bound)
        return
    first = condition(b, node.test)
    init = (*flags.init, first, *(b.value(name) for name in carried))
    with b.block() as frame:
        test = Var("")
        cond = frame.block((*flags.variables(), test, *_enter(b, carried)), (test,))
    with b.block() as frame:
        params = (*flags.variables(), Var(""), *_enter(b, carried))
        exit_ = lower(b, node.body, carried)
        b.loc = loc
        again, stopped = _test_again(b, node, exit_.stopped, carried)
        exit_ = replace(exit_, stopped=stopped)
        values = (*flags.results(exit_), again, *_carried_on(b, node, carried))
        block = frame.block(params, values)
    targets = (*flags.targets, Var(""), *_last(carried))
    _leave(b, While(targets, init, cond, block, loc, bool(flags.kept)), carried)


def _bound_first(test: Any) -> Any:
    """The assignment that a test begins with, as in ``(i := next_of(i)) is not None``, if it is the
    only one; None for any other test."""
    first = test.left if isinstance(test, gast.Compare) else test
    bound = [child for child in walk(test) if isinstance(child, gast.NamedExpr)]
    return first if bound == [first] else None


def _while_bound(b: Builder, node: Any, flags: _Flags, bound: Any) -> None:
    """The same for a test that begins with its assignment.

    That comes before the loop and at the end of the body; the test is of the name, and so says in
    the body what is known of it.
    """
    loc = b.loc
    name = gast.copy_location(gast.Name(bound.target.id, gast.Load(), None, None), bound.target)
    test = name
    if node.test is not bound:
        test = gast.Compare(name, node.test.ops, node.test.comparators)
        gast.copy_location(test, node.test)
    expression(b, bound)
    carried = _carried(b, node)
    init = (*flags.init, *(b.value(name) for name in carried))
    with b.block() as frame:
        params = (*flags.variables(), *_enter(b, carried))
        cond = frame.block(params, (condition(b, test),))
    with b.block() as frame:
        params = (*flags.variables(), *_enter(b, carried))
        exit_ = lower(b, node.body, carried)
        b.loc = loc
        exit_ = replace(exit_, stopped=_bind_again(b, bound, exit_.stopped, carried))
        values = (*flags.results(exit_), *_carried_on(b, node, carried))
        block = frame.block(params, values)
    targets = (*flags.targets, *_last(carried))
    _leave(b, While(targets, init, cond, block, loc, bool(flags.kept)), carried)


def _bind_again(b: Builder, bound: Any, stopped: Operand, carried: Sequence[str]) -> Operand:
    """The assignment at the end of a trip, unless the loop has stopped; gives whether it has."""
    if stopped is TRUE:
        return TRUE
    if stopped is _FALSE:
        expression(b, bound)
        return _FALSE
    with b.block() as done:
        pass
    with b.block() as going:
        expression(b, bound)
    flags: list[tuple[str, Operand, Operand]] = [("stopped", TRUE, _FALSE)]
    (flag,) = b.join(stopped, done, going, flags, carried, b.loc)
    return flag


def _test_again(
    b: Builder, node: Any, stopped: Operand, carried: Sequence[str]
) -> tuple[Operand, Operand]:
    """The test at the end of a trip, unless the loop has stopped; and whether it has."""
    if stopped is _FALSE:
        return condition(b, node.test), _FALSE
    if stopped is TRUE:
        return UNASSIGNED, TRUE
    with b.block() as done:
        pass
    with b.block() as going:
        again = condition(b, node.test)
    results: list[tuple[str, Operand, Operand]] = [
        ("", UNASSIGNED, again),
        ("stopped", TRUE, _FALSE),
    ]
    test, flag = b.join(stopped, done, going, results, carried, b.loc)
    return test, flag

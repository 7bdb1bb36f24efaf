"""Unrolling: the trips of a loop one after the other, and which loops that is possible for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import CertainError, Loc, UnknownTypeError
from srcgrad.ir.exits import condition_of
from srcgrad.ir.nodes import Block, Const, ForEach, If, Var, While
from srcgrad.ir.walk import variables
from srcgrad.specialise import branches, cells, conditions, iterate, taking
from srcgrad.specialise.long_lists import MAX_UNROLLED
from srcgrad.specialise.values import (
    ITERABLES,
    EnumerateOf,
    MapOf,
    NeedsValue,
    OpenViewOf,
    ProductOf,
    RangeOf,
    ReversedOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_MAX_NESTED = 20


def unroll(
    sp: Specialiser,
    stmt: ForEach,
    rows: taking.Rows,
    carried: list[Value],
    frame: Frame,
    loc: Loc,
    done: int = 0,
) -> None:
    """Emits a trip for each of ``rows`` from number ``done`` on; with an exit, each in an arm of
    the one before it."""
    if not done:
        rows = taking.live(sp, rows, loc)
        sp.decisions.tripped(stmt, bool(rows.items))
    while done < len(rows.items):
        if len(rows.items) > MAX_UNROLLED:
            raise too_long(rows, loc)
        frame.values.update(zip(stmt.body.params[1:], carried, strict=True))
        body = cells.enter(sp, stmt.body, frame)
        frame.values[stmt.body.params[0]] = rows.items[done]()
        carried = list(sp.run(body, frame, loc))
        done += 1
        over = conditions.truth(sp, carried[0], loc) if stmt.exits else False
        if over is True:
            break
        if done == len(rows.items):
            rows = replace(rows, items=(*rows.items, *taking.added(sp, rows, done, loc)))
        if isinstance(over, Var) and done < len(rows.items):
            if len(rows.items) - done >= _MAX_NESTED:
                message = f"a loop with an exit over a container of {len(rows.items)} elements"
                raise UnknownTypeError(message, loc, "stack them in one array, loop over that")

            def more(values: list[Value], rows: taking.Rows = rows, done: int = done) -> None:
                unroll(sp, stmt, rows, values, frame, loc, done)

            _go_on(sp, stmt, more, over, carried, frame, loc)
            return
    frame.values.update(zip(stmt.targets, carried, strict=True))


def too_long(rows: taking.Rows, loc: Loc, need: NeedsValue | None = None) -> UnknownTypeError:
    """The error about a loop of too many trips, in each of which something has to be known."""
    count = len(rows.items)
    if need is not None:
        message = f"{need.why} has to be known in each of the {count} trips of this loop"
        return UnknownTypeError(message, need.loc or loc, need.hint or _HOLD)
    if isinstance(rows.iterable, Const) and isinstance(rows.iterable.value, str):
        return UnknownTypeError(f"a loop over a text of {count} characters", loc, _TEXT)
    message = f"a loop over a container of {count} elements, which are taken one by one"
    return UnknownTypeError(message, loc, "stack them in one array and loop over that")


_HOLD = "let an array hold what is indexed, as np.array(values) does"
_TEXT = "loop over an array of numbers: np.frombuffer(text.encode(), dtype=np.uint8)"


def _go_on(
    sp: Specialiser,
    stmt: ForEach | While,
    more: Callable[[list[Value]], None],
    over: Var,
    carried: list[Value],
    frame: Frame,
    loc: Loc,
) -> None:
    """Emits the other trips, as ``more`` does, which are made if the loop is not over."""
    cond = condition_of(over, sp.builder.body)
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    stopped = (Const(True), *carried[1:])
    with sp.builder.nested() as going, sp.cells.restored() as changed:
        try:
            more([Const(False), *carried[1:]])
        except CertainError as error:
            branches.raise_in_arm(sp, error, frame, loc)
    if branches.ends(going):
        branches.undo(sp, before, sealed, loc)
        sp.builder.emit(If((), cond, Block((), (), ()), Block((), tuple(going), ()), loc))
        frame.values.update(zip(stmt.targets, stopped, strict=True))
        return
    after = [frame.values[target] for target in stmt.targets]
    cells.lose(changed, loc)
    arms = branches.Arm([], stopped, before), branches.Arm(going, after, sp.heap.save())
    branches.emit(sp, stmt, cond, arms, before, frame, loc)


# --- while --------------------------------------------------------------------------------------


class _Undecided(Exception):
    """Whether there is another trip depends on data."""


def unroll_while(sp: Specialiser, stmt: While, frame: Frame, loc: Loc) -> bool:
    """Emits the trips of a ``while`` whose condition is decided each time, if it is one.

    Raises
    ------
    NeedsValue
        If it would be, were integer inputs known.
    """
    try:
        _unroll_while(sp, stmt, [sp.passed(v, frame, loc) for v in stmt.init], frame, loc)
    except _Undecided:
        return False
    return True


def _unroll_while(
    sp: Specialiser,
    stmt: While,
    carried: list[Value],
    frame: Frame,
    loc: Loc,
    nested: int = 0,
) -> None:
    for _ in range(MAX_UNROLLED):
        if not _is_met(sp, stmt, carried, frame, loc):
            break
        frame.values.update(zip(stmt.body.params, carried, strict=True))
        carried = list(sp.run(stmt.body, frame, loc))
        over = conditions.truth(sp, carried[0], loc) if stmt.exits else False
        if over is True:
            break
        if isinstance(over, Var):
            if nested == _MAX_NESTED or sp.heap.is_crowded():
                raise _Undecided

            def more(values: list[Value]) -> None:
                _unroll_while(sp, stmt, values, frame, loc, nested + 1)

            _go_on(sp, stmt, more, over, carried, frame, loc)
            return
    else:
        raise _Undecided
    frame.values.update(zip(stmt.targets, carried, strict=True))


def _is_met(sp: Specialiser, stmt: While, carried: list[Value], frame: Frame, loc: Loc) -> bool:
    """Whether there is another trip, which has to be decided here."""
    frame.values.update(zip(stmt.cond.params, carried, strict=True))
    (test,) = sp.run(stmt.cond, frame, loc)
    truth = conditions.truth(sp, test, loc)
    if isinstance(truth, bool):
        return truth
    if isinstance(truth, Const):
        return bool(truth.value)
    definitions, origins = sp.builder.definitions, sp.recursion.origins
    if isinstance(truth, Var) and sp.inputs.integers_behind(truth, definitions, origins):
        raise NeedsValue(truth, "the condition of a loop")
    raise _Undecided


# --- for ----------------------------------------------------------------------------------------


def is_unrollable(sp: Specialiser, iterable: Value, loc: Loc) -> bool:
    """Whether the number of trips is known, or would be if integer inputs were."""
    if not isinstance(iterable, ITERABLES) or not _has_bounds(sp, iterable):
        return False
    bounds = iterate.unknown_bounds(sp, iterable, loc)
    definitions = sp.builder.definitions
    return all(sp.inputs.integers_behind(bound, definitions, {}) for bound in bounds)


def is_countable(sp: Specialiser, iterable: Value, loc: Loc) -> bool:
    """Whether the number of trips is known, or would be if all inputs and their lengths were."""
    with sp.builder.nested():
        count = iterate.length(sp, iterable, loc)
    definitions, origins = sp.builder.definitions, sp.recursion.origins
    return isinstance(count, Const) or bool(
        isinstance(count, Var)
        and sp.inputs.integers_behind(count, definitions, origins, lengths=True)
    )


def _has_bounds(sp: Specialiser, value: Value) -> bool:
    """Whether an iterable is made of ranges and known containers."""
    match value:
        case RangeOf():
            return True
        case OpenViewOf():
            return False
        case ZipOf(parts=parts) | MapOf(parts=parts) | ProductOf(parts=parts):
            return all(_has_bounds(sp, part) for part in parts)
        case EnumerateOf(part=part) | ReversedOf(part=part):
            return _has_bounds(sp, part)
    return not isinstance(sp.heap.view(value), Var)


def ask_bounds(sp: Specialiser, iterable: Value, loc: Loc) -> None:
    """Asks for the bounds of a range that are inputs, to unroll a loop over it."""
    for bound in iterate.unknown_bounds(sp, iterable, loc):
        if sp.inputs.integers_behind(bound, sp.builder.definitions, {}):
            need = NeedsValue(bound, "the number of trips")
            need.loc = loc
            raise need


def depends_on(sp: Specialiser, var: Var, index: Var) -> bool:
    """Whether the value of ``var`` is computed from that of ``index``."""
    definition = sp.builder.definitions.get(var)
    if var is index or definition is None:
        return var is index
    found = (v for arg in definition.args for v in variables(arg))
    return any(depends_on(sp, v, index) for v in found)


def needs_length(iterable: Value, need: NeedsValue) -> NeedsValue:
    """What has to be known for a loop to be unrolled, whose index has to be known: its range."""
    if isinstance(iterable, RangeOf):
        for part in (iterable.start, iterable.stop, iterable.step):
            if isinstance(part, Var):
                length = NeedsValue(part, need.why)
                length.loc = need.loc
                return length
    return need

"""Unrolling: the trips of a loop one after the other, and which loops that is possible for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srcgrad.errors import CertainError, Loc, UnknownTypeError
from srcgrad.ir.exits import condition_of
from srcgrad.ir.nodes import Block, Const, ForEach, If, Var, While
from srcgrad.ir.walk import computed_from
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
        if branches.ends(sp.builder.body):
            break  # no other trip is reached
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
    stopped = [Const(True), *carried[1:]]

    def going() -> None:
        more([Const(False), *carried[1:]])

    _in_an_arm(sp, stmt, (cond, False), going, stopped, frame, loc)


def _in_an_arm(
    sp: Specialiser,
    stmt: ForEach | While,
    test: tuple[Var, bool],
    more: Callable[[], None],
    stopped: Sequence[Value],
    frame: Frame,
    loc: Loc,
) -> None:
    """Emits the other trips, as ``more`` does, in an arm: where the condition ``test`` is true, or
    false.  In the other, the loop gives what it has ``stopped`` with."""
    cond, holds = test
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    with sp.builder.nested() as going, sp.cells.restored() as changed:
        sp.found_out.learn(cond, holds)
        try:
            more()
        except CertainError as error:
            branches.raise_in_arm(sp, error, frame, loc)
    if branches.ends(going):
        branches.undo(sp, before, sealed, loc)
        blocks = Block((), (), ()), Block((), tuple(going), ())
        sp.builder.emit(If((), cond, *(blocks[::-1] if holds else blocks), loc))
        frame.values.update(zip(stmt.targets, stopped, strict=True))
        return
    after = [frame.values[target] for target in stmt.targets]
    cells.lose(changed, loc)
    arms = (
        branches.Arm([], tuple(stopped), before),
        branches.Arm(going, tuple(after), sp.heap.save()),
    )
    ordered = (arms[1], arms[0]) if holds else arms
    branches.emit(sp, stmt, cond, ordered, before, frame, loc)


# --- while --------------------------------------------------------------------------------------


class _Undecided(Exception):
    """Whether there is another trip depends on data."""


def unroll_while(
    sp: Specialiser, stmt: While, frame: Frame, loc: Loc, in_arms: bool = False
) -> bool:
    """Emits the trips of a ``while`` whose condition is decided each time, if it is one; or ``in
    arms``, where data decide it before structure does.

    Raises
    ------
    NeedsValue
        If it would be, were integer inputs known.
    """
    loop = _Unrolled(stmt, frame, loc, in_arms)
    try:
        _unroll_while(sp, loop, [sp.passed(v, frame, loc) for v in stmt.init])
    except _Undecided:
        return False
    return True


@dataclass(frozen=True)
class _Unrolled:
    """A ``while`` that is unrolled; ``in_arms`` says that data may decide about a trip."""

    stmt: While
    frame: Frame
    loc: Loc
    in_arms: bool

    def leave(self, carried: Sequence[Value]) -> None:
        """Notes what the loop gives."""
        self.frame.values.update(zip(self.stmt.targets, carried, strict=True))


def _unroll_while(sp: Specialiser, loop: _Unrolled, carried: list[Value], nested: int = 0) -> None:
    """Emits the trips, the first of which stands in so many arms of others."""
    for _ in range(MAX_UNROLLED):
        met = _is_met(sp, loop, carried)
        if isinstance(met, Var):
            _if_met(sp, loop, met, carried, nested)
            return
        if not met:
            break
        after = _trip(sp, loop, carried, nested)
        if after is None:
            return
        carried = after
    else:
        raise _Undecided
    loop.leave(carried)


def _trip(
    sp: Specialiser, loop: _Unrolled, carried: list[Value], nested: int
) -> list[Value] | None:
    """Emits a trip, and gives what it carries on; None if it has emitted the others too."""
    stmt, frame, loc = loop.stmt, loop.frame, loop.loc
    frame.values.update(zip(stmt.body.params, carried, strict=True))
    after = list(sp.run(stmt.body, frame, loc))
    over = conditions.truth(sp, after[0], loc) if stmt.exits else False
    if over is True:
        loop.leave(after)
        return None
    if not isinstance(over, Var):
        return after
    _check_nested(sp, nested)

    def more(values: list[Value]) -> None:
        _unroll_while(sp, loop, values, nested + 1)

    _go_on(sp, stmt, more, over, after, frame, loc)
    return None


def _if_met(sp: Specialiser, loop: _Unrolled, met: Var, carried: list[Value], nested: int) -> None:
    """Emits the other trips in an arm, where data tell whether there is another one: in the end it
    is structure that decides, or it cannot be unrolled."""
    _check_nested(sp, nested)

    def more() -> None:
        after = _trip(sp, loop, carried, nested + 1)
        if after is not None:
            _unroll_while(sp, loop, after, nested + 1)

    _in_an_arm(sp, loop.stmt, (met, True), more, carried, loop.frame, loop.loc)


def _check_nested(sp: Specialiser, nested: int) -> None:
    if nested == _MAX_NESTED or sp.heap.is_crowded():
        raise _Undecided


def _is_met(sp: Specialiser, loop: _Unrolled, carried: list[Value]) -> bool | Var:
    """Whether there is another trip, which has to be decided here unless it may be in an arm."""
    stmt, frame, loc = loop.stmt, loop.frame, loop.loc
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
    if not isinstance(truth, Var) or not loop.in_arms:
        raise _Undecided
    return truth


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
    return any(each is index for each in computed_from(var, sp.builder.definitions))


def needs_length(iterable: Value, need: NeedsValue) -> NeedsValue:
    """What has to be known for a loop to be unrolled, whose index has to be known: its range."""
    if isinstance(iterable, RangeOf):
        for part in (iterable.start, iterable.stop, iterable.step):
            if isinstance(part, Var):
                length = NeedsValue(part, need.why)
                length.loc = need.loc
                return length
    return need

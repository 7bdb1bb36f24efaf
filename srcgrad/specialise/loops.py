"""Loops that stay loops: over a range, an array or a list of unknown length, and ``while``.

A loop over known elements is unrolled, and so is one whose body has to know the index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.exits import flags_never_set, never_exits, without_flag
from srcgrad.ir.nodes import Block, Const, For, ForEach, Free, Invoke, Operand, Var, While
from srcgrad.ir.started import is_either
from srcgrad.ir.types import PY_INT, Array, Scalar, least, number_of
from srcgrad.specialise import (
    advanced,
    advancing,
    by_data,
    cells,
    changing_tests,
    conditions,
    early,
    effects,
    exhausted,
    first_trip,
    generators,
    handed,
    iterate,
    late,
    long_lists,
    many_trips,
    optional,
    records,
    repeated,
    strict_zips,
    tested,
    to_the_end,
    trips,
    undisturbed,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.carried import shape_of
from srcgrad.specialise.changing_tests import ChangingTest
from srcgrad.specialise.fixpoint import enter, leave, settle
from srcgrad.specialise.heap import OneOfTwo
from srcgrad.specialise.long_lists import MAX_UNROLLED
from srcgrad.specialise.unrolling import (
    ask_bounds,
    depends_on,
    is_countable,
    is_unrollable,
    needs_length,
    too_long,
    unroll,
    unroll_while,
)
from srcgrad.specialise.values import (
    GeneratorOf,
    NeedsValue,
    NotAssignedError,
    PerhapsOf,
    RangeOf,
    SometimesNone,
    StructureError,
    Value,
    named,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


def for_each(sp: Specialiser, stmt: ForEach, frame: Frame) -> None:
    """Emits a ``for``, and what its iterable asks at the end."""
    loc = sp.place_of(stmt)
    given = tested.iterated(sp, sp.value(stmt.iterable, frame, loc), loc)
    if advanced.is_advanced(given):
        advancing.for_each(sp, stmt, given, frame, loc)
        return
    given = repeated.counting(sp, given, loc)
    iterable, lengths = strict_zips.without(sp, iterate.turned(sp, given, loc), loc)
    _for_each(sp, stmt, long_lists.opened(sp, iterable, loc), frame, loc)
    left = frame.values[stmt.targets[0]] if stmt.exits else Const(False)
    strict_zips.check(sp, lengths, loc, left)


def _for_each(sp: Specialiser, stmt: ForEach, iterable: Value, frame: Frame, loc: Loc) -> None:
    """Emits a ``for`` as a loop if it can stay one, its trips one after the other if not."""
    init = [sp.passed(value, frame, loc) for value in stmt.init]
    if isinstance(iterable, GeneratorOf):
        generators.for_each(sp, iterable, stmt, init, frame, loc)
        return
    if not isinstance(iterable, RangeOf):
        rows = iterate.producers(sp, iterable, loc)
        if rows is not None:
            unroll(sp, stmt, rows, init, frame, loc)
            return
    index = Var(_index_name(stmt, iterable), PY_INT)
    exhausted.exhaust(sp, iterable, loc)
    opened = iterate.opened(sp, iterable, loc)
    mark, before = len(sp.builder.body), sp.heap.save()
    sealed = set(sp.heap.sealed)
    try:
        _loop(sp, stmt, opened, index, init, frame, loc)
        return
    except NeedsValue as need:
        need.loc = need.loc or loc
        if not depends_on(sp, need.var, index):
            raise
        # Something in the body depends on the value of the index: `params[i]`, `axis=i`.
        sp.heap.roll_back(before, sealed)
        rows = iterate.producers(sp, iterable, loc)
        if rows is None and not isinstance(iterable, RangeOf):
            rows = iterate.by_index(sp, iterable, loc)
        if rows is None:
            raise needs_length(iterable, need) from need
        if len(rows.items) > MAX_UNROLLED:
            raise too_long(rows, loc, need) from None
    except (StructureError, OneOfTwo, NotAssignedError) as error:
        # The body makes a container longer: `items.append(x)`, or exchanges objects; or reads what
        # not every trip assigns.
        sp.heap.roll_back(before, sealed)
        if to_the_end.is_of_outer_loop(sp, error):
            raise
        if isinstance(error, records.GetsObjects) and many_trips.stays_loop(sp, opened, loc):
            if sp.nested:
                raise  # what is in the list may be a part of it, which is tried before
            del sp.builder.body[mark:]
            _loop(sp, stmt, opened, index, init, frame, loc, unrolled=False)
            return
        rows = iterate.producers(sp, iterable, loc)
        if rows is None:
            ask_bounds(sp, iterable, loc)
            rows = iterate.by_index(sp, iterable, loc)
        if rows is None or len(rows.items) > MAX_UNROLLED:
            if not isinstance(error, SometimesNone | to_the_end.LoopAround):
                raise
            del sp.builder.body[mark:]
            _loop(sp, stmt, opened, index, init, frame, loc, unrolled=False)
            return
    except early.TooLate as reason:
        sp.heap.roll_back(before, sealed)
        del sp.builder.body[mark:]
        _in_turn(sp, stmt, opened, reason, init, frame, loc)
        return
    del sp.builder.body[mark:]
    unroll(sp, stmt, rows, init, frame, loc)


def _in_turn(
    sp: Specialiser,
    stmt: ForEach,
    iterable: Value,
    reason: early.TooLate,
    init: list[Value],
    frame: Frame,
    loc: Loc,
) -> None:
    """Emits a loop that reads each element in its turn, since it writes what they come from."""
    turned = late.in_turn(sp, iterable, loc)
    if turned is iterable:
        raise reason.error from None
    rows = iterate.producers(sp, turned, loc)
    if rows is not None:
        unroll(sp, stmt, rows, init, frame, loc)
        return
    try:
        _loop(sp, stmt, turned, Var(_index_name(stmt, turned), PY_INT), init, frame, loc)
    except early.TooLate as other:
        raise other.error from None


def _index_name(stmt: ForEach, iterable: Value) -> str:
    name = stmt.body.params[0].name if isinstance(iterable, RangeOf) else ""
    return name if name.strip("_") else "i"  # where it is read, a name that says so


def _loop(
    sp: Specialiser,
    stmt: ForEach,
    iterable: Value,
    index: Var,
    init: list[Value],
    frame: Frame,
    loc: Loc,
    unrolled: bool = True,
) -> None:
    """Emits a loop, or says that it has to be ``unrolled``, if that can be."""
    span = iterate.span(sp, iterable, loc)
    sp.inputs.measures.count(index, *span)
    sp.spans[index] = span
    sp.indices[index] = not _is_too_long(span) and not any(
        isinstance(bound, Var) and by_data.is_chosen(sp, bound) for bound in span
    )
    followed = list(late.followed(iterable))
    count = len(stmt.targets)
    names = [*(var.name for var in stmt.targets), *("previous" for _ in followed)]
    init = [handed.carried(sp, value, loc) for value in init]
    init.extend(late.start(sp, followed, loc))
    shapes = [shape_of(v, name) for v, name in zip(init, names, strict=True)]

    def trip(values: list[Value], index: Operand = index) -> list[Value]:
        for part, last in zip(followed, values[count:], strict=True):
            part.last[:] = [last]
        frame.values.update(zip(stmt.body.params[1:], values[:count], strict=True))
        body = cells.enter(sp, stmt.body, frame)
        item = iterate.at(sp, iterable, index, loc)
        lasts = [last for part in followed for last in part.last]
        frame.values[stmt.body.params[0]] = named(item, stmt.body.params[0].name)
        sp.heap.name(item, stmt.body.params[0].name)
        return [*sp.run(body, frame, loc), *lasts]

    made = _not_yet(trip) if stmt.exits else trip
    unrollable = unrolled and is_unrollable(sp, iterable, loc)
    countable = unrolled and is_countable(sp, iterable, loc)
    writes = sp.builder.writes

    def first() -> first_trip.Later:
        return first_trip.assigned(sp, stmt, frame, lambda: made(init, span[0]))

    settled = settle(sp, shapes, names, made, loc, stmt, unrollable, countable, first, index)
    early.check(sp, iterable, settled, writes, loc)
    cells.lose(settled.cells, loc)
    undisturbed.check_list(sp, iterable, settled, loc)
    block = Block((index, *settled.params), tuple(settled.body), tuple(settled.results))
    targets, finals = leave(sp, settled)
    inits = tuple(settled.inits)
    loop = For(tuple(targets), *span, False, inits, (), block, loc, stmt.exits)
    trips.count(sp, loop)
    sp.decisions.tripped(stmt, least(trips.trips_of(loop)) >= 1)
    _finish(sp, stmt, loop, finals[:count], frame)
    _learn_of_trips(sp, loop)


def _is_too_long(span: tuple[Operand, Operand, Operand]) -> bool:
    """Whether a loop is known to make too many trips to be unrolled."""
    bounds = [bound.value for bound in span if isinstance(bound, Const)]
    return len(bounds) == 3 and trips.numbers_in(range(*bounds)) > MAX_UNROLLED


def _learn_of_trips(sp: Specialiser, loop: For) -> None:
    """What a loop gives that begins with None is not None if each trip makes it something else,
    and there is a trip.  A sum that begins with a number is an array then, if that is made."""
    if least(trips.trips_of(loop)) < 1:
        return
    for target, result in zip(loop.targets, loop.body.results, strict=True):
        made = isinstance(number_of(type_of(result)), Array | Scalar)
        if isinstance(type_of(result), Array) and is_either(target.type):
            sp.found_out.learn_array(target, True)
        if made and optional.may_be_none(target):
            sp.found_out.learn_none(target, False)


def while_loop(sp: Specialiser, stmt: While, frame: Frame) -> None:
    """Emits a ``while``, with its condition in its body if that changes something."""
    mark, before = len(sp.builder.body), sp.heap.save()
    sealed = set(sp.heap.sealed)
    try:
        _while_loop(sp, stmt, frame)
    except ChangingTest:
        sp.heap.roll_back(before, sealed)
        del sp.builder.body[mark:]
        if stmt.exits:  # no trip is made after one that has ended the loop
            frame.values[stmt.body.params[0]] = Const(False)
        sp.instead(changing_tests.within(stmt), frame)


def _while_loop(sp: Specialiser, stmt: While, frame: Frame) -> None:
    """Emits a ``while`` as a loop; its trips one after the other if each changes the structure of
    what it carries, as walking along a list of objects does, or needs the value of a counter."""
    mark, before = len(sp.builder.body), sp.heap.save()
    sealed = set(sp.heap.sealed)

    def go_back() -> None:
        sp.heap.roll_back(before, sealed)
        del sp.builder.body[mark:]

    try:
        _while(sp, stmt, frame)
        return
    except _IF_UNROLLED as reason:
        error = reason
    if isinstance(error, NeedsValue) and not by_data.is_chosen(sp, error.var):
        raise error
    go_back()
    if to_the_end.is_of_outer_loop(sp, error):
        raise error
    with sp.tried(stmt, frame):
        if unroll_while(sp, stmt, frame, sp.place_of(stmt)):
            return
        go_back()
        if isinstance(error, to_the_end.LoopAround):
            raise error
        if isinstance(error, NeedsValue | StructureError | records.KeptApart):
            try:
                _while(sp, stmt, frame)
                return
            except _IF_UNROLLED as reason:
                error = reason
            go_back()
        if not unroll_while(sp, stmt, frame, sp.place_of(stmt), in_arms=True):
            raise error


_IF_UNROLLED = (UnknownTypeError, OneOfTwo, NeedsValue, NotAssignedError)
"""What may be no error where a loop is unrolled."""


def _while(sp: Specialiser, stmt: While, frame: Frame) -> None:
    loc = sp.place_of(stmt)
    init = [handed.carried(sp, sp.passed(v, frame, loc), loc) for v in stmt.init]
    names = [var.name for var in stmt.targets]
    shapes = [shape_of(v, name) for v, name in zip(init, names, strict=True)]

    def trip(values: list[Value]) -> list[Value]:
        perhaps = (isinstance(v, PerhapsOf) or optional.may_be_none(v) for v in values)
        if _asks_for_length(stmt.cond) or any(perhaps):
            _learn_condition(sp, stmt, values, frame, loc)
        frame.values.update(zip(stmt.body.params, values, strict=True))
        return list(sp.run(stmt.body, frame, loc))

    made = _not_yet(trip) if stmt.exits else trip

    def first() -> first_trip.Later:
        return first_trip.assigned(sp, stmt, frame, lambda: made(init))

    settled = settle(sp, shapes, names, made, loc, stmt, first=first)
    cells.lose(settled.cells, loc)
    cond_params: list[Var] = []
    values = enter(sp, settled, cond_params, [])
    before = sp.heap.save()
    with (
        sp.builder.nested() as test_body,
        sp.cells.restored() as changed,
        sp.tripping(sp.provisional),
    ):
        frame.values.update(zip(stmt.cond.params, values, strict=True))
        (test,) = sp.run(stmt.cond, frame, loc)
        truth = conditions.truth(sp, test, loc)
        decided: Operand = Const(truth) if isinstance(truth, bool) else truth
    cells.lose(changed, loc)
    changes = any(sp.heap.contents[ref] is not content for ref, content in before.items())
    if changes or effects.writes(test_body):
        raise ChangingTest
    targets, finals = leave(sp, settled)
    cond = Block(tuple(cond_params), tuple(test_body), (decided,))
    block = Block(tuple(settled.params), tuple(settled.body), tuple(settled.results))
    loop = While(tuple(targets), tuple(settled.inits), cond, block, loc, stmt.exits)
    _finish(sp, stmt, loop, finals, frame)


def _asks_for_length(cond: Block) -> bool:
    """Whether a condition may be whether there is anything in a list: ``queue``, ``len(q) > 0``."""
    callees = [stmt.callee if isinstance(stmt, Invoke) else None for stmt in cond.body]
    match callees:
        case [] | [Free("len")] | [Free("len"), Const()]:
            return True
    return False


def _learn_condition(
    sp: Specialiser, stmt: While, values: list[Value], frame: Frame, loc: Loc
) -> None:
    """What the condition of a loop has found out where a trip begins, with ``values`` carried."""
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    with sp.builder.nested(), sp.cells.restored():
        frame.values.update(zip(stmt.cond.params, values, strict=True))
        (test,) = sp.run(stmt.cond, frame, loc)
        truth = conditions.truth(sp, test, loc)
    sp.heap.roll_back(before, sealed)
    if not isinstance(truth, bool):
        sp.found_out.learn(truth, True)


def _not_yet(trip: Callable[..., list[Value]]) -> Callable[..., list[Value]]:
    """The trip of a loop that exits, which is made only while it has not: the flag is False."""
    return lambda values, *index: trip([Const(False), *values[1:]], *index)


def _finish(
    sp: Specialiser, stmt: ForEach | While, loop: For | While, finals: list[Value], frame: Frame
) -> None:
    if loop.exits and never_exits(loop):
        loop, finals = without_flag(loop), [Const(False), *finals[1:]]
    sp.builder.emit(loop)
    sp.found_out.loop(loop)
    unset = set(flags_never_set(loop))
    finals = [Const(False) if isinstance(v, Var) and v in unset else v for v in finals]
    frame.values.update(zip(stmt.targets, finals, strict=True))

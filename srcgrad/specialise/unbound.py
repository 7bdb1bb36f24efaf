"""Names that may have no value where a ``try`` would handle that they have none.

::

    try:
        for i in range(n):
            k = i
        s = x[k]
    except UnboundLocalError:  # there was no trip
        s = x[0]

In the typed program, nothing tells whether ``k`` was assigned: what reads it is right wherever the
function gets so far.  Where an error decides about what is done next, it is refused: what is raised
in its place, too, is something else than what reading ``k`` raises in the text.

What a nested function reads may have no value either: it is in a cell, and what fills the cell
knows whether there is a way on which it has none.

Elsewhere, reading such a name raises, whoever needs it.  Where it is a number or an array, None
stands for that it is not there when the program runs; of what exists at compile time only, a flag
beside the name tells that (:mod:`.presence`).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.absent import is_never_none
from srcgrad.errors import FREE, CertainError, Loc, UnsupportedSyntaxError, unassigned
from srcgrad.ir import intrinsics
from srcgrad.ir.names import name_asked, name_read
from srcgrad.ir.nodes import Block, Const, Invoke, Operand, Raise, Try, Var
from srcgrad.ir.ops import operation
from srcgrad.ir.types import PY_BOOL, UNKNOWN, Type
from srcgrad.specialise import branches, first_trip, tested
from srcgrad.specialise.caught import caught_in
from srcgrad.specialise.places import Computed
from srcgrad.specialise.values import (
    Args,
    CellOf,
    Handler,
    Kwargs,
    NeedsFlag,
    NeedsValue,
    NotAssignedError,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _note_first(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """Notes that a variable is read that has no value before the first trip of a loop."""
    value, variable, *there = args
    assert isinstance(variable, Const)
    text = unassigned(UnboundLocalError, variable.value)
    if is_undefined(value):
        first_trip.refuse_unbound(sp, variable.value, loc)
    elif _is_assigned_first(sp, variable.value):
        pass
    elif there:
        _ask(sp, there[0], UnboundLocalError(text), loc)
    elif _is_told_from_none(sp, value):
        _read(sp, value, UnboundLocalError, text, loc)
    else:
        _need_flag(sp)
    return Const(None)


def _is_assigned_first(sp: Specialiser, name: str) -> bool:
    """Whether it is known that a name has a value after the first trip of a loop around, which does
    not read it before."""
    loops = (running.now for running in sp.running if running.now is not None)
    return any(name in sp.decisions.names.get(loop, ()) for loop in loops)


def _note(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    value, variable, kind, *there = args
    assert isinstance(variable, Const)
    assert isinstance(kind, Const)
    if is_undefined(value):
        first_trip.refuse_unbound(sp, variable.value, loc)
    elif _is_handled(sp, kind.value) and _may_be_absent(sp, value=0):
        raise _refused(variable.value, loc)
    elif there:
        _ask(sp, there[0], kind.value(unassigned(kind.value, variable.value)), loc)
    elif _is_told_from_none(sp, value):
        assert isinstance(value, Var)
        _note_number(sp, value, kind.value, unassigned(kind.value, variable.value), loc)
    elif _may_be_absent(sp, value=0):
        _need_flag(sp)
    return Const(None)


def _note_number(sp: Specialiser, value: Var, kind: type[NameError], text: str, loc: Loc) -> None:
    """Notes that a number or an array is read, and raises where nothing has assigned it."""
    is_made = _makes_trip(sp, value)
    if is_made is False:
        branches.emit_raise(sp, CertainError(text, loc, kind(text)), loc)
    elif is_made and sp.found_out.counted(value) is not None:
        if _may_be_absent_after_a_trip(sp):
            _read(sp, value, kind, text, loc)
    elif _may_be_absent(sp, value=0):
        _read(sp, value, kind, text, loc)


def _read(sp: Specialiser, value: Value, error: type[NameError], text: str, loc: Loc) -> None:
    """Emits that a variable of the user's is read, which the gradient may not need."""
    if isinstance(value, Var) and not sp.running[-1].frame.scope.trusted:
        sp.builder.apply(name_read, (value, Const(error), Const(text)), (), loc)


@operation(name_read)
def _read_type(value: Type, error: Type, text: Type) -> Type:
    return PY_BOOL


@operation(name_asked, pure=False)
def _asked_type(value: Type, error: Type, text: Type) -> Type:
    return PY_BOOL


def _is_told_from_none(sp: Specialiser, value: Value) -> bool:
    """Whether None, where the program runs, may stand for that a name has not got ``value``."""
    if not isinstance(value, Var):
        return False
    return is_never_none(value.type) or (value.type is UNKNOWN and sp.generic)


def _need_flag(sp: Specialiser) -> None:
    """Asks for a flag beside what the call at hand notes: it exists at compile time only.

    Raises
    ------
    NeedsFlag
        If it is the user's program that notes it.
    """
    now, frame = sp.running[-1].now, sp.running[-1].frame
    assert isinstance(now, Invoke)
    if not frame.scope.trusted and now.loc not in sp.flagged:
        raise NeedsFlag(now.loc)


def _ask(sp: Specialiser, there: Value, error: NameError, loc: Loc) -> None:
    """Emits what raises ``error`` unless a flag says that a name has a value."""
    assert isinstance(there, Var | Const)
    known = sp.found_out.known(there)
    if isinstance(there, Var) and known is None:
        known = _makes_trip(sp, there)
    if known is None:
        cond, holds = sp.found_out.behind(there)
        unless = tested.negated(sp, cond, loc) if holds else cond
        branches.raise_if(sp, unless, error, loc)
    elif not known:
        branches.emit_raise(sp, CertainError(str(error), loc, error), loc)
    sp.found_out.learn(there, True)


def _makes_trip(sp: Specialiser, value: Var) -> bool | None:
    """Whether the counted loop that gives ``value`` makes a trip, which is demanded then; None if
    that does not follow from what the function was given, or there is no such loop.

    Where there is no trip, who reads ``value`` raises, and this is another signature: the gradient
    may need less than the function, and would not find out.

    Raises
    ------
    NeedsValue
        If there is no trip in the call that is compiled.
    """
    loop = sp.found_out.counted(value)
    if loop is None or not (isinstance(loop.step, Const) and loop.step.value == 1):
        return None
    with sp.builder.nested():
        count = sp.builder.apply(operator.sub, (loop.stop, loop.start), (), loop.loc)
    assert isinstance(count, Var | Const)
    known = sp.inputs.measures.integer(count)
    if known is None or known.value is None:
        return None
    if known.value > 0:
        if not isinstance(known.expression, int):
            sp.inputs.measures.demand(Computed(operator.add, (known.expression, 1)))
        return True
    if sp.provisional is not None:  # it may make one in a later round
        return None
    if isinstance(count, Var):
        raise NeedsValue(count, "how many trips a loop makes")
    return False


def _set(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    cell, value, *perhaps = args
    assert isinstance(cell, CellOf)
    cell.content, cell.perhaps = value, bool(perhaps) and _may_be_absent(sp, value=1)
    cell.there = perhaps[1] if perhaps[1:] else None
    is_told = is_undefined(value) or _is_told_from_none(sp, value)
    if cell.there is None and cell.perhaps and not is_told:
        _need_flag(sp)
    return Const(None)


def _value(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    (cell,) = args
    assert isinstance(cell, CellOf)
    if is_undefined(cell.content):
        message = "a nested function reads a variable that may not be assigned yet"
        hint = "assign it before the function is called"
        if sp.provisional is None and name:
            raise CertainError(message, loc, NameError(FREE.format(name), name=name), hint)
        raise NotAssignedError(message, loc, hint)
    if cell.perhaps and _is_handled(sp, NameError):
        raise _refused(name, loc)
    if cell.there is not None:
        _ask(sp, cell.there, NameError(FREE.format(name)), loc)
    elif cell.perhaps:
        _read(sp, cell.content, NameError, FREE.format(name), loc)
    return cell.content


READS: dict[Any, Handler] = {
    intrinsics.note_read: _note_first,
    intrinsics.note_perhaps: _note,
    intrinsics.set_cell: _set,
    intrinsics.cell_value: _value,
}


def _refused(name: str, loc: Loc) -> UnsupportedSyntaxError:
    message = f"'{name}' may not be assigned here, and a 'try' around handles that"
    hint = f"assign None to '{name}' before, and ask for that in place of the error"
    return UnsupportedSyntaxError(message, loc, hint)


def _may_be_absent(sp: Specialiser, value: int) -> bool:
    """Whether argument ``value`` of the call at hand has no value on a way that may be taken."""
    read, flows = _read_now(sp, value)
    return first_trip.may_be_absent(read, set(), flows)


def _read_now(sp: Specialiser, value: int = 0) -> tuple[Operand, dict[Var, list[Operand]]]:
    """Argument ``value`` of the call at hand, and what the results of branches and loops in the
    function may be."""
    now, frame = sp.running[-1].now, sp.running[-1].frame
    assert isinstance(now, Invoke)
    function = next(running.block for running in sp.running if running.frame is frame)
    return now.args[value], first_trip.flows_in(function, sp.decisions)


def _may_be_absent_after_a_trip(sp: Specialiser) -> bool:
    """Whether what is read at the call at hand, and a loop gives, may have no value where that has
    made a trip."""
    value, flows = _read_now(sp)
    assert isinstance(value, Var)
    results = [each for each in flows.get(value, ()) if not is_undefined(each)]
    return any(first_trip.may_be_absent(each, set(), flows) for each in results)


def _is_handled(sp: Specialiser, error: type[Exception]) -> bool:
    """Whether there are handlers that a name without a value leads to."""
    return any(issubclass(error, kind) for caught in _trying(sp) for kind in caught)


def _trying(sp: Specialiser) -> Iterator[list[type]]:
    """What each ``try`` catches whose body is being run, unless it raises that again."""
    for running, inner in pairwise(sp.running):
        now = running.now
        if isinstance(now, Try) and inner.block is now.then and not _raises_again(now.orelse):
            yield caught_in(sp, running)


def _raises_again(block: Block) -> bool:
    """Whether handlers raise what they have caught, as a ``finally`` does."""
    first, last = block.body[0], block.body[-1]
    return isinstance(last, Raise) and isinstance(first, Invoke) and last.exception is first.target

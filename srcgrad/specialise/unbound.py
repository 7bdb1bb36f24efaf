"""Names that may have no value where a ``try`` would handle that they have none.

::

    try:
        for i in range(n):
            k = i
        s = x[k]
    except UnboundLocalError:  # there was no trip
        s = x[0]

In the typed program, nothing tells whether ``k`` was assigned: what reads it is right wherever the
function gets so far.  Where an error decides about what is done next, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, Invoke, Raise, Try
from srcgrad.specialise import first_trip
from srcgrad.specialise.caught import caught_in
from srcgrad.specialise.values import Args, Handler, Kwargs, Value, is_undefined

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _note(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    value, variable = args
    assert isinstance(variable, Const)
    if not is_undefined(value) and _is_handled(sp) and _may_be_absent(sp):
        message = f"'{variable.value}' may not be assigned here, and a 'try' around handles that"
        hint = f"assign None to '{variable.value}' before, and ask for that in place of the error"
        raise UnsupportedSyntaxError(message, loc, hint)
    return Const(None)


READS: dict[Any, Handler] = {intrinsics.note_perhaps: _note}


def _may_be_absent(sp: Specialiser) -> bool:
    """Whether the variable that is read here has no value on a way that may be taken."""
    now, frame = sp.running[-1].now, sp.running[-1].frame
    assert isinstance(now, Invoke)
    function = next(running.block for running in sp.running if running.frame is frame)
    flows = first_trip.flows_in(function, sp.decisions)
    return first_trip.may_be_absent(now.args[0], set(), flows)


def _is_handled(sp: Specialiser) -> bool:
    """Whether there are handlers that a name without a value leads to."""
    trying = list(_trying(sp))
    catching = [
        stmt
        for stmt, caught in trying
        if any(issubclass(UnboundLocalError, kind) for kind in caught)
    ]
    # What handlers raise instead, those of a ``try`` around may handle.
    return any(not stmt.orelse.diverges or stmt is not trying[0][0] for stmt in catching)


def _trying(sp: Specialiser) -> Iterator[tuple[Try, list[type]]]:
    """Each ``try`` whose body is being run, unless it raises it again, and what it catches."""
    for running, inner in pairwise(sp.running):
        now = running.now
        if isinstance(now, Try) and inner.block is now.then and not _raises_again(now.orelse):
            yield now, caught_in(sp, running)


def _raises_again(block: Block) -> bool:
    """Whether handlers raise what they have caught, as a ``finally`` does."""
    first, last = block.body[0], block.body[-1]
    return isinstance(last, Raise) and isinstance(first, Invoke) and last.exception is first.target

"""Recursion that is inlined to its end, since the function cannot be one of the program.

It changes objects or containers from outside of itself, or gives back one structure or another: a
parser that moves along its tokens, a memo, a list that is sorted.  So the end has to be known: the
loops around its calls are unrolled, and so the lengths and integers get known that it tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Operand, Var
from srcgrad.specialise import by_data
from srcgrad.specialise.open_calls import Activation, Definition
from srcgrad.specialise.places import Place
from srcgrad.specialise.values import Closure, NeedsValue, StructureError

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


class LoopAround(StructureError):
    """A loop stands around a call that is inlined to the end of its recursion.

    There are ``outside`` loops around all of that.
    """

    def __init__(self, closure: Closure, loc: Loc, outside: int) -> None:
        name = closure.function.name
        message = f"'{name}' calls itself in a loop that cannot be unrolled"
        super().__init__(message, loc, "let it call itself outside of loops")
        self.outside = outside


def unroll_around(sp: Specialiser, entry: Activation, closure: Closure, loc: Loc) -> None:
    """Asks for the loops to be unrolled that are around a call, in that of ``entry``."""
    if _may_be_unrolled(sp, entry.loops):
        raise LoopAround(closure, loc, entry.loops)


def unroll_outside(sp: Specialiser, closure: Closure, loc: Loc) -> None:
    """Asks for the loop to be unrolled in which a call is that could not be inlined to its end."""
    if not sp.recursion.is_open and _may_be_unrolled(sp, 0):
        raise LoopAround(closure, loc, len(sp.heap.loops))


def _may_be_unrolled(sp: Specialiser, outside: int) -> bool:
    return any(loop.may_be_unrolled for loop in sp.heap.loops[outside:])


def is_of_outer_loop(sp: Specialiser, error: Exception) -> bool:
    """Whether a loop further outside is to be unrolled first."""
    return isinstance(error, LoopAround) and _may_be_unrolled(sp, error.outside)


def need_known(sp: Specialiser, cond: Operand) -> None:
    """Asks for the lengths and integers of which a condition is computed: they may decide where
    the recursion ends."""
    entered = reversed(sp.recursion.entered)
    innermost = next((e for e in entered if isinstance(e, Definition) or e.forced), None)
    if not isinstance(innermost, Activation) or not isinstance(cond, Var):
        return
    if by_data.is_chosen(sp, cond):
        return
    if integers_behind(sp, cond):
        raise NeedsValue(cond, "a condition")


def integers_behind(sp: Specialiser, var: Var) -> set[Place]:
    """The integers and lengths of inputs, not known yet, of which ``var`` is computed."""
    definitions, origins = sp.builder.definitions, sp.recursion.origins
    return sp.inputs.integers_behind(var, definitions, origins, lengths=True) - sp.inputs.by_value

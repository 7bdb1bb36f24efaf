"""Errors that are found in a branch before the types of what a loop carries hold in every trip.

A loop is run again until those types no longer change (``fixpoint.py``).  The first time, a list is
as long as it is before the loop, and what a branch does with it may be impossible, though the
branch is not taken in that trip::

    for k in range(4):
        rows.append(x * k)
        if k > 0:
            s = s + np.array(rows[1:]).sum(axis=1)[0]  # of one row, there is no axis 1

So an error in a branch is put off: the branch counts for nothing in this round, and the next one
runs it again.  When the types have settled, errors are final.

That a variable has no value yet is put off only if the first trip gives it one (``first_trip.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srcgrad.ir.walk import computed_from
from srcgrad.specialise.first_trip import Later
from srcgrad.specialise.values import NeedsValue, NotAssignedError, StructureError

if TYPE_CHECKING:
    from srcgrad.ir.nodes import Var
    from srcgrad.specialise.engine import Specialiser


@dataclass
class Provisional:
    """A round of a loop in which errors are put off; ``met`` says whether there was one.

    ``later`` are the names that have a value after the first trip, ``outer`` is the round of the
    loop around.
    """

    later: Later = field(default_factory=Later)
    outer: Provisional | None = None
    met: bool = False

    def gives(self, error: NotAssignedError) -> bool:
        """Whether what has no value yet has one in later trips of this loop or of one around."""
        return self.later.has(error) or (self.outer is not None and self.outer.gives(error))


def put_off(sp: Specialiser, error: Exception) -> bool:
    """Whether ``error``, which an arm of a branch has raised, is one for a later round to find.

    What asks for a loop to be unrolled, or for the value of an input, is not; nor is that a
    variable has no value yet, unless the first trip gives it one.
    """
    if sp.provisional is None or isinstance(error, StructureError):
        return False
    if isinstance(error, NotAssignedError) and not sp.provisional.gives(error):
        return False
    if isinstance(error, NeedsValue) and (error.read is not None or _is_told(sp, error.var)):
        return False
    sp.provisional.met = True
    return True


def _is_told(sp: Specialiser, var: Var) -> bool:
    """Whether a value is known where a loop is unrolled, or where those of inputs are."""
    definitions, origins = sp.builder.definitions, sp.recursion.origins
    if sp.inputs.integers_behind(var, definitions, origins, lengths=True):
        return True
    return is_counted(sp, var)


def is_counted(sp: Specialiser, var: Var) -> bool:
    """Whether a value is computed from the index of a loop."""
    return any(each in sp.indices for each in computed_from(var, sp.builder.definitions))

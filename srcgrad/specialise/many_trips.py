"""Loops that make objects, one in each of many trips: ``rows.append([a, b])``.

Unrolled, such a loop leaves each object known, with its identity; the text grows with the trips.
So from some number of trips on it stays a loop, with a list of unknown length of what is in the
objects.  Where the program cannot be compiled so, it is specialised again with the loop unrolled.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.specialise import iterate
from srcgrad.specialise.places import Computed
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

FEW = 16
"""So many trips are made one after the other where each makes an object."""


def stays_loop(sp: Specialiser, iterable: Value, loc: Loc) -> bool:
    """Whether a loop has so many trips that it stays one, in the call that is compiled, and in all
    that have more than a few."""
    if not sp.rolling:
        return False
    with sp.builder.nested():
        count = sp.inputs.measures.integer(iterate.length(sp, iterable, loc))
    if count is None or count.value <= FEW:
        return False
    if not isinstance(count.expression, int):
        sp.inputs.measures.demand(Computed(operator.sub, (count.expression, FEW - 1)))
    sp.rolled = True
    return True

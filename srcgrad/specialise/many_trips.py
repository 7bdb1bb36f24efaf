"""Loops of many trips that would be unrolled: they stay loops where they can.

One that makes an object in each trip, ``rows.append([a, b])``, leaves each object known if it is
unrolled, with its identity; one that writes numbers into a list, ``x[i] = 0.5 * x[i - 1]``,
leaves each number known.  But the text grows with the trips.  So from some number of trips on such
a loop stays one, with a list of unknown length.  Where the program cannot be compiled so, it is
specialised again with the loops unrolled.  ``[0.0] * n``, of more elements than a loop takes one by
one, is a list of unknown length too, which a loop makes.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, Scalar, number_of
from srcgrad.ir.walk import computed_from
from srcgrad.specialise import iterate, long_lists, perhaps
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.measures import Measure
from srcgrad.specialise.places import Computed
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

FEW = 5
"""So many trips are made one after the other."""


def stays_loop(sp: Specialiser, iterable: Value, loc: Loc) -> bool:
    """Whether a loop has so many trips that it stays one, in the call that is compiled, and in all
    that have more than a few."""
    if not sp.rolling:
        return False
    with sp.builder.nested():
        count = sp.inputs.measures.integer(iterate.length(sp, iterable, loc))
    return count is not None and _are_many(sp, count)


def _are_many(sp: Specialiser, count: Measure, few: int | None = None) -> bool:
    """Whether there are more than a few trips, which is demanded then."""
    few = sp.few if few is None else few
    if count.value <= few:
        sp.were_few = sp.were_few or count.value > 0
        return False
    if not isinstance(count.expression, int):
        sp.inputs.measures.demand(Computed(operator.sub, (count.expression, few - 1)))
    sp.rolled = True
    return True


def repeat(sp: Specialiser, items: tuple[Value, ...], count: Const | Var) -> bool:
    """Whether what repeats a display, ``[0.0] * n``, has too many elements for a text."""
    if not sp.rolling or not items or not all(map(_is_plain, items)):
        return False
    found = sp.inputs.measures.integer(count)
    return found is not None and _are_many(sp, found, long_lists.MAX_UNROLLED // len(items))


def _is_plain(item: Value) -> bool:
    """Whether an element has no identity that matters: a number, an array, or None."""
    if not isinstance(item, Const | Var):
        return False
    return perhaps.is_none(item) or isinstance(number_of(type_of(item)), Scalar | Array)


def count(sp: Specialiser, container: Value, index: Var) -> bool:
    """Whether the index into a list of numbers is computed from that of a loop of many trips."""
    return sp.rolling and _is_of_numbers(sp, container) and _counts(sp, index)


def is_key(sp: Specialiser, var: Var) -> bool:
    """Whether what is computed from the index of a loop is a key that only running the program
    tells: it is where all loops stay loops."""
    if not sp.rolling or sp.few:
        sp.were_few = sp.were_few or sp.rolling
        return False
    return _counts(sp, var)


def _is_of_numbers(sp: Specialiser, container: Value) -> bool:
    """Whether a list that the program has made holds nothing but numbers, and more than a few."""
    if not isinstance(container, Pack) or container.kind is not list:
        return False
    items = container.items
    return len(items) > sp.few and all(
        isinstance(item, Const | Var) and isinstance(number_of(type_of(item)), Scalar)
        for item in items
    )


def _counts(sp: Specialiser, var: Var) -> bool:
    measures = sp.inputs.measures
    for each in computed_from(var, sp.builder.definitions):
        if each in measures.spans:
            least, largest = measures.spans[each]
            first, last = least.expression, largest.expression
            trips = largest.value - least.value + 1
            expression = trips
            if not (isinstance(first, int) and isinstance(last, int)):
                expression = Computed(operator.sub, (last, Computed(operator.sub, (first, 1))))
            if _are_many(sp, Measure(expression, trips)):
                return True
        elif any(isinstance(bound, Var) and _counts(sp, bound) for bound in sp.spans.get(each, ())):
            return True
    return False

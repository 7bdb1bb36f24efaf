"""What cannot be iterated over, and what to write instead."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnknownTypeError
from srcgrad.ir.nodes import Var
from srcgrad.ir.types import Object, is_some_number, ndim_of
from srcgrad.specialise import calls, optional, outside_sets
from srcgrad.specialise.values import Held, OpenSetOf, Ref, RepeatedOf, StructureError, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_UNKNOWN = "a value whose type is not known"
_HINT_FOR_UNKNOWN = "take its elements by index, as numbers: float(xs[i]) for i in range(len(xs))"
TEXT_HINT = "compute it from constants, integers and indices of loops alone"
_NO_ORDER = "a set is iterated over whose elements, or order, only running the program tells"
_GIVE_ORDER = "give them an order: sorted(elements)"
_HINT = "loop over a range, an array, a list or a tuple"


_ENDLESS: dict[Any, tuple[str, str]] = {
    itertools.count: (
        "itertools.count",
        "count in the loop, k = 1; while True: ...; k += 1, or beside elements: enumerate(xs, 1)",
    ),
    itertools.cycle: ("itertools.cycle", "take its elements by index: xs[i % len(xs)]"),
}
"""What gives elements without end, and what to write instead."""


def error(sp: Specialiser, value: Value, loc: Loc) -> UnknownTypeError:
    """The error where the elements of ``value`` are asked for."""
    is_open = isinstance(value, OpenSetOf) or (
        isinstance(value, Ref) and value.kind in (set, frozenset)
    )
    if is_open or outside_sets.is_given(value):
        return without_order(loc)
    if optional.may_be_none(value):
        return optional.refused(value, "its elements are asked for", loc)
    made = sp.builder.definitions.get(value) if isinstance(value, Var) else None
    if made is not None and calls.find(_ENDLESS, made.op):
        name, hint = _ENDLESS[made.op]
        return UnknownTypeError(f"'{name}' is iterated over, which never ends", loc, hint)
    if isinstance(value, RepeatedOf):
        hint = "loop over a range, or give the number of times: itertools.repeat(v, n)"
        return UnknownTypeError("'itertools.repeat' is iterated over, which never ends", loc, hint)
    what = _describe(value)
    hint = _HINT_FOR_UNKNOWN if what == _UNKNOWN else _HINT
    return UnknownTypeError(f"cannot iterate over {what}", loc, hint)


def without_order(loc: Loc) -> StructureError:
    """The error where the elements of a set are asked for in the order that only running the
    program tells; a loop that is unrolled may know it."""
    return StructureError(_NO_ORDER, loc, _GIVE_ORDER)


def _describe(value: Value) -> str:
    if isinstance(value, Var):
        if isinstance(value.type, Object):
            return f"a '{value.type.cls.__name__}' object"
        if ndim_of(value.type) == 0 and not is_some_number(value.type):
            return "a number"
        return _UNKNOWN
    if isinstance(value, Held):
        return f"a '{type(value.example).__name__}' object"
    return "this"

"""``collections.deque``: how one is made, and how it is given to what takes any sequence."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import attributes, calls, objects
from srcgrad.specialise.deque_class import Deque, changing, elements, unchanged
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import Args, Handler, Kwargs, MapOf, PartialOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def as_lists(sp: Specialiser, op: Any, args: Args, loc: Loc) -> Args:
    """The arguments of one of NumPy's functions, which makes arrays of deques as of lists."""
    if not _takes_sequences(op):
        return args
    return tuple(attributes.attribute(sp, a, "_items", loc) if _is_sequence(a) else a for a in args)


def _is_sequence(value: Value) -> bool:
    return isinstance(value, Ref | Pack) and value.kind in (Deque, LongTuple)


def _takes_sequences(op: Any) -> bool:
    module = getattr(op, "__module__", None) or ""
    return isinstance(op, np.ufunc) or module.split(".")[0] in ("numpy", "math")


def _make(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return objects.construct(sp, Deque, args, kwargs, loc, name)


def _changing(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    sp.heap.mutations[args[0]] += 1
    return Const(None)


def _unchanged(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    before = Const(sp.heap.mutations[args[0]])
    return MapOf(PartialOf(Const(_element), (args[0], before), {}), args[1:], sp.trip)


def _element(items: Any, changes: int, item: Any) -> Any:
    """An element of a deque, where there have been as many ``changes`` as when its iterator was
    made; decided by the compiler."""
    return item


def _read(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    items, changes, item = args
    if sp.heap.mutations[items] != sp.constant(changes, "how often a deque was changed"):
        message = "a deque changes while it is iterated over, which Python raises for"
        raise UnsupportedSyntaxError(message, loc, "loop over a copy of it: list(queue)")
    return item


def _elements(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if _is_sequence(args[0]):
        return calls.invoke(sp, Const(list), args, {}, loc)
    return calls.call_opaque(sp, Const(list), args, {}, loc, name)


DEQUES: dict[Any, Handler] = {
    collections.deque: _make,
    changing: _changing,
    unchanged: _unchanged,
    elements: _elements,
    _element: _read,
}

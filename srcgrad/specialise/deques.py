"""``collections.deque``: how one is made, and how it is given to what takes any sequence."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import ListOf, dtype_of
from srcgrad.specialise import attributes, calls, objects
from srcgrad.specialise.counter_class import Counter
from srcgrad.specialise.deque_class import Deque, changing, elements, taken_by, unchanged
from srcgrad.specialise.ordered_class import OrderedDict
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


def _made_of(cls: type) -> Handler:
    """The constructor of what ``cls`` says in Python."""

    def make(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if cls is Counter and any(_holds_floats(arg) for arg in args):
            return None  # floats that data give are no keys: they are counted when it runs
        return objects.construct(sp, cls, args, kwargs, loc, name)

    return make


def _ordered(make: Callable[..., Any]) -> Handler:
    """What makes an ``OrderedDict`` of what ``make`` makes a dict of."""

    def made(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        items = calls.invoke(sp, Const(make), args, kwargs, loc)
        return objects.construct(sp, OrderedDict, (items,), {}, loc, name)

    return made


def _holds_floats(value: Value) -> bool:
    """Whether a value is an array of floats, or a list of them."""
    type_ = value.type if isinstance(value, Var) else None
    dtype = dtype_of(type_.item if isinstance(type_, ListOf) else type_) if type_ else None
    return dtype is not None and dtype.kind == "f"


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


def _taken_by(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    items, iterable = args
    return calls.invoke(sp, Const(list), (iterable,), {}, loc) if iterable is items else iterable


DEQUES: dict[Any, Handler] = {
    collections.Counter: _made_of(Counter),
    collections.OrderedDict: _ordered(dict),
    collections.OrderedDict.fromkeys: _ordered(dict.fromkeys),
    collections.deque: _made_of(Deque),
    changing: _changing,
    unchanged: _unchanged,
    elements: _elements,
    taken_by: _taken_by,
    _element: _read,
}

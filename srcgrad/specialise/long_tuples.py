"""Tuples that branches and loops make longer: ``if v > 0: path = path + (v,)``.

A tuple stays a display, known element by element, as long as its length is known.  Where tuples of
different lengths meet, it is one of unknown length (:class:`~.tuple_class.LongTuple`), in which
there is a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Pack, Var
from srcgrad.specialise import lists
from srcgrad.specialise.carried import Entry
from srcgrad.specialise.carried_shapes import Carried, Fixed, Shape, Tree
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import Value, displayed

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_KINDS = (tuple, LongTuple)


def differ(a: Value, b: Value) -> bool:
    """Whether two values are tuples that can only be one of unknown length."""
    a, b = displayed(a), displayed(b)
    if not isinstance(a, Pack) or not isinstance(b, Pack):
        return False
    if a.kind not in _KINDS or b.kind not in _KINDS:
        return False
    return a.kind is not b.kind or len(a.items) != len(b.items)


def as_long(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """A tuple as one of unknown length."""
    value = displayed(value)
    if not isinstance(value, Pack) or value.kind not in _KINDS:
        return value
    kind: Any = LongTuple
    return Pack(kind, (_items(sp, value, loc),), ("_items",))


def _items(sp: Specialiser, pack: Any, loc: Loc) -> Var:
    """The list that is in a tuple of unknown length."""
    is_long = pack.kind is LongTuple
    items = sp.heap.view(pack.items[0]) if is_long else Pack(list, pack.items)
    return lists.as_list(sp, items, loc)


def carried(
    sp: Specialiser, shape: Shape, value: Value, name: str, loc: Loc, entry: Entry
) -> Shape:
    """``shape``, of a tuple that changes its length from trip to trip, as one of unknown length.

    A loop that can be unrolled is, if the length is known after this trip.
    """
    value = displayed(value)
    first = displayed(lists.first_of(shape)) if isinstance(shape, Fixed | Tree) else None
    if first is None or not differ(first, value):
        return shape
    assert isinstance(value, Pack)
    if value.kind is tuple and (entry.unrollable or entry.countable):
        return shape
    after = sp.heap.save()
    sp.heap.restore(entry.before)
    init = _items(sp, first, loc)
    sp.heap.restore(after)
    return Tree(LongTuple, ("_items",), (Carried(init, init.type, name),))


def is_opened(old: Shape, new: Shape) -> bool:
    """Whether a loop carries as a tuple of unknown length what it carried as a display before."""
    is_long = isinstance(new, Tree) and new.kind is LongTuple
    return is_long and not (isinstance(old, Tree) and old.kind is LongTuple)

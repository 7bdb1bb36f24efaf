"""Where something is in a list or a tuple that is known element by element, and how often.

Where only running the program tells, it is asked then: ``(a, b, c).index(k)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import (
    by_data,
    calls,
    certain,
    comparisons,
    growing,
    lists,
    open_dicts,
    ordered,
)
from srcgrad.specialise.values import Args, NeedsValue, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def index(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value, *bounds: Value
) -> Value:
    """``receiver.index(item, *bounds)``."""
    try:
        limits = [sp.constant(bound, "where to look for something") for bound in bounds]
        start, stop, _ = slice(*limits, *[None] * (2 - len(limits))).indices(len(pack.items))
        part = Pack(pack.kind, pack.items[start:stop])
        at = comparisons.position(sp, part, item, loc)
    except NeedsValue as need:
        if not _is_found_by_data(sp, pack, (item, *bounds), need):
            raise
        if pack.kind is list and not bounds:
            xs = lists.as_list(sp, pack, loc)
            return growing.method(sp, receiver, xs, "index", (item,), loc)
        find = tuple.index if pack.kind is tuple else list.index
        return calls.apply(sp, find, (pack, item, *bounds), {}, loc)
    if at is None:
        missed = item.value if isinstance(item, Const) else sp.heap.view(item)
        return certain.computed(loc, pack.kind().index, missed)  # type: ignore[no-any-return]
    return Const(start + at)


def _is_found_by_data(sp: Specialiser, pack: Pack, asked: Args, need: NeedsValue) -> bool:
    """Whether a number, or a text, is looked for among those that only running the program
    tells."""
    are_plain = all(map(_is_plain, (*pack.items, *asked)))
    return pack.kind in (list, tuple) and are_plain and by_data.is_chosen(sp, need.var)


def _is_plain(value: Value) -> bool:
    return ordered.is_number(value) or open_dicts.is_any_key(value)


def count(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    """``receiver.count(item)``."""
    try:
        return Const(sum(comparisons.is_equal(sp, each, item, loc) for each in pack.items))
    except NeedsValue as need:
        if not _is_found_by_data(sp, pack, (item,), need):
            raise
    op = tuple.count if pack.kind is tuple else list.count
    return calls.apply(sp, op, (pack, item), {}, loc)

"""Sorting: the elements in an order that is known, or numbers in the order that running tells.

Which number comes first depends on data; the order is that of ``np.argsort``, along which the
derivative goes back.  Equal numbers keep their places, as in Python, also where the largest comes
first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import ListOf, Scalar, Type, number_of
from srcgrad.specialise import calls, comparisons, compiled, containers, lists
from srcgrad.specialise.builder import constant_of, type_of
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def in_order(
    sp: Specialiser, items: tuple[Value, ...], key: Value, reverse: Value, loc: Loc
) -> tuple[Value, ...]:
    """The elements as ``sorted`` gives them."""
    if not (_is_none(key) and _are_numbers(items)):
        return comparisons.in_sorted_order(sp, items, key, reverse, loc)
    listed = lists.as_list(sp, Pack(list, items), loc)  # type: ignore[arg-type]
    found = content(sp, listed, reverse, loc)
    return tuple(calls.index(sp, found, Const(i), loc) for i in range(len(items)))


def is_of_numbers(value: Value) -> bool:
    """Whether a value is a list of unknown length of numbers that have an order."""
    return isinstance(value, Var) and isinstance(value.type, ListOf) and _has_order(value.type.item)


def content(sp: Specialiser, xs: Pack | Var, reverse: Value, loc: Loc) -> Value:
    """What is in a list of numbers when it is sorted."""
    backwards = sp.constant(reverse, "'reverse'")
    function = _largest_first if backwards else _smallest_first
    return sp.heap.view(compiled.run(sp, function, (containers.new_list(sp, xs),), loc))


def _smallest_first(items: Any) -> Any:
    order = np.argsort(np.array(items), kind="stable")
    return [items[i] for i in order]


def _largest_first(items: Any) -> Any:
    backwards = items[::-1]
    order = np.argsort(np.array(backwards), kind="stable")
    return [backwards[i] for i in order[::-1]]


def _is_none(key: Value) -> bool:
    return isinstance(key, Const) and key.value is None


def _are_numbers(items: Iterable[Value]) -> bool:
    """Whether values are numbers of which one is not known, and no index that could be asked."""
    found = [item if isinstance(item, Var | Const) else None for item in items]
    if not all(item is not None and _has_order(type_of(item)) for item in found):
        return False
    unknown = [item for item in found if item is not None and constant_of(item) is None]
    return any(_kind(type_of(item)) == "f" for item in unknown)


def _has_order(type_: Type) -> bool:
    return _kind(type_) in "biuf"


def _kind(type_: Type) -> str:
    number = number_of(type_)
    return number.dtype.kind if isinstance(number, Scalar) else "?"

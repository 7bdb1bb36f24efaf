"""The types of what the operations on lists of unknown length give, and whose memory it shares."""

from __future__ import annotations

from srcgrad.ir import lists
from srcgrad.ir.ops import Memory, operation
from srcgrad.ir.shapes import grown, result
from srcgrad.ir.types import (
    NEVER,
    PY_FLOAT,
    PY_INT,
    UNKNOWN,
    Array,
    ListOf,
    PackType,
    Type,
    dtype_of,
    number_of,
    of_value,
)
from srcgrad.specialise.join import general, join_elements, of_items


@operation(lists.as_list, memory=Memory.ANY)
def _as_list_type(items: Type) -> Type:
    return of_items(items) if isinstance(items, PackType) else UNKNOWN


@operation(lists.list_append, memory=Memory.ANY)
def _append_type(xs: Type, x: Type) -> Type:
    if not isinstance(xs, ListOf):
        return UNKNOWN
    return ListOf(join_elements(xs.item, general(x)), grown(xs.length, 1))


@operation(lists.list_insert, memory=Memory.ANY)
def _insert_type(xs: Type, i: Type, x: Type) -> Type:
    return _append_type(xs, x)


@operation(lists.list_extend, memory=Memory.ANY)
def _extend_type(xs: Type, ys: Type) -> Type:
    if not isinstance(xs, ListOf) or not isinstance(ys, ListOf):
        return UNKNOWN
    return ListOf(join_elements(xs.item, ys.item))


@operation(lists.list_without_last, memory=Memory.VIEW)
def _without_last_type(xs: Type) -> Type:
    return ListOf(xs.item) if isinstance(xs, ListOf) else UNKNOWN


@operation(lists.list_without, memory=Memory.VIEW)
def _without_type(xs: Type, i: Type) -> Type:
    return _without_last_type(xs)


@operation(lists.inserted_at, lists.taken_from)
def _place_type(xs: Type, i: Type) -> Type:
    return PY_INT


@operation(lists.item_asked, pure=False)
def _item_asked_type(xs: Type, i: Type) -> Type:
    return UNKNOWN


@operation(lists.list_set, memory=Memory.ANY)
def _set_type(xs: Type, i: Type, x: Type) -> Type:
    if not isinstance(xs, ListOf):
        return UNKNOWN
    by_slice = getattr(i, "kind", None) is slice or isinstance(getattr(i, "value", None), slice)
    item = x.item if by_slice and isinstance(x, ListOf) else general(x)
    return ListOf(join_elements(xs.item, item), xs.length)


@operation(lists.list_of)
def _list_of_type(xs: Type) -> Type:
    return ListOf(UNKNOWN)  # what is made here is told which numbers they are


@operation(lists.list_copied, lists.list_zeros, lists.list_blank)
def _zeros_type(xs: Type) -> Type:
    return xs


@operation(lists.list_of_kind)
def _of_kind_type(v: Type, kind: Type) -> Type:
    made = getattr(kind, "value", float)
    return ListOf(general(of_value(made())), v.length if isinstance(v, ListOf) else None)


@operation(lists.zeros_of_length)
def _as_many_type(n: Type) -> Type:
    return ListOf(PY_FLOAT)


@operation(lists.list_sum)
def _sum_type(xs: Type, ys: Type) -> Type:
    if not isinstance(xs, ListOf) or not isinstance(ys, ListOf):
        return UNKNOWN
    return ListOf(join_elements(xs.item, ys.item), xs.length)


@operation(lists.list_fill, memory=Memory.VIEW)
def _fill_type(v: Type, xs: Type) -> Type:
    return ListOf(general(v), xs.length if isinstance(xs, ListOf) else None)


@operation(lists.list_rows, memory=Memory.VIEW)
def _rows_type(v: Type, xs: Type = NEVER) -> Type:
    number = number_of(v)
    if not isinstance(number, Array) or not number.dims:
        return UNKNOWN
    row = result(number.dtype, number.dims[1:])
    item = _row_of(row, xs.item) if isinstance(xs, ListOf) else row
    return ListOf(item, number.dims[0])


def _row_of(row: Type, item: Type) -> Type:
    """The type of a row as the cotangent of an element: an array that is read like a tuple."""
    if isinstance(item, ListOf):
        return _rows_type(row, item)
    if not isinstance(item, PackType):
        return row
    dims = row.dims if isinstance(row, Array) else ()
    dtype = dtype_of(row)
    parts = (_row_of(result(dtype, dims[1:]), part) for part in item.items)
    return PackType(item.kind, tuple(parts), item.keys)


@operation(lists.list_split, memory=Memory.VIEW)
def _split_type(v: Type, xs: Type, axis: Type) -> Type:
    return xs


@operation(lists.list_order)
def _order_type(xs: Type, reverse: Type) -> Type:
    return ListOf(PY_INT, xs.length if isinstance(xs, ListOf) else None)

"""Sorting: the elements in an order that is known, or numbers in the order that running tells.

Which number comes first depends on data; the order is Python's own, along which the derivative
goes back: equal numbers keep their places, and what is not a number stays where Python leaves it.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_generated
from srcgrad.ir.lists import list_order
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import ListOf, PackType, Scalar, Type, is_text, ndim_of, number_of
from srcgrad.specialise import calls, comparisons, compiled, lists
from srcgrad.specialise.builder import constant_of, is_operand, type_of
from srcgrad.specialise.classes import is_compared
from srcgrad.specialise.join import same_structure
from srcgrad.specialise.options import are_functions
from srcgrad.specialise.values import Value, displayed

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def in_order(
    sp: Specialiser, items: tuple[Value, ...], key: Value, reverse: Value, loc: Loc
) -> tuple[Value, ...]:
    """The elements as ``sorted`` gives them."""
    by = items if _is_none(key) else tuple(calls.invoke(sp, key, (v,), {}, loc) for v in items)
    if any(map(is_compared, by)):
        return _as_they_compare(sp, items, by, reverse, loc)
    if not _are_numbers(by) and not _are_tuples(by):
        return comparisons.in_sorted_order(sp, items, by, reverse, loc)
    if any(are_functions(items[0], item) for item in items):
        return _one_by_one(sp, items, by, reverse, loc)
    listed = lists.as_list(sp, Pack(list, items), loc)  # type: ignore[arg-type]
    keys = listed if by is items else lists.as_list(sp, Pack(list, by), loc)  # type: ignore[arg-type]
    found = content(sp, listed, keys, reverse, loc)
    return tuple(calls.index(sp, found, Const(i), loc) for i in range(len(items)))


def _as_they_compare(
    sp: Specialiser, items: tuple[Value, ...], by: tuple[Value, ...], reverse: Value, loc: Loc
) -> tuple[Value, ...]:
    """What is sorted by objects, which their classes compare, as Python compares them in turn."""

    def compared(a: Value, b: Value) -> int:
        is_less = _known(sp, calls.invoke(sp, Const(operator.lt), (a, b), {}, loc))
        if is_less is not None:
            return -1 if is_less.value else 0
        message = "objects are sorted, and which is the less depends on data"
        hint = "sort them by a number, or a tuple of numbers: sorted(items, key=lambda item: ...)"
        raise UnsupportedSyntaxError(message, loc, hint)

    backwards = bool(sp.constant(reverse, "'reverse'"))
    rows = zip(map(functools.cmp_to_key(compared), by), items, strict=True)
    return tuple(item for _, item in sorted(rows, key=operator.itemgetter(0), reverse=backwards))


def _known(sp: Specialiser, value: Value) -> Const | None:
    """What a value is, also that of a comparison of what is known of two dataclasses."""
    made = sp.builder.definitions.get(value) if isinstance(value, Var) else None
    if made is None or made.op is not operator.lt:
        return value if isinstance(value, Const) else None
    a, b = map(_compared, made.args)
    if a is None or b is None or a.kind is not b.kind:
        return None
    found = [constant_of(Pack(tuple, pack.items)) for pack in (a, b)]
    if not all(found):
        return None
    return Const(operator.lt(*(each.value for each in found if each)))


def _compared(operand: Operand) -> Pack | None:
    """The fields of a dataclass that it is compared by; None of anything else."""
    if not isinstance(operand, Pack) or not dataclasses.is_dataclass(operand.kind):
        return None
    if not is_generated(in_class(operand.kind, "__lt__", operator.lt)):
        return None
    entries = dict(zip(operand.keys, operand.items, strict=True))
    names = [each.name for each in dataclasses.fields(operand.kind) if each.compare]
    return Pack(operand.kind, tuple(entries[name] for name in names), tuple(names))


def _one_by_one(
    sp: Specialiser, items: tuple[Value, ...], by: tuple[Value, ...], reverse: Value, loc: Loc
) -> tuple[Value, ...]:
    """Functions, or objects of several classes, which cannot be in a list of unknown length, in the
    order of the numbers ``by``: each is chosen among all."""
    keys = lists.as_list(sp, Pack(list, by), loc)  # type: ignore[arg-type]
    order = _order(sp, keys, reverse, loc)
    among = Pack(tuple, items)  # type: ignore[arg-type]
    places = (calls.index(sp, order, Const(i), loc) for i in range(len(items)))
    return tuple(calls.index(sp, among, place, loc) for place in places)  # type: ignore[arg-type]


def is_of_numbers(value: Value) -> bool:
    """Whether a value is a vector, or a list of unknown length of numbers that have an order."""
    if not isinstance(value, Var):
        return False
    is_list = isinstance(value.type, ListOf) and has_order(value.type.item)
    return is_list or ndim_of(value.type) == 1


def has_order_of_its_own(value: Value) -> bool:
    """Whether a value is a list of unknown length of numbers, texts, or tuples of those."""
    return isinstance(value, Var) and isinstance(value.type, ListOf) and _is_key(value.type.item)


def _is_sorted_by_python(value: Value) -> bool:
    """Whether a value is one of those, or such a list of texts, or of tuples of these."""
    return is_of_numbers(value) or has_order_of_its_own(value)


def _is_key(type_: Type) -> bool:
    """Whether values of a type have an order which nothing that is differentiated computes."""
    if isinstance(type_, PackType):
        return type_.kind is tuple and all(map(_is_key, type_.items))
    return is_text(type_) or has_order(type_)


def is_number(value: Value) -> bool:
    """Whether a value is a number that has an order."""
    return isinstance(value, Var | Const) and has_order(type_of(value))


def is_one_by_one(value: Var, key: Value) -> bool:
    """Whether what is sorted is a list or a vector of unknown length."""
    if _is_none(key):
        return _is_sorted_by_python(value)
    return isinstance(value.type, ListOf) or ndim_of(value.type) == 1


def by_key(
    sp: Specialiser, xs: Var, key: Value, reverse: Value, loc: Loc, given: Value | None = None
) -> Value:
    """What is in a list of unknown length when it is sorted by the numbers that ``key`` gives; it
    is what a dict, or a view of one, has ``given``, whose own keys are known to be there."""
    if _is_none(key):
        return content(sp, xs, xs, reverse, loc)
    keys = sp.heap.view(compiled.run(sp, _keys, (xs if given is None else given, key), loc))
    if not _is_sorted_by_python(keys):
        message = "a list of unknown length is sorted by what may have no order"
        raise UnsupportedSyntaxError(
            message, loc, "give sorted a key that is a number, or a tuple of numbers"
        )
    return content(sp, xs, keys, reverse, loc)  # type: ignore[arg-type]


def _keys(items: Any, key: Any) -> Any:
    return [key(item) for item in items]


def content(sp: Specialiser, xs: Pack | Var, keys: Var, reverse: Value, loc: Loc) -> Value:
    """What is in a list when it is sorted by ``keys``, which may be the list itself."""
    order = _order(sp, keys, reverse, loc)
    return sp.heap.view(compiled.run(sp, _in_places, (xs, order), loc))


def _order(sp: Specialiser, keys: Var, reverse: Value, loc: Loc) -> Value:
    """The places of the elements in their order."""
    backwards = Const(bool(sp.constant(reverse, "'reverse'")))
    return calls.apply(sp, list_order, (keys, backwards), {}, loc, "order")


def _in_places(items: Any, order: Any) -> Any:
    return [items[i] for i in order]


def _is_none(key: Value) -> bool:
    return isinstance(key, Const) and key.value is None


def _are_numbers(items: Iterable[Value]) -> bool:
    """Whether values are numbers of which one is not known, and no index that could be asked."""
    found = [item if isinstance(item, Var | Const) else None for item in items]
    if not all(item is not None and has_order(type_of(item)) for item in found):
        return False
    unknown = [item for item in found if item is not None and constant_of(item) is None]
    return any(_kind(type_of(item)) == "f" for item in unknown)


def _are_tuples(items: Iterable[Value]) -> bool:
    """Whether values are tuples of one structure, of numbers and texts, the first of which is a
    float in each that is not known."""
    found = [displayed(item) for item in items]
    packs = [item for item in found if isinstance(item, Pack) and item.kind is tuple]
    if len(packs) < len(found) or not all(pack.items and is_operand(pack) for pack in packs):
        return False  # or there are functions in them
    types = [type_of(pack) for pack in packs]
    first = [pack.items[0] for pack in packs]
    return (
        all(_is_key(type_) and same_structure(types[0], type_) for type_ in types)  # type: ignore[arg-type]
        and all(_kind(type_of(item)) == "f" for item in first)
        and any(constant_of(item) is None for item in first)
    )


def has_order(type_: Type) -> bool:
    """Whether a value of a type is a number that has an order."""
    return _kind(type_) in "biuf"


def _kind(type_: Type) -> str:
    number = number_of(type_)
    return number.dtype.kind if isinstance(number, Scalar) else "?"

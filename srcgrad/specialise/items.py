"""Elements of containers: indexing, unpacking, and the displays that put them together."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, If, Operand, Pack, Raise, Var
from srcgrad.ir.types import ListOf
from srcgrad.specialise import calls, containers, growing, iterate, lists, stores, subclasses
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import Args, Handler, Held, Kwargs, NeedsValue, RangeOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- indexing -------------------------------------------------------------------------------------


def _getitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    container, key = sp.heap.view(args[0]), args[1]
    flat = stores.flat_array(container)
    if flat is not None:
        return stores.flat_item(sp, flat, sp.operand(key, loc), loc)
    if isinstance(container, Held):
        if not isinstance(container.example, list | tuple | dict):
            subclasses.check(container, loc)
            cls = type(container.example)
            if hasattr(cls, "__getitem__"):
                raise UnsupportedSyntaxError(f"indexing a '{cls.__name__}' object", loc)
        known = sp.constant(key, "an index into a container")
        if isinstance(known, slice):
            elements = sp.inputs.elements(container)
            return containers.same_kind(sp, type(container.example), elements[known])
        try:
            _check_index(container.example, known, loc)
        except CertainError:
            sp.inputs.length(container)  # in which another signature may have it
            raise
        return sp.inputs.item(container, known)
    if isinstance(container, Pack):
        try:
            known = sp.constant(key, "an index into a container")
        except NeedsValue as need:
            need.read = args[0]
            raise
        if container.kind is dict:
            if known not in container.keys:
                raise CertainError(f"there is no key {known!r}", loc, KeyError(known))
            return container.items[container.keys.index(known)]
        if isinstance(known, slice):
            kind = tuple if container.keys else container.kind
            return containers.same_kind(sp, kind, container.items[known])
        _check_index(container.items, known, loc)
        element: Operand = container.items[known]
        return element
    if isinstance(container, RangeOf):
        return iterate.at(sp, container, sp.operand(key, loc), loc)
    if lists.is_dynamic(container):
        found = calls.apply(sp, operator.getitem, (container, key), {}, loc, name)
        # A slice is a new list; a list that is an element has no identity, and cannot be changed.
        return containers.new_list(sp, found) if class_of(sp, key) is slice else found
    return None


def _check_index(container: Any, key: Any, loc: Loc) -> None:
    try:
        container[key]
    except (LookupError, TypeError) as error:
        raise CertainError(f"index {key!r}: {error}", loc, error) from None


# --- unpacking ------------------------------------------------------------------------------------


def _unpack(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value, before, after = sp.heap.view(args[0]), *args[1:]
    head = sp.constant(before, "the number of targets")
    tail = sp.constant(after, "the number of targets")
    found = iterate.elements(sp, value, loc)
    counted = (
        isinstance(value, Var) and isinstance(value.type, ListOf) and value.type.length == head
    )
    if found is None and isinstance(value, Var) and tail is None and not counted:
        return _unpack_array(sp, value, head, loc)
    if (
        found is None
        and isinstance(value, Var)
        and tail is not None
        and growing.is_dynamic(sp, value)
    ):
        return _unpack_starred(sp, value, head, tail, loc)
    elements = iterate.all_elements(sp, value, loc) if found is None else found
    if tail is None:
        if len(elements) != head:
            message = f"cannot unpack {len(elements)} values into {head} targets"
            raise UnsupportedSyntaxError(message, loc)
        return Pack(tuple, elements)  # type: ignore[arg-type]
    if len(elements) < head + tail:
        raise UnsupportedSyntaxError("not enough values to unpack", loc)
    stop = len(elements) - tail
    middle = containers.make_list(sp, elements[head:stop])
    return Pack(tuple, (*elements[:head], middle, *elements[stop:]))  # type: ignore[arg-type]


def _unpack_array(sp: Specialiser, value: Var, count: int, loc: Loc) -> Value:
    """``a, b = x`` for an array: its length is tested as Python would test it."""
    _refuse_length(sp, value, operator.ne, count, f"expected {count} values to unpack", loc)
    items = tuple(calls.index(sp, value, Const(i), loc) for i in range(count))
    return Pack(tuple, items)  # type: ignore[arg-type]


def _unpack_starred(sp: Specialiser, value: Var, head: int, tail: int, loc: Loc) -> Value:
    """``a, *rest, b = x`` for an array or a list of unknown length."""
    text = f"not enough values to unpack (expected at least {head + tail})"
    _refuse_length(sp, value, operator.lt, head + tail, text, loc)
    bounds = Pack(slice, (Const(head), Const(-tail if tail else None), Const(None)))
    middle = calls.index(sp, value, bounds, loc)
    if not isinstance(value.type, ListOf):
        middle = growing.collected(sp, middle, loc)
    places = (*range(head), *range(-tail, 0))
    items: list[Value] = [calls.index(sp, value, Const(i), loc) for i in places]
    items.insert(head, middle)
    return Pack(tuple, tuple(items))  # type: ignore[arg-type]


def _refuse_length(
    sp: Specialiser, value: Var, test: Callable[..., Any], count: int, text: str, loc: Loc
) -> None:
    """Raises what Python would where the length of ``value`` does not do."""
    size = sp.builder.apply(len, (value,), (), loc)
    wrong = sp.builder.apply(test, (size, Const(count)), (), loc)
    if isinstance(wrong, Const) and not wrong.value:
        return
    with sp.builder.nested() as body:
        error = sp.builder.apply(ValueError, (Const(text),), (), loc)
        sp.builder.emit(Raise(error, None, loc))
    sp.builder.emit(If((), wrong, Block((), tuple(body), ()), Block((), (), ()), loc))


# --- displays -------------------------------------------------------------------------------------


def _pack(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    kind, _, *items = args
    kind_ = sp.constant(kind, "the kind of a display")
    if kind_ is set:
        keys = [sp.constant(item, "an element of a set") for item in items]
        return containers.make_set(sp, set(keys))
    if kind_ is not dict:
        return containers.same_kind(sp, kind_, tuple(items))
    entries: dict[Any, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(key, Const) and key.value is intrinsics.DOUBLE_STAR:
            entries.update(containers.mapping(sp, value, loc))
        else:
            entries[sp.constant(key, "a key of a dict")] = value
    return containers.make_dict(sp, entries)


ITEMS: dict[Any, Handler] = {
    operator.getitem: _getitem,
    intrinsics.unpack: _unpack,
    intrinsics.pack: _pack,
}

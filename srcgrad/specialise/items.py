"""Elements of containers: indexing, unpacking, and the displays that put them together."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import ListOf
from srcgrad.specialise import (
    added,
    branches,
    calls,
    certain,
    chains,
    chosen,
    compiled,
    concatenators,
    containers,
    default_dicts,
    exhausted,
    growing,
    iterate,
    lists,
    lists_in_lists,
    logs,
    object_keys,
    open_dicts,
    optional,
    outside,
    set_methods,
    stores,
    subclasses,
    undecided,
)
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import (
    ITERABLES,
    Args,
    Handler,
    Held,
    Kwargs,
    MapOf,
    Method,
    NeedsValue,
    OpenDictOf,
    RangeOf,
    Ref,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


class NotThereError(CertainError):
    """What is in a container from outside when the function begins does not have an element."""


# --- indexing -------------------------------------------------------------------------------------


def _getitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], Ref):
        default_dicts.fill_in(sp, args[0], args[1], loc)
        if object_keys.is_missing(sp, args[0], args[1], loc):
            raise object_keys.missing(loc)
    container, key = sp.heap.view(args[0]), args[1]
    flat = stores.flat_array(container)
    if flat is not None:
        return stores.flat_item(sp, flat, sp.operand(key, loc), loc)
    is_sequence = getattr(container, "kind", None) in (list, tuple) or lists.is_dynamic(container)
    if is_sequence and isinstance(key, Var):
        key = undecided.as_integer(sp, key, loc)
    place = undecided.as_place(sp, key, loc) if isinstance(container, Var) else key
    if place is not key:
        return calls.invoke(sp, Const(operator.getitem), (args[0], place), {}, loc, name)
    if isinstance(container, OpenDictOf):
        return open_dicts.element(sp, container, key, loc)
    if isinstance(container, Held):
        return _of_held(sp, args[0], container, key, loc)
    if isinstance(container, Pack):
        return _of_pack(sp, args[0], container, key, loc)
    if isinstance(container, Const) and isinstance(container.value, enum.EnumType):
        known = sp.constant(key, "the name of a member")
        if known not in container.value.__members__:
            raise CertainError(f"there is no member {known!r}", loc, KeyError(known))
        return sp.inputs.member(container.value[known])
    if isinstance(container, Const) and isinstance(container.value, str):
        known = constant_of(key) if isinstance(key, Const | Pack) else None
        if known is not None:
            return Const(certain.computed(loc, operator.getitem, container.value, known.value))
    if isinstance(container, RangeOf):
        if isinstance(key, Pack):
            return _part_of_range(sp, container, key, loc)
        return _number_of_range(sp, container, sp.operand(key, loc), loc)
    joined = concatenators.item(sp, container, key, loc)
    if joined is not None:
        return joined
    since = len(sp.builder.body)
    part = lists_in_lists.read(sp, args[0], container, key, loc)
    if part is not None:
        _note_asked(sp, args[0], container, since)
        return part
    if lists.is_dynamic(container):
        found = calls.apply(sp, operator.getitem, (container, key), {}, loc, name)
        _note_asked(sp, args[0], container, since)
        # A slice is a new list; a list that is an element has no identity, and cannot be changed.
        return containers.new_list(sp, found) if class_of(sp, key) is slice else found
    return None


def _note_asked(sp: Specialiser, given: Value, container: Value, since: int) -> None:
    """Notes that the program asks a list for an element, if it is not the compiler that does."""
    if given is not sp.looked_into and isinstance(container, Var):
        calls.note_asked(sp, container, since)


_INDEXED = "index an array of what is in it, np.array(...), or a list, a tuple or a dict"


def _of_held(sp: Specialiser, receiver: Value, container: Held, key: Value, loc: Loc) -> Value:
    """An element, or a slice, of a container from outside."""
    if not isinstance(container.example, list | tuple | dict):
        subclasses.check(container, loc)
        cls = type(container.example)
        if hasattr(cls, "__getitem__"):
            raise UnsupportedSyntaxError(f"indexing a '{cls.__name__}' object", loc, _INDEXED)
    try:
        known = sp.constant(key, "an index into a container")
    except NeedsValue as need:
        return chosen.element(sp, receiver, container, key, need, loc)
    if isinstance(known, slice):
        elements = sp.inputs.elements(container)
        part = certain.computed(loc, operator.getitem, elements, known)
        return containers.same_kind(sp, type(container.example), part)
    if isinstance(container.example, list) and isinstance(known, int):
        appended = logs.last(sp, container, known, loc)
        if appended is not None:
            return appended
    if isinstance(container.example, dict):
        certain.computed(loc, hash, known)
        written = outside.written_item(sp, container, known)
        if written is not None:
            sp.inputs.log.known(container.place.item(known))
            return written
    try:
        _check_index(container.example, known, loc)
    except CertainError as error:
        if added.has_key(sp, container, key) is False:
            raise
        sp.inputs.length(container)  # in which another signature may have it
        raise NotThereError(error.message, loc, error.original) from None
    return sp.inputs.item(container, known)


def _of_pack(sp: Specialiser, receiver: Value, container: Pack, key: Value, loc: Loc) -> Value:
    """An element, or a slice, of a container that is known element by element."""
    try:
        known = sp.constant(key, "an index into a container")
    except NeedsValue as need:
        need.read = receiver
        if container.kind is dict and not container.keys:
            text = "a dict is read that has no key yet"
            raise CertainError(text, loc, KeyError(sp.operand(key, loc))) from None
        return chosen.element(sp, receiver, container, key, need, loc)
    if container.kind is dict:
        certain.computed(loc, hash, known)
        if known not in container.keys:
            raise CertainError(f"there is no key {known!r}", loc, KeyError(known))
        return container.items[container.keys.index(known)]
    if isinstance(known, slice):
        kind = tuple if container.keys else container.kind
        part = certain.computed(loc, operator.getitem, container.items, known)
        return containers.same_kind(sp, kind, part)
    whole = list(container.items) if container.kind is list else container.items
    _check_index(whole, known, loc)
    return chains.opened(sp, container.items[known], loc)


def _part_of_range(sp: Specialiser, whole: RangeOf, key: Pack, loc: Loc) -> Value:
    """``range(n)[::-1]`` and ``range(n)[1:]``, and any part of a range that is known."""
    start, stop, step = whole.start, whole.stop, whole.step
    bounds = constant_of(key)
    known = constant_of(Pack(tuple, (start, stop, step)))
    if bounds is not None and known is not None:
        part = certain.computed(loc, operator.getitem, range(*known.value), bounds.value)
        return RangeOf(Const(part.start), Const(part.stop), Const(part.step))
    if bounds is not None and bounds.value == slice(None, None, -1):
        return _compiled_range(sp, _backwards, (start, stop, step), loc)
    if bounds is not None and _from(bounds.value) is not None:
        first = Const(_from(bounds.value))
        return _compiled_range(sp, _later, (start, stop, step, first), loc)
    message = "this part of a range whose length is not known cannot be taken"
    raise UnsupportedSyntaxError(message, loc, "give range the bounds")


def _number_of_range(sp: Specialiser, whole: RangeOf, key: Operand, loc: Loc) -> Value:
    """``range(a, b, step)[i]``."""
    bounds = (whole.start, whole.stop, whole.step)
    number, known = constant_of(key), constant_of(Pack(tuple, bounds))
    if number is not None:
        among = range(0) if known is None else range(*known.value)
        if known is not None or not isinstance(number.value, int):
            return Const(certain.computed(loc, operator.getitem, among, number.value))
    key = undecided.as_integer(sp, key, loc)
    certain.check_index(sp, key, "an index", loc)
    return compiled.run(sp, _element, (*bounds, key), loc)


def _element(start: int, stop: int, step: int, index: int) -> int:
    """What Python finds in a range; compiled like the user's functions."""
    count = len(range(start, stop, step))
    if index < 0:
        index = index + count
    if index < 0 or index >= count:
        raise IndexError("range object index out of range")
    return start + index * step


def _from(bounds: slice) -> int | None:
    """``k`` of ``k:``, if it counts from the start."""
    is_tail = bounds.stop is None and bounds.step in (None, 1)
    first: int = bounds.start or 0
    return first if is_tail and first >= 0 else None


def _compiled_range(
    sp: Specialiser, function: Callable[..., Any], args: tuple[Operand, ...], loc: Loc
) -> Value:
    """The range from what ``function``, which is compiled like the user's, gives for it."""
    parts = compiled.run(sp, function, args, loc)
    assert isinstance(parts, Pack)
    return RangeOf(*parts.items)


def _backwards(start: int, stop: int, step: int) -> tuple[int, int, int]:
    last = start + (len(range(start, stop, step)) - 1) * step
    return last, start - step, -step


def _later(start: int, stop: int, step: int, first: int) -> tuple[int, int, int]:
    return start + first * step, stop, step


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
    value = iterate.taken(sp, _iterable(sp, value, loc), loc)
    found = iterate.elements(sp, value, loc)
    if found is None and isinstance(value, ITERABLES):
        value = _in_place_of(sp, value, tail, loc)
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
    if found is None and isinstance(value, MapOf) and tail is None:
        return _unpack_mapped(sp, value, head, loc)
    elements = iterate.all_elements(sp, value, loc) if found is None else found
    if tail is None:
        if len(elements) != head:
            text = f"not enough values to unpack (expected {head}, got {len(elements)})"
            if len(elements) > head:
                text = f"too many values to unpack (expected {head})"
            raise CertainError(text, loc, ValueError(text))
        return Pack(tuple, elements)  # type: ignore[arg-type]
    if len(elements) < head + tail:
        count = f"(expected at least {head + tail}, got {len(elements)})"
        text = f"not enough values to unpack {count}"
        raise CertainError(text, loc, ValueError(text))
    stop = len(elements) - tail
    middle = containers.make_list(sp, elements[head:stop])
    return Pack(tuple, (*elements[:head], middle, *elements[stop:]))  # type: ignore[arg-type]


def _in_place_of(sp: Specialiser, value: Value, tail: Any, loc: Loc) -> Value:
    """What is unpacked in place of an iterator over an unknown number of elements: the elements may
    be of types of their own, unless there is a starred target for them."""
    if tail is None:
        return value
    return sp.heap.view(growing.collected(sp, value, loc))


def _iterable(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What is unpacked, which must not be None."""
    certain.check_iterable(sp, value, loc, "cannot unpack non-iterable {} object")
    error = TypeError("cannot unpack non-iterable NoneType object")
    if optional.may_be_none(value):
        is_none = sp.builder.apply(operator.is_, (value, Const(None)), (), loc)
        branches.raise_if(sp, is_none, error, loc)
        return optional.present(sp, value, loc)
    return value


def _unpack_array(sp: Specialiser, value: Var, count: int, loc: Loc) -> Value:
    """``a, b = x`` for an array: its length is tested as Python would test it."""
    size = calls.invoke(sp, Const(len), (value,), {}, loc)
    checked = compiled.run(sp, _check_length, (size, Const(count)), loc)
    if is_undefined(checked):
        return checked  # what follows is not reached
    items = tuple(calls.index(sp, value, Const(i), loc) for i in range(count))
    return Pack(tuple, items)  # type: ignore[arg-type]


def _unpack_mapped(sp: Specialiser, value: MapOf, count: int, loc: Loc) -> Value:
    """``a, b = map(f, xs)``, of which only data tell how many elements it gives."""
    exhausted.exhaust(sp, value, loc)
    length = iterate.length(sp, value, loc)
    checked = compiled.run(sp, _check_length, (length, Const(count)), loc)
    if is_undefined(checked):
        return checked
    items = tuple(iterate.at(sp, value, Const(i), loc) for i in range(count))
    return Pack(tuple, items)  # type: ignore[arg-type]


def _unpack_starred(sp: Specialiser, value: Var, head: int, tail: int, loc: Loc) -> Value:
    """``a, *rest, b = x`` for an array or a list of unknown length."""
    checked = compiled.run(sp, _check_at_least, (value, Const(head + tail)), loc)
    if is_undefined(checked):
        return checked
    bounds = Pack(slice, (Const(head), Const(-tail if tail else None), Const(None)))
    middle = calls.index(sp, value, bounds, loc)
    if not isinstance(value.type, ListOf):
        middle = growing.collected(sp, middle, loc)
    places = (*range(head), *range(-tail, 0))
    items: list[Value] = [calls.index(sp, value, Const(i), loc) for i in places]
    items.insert(head, middle)
    return Pack(tuple, tuple(items))  # type: ignore[arg-type]


def _check_length(size: int, count: int) -> None:
    """Raises what Python would where there are not as many elements as there are targets."""
    if size > count:
        raise ValueError(f"too many values to unpack (expected {count})")
    if size < count:
        raise ValueError(f"not enough values to unpack (expected {count}, got {size})")


def _check_at_least(value: Any, count: Any) -> None:
    """Raises what Python would where ``value`` has fewer elements than there are targets."""
    size = len(value)
    if size < count:
        raise ValueError(f"not enough values to unpack (expected at least {count}, got {size})")


# --- displays -------------------------------------------------------------------------------------


def _pack(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    kind, _, *items = args
    kind_ = sp.constant(kind, "the kind of a display")
    if kind_ is set:
        return set_methods.displayed(sp, tuple(items), loc)
    if kind_ is not dict:
        return containers.same_kind(sp, kind_, tuple(items))
    return dict_of_rows(sp, list(zip(items[::2], items[1::2], strict=True)), loc)


def dict_of_rows(sp: Specialiser, rows: list[tuple[Value, Value]], loc: Loc) -> Ref:
    """A dict of keys and values, as a display has them; from the first key on that only running the
    program tells, an open one."""
    entries: dict[Any, Value] = {}
    for i, (key, value) in enumerate(rows):
        if _is_starred(key) and object_keys.is_of_objects(value):
            return _filled(sp, entries, rows[i:], loc)
        if _is_starred(key) and not isinstance(sp.heap.view(value), OpenDictOf):
            entries.update(containers.mapping(sp, value, loc))
            continue
        if object_keys.is_object(key):
            return _filled(sp, entries, rows[i:], loc)
        try:
            if _is_starred(key):
                return _filled(sp, entries, rows[i:], loc)
            entries[certain.key(sp, key, "a key of a dict", loc)] = value
        except NeedsValue:
            if not open_dicts.is_key(sp, key):
                raise
            return _filled(sp, entries, rows[i:], loc)
    return object_keys.made(sp, containers.make_dict(sp, entries), loc)


def _is_starred(key: Value) -> bool:
    """Whether the value beside a key is another dict: ``{**d}``."""
    return isinstance(key, Const) and key.value is intrinsics.DOUBLE_STAR


def _filled(
    sp: Specialiser, entries: dict[Any, Value], rows: list[tuple[Value, Value]], loc: Loc
) -> Ref:
    """A dict with what is known of it, and the other rows put there one after the other."""
    made = object_keys.made(sp, containers.make_dict(sp, entries), loc)
    for key, value in rows:
        if _is_starred(key):
            calls.invoke(sp, Method(made, "update"), (value,), {}, loc)
        else:
            calls.invoke(sp, Const(operator.setitem), (made, key, value), {}, loc)
    return made


ITEMS: dict[Any, Handler] = {
    operator.getitem: _getitem,
    intrinsics.unpack: _unpack,
    intrinsics.pack: _pack,
}

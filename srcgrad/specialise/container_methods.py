"""The methods of lists, tuples, dicts and sets whose elements are known one by one.

Each takes ``(sp, receiver, pack, loc, ...)``: the object, what is in it now, and the arguments.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.specialise import (
    by_data,
    certain,
    chosen,
    comparisons,
    compiled,
    dispatched,
    entries,
    growing,
    histories,
    iterate,
    object_keys,
    one_by_one,
    only_elements,
    open_dicts,
    open_methods,
    open_sets,
    ordered,
    own_containers,
    places_in,
    set_methods,
)
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.containers import dict_of, entries_of, keys_of, write
from srcgrad.specialise.histories import content
from srcgrad.specialise.values import (
    Args,
    GeneratorOf,
    Kwargs,
    NeedsValue,
    OpenDictOf,
    OpenSetOf,
    Ref,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NONE, _FALSE, _LAST = Const(None), Const(False), Const(-1)


_CHANGING = frozenset(("append", "extend", "insert", "pop", "remove", "reverse", "clear", "sort"))
_CHANGING |= frozenset(("popitem", "setdefault", "update"))
"""What changes a list or a dict."""
_KEEPING = frozenset(["append", "insert", "setdefault", "get", "pop", "extend", "update"])
"""What may keep a generator expression, or give it back, or asks for its elements one by one."""


def method(
    sp: Specialiser, receiver: Ref | Pack, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """The result of a method of a list, tuple, dict or set; None if there is no such method."""
    if name in _CHANGING:
        own_containers.ask(sp, receiver)
    done = object_keys.method(sp, receiver, name, args, kwargs, loc)
    if done is not None:
        return done
    if name == "difference_update" and any(isinstance(arg, GeneratorOf) for arg in args):
        message = "a generator expression is given to 'difference_update'"
        raise UnsupportedSyntaxError(message, loc, "make a list of it, or a set")
    if name not in _KEEPING:
        args = tuple(iterate.listed(sp, arg, loc) for arg in args)
    pack = sp.heap.view(receiver)
    if isinstance(pack, OpenDictOf):
        if name == "update":
            return _update(sp, receiver, pack, loc, *args, **kwargs)
        return open_methods.method(sp, pack, name, args, kwargs, loc)
    if isinstance(pack, OpenSetOf):
        is_there = hasattr(pack.ref.kind, name)
        return set_methods.method(sp, pack, name, args, kwargs, loc) if is_there else None
    if isinstance(pack, Var):
        return growing.method(sp, receiver, pack, name, args, loc, kwargs)
    assert isinstance(pack, Pack)
    kind = tuple if pack.kind not in _METHODS else pack.kind
    found = _METHODS[kind].get(name)
    if found is None or (kind is set and not hasattr(_class_of_set(receiver), name)):
        return None
    try:
        return found(sp, receiver, pack, loc, *args, **kwargs)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise
        raise UnsupportedSyntaxError(
            f"'{pack.kind.__name__}.{name}' is given other arguments", loc
        ) from None


# --- lists and tuples -----------------------------------------------------------------------------


def _append(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    write(sp, receiver, Pack(list, (*pack.items, item)), loc)  # type: ignore[arg-type]
    return Const(None)


def _extend(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, more: Value) -> Value:
    growing.extend(sp, receiver, iterate.taken(sp, more, loc), loc)
    return Const(None)


def _insert(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, at: Value, item: Value
) -> Value:
    items: list[Any] = list(pack.items)
    try:
        known = sp.constant(at, "an index into a list")
    except NeedsValue as need:
        if not items and by_data.is_index(at):
            return _append(sp, receiver, pack, loc, item)  # wherever that is
        xs = chosen.as_list(sp, receiver, pack, at, need, loc)
        return growing.method(sp, receiver, xs, "insert", (at, item), loc)
    certain.computed(loc, items.insert, known, item)
    write(sp, receiver, Pack(list, tuple(items)), loc)
    return Const(None)


def _pop(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, at: Value = _LAST) -> Value:
    items = list(pack.items)
    try:
        known = sp.constant(at, "an index into a list")
    except NeedsValue as need:
        xs = chosen.as_list(sp, receiver, pack, at, need, loc)
        return growing.method(sp, receiver, xs, "pop", (at,), loc)
    item = certain.computed(loc, items.pop, known)
    write(sp, receiver, Pack(list, tuple(items)), loc)
    return item  # type: ignore[no-any-return]


def _remove(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    try:
        at = comparisons.position(sp, pack, item, loc)
    except NeedsValue as need:
        xs = chosen.as_list(sp, receiver, pack, Const(0), need, loc)
        return growing.method(sp, receiver, xs, "remove", (item,), loc)
    if at is None:
        text = "list.remove(x): x not in list"
        raise CertainError(text, loc, ValueError(text))
    write(sp, receiver, Pack(list, pack.items[:at] + pack.items[at + 1 :]), loc)
    return Const(None)


def _reverse(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    write(sp, receiver, Pack(list, pack.items[::-1]), loc)
    return Const(None)


def _clear(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    write(sp, receiver, Pack(pack.kind, ()), loc)
    return Const(None)


def _copy(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return sp.heap.make(pack, receiver.kind if isinstance(receiver, Ref) else None)


def _sort(
    sp: Specialiser,
    receiver: Value,
    pack: Pack,
    loc: Loc,
    *,
    key: Value = _NONE,
    reverse: Value = _FALSE,
) -> Value:
    items = ordered.in_order(sp, pack.items, key, reverse, loc)
    write(sp, receiver, Pack(list, items), loc)  # type: ignore[arg-type]
    return Const(None)


# --- dicts ----------------------------------------------------------------------------------------


def _items(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return _look(sp, receiver, pack, "items", _rows_of)


def _rows_of(pack: Pack) -> Pack:
    rows = zip(pack.keys, pack.items, strict=True)
    return Pack(tuple, tuple(Pack(tuple, (Const(key), item)) for key, item in rows))


def _values(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return _look(sp, receiver, pack, "values", lambda now: Pack(tuple, now.items))


def _keys(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return _look(sp, receiver, pack, "keys", lambda now: content(histories.of_keys(now.keys)))


def _look(
    sp: Specialiser, receiver: Value, pack: Pack, what: str, read: Callable[[Pack], Pack]
) -> Value:
    """A view of a dict, which sees what is changed later."""
    return sp.heap.look(receiver, what, read) if isinstance(receiver, Ref) else read(pack)


def _get(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, key: Value, default: Value = _NONE
) -> Value:
    try:
        known = certain.key(sp, key, "the key", loc)
    except NeedsValue as need:
        if not pack.keys:
            return default
        if any(isinstance(item, Ref) and item.kind is list for item in pack.items):
            default = only_elements.of_list(sp, default)
        return dispatched.element_or(sp, receiver, pack, key, default, need, loc)
    found: Value = entries_of(pack).get(known, default)
    return found


def _pop_key(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, key: Value, default: Value | None = None
) -> Value:
    left = entries_of(pack)
    try:
        known = certain.key(sp, key, "the key", loc)
    except NeedsValue:
        if not isinstance(receiver, Ref) or not open_dicts.is_key(sp, key):
            raise
        opened = open_dicts.made_open(sp, receiver, loc)
        if default is None:
            return open_dicts.pop(sp, opened, key, loc)
        return open_dicts.pop_or(sp, opened, key, default, loc)
    if known not in left:
        if default is None:
            raise CertainError(f"there is no key {known!r}", loc, KeyError(known))
        return default
    found: Value = left.pop(known)
    write(sp, receiver, dict_of(left), loc)
    return found


def _pop_item(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    left = entries_of(pack)
    key, item = certain.computed(loc, left.popitem)
    write(sp, receiver, dict_of(left), loc)
    return Pack(tuple, (Const(key), item))


def _set_default(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, key: Value, default: Value = _NONE
) -> Value:
    found = entries_of(pack)
    try:
        known = certain.key(sp, key, "the key", loc)
    except NeedsValue:
        if not isinstance(receiver, Ref) or not open_dicts.is_key(sp, key):
            raise
        return open_dicts.set_default(sp, receiver, key, default, loc)
    if known not in found:
        found[known] = default
        write(sp, receiver, dict_of(found), loc)
    result: Value = found[known]
    return result


def _update(
    sp: Specialiser, receiver: Value, pack: Value, loc: Loc, *more: Value, **named: Value
) -> Value:
    for other in more:
        update(sp, receiver, other, loc)
    if named:
        _put(sp, receiver, named, loc)
    return Const(None)


def update(sp: Specialiser, receiver: Value, other: Value, loc: Loc) -> None:
    """``receiver.update(other)`` of a dict."""
    cls = class_of_instance(other)
    if cls is not None and in_class(cls, "keys") is not None:
        compiled.run(sp, one_by_one.update_by_keys, (receiver, other), loc)
        return
    numbers = itertools.count()
    if isinstance(receiver, Ref) and isinstance(sp.heap.view(other), OpenDictOf):
        open_methods.update(sp, receiver, other, loc)
        return

    def put(row: Value) -> None:
        _put_row(sp, receiver, *entries.pair(sp, row, next(numbers), loc), loc)

    if one_by_one.put(sp, receiver, other, put, one_by_one.update, loc):
        return
    if entries.is_dict(sp.heap.view(other)):
        _put(sp, receiver, entries.entries(sp, other, loc), loc)
        return
    for key, item in entries.pairs(sp, other, loc):
        _put_row(sp, receiver, key, item, loc)


def _put_row(sp: Specialiser, receiver: Value, key: Value, item: Value, loc: Loc) -> None:
    """``receiver[key] = item`` of a dict, where the key may be one that only data tell."""
    try:
        known = certain.key(sp, key, "a key of a dict", loc)
    except NeedsValue:
        if not isinstance(receiver, Ref) or not open_dicts.is_key(sp, key):
            raise
        open_dicts.set_item(sp, receiver, key, item, loc)
    else:
        _put(sp, receiver, {known: item}, loc)


def _put(sp: Specialiser, receiver: Value, entries: Mapping[Any, Value], loc: Loc) -> None:
    pack = sp.heap.view(receiver)
    if isinstance(pack, OpenDictOf):
        for key, value in entries.items():
            open_dicts.set_item(sp, pack.ref, Const(key), value, loc)
        return
    assert isinstance(pack, Pack)
    write(sp, receiver, dict_of({**entries_of(pack), **entries}), loc)


def _class_of_set(receiver: Value) -> type:
    """The class of what is known by its elements: a set, or a view of the keys of a dict."""
    return receiver.kind if isinstance(receiver, Ref) else type({}.keys())


# --- sets -----------------------------------------------------------------------------------------


def _add_key(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    known = open_sets.known(sp, receiver, item, loc)
    if known is None:
        assert isinstance(receiver, Ref)
        open_sets.add(sp, receiver, item, loc)
    elif known.value in keys_of(pack):
        write(sp, receiver, pack, loc)
    else:
        set_methods.changed(sp, receiver, loc, "add", histories.element(known.value))
    return Const(None)


def _discard(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    known = open_sets.known(sp, receiver, item, loc)
    if known is None:
        assert isinstance(receiver, Ref)
        open_sets.discard(sp, receiver, item, loc)
    elif known.value not in keys_of(pack):
        write(sp, receiver, pack, loc)
    else:
        set_methods.changed(sp, receiver, loc, "discard", histories.element(known.value))
    return Const(None)


def _remove_key(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    known = open_sets.known(sp, receiver, item, loc)
    if known is None:
        assert isinstance(receiver, Ref)
        return open_sets.remove(sp, receiver, item, loc)
    if known.value not in keys_of(pack):
        raise CertainError(f"there is no element {known.value!r}", loc, KeyError(known.value))
    return _discard(sp, receiver, pack, loc, item)


def _set_method(name: str) -> Callable[..., Value]:
    def apply(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, *others: Value) -> Value:
        return set_methods.united(sp, name, receiver, others, loc)

    return apply


def _set_test(op: Any) -> Callable[..., Value]:
    def apply(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, other: Value) -> Value:
        return set_methods.compared(sp, op, receiver, other, loc)

    return apply


def _set_change(name: str) -> Callable[..., Value]:
    def apply(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, *others: Value) -> Value:
        assert isinstance(receiver, Ref)
        set_methods.change(sp, name, receiver, others, loc)
        return Const(None)

    return apply


def _set_pop(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    if not pack.items:
        certain.computed(loc, set().pop)
    return Const(set_methods.popped(sp, receiver, loc))


def _set_clear(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    set_methods.changed(sp, receiver, loc, "clear")
    return Const(None)


def _set_copy(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    assert isinstance(receiver, Ref)
    return set_methods.copied(sp, receiver)


def _set_update(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, *others: Value) -> Value:
    def put(item: Value) -> None:
        method(sp, receiver, "add", (item,), {}, loc)  # type: ignore[arg-type]

    for other in others:
        if not one_by_one.put(sp, receiver, other, put, one_by_one.add, loc):
            set_methods.update(sp, receiver, other, loc)
    return Const(None)


# --- tables ---------------------------------------------------------------------------------------


_SEQUENCE = {"index": places_in.index, "count": places_in.count}


_METHODS: dict[type, dict[str, Callable[..., Value]]] = {
    tuple: _SEQUENCE,
    list: {
        **_SEQUENCE,
        "append": _append,
        "extend": _extend,
        "insert": _insert,
        "pop": _pop,
        "remove": _remove,
        "reverse": _reverse,
        "clear": _clear,
        "copy": _copy,
        "sort": _sort,
    },
    dict: {
        "items": _items,
        "values": _values,
        "keys": _keys,
        "get": _get,
        "pop": _pop_key,
        "popitem": _pop_item,
        "setdefault": _set_default,
        "update": _update,
        "clear": _clear,
        "copy": _copy,
    },
    set: {
        "add": _add_key,
        "discard": _discard,
        "remove": _remove_key,
        "update": _set_update,
        "clear": _set_clear,
        "copy": _set_copy,
        "pop": _set_pop,
        **{name: _set_method(name) for name in set_methods.OPERATORS},
        **{name: _set_change(name) for name in set_methods.CHANGES},
        **{name: _set_test(op) for name, op in set_methods.TESTS.items()},
    },
}

"""Lists, dicts and sets whose elements are known one by one: their methods and operators.

What changes a container changes its content on the heap (``heap.py``), and emits nothing.
"""

from __future__ import annotations

import dataclasses
import itertools
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from srcgrad.errors import AliasingError, Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.packs import pack_fault
from srcgrad.specialise import calls, growing, iterate, objects
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.join import same
from srcgrad.specialise.values import Held, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Args: TypeAlias = tuple[Value, ...]
Kwargs: TypeAlias = Mapping[str, Value]
_NONE, _FALSE, _LAST = Const(None), Const(False), Const(-1)


# --- making and reading -------------------------------------------------------------------------


def make_list(sp: Specialiser, items: tuple[Value, ...]) -> Ref:
    return sp.heap.make(Pack(list, items))  # type: ignore[arg-type]


def new_list(sp: Specialiser, content: Value) -> Ref:
    """A new list with this content, known element by element or of unknown length."""
    assert isinstance(content, Pack | Var)
    return sp.heap.make(content, list)


def make_dict(sp: Specialiser, entries: Mapping[Any, Value]) -> Ref:
    return sp.heap.make(_dict_of(entries))


def make_set(sp: Specialiser, keys: Any) -> Ref:
    return sp.heap.make(_set_of(keys))


def _dict_of(entries: Mapping[Any, Value]) -> Pack:
    return Pack(dict, tuple(entries.values()), tuple(entries))  # type: ignore[arg-type]


def _set_of(keys: Any) -> Pack:
    return Pack(set, tuple(Const(key) for key in keys))


def adopt(sp: Specialiser, value: Value) -> Value:
    """A list or a dict that an operation has made, as an object that may be changed."""
    if isinstance(value, Pack) and value.kind in (list, dict):
        items = tuple(adopt(sp, item) for item in value.items)
        return sp.heap.make(Pack(value.kind, items, value.keys))  # type: ignore[arg-type]
    return value


def entries_of(pack: Pack) -> dict[Any, Any]:
    return dict(zip(pack.keys, pack.items, strict=True))


def keys_of(pack: Pack) -> list[Any]:
    """The elements of a set."""
    return [item.value for item in pack.items if isinstance(item, Const)]


def in_key_order(pack: Pack) -> Pack:
    """A dict or a set with its keys in an order of their own, for comparing."""
    keys = pack.keys if pack.kind is dict else keys_of(pack)
    order = sorted(range(len(keys)), key=lambda i: repr(keys[i]))
    items = tuple(pack.items[i] for i in order)
    return Pack(pack.kind, items, tuple(pack.keys[i] for i in order) if pack.keys else ())


def as_operand(sp: Specialiser, ref: Ref, loc: Loc) -> Operand:
    """The present content of an object as a display of the typed program."""
    frozen = sp.heap.frozen(ref)
    assert isinstance(frozen, Pack | Var)
    return frozen if isinstance(frozen, Var) else sp.operand(frozen, loc)


def checked(pack: Pack, loc: Loc) -> Pack:
    """A container as it may stand in the typed program.

    Raises
    ------
    UnknownTypeError
        If its class is none that a display can make.
    """
    if pack.kind in (tuple, list, dict, slice):
        return pack
    if dataclasses.is_dataclass(pack.kind):
        found = entries_of(pack)
        fields = [field.name for field in dataclasses.fields(pack.kind)]
        if set(fields) == set(found):
            return Pack(pack.kind, tuple(found[f] for f in fields), tuple(fields))
    if pack_fault(pack) is not None:
        name = pack.kind.__name__
        what = "a set" if pack.kind is set else f"an instance of '{name}' made here"
        message = f"{what} cannot be passed to a function that is not differentiated itself"
        raise UnknownTypeError(message, loc, "pass what it holds")
    return pack


# --- changing -----------------------------------------------------------------------------------


def write(sp: Specialiser, receiver: Value, content: Pack | Var, loc: Loc) -> None:
    """Changes the content of an object of the program.

    Raises
    ------
    AliasingError
        If the container is an argument of the differentiated function, or other names may lead to
        another one.
    """
    if isinstance(receiver, Ref):
        sp.heap.write(receiver, content, loc)
        return
    kind = content.kind.__name__ if isinstance(content, Pack) else "list"
    copy = "items = list(items)" if kind == "list" else "params = dict(params)"
    message = f"this changes a {kind} that the function was given, or an element of a growing list"
    raise AliasingError(message, loc, f"make one of its own first: {copy}")


def set_item(
    sp: Specialiser, receiver: Value, pack: Pack, key: Value, value: Value, loc: Loc
) -> None:
    """``receiver[key] = value``."""
    known = sp.constant(key, "an index into a container")
    if pack.kind is dict:
        write(sp, receiver, _dict_of({**entries_of(pack), known: value}), loc)
        return
    if pack.kind is not list:
        message = f"'{pack.kind.__name__}' object does not support item assignment"
        raise UnsupportedSyntaxError(message, loc)
    items: list[Any] = list(pack.items)
    if isinstance(known, slice):
        more: Any = iterate.all_elements(sp, value, loc)
        _attempt(lambda: operator.setitem(items, known, more), loc)
    else:
        _attempt(lambda: operator.setitem(items, known, value), loc)
    write(sp, receiver, Pack(list, tuple(items)), loc)


def delete_item(sp: Specialiser, receiver: Value, pack: Pack, key: Value, loc: Loc) -> None:
    """``del receiver[key]``."""
    known = sp.constant(key, "an index into a container")
    content: Any = entries_of(pack) if pack.kind is dict else list(pack.items)
    _attempt(lambda: operator.delitem(content, known), loc)
    new = _dict_of(content) if pack.kind is dict else Pack(list, tuple(content))
    write(sp, receiver, new, loc)


def _attempt(action: Callable[[], Any], loc: Loc) -> Any:
    """Does to known containers what the program does."""
    try:
        return action()
    except (LookupError, ValueError, TypeError) as error:
        text = f"there is no key {error}" if isinstance(error, KeyError) else str(error)
        raise UnsupportedSyntaxError(text, loc) from None


def augment(sp: Specialiser, op: Any, ref: Ref, other: Value, loc: Loc) -> Value | None:
    """``ref += other`` and the like; None if the class of ``ref`` has no such operator."""
    pack = sp.heap.contents[ref]
    if isinstance(pack, Var):
        return growing.augment(sp, op, ref, pack, other, loc)
    if ref.kind is list and op is operator.iadd and growing.is_dynamic(sp, other):
        return growing.augment(sp, op, ref, pack, other, loc)
    if ref.kind is list and op is operator.iadd:
        more = iterate.all_elements(sp, other, loc)
        write(sp, ref, Pack(list, (*pack.items, *more)), loc)  # type: ignore[arg-type]
    elif ref.kind is list and op is operator.imul:
        times = sp.constant(other, "the number of repetitions")
        write(sp, ref, Pack(list, pack.items * times), loc)
    elif ref.kind is dict and op is operator.ior:
        write(sp, ref, _dict_of({**entries_of(pack), **entries(sp, other, loc)}), loc)
    elif ref.kind is set and op in _SET_OPERATORS:
        write(sp, ref, _combined(sp, _SET_OPERATORS[op], pack, other, loc), loc)
    else:
        return None
    return ref


# --- methods ------------------------------------------------------------------------------------


def method(
    sp: Specialiser, receiver: Ref | Pack, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """The result of a method of a list, tuple, dict or set; None if there is no such method."""
    args = tuple(iterate.listed(sp, arg, loc) for arg in args)
    pack = sp.heap.view(receiver)
    if isinstance(pack, Var):
        return growing.method(sp, receiver, pack, name, args, loc)
    assert isinstance(pack, Pack)
    kind = tuple if pack.kind not in _METHODS else pack.kind
    found = _METHODS[kind].get(name)
    if found is None:
        return None
    try:
        return found(sp, receiver, pack, loc, *args, **kwargs)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise
        raise UnsupportedSyntaxError(
            f"'{pack.kind.__name__}.{name}' is given other arguments", loc
        ) from None


def _append(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    write(sp, receiver, Pack(list, (*pack.items, item)), loc)  # type: ignore[arg-type]
    return Const(None)


def _extend(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, more: Value) -> Value:
    if growing.is_dynamic(sp, more):
        return growing.method(sp, receiver, pack, "extend", (more,), loc)
    items = iterate.all_elements(sp, more, loc)
    write(sp, receiver, Pack(list, (*pack.items, *items)), loc)  # type: ignore[arg-type]
    return Const(None)


def _insert(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, at: Value, item: Value
) -> Value:
    items: list[Any] = list(pack.items)
    items.insert(sp.constant(at, "an index into a list"), item)
    write(sp, receiver, Pack(list, tuple(items)), loc)
    return Const(None)


def _pop(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, at: Value = _LAST) -> Value:
    items = list(pack.items)
    known = sp.constant(at, "an index into a list")
    item = _attempt(lambda: items.pop(known), loc)
    write(sp, receiver, Pack(list, tuple(items)), loc)
    return item  # type: ignore[no-any-return]


def _remove(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    at = position(sp, pack, item, loc)
    if at is None:
        raise UnsupportedSyntaxError("list.remove(x): x not in list", loc)
    write(sp, receiver, Pack(list, pack.items[:at] + pack.items[at + 1 :]), loc)
    return Const(None)


def _reverse(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    write(sp, receiver, Pack(list, pack.items[::-1]), loc)
    return Const(None)


def _clear(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    write(sp, receiver, Pack(pack.kind, ()), loc)
    return Const(None)


def _copy(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return sp.heap.make(pack)


def _sort(
    sp: Specialiser,
    receiver: Value,
    pack: Pack,
    loc: Loc,
    *,
    key: Value = _NONE,
    reverse: Value = _FALSE,
) -> Value:
    items = in_sorted_order(sp, pack.items, key, reverse, loc)
    write(sp, receiver, Pack(list, items), loc)  # type: ignore[arg-type]
    return Const(None)


def _index(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    at = position(sp, pack, item, loc)
    if at is None:
        raise UnsupportedSyntaxError("list.index(x): x not in list", loc)
    return Const(at)


def _count(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    return Const(sum(_is_equal(sp, each, item, loc) for each in pack.items))


def _items(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return _look(sp, receiver, pack, _rows_of)


def _rows_of(pack: Pack) -> Pack:
    rows = zip(pack.keys, pack.items, strict=True)
    return Pack(tuple, tuple(Pack(tuple, (Const(key), item)) for key, item in rows))


def _values(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return _look(sp, receiver, pack, lambda now: Pack(tuple, now.items))


def _keys(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    return _look(sp, receiver, pack, lambda now: _set_of(now.keys))


def _look(sp: Specialiser, receiver: Value, pack: Pack, read: Callable[[Pack], Pack]) -> Value:
    """A view of a dict, which sees what is changed later."""
    return sp.heap.look(receiver, read) if isinstance(receiver, Ref) else read(pack)


def _get(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, key: Value, default: Value = _NONE
) -> Value:
    found: Value = entries_of(pack).get(sp.constant(key, "the key"), default)
    return found


def _pop_key(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, key: Value, default: Value | None = None
) -> Value:
    left = entries_of(pack)
    known = sp.constant(key, "the key")
    if known not in left:
        if default is None:
            raise UnsupportedSyntaxError(f"there is no key {known!r}", loc)
        return default
    found: Value = left.pop(known)
    write(sp, receiver, _dict_of(left), loc)
    return found


def _pop_item(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc) -> Value:
    left = entries_of(pack)
    key, item = _attempt(left.popitem, loc)
    write(sp, receiver, _dict_of(left), loc)
    return Pack(tuple, (Const(key), item))


def _set_default(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, key: Value, default: Value = _NONE
) -> Value:
    found = entries_of(pack)
    known = sp.constant(key, "the key")
    if known not in found:
        found[known] = default
        write(sp, receiver, _dict_of(found), loc)
    result: Value = found[known]
    return result


def _update(
    sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, *more: Value, **named: Value
) -> Value:
    new = entries_of(pack)
    for other in more:
        new.update(entries(sp, other, loc))
    write(sp, receiver, _dict_of({**new, **named}), loc)
    return Const(None)


def _add_key(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    keys = {*keys_of(pack), sp.constant(item, "an element of a set")}
    write(sp, receiver, _set_of(keys), loc)
    return Const(None)


def _discard(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    keys = {*keys_of(pack)} - {sp.constant(item, "an element of a set")}
    write(sp, receiver, _set_of(keys), loc)
    return Const(None)


def _remove_key(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, item: Value) -> Value:
    known = sp.constant(item, "an element of a set")
    if known not in keys_of(pack):
        raise UnsupportedSyntaxError(f"there is no element {known!r}", loc)
    return _discard(sp, receiver, pack, loc, item)


def _set_method(op: Any) -> Callable[..., Value]:
    def apply(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, other: Value) -> Value:
        return sp.heap.make(_combined(sp, op, pack, other, loc))

    return apply


def _set_update(sp: Specialiser, receiver: Value, pack: Pack, loc: Loc, other: Value) -> Value:
    write(sp, receiver, _combined(sp, operator.or_, pack, other, loc), loc)
    return Const(None)


def _combined(sp: Specialiser, op: Any, pack: Pack, other: Value, loc: Loc) -> Pack:
    elements = iterate.all_elements(sp, other, loc)
    keys = {sp.constant(element, "an element of a set") for element in elements}
    return _set_of(op(set(keys_of(pack)), keys))


def entries(sp: Specialiser, value: Value, loc: Loc) -> dict[Any, Value]:
    """The entries of a dict, or of the pairs that make one."""
    pack = sp.heap.view(value)
    if isinstance(pack, Pack) and pack.kind is dict:
        return entries_of(pack)
    if isinstance(pack, Held) and isinstance(pack.example, dict):
        return calls.mapping(sp, pack, loc)
    found: dict[Any, Value] = {}
    for row in iterate.all_elements(sp, value, loc):
        key, item = iterate.all_elements(sp, row, loc)
        found[sp.constant(key, "a key of a dict")] = item
    return found


_SEQUENCE = {"index": _index, "count": _count}
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
        "clear": _clear,
        "copy": _copy,
        "union": _set_method(operator.or_),
        "intersection": _set_method(operator.and_),
        "difference": _set_method(operator.sub),
    },
}
_SET_OPERATORS = {
    operator.ior: operator.or_,
    operator.iand: operator.and_,
    operator.isub: operator.sub,
    operator.ixor: operator.xor,
}


# --- comparisons and order ----------------------------------------------------------------------


def position(sp: Specialiser, pack: Pack, item: Value, loc: Loc) -> int | None:
    """Where ``item`` is first found among the elements; None if it is not."""
    for i, each in enumerate(pack.items):
        if _is_equal(sp, each, item, loc):
            return i
    return None


def _is_equal(sp: Specialiser, a: Value, b: Value, loc: Loc) -> bool:
    if a is b:
        return True
    if not objects.compares_by_identity(a, b) and same(sp.heap.frozen(a), sp.heap.frozen(b)):
        return True
    result = calls.invoke(sp, Const(operator.eq), (a, b), {}, loc)
    return bool(sp.constant(result, "what is looked for in a container"))


def in_sorted_order(
    sp: Specialiser, items: tuple[Value, ...], key: Value, reverse: Value, loc: Loc
) -> tuple[Value, ...]:
    """The elements as ``sorted`` gives them, if what they are sorted by is known."""
    by = [
        item
        if isinstance(key, Const) and key.value is None
        else calls.invoke(sp, key, (item,), {}, loc)
        for item in items
    ]
    ranks = [_rank(sp, value) for value in by]
    if any(len(rank) < len(parts) for rank, parts in ranks) and len({r for r, _ in ranks}) < len(
        ranks
    ):
        for value in by:
            sp.constant(value, "what is sorted")
    backwards = bool(sp.constant(reverse, "'reverse'"))
    keys = [rank for rank, _ in ranks]
    order = _attempt(
        lambda: sorted(range(len(items)), key=keys.__getitem__, reverse=backwards), loc
    )
    return tuple(items[i] for i in order)


def _rank(sp: Specialiser, value: Value) -> tuple[tuple[Any, ...], tuple[Value, ...]]:
    """What a value is sorted by, and its parts: of ``(name, array)`` the name, which suffices if
    no other pair has the same."""
    value = sp.heap.frozen(value)
    parts = value.items if isinstance(value, Pack) and value.kind in (tuple, list) else (value,)
    known = [constant_of(part) if isinstance(part, Const | Pack) else None for part in parts]
    if known[:1] in ([], [None]):
        return (sp.constant(value, "what is sorted"),), parts
    return tuple(part.value for part in itertools.takewhile(bool, known) if part), parts

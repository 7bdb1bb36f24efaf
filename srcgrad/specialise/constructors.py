"""Builtins that make containers and iterables: ``list``, ``dict``, ``range``, ``zip``."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import (
    advanced,
    advancing,
    backwards,
    calls,
    certain,
    compiled,
    containers,
    entries,
    growing,
    items,
    iterate,
    lists,
    object_keys,
    open_dicts,
    open_methods,
    repeated,
    set_methods,
    spread,
    strict_zips,
    undecided,
)
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    ITERATORS,
    Args,
    EnumerateOf,
    Handler,
    Kwargs,
    MapOf,
    OpenDictOf,
    RangeOf,
    Ref,
    TakenOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- containers -----------------------------------------------------------------------------------


def _sequence(kind: type) -> Handler:
    def build(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if kind is list and args and lists.is_dynamic(sp.heap.view(args[0])):
            return containers.new_list(sp, sp.heap.view(args[0]))
        if kind is list and args and growing.is_dynamic(sp, args[0]):
            return growing.collected(sp, args[0], loc)
        if kind in (set, frozenset):
            return set_methods.made(sp, args[0] if args else Pack(tuple, ()), loc, kind)
        if kind is tuple:
            return spread.tuple_of(sp, spread.taken_apart(sp, args[0], loc) if args else (), loc)
        elements = iterate.all_elements(sp, args[0], loc) if args else ()
        return containers.same_kind(sp, kind, elements)

    return build


def _dict(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    cls = class_of_instance(args[0]) if args else None
    if cls is not None and in_class(cls, "keys") is not None:
        made = compiled.run(sp, _by_keys, args[:1], loc)
        assert isinstance(made, Ref)
        return _with_named(sp, made, kwargs, loc)
    opened = sp.heap.view(args[0]) if args else None
    if isinstance(opened, OpenDictOf):
        return _with_named(sp, open_methods.copy(sp, opened), kwargs, loc)
    if args and growing.is_dynamic(sp, args[0]):
        empty = object_keys.made(sp, containers.make_dict(sp, {}), loc)
        made = open_dicts.fill(sp, empty, args[0], loc)
        return _with_named(sp, made, kwargs, loc)
    if not args or entries.is_dict(opened):
        known = entries.entries(sp, args[0], loc) if args else {}
        return object_keys.made(sp, containers.make_dict(sp, {**known, **kwargs}), loc)
    rows = entries.pairs(sp, args[0], loc)
    if any(object_keys.is_object(key) for key, _ in rows):
        made = object_keys.filled(sp, containers.make_dict(sp, {}), rows, loc)
        return _with_named(sp, made, kwargs, loc)
    return _with_named(sp, items.dict_of_rows(sp, rows, loc), kwargs, loc)


def _by_keys(entries: Any) -> Any:
    """What ``dict`` takes of an object that has ``keys``; compiled like the user's functions."""
    return {key: entries[key] for key in entries.keys()}  # noqa: SIM118


def _with_named(sp: Specialiser, made: Ref, kwargs: Kwargs, loc: Loc) -> Ref:
    """A new dict, to which data add keys, with those that are named in the call."""
    for key, value in kwargs.items():
        calls.invoke(sp, Const(operator.setitem), (made, Const(key), value), {}, loc)
    return made


def _from_keys(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs:
        raise UnsupportedSyntaxError("dict.fromkeys() takes no keyword arguments", loc)
    value = args[1] if len(args) > 1 else Const(None)
    if growing.is_dynamic(sp, args[0]):
        made = object_keys.made(sp, containers.make_dict(sp, {}), loc)
        return open_dicts.fill_keys(sp, made, args[0], value, loc)
    keys = iterate.all_elements(sp, args[0], loc)
    if any(map(object_keys.is_object, keys)):
        rows = ((key, value) for key in keys)
        return object_keys.filled(sp, containers.make_dict(sp, {}), rows, loc)
    return items.dict_of_rows(sp, [(key, value) for key in keys], loc)


def _slice(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs or not 1 <= len(args) <= 3:
        return None
    none: Value = Const(None)
    start, stop, step = (none, *args, none) if len(args) == 1 else (*args, none)[:3]
    return Pack(slice, (start, stop, step))  # type: ignore[arg-type]


# --- iterables ------------------------------------------------------------------------------------


def _range(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    parts = [undecided.as_integer(sp, sp.operand(arg, loc), loc) for arg in args]
    certain.check_bounds(sp, parts, loc)
    if len(parts) == 1:
        parts.insert(0, Const(0))
    if len(parts) == 2:
        parts.append(Const(1))
    return RangeOf(*parts)


def _zip(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    certain.check_made_of(sp, args, loc)
    if not args:
        return TakenOf((), sp.trip)  # which gives nothing
    strict = sp.constant(kwargs.get("strict", Const(False)), "'strict'")
    endless = None if strict else repeated.beside(sp, repeated.ROW_OF_ZIP, args, loc)
    if endless is not None:
        return endless
    joined = advancing.together(sp, None, args, loc)
    if joined is not None:
        if strict:
            raise advanced.refused(loc)
        return joined
    in_doubt = bool(strict) and strict_zips.is_in_doubt(sp, args, loc)
    return advanced.made(sp, ZipOf(args, sp.trip, strict=in_doubt), loc)


def _enumerate(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    start = sp.operand(args[1] if len(args) > 1 else kwargs.get("start", Const(0)), loc)
    start = undecided.as_integer(sp, start, loc)
    certain.check_index(sp, start, "enumerate", loc)
    certain.check_made_of(sp, args[:1], loc)
    joined = advancing.enumerated(sp, args[0], start, loc)
    if joined is not None:
        return joined
    return advanced.made(sp, EnumerateOf(args[0], start, sp.trip), loc)


def _iter(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], ITERATORS) or advanced.is_advanced(args[0]):
        return args[0]
    if len(args) == 1:
        certain.check_iterable(sp, args[0], loc)
        certain.try_iterable(sp, args[0], loc)
    return advanced.made(sp, MapOf(Const(intrinsics.itself), (args[0],), sp.trip), loc)


CONSTRUCTORS: dict[Any, Handler] = {
    tuple: _sequence(tuple),
    list: _sequence(list),
    set: _sequence(set),
    frozenset: _sequence(frozenset),
    dict: _dict,
    dict.fromkeys: _from_keys,
    slice: _slice,
    range: _range,
    zip: _zip,
    enumerate: _enumerate,
    reversed: backwards.made,
    iter: _iter,
}

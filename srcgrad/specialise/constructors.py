"""Builtins that make containers and iterables: ``list``, ``dict``, ``range``, ``zip``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Object, Scalar, Unknown, number_of
from srcgrad.specialise import backwards, compiled, containers, growing, iterate, lists
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import classes_of
from srcgrad.specialise.values import (
    ITERATORS,
    Args,
    EnumerateOf,
    Handler,
    Kwargs,
    MapOf,
    RangeOf,
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
        elements = iterate.all_elements(sp, args[0], loc) if args else ()
        if kind is set:
            known = [sp.constant(element, "an element of a set") for element in elements]
            return containers.make_set(sp, set(known))
        return containers.same_kind(sp, kind, elements)

    return build


def _dict(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    entries = iterate.entries(sp, args[0], loc) if args else {}
    return containers.make_dict(sp, {**entries, **kwargs})


def _from_keys(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs:
        raise UnsupportedSyntaxError("dict.fromkeys() takes no keyword arguments", loc)
    keys = iterate.all_elements(sp, args[0], loc)
    value = args[1] if len(args) > 1 else Const(None)
    return containers.make_dict(sp, {sp.constant(k, "a key of a dict"): value for k in keys})


def _slice(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs or not 1 <= len(args) <= 3:
        return None
    none: Value = Const(None)
    start, stop, step = (none, *args, none) if len(args) == 1 else (*args, none)[:3]
    return Pack(slice, (start, stop, step))  # type: ignore[arg-type]


# --- iterables ------------------------------------------------------------------------------------


def _range(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    parts: list[Operand] = [sp.operand(arg, loc) for arg in args]
    if any(_is_float(part) for part in parts):
        message = "the argument of range is a float; a differentiated int is taken as a float"
        hint = "leave it out of argnums, or declare it an int in its class, if it has one"
        raise UnsupportedSyntaxError(message, loc, hint)
    if len(parts) == 1:
        parts.insert(0, Const(0))
    if len(parts) == 2:
        parts.append(Const(1))
    return RangeOf(*parts)


def _is_float(operand: Operand) -> bool:
    """Whether an operand is a floating-point number."""
    number = number_of(type_of(operand))
    return isinstance(number, Scalar) and number.dtype.kind == "f"


def _zip(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if sp.constant(kwargs.get("strict", Const(False)), "'strict'") and args:
        first, *others = (iterate.length(sp, arg, loc) for arg in args)
        for number, other in enumerate(others, start=2):
            compiled.run(sp, _as_long, (Const(number), other, first), loc)
    return ZipOf(args, sp.trip)


def _as_long(number: int, length: int, first: int) -> None:
    """What ``zip(strict=True)`` asks for; compiled like the user's functions.  Python finds out
    when it gets there, after the trips before."""
    if length < first:
        raise ValueError(f"zip() argument {number} is shorter than argument 1")
    if length > first:
        raise ValueError(f"zip() argument {number} is longer than argument 1")


def _enumerate(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    start = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
    return EnumerateOf(args[0], sp.operand(start, loc), sp.trip)


def _iter(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if isinstance(args[0], ITERATORS):
        return args[0]
    if len(args) == 1:
        _check_iterable(sp, args[0], loc)
    return MapOf(Const(intrinsics.itself), (args[0],), sp.trip)


def _check_iterable(sp: Specialiser, value: Value, loc: Loc) -> None:
    """What ``iter`` of a value raises, if that is known; else it finds out when it runs."""
    if isinstance(value, Var) and isinstance(value.type, Unknown | Object):
        sp.builder.apply(iter, (value,), (), loc)
        return
    classes = classes_of(sp, value)
    number = isinstance(value, Var) and isinstance(number_of(value.type), Scalar)
    if isinstance(value, Var) and isinstance(value.type, Array) and value.type.dims == ():
        text = "iteration over a 0-d array"
    elif number or (classes and not any(map(_is_iterable, classes))):
        text = f"'{classes[0].__name__ if classes else 'number'}' object is not iterable"
    else:
        return
    raise CertainError(text, loc, TypeError(text))


def _is_iterable(cls: type) -> bool:
    if issubclass(cls, np.generic):
        return False  # which has an index for all that
    return any(in_class(cls, name) is not None for name in ("__iter__", "__getitem__"))


CONSTRUCTORS: dict[Any, Handler] = {
    tuple: _sequence(tuple),
    list: _sequence(list),
    set: _sequence(set),
    frozenset: _sequence(set),
    dict: _dict,
    dict.fromkeys: _from_keys,
    slice: _slice,
    range: _range,
    zip: _zip,
    enumerate: _enumerate,
    reversed: backwards.made,
    iter: _iter,
}

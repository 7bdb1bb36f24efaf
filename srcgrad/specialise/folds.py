"""One value out of all elements: ``len`` and ``np.shape``, ``sum``, ``math.prod``, ``min`` and
``max``."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, Scalar, ndim_of, number_of
from srcgrad.specialise import calls, compiled, growing, iterate, keyed, lists, logs, open_dicts
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    ITERABLES,
    ITERATORS,
    Args,
    EnumerateOf,
    GeneratorOf,
    Handler,
    Held,
    Kwargs,
    Opened,
    ReversedOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _len(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = sp.heap.view(args[0])
    if isinstance(value, Pack):
        if class_of_instance(value) is not None and not issubclass(value.kind, tuple):
            text = f"object of type '{value.kind.__name__}' has no len()"
            raise CertainError(text, loc, TypeError(text))
        return Const(len(value.items))
    if isinstance(value, Held) and isinstance(value.example, list | tuple | dict):
        count = logs.length(sp, value, loc)
        return Const(sp.inputs.length(value)) if count is None else count
    if isinstance(value, Opened):
        return open_dicts.count(sp, value, loc)
    if isinstance(value, ITERATORS) and not sp.running[-1].frame.scope.trusted:
        text = f"object of type '{_names.get(type(value), 'iterator')}' has no len()"
        raise CertainError(text, loc, TypeError(text))
    if isinstance(value, ITERABLES):
        return iterate.length(sp, value, loc)
    return None


_names = {ZipOf: "zip", EnumerateOf: "enumerate", ReversedOf: "reversed", GeneratorOf: "generator"}


def _metadata(descriptor: Any) -> Handler:
    """``np.shape(x)`` of what is known to be an array is ``x.shape``."""

    def ask(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if len(args) == 1 and not kwargs and isinstance(args[0], Var):  # noqa: SIM102
            if isinstance(args[0].type, Array):
                return calls.apply(sp, descriptor, args, {}, loc, name)
        return None

    return ask


def _sum(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    start = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
    if isinstance(start, Held) and isinstance(start.example, list | tuple):
        start = calls.invoke(sp, Const(type(start.example)), (start,), {}, loc)  # its own from here
    if _is_container(sp.heap.view(start)):
        added = (Const(operator.add), args[0], start)
        return calls.invoke(sp, Const(functools.reduce), added, {}, loc)
    if isinstance(args[0], ITERABLES) and growing.is_dynamic(sp, args[0]):
        items = growing.collected(sp, args[0], loc)
        return calls.invoke(sp, Const(sum), (items, *args[1:]), kwargs, loc, name)
    if isinstance(sp.heap.view(args[0]), Var) and not iterate.is_known(sp, args[0], loc):
        return None  # an array: its rows are added by the operation itself
    total = start
    elements = iterate.all_elements(sp, args[0], loc)
    for i, element in enumerate(elements):
        if i == 0 and _adds_nothing(total, element, alone=len(elements) == 1):
            total = element
            continue
        total = calls.invoke(sp, Const(operator.add), (total, element), {}, loc)
    return total


def _fsum(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``math.fsum``, which adds without losing digits: one operation, whatever it adds."""
    if len(args) != 1 or kwargs:
        return None
    items = args[0]
    if isinstance(items, ITERABLES) and growing.is_dynamic(sp, items):
        items = growing.collected(sp, items, loc)
    elif not isinstance(sp.heap.view(items), Var) or iterate.is_known(sp, items, loc):
        items = Pack(list, iterate.all_elements(sp, items, loc))  # type: ignore[arg-type]
    return calls.apply(sp, math.fsum, (items,), {}, loc, name)


def _prod(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``math.prod``."""
    if len(args) != 1 or kwargs.keys() - {"start"}:
        return None
    multiplied = (Const(operator.mul), args[0], kwargs.get("start", Const(1)))
    return calls.invoke(sp, Const(functools.reduce), multiplied, {}, loc)


def _is_container(value: Value) -> bool:
    if isinstance(value, Const):
        return isinstance(value.value, list | tuple)
    return lists.is_dynamic(value) or (isinstance(value, Pack) and value.kind in (list, tuple))


def _adds_nothing(start: Value, element: Value, alone: bool) -> bool:
    """Whether ``start + element`` is ``element`` itself, of the same type.

    An array that is ``alone`` would be its own sum, and a sum is an array of its own.
    """
    if not isinstance(start, Const) or type(start.value) not in (int, float) or start.value != 0:
        return False
    number = number_of(type_of(element)) if isinstance(element, Var | Const) else None
    if isinstance(number, Array):
        return number.ndim > 0 and number.dtype.kind in "fc" and not alone
    if not isinstance(number, Scalar) or number.dtype.kind not in "fc":
        return False
    return number.instead is None or type(start.value) is int


def _extremum(function: Callable[..., Any]) -> Handler:
    def pick(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if keyed.is_given(kwargs):
            return keyed.extremum(sp, function, args, kwargs, loc)
        kwargs = {name: value for name, value in kwargs.items() if name != "key"}
        if len(args) > 1 and not kwargs:
            found = keyed.of_instances(sp, function, args, loc)
            return found or keyed.of_tuples(sp, function, Pack(tuple, args), loc)  # type: ignore[arg-type]
        if len(args) != 1 or kwargs.keys() - {"default"}:
            return None
        if "default" in kwargs:
            return _or_default(sp, function, args[0], kwargs["default"], loc)
        if isinstance(args[0], ITERABLES) and growing.is_dynamic(sp, args[0]):
            items = growing.collected(sp, args[0], loc)
            found = keyed.of_tuples(sp, function, items, loc)
            return found or calls.apply(sp, function, (items,), {}, loc, name)
        viewed = sp.heap.view(args[0])
        if lists.is_dynamic(viewed) or (isinstance(viewed, Var) and ndim_of(viewed.type) == 1):
            return keyed.of_tuples(sp, function, args[0], loc)
        elements = iterate.all_elements(sp, args[0], loc)
        if len(elements) == 1:
            return elements[0]
        if not elements:
            try:
                function(())
            except ValueError as error:
                raise CertainError(str(error), loc, error) from None
        known = Pack(tuple, elements)  # type: ignore[arg-type]
        found = keyed.of_instances(sp, function, elements, loc)
        found = found or keyed.of_tuples(sp, function, known, loc)
        return found or calls.apply(sp, function, elements, {}, loc, name)

    return pick


def _or_default(
    sp: Specialiser, function: Callable[..., Any], items: Value, default: Value, loc: Loc
) -> Value:
    """``max(items, default=default)``."""
    if iterate.is_known(sp, items, loc):
        elements = iterate.all_elements(sp, items, loc)
        if not elements:
            return default
        return calls.invoke(sp, Const(function), (Pack(tuple, elements),), {}, loc)  # type: ignore[arg-type]
    items = growing.indexable(sp, items, loc)
    largest_or = {max: _largest_or, min: _smallest_or}[function]
    return compiled.run(sp, largest_or, (items, default), loc)


def _largest_or(items: Any, default: Any) -> Any:
    return max(items) if len(items) else default


def _smallest_or(items: Any, default: Any) -> Any:
    return min(items) if len(items) else default


FOLDS: dict[Any, Handler] = {
    len: _len,
    np.shape: _metadata(np.ndarray.shape),
    np.size: _metadata(np.ndarray.size),
    np.ndim: _metadata(np.ndarray.ndim),
    sum: _sum,
    math.fsum: _fsum,
    math.prod: _prod,
    max: _extremum(max),
    min: _extremum(min),
}

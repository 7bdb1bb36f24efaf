"""``min``, ``max`` and ``sorted`` with a ``key``: the elements that a function of them chooses.

What ``key`` gives may be known, and then the order is; or it is a number that only running tells.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeGuard

from srcgrad.errors import CertainError, Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import UNKNOWN, Known, ListOf, Object, PackType, Type
from srcgrad.specialise import compiled, growing, iterate
from srcgrad.specialise.builder import is_operand, type_of
from srcgrad.specialise.classes import is_compared
from srcgrad.specialise.ordered import has_order
from srcgrad.specialise.values import ITERABLES, Args, Kwargs, RangeOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def is_given(kwargs: Kwargs) -> bool:
    """Whether there is a ``key`` that is not None."""
    key = kwargs.get("key", Const(None))
    return not (isinstance(key, Const) and key.value is None)


def extremum(
    sp: Specialiser, function: Callable[..., Any], args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """``max(items, key=key)``, ``min(a, b, key=key)``, with ``default`` or without."""
    if not args or kwargs.keys() - {"key", "default"} or (len(args) > 1 and "default" in kwargs):
        return None
    items, key = args[0] if len(args) == 1 else Pack(tuple, args), kwargs["key"]  # type: ignore[arg-type]
    wins = Const({max: operator.gt, min: operator.lt}[function])
    if iterate.is_known(sp, items, loc) and not isinstance(items, RangeOf):
        elements = iterate.all_elements(sp, items, loc)
        if elements:
            known = Pack(tuple, elements)  # type: ignore[arg-type]
            return compiled.run(sp, _best_of, (known, key, wins), loc)
        if "default" in kwargs:
            return kwargs["default"]
        error = _of_nothing(function)
        raise CertainError(str(error), loc, error)
    if isinstance(items, ITERABLES) and not isinstance(items, RangeOf):
        items = growing.collected(sp, items, loc)
    if "default" in kwargs:
        return compiled.run(sp, _best_or, (items, key, Const(function), kwargs["default"]), loc)
    text = Const(str(_of_nothing(function)))
    if isinstance(items, RangeOf) and isinstance(items.step, Const) and items.step.value == 1:
        bounds = (items.start, items.stop)
        return compiled.run(sp, _best_between, (*bounds, key, wins, text), loc)
    return compiled.run(sp, _best_by, (items, key, wins, text), loc)


def of_instances(
    sp: Specialiser, function: Callable[..., Any], elements: tuple[Value, ...], loc: Loc
) -> Value | None:
    """``max(a, b)`` of objects, which their classes compare; None if there are none among them."""
    if not any(is_compared(element) for element in elements):
        return None
    wins = Const({max: operator.gt, min: operator.lt}[function])
    return compiled.run(sp, _best_of_objects, (Pack(tuple, elements), wins), loc)  # type: ignore[arg-type]


def of_tuples(
    sp: Specialiser, function: Callable[..., Any], items: Value, loc: Loc
) -> Value | None:
    """``max(items)`` of tuples of numbers and texts, of which the first that differ decide."""
    viewed = sp.heap.view(items)
    found: list[Type] = []
    if isinstance(viewed, Pack):
        is_pack = [isinstance(each, Pack) and is_operand(each) for each in viewed.items]
        rows = zip(viewed.items, is_pack, strict=True)
        found = [type_of(each) if known else UNKNOWN for each, known in rows]
    elif isinstance(viewed, Var) and isinstance(viewed.type, ListOf):
        found = [viewed.type.item]
    lengths = [len(each.items) for each in found if _is_tuple(each)]
    if not lengths or lengths != lengths[:1] * len(found) or not lengths[0]:
        return None
    wins = Const({max: operator.gt, min: operator.lt}[function])
    text = Const(str(_of_nothing(function)))
    return compiled.run(sp, _best, (viewed, wins, compiled.closure(_wins), text), loc)


def _is_tuple(type_: Type) -> TypeGuard[PackType]:
    if not isinstance(type_, PackType) or type_.kind is not tuple:
        return False
    return all(has_order(item) or _is_text(item) for item in type_.items)


def _is_text(type_: Type) -> bool:
    if isinstance(type_, Known):
        return isinstance(type_.value, str)
    return isinstance(type_, Object) and issubclass(type_.cls, str)


def _of_nothing(function: Callable[..., Any]) -> ValueError:
    """What ``max(())`` raises in this version of Python."""
    try:
        function(())
    except ValueError as error:
        return error
    raise AssertionError("there is no largest of no elements")


# --- compiled like the user's functions -----------------------------------------------------------


def _wins(wins: Any, a: Any, b: Any) -> Any:
    """Whether one of two tuples does, which are equally long."""
    found = wins(a[-1], b[-1])
    for i in range(len(a) - 2, -1, -1):
        found = wins(a[i], b[i]) or (a[i] == b[i] and found)
    return found


def _best(items: Any, wins: Any, decide: Any, text: Any) -> Any:
    if not len(items):
        raise ValueError(text)
    best = items[0]
    for i in range(1, len(items)):
        item = items[i]
        if decide(wins, item, best):
            best = item
    return best


def _best_of(items: Any, key: Any, wins: Any) -> Any:
    best = items[0]
    most = key(best)
    for item in items[1:]:
        other = key(item)
        if wins(other, most):
            best, most = item, other
    return best


def _best_of_objects(items: Any, wins: Any) -> Any:
    best = items[0]
    for item in items[1:]:
        if wins(item, best):
            best = item
    return best


def _best_by(items: Any, key: Any, wins: Any, text: Any) -> Any:
    if not len(items):
        raise ValueError(text)
    best = items[0]
    most = key(best)
    for i in range(1, len(items)):
        item = items[i]
        other = key(item)
        if wins(other, most):
            best, most = item, other
    return best


def _best_between(start: Any, stop: Any, key: Any, wins: Any, text: Any) -> Any:
    if stop <= start:
        raise ValueError(text)
    best = start
    most = key(start)
    for i in range(start + 1, stop):
        other = key(i)
        if wins(other, most):
            best, most = i, other
    return best


def _best_or(items: Any, key: Any, function: Any, default: Any) -> Any:
    return function(items, key=key) if len(items) else default

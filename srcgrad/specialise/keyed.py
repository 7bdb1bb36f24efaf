"""``min``, ``max`` and ``sorted`` with a ``key``: the elements that a function of them chooses.

What ``key`` gives may be known, and then the order is; or it is a number that only running tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import compiled, growing, iterate
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
    if iterate.is_known(sp, items, loc) and not isinstance(items, RangeOf):
        elements = iterate.all_elements(sp, items, loc)
        if not elements and "default" in kwargs:
            return kwargs["default"]
        if not elements:
            try:
                function(())
            except ValueError as error:
                raise CertainError(str(error), loc, error) from None
        one = {max: _largest_of, min: _smallest_of}[function]
        return compiled.run(sp, one, (Pack(tuple, elements), key), loc)  # type: ignore[arg-type]
    if isinstance(items, ITERABLES) and not isinstance(items, RangeOf):
        items = growing.collected(sp, items, loc)
    if "default" in kwargs:
        one_or = {max: _largest_or, min: _smallest_or}[function]
        return compiled.run(sp, one_or, (items, key, kwargs["default"]), loc)
    return compiled.run(sp, {max: _largest_by, min: _smallest_by}[function], (items, key), loc)


# --- compiled like the user's functions -----------------------------------------------------------


def _largest_of(items: Any, key: Any) -> Any:
    best = items[0]
    most = key(best)
    for item in items[1:]:
        other = key(item)
        if other > most:
            best, most = item, other
    return best


def _smallest_of(items: Any, key: Any) -> Any:
    best = items[0]
    least = key(best)
    for item in items[1:]:
        other = key(item)
        if other < least:
            best, least = item, other
    return best


def _largest_by(items: Any, key: Any) -> Any:
    if not len(items):
        raise ValueError("max() arg is an empty sequence")
    best = items[0]
    most = key(best)
    for i in range(1, len(items)):
        item = items[i]
        other = key(item)
        if other > most:
            best, most = item, other
    return best


def _smallest_by(items: Any, key: Any) -> Any:
    if not len(items):
        raise ValueError("min() arg is an empty sequence")
    best = items[0]
    least = key(best)
    for i in range(1, len(items)):
        item = items[i]
        other = key(item)
        if other < least:
            best, least = item, other
    return best


def _largest_or(items: Any, key: Any, default: Any) -> Any:
    return max(items, key=key) if len(items) else default


def _smallest_or(items: Any, key: Any, default: Any) -> Any:
    return min(items, key=key) if len(items) else default

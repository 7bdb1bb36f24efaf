"""``bisect``: places in a sorted list, along which no derivative goes, and what is put there."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const
from srcgrad.specialise import calls, compiled, own_containers
from srcgrad.specialise.keyed import is_given
from srcgrad.specialise.values import Args, Handler, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NONE = Const(None)


def _found(function: Callable[..., int], by_key: Callable[..., Any]) -> Handler:
    """``bisect.bisect(items, x, lo, hi)``, and with a ``key`` the loop that it is."""

    def run(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        names = ("a", "x", "lo", "hi")[: len(args)]
        given: dict[str, Value] = {**dict(zip(names, args, strict=False)), **kwargs}
        if len(args) > 4 or not given.keys() >= {"a", "x"} or len(given) < len(args) + len(kwargs):
            return None
        if is_given(kwargs):
            lo, hi = given.get("lo", Const(0)), given.get("hi", _NONE)
            return compiled.run(sp, by_key, (given["a"], given["x"], lo, hi, given["key"]), loc)
        rest = tuple(given[part] for part in ("lo", "hi") if part in given)
        if "hi" in given and "lo" not in given:
            rest = (Const(0), *rest)
        return calls.apply(sp, function, (given["a"], given["x"], *rest), {}, loc, name)

    return run


def _put(find: Callable[..., int]) -> Handler:
    """``bisect.insort(items, x, lo, hi, key=key)``."""

    def run(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if not 2 <= len(args) <= 4 or kwargs.keys() - {"lo", "hi", "key"}:
            return None
        own_containers.ask(sp, args[0])
        if not isinstance(args[0], Ref) or args[0].kind is not list:
            return None
        by = calls.invoke(sp, kwargs["key"], args[1:2], {}, loc) if is_given(kwargs) else args[1]
        place = calls.invoke(sp, Const(find), (args[0], by, *args[2:]), kwargs, loc)
        return compiled.run(sp, _insert, (*args[:2], place), loc)

    return run


# --- compiled like the user's functions -----------------------------------------------------------


def _insert(items: Any, item: Any, place: Any) -> None:
    items.insert(place, item)


def _left_by(items: Any, x: Any, lo: Any, hi: Any, key: Any) -> Any:
    if lo < 0:
        raise ValueError("lo must be non-negative")
    first, last = lo, len(items) if hi is None else hi
    while first < last:
        middle = (first + last) // 2
        if key(items[middle]) < x:
            first = middle + 1
        else:
            last = middle
    return first


def _right_by(items: Any, x: Any, lo: Any, hi: Any, key: Any) -> Any:
    if lo < 0:
        raise ValueError("lo must be non-negative")
    first, last = lo, len(items) if hi is None else hi
    while first < last:
        middle = (first + last) // 2
        if x < key(items[middle]):
            last = middle
        else:
            first = middle + 1
    return first


BISECTING: dict[Any, Handler] = {
    bisect.bisect_left: _found(bisect.bisect_left, _left_by),
    bisect.bisect_right: _found(bisect.bisect_right, _right_by),
    bisect.insort_left: _put(bisect.bisect_left),
    bisect.insort_right: _put(bisect.bisect_right),
}

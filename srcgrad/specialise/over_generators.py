"""``enumerate``, ``zip``, ``map`` and parts of ``itertools`` of what a generator function yields,
or of iterators that are gone on with.

They are generator functions themselves, said in Python: each asks for an element when it is asked
for one, so that what is yielded may have no end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, ListOf
from srcgrad.specialise import advanced, compiled
from srcgrad.specialise.values import Args, Kwargs, RangeOf, Ref, Value, YieldingOf

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def call(sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc) -> Value | None:
    """What such a function gives; None where it is none, or is given something else."""
    if not any(isinstance(arg, YieldingOf) for arg in args):
        gone_on = function in _OF_PARTS and any(map(advanced.is_advanced, args))
        return _said(sp, function, args, kwargs, loc) if gone_on else None
    if function is enumerate:
        start = args[1] if len(args) > 1 else kwargs.get("start", Const(0))
        return _made(sp, _numbered, (args[0], start), loc)
    if function is zip and not kwargs:
        return _zip(sp, args, loc)
    return _said(sp, function, args, kwargs, loc)


def _said(sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc) -> Value | None:
    said = _SAID.get((function, len(args)))
    return None if said is None or kwargs else _made(sp, said, args, loc)


def _made(sp: Specialiser, function: Callable[..., Any], args: Args, loc: Loc) -> Value:
    return advanced.made(sp, compiled.run(sp, function, args, loc), loc)


def _zip(sp: Specialiser, args: Args, loc: Loc) -> Value | None:
    """``zip`` with one generator; the others have lengths and indices."""
    places = [i for i, arg in enumerate(args) if isinstance(arg, YieldingOf)]
    others = [arg for arg in args if not isinstance(arg, YieldingOf)]
    if len(places) != 1 or not all(_has_places(arg) for arg in others):
        return None
    (at,) = places
    before = Pack(tuple, tuple(others[:at]))  # type: ignore[arg-type]
    after = Pack(tuple, tuple(others[at:]))  # type: ignore[arg-type]
    return _made(sp, _beside, (args[at], before, after), loc)


def _has_places(value: Value) -> bool:
    if isinstance(value, Ref):
        return value.kind is list
    if isinstance(value, Var):
        return isinstance(value.type, ListOf) or (
            isinstance(value.type, Array) and len(value.type.dims) > 0
        )
    if isinstance(value, Pack):
        return value.kind is tuple
    return isinstance(value, RangeOf)


# --- compiled like the user's functions -----------------------------------------------------------


def _numbered(items: Any, number: Any) -> Any:
    for item in items:
        yield (number, item)
        number = number + 1


def _beside(items: Any, before: Any, after: Any) -> Any:
    place = 0
    for part in before:
        if place >= len(part):
            return
    first = [part[place] for part in before]  # before the generator goes on, which may write there
    for item in items:
        for part in after:
            if place >= len(part):
                return
        yield (*first, item, *[part[place] for part in after])
        place = place + 1
        for part in before:
            if place >= len(part):
                return
        first = [part[place] for part in before]


def _called(function: Any, items: Any) -> Any:
    for item in items:
        yield function(item)


def _called_with_all(function: Any, rows: Any) -> Any:
    for row in rows:
        yield function(*row)


def _up_to(items: Any, stop: Any) -> Any:
    place = 0
    if stop is None or stop > 0:
        for item in items:
            yield item
            place = place + 1
            if stop is not None and place >= stop:
                return


def _between(items: Any, start: Any, stop: Any) -> Any:
    place = 0
    start = 0 if start is None else start
    if stop is not None and stop < start:  # what is left out in front is taken all the same
        stop = start
    if stop is None or stop > 0:
        for item in items:
            if place >= start:
                yield item
            place = place + 1
            if stop is not None and place >= stop:
                return


def _taken_while(condition: Any, items: Any) -> Any:
    for item in items:
        if not condition(item):
            return
        yield item


def _one_after_the_other(first: Any, second: Any) -> Any:
    for item in first:
        yield item
    for item in second:
        yield item


_SAID: dict[tuple[Any, int], Callable[..., Any]] = {
    (map, 2): _called,
    (itertools.starmap, 2): _called_with_all,
    (itertools.islice, 2): _up_to,
    (itertools.islice, 3): _between,
    (itertools.takewhile, 2): _taken_while,
    (itertools.chain, 2): _one_after_the_other,
}
"""What functions of so many arguments do."""
_OF_PARTS = frozenset((itertools.islice, itertools.takewhile, itertools.chain))
"""Those that may be given an iterator that is gone on with: each element is taken of it when it is
asked for."""

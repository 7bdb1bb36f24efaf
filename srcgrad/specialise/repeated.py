"""``itertools.repeat(v)`` beside iterables that end: ``zip(x, repeat(2.0))``.

Nothing is taken from it: each row has the value in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import calls
from srcgrad.specialise.values import Args, Handler, Kwargs, MapOf, PartialOf, RepeatedOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def beside(sp: Specialiser, function: Value, args: Args) -> MapOf | None:
    """What gives ``function(*row)`` for each row of some iterables, of which some give one value
    without end; None if none does, or all do."""
    ending = tuple(arg for arg in args if not isinstance(arg, RepeatedOf))
    if not ending or len(ending) == len(args):
        return None
    values = tuple(arg.each if isinstance(arg, RepeatedOf) else _NOTHING for arg in args)
    return MapOf(PartialOf(Const(_row), (function, *values, _END), {}), ending, sp.trip)


_NOTHING, _END = Const("taken from an iterable"), Const("the end of the values")


def _row(*args: Any) -> Any:
    """Calls its first argument with the others up to the last, those that are missing among them
    being those behind that; decided by the compiler."""
    raise AssertionError


def _called(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    end = next(i for i, arg in enumerate(args) if arg is _END)
    function, *values = args[:end]
    items = iter(args[end + 1 :])
    row = tuple(next(items) if value is _NOTHING else value for value in values)
    return calls.invoke(sp, function, row, {}, loc)


def as_tuple(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """A row of ``zip``."""
    return Pack(tuple, args)  # type: ignore[arg-type]


def row_of_zip(*args: Any) -> Any:
    """What ``zip`` gives of each of its arguments; decided by the compiler."""
    return args


REPEATED: dict[Any, Handler] = {_row: _called, row_of_zip: as_tuple}

"""``itertools`` where only running the program tells how many elements there are, said in Python.

What gives its elements one by one is a generator expression where that can say it; what has to
remember something from element to element is a list, which is computed early (:mod:`.early`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import ListOf, Object, ndim_of
from srcgrad.specialise import (
    calls,
    compiled,
    containers,
    early,
    growing,
    iterate,
)
from srcgrad.specialise.values import (
    ITERABLES,
    ITERATORS,
    Args,
    Handler,
    Held,
    Kwargs,
    MapOf,
    PartialOf,
    RangeOf,
    Ref,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NONE = Const(None)


def given(args: Args, kwargs: Kwargs, *names: str) -> dict[str, Value] | None:
    """The arguments of a call by their names; None if it has others."""
    if len(args) > len(names) or not kwargs.keys() <= set(names[len(args) :]):
        return None
    return {**dict(zip(names, args, strict=False)), **kwargs}


def computed_early(
    sp: Specialiser, function: Callable[..., Any], args: Args, source: Args, loc: Loc
) -> Value:
    """An iterator over the list that ``function`` makes of what ``source`` gives."""
    with early.unseen(sp, loc), early.ending(sp, args, loc):
        made = compiled.run(sp, function, args, loc)
    assert isinstance(made, Ref)
    sp.heap.early[made] = early.computed(sp, source)
    return MapOf(Const(intrinsics.itself), (made,), sp.trip)


# --- selections -----------------------------------------------------------------------------------


def selections(
    sp: Specialiser, function: Callable[..., Any], items: Value, size: int, loc: Loc
) -> Value | None:
    """``itertools.combinations(items, size)`` and the like, in nested loops; None where there are
    too many of them."""
    said = _SELECTIONS[function].get(size)
    if said is None:
        return None
    return compiled.run(sp, said, (_snapshot(sp, items, loc),), loc)


def _snapshot(sp: Specialiser, items: Value, loc: Loc) -> Value:
    """The elements that there are now, with indices."""
    from srcgrad.specialise.functional import indexable

    if isinstance(items, RangeOf):
        return growing.collected(sp, items, loc)
    found = indexable(sp, items, loc)
    if isinstance(found, Var) and isinstance(found.type, ListOf):
        return containers.new_list(sp, found)
    return found


def _ones(items: Any) -> Any:
    return ((item,) for item in items)


def _two(items: Any) -> Any:
    return ((items[i], items[j]) for i in range(len(items)) for j in range(i + 1, len(items)))


def _three(items: Any) -> Any:
    return (
        (items[i], items[j], items[k])
        for i in range(len(items))
        for j in range(i + 1, len(items))
        for k in range(j + 1, len(items))
    )


def _two_or_twice(items: Any) -> Any:
    return ((items[i], items[j]) for i in range(len(items)) for j in range(i, len(items)))


def _three_or_thrice(items: Any) -> Any:
    return (
        (items[i], items[j], items[k])
        for i in range(len(items))
        for j in range(i, len(items))
        for k in range(j, len(items))
    )


def _two_in_order(items: Any) -> Any:
    return ((items[i], items[j]) for i in range(len(items)) for j in range(len(items)) if i != j)


def _three_in_order(items: Any) -> Any:
    return (
        (items[i], items[j], items[k])
        for i in range(len(items))
        for j in range(len(items))
        if i != j
        for k in range(len(items))
        if k not in (i, j)
    )


_SELECTIONS: dict[Any, dict[int, Callable[..., Any]]] = {
    itertools.combinations: {1: _ones, 2: _two, 3: _three},
    itertools.combinations_with_replacement: {1: _ones, 2: _two_or_twice, 3: _three_or_thrice},
    itertools.permutations: {1: _ones, 2: _two_in_order, 3: _three_in_order},
}


# --- running totals -------------------------------------------------------------------------------


def accumulated(
    sp: Specialiser, items: Value, function: Value, initial: Value, source: Args, loc: Loc
) -> Value:
    """``itertools.accumulate(items, function, initial=initial)``."""
    if isinstance(initial, Const) and initial.value is None:
        return computed_early(sp, _accumulated, (items, function), source, loc)
    return computed_early(sp, _accumulated_from, (items, function, initial), source, loc)


def _accumulated(items: Any, function: Any) -> Any:
    totals: list[Any] = []
    for item in items:
        if totals:
            totals.append(function(totals[-1], item))
        else:
            totals.append(item)
    return totals


def _accumulated_from(items: Any, function: Any, initial: Any) -> Any:
    totals = [initial]
    for item in items:
        totals.append(function(totals[-1], item))
    return totals


# --- parts ----------------------------------------------------------------------------------------


def _islice(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs or not 2 <= len(args) <= 4:
        return None
    items, *bounds = args
    start, stop, step = (_NONE, bounds[0], _NONE) if len(bounds) == 1 else (*bounds, _NONE)[:3]
    one = "Stop argument" if len(bounds) == 1 else "Indices"
    for bound, least, text in (
        (stop, 0, f"{one} for islice() must be None or an integer: 0 <= x <= sys.maxsize."),
        (start, 0, "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."),
        (step, 1, "Step for islice() must be a positive integer or None."),
    ):
        compiled.run(sp, _check_bound, (bound, Const(least), Const(text)), loc)
    start, step = (
        Const(first) if _is(part, None) else part for part, first in ((start, 0), (step, 1))
    )
    viewed = sp.heap.view(items)
    if isinstance(items, ITERATORS) or not _has_slices(viewed):
        if _is(stop, None):
            return computed_early(sp, _every, (items, start, step), args, loc)
        return computed_early(sp, _up_to, (items, start, stop, step), args, loc)
    bounds = [_NONE if _is(part, first) else part for part, first in ((start, 0), (step, 1))]
    slices = Pack(slice, (sp.operand(bounds[0], loc), sp.operand(stop, loc), bounds[1]))  # type: ignore[arg-type]
    part = calls.index(sp, items, slices, loc)
    if isinstance(part, Ref):
        sp.heap.early[part] = early.computed(sp, (items,))
    return MapOf(Const(intrinsics.itself), (part,), sp.trip)


def _is(value: Value, number: int | None) -> bool:
    return isinstance(value, Const) and value.value == number


def _has_slices(viewed: Value) -> bool:
    """Whether a value is a list, a tuple or an array."""
    if isinstance(viewed, Pack):
        return viewed.kind is list or issubclass(viewed.kind, tuple)
    return isinstance(viewed, Var) and (
        isinstance(viewed.type, ListOf) or bool(ndim_of(viewed.type))
    )


def _check_bound(bound: Any, least: Any, text: str) -> None:
    if bound is not None and bound < least:
        raise ValueError(text)


def _up_to(items: Any, start: Any, stop: Any, step: Any) -> Any:
    found: list[Any] = []
    place = 0
    if place < stop:
        for item in items:
            if place >= start and (place - start) % step == 0:
                found.append(item)
            place += 1
            if place >= stop:
                break
    return found


def _every(items: Any, start: Any, step: Any) -> Any:
    found: list[Any] = []
    for place, item in enumerate(items):
        if place >= start and (place - start) % step == 0:
            found.append(item)
    return found


def _by_loop(function: Callable[..., Any]) -> Handler:
    """``takewhile(condition, items)`` and the like, whose list ``function`` makes."""

    def run(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if kwargs or len(args) != 2:
            return None
        return computed_early(sp, function, args, args, loc)

    return run


def _taken_while(condition: Any, items: Any) -> Any:
    found: list[Any] = []
    for item in items:
        if not condition(item):
            break
        found.append(item)
    return found


def _left_after(condition: Any, items: Any) -> Any:
    found: list[Any] = []
    for item in items:
        if found or not condition(item):
            found.append(item)
    return found


# --- one by one -----------------------------------------------------------------------------------


def _one_by_one(function: Callable[..., Any]) -> Handler:
    """What ``function`` says by a generator expression."""

    def run(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        return None if kwargs or len(args) != 2 else compiled.run(sp, function, args, loc)

    return run


def _called(function: Any, rows: Any) -> Any:
    return (function(*row) for row in rows)


def _selected(items: Any, selectors: Any) -> Any:
    return (item for item, chosen in zip(items, selectors) if chosen)  # noqa: B905


def _false(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs or len(args) != 2:
        return None
    if isinstance(args[0], Const) and args[0].value is None:
        return compiled.run(sp, _not_true, args[1:], loc)
    return compiled.run(sp, _not_kept, args, loc)


def _not_true(items: Any) -> Any:
    return (item for item in items if not item)


def _not_kept(function: Any, items: Any) -> Any:
    return (item for item in items if not function(item))


def repeated(sp: Specialiser, value: Value, times: Value, loc: Loc) -> Value:
    """``itertools.repeat(value, times)``."""
    return compiled.run(sp, _repeated, (value, times), loc)


def _repeated(value: Any, times: Any) -> Any:
    return (value for _ in range(times))


# --- several --------------------------------------------------------------------------------------


def _longest(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs.keys() - {"fillvalue"} or not args:
        return None
    with early.unseen(sp, loc):
        parts = tuple(_indexed(sp, arg, loc) for arg in args)
    counts = tuple(iterate.length(sp, part, loc) for part in parts)
    count = counts[0]
    for other in counts[1:]:
        count = calls.apply(sp, max, (count, other), {}, loc)
    columns = Pack(tuple, tuple(Pack(tuple, row) for row in zip(parts, counts, strict=True)))  # type: ignore[arg-type]
    row = PartialOf(compiled.closure(_row), (columns, kwargs.get("fillvalue", _NONE)), {})
    places = RangeOf(Const(0), sp.operand(count, loc), Const(1))
    rows = MapOf(row, (places,), sp.trip)
    found = ZipOf((rows,), sp.trip, early.computed(sp, (*args, *parts)))
    return MapOf(compiled.closure(_only), (found,), sp.trip)


def _indexed(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What has indices, with the elements of an iterable."""
    if growing.is_dynamic(sp, value):
        return growing.indexable(sp, value, loc)
    items = Pack(list, iterate.all_elements(sp, value, loc))  # type: ignore[arg-type]
    return containers.new_list(sp, items)


def _row(columns: Any, fill: Any, place: Any) -> Any:
    return tuple(items[place] if place < count else fill for items, count in columns)


def _only(row: Any) -> Any:
    return row[0]


def _tee(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if kwargs or len(args) not in (1, 2):
        return None
    count = sp.constant(args[1], "the number of iterators") if len(args) == 2 else 2
    try:
        itertools.tee((), count)
    except (TypeError, ValueError) as error:
        raise CertainError(str(error), loc, error) from None
    if isinstance(args[0], ITERABLES):
        with early.unseen(sp, loc):
            items: Value = _indexed(sp, args[0], loc)
        if isinstance(items, Ref):
            sp.heap.early[items] = early.computed(sp, args[:1])
    else:
        items = args[0]
    each = (calls.invoke(sp, Const(iter), (items,), {}, loc) for _ in range(count))
    return Pack(tuple, tuple(each))  # type: ignore[arg-type]


def _of_elements(handler: Handler) -> Handler:
    """What is known of an iterator; nothing, if it asks an object that is not looked into."""

    def handle(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if any(map(_is_opaque, args)):
            return None
        return handler(sp, args, kwargs, loc, name)

    return handle


def _is_opaque(value: Value) -> bool:
    """Whether a value is an iterator from outside, or an object that is not looked into."""
    if isinstance(value, Held):
        return isinstance(value.example, Iterator)
    return isinstance(value, Var) and isinstance(value.type, Object)


_HANDLERS: dict[Any, Handler] = {
    itertools.islice: _islice,
    itertools.takewhile: _by_loop(_taken_while),
    itertools.dropwhile: _by_loop(_left_after),
    itertools.filterfalse: _false,
    itertools.compress: _one_by_one(_selected),
    itertools.starmap: _one_by_one(_called),
    itertools.zip_longest: _longest,
    itertools.tee: _tee,
}
ITERATING = {function: _of_elements(handler) for function, handler in _HANDLERS.items()}

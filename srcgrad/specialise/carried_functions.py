"""Functions that a loop carries: one of several in each trip, depending on data.

The loop carries the number of the function, and what is captured or bound in each that it may be,
as far as that is not the same in all trips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import UNDEFINED, Const, Pack, Var
from srcgrad.ir.types import PY_INT
from srcgrad.specialise import carried
from srcgrad.specialise.carried_shapes import Carried, Chosen, Fixed, Option, Shape
from srcgrad.specialise.heap import Heap, number_name
from srcgrad.specialise.join import same
from srcgrad.specialise.options import is_function, is_option, parts, with_parts
from srcgrad.specialise.values import OneOf, PerhapsOf, Ref, Value, is_undefined

if TYPE_CHECKING:
    from srcgrad.specialise.carried import Entry

_NOTHING = Const(UNDEFINED)


def shape_of(value: Value, name: str, heap: Heap | None = None) -> Chosen:
    """How a loop carries a function, as far as its first value tells."""
    if isinstance(value, OneOf):
        which: Shape = Carried(value.which, PY_INT, number_name(name))
        return Chosen(which, tuple(map(_option, *zip(*value.options.items(), strict=True))))
    assert heap is not None
    number = heap.functions.number(value)
    return Chosen(Fixed(Const(number)), (_option(number, value),))


def _option(number: int, function: Value) -> Option:
    first = parts(function)
    return Option(number, function, first, tuple(map(Fixed, first)))


def undefined_at_first(value: Value, name: str, entry: Entry) -> Chosen:
    """The shape of a function that a name has after the first trip."""
    found = shape_of(value, name, entry.heap)
    options = tuple(_unknown_option(o.number, o.like, name, entry) for o in found.options)
    which = found.which
    which = replace(which, init=_NOTHING) if isinstance(which, Carried) else which
    return Chosen(which, options, later=True)


def widen(shape: Chosen, value: Value, name: str, loc: Loc, entry: Entry) -> Chosen | None:
    """``shape`` made to hold also for ``value`` after a trip; None if that is no function, or one
    that each trip makes anew and that cannot be told from another."""
    if not is_option(value):
        return None
    functions = entry.heap.functions
    given, which = functions.options(value), functions.which(value)
    if _is_made_anew(shape, value, given):
        return None
    found = shape.which
    if isinstance(found, Fixed) and not same(found.value, which):
        assert isinstance(found.value, Const)
        found = Carried(found.value, PY_INT, number_name(name))
    known = {option.number: option for option in shape.options}
    options = list(shape.options)
    for number, each in given.items():
        now = parts(each)
        if number not in known:
            options.append(_unknown_option(number, each, name, entry))
            continue
        old = known[number]
        rows = zip(old.first, old.parts, now, strict=True)
        wider = tuple(_part(*row, name, loc, entry.inside) for row in rows)
        options[options.index(old)] = replace(old, parts=wider)
    return replace(shape, which=found, options=tuple(options))


def _unknown_option(number: int, function: Value, name: str, entry: Entry) -> Option:
    """A function that there is from some trip on: what it has captured is the same in all trips, as
    far as that is known, but never what one trip has of its own."""
    now = parts(function)
    rows = (
        carried.undefined_at_first(part, getattr(part, "name", "") or name, entry)
        if _is_of_trip(part, entry)
        else Fixed(part)
        for part in now
    )
    return Option(number, function, (_NOTHING,) * len(now), tuple(rows))


def _is_of_trip(value: Value, entry: Entry) -> bool:
    """Whether a value is the index of the loop, or an object that a trip makes, or holds such."""
    match value:
        case Pack(items=items):
            return any(_is_of_trip(item, entry) for item in items)
        case PerhapsOf(there=there, content=content):
            return _is_of_trip(there, entry) or _is_of_trip(content, entry)
        case OneOf(options=options):
            inside = (part for each in options.values() for part in parts(each))
            return any(_is_of_trip(part, entry) for part in inside)
        case Ref():
            return value not in entry.before
        case Var():
            return value is entry.index
    return is_function(value) and any(_is_of_trip(part, entry) for part in parts(value))


def _is_made_anew(shape: Chosen, value: Value, given: Mapping[int, Value]) -> bool:
    """Whether there is nothing but another function after each trip, and none before the loop."""
    alone = isinstance(shape.which, Fixed) and not isinstance(value, OneOf)
    known = {option.number for option in shape.options}
    return alone and shape.later and not known & given.keys()


def _part(first: Value, shape: Shape, value: Value, name: str, loc: Loc, entry: Entry) -> Shape:
    """What is captured or bound: the same in each trip, until one gives something else."""
    if isinstance(shape, Fixed):
        if same(shape.value, value):
            return shape
        shape = Fixed(first) if is_undefined(first) else carried.shape_of(first, name)
    return carried.widen(shape, value, name, loc, entry)


def function_of(shape: Chosen, which: Value, values: Iterable[Value]) -> Value:
    """The function, of what a loop carries of it."""
    row = iter(values)
    options = {option.number: with_parts(option.like, row) for option in shape.options}
    if isinstance(which, Var):
        return OneOf(which, options)
    assert isinstance(which, Const)
    return options[which.value]


def first_of(shape: Chosen, which: Value) -> Value:
    """The function before the loop, where its number is ``which``."""
    if is_undefined(which):
        return which
    return function_of(shape, which, (part for option in shape.options for part in option.first))


def fitted(shape: Chosen, value: Value, heap: Heap, fit: Callable[[Shape, Value], Value]) -> Value:
    """``value``, what a trip carries on, with parts as the loop carries them."""
    if not is_option(value):
        return value
    shapes = {option.number: option.parts for option in shape.options}

    def fill(number: int, function: Value) -> Value:
        rows = zip(shapes.get(number, ()), parts(function), strict=False)
        return with_parts(function, (fit(*row) for row in rows)) if number in shapes else function

    if isinstance(value, OneOf):
        return replace(value, options={n: fill(n, each) for n, each in value.options.items()})
    return fill(heap.functions.number(value), value)


def leaves(shape: Chosen, value: Value, heap: Heap) -> Iterator[tuple[Shape, Value]]:
    """What a loop carries on of a function, each with its shape."""
    functions = heap.functions
    yield shape.which, _NOTHING if is_undefined(value) else functions.which(value)
    given = {} if is_undefined(value) else functions.options(value)
    for option in shape.options:
        nothing = (_NOTHING,) * len(option.parts)
        now = parts(given[option.number]) if option.number in given else nothing
        yield from zip(option.parts, now, strict=True)

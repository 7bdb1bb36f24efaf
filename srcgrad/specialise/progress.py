"""What a recursive call changes of what the compiler knows: whether inlining it leads anywhere."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import UNKNOWN, Scalar, Unknown, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.carried import Entry, params_of, widen
from srcgrad.specialise.carried_inside import holds_functions
from srcgrad.specialise.carried_shapes import Shape
from srcgrad.specialise.heap import Heap
from srcgrad.specialise.join import join_types, same
from srcgrad.specialise.values import Closure, Held, PerhapsOf, StructureError, Value


class Change(enum.Enum):
    """What a recursive call has changed of what the compiler knows of the arguments."""

    NOTHING = 0
    NUMBER = 1
    STRUCTURE = 2


def changed(old: tuple[Value, ...], new: tuple[Value, ...]) -> Change:
    if len(old) != len(new):
        return Change.STRUCTURE
    changes = [_change(a, b) for a, b in zip(old, new, strict=True)]
    return max(changes, key=lambda change: change.value, default=Change.NOTHING)


def _change(old: Value, new: Value) -> Change:
    """Whether ``new`` is something else than ``old`` to the compiler."""
    if old is new or same(old, new):
        return Change.NOTHING
    if isinstance(old, Const) and isinstance(new, Const) and _is_number(old) and _is_number(new):
        return Change.NUMBER
    if isinstance(old, Pack) and isinstance(new, Pack):
        if old.kind is not new.kind or old.keys != new.keys:
            return Change.STRUCTURE
        return changed(old.items, new.items)
    if isinstance(old, PerhapsOf) and isinstance(new, PerhapsOf):
        return _change(old.content, new.content)
    if isinstance(old, PerhapsOf) or isinstance(new, PerhapsOf):
        return Change.STRUCTURE
    if isinstance(old, Closure) or isinstance(new, Closure):
        codes = {v.function if isinstance(v, Closure) else None for v in (old, new)}
        return Change.NOTHING if len(codes) == 1 else Change.STRUCTURE
    if isinstance(old, Var | Const) and isinstance(new, Var | Const):
        a, b = number_of(type_of(old)), number_of(type_of(new))
        joins = a == b or not isinstance(join_types(a, b), Unknown)
        return Change.NOTHING if joins or UNKNOWN in (a, b) else Change.STRUCTURE
    if isinstance(old, Held | Pack | Var | Const) and isinstance(new, Held | Pack | Var | Const):
        return Change.STRUCTURE
    return Change.NOTHING


def grows(old: Sequence[Value], new: Sequence[Value]) -> bool:
    """Whether a container is longer than in the call around, and none is shorter."""
    longer = [
        len(b.items) - len(a.items)
        for a, b in zip(old, new, strict=False)
        if isinstance(a, Pack) and isinstance(b, Pack) and a.kind is b.kind
    ]
    return any(longer) and min(longer) >= 0


def has_more(values: Iterable[Value], most: int) -> bool:
    """Whether containers have more than so many elements, with all that is in them."""
    return next(islice(_elements(values), most, None), None) is not None


def count_of(values: Iterable[Value]) -> int:
    """How many elements containers have, with all that is in them."""
    return sum(1 for _ in _elements(values))


def _elements(values: Iterable[Value]) -> Iterator[Value]:
    for value in values:
        if isinstance(value, Pack):
            yield from value.items
            yield from _elements(value.items)


def is_stuck(old: Sequence[Value], new: Sequence[Value]) -> bool:
    """Whether nothing that is known is another value than in the call around: of two texts, or of
    two numbers, one may lead on."""
    return len(old) == len(new) and all(map(_is_as_before, old, new))


def _is_as_before(old: Value, new: Value) -> bool:
    if old is new or same(old, new):
        return True
    if isinstance(old, PerhapsOf) and isinstance(new, PerhapsOf):
        return _is_as_before(old.content, new.content)
    if isinstance(old, Pack) and isinstance(new, Pack):
        alike = old.kind is new.kind and old.keys == new.keys
        return alike and is_stuck(old.items, new.items)
    is_number = isinstance(old, Var | Const) and isinstance(new, Var)
    return is_number and number_of(type_of(old)) == number_of(type_of(new))  # type: ignore[arg-type]


def _is_number(value: Const) -> bool:
    return isinstance(number_of(type_of(value)), Scalar)


def changed_shapes(params: Mapping[str, Shape], bound: Mapping[str, Value], heap: Heap) -> Change:
    """The same for a function whose body is being specialised."""
    stands_for = tuple(params_of(shape, [], [], heap) for shape in params.values())
    return changed(stands_for, tuple(bound.values()))


def widened(function: str, shape: Shape, value: Value, name: str, loc: Loc, heap: Heap) -> Shape:
    """What ``function`` takes, or gives, made to hold for ``value`` too."""
    try:
        wider = widen(shape, value, name, loc, Entry(heap, {}))
    except StructureError:
        raise various(function, loc) from None
    if holds_functions(wider) and not holds_functions(shape):
        raise various(function, loc)
    return wider


def various(function: str, loc: Loc) -> StructureError:
    """An error about a function that takes or gives one structure or another."""
    message = (
        f"'{function}' calls itself, with containers or functions that change from call to call"
    )
    hint = "let it take and return arrays, which may be of any length, or numbers"
    return StructureError(message, loc, hint)

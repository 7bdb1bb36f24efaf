"""Iteration: what a loop runs over, element by element or by index."""

from __future__ import annotations

import enum
import operator
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import (
    Array,
    Known,
    ListOf,
    Size,
    Type,
    least,
)
from srcgrad.specialise import (
    advanced,
    backwards,
    calls,
    caught,
    certain,
    chains,
    dunders,
    early,
    exhausted,
    late,
    open_methods,
    optional,
    outside_sets,
    set_methods,
    stores,
    subclasses,
    taking,
    tested,
    texts,
    uniterable,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    ITERABLES,
    ITERATORS,
    ChainedOf,
    EnumerateOf,
    FlatOf,
    FollowedOf,
    GeneratorOf,
    Held,
    MapOf,
    NeedsValue,
    OpenViewOf,
    ProductOf,
    RangeOf,
    ReversedOf,
    TakenOf,
    Value,
    YieldingOf,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def elements(sp: Specialiser, value: Value, loc: Loc) -> tuple[Value, ...] | None:
    """The elements of an iterable, where their number is known; else None."""
    found = producers(sp, value, loc)
    return None if found is None else elements_of(sp, found, loc)


def producers(sp: Specialiser, value: Value, loc: Loc) -> taking.Rows | None:
    """The elements of an iterable, one by one, where their number is known; else None.

    Those of an iterator are given once; another time it is exhausted.
    """
    found = untaken(sp, value, loc)
    if found is None:
        return None
    exhausted.exhaust(sp, value, loc)
    counts = tuple(taking.counts(sp, value, loc))
    return taking.Rows(early.guarded(sp, value, found, loc), value, counts)


def elements_of(sp: Specialiser, rows: taking.Rows, loc: Loc) -> tuple[Value, ...]:
    found = tuple(produce() for produce in rows.items)
    taking.check_lengths(sp, rows, loc)
    return found


def is_known(sp: Specialiser, value: Value, loc: Loc) -> bool:
    """Whether the number of elements of an iterable is known, which is left as it is."""
    return untaken(sp, value, loc) is not None


def known_length(sp: Specialiser, value: Value, loc: Loc) -> int | None:
    """The number of elements of an iterable, or how many a generator expression looks at."""
    if isinstance(value, YieldingOf):
        return None
    if isinstance(value, GeneratorOf):
        return known_length(sp, value.part, loc)
    found = untaken(sp, value, loc)
    return None if found is None else len(found)


def untaken(sp: Specialiser, value: Value, loc: Loc) -> tuple[taking.Producer, ...] | None:
    """The elements of an iterable, where their number is known, which nobody has taken yet."""
    if advanced.is_advanced(value):
        return None
    match value:
        case ZipOf() | MapOf():
            parts = [untaken(sp, part, loc) for part in value.parts]
            if all(part is None for part in parts):
                return None
            if any(part == () for part in parts):
                return ()
            most = min(len(part) for part in parts if part is not None)
            known = [
                _by_index(sp, given, loc, most) if part is None else part
                for given, part in zip(value.parts, parts, strict=True)
            ]
            if any(part is None for part in known):
                return None
            columns = zip(*known, strict=False)
            return tuple(partial(_row, sp, value, column, loc) for column in columns)
        case EnumerateOf():
            inner = untaken(sp, value.part, loc)
            if inner is None or not isinstance(value.start, Const):
                return None
            start = value.start.value
            return tuple(partial(counted, start + i, part) for i, part in enumerate(inner))
        case ReversedOf():
            inner = untaken(sp, value.part, loc)
            if inner is None:
                return None
            return inner[: backwards.count(sp, value, len(inner), loc)][::-1]
        case TakenOf():
            return value.items
    found = contained(sp, value, loc)
    if found is not None and sp.heap.changes(value) and class_of_instance(value) is None:
        return tuple(
            partial(taking.present, sp, value, i, len(found), loc) for i in range(len(found))
        )
    return None if found is None else tuple(partial(_same, item) for item in found)


def opened(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``, whose elements a loop reads by their index, with lists of unknown length in the
    place of displays."""
    match value:
        case ZipOf(parts=parts) | MapOf(parts=parts):
            new = tuple(opened(sp, part, loc) for part in parts)
            same = all(part is old for part, old in zip(new, parts, strict=True))
            return value if same else replace(value, parts=new, used=[])
        case EnumerateOf(part=part) | ReversedOf(part=part):
            inner = opened(sp, part, loc)
            if inner is part:
                return value
            if isinstance(value, ReversedOf):
                return ReversedOf(inner, value.trip)
            return replace(value, part=inner, used=[])
        case OpenViewOf():
            return open_methods.listed(sp, value, loc)
        case TakenOf():
            for part in early.taken_in(value):
                part.last.clear()  # the elements may have been taken before
            with early.unseen(sp, loc):
                return early.display(sp, replace(value, used=[], trip=sp.trip), loc)
    if isinstance(value, ITERABLES) or not is_known(sp, value, loc):
        return value
    return early.display(sp, value, loc)


def listed(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """The list of what a generator expression gives; what is none stays as it is."""
    from srcgrad.specialise import generators

    return generators.items_of(sp, value, loc) if isinstance(value, GeneratorOf) else value


def by_index(sp: Specialiser, value: Value, loc: Loc) -> taking.Rows | None:
    """The elements of an array, or a range, one by one; None if their number is not known, and
    would not be if all inputs were.

    Raises
    ------
    NeedsValue
        If their number is not known.
    """
    found = _by_index(sp, value, loc)
    counts = tuple(taking.counts(sp, value, loc))
    return None if found is None else taking.Rows(found, value, counts)


def _by_index(
    sp: Specialiser, value: Value, loc: Loc, most: int | None = None
) -> tuple[taking.Producer, ...] | None:
    """The elements of an array, or a range, beside what is taken apart one by one, of which there
    are ``most``; None if their number is not known, and would not be if all inputs were.

    Raises
    ------
    NeedsValue
        If their number is not known.
    """
    try:
        count = sp.constant(length(sp, value, loc), "the number of elements")
    except NeedsValue as need:
        need.loc = need.loc or loc
        definitions, origins = sp.builder.definitions, sp.recursion.origins
        behind = sp.inputs.integers_behind(need.var, definitions, origins, lengths=True)
        if behind or texts.is_text(need.var):
            raise
        return None
    counts = tuple(taking.counts(sp, value, loc))
    found = (partial(nth, sp, value, Const(i), loc) for i in range(count)[:most])
    return tuple(partial(taking.unchanged, sp, counts, produce, loc) for produce in found)


def _row(
    sp: Specialiser, value: ZipOf | MapOf, column: tuple[taking.Producer, ...], loc: Loc
) -> Value:
    items = tuple(produce() for produce in column)
    if isinstance(value, MapOf):
        return calls.invoke(sp, value.function, items, {}, loc)
    return Pack(tuple, items)  # type: ignore[arg-type]


def counted(count: int, produce: taking.Producer) -> Value:
    return _pair(Const(count), produce())


def _same(value: Value) -> Value:
    return value


def contained(sp: Specialiser, value: Value, loc: Loc) -> tuple[Value, ...] | None:
    """The elements of what is no iterator."""
    advanced.refuse(value, loc)
    made = dunders.special(sp, value, "__iter__", (), loc)
    if made is not None:
        return elements(sp, made, loc)
    value = sp.heap.view(value)
    if isinstance(value, Held):
        subclasses.check(value, loc)
        sp.inputs.log.walked(value.place)
    match value:
        case Pack(kind=kind) if kind is dict:
            return tuple(Const(key) for key in value.keys)
        case Pack(kind=kind) if kind in (list, set) or issubclass(kind, tuple):
            if kind is set:
                set_methods.check_order(sp, value, loc)
            return tuple(chains.opened(sp, item, loc) for item in value.items)
        case Held(example=dict()):
            return tuple(Const(key) for key in sp.inputs.keys(value))
        case Held(example=list() | tuple()):
            return sp.inputs.elements(value)
        case Held(example=set() | frozenset()):
            known = outside_sets.content(sp, value)
            return None if known is None else tuple(map(Const, known))
        case Const(value=enum.EnumType()):
            each: Any = value.value  # whose aliases are no members of their own
            return tuple(map(sp.inputs.member, each))
        case Const(value=str() | tuple() | range() | list() | frozenset()):
            return tuple(Const(item) for item in value.value)
        case RangeOf():
            numbers = _range(value)
            if numbers is not None and _count(numbers) <= _MAX_TAKEN_APART:
                return tuple(Const(i) for i in numbers)
    return None


def _range(value: RangeOf) -> range | None:
    """The range that is known."""
    parts = [
        part.value for part in (value.start, value.stop, value.step) if isinstance(part, Const)
    ]
    return range(*parts) if len(parts) == 3 else None


def _count(numbers: range) -> int:
    """How many numbers there are, which ``len`` tells of no more than fit into an index."""
    return max(0, -((numbers.start - numbers.stop) // numbers.step))


_MAX_TAKEN_APART = 100_000
"""A range of more numbers than these, of which a loop may take few, is not taken apart."""


def all_elements(sp: Specialiser, value: Value, loc: Loc) -> tuple[Value, ...]:
    """The elements of an iterable whose number must be known."""
    return elements_of(sp, all_producers(sp, value, loc), loc)


def all_producers(sp: Specialiser, value: Value, loc: Loc) -> taking.Rows:
    """The elements of an iterable whose number must be known, one by one.

    Raises
    ------
    UnknownTypeError
        If it is not.
    """
    found = countable(sp, value, loc)
    if isinstance(found, taking.Rows):
        return found
    raise found


def countable(sp: Specialiser, value: Value, loc: Loc) -> taking.Rows | UnknownTypeError:
    """The elements of an iterable, one by one, or the error where only data tell how many there
    are."""
    tested.check(value, loc)
    found = producers(sp, value, loc)
    if found is not None:
        return found
    for bound in unknown_bounds(sp, value, loc):
        sp.constant(bound, "the number of elements")
    value = listed(sp, value, loc)
    known = _by_index(sp, value, loc)
    if known is None or len(known) > _MAX_KNOWN:
        count = "" if known is None else f", and not more than {_MAX_KNOWN}"
        message = f"the number of elements must be known at compile time here{count}"
        return UnknownTypeError(message, loc, _INDEX)
    exhausted.exhaust(sp, value, loc)
    counts = tuple(taking.counts(sp, value, loc))
    return taking.Rows(early.guarded(sp, value, known, loc), value, counts)


_INDEX = "index what you need, or pass a tuple"
_MAX_KNOWN = 256
"""Up to so many elements of an array are taken apart where their number has to be known."""


def unknown_bounds(sp: Specialiser, value: Value, loc: Loc) -> Iterator[Var]:
    """What has to be known for the elements of a range, or of what contains ranges, to be."""
    if isinstance(value, RangeOf):
        bounds = (value.start, value.stop, value.step)
        yield from (bound for bound in bounds if isinstance(bound, Var))
    parts = value.parts if isinstance(value, ZipOf | MapOf | ProductOf) else ()
    for part in (value.part,) if isinstance(value, EnumerateOf | ReversedOf) else parts:
        if not is_known(sp, part, loc):
            yield from unknown_bounds(sp, part, loc)


def _pair(a: Value, b: Value) -> Value:
    return Pack(tuple, (a, b))  # type: ignore[arg-type]


def taken(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What ``iter`` takes of an instance of a class with an ``__iter__``, of a dict to which data
    add keys, or of what is an array unless it raises; else ``value``."""
    if advanced.is_advanced(value):
        return value
    if set_methods.is_by_data(sp, value) and not set_methods.is_in_order(sp, value):
        outside_sets.ask(sp, loc)
        raise uniterable.error(sp, value, loc)
    if optional.is_started(value):
        return optional.array_of(sp, value, loc)
    value = outside_sets.listed(sp, open_methods.taken(sp, value), loc)
    made = dunders.special(sp, value, "__iter__", (), loc)
    if made is None:
        return value
    if class_of_instance(made) is not None:
        message = "an instance of a class is iterated over that has a '__next__'"
        raise UnsupportedSyntaxError(message, loc, "give back iter(...) of a list or an array")
    return made


def turned(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``; where it is ``reversed(range(a, b))``, that is ``range(b - 1, a - 1, -1)``, and of
    an instance what its ``__iter__`` gives."""
    value = taken(sp, value, loc)
    part = value.part if isinstance(value, ReversedOf) else None
    if not isinstance(part, RangeOf) or not _is(part.step, 1):
        return value
    exhausted.exhaust(sp, value, loc)
    start = sp.builder.apply(operator.sub, (part.stop, Const(1)), (), loc)
    stop = sp.builder.apply(operator.sub, (part.start, Const(1)), (), loc)
    return RangeOf(start, stop, Const(-1))


def span(sp: Specialiser, value: Value, loc: Loc) -> tuple[Operand, Operand, Operand]:
    """The ``start, stop, step`` of the index of a loop over ``value``."""
    if isinstance(value, RangeOf):
        return value.start, value.stop, value.step
    return Const(0), length(sp, value, loc), Const(1)


def length(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """The number of elements that iterating over ``value`` gives."""
    advanced.refuse(value, loc)
    value = open_methods.taken(sp, sp.heap.view(value))
    match value:
        case OpenViewOf():
            return open_methods.length(sp, value, loc)
        case RangeOf():
            numbers = _range(value)
            if numbers is not None:
                return Const(_count(numbers))
            if _is(value.start, 0) and _is(value.step, 1):
                if _is_length(type_of(value.stop)):
                    return value.stop
                return sp.builder.apply(max, (value.stop, Const(0)), (), loc)
            parts = (value.start, value.stop, value.step)
            return sp.builder.apply(len, (sp.builder.apply(range, parts, (), loc),), (), loc)
        case EnumerateOf():
            return length(sp, value.part, loc)
        case ReversedOf():
            total = length(sp, value.part, loc)
            if isinstance(total, Const):
                total = Const(backwards.count(sp, value, total.value, loc))
            return total
        case TakenOf():
            return Const(len(value.items))
        case FlatOf(receiver=Var() as array):
            return stores.flat_size(sp, array, loc)
        case FollowedOf():
            whole = length(sp, value.part, loc)
            count = _apply(sp, operator.sub, whole, Const(1), loc)
            has_one = isinstance(whole, Var) and _exceeds_zero(whole.type)
            return count if has_one else sp.builder.apply(max, (count, Const(0)), (), loc)
        case ChainedOf():
            total, *others = [length(sp, part, loc) for part in value.parts] or [Const(0)]
            for count in others:
                total = _apply(sp, operator.add, total, count, loc)
            return total
        case ZipOf() | MapOf():
            lengths = [length(sp, part, loc) for part in value.parts] or [Const(0)]
            result = lengths[0]
            for other in lengths[1:]:
                if not surely_equal(type_of(other), type_of(result)):
                    result = sp.builder.apply(min, (result, other), (), loc)
            return result
        case ProductOf():
            total = value.counts[0]
            for count in value.counts[1:]:
                total = _apply(sp, operator.mul, total, count, loc)
            return total
        case Pack() | Held() | Const() if (known := elements(sp, value, loc)) is not None:
            return Const(len(known))
        case Var(type=Array(dims=(_, *_)) | ListOf()):
            return sp.builder.apply(len, (value,), (), loc)
        case Var() if texts.is_text(value):
            sp.constant(value, "a string whose characters a loop takes", uniterable.TEXT_HINT)
    certain.check_iterable(sp, value, loc)
    if caught.rests_on_attribute(sp, value):
        raise UnknownTypeError(caught.ATTRIBUTE, loc, caught.ELSEWHERE)
    raise uniterable.error(sp, value, loc)


def _exceeds_zero(type_: Type) -> bool:
    return isinstance(type_, Size) and least(type_.length) > 0


def _is_length(type_: Type) -> bool:
    """Whether a number is a length, or more, and so not negative."""
    return isinstance(type_, Size) and type_.length.offset >= 0


def surely_equal(a: Type, b: Type) -> bool:
    """Whether two lengths are the same: known numbers, or the length of one dimension."""
    return isinstance(a, Known | Size) and a == b


def at(sp: Specialiser, value: Value, index: Operand, loc: Loc) -> Value:
    """The element that iterating over ``value`` gives at loop index ``index``."""
    match value:
        case RangeOf():
            return index if isinstance(index, Var | Const) else _no(sp, value, loc)
        case EnumerateOf():
            count: Operand = sp.builder.apply(operator.add, (value.start, index), (), loc)
            if _is(value.start, 0):
                count = index
            return _pair(count, nth(sp, value.part, index, loc))
        case ReversedOf():
            last = sp.builder.apply(operator.sub, (length(sp, value, loc), Const(1)), (), loc)
            mirrored = sp.builder.apply(operator.sub, (last, index), (), loc)
            return nth(sp, value.part, mirrored, loc)
        case ZipOf():
            return Pack(tuple, tuple(nth(sp, part, index, loc) for part in value.parts))  # type: ignore[misc]
        case MapOf():
            items = tuple(nth(sp, part, index, loc) for part in value.parts)
            return calls.invoke(sp, value.function, items, {}, loc)
        case FlatOf(receiver=Var() as array):
            return stores.flat_item(sp, array, index, loc)
        case ProductOf():
            return _combination(sp, value, index, loc)
        case FollowedOf():
            return late.pair(sp, value, index, loc)
        case ChainedOf():
            return late.chained(sp, value, index, loc)
        case TakenOf() | GeneratorOf():
            return _no(sp, value, loc)
        case _:
            return nth(sp, value, index, loc)


def _combination(sp: Specialiser, value: ProductOf, index: Operand, loc: Loc) -> Value:
    """Element number ``index`` of ``itertools.product``, whose last part changes fastest."""
    row: list[Value] = []
    for i, part in reversed(list(enumerate(value.parts))):
        place = index
        if i > 0:
            place = _apply(sp, operator.mod, index, value.counts[i], loc)
            index = _apply(sp, operator.floordiv, index, value.counts[i], loc)
        row.append(nth(sp, part, place, loc))
    return Pack(tuple, tuple(reversed(row)))  # type: ignore[arg-type]


def _apply(sp: Specialiser, op: Any, a: Operand, b: Operand, loc: Loc) -> Operand:
    return sp.builder.apply(op, (a, b), (), loc)


def nth(sp: Specialiser, value: Value, index: Operand, loc: Loc) -> Value:
    """Element number ``index`` of an iterable."""
    advanced.refuse(value, loc)
    if isinstance(value, RangeOf):
        scaled = index
        if not _is(value.step, 1):
            scaled = sp.builder.apply(operator.mul, (index, value.step), (), loc)
        if _is(value.start, 0):
            return scaled
        return sp.builder.apply(operator.add, (value.start, scaled), (), loc)
    if isinstance(value, ITERATORS):
        return at(sp, value, index, loc)
    value = open_methods.taken(sp, value)
    if isinstance(value, OpenViewOf):
        return open_methods.nth(sp, value, index, loc)
    return calls.index(sp, value, index, loc)


def _is(operand: Operand, number: int) -> bool:
    return isinstance(operand, Const) and operand.value == number


def _no(sp: Specialiser, value: Value, loc: Loc) -> Value:
    raise uniterable.error(sp, value, loc)

"""Elements that were computed before Python would: what must not happen in between.

An iterator over what has no known length may become a list.  That is the same as long as computing
the elements does nothing else, and nothing that they are computed from is written meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Operand, Pack, Stmt, Var, While
from srcgrad.ir.recursion import altered_by
from srcgrad.ir.types import Array, ListOf
from srcgrad.ir.walk import statements
from srcgrad.specialise import containers, effects, generators, iterate, lists
from srcgrad.specialise.cells import captured
from srcgrad.specialise.identity import from_outside
from srcgrad.specialise.values import (
    ITERATORS,
    Args,
    CellOf,
    ChainedOf,
    Closure,
    EnumerateOf,
    FollowedOf,
    GeneratorOf,
    Held,
    MapOf,
    Method,
    OneOf,
    PartialOf,
    PerhapsOf,
    ProductOf,
    Ref,
    ReversedOf,
    Taken,
    TakenOf,
    Value,
    YieldingOf,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser
    from srcgrad.specialise.fixpoint import Settled

Producer = Callable[[], Value]
_HINT = "write it as a loop over a range, with indices"


@contextmanager
def unseen(sp: Specialiser, loc: Loc) -> Iterator[None]:
    """Around the computation of elements: refuses one that does anything else."""
    watch = effects.Watch(sp)
    yield
    if watch.has_effects():
        message = "what computes the elements of an iterator writes, draws or prints besides"
        raise UnsupportedSyntaxError(message, loc, _HINT)


@contextmanager
def tried(sp: Specialiser, iterable: Value, loc: Loc) -> Iterator[None]:
    """Around the computation of elements of ``iterable`` that are not kept: it is asked what there
    is, or whether computing them does anything else."""
    before = sp.heap.save()
    with sp.builder.nested(), sp.cells.restored(), unseen(sp, loc):
        yield
    for part in taken_in(iterable):
        part.last.clear()
    sp.heap.restore(before)


def listed(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What a generator expression gives, whose elements are asked for later: a ``map``, or a list
    that is computed early."""
    if not isinstance(value, GeneratorOf):
        return value
    mapped = generators.mapped(sp, value, loc)
    if mapped is not None:
        (part,) = mapped.parts
        return replace(mapped, parts=(listed(sp, part, loc),))
    with unseen(sp, loc), ending(sp, (value,), loc):
        return note(sp, generators.items_of(sp, value, loc), (value,))


@contextmanager
def ending(sp: Specialiser, values: Sequence[Value], loc: Loc) -> Iterator[None]:
    """Around the computation of all elements of iterables: refuses what may have no end, as a
    generator function may that yields in a ``while``."""
    if not any(isinstance(value, YieldingOf) for value in values):
        yield
        return
    with sp.builder.nested() as body:
        yield
    if any(isinstance(stmt, While) for stmt in statements(body)):
        message = "what a generator function yields, perhaps without end, is taken one by one here"
        raise UnsupportedSyntaxError(message, loc, "loop over it, and leave the loop where it ends")
    sp.builder.body.extend(body)


def display(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """The elements of a display as an iterator of unknown length, which has indices."""
    elements = Pack(list, iterate.all_elements(sp, value, loc))  # type: ignore[arg-type]
    items = containers.new_list(sp, lists.as_list(sp, elements, loc))
    return MapOf(Const(intrinsics.itself), (note(sp, items, (value,)),), sp.trip)


def computes(value: Value) -> bool:
    """Whether an iterable computes its elements, by a function."""
    match value:
        case MapOf(function=function, parts=parts):
            own = not (isinstance(function, Const) and function.value is intrinsics.itself)
            return own or any(map(computes, parts))
        case ZipOf(parts=parts):
            return any(map(computes, parts))
        case EnumerateOf(part=part):
            return computes(part)
    return isinstance(value, TakenOf)


def taken_in(value: Value) -> Iterator[TakenOf]:
    """The iterators among the parts of an iterable that keep something from element to element."""
    match value:
        case TakenOf(parts=parts):
            yield value
            for part in parts:
                yield from taken_in(part)
        case ZipOf(parts=parts) | MapOf(parts=parts):
            for part in parts:
                yield from taken_in(part)
        case EnumerateOf(part=part):
            yield from taken_in(part)


def taken(sp: Specialiser, values: Sequence[Value]) -> Taken:
    """What elements that are computed now come from."""
    read = frozenset(ref for value in values for ref in _read_by(sp, value))
    contents = {ref: sp.heap.contents[ref] for ref in read if isinstance(ref, Ref)}
    cells = {cell: cell.content for cell in read if isinstance(cell, CellOf)}
    return Taken(tuple(values), read, contents, cells, sp.builder.writes)


def computed(sp: Specialiser, values: Sequence[Value]) -> Taken:
    """The same of elements that are not those of ``values`` one after the other, so that they
    cannot be read there in their turn."""
    return replace(taken(sp, values), iterables=())


def note(sp: Specialiser, made: Value, args: Args) -> Value:
    """Notes that the elements of a list were computed early, from ``args``."""
    if isinstance(made, Ref):
        sp.heap.early[made] = taken(sp, args)
    return made


@contextmanager
def left_alone(sp: Specialiser, iterable: Value, loc: Loc) -> Iterator[None]:
    """Around a loop over elements that are computed early, from ``iterable``."""
    before, watch = taken(sp, (iterable,)), effects.Watch(sp)
    yield
    if _has_changed(sp, before) or (isinstance(iterable, ITERATORS) and watch.writes()):
        raise _too_late(iterable, loc)


def check(sp: Specialiser, iterable: Value, settled: Settled, writes: int, loc: Loc) -> None:
    """Asks whether a loop writes into what elements were computed from: an element of ``pairwise``
    is what it was a trip before.

    ``writes`` is how many writes there had been before the loop.

    Raises
    ------
    TooLate
        If it may.
    UnsupportedSyntaxError
        If it may write into what gave the iterables, so that they may be others in their turn.
    """
    rows = zip(settled.params, settled.inits, settled.results, strict=True)
    passing = {param: (first, last) for param, first, last in rows}
    befores = list(taken_by(sp, iterable))
    given = [before.given for before in befores if before.given is not None]
    if any(_writes_what(sp, settled, before, passing, writes) for before in given):
        raise _too_late(iterable, loc)
    if any(_writes_what(sp, settled, before, passing, writes) for before in befores):
        raise TooLate(_too_late(iterable, loc))


def _writes_what(
    sp: Specialiser,
    settled: Settled,
    before: Taken,
    passing: Mapping[Var, Sequence[Operand]],
    writes: int,
) -> bool:
    """Whether a loop, or what came before, may write into what elements were computed from."""
    changed = any(settled.before.get(ref) is not old for ref, old in before.contents.items())
    changed = changed or not before.read.isdisjoint((*settled.objects, *settled.cells))
    changed = changed or _is_rebound(before)
    arrays = {value for value in before.arrays if isinstance(value, Var)}
    if len(arrays) < len(before.arrays):
        changed = changed or effects.writes(settled.body)
    changed = changed or effects.writes_into(sp, settled.body, passing, arrays)
    return changed or _may_write(before, writes)


def guarded(
    sp: Specialiser, iterable: Value, found: tuple[Producer, ...], loc: Loc
) -> tuple[Producer, ...]:
    """The same for a loop that is unrolled, before each element."""
    befores = [*taken_by(sp, iterable)]
    befores.extend(before.given for before in befores if before.given is not None)
    if not befores:
        return found

    def checked(produce: Producer) -> Value:
        for before in befores:
            if _has_changed(sp, before) or _may_write(before, sp.builder.writes):
                raise _too_late(iterable, loc)
        return produce()

    return tuple(partial(checked, produce) for produce in found)


def _has_changed(sp: Specialiser, before: Taken) -> bool:
    """Whether there is something else in the objects that elements were computed from."""
    changed = any(sp.heap.contents.get(ref) is not old for ref, old in before.contents.items())
    return changed or _is_rebound(before)


def _is_rebound(before: Taken) -> bool:
    """Whether a variable that functions read stands for something else now."""
    return any(cell.content is not old for cell, old in before.cells.items())


def _may_write(before: Taken, writes: int) -> bool:
    """Whether one of so many writes may have been into the arrays among them."""
    return bool(before.arrays) and writes != before.writes


def refuse_changed(sp: Specialiser, body: Sequence[Stmt]) -> None:
    """Refuses a program that anywhere changes what the elements of an iterator come from that is
    gone on with: they were all computed when it was made.

    Raises
    ------
    UnsupportedSyntaxError
        Where it is made.
    """
    if not sp.gone_on:
        return
    memory = MemoryClasses(body)
    buffers = [each for stmt in statements(body) for each in altered_by(stmt) if has_memory(each)]
    written = set(map(memory.root, buffers))
    for before, loc in sp.gone_on:
        arrays = {value for value in before.arrays if isinstance(value, Var)}
        unknown = len(arrays) < len(before.arrays) and bool(written)
        if _has_changed(sp, before) or unknown or not written.isdisjoint(map(memory.root, arrays)):
            message = "what the elements of an iterator come from that is gone on with is changed"
            raise UnsupportedSyntaxError(message, loc, "make a list of them first: list(it)")


class TooLate(Exception):
    """What elements were computed from is written while a loop uses them; ``error`` says so."""

    def __init__(self, error: UnsupportedSyntaxError) -> None:
        self.error = error


def _too_late(iterable: Value, loc: Loc) -> UnsupportedSyntaxError:
    what = "'pairwise'" if _is_paired(iterable) else "an iterator"
    message = f"an array or a list is written in a loop over {what}"
    return UnsupportedSyntaxError(message, loc, _HINT)


def _is_paired(value: Value) -> bool:
    if isinstance(value, EnumerateOf):
        return _is_paired(value.part)
    return isinstance(value, ZipOf) and (
        value.paired is not None or any(map(_is_paired, value.parts))
    )


def taken_by(sp: Specialiser, value: Value) -> Iterator[Taken]:
    """What those elements of an iterable come from that were computed early."""
    match value:
        case ZipOf(parts=parts, paired=paired):
            yield from () if paired is None else (paired,)
            for part in parts:
                yield from taken_by(sp, part)
        case MapOf(parts=parts) | ChainedOf(parts=parts) | ProductOf(parts=parts):
            for part in parts:
                yield from taken_by(sp, part)
        case EnumerateOf(part=part) | ReversedOf(part=part) | FollowedOf(part=part):
            yield from taken_by(sp, part)
        case Ref() if value in sp.heap.early:
            yield sp.heap.early[value]


def _read_by(sp: Specialiser, iterable: Value) -> Iterator[Value]:
    """The objects and the arrays that taking the elements of an iterable may read.

    The elements of a list, and the rows of an array, are handed on as they are: what is in them is
    not read.
    """
    ref = sp.heap.looked_at(iterable)
    if ref is not None:
        yield ref
    match iterable:
        case ZipOf(parts=parts, paired=paired):
            yield from () if paired is None else paired.read
            yield from (value for part in parts for value in _read_by(sp, part))
        case MapOf(function=Const(value=intrinsics.itself), parts=parts):
            yield from (value for part in parts for value in _read_by(sp, part))
        case EnumerateOf(part=part) | ReversedOf(part=part):
            yield from _read_by(sp, part)
        case Ref() if _is_plain(sp.heap.contents[iterable]):
            yield from sp.heap.early[iterable].read if iterable in sp.heap.early else ()
        case _ if not _is_plain(iterable):
            yield from _reached(sp, (iterable,))


def _is_plain(iterable: Value) -> bool:
    """Whether the elements of an iterable are there without computing or reading anything."""
    match iterable:
        case Pack(kind=kind):
            return kind in (list, tuple, dict)
        case Var(type=ListOf()):
            return True
        case Var(type=Array(dims=dims)):
            return len(dims) > 1
    return False


def _reached(sp: Specialiser, values: Sequence[Value]) -> set[Value]:
    """The objects and the arrays that computing the elements of iterables may read."""
    found: set[Value] = set()
    waiting = list(values)
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case Ref():
                found.add(value)
                waiting.append(sp.heap.contents[value])
            case Pack(items=items):
                waiting.extend(items)
            case PerhapsOf(content=content):
                waiting.append(content)
            case Closure() | PartialOf() | OneOf():
                waiting.extend(captured(value))
            case CellOf():
                found.add(value)
            case MapOf(function=function, parts=parts):
                waiting.extend((function, *parts))
            case ZipOf(parts=parts) | ProductOf(parts=parts):
                waiting.extend(parts)
            case EnumerateOf(part=part) | ReversedOf(part=part):
                waiting.append(part)
            case GeneratorOf(function=function, part=part):
                waiting.extend((function, part))
            case TakenOf(parts=parts):  # how it makes its elements is not looked at
                found.add(value)
                found.update(sp.heap.contents)
                waiting.extend(parts)
            case Method(receiver=receiver):
                waiting.append(receiver)
            case Var() if has_memory(value):
                found.add(value)
            case Held():
                found.add(value)
                waiting.extend(from_outside(sp))
            case _:
                waiting.append(sp.heap.view(value))
    return found

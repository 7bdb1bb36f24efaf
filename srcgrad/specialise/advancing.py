"""Iterators that know at which element they are: ``next``, and loops over what is left.

A loop over one is a loop over the numbers of its elements; if its body asks for elements too, or
where ``zip``, ``map`` or ``enumerate`` is made of such iterators, a ``while``.
"""

from __future__ import annotations

import itertools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.raising import may_end
from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, ForEach, If, Invoke, Operand, Pack, Stmt, Var, While
from srcgrad.ir.types import Array, ListOf
from srcgrad.specialise import (
    advanced,
    calls,
    cells,
    certain,
    compiled,
    early,
    exhausted,
    generators,
    iterate,
    objects,
    taking,
)
from srcgrad.specialise.advanced import is_advanced
from srcgrad.specialise.advanced_class import (
    Advanced,
    Counting,
    Cycling,
    Enumerated,
    Filtered,
    Mapped,
    Together,
    element_of,
    length_of,
)
from srcgrad.specialise.attributes import attribute
from srcgrad.specialise.values import (
    ITERATORS,
    Args,
    EnumerateOf,
    GeneratorOf,
    Handler,
    Kwargs,
    MapOf,
    Method,
    RangeOf,
    Ref,
    ReversedOf,
    TakenOf,
    Value,
    ZipOf,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


class _Moved(Exception):
    """The body of a loop over an iterator asks it for elements."""

    def __init__(self, iterator: Value) -> None:
        super().__init__()
        self.iterator = iterator


def instance(sp: Specialiser, value: Value, loc: Loc) -> Value | None:
    """A new iterator as such an instance; None if it cannot be one."""
    if isinstance(value, GeneratorOf) and not certain.is_trying(sp):
        tested = generators.filtered(value)
        if tested is not None:
            return _filtered(sp, value, tested, loc)
    if isinstance(value, GeneratorOf) and is_advanced(value.part):
        mapped = None if certain.is_trying(sp) else generators.mapped(sp, value, loc)
        return None if mapped is None else together(sp, mapped.function, mapped.parts, loc)
    items = _indexed(sp, value, loc)
    if items is None:
        return _over_all(sp, value, loc)
    for part in _parts(value):
        exhausted.exhaust(sp, part, loc)  # nobody else may ask it for elements from here on
    return _over(sp, items, loc)


def without_end(sp: Specialiser, function: Any, args: Args, loc: Loc) -> Value | None:
    """``itertools.count`` or ``cycle`` of these, where it is gone on with."""
    if function is itertools.count:
        given = (*args, *(Const(0), Const(1))[len(args) :])
        return objects.construct(sp, Counting, given, {}, loc, "")
    (iterable,) = args
    with early.unseen(sp, loc), early.ending(sp, args, loc):
        items = compiled.run(sp, _rest, args, loc)
    sp.gone_on.append((early.computed(sp, (iterable,)), loc))
    return objects.construct(sp, Cycling, (items,), {}, loc, "")


def _over_all(sp: Specialiser, value: Value, loc: Loc) -> Value | None:
    """Such an iterator over the list of all elements, which is made now; None where that may raise
    something, before whoever asks for elements gets there."""
    if certain.is_trying(sp) or not isinstance(value, ITERATORS):
        return None
    with sp.builder.nested() as body, early.unseen(sp, loc), early.ending(sp, (value,), loc):
        items = compiled.run(sp, _rest, (value,), loc)
    if any(map(may_end, body)) or not isinstance(items, Ref):
        message = "what gives the elements of an iterator that is gone on with may raise an error"
        raise UnsupportedSyntaxError(message, loc, "make a list of them first, and iterate over it")
    sp.builder.body.extend(body)
    sources = value.parts if isinstance(value, TakenOf) else (value,)
    sp.heap.early[items] = early.computed(sp, sources)
    return _over(sp, items, loc)


def _filtered(sp: Specialiser, value: GeneratorOf, tested: Args, loc: Loc) -> Value | None:
    """A generator expression with a condition, which is asked for each element in its turn."""
    part: Value | None = value.part
    if not is_advanced(value.part):
        items = _indexed(sp, value.part, loc)
        part = None if items is None or _computes(items) else _over(sp, items, loc)
    if not isinstance(part, Ref) or part.kind is not Advanced:
        return None
    exhausted.exhaust(sp, value, loc)
    exhausted.exhaust(sp, value.part, loc)
    given = (Pack(tuple, (part,)), *tested)  # type: ignore[arg-type]
    return objects.construct(sp, Filtered, given, {}, loc, "")


def _over(sp: Specialiser, items: Value, loc: Loc) -> Ref:
    found = objects.construct(sp, Advanced, (items,), {}, loc, "")
    assert isinstance(found, Ref)
    sp.gone_over[found] = _contents(sp, items)
    sp.gone_on.extend((before, loc) for before in early.taken_by(sp, items))
    return found


def _indexed(sp: Specialiser, value: Value, loc: Loc) -> Value | None:
    """An iterator whose elements have numbers, and are computed when they are asked for; None of
    any other."""
    if isinstance(value, GeneratorOf):
        if certain.is_trying(sp):
            return None  # one that has raised has come to its end
        mapped = generators.mapped(sp, value, loc)
        return None if mapped is None else _indexed(sp, mapped, loc)
    if isinstance(value, ZipOf) and (value.strict or value.paired is not None):
        return None
    if isinstance(value, ReversedOf):
        return value if _has_numbers(sp, value.part) else None
    if isinstance(value, ZipOf | MapOf):
        parts = [_indexed(sp, part, loc) for part in value.parts]
        fit = [part for part in parts if part is not None]
        return replace(value, parts=tuple(fit)) if len(fit) == len(parts) else None
    if isinstance(value, EnumerateOf):
        part = _indexed(sp, value.part, loc)
        return None if part is None else replace(value, part=part)
    return value if _has_numbers(sp, value) else None


def together(sp: Specialiser, function: Value | None, args: Args, loc: Loc) -> Value | None:
    """``map`` of a function, or ``zip``, of iterables of which some are such iterators; None of any
    others."""
    if not any(map(is_advanced, args)):
        return None
    taking.check_apart(sp, args, loc)
    parts = [arg if is_advanced(arg) else _taken_over(sp, arg, loc) for arg in args]
    needs = {part: parts.count(part) for part in parts}
    bases = [base for part in needs for base in _bases(sp, part, loc)]
    if len(set(bases)) < len(bases):
        raise advanced.refused(loc)  # one directly, and one in another
    rows = tuple(Pack(tuple, (part, Const(need))) for part, need in needs.items())  # type: ignore[arg-type]
    given = (Pack(tuple, tuple(parts)), Pack(tuple, rows))  # type: ignore[arg-type]
    if any(part.kind is not Advanced for part, need in needs.items() if need > 1):
        raise advanced.refused(loc)
    if function is None:
        return objects.construct(sp, Together, given, {}, loc, "")
    return objects.construct(sp, Mapped, (*given, function), {}, loc, "")


def _taken_over(sp: Specialiser, arg: Value, loc: Loc) -> Ref:
    """Such an iterator over what is beside others; nobody else may ask it from here on."""
    if isinstance(arg, ITERATORS) and not isinstance(arg, GeneratorOf):
        exhausted.exhaust(sp, arg, loc)
        items = _indexed(sp, arg, loc)
        found = None if items is None else _over(sp, items, loc)
    else:
        made = instance(sp, arg, loc)
        found = made if isinstance(made, Ref) else None
    if found is None:
        raise advanced.refused(loc)
    return found


def enumerated(sp: Specialiser, arg: Value, start: Value, loc: Loc) -> Value | None:
    """``enumerate`` of such an iterator; None of anything else."""
    if not is_advanced(arg):
        return None
    return objects.construct(sp, Enumerated, (Pack(tuple, (arg,)), start), {}, loc, "")  # type: ignore[arg-type]


def _bases(sp: Specialiser, iterator: Value, loc: Loc) -> list[Ref]:
    """The iterators that one takes its elements of, itself if there is no other."""
    assert isinstance(iterator, Ref)
    if iterator.kind is Advanced:
        return [iterator]
    parts = sp.heap.view(attribute(sp, iterator, "_parts", loc))
    assert isinstance(parts, Pack)
    found = dict.fromkeys(parts.items)
    return [base for part in found for base in _bases(sp, part, loc)]


def _parts(value: Value) -> Args:
    if isinstance(value, GeneratorOf | EnumerateOf | ReversedOf):
        return (value.part,)
    return value.parts if isinstance(value, ZipOf | MapOf) else ()


def _has_numbers(sp: Specialiser, value: Value) -> bool:
    """Whether Python's iterator over something has a number, and reads what is there by then."""
    if isinstance(value, Ref):
        return value.kind is list
    if isinstance(value, Var):
        return isinstance(value.type, ListOf) or (
            isinstance(value.type, Array) and len(value.type.dims) > 0
        )
    if isinstance(value, Const):
        return isinstance(value.value, str | tuple | range)
    if isinstance(value, Pack):
        return value.kind in (list, tuple)
    return isinstance(value, RangeOf)


# --- what asks for elements -----------------------------------------------------------------------


def next_of(sp: Specialiser, args: Args, loc: Loc) -> Value:
    """``next(iterator)``, with or without a default."""
    return _call_method(sp, "__next__" if len(args) == 1 else "next_or", args, loc)


def _call_method(sp: Specialiser, method: str, args: Args, loc: Loc, name: str = "") -> Value:
    """What a method of such an iterator does, which stands where the program asks for it."""
    _check(sp, args[0], loc)
    with sp.located(sp.loc or loc):
        return calls.invoke(sp, Method(args[0], method), args[1:], {}, loc, name)


def _check(sp: Specialiser, iterator: Value, loc: Loc) -> None:
    """Whether an iterator can be asked for an element: Python's has come to its end once it has
    said so, or has raised."""
    is_mapped = isinstance(iterator, Ref) and iterator.kind in (Mapped, Filtered)
    for base in _bases(sp, iterator, loc):
        _check_base(sp, base, loc, is_mapped)


def _check_base(sp: Specialiser, iterator: Ref, loc: Loc, is_mapped: bool) -> None:
    items = attribute(sp, iterator, "_items", loc)
    before, now = sp.gone_over[iterator], _contents(sp, items)
    if len(before) != len(now) or not all(map(operator.is_, before, now)):
        message = "a list, or a dict, changes while an iterator over it is gone on with"
        raise UnsupportedSyntaxError(message, loc, "iterate over a copy of it: iter(list(items))")
    if certain.is_trying(sp) and (is_mapped or _computes(items)):
        message = "an iterator that computes its elements is gone on with in a 'try'"
        raise UnsupportedSyntaxError(message, loc, "make a list of them before")


def _is_itself(function: Value) -> bool:
    return isinstance(function, Const) and function.value is intrinsics.itself


def _computes(items: Value) -> bool:
    """Whether asking for an element may raise."""
    if isinstance(items, MapOf) and not _is_itself(items.function):
        return True
    return any(map(_computes, _parts(items)))


def given(sp: Specialiser, function: Any, args: Args, loc: Loc) -> Args:
    """The arguments of a function, which gets a list of what is left of such an iterator."""
    if not any(map(is_advanced, args)) or not _takes_all(function):
        return args
    return tuple(compiled.run(sp, _rest, (a,), loc) if is_advanced(a) else a for a in args)


def _takes_all(function: Any) -> bool:
    takers = (list, tuple, set, frozenset, dict, sum, max, min, sorted, intrinsics.unpack)
    return any(function is taker for taker in takers)


def for_each(sp: Specialiser, stmt: ForEach, iterator: Ref, frame: Frame, loc: Loc) -> None:
    """Emits a loop over such an iterator."""
    if iterator.kind is not Advanced:
        _one_by_one(sp, stmt, iterator, frame, loc)
        return
    mark, before, sealed = len(sp.builder.body), sp.heap.save(), set(sp.heap.sealed)
    try:
        _by_number(sp, stmt, iterator, frame, loc)
    except _Moved as moved:
        if moved.iterator is not iterator:
            raise
        sp.heap.roll_back(before, sealed)
        del sp.builder.body[mark:]
        _one_by_one(sp, stmt, iterator, frame, loc)


def _by_number(sp: Specialiser, stmt: ForEach, iterator: Ref, frame: Frame, loc: Loc) -> None:
    """A loop over the numbers of the elements that are left."""
    start = sp.operand(attribute(sp, iterator, "_at", loc), loc)
    items = attribute(sp, iterator, "_items", loc)
    numbers, this, index, loop = Var("numbers"), Var("it"), Var("i"), Const(_Loop())
    frame.values[numbers] = RangeOf(start, iterate.length(sp, items, loc), Const(1))
    frame.values[this] = iterator
    item, *carried = stmt.body.params
    body = _with(stmt.body, _call(item, _take_at, (this, index, loop), loc))
    if not body.diverges:
        check = _call(Var(), _check_place, (this, loop), loc)
        body = replace(body, body=(*body.body, check))
    body = replace(body, params=(index, *carried))
    sp.statement(replace(stmt, iterable=numbers, body=body), frame)


def _one_by_one(sp: Specialiser, stmt: ForEach, iterator: Ref, frame: Frame, loc: Loc) -> None:
    """A loop that asks for one element after the other."""
    this, test = Var("it"), Var()
    frame.values[this] = iterator
    item, *carried = stmt.body.params
    params = tuple(Var(var.name) for var in carried)
    cond = Block(params, (_call(test, ask, (this,), loc),), (test,))
    body = _with(stmt.body, _call(item, take, (this,), loc))
    body = replace(body, params=tuple(carried))
    sp.statement(While(stmt.targets, stmt.init, cond, body, stmt.loc, stmt.exits), frame)
    if iterator.kind is Advanced:
        return
    last: Stmt = _call(Var(), end, (this,), loc)
    if stmt.exits:
        last = If((), stmt.targets[0], Block((), (), ()), Block((), (last,), ()), loc)
    sp.statement(last, frame)


def _with(body: Block, first: Stmt) -> Block:
    """The body of a loop with a statement after what it notes of the values that it carries."""
    noted = len(cells.notes(body).body)
    return replace(body, body=(*body.body[:noted], first, *body.body[noted:]))


def _call(target: Var, function: Any, args: tuple[Operand, ...], loc: Loc) -> Stmt:
    return Invoke(target, Const(function), args, (), loc)


class _Loop:
    """A loop over such an iterator, inside of which there may be others over the same one."""

    after_taking: Any = None
    """What was in the iterator when the trip had taken its element."""


def _take_at(iterator: Any, index: Any, loop: Any) -> Any:
    """The element of this number; decided by the compiler."""


def _check_place(iterator: Any, loop: Any) -> None:
    """Whether the next element has the next number; decided by the compiler."""


def ask(iterator: Any) -> Any:
    """Whether there is an element; decided by the compiler."""


def take(iterator: Any) -> Any:
    """The next element; decided by the compiler."""


def end(iterator: Any) -> Any:
    """What asking it once more does; decided by the compiler."""


def _said(method: str) -> Handler:
    def call(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        return _call_method(sp, method, args, loc, name)

    return call


def _taken_at(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    iterator, index, loop = args
    item = _call_method(sp, "take_at", (iterator, index), loc, name)
    assert isinstance(iterator, Ref)
    assert isinstance(loop, Const)
    loop.value.after_taking = sp.heap.contents[iterator]
    return item


def _checked(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    iterator, loop = args
    assert isinstance(iterator, Ref)
    assert isinstance(loop, Const)
    if loop.value.after_taking is not sp.heap.contents[iterator]:
        raise _Moved(iterator)
    return Const(None)


def _contents(sp: Specialiser, items: Value) -> list[Any]:
    """What is in the lists that an iterator goes over."""
    found, todo = [], [items]
    while todo:
        value = todo.pop()
        todo.extend(_parts(value))
        shown = sp.heap.looked_at(value)
        if shown is not None:
            found.append(sp.heap.contents[shown])
    return found


def _length(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return iterate.length(sp, args[0], loc)


def _element(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    return iterate.nth(sp, args[0], sp.operand(args[1], loc), loc)


ADVANCED: dict[Any, Handler] = {
    _take_at: _taken_at,
    _check_place: _checked,
    ask: _said("is_left"),
    take: _said("take"),
    end: _said("end"),
    length_of: _length,
    element_of: _element,
}


# --- compiled like the user's functions -----------------------------------------------------------


def _rest(iterator: Any) -> Any:
    return [element for element in iterator]  # noqa: C416

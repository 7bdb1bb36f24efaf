"""What gives elements without end, beside iterables that end: ``zip(x, itertools.repeat(2.0))``,
``zip(itertools.count(1), x)``, ``zip(itertools.cycle([1, -1]), x)``.

Nothing is taken from it: each row has the value in it, or one that follows from its number.  So
nobody may ask it for elements before or after that.
"""

from __future__ import annotations

import itertools
import operator
import sys
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Apply, Block, Const, Function, Operand, Pack, Var
from srcgrad.ir.types import PY_BOOL, PY_FLOAT, PY_INT, Scalar, number_of
from srcgrad.ir.walk import changed, count_uses, map_blocks
from srcgrad.specialise import advanced, calls, iterate
from srcgrad.specialise.values import (
    Args,
    EnumerateOf,
    Handler,
    Kwargs,
    MapOf,
    PartialOf,
    RangeOf,
    Ref,
    RepeatedOf,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


@dataclass(frozen=True, eq=False, slots=True)
class Numbered:
    """``itertools.count(first, step)``, or ``itertools.cycle`` of elements: its ``parts``.

    ``before`` is what was in the list when this was made that it is a cycle of.
    """

    function: Any
    parts: Args
    given: Value | None
    before: Operand | None
    trip: object
    used: list[Loc] = field(default_factory=list)


def _numbered(function: Any, parts_of: Callable[[Specialiser, Args, Loc], Args | None]) -> Handler:
    """The handler of what makes such an iterator, which may be read when the program runs, too."""

    def make(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        if not kwargs and advanced.is_gone_on_with(sp, loc):
            from srcgrad.specialise import advancing

            return advancing.without_end(sp, function, args, loc)
        parts = None if kwargs else parts_of(sp, args, loc)
        made = calls.call_opaque(sp, Const(function), args, kwargs, loc, name)
        if parts and isinstance(made, Var):
            given = args[0] if args else None
            before = sp.heap.contents[given] if isinstance(given, Ref) else None
            sp.numbered[made] = Numbered(function, parts, given, before, sp.trip)
        return made if kwargs else advanced.noted(sp, made, loc)

    return make


def _counted(sp: Specialiser, args: Args, loc: Loc) -> Args | None:
    """The first number and the step of a counter of integers."""
    parts = (*args, *(Const(0), Const(1))[len(args) :])
    return parts if len(parts) == 2 and all(map(_is_int, parts)) else None


def _is_int(value: Value) -> bool:
    if isinstance(value, Const):
        return type(value.value) is int
    return isinstance(value, Var) and number_of(value.type) == PY_INT


def _cycled(sp: Specialiser, args: Args, loc: Loc) -> Args | None:
    """The elements that come again and again."""
    given = args[0] if len(args) == 1 else None
    is_list = isinstance(given, Ref) and given.kind is list
    if not is_list and not isinstance(given, Pack | Const):
        return None
    return iterate.elements(sp, given, loc)  # type: ignore[arg-type]


def beside(sp: Specialiser, function: Value, args: Args, loc: Loc) -> MapOf | EnumerateOf | None:
    """What gives ``function(*row)`` for each row of some iterables, of which some have no end; None
    if none does, or all do.

    Raises
    ------
    UnsupportedSyntaxError
        If one of those was beside others before.
    """
    endless = [_without_end(sp, arg) for arg in args]
    ending = [arg for arg, each in zip(args, endless, strict=True) if each is None]
    if not ending or len(ending) == len(args):
        return None
    numbered = [each for each in endless if isinstance(each, Numbered)]
    for each in numbered:
        _use(sp, each, loc)
    if numbered:
        one = numbered[0]
        if function is ROW_OF_ZIP and endless == [one, None] and _counts_on(one):
            return EnumerateOf(ending[0], sp.operand(one.parts[0], loc), sp.trip)
        ending[0] = EnumerateOf(ending[0], Const(0), sp.trip)
    kept = tuple(_NOTHING if each is None else _kept(each) for each in endless)
    row = PartialOf(Const(_row), (function, Const(bool(numbered)), *kept, _END), {})
    return MapOf(row, tuple(ending), sp.trip)


def counting(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``; where a loop goes over ``itertools.count``, which it has to leave, a range that is
    as good as endless."""
    each = sp.numbered.get(value) if isinstance(value, Var) else None
    if each is None or each.function is not itertools.count:
        return value
    first, step = each.parts
    if not isinstance(step, Const) or step.value <= 0:
        return value
    _use(sp, each, loc)
    return RangeOf(sp.operand(first, loc), Const(sys.maxsize), step)


def _use(sp: Specialiser, each: Numbered, loc: Loc) -> None:
    """Notes that this is where something gives elements.

    Raises
    ------
    UnsupportedSyntaxError
        If it has given some before.
    """
    if each.used or each.trip is not sp.trip:
        raise _used_twice(each, loc)
    each.used.append(loc)


def _without_end(sp: Specialiser, value: Value) -> RepeatedOf | Numbered | None:
    if isinstance(value, RepeatedOf):
        return value
    return sp.numbered.get(value) if isinstance(value, Var) else None


def _counts_on(each: Numbered) -> bool:
    """Whether something is ``itertools.count(first)``."""
    step = each.parts[1] if each.function is itertools.count else None
    return isinstance(step, Const) and step.value == 1


def _kept(each: RepeatedOf | Numbered) -> Value:
    return each.each if isinstance(each, RepeatedOf) else Const(each)


def _used_twice(each: Numbered, loc: Loc) -> UnsupportedSyntaxError:
    name = f"itertools.{each.function.__name__}"
    message = f"'{name}' gives elements in two places: going on with one is not supported"
    return UnsupportedSyntaxError(message, loc, "make another one, which begins where that is")


ROW_OF_ZIP, _NOTHING, _END = (
    Const("a row of zip"),
    Const("taken from an iterable"),
    Const("the end of the values"),
)


def _row(*args: Any) -> Any:
    """Calls its first argument with the others up to the last, those that are missing among them
    being those behind that, of which the first is numbered if the second says so; decided by the
    compiler."""
    raise AssertionError


def _called(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    end = next(i for i, arg in enumerate(args) if arg is _END)
    function, is_numbered, *values = args[:end]
    found = list(args[end + 1 :])
    index: Value = Const(0)
    if isinstance(is_numbered, Const) and is_numbered.value:
        assert isinstance(found[0], Pack)
        index, found[0] = found[0].items
    items = iter(found)
    row = tuple(
        next(items) if value is _NOTHING else _at(sp, value, index, loc) for value in values
    )
    if function is ROW_OF_ZIP:
        return Pack(tuple, row)  # type: ignore[arg-type]
    return calls.invoke(sp, function, row, {}, loc)


def _at(sp: Specialiser, value: Value, index: Value, loc: Loc) -> Value:
    """What ``value`` is in the row of this number."""
    each = value.value if isinstance(value, Const) else None
    if not isinstance(each, Numbered):
        return value
    if each.function is itertools.count:
        first, step = each.parts
        scaled = calls.invoke(sp, Const(operator.mul), (index, step), {}, loc)
        return calls.invoke(sp, Const(operator.add), (first, scaled), {}, loc)
    if isinstance(each.given, Ref) and sp.heap.contents.get(each.given) is not each.before:
        message = "'itertools.cycle' of a list that changes meanwhile"
        raise UnsupportedSyntaxError(message, loc, "give it a copy: itertools.cycle(list(items))")
    place = calls.invoke(sp, Const(operator.mod), (index, Const(len(each.parts))), {}, loc)
    return calls.index(sp, Pack(tuple, each.parts), place, loc)  # type: ignore[arg-type]


def without_taken(sp: Specialiser, program: Function) -> Function:
    """``program`` without what makes iterators that nothing is taken from.

    Raises
    ------
    UnsupportedSyntaxError
        If one that is in rows is asked for elements elsewhere.
    """
    beside_others = {var: each for var, each in sp.numbered.items() if each.used}
    if not beside_others:
        return program
    uses = count_uses(program)
    for var, each in beside_others.items():
        if uses[var]:
            raise _used_twice(each, each.used[0])
    return replace(program, body=_without(program.body, beside_others))


def _without(block: Block, made: Container[Var]) -> Block:
    kept = (s for s in block.body if not (isinstance(s, Apply) and s.target in made))
    body = tuple(map_blocks(stmt, lambda inner: _without(inner, made)) for stmt in kept)
    return changed(block, body=body)


def next_of(sp: Specialiser, args: Args, loc: Loc, name: str) -> Value | None:
    """``next(iterator)`` of such an iterator, which gives a number that carries no derivative.

    Raises
    ------
    UnsupportedSyntaxError
        If it gives what the program computes.
    """
    if args and isinstance(args[0], RepeatedOf):
        return args[0].each
    each = sp.numbered.get(args[0]) if len(args) == 1 and isinstance(args[0], Var) else None
    if each is None:
        if args:
            advanced.ask(sp, args[0])
        return None
    type_ = PY_INT if all(map(_is_int, each.parts)) else _kind_of_constants(each.parts)
    if type_ is None and any(isinstance(part, Var) for part in each.parts):
        advanced.ask(sp, args[0])
        message = f"'next' of 'itertools.{each.function.__name__}' of what the program computes"
        raise UnsupportedSyntaxError(message, loc, "read it by index: items[i % len(items)]")
    found = calls.call_opaque(sp, Const(next), args, {}, loc, name)
    if type_ is not None:
        assert isinstance(found, Var)
        found.type = type_
    return found


def _kind_of_constants(parts: Args) -> Scalar | None:
    """The type of numbers that are written in the program, and of one kind."""
    kinds = {type(part.value) if isinstance(part, Const) else None for part in parts}
    return {frozenset((float,)): PY_FLOAT, frozenset((bool,)): PY_BOOL}.get(frozenset(kinds))  # type: ignore[arg-type]


REPEATED: dict[Any, Handler] = {
    _row: _called,
    itertools.count: _numbered(itertools.count, _counted),
    itertools.cycle: _numbered(itertools.cycle, _cycled),
}

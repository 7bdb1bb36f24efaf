"""What asks an iterator for one element after the other, until it has found what it looks for.

``any``, ``all``, ``in`` and ``next`` are loops that leave early, compiled like those of the user:
the elements after that are not computed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, ForEach, If, Invoke, Operand, Var
from srcgrad.specialise import (
    advanced,
    advancing,
    calls,
    comparisons,
    compiled,
    conditions,
    effects,
    iterate,
    lists,
    repeated,
)
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    ITERATORS,
    Args,
    Handler,
    Kwargs,
    OpenViewOf,
    PartialOf,
    Scope,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _found(sp: Specialiser, iterable: Value, test: Value, loc: Loc) -> Value:
    """Whether ``test`` holds for an element: a loop that leaves at the first for which it does."""
    from srcgrad.specialise.engine import Frame

    source, function, item, flag, tested, decided, found = (Var() for _ in range(7))
    found.name = "found"
    arms = Block((), (), (Const(True),)), Block((), (), (Const(False),))
    body = (Invoke(tested, function, (item,), (), loc), If((decided,), tested, *arms, loc))
    trip = Block((item, flag), body, (decided,))
    loop = ForEach((found,), source, (Const(False),), trip, loc, exits=True)
    frame = Frame(Scope("", {}, {}, trusted=True), {}, {source: iterable, function: test})
    sp.statement(loop, frame)
    return frame.values[found]


_MAX_NESTED = 20
"""Up to so many known elements are tested one inside the other."""


def _any(sp: Specialiser, args: Args, loc: Loc) -> Value:
    return _found(sp, args[0], Const(intrinsics.itself), loc)


def _contains(sp: Specialiser, args: Args, loc: Loc) -> Value:
    wanted = PartialOf(Const(operator.eq), (args[1],), {})
    return _found(sp, args[0], wanted, loc)


def _all(sp: Specialiser, args: Args, loc: Loc) -> Value:
    failed = _found(sp, args[0], Const(operator.not_), loc)
    return calls.invoke(sp, Const(operator.not_), (failed,), {}, loc)


def _next(elements: Any) -> Any:
    for element in elements:
        return element
    raise StopIteration


def _next_or(elements: Any, default: Any) -> Any:
    for element in elements:
        return element
    return default


def quantified(decisive: bool) -> Handler:
    """``any``, which a true element decides, and ``all``, which a false one does."""
    op = operator.or_ if decisive else operator.and_

    def test(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        elements = iterate.elements(sp, args[0], loc) if len(args) == 1 else None
        if elements is None:
            return None
        result: Operand = Const(not decisive)
        for element in elements:
            truth = conditions.truth(sp, element, loc)
            if isinstance(truth, bool):
                if truth is decisive:
                    return Const(decisive)
                continue
            truth = sp.builder.apply(bool, (truth,), (), loc)
            is_first = isinstance(result, Const)
            result = truth if is_first else sp.builder.apply(op, (result, truth), (), loc)
        return result

    return test


def searching(function: Callable[..., Value], otherwise: Handler) -> Handler:
    """A handler that searches an iterator as ``function`` does, or what is in a dict to which data
    add keys; anything else as ``otherwise``."""

    def search(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
        shown = sp.heap.view(args[0]) if args and function is not _contains else None
        if isinstance(shown, OpenViewOf):
            return function(sp, (shown,), loc)
        if args and advanced.is_advanced(args[0]):
            return function(sp, args, loc)
        if len(args) == 2 and _are_instances(sp, *args):
            return function(sp, args, loc)
        if not args or not isinstance(args[0], ITERATORS):
            return otherwise(sp, args, kwargs, loc, name)
        count = iterate.known_length(sp, args[0], loc)
        if count is None or count <= _MAX_NESTED:
            return function(sp, args, loc)
        watch = effects.Watch(sp)
        result = otherwise(sp, (iterate.listed(sp, args[0], loc), *args[1:]), kwargs, loc, name)
        if watch.has_effects():
            message = f"which of {count} elements is the last one to be computed depends on data"
            raise UnknownTypeError(message, loc, "use a loop over an array, and leave it")
        return result

    return search


def _are_instances(sp: Specialiser, container: Value, item: Value) -> bool:
    """Whether an instance is looked for in a list of unknown length, which holds others."""
    return lists.is_dynamic(sp.heap.view(container)) and class_of_instance(item) is not None


def _next_element(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if args and advanced.is_advanced(args[0]):
        return advancing.next_of(sp, args, loc)
    if not args or not isinstance(args[0], ITERATORS):
        return repeated.next_of(sp, args, loc, name)
    if args[0].used:
        advanced.ask(sp, args[0])
        message = "'next' of an iterator that has given elements before"
        raise UnsupportedSyntaxError(message, loc, "make a list of it first, and index that")
    return compiled.run(sp, _next if len(args) == 1 else _next_or, args, loc)


SEARCHES: dict[Any, Handler] = {
    any: searching(_any, quantified(True)),
    all: searching(_all, quantified(False)),
    operator.contains: searching(_contains, comparisons.contains),
    next: _next_element,
}

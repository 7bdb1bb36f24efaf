"""Which of the lists and dicts that a program meets were given to it, and which of those are one.

What was given is known by its place, whatever stands for it: the container outside, the function's
own of it, or a display of what is in it, which has no identity.  That two were one object in the
call that is compiled, or two, becomes a guard.  An object that stands for one of several, whichever
data choose, has a number, which says nothing of what was given: so those must be different.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import ListOf
from srcgrad.specialise import own_containers
from srcgrad.specialise.values import Held, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def found_at(sp: Specialiser, value: Value) -> Held | None:
    """What was given that a list or a dict is; None if it is none, or if that is not known."""
    lists = sp.inputs.lists
    if isinstance(value, Held):
        return value
    if isinstance(value, Pack | Var):
        return lists.displayed(value)
    if isinstance(value, Ref):
        return lists.owned.get(value) or lists.held_of(value)
    return None


def is_one(sp: Specialiser, a: Value, b: Value, loc: Loc) -> Const | None:
    """Whether two lists, or dicts, are one; None if neither may have been given, or if their
    numbers tell.

    Raises
    ------
    NeedsOwn
        If that would be known of the function's own containers.
    AliasingError
        If it is not known.
    """
    kind = _kind(a)
    if a is b or kind is None or kind is not _kind(b):
        return None
    there, held = found_at(sp, a), found_at(sp, b)
    if there is held is None and (isinstance(a, Var) or isinstance(b, Var)):
        return None  # what the program has made itself
    if there is not None and held is not None:
        one = sp.inputs.originals.is_one(there.example, held.example)
        sp.inputs.guard_identity(there.place, held.place, one)
        return Const(one)
    if isinstance(a, Ref) and isinstance(b, Ref):  # whose numbers tell
        keep_apart(sp, (a, b), loc)
        return None
    _refuse_unknown(sp, (a, b), "compare what is in them", loc)
    return Const(False)


def met_before(sp: Specialiser, value: Value, others: Iterable[Value], loc: Loc) -> Value | None:
    """Which of the ``others`` is the same list, or dict, as one that is copied; None if none is.

    Raises
    ------
    NeedsOwn
        If that would be known of the function's own containers.
    AliasingError
        If it is not known, or if one is and is differentiated, at two places.
    """
    held = found_at(sp, value)
    if _kind(value) is None or (held is None and _is_new(sp, value)):
        return None
    alike = [other for other in others if _kind(other) is _kind(value)]
    given = [(other, there) for other in alike if (there := found_at(sp, other)) is not None]
    if held is None or len(given) < len(alike):
        for other in alike:
            _refuse_unknown(sp, (value, other), "copy each of them by itself", loc)
    if held is None:
        return None
    for other, there in given:
        if there.place == held.place:
            return other
        if sp.inputs.originals.is_one(there.example, held.example):
            if any(map(sp.inputs.identities.is_differentiated, (there.place, held.place))):
                raise _one(there, held, loc)
            sp.inputs.guard_identity(there.place, held.place, True)
            return other
    if given:  # which are as many objects as it is known by now
        sp.inputs.guard_identity(given[0][1].place, held.place, False)
    return None


def keep_apart(sp: Specialiser, values: Iterable[Value], loc: Loc) -> None:
    """Demands of what was given, among ``values`` and what those may be, that they are different.

    Raises
    ------
    AliasingError
        If two are one.
    """
    every = [v for value in values for v in (value, *_aliases(sp, value))]
    found = [held for held in (found_at(sp, v) for v in dict.fromkeys(every)) if held]
    for kind in (list, dict):
        first: dict[int, Held] = {}
        for held in found:
            if type(held.example) is not kind:
                continue
            other = first.setdefault(id(sp.inputs.originals.of(held.example)), held)
            if other.place != held.place:
                raise _one(other, held, loc)
        places = [held.place for held in first.values()]
        for place in places[1:]:
            sp.inputs.guard_identity(places[0], place, False)


def _kind(value: Value) -> type | None:
    """Whether a value is a list or a dict, which have identity."""
    if isinstance(value, Var):
        return list if isinstance(value.type, ListOf) else None
    kind = type(value.example) if isinstance(value, Held) else getattr(value, "kind", None)
    return kind if kind in (list, dict) else None


def _refuse_unknown(sp: Specialiser, values: tuple[Value, Value], hint: str, loc: Loc) -> None:
    """Asks for the function's own containers, of which more is known than of displays, unless it is
    known of two whether they are one."""
    are_known = all(isinstance(v, Ref) for v in values) or all(found_at(sp, v) for v in values)
    if are_known or any(_is_new(sp, value) for value in values):
        return
    for value in values:
        own_containers.ask(sp, value)
    kind = _kind(values[0])
    assert kind is not None
    raise AliasingError(f"whether these are one {kind.__name__} is not known", loc, hint)


def _is_new(sp: Specialiser, value: Value) -> bool:
    """Whether the program has made a container itself."""
    return isinstance(value, Ref) and value in sp.heap.born and found_at(sp, value) is None


def _aliases(sp: Specialiser, value: Value) -> list[Ref]:
    return sp.heap.aliases(value) if isinstance(value, Ref) else []


def _one(a: Held, b: Held, loc: Loc) -> AliasingError:
    """The error about containers that are one, where each is taken to be another."""
    kind = type(a.example).__name__
    message = f"'{a.place}' and '{b.place}' are one {kind}, and a copy or 'is' depends on that"
    return AliasingError(message, loc, f"pass a copy of one: {kind}(...)")

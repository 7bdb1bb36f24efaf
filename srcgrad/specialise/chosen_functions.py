"""Uses of a function that data choose among several (``options.py``).

A call of it is a branch on which it is, with the call of one of them in each arm, inlined as if it
were written there; so is everything that asks something of it: ``g is np.tanh``, ``g.__name__``.
What keeps it, or calls it later, takes it as it is.
"""

from __future__ import annotations

import functools
import itertools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_append
from srcgrad.ir.nodes import Block, Const, If, Invoke, Operand, Var
from srcgrad.specialise import branches, calls, tested
from srcgrad.specialise.reach import Running
from srcgrad.specialise.values import Args, Kwargs, OneOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_KEEPING = frozenset(
    (
        *(intrinsics.pack, intrinsics.set_cell, intrinsics.itself, intrinsics.generated),
        *(intrinsics.note_read, intrinsics.note_perhaps),
        *(list_append, list.append, map, filter, sorted, max, min),
        *(functools.partial, functools.reduce, functools.wraps, functools.update_wrapper),
        *(itertools.accumulate, itertools.dropwhile, itertools.filterfalse, itertools.groupby),
        *(itertools.starmap, itertools.takewhile),
    )
)
"""What keeps a function that it is given, or calls it where it needs it."""
_PUTTING = frozenset((setattr, object.__setattr__, operator.setitem))
"""What puts its last argument into something."""


def settled(sp: Specialiser, value: OneOf) -> Value:
    """``value`` without the options that it is known not to be here; the one that it is."""
    left: dict[int, Value] = {}
    for number, option in value.options.items():
        known = _is_known(sp, value.which, number)
        if known:
            return option
        if known is None:
            left[number] = option
    if len(left) == 1:
        return next(iter(left.values()))
    return value if len(left) == len(value.options) else replace(value, options=left)


def _is_known(sp: Specialiser, which: Var, number: int) -> bool | None:
    """Whether ``which`` is ``number``; None if that is not known here."""
    noted = sp.found_out.noted((_test, which, number))
    cond, holds = sp.found_out.arm_of(which, number) or (noted, True)
    known = None if cond is None else sp.found_out.known(cond)
    return None if known is None else known is holds


def _test(sp: Specialiser, which: Var, number: int, loc: Loc) -> tuple[Operand, bool]:
    """A condition, and whether it is true, or false, where ``which`` is ``number``."""
    found = sp.found_out.arm_of(which, number)
    if found is not None:
        return found
    cond = sp.found_out.noted((_test, which, number))
    if cond is None:
        cond = sp.builder.apply(operator.eq, (which, Const(number)), (), loc)
        if isinstance(cond, Var):
            sp.found_out.note((_test, which, number), cond)
    return cond, True


def asked(
    sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> tuple[Value] | None:
    """What a call gives whose callee, or an argument that it looks at, is one of several functions;
    None if there is no such."""
    values = (callee, *args, *kwargs.values())
    if not any(isinstance(value, OneOf) for value in values):
        return None
    kept = range(0)
    if not isinstance(callee, OneOf):
        kept = _kept(sp, callee, args, kwargs)
    for i, value in enumerate(values):
        if isinstance(value, OneOf) and i not in kept:
            one = settled(sp, value)
            row = [*values[:i], one, *values[i + 1 :]]
            named = dict(zip(kwargs, row[len(args) + 1 :], strict=True))
            again = row[0], tuple(row[1 : len(args) + 1]), named
            if isinstance(one, OneOf):
                return (_in_arms(sp, one, again, loc, name),)
            return (calls.invoke(sp, *again, loc, name),)
    return None


def _kept(sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs) -> range:
    """The positions of what ``callee`` takes as it is, itself being the first."""
    every = range(1, 1 + len(args) + len(kwargs))
    function = callee.value if isinstance(callee, Const) else None
    if calls.find(_PUTTING, function) and isinstance(args[0], Ref):
        return range(len(args), len(args) + 1)
    return every if calls.find(_KEEPING, function) or tested.looks_into(sp, callee) else range(0)


def _in_arms(
    sp: Specialiser, chosen: OneOf, call: tuple[Value, Args, Kwargs], loc: Loc, name: str
) -> Value:
    """What a call gives, in one arm for the first option, and in another for the rest."""
    (number, option), *others = chosen.options.items()
    rest = dict(others)
    other = replace(chosen, options=rest) if len(rest) > 1 else next(iter(rest.values()))
    cond, holds = _test(sp, chosen.which, number, loc)
    frame, values = sp.running[-1].frame, sp.running[-1].frame.values
    made: list[Var] = []

    def held(value: Value) -> Var:
        made.append(Var())
        values[made[-1]] = value
        return made[-1]

    def arm(instead: Value) -> Block:
        callee, args, kwargs = call
        row = [held(instead if v is chosen else v) for v in (callee, *args)]
        named = tuple((k, held(instead if v is chosen else v)) for k, v in kwargs.items())
        target = Var(name)
        return Block((), (Invoke(target, row[0], tuple(row[1:]), named, loc),), (target,))

    arms = (arm(option), arm(other)) if holds else (arm(other), arm(option))
    result = Var(name)
    stmt = If((result,), held(cond), *arms, loc)
    sp.running.append(Running(Block((), (stmt,), (result,)), frame, own=True))
    try:
        branches.branch(sp, stmt, frame)
        return values.pop(result)
    finally:
        sp.running.pop()
        for var in made:
            del values[var]

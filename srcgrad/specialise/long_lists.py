"""Lists of numbers from outside that are too long to be taken apart: ``for o in observations``.

What is not differentiated, and holds ints, floats or bools only, is one input: a list of unknown
length, which a loop reads by its index.  So is a list of floats that is differentiated; where the
program cannot be compiled so, it is taken apart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Var
from srcgrad.specialise import exhausted, handed
from srcgrad.specialise.values import EnumerateOf, Held, ReversedOf, Value, ZipOf

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

MAX_UNROLLED = 256
"""How many trips of a loop are made one after the other."""


def numbers(sp: Specialiser, value: Value) -> Var | None:
    """A long list of numbers as one input; None if it is something else."""
    if not isinstance(value, Held) or type(value.example) not in (list, tuple):
        return None
    if len(value.example) <= MAX_UNROLLED or handed.is_written(sp, value):
        return None
    return sp.inputs.numbers(value)


def differentiated(sp: Specialiser, held: Held) -> Var | None:
    """A long list of floats that is differentiated as one input; None if it is something else, or
    if the program cannot be compiled so."""
    example = held.example
    if type(example) is not list or len(example) <= MAX_UNROLLED or not sp.rolling:
        return None
    leaf = sp.inputs.floats(held, MAX_UNROLLED)
    if leaf is not None:
        sp.rolled = True
    return leaf


def opened(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """An iterable that a loop reads, with long lists of numbers as one input each."""
    new = _opened(sp, value)
    if new is not value:
        exhausted.exhaust(sp, value, loc)
    return new


def _opened(sp: Specialiser, value: Value) -> Value:
    match value:
        case ZipOf(parts=parts):
            new = tuple(_opened(sp, part) for part in parts)
            same = all(part is old for part, old in zip(new, parts, strict=True))
            return value if same else replace(value, parts=new, used=[])
        case EnumerateOf(part=part):
            inner = _opened(sp, part)
            return value if inner is part else replace(value, part=inner, used=[])
        case ReversedOf(part=part):
            inner = _opened(sp, part)
            return value if inner is part else ReversedOf(inner, value.trip)
    return numbers(sp, value) or value

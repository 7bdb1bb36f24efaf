"""The shapes of what a loop carries, each of which holds in every trip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from srcgrad.ir.nodes import Operand
from srcgrad.ir.types import Array, Length, Symbol, Type, is_not_one
from srcgrad.specialise.join import join_types
from srcgrad.specialise.values import PerhapsOf, Ref, Value


@dataclass(frozen=True, slots=True)
class Fixed:
    """A carried value that is the same in every trip and known at compile time."""

    value: Value


@dataclass(frozen=True, slots=True)
class Carried:
    """A carried number or array: its first value and a type that holds in every trip.

    ``own`` are the symbols in the type that stand for a length of one trip: the same within the
    trip, but not from trip to trip.
    """

    init: Operand
    type: Type
    name: str
    own: frozenset[Symbol] = frozenset()

    def widened(self, type_: Type) -> Carried:
        """The same, for values of ``type_`` too."""
        mine = self.type
        joined = join_types(mine, type_)
        if not isinstance(joined, Array) or not isinstance(mine, Array):
            return replace(self, type=joined)
        dims = list(joined.dims)
        for i, (old, new) in enumerate(zip(mine.dims, joined.dims, strict=True)):
            if isinstance(old, Length) and old.symbol in self.own and is_not_one(new):
                dims[i] = old
        fresh = {d.symbol for d in dims if isinstance(d, Length)}
        fresh -= {d.symbol for d in mine.dims if isinstance(d, Length)}
        return replace(self, type=replace(joined, dims=tuple(dims)), own=self.own | fresh)

    def final(self) -> Type:
        """The type of the value after the loop: its lengths are fixed, but not known."""
        if not isinstance(self.type, Array):
            return self.type
        dims = tuple(
            Length(Symbol(not_one=True)) if isinstance(d, Length) and d.symbol in self.own else d
            for d in self.type.dims
        )
        return replace(self.type, dims=dims)


@dataclass(frozen=True, slots=True)
class Tree:
    """A carried container."""

    kind: type
    keys: tuple[object, ...]
    items: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Anew:
    """A carried object that is another one in each trip.

    It is carried as its ``own`` if nothing else leads to it; or as one of those, with these
    ``numbers``, that were there before the loop, and ``which`` is carried too.  Else it is sealed.
    """

    kind: type
    content: Shape
    own: bool = False
    which: Carried | None = None
    numbers: frozenset[int] = frozenset()
    pool: Ref | None = None
    """The list of what is in all objects of the kind, in which it is at the place ``which``."""


@dataclass(frozen=True, slots=True)
class Perhaps:
    """A carried container or object that is None where the flag ``there`` is false; or an attribute
    that an instance has where it is true."""

    there: Shape
    content: Shape
    kind: type[PerhapsOf] = PerhapsOf


@dataclass(frozen=True, slots=True)
class Option:
    """One of several functions that a loop carries: its number, a function ``like`` it, and its
    parts (``options.py``) before the loop and in each trip."""

    number: int
    like: Value
    first: tuple[Value, ...]
    parts: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A carried function, one of several; ``which`` is its number."""

    which: Shape
    options: tuple[Option, ...]
    later: bool = False
    """Whether there is none before the first trip."""


Shape: TypeAlias = Fixed | Carried | Tree | Anew | Perhaps | Chosen

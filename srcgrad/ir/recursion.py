"""Functions of the program that call themselves, and the calls of them.

A function whose recursion ends at compile time is inlined.  Any other becomes a function of the
program, beside the one that is differentiated, and calls of it are operations::

    y = Apply(f, (x, n))                              y = f(x, n)
    pair = Apply(f.pulled, (x, n))                    y, y_pullback = f_vjp(x, n)
    x_bar = Apply(f.pulled.pull, (pullback, y_bar))   x_bar = y_pullback(y_bar)

The cotangent of an array that is handed on from call to call, as it is or in part, is no result of
the pullback: each call adds to one *buffer*, an argument after ``y_bar``.  Reading an element in
each call then costs no more than that.  So it is with arrays into which the function writes; the
pullback takes back what was written into them, too::

    pair = Apply(f.pulled, (A, n))                            _, f_pullback = f_vjp(A, n)
    Apply(f.pulled.pull, (pullback, None, A_bar, A))          f_pullback(A_bar)

It knows of ``A`` itself, which is an argument for the compiler to see what is written.

These functions read nothing from outside: what they need is passed to them (:mod:`.lifting`).
"""

from __future__ import annotations

import types
from typing import Any

from srcgrad.ir.nodes import Apply, Operand, Stmt, Store, Var
from srcgrad.ir.ops import AUGMENTED, Called, Made, Memory, Op
from srcgrad.ir.types import UNKNOWN, Object, Scalar, Size, Type, number_of
from srcgrad.ir.walk import used

PULLBACK = Object(types.FunctionType)
"""The type of a pullback."""


def _anything(*args: Any) -> Type:
    """The type of a call is known where it is made."""
    return UNKNOWN


class Recursive(Made):
    """A function of the program that calls itself.

    Attributes
    ----------
    name : str
        What the user calls it.
    depends : frozenset of int
        The positions of the parameters that its result depends on, through operations with a
        derivative.
    wanted : frozenset of int
        Those among them that are differentiated in some call.
    buffered : frozenset of int
        Those among them whose cotangents are collected in buffers.
    singular : bool
        Whether its derivative may be infinite where its value is finite.
    plays_back : bool
        Whether its pullback undoes writes, and so can be called only once.
    fresh : bool
        Whether its result shares memory with none of its arguments.
    written : tuple of int
        The positions of the arrays into which it writes, copies of which are its last results.
    places : tuple of int
        The same, if its derivative writes into them: see :mod:`srcgrad.transform.by_reference`.
    shadowed : frozenset of int
        Those among ``places`` that have cotangents.
    pulled : Pulled
        The function that gives its pullback too.
    in_place : InPlace
        The function that writes into ``places``, and gives its value alone.
    """

    def __init__(self, name: str) -> None:
        self.name = self.__name__ = name
        self.depends: frozenset[int] = frozenset()
        self.wanted: frozenset[int] = frozenset()
        self.buffered: frozenset[int] = frozenset()
        self.singular = True
        self.plays_back = False
        self.fresh = False
        self.written: tuple[int, ...] = ()
        self.places: tuple[int, ...] = ()
        self.shadowed: frozenset[int] = frozenset()
        self.pulled = Pulled(self)
        self.in_place = InPlace(self)
        self.set_pure(False)

    def set_pure(self, pure: bool) -> None:
        """Says whether a call does nothing but give its value."""
        self.entry = Op(_anything, Memory.FRESH if self.fresh else Memory.ANY, pure)
        self.pulled.entry = Op(_anything, Memory.ANY, pure)

    def set_fresh(self, fresh: bool) -> None:
        """Says whether what a call gives shares memory with nothing that it was given."""
        self.fresh = fresh
        self.set_pure(self.entry.pure)

    def set_buffered(self, buffered: frozenset[int]) -> None:
        """Says which cotangents are collected in buffers; writing into one is an effect."""
        self.buffered = buffered
        self.pulled.pull.entry = Op(_anything, Memory.ANY, not buffered)

    def set_places(
        self, places: tuple[int, ...], shadowed: frozenset[int], has_value: bool
    ) -> None:
        """Says into which arrays its derivative writes, and takes back what it has written."""
        self.places, self.shadowed = places, shadowed
        self.pulled.entry = Op(_anything, Memory.ANY, False)
        self.pulled.pull.entry = Op(_anything, Memory.ANY, False)
        self.pulled.pull.has_value = has_value


class Pulled(Made):
    """The function that gives the value of ``primal`` and its pullback."""

    def __init__(self, primal: Recursive) -> None:
        self.primal = primal
        self.name = self.__name__ = f"{primal.name}_vjp"
        self.pull = Pull(self)


class InPlace(Made):
    """The function ``primal``, which writes into what it is given."""

    def __init__(self, primal: Recursive) -> None:
        self.primal = primal
        self.name = self.__name__ = primal.name
        self.entry = Op(_anything, Memory.ANY, False)


class Pull(Made):
    """The call of a pullback that ``owner`` gave: its first argument."""

    def __init__(self, owner: Pulled) -> None:
        self.owner = owner
        self.has_value = True
        """Whether it takes the cotangent of a value."""
        self.name = self.__name__ = "pullback"
        self.entry = Op(_anything, Memory.ANY)

    def given(self, args: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """What the text hands to the pullback."""
        primal = self.owner.primal
        last = len(args) - len(primal.places)
        return args[1 if self.has_value else 2 : last]


def stored_by(stmt: Stmt) -> tuple[Var, ...]:
    """The buffers that a statement writes into."""
    if not isinstance(stmt, Apply):
        return (stmt.buffer,) if isinstance(stmt, Store) else ()
    if not isinstance(stmt.op, Made):
        return ()
    if isinstance(stmt.op, Pulled | InPlace):
        given = (stmt.args[i] for i in stmt.op.primal.places)
        return tuple(arg for arg in given if isinstance(arg, Var))
    if isinstance(stmt.op, Pull):
        return tuple(arg for arg in stmt.args[2:] if isinstance(arg, Var))
    if isinstance(stmt.op, Called):
        return tuple(var for var in used(stmt) if not _is_number(var.type))
    return ()


def _is_number(type_: Type) -> bool:
    return isinstance(number_of(type_), Scalar | Size)


def altered_by(stmt: Stmt) -> tuple[Var, ...]:
    """The buffers that a statement writes into, and what an augmented assignment changes."""
    if isinstance(stmt, Apply) and stmt.op in AUGMENTED:
        return tuple(arg for arg in stmt.args[:1] if isinstance(arg, Var))
    return stored_by(stmt)

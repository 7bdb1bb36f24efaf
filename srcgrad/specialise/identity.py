"""Which objects from outside are one: a layer that stands twice in a list, two names of a network.

An instance has identity: what is written into an attribute under one name is read under every
other, and the gradient with respect to an object is one, however often it occurs in an argument.
So an instance is known by the first place at which it was found.  That other places lead to it too
is a guard; that several places lead to several objects is one wherever it matters.

Each differentiated argument has its own objects: as with arrays, what else leads to them is a
constant, or another argument.  Only if they are written, that is refused.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from srcgrad.arguments import Originals
from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.instances import has_parameters, is_users
from srcgrad.specialise.places import Attribute, Place, Root
from srcgrad.specialise.values import Ref

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


@dataclass(frozen=True, slots=True)
class _Found:
    place: Place
    example: Any


class Identities:
    """The instances that a program reads, each with its first place.

    Parameters
    ----------
    originals : Originals
        Tells which of them are one, though they were copied.

    Attributes
    ----------
    differentiated : frozenset of Root
        The differentiated parameters.
    aliases : dict of Place to Place
        Further places at which an instance was found, each with the first.
    """

    def __init__(self, originals: Originals) -> None:
        self.differentiated: frozenset[Root] = frozenset()
        self.aliases: dict[Place, Place] = {}
        self._first: dict[tuple[int, Root | None], _Found] = {}
        self._originals = originals

    def place_of(self, place: Place, example: Any) -> Place:
        """The first place of the instance ``example``, now found at ``place``."""
        key = id(self._originals.of(example)), self._argument(place)
        first = self._first.setdefault(key, _Found(place, example)).place
        if first != place:
            self.aliases[place] = first
        return first

    def is_differentiated(self, place: Place) -> bool:
        """Whether ``place`` is, or is in, a differentiated argument."""
        return place.root in self.differentiated

    def _argument(self, place: Place) -> Root | None:
        return place.root if self.is_differentiated(place) else None

    def settle(
        self, guard: Callable[[Place, Place, bool], None], written: Collection[Place], loc: Loc
    ) -> None:
        """Demands of objects of one class that they are different ones, where that matters.

        It does if one of them is written, or if they are in one differentiated argument.  The
        program has been read: the objects are let go.

        Raises
        ------
        AliasingError
            If one that is written is a differentiated one and another too.
        """
        for rows in self._by_class():
            if any(row.place in written for row in rows):
                self._refuse_same(rows, loc)
                groups = [rows]
            else:
                groups = [
                    [row for row in rows if row.place.root == root] for root in self.differentiated
                ]
                groups = [g for g in groups if any(has_parameters(row.example) for row in g)]
            for first, *others in groups:
                for other in others:
                    guard(first.place, other.place, False)
        self._first.clear()

    def _refuse_same(self, rows: list[_Found], loc: Loc) -> None:
        """Refuses to write an object that is differentiated and reached otherwise besides."""
        seen: dict[int, Place] = {}
        for row in rows:
            other = seen.setdefault(id(self._originals.of(row.example)), row.place)
            if other != row.place:
                message = f"'{other}' and '{row.place}' are one object, and an attribute is written"
                raise AliasingError(message, loc, "pass a copy, or use one name for the object")

    def _by_class(self) -> Iterator[list[_Found]]:
        kinds: dict[type, list[_Found]] = {}
        for row in self._first.values():
            kinds.setdefault(type(row.example), []).append(row)
        yield from kinds.values()


class Constants:
    """What is found in differentiated arguments and is not differentiated.

    That is what a class has, and the settings of an instance.  All other numbers are leaves, which
    are known before the program is walked; one that is read at another place has escaped.
    """

    def __init__(self) -> None:
        self.places: set[Place] = set()
        self.unseen: dict[Place, type] = {}
        """Objects of which it is not known what they hold, with their classes."""
        self.closed = False
        """Whether all leaves are known."""

    def add(self, place: Place) -> None:
        self.places.add(place)

    def add_setting(self, place: Place, example: Any) -> None:
        """Adds a part of an instance that has no derivative, whatever it is."""
        self.places.add(place)
        is_member = isinstance(example, enum.Enum)
        if isinstance(example, dict | list | tuple) or (is_users(type(example)) and not is_member):
            self.unseen[place] = type(example)

    def check(self, identities: Identities, place: Place) -> None:
        """Refuses a number in a differentiated argument that is no leaf.

        Raises
        ------
        UnsupportedSyntaxError
            If it is neither a constant, or is found in something that is not looked into.
        """
        if not self.closed or not identities.is_differentiated(place):
            return
        for i, step in enumerate(place.path):
            part = Place(place.root, place.path[: i + 1])
            if part in self.unseen:
                message = f"'{part}' of a differentiated argument is a {self.unseen[part].__name__}"
                hint = "keep numbers in a dict, a list, or an object of a class of your own"
                raise UnsupportedSyntaxError(f"{message}, which has no gradient", None, hint)
            if part in self.places:
                return
            if isinstance(step, Attribute) and step.name in _OF_FUNCTIONS_AND_CLASSES:
                return
        message = f"'{place}' of a differentiated argument is read in a way that is not followed"
        raise UnsupportedSyntaxError(message, None, "read it by the names of attributes and keys")


_OF_FUNCTIONS_AND_CLASSES = (
    "__class__",
    "__func__",
    "__defaults__",
    "__kwdefaults__",
    "__closure__",
)


def from_outside(sp: Specialiser) -> tuple[Ref, ...]:
    """The objects of the program that stand for what is outside, which any function can get at."""
    return (*sp.outside.values(), *(each.ref for each in sp.inputs.lists.followed.values()))

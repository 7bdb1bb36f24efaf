"""Lists and deques from outside that the program changes: what is known of each.

Where the program only adds to a list, that is all that is done to it (:mod:`.logs`).  Where it
reads it too, the list is an object of the program that has in it what is there: it is *followed*
(:mod:`.followed`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from srcgrad.arguments import Originals
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.nodes import Pack, Var
from srcgrad.specialise.places import Place
from srcgrad.specialise.values import FOLLOWED, Held, NeedsEntry, Ref


@dataclass(frozen=True)
class Followed:
    """A container from outside, and the object of the program that has in it what is there."""

    held: Held
    ref: Ref


class ChangedLists:
    """The containers from outside that a program changes.

    Parameters
    ----------
    guard_identity : callable
        Demands of two places that they are one object, or that they are not.
    originals : Originals
        Tells which containers are one, though they were copied.

    Attributes
    ----------
    grown : dict of Place to list
        Those to which the program has appended.
    growing : frozenset of Place
        Those of which it is known beforehand that it will, and whose length is not asked then.
    counted : frozenset of Place
        Those of which it is asked nevertheless.
    assigned : dict of Place to list
        Those of which the program has changed what was in them before.
    differentiated : dict of Place to object
        The lists and dicts in differentiated arguments.
    taken_apart : bool
        Whether there are some that the function has not in an object, but is given as what is in
        them.
    owned : dict of Ref to Held
        For the function's own of those, where they are (:mod:`.own_containers`).
    displays : dict
        What is in those that the function has not in an object, with where they are, by identity.
    read : dict of Place to object
        The other lists and dicts that the program reads.
    moved : dict of Place to Loc
        The places of those of which the program has changed its own.
    followed : dict
        Those that are objects of the program, by their identity.
    """

    def __init__(
        self, guard_identity: Callable[[Place, Place, bool], None], originals: Originals
    ) -> None:
        self.grown: dict[Place, Any] = {}
        self.growing: frozenset[Place] = frozenset()
        self.counted: frozenset[Place] = frozenset()
        self.assigned: dict[Place, Any] = {}
        self.differentiated: dict[Place, Any] = {}
        self.taken_apart = False
        self.owned: dict[Ref, Held] = {}
        self.displays: dict[int, tuple[Pack | Var, Held]] = {}
        self.read: dict[Place, Any] = {}
        self.moved: dict[Place, Loc] = {}
        self.followed: dict[int, Followed] = {}
        self._guard_identity = guard_identity
        self._originals = originals

    # --- following ------------------------------------------------------------------------------

    def follow(self, held: Held) -> None:
        """Asks for a list that the program changes to be one of its objects."""
        if type(held.example) in (list, deque) and held.place not in self.counted:
            raise NeedsEntry(held, FOLLOWED)

    def read_after(self, held: Held) -> None:
        """Asks for the same if the program reads a list that it changes somewhere."""
        changed = (*self.grown.values(), *self.assigned.values())
        if held.place in self.growing or self._is_among(changed, held):
            self.follow(held)

    def read_item(self, held: Held) -> None:
        """The same where an element is read, which appending to the list has not changed."""
        if self._is_among(self.assigned.values(), held):
            self.follow(held)

    def _is_among(self, changed: Iterable[Any], held: Held) -> bool:
        return any(self._originals.is_one(each, held.example) for each in changed)

    # --- what is followed -----------------------------------------------------------------------

    def standing(self, place: Place, example: Any) -> Ref | None:
        """The object that stands for a container; None if none does."""
        found = self.followed.get(id(self._originals.of(example)))
        if found is not None:
            self._guard_identity(found.held.place, place, True)
            return found.ref
        for other in self.followed.values():
            if type(other.held.example) is type(example):
                self._guard_identity(other.held.place, place, False)
        return None

    def change(self, held: Held, loc: Loc) -> None:
        """Demands that a container which the program changes is none in a differentiated argument,
        whose parts are known by now.

        Raises
        ------
        AliasingError
            If it is one.
        """
        for place, example in self.differentiated.items():
            if self._originals.is_one(example, held.example):
                message = f"'{place}' is differentiated, and changed here under another name"
                raise AliasingError(message, loc, "pass a copy of it, as list(...) or dict(...)")
            if type(example) is type(held.example):
                self._guard_identity(held.place, place, False)

    def held_of(self, ref: Ref) -> Held | None:
        """The container that an object of the program stands for; None if it stands for none."""
        return next((each.held for each in self.followed.values() if each.ref is ref), None)

    def displayed(self, display: Pack | Var) -> Held | None:
        """The container of a differentiated argument of which a display has all that is in it."""
        found = self.displays.get(id(display))
        return None if found is None else found[1]

    def is_followed(self, example: Any) -> bool:
        """Whether a container is an object of the program."""
        found = self.followed.get(id(example))
        return found is not None and found.held.example is example

    def is_at(self, place: Place | None) -> bool:
        """Whether there is a container at a place that is an object of the program."""
        return any(each.held.place == place for each in self.followed.values())

    def places(self, kind: type) -> frozenset[Place]:
        """Where the containers of a class are that are objects of the program."""
        every = (each.held for each in self.followed.values())
        return frozenset(held.place for held in every if type(held.example) is kind)

"""What a program reads outside, and what it calls without looking into it, in this order.

A call may change what is read before or after it: :mod:`srcgrad.analysis.rebound` looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from srcgrad.ir.nodes import Apply
from srcgrad.specialise.places import Place


@dataclass(frozen=True)
class Known:
    """An item of a dict, or which keys there are, that is known as the program has put it there."""

    place: Place


@dataclass(frozen=True)
class Walked:
    """A list or a dict over which something iterates, or may later: a view of it."""

    place: Place


Event: TypeAlias = Place | Known | Walked | Apply


class Log:
    """The events, in the order in which the program meets them.

    Attributes
    ----------
    events : list of Place, Known, Walked or Apply
        The places that are read, ``place.__len__`` for how many items are there, and the calls.
    examples : dict of Place to object
        What was found at the places.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.examples: dict[Place, Any] = {}

    def read(self, place: Place, example: Any) -> None:
        """Notes that ``example`` is read at ``place``."""
        self.events.append(place)
        self.examples[place] = example

    def attribute(self, place: Place, name: str) -> None:
        """Notes that an attribute of what is at ``place`` is looked for."""
        self.events.append(place.attribute(name))

    def known(self, place: Place) -> None:
        """Notes that what the program has put into a dict is taken to be there still."""
        self.events.append(Known(place))

    def walked(self, place: Place) -> None:
        """Notes that something iterates over what is at a place."""
        self.events.append(Walked(place))

    def call(self, stmt: Apply) -> None:
        """Notes a call that is not looked into."""
        self.events.append(stmt)

    def save(self) -> int:
        """How far the program has got, for going back to it."""
        return len(self.events)

    def restore(self, mark: int) -> None:
        """Forgets what came after, which is not done that way."""
        del self.events[mark:]

    def again(self, mark: int) -> None:
        """Notes that what came after is done again, in the next trip, or call."""
        if self.has_calls(mark):
            self.events.extend(dict.fromkeys(self.events[mark:]))

    def has_calls(self, mark: int = 0) -> bool:
        """Whether there is a call that is not looked into, after a mark."""
        return any(isinstance(event, Apply) for event in self.events[mark:])

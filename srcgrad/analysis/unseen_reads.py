"""What a program reads outside of it, as states of objects that a call may change."""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

from srcgrad.analysis.unseen_values import ALL, KEYS, Change, Item
from srcgrad.instances import in_class, is_users, own_attributes
from srcgrad.ir.nodes import Var
from srcgrad.ir.types import Object
from srcgrad.specialise import places
from srcgrad.specialise.inputs import Inputs
from srcgrad.specialise.places import Attribute, Cell, Global, Parameter, Place, Step

State: TypeAlias = tuple[int, Any]
"""What may be another after a call: the identity of what has it, and its name there."""
ITEMS = object()
"""Stands for the items of a list, whichever they are."""
_NOTHING = object()
_LENGTH, _NUMBERS = Attribute("__len__"), Attribute("__iter__")


def states_of(change: Change) -> tuple[State, ...]:
    """The states that are others after a change."""
    if isinstance(change.owner, types.CellType):
        return ((id(change.owner), "cell_contents"),)
    found = ((id(change.owner), change.name),)
    return (*found, (id(change.owner), ITEMS)) if isinstance(change.name, Item) else found


class Reads:
    """What is found at the places that a program reads.

    Parameters
    ----------
    inputs : Inputs
        What it reads.
    arguments : mapping
        The arguments, by the names of the parameters.
    cells : mapping
        The cells that the differentiated function closes over, by name.
    """

    def __init__(
        self,
        inputs: Inputs,
        arguments: Mapping[str, Any],
        cells: Mapping[str, types.CellType],
    ) -> None:
        self._inputs = inputs
        self._cells = cells
        self._found: dict[Place, Any] = {Place(Parameter(n)): v for n, v in arguments.items()}
        self._found.update(inputs.log.examples)
        self._states: dict[Place, tuple[State, ...]] = {}

    def object_of(self, var: Var) -> Any:
        """The object that an input is, None for what is none."""
        place = self._inputs.place_of(var)
        found = _NOTHING if place is None else self.at(place)
        return None if found is _NOTHING else found

    def at(self, place: Place) -> Any:
        """What is found at a place."""
        if place in self._found:
            return self._found[place]
        if not place.path:
            return _NOTHING
        owner = self.at(Place(place.root, place.path[:-1]))
        self._found[place] = _NOTHING
        if owner is not _NOTHING:
            # What is not there is not read: whoever tries gets the error itself.
            with contextlib.suppress(AttributeError, KeyError, IndexError, TypeError, ValueError):
                self._found[place] = _step(owner, place.path[-1])
        return self._found[place]

    def names(self, place: Place) -> Iterator[State]:
        """The global or the cell that is read at a place, if it is one."""
        if place.path:
            if place.path[-1] == Attribute("cell_contents"):
                yield id(self.at(Place(place.root, place.path[:-1]))), "cell_contents"
        elif isinstance(place.root, Cell):
            yield id(self._cells.get(place.root.name)), "cell_contents"
        elif isinstance(place.root, Global) and place.root.module in sys.modules:
            owner, name = vars(sys.modules[place.root.module]), place.root.name
            yield from ((id(owner), each) for each in (name, Item(name), ALL))

    def states(self, place: Place) -> tuple[State, ...]:
        """What a call may have changed of what is read at a place: an attribute or an item."""
        if place not in self._states:
            self._states[place] = tuple(self._of(place))
        return self._states[place]

    def _of(self, place: Place) -> Iterator[State]:
        owner = self.at(Place(place.root, place.path[:-1])) if place.path else _NOTHING
        if owner is _NOTHING:
            return
        match place.path[-1]:
            case places.Item(int(key)) if key < 0 and isinstance(owner, list):
                yield from ((id(owner), each) for each in (KEYS, ITEMS, ALL))
            case places.Item(key):
                yield from ((id(owner), each) for each in (Item(key), ALL))
            case Attribute("__len__"):
                yield from ((id(owner), each) for each in (KEYS, ALL))
            case Attribute("__iter__"):
                yield from ((id(owner), each) for each in (KEYS, ITEMS, ALL))
            case Attribute(name):
                yield from _of_attribute(owner, name)

    def shown(self, place: Place) -> Iterator[tuple[int, Any]]:
        """The array, or the list of numbers, that the program has from a place, by identity."""
        if place.path and place.path[-1] == _NUMBERS:
            place = Place(place.root, place.path[:-1])
        leaf, found = self._inputs.leaves.get(place), self.at(place)
        is_read = leaf is not None and not isinstance(leaf.type, Object)  # and not only added to
        if is_read and isinstance(found, np.ndarray | list):
            yield id(found), (leaf, found)


def _of_attribute(owner: Any, name: str) -> Iterator[State]:
    """Where an attribute of an object may come from."""
    cls = owner if isinstance(owner, type) else type(owner)
    yield from ((id(each), name) for each in (owner, *cls.__mro__))
    if is_users(cls):
        yield id(owner), ALL
        if cls is not owner:
            own = own_attributes(owner)
            yield from ((id(own), each) for each in (Item(name), ALL))


def _step(owner: Any, step: Step) -> Any:
    if not isinstance(step, Attribute):
        return owner[step.key]
    if isinstance(owner, type | types.ModuleType) or not is_users(type(owner)):
        return getattr(owner, step.name)
    return _NOTHING if _is_computed(owner, step.name) else getattr(owner, step.name)


def _is_computed(owner: Any, name: str) -> bool:
    """Whether asking an instance for an attribute runs code of the user's."""
    found, is_own = in_class(type(owner), name), name in own_attributes(owner)
    if found is None:
        return not is_own
    if isinstance(found, types.MemberDescriptorType):
        return in_class(type(owner), "__getattr__") is not None
    getter = in_class(type(found), "__get__")
    return isinstance(found, property | functools.cached_property) or (
        isinstance(getter, types.FunctionType) and not isinstance(found, types.FunctionType)
    )

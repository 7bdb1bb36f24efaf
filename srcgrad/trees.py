"""The numbers and arrays in nested containers and objects, each with its place.

What is in an object is every float and float array among its attributes, and every int of a
dataclass that is not declared to be one; the rest are settings.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from srcgrad.instances import (
    counts,
    is_dataclass_instance,
    is_instance,
    is_parameter,
    is_plain_instance,
    part_names,
)

Place = tuple[Any, ...]
"""Positions, keys and names of attributes that lead to a part of containers and objects."""


@dataclasses.dataclass(frozen=True, slots=True)
class Name:
    """A step to an attribute of an object."""

    name: str


def leaves(
    value: Any, place: Place = (), within: type | None = None
) -> Iterator[tuple[Place, Any]]:
    """The numbers and arrays in ``value``; ``within`` is the class of the object around it."""
    if isinstance(value, list | tuple):
        names, ints = getattr(value, "_fields", range(len(value))), counts(value)
        for i, part in enumerate(value):
            if names[i] not in ints:
                yield from leaves(part, (*place, i), within)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*place, key), within)
    elif is_instance(value):
        ints = counts(value)
        for name in part_names(value):
            if name not in ints:
                yield from leaves(getattr(value, name), (*place, Name(name)), type(value))
    elif value is None or (within is not None and not _is_number(value, within)):
        return  # a node without children has no number there, and a name has none
    else:
        yield place, value


def _is_number(value: Any, within: type) -> bool:
    """Whether an attribute is differentiated."""
    return is_parameter(value) or (type(value) is int and dataclasses.is_dataclass(within))


def spelled(place: Place) -> str:
    return "".join(f".{k.name}" if isinstance(k, Name) else f"[{k!r}]" for k in place)


def at(value: Any, place: Place) -> Any:
    for key in place:
        value = getattr(value, key.name) if isinstance(key, Name) else value[key]
    return value


def found_at(gradient: Any, place: Place) -> Any:
    """What a gradient has at a place; None where it has no derivative there."""
    for i, key in enumerate(place):
        if gradient is None:
            return None
        gradient = at(gradient, place[i : i + 1]) if _has(gradient, key) else None
    return gradient


def _has(value: Any, key: Any) -> bool:
    return hasattr(value, key.name) if isinstance(key, Name) else True


def has_objects(value: Any) -> bool:
    """Whether there is an object among nested containers, which a function may change."""
    if isinstance(value, list | tuple):
        return any(map(has_objects, value))
    if isinstance(value, dict):
        return any(map(has_objects, value.values()))
    return is_dataclass_instance(value) or is_plain_instance(value)


def replaced(value: Any, place: Place, new: Any) -> Any:
    """A copy in which what stands at ``place`` is ``new``.

    Where there are objects all is copied, so that one which occurs twice is one in the copy too.
    """
    return _put(copy.deepcopy(value) if has_objects(value) else value, place, new)


def _put(value: Any, place: Place, new: Any) -> Any:
    if not place:
        return new
    key, rest = place[0], place[1:]
    part = _put(at(value, (key,)), rest, new)
    if isinstance(key, Name):
        object.__setattr__(value, key.name, part)
        return value
    if isinstance(value, dict):
        return {**value, key: part}
    parts = list(value)
    parts[key] = part
    if isinstance(value, list):
        return parts
    return value._make(parts) if hasattr(value, "_make") else tuple(parts)


def own(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same arguments with arrays and objects of their own, for a function that changes them."""
    if has_objects(args):
        return copy.deepcopy(args)
    for place, leaf in leaves(args):
        if isinstance(leaf, np.ndarray):
            args = _put(args, place, leaf.copy(order="K"))
    return args

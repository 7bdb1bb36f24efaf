"""Objects from outside that leave the compiler's sight: handed to a call, a list, a loop.

What is read of an object is read when the function begins.  So one that the program has written in
the meantime must not be put together again from what was read.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from srcgrad.errors import AliasingError, Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Operand, Pack
from srcgrad.specialise.values import Held, Method, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def whole(sp: Specialiser, held: Held, loc: Loc) -> Operand:
    """A container or an object from outside as one operand.

    Raises
    ------
    UnsupportedSyntaxError
        If the program has written an attribute of it, or of something in it.
    """
    try:
        found = sp.inputs.whole(held)
    except UnsupportedSyntaxError as error:
        raise type(error)(error.message, error.loc or loc, error.hint) from None
    if is_written(sp, held):
        message = "an object from outside is handed over after an attribute of it was written"
        raise UnsupportedSyntaxError(message, loc, "do so before")
    return found


def receiver(sp: Specialiser, method: Method, loc: Loc) -> Value:
    """The object of a method that is handed over without being called: ``callback=log.append``.

    One from outside is itself.

    Raises
    ------
    AliasingError
        If the method changes a container that the program makes, or was given a copy of.
    """
    owner = method.receiver
    is_list = isinstance(owner, Held) and type(owner.example) in (list, dict)
    if isinstance(owner, Held) and not sp.inputs.identities.is_differentiated(owner.place):
        if is_list and method.name in CHANGING:
            sp.inputs.lists.change(owner, loc)
        return sp.inputs.opaque(owner) if is_list else owner
    if (is_list or isinstance(owner, Ref | Pack)) and method.name in CHANGING:
        message = f"a method '{method.name}' is handed over, which changes a container that is not"
        message += " there when the program runs"
        raise AliasingError(message, loc, "call it here")
    return owner


CHANGING = frozenset(
    (
        *("append", "appendleft", "extend", "extendleft", "insert", "pop", "popleft", "remove"),
        *("reverse", "rotate", "clear", "sort", "popitem", "setdefault", "update", "add"),
        *("discard", "difference_update", "intersection_update", "symmetric_difference_update"),
        *("__setitem__", "__delitem__", "__iadd__", "__imul__", "__ior__", "__iand__"),
        *("__isub__", "__ixor__"),
    )
)
"""The methods of Python's containers that change them."""


def opened(sp: Specialiser, held: Held) -> Pack:
    """A list, a tuple or a dict from outside, with what is in it: objects stay objects."""
    example = held.example
    if isinstance(example, dict):
        keys = sp.inputs.keys(held)
        items = tuple(sp.inputs.item(held, key) for key in keys)
        return Pack(dict, items, keys)  # type: ignore[arg-type]
    fields = tuple(getattr(example, "_fields", ()))
    return Pack(type(example), sp.inputs.elements(held), fields)  # type: ignore[arg-type]


def is_written(sp: Specialiser, held: Held) -> bool:
    """Whether the program has written an attribute of an object, or of one in it."""
    aliases = sp.inputs.identities.aliases.items()
    places = (*sp.outside, *(alias for alias, first in aliases if first in sp.outside))
    root, path = held.place.root, held.place.path
    return any(place.root == root and place.path[: len(path)] == path for place in places)


def carried(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """A value before a loop that assigns its name anew.

    A part of a differentiated argument is taken apart, as a list of numbers is: the loop may put
    another in its place.
    """
    if not isinstance(value, Held) or not sp.inputs.identities.is_differentiated(value.place):
        return value
    taken = isinstance(value.example, list | tuple | dict) or dataclasses.is_dataclass(
        value.example
    )
    return whole(sp, value, loc) if taken and not is_written(sp, value) else value

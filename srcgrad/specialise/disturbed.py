"""Objects from outside that a call may have changed which the compiler does not look into.

What is read of an object is read when the function begins, or when the compiler has seen it
written.  A user's function that cannot be inlined may call a method that changes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import is_instance, is_of_library, part_names
from srcgrad.ir.nodes import Pack
from srcgrad.specialise.values import Held, Method, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def hand_over(sp: Specialiser, function: Any, values: Iterable[Value]) -> None:
    """Notes that a function, or an object that is called, is given these values."""
    if is_of_library(getattr(function, "__module__", None) or "builtins"):
        return
    for value in values:
        if isinstance(value, Method):
            value = value.receiver
        if isinstance(value, Held):
            _collect(value.example, sp.disturbed)
        elif isinstance(value, Pack):
            hand_over(sp, function, value.items)


def _collect(example: Any, found: dict[int, Any]) -> None:
    """All instances that an object leads to."""
    waiting = [example]
    while waiting:
        part = waiting.pop()
        if type(part) in (list, tuple):
            waiting.extend(part)
        elif type(part) is dict:
            waiting.extend(part.values())
        elif is_instance(part) and id(part) not in found:
            found[id(part)] = part
            waiting.extend(getattr(part, name, None) for name in part_names(part))


def check(sp: Specialiser, held: Held, loc: Loc) -> None:
    """Refuses to read an object after it was handed to a call that may have changed it."""
    if id(held.example) in sp.disturbed:
        message = "an object is read after it was handed to a function that cannot be inlined"
        raise UnsupportedSyntaxError(message, loc, "read it before, or pass what that needs of it")

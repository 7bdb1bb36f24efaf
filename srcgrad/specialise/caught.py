"""What may be read of an exception that is caught.

One that the compiler has found out about is made again with its arguments and its name, and raised
from nowhere: it has neither the object that it was about nor what was being handled before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Pack, Try, Var
from srcgrad.ir.types import Unknown
from srcgrad.ir.walk import variables
from srcgrad.specialise.disturbed import is_exception
from srcgrad.specialise.reach import Running
from srcgrad.specialise.values import Method, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_LOST = ("__context__", "__traceback__")
ATTRIBUTE = "what an attribute of a caught exception is, is not known"
ELSEWHERE = "compute it in the handler, from what is known before the 'try'"


def is_error(sp: Specialiser, value: Value) -> bool:
    """Whether a value is an exception, caught or new."""
    made = _made(sp, value)
    return made is not None and (made.op is intrinsics.caught or is_exception(made.op))


def rests_on_attribute(sp: Specialiser, value: Value) -> bool:
    """Whether a value of unknown type is computed from an attribute of an exception."""
    if isinstance(value, Method):
        return is_error(sp, value.receiver)
    made = _made(sp, value)
    if made is None or not isinstance(made.target.type, Unknown):
        return False
    if made.op is getattr and is_error(sp, made.args[0]):
        return True
    return any(rests_on_attribute(sp, var) for arg in made.args for var in variables(arg))


def _made(sp: Specialiser, value: Value) -> Apply | None:
    return sp.builder.definitions.get(value) if isinstance(value, Var) else None


def check_attribute(sp: Specialiser, value: Value, name: str, loc: Loc) -> None:
    """Refuses to read of an exception what it need not have here."""
    lost = name in _LOST or (name == "obj" and _is_about_attribute(sp, value))
    if lost and is_error(sp, value):
        message = f"'{name}' of an exception is not known"
        raise UnsupportedSyntaxError(message, loc, "read its 'args', or str(...) of it")


def _is_about_attribute(sp: Specialiser, value: Value) -> bool:
    """Whether an exception may be a missing attribute, which Python gives the object."""
    made = _made(sp, value)
    if made is not None and made.op is not intrinsics.caught:
        return made.op is AttributeError
    return any(
        issubclass(AttributeError, kind) or issubclass(kind, AttributeError)
        for running in sp.running
        if isinstance(running.now, Try)
        for kind in caught_in(sp, running)
    )


def caught_in(sp: Specialiser, running: Running) -> list[type]:
    """The classes of the errors that a ``try`` handles."""
    assert isinstance(running.now, Try)
    return list(_classes(sp.passed(running.now.caught, running.frame, running.now.loc)))


def _classes(value: Value) -> Iterator[type]:
    if isinstance(value, Pack):
        for item in value.items:
            yield from _classes(item)
    elif isinstance(value, Const):
        yield from value.value if isinstance(value.value, tuple) else (value.value,)

"""Instances as text: ``print(point)``, ``f"at {point}"``, ``str(point)``, ``repr(point)``.

An instance that the program makes is not there when the program runs.  What its class says of its
text is inlined, as every other method is.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.instances import in_class
from srcgrad.ir.nodes import Const, Pack
from srcgrad.ir.records import can_be_record
from srcgrad.specialise import calls, dunders
from srcgrad.specialise.values import Args, Handler, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _is_made_here(value: Value) -> bool:
    """Whether a value is an instance that the program makes, and cannot be displayed in its text,
    as a dataclass can."""
    if not isinstance(value, Ref | Pack):
        return False
    return can_be_record(value.kind) and not dataclasses.is_dataclass(value.kind)


def _repr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) != 1 or kwargs or not _is_made_here(args[0]):
        return None
    return dunders.special(sp, args[0], "__repr__", (), loc, name)


def _str(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) != 1 or kwargs or not _is_made_here(args[0]):
        return None
    if _says(args[0], "__str__"):
        return dunders.special(sp, args[0], "__str__", (), loc, name)
    return _repr(sp, args, kwargs, loc, name)


def _format(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if not args or kwargs or not _is_made_here(args[0]):
        return None
    spec = args[1] if len(args) == 2 else Const("")
    if _says(args[0], "__format__"):
        return dunders.special(sp, args[0], "__format__", (spec,), loc, name)
    is_plain = isinstance(spec, Const) and spec.value == ""
    return _str(sp, args[:1], kwargs, loc, name) if is_plain else None


def _says(value: Value, method: str) -> bool:
    """Whether a class has a method other than that of every object."""
    assert isinstance(value, Ref | Pack)
    return in_class(value.kind, method) is not in_class(object, method)


def _print(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if not any(map(_is_made_here, args)):
        return None
    texts = [_str(sp, (arg,), {}, loc, "") if _is_made_here(arg) else arg for arg in args]
    shown = tuple(text for text in texts if text is not None)
    if len(shown) < len(args):
        return None
    return calls.invoke(sp, Const(print), shown, kwargs, loc, name)


PRINTED: dict[object, Handler] = {repr: _repr, str: _str, format: _format, print: _print}

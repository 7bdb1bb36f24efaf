"""Instances as text: ``print(point)``, ``f"at {point}"``, ``str(point)``, ``repr(point)``.

An instance that the program makes is not there when the program runs.  What its class says of its
text is inlined, as every other method is.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.instances import in_class
from srcgrad.ir.nodes import Const, Pack
from srcgrad.ir.records import can_be_record
from srcgrad.specialise import calls, dunders, lists
from srcgrad.specialise.values import Args, Handler, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _is_made_here(value: Value) -> bool:
    """Whether a value is an instance that the program makes, and cannot be displayed in its text,
    as a dataclass can."""
    if not isinstance(value, Ref | Pack):
        return False
    return can_be_record(value.kind) and not dataclasses.is_dataclass(value.kind)


def _holds_some(sp: Specialiser, value: Value) -> bool:
    """Whether a list, a tuple or a dict that is known element by element has such instances."""
    shown = sp.heap.view(value) if isinstance(value, Ref | Pack) else None
    if not isinstance(shown, Pack) or shown.kind not in _BRACKETS:
        return False
    return any(_is_made_here(item) or _holds_some(sp, item) for item in shown.items)


def _is_shown(sp: Specialiser, value: Value) -> bool:
    """Whether the text of a value is found here."""
    return _is_made_here(value) or _holds_some(sp, value)


_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}")}


def _repr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) != 1 or kwargs:
        return None
    if _holds_some(sp, args[0]):
        return _display(sp, args[0], loc)
    if not _is_made_here(args[0]):
        return None
    return dunders.special(sp, args[0], "__repr__", (), loc, name)


def _display(sp: Specialiser, value: Value, loc: Loc) -> Value | None:
    """The text of a container that has instances in it."""
    pack = sp.heap.view(value)
    assert isinstance(pack, Pack)
    opening, closing = _BRACKETS[pack.kind]
    text: Value = Const(opening)
    for i, item in enumerate(pack.items):
        before = ", " if i else ""
        if pack.kind is dict:
            before += f"{pack.keys[i]!r}: "
        shown = calls.invoke(sp, Const(repr), (item,), {}, loc)
        for part in (Const(before), shown):
            text = calls.invoke(sp, Const(operator.add), (text, part), {}, loc)
    end = "," + closing if pack.kind is tuple and len(pack.items) == 1 else closing
    return calls.invoke(sp, Const(operator.add), (text, Const(end)), {}, loc)


def _str(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if len(args) != 1 or kwargs or not _is_shown(sp, args[0]):
        return None
    if _is_made_here(args[0]) and _says(args[0], "__str__"):
        return dunders.special(sp, args[0], "__str__", (), loc, name)
    return _repr(sp, args, kwargs, loc, name)


def _format(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if not args or kwargs or not _is_shown(sp, args[0]):
        return None
    spec = args[1] if len(args) == 2 else Const("")
    if _is_made_here(args[0]) and _says(args[0], "__format__"):
        return dunders.special(sp, args[0], "__format__", (spec,), loc, name)
    is_plain = isinstance(spec, Const) and spec.value == ""
    return _str(sp, args[:1], kwargs, loc, name) if is_plain else None


def _says(value: Value, method: str) -> bool:
    """Whether a class has a method other than that of every object."""
    assert isinstance(value, Ref | Pack)
    return in_class(value.kind, method) is not in_class(object, method)


def _print(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    if not any(_is_shown(sp, arg) for arg in args):
        return None
    texts = [_str(sp, (arg,), {}, loc, "") if _is_shown(sp, arg) else arg for arg in args]
    shown = tuple(text for text in texts if text is not None)
    if len(shown) < len(args):
        return None
    return calls.invoke(sp, Const(print), shown, kwargs, loc, name)


def _percent(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``"%s and %.2f" % (point, x)``."""
    pattern = args[0].value if len(args) == 2 and isinstance(args[0], Const) else None
    if not isinstance(pattern, str):
        return None
    given = args[1]
    if lists.is_dynamic(sp.heap.view(given)):  # which is one value, and no array
        given = Pack(tuple, (given,))  # type: ignore[arg-type]
        return calls.invoke(sp, Const(operator.mod), (args[0], given), {}, loc)
    values: list[Value] = [given]
    if isinstance(given, Pack) and given.kind is tuple:
        values = [*given.items]
    found = [m for m in _CONVERSION.finditer(pattern) if m[0] != "%%"]
    if len(found) != len(values) or not any(_is_shown(sp, value) for value in values):
        return None
    shown: list[Value] = list(values)
    for i, (match, value) in enumerate(zip(found, values, strict=True)):
        if _is_shown(sp, value):
            if match[0] != "%s":
                return None
            shown[i] = calls.invoke(sp, Const(str), (value,), {}, loc)
    return calls.invoke(sp, Const(operator.mod), (args[0], Pack(tuple, tuple(shown))), {}, loc)  # type: ignore[arg-type]


_CONVERSION = re.compile(r"%[-+ #0]*[0-9.]*[a-zA-Z%]")

PRINTED: dict[object, Handler] = {
    repr: _repr,
    str: _str,
    format: _format,
    print: _print,
    operator.mod: _percent,
}

"""``Point = namedtuple("Point", "x y")`` in a function: a class that the compiler makes."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import certain
from srcgrad.specialise.values import Args, Handler, Kwargs, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _named_tuple(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    """``collections.namedtuple(...)``, which does nothing besides: once for each place in the
    program, for the classes that several calls make are as good as equal, but they differ."""
    parts = [_known(sp, each) for each in (*args, *kwargs.values())]
    known = [part[0] for part in parts if part is not None]
    if len(known) < len(parts):
        message = "the fields of a named tuple are not known at compile time"
        raise UnsupportedSyntaxError(message, loc, "make its class outside of the function")
    values, named = known[: len(args)], dict(zip(kwargs, known[len(args) :], strict=True))
    named.setdefault("module", sp.running[-1].frame.scope.module)
    key = (loc, repr(values), repr(named))
    if key in sp.made_classes:
        message = "a class of named tuples is made here again, in another trip or call"
        raise UnsupportedSyntaxError(message, loc, "make it once, before that")
    sp.made_classes[key] = certain.computed(loc, collections.namedtuple, *values, **named)
    return Const(sp.made_classes[key])


def _known(sp: Specialiser, value: Value) -> tuple[Any] | None:
    """A value that is known, or a display of such."""
    viewed = sp.heap.view(value)
    if isinstance(viewed, Pack) and viewed.kind in (list, tuple):
        parts = [_known(sp, item) for item in viewed.items]
        return None if None in parts else (tuple(part[0] for part in parts if part),)
    return (viewed.value,) if isinstance(viewed, Const) else None


MADE_CLASSES: dict[Any, Handler] = {collections.namedtuple: _named_tuple}

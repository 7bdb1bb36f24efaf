"""``copy.copy`` and ``copy.deepcopy`` of what the program makes."""

from __future__ import annotations

import copy
import inspect
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.types import Array, Scalar, Size, number_of
from srcgrad.specialise import allocations, calls, dunders, lists
from srcgrad.specialise.values import Args, Handler, Held, Kwargs, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def _copy(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    value = args[0]
    own = dunders.special(sp, value, "__copy__", (), loc)
    if own is not None:
        return own
    if isinstance(value, Ref):
        return sp.heap.make(sp.heap.contents[value], value.kind)
    if isinstance(value, Pack) and value.kind in (list, dict):
        return sp.heap.make(value)
    return _plain(sp, value, loc)


def _deep_copy(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    for ref in sp.heap.contents:
        if isinstance(inspect.getattr_static(ref.kind, "__deepcopy__", None), types.FunctionType):
            message = f"'{ref.kind.__name__}' has a '__deepcopy__' of its own"
            raise UnsupportedSyntaxError(message, loc, "make the copy in a method, and call that")
    return _deep(sp, args[0], {}, loc)


def _deep(sp: Specialiser, value: Value, made: dict[Value, Value], loc: Loc) -> Value | None:
    """A copy of everything in ``value``; None if there is something that cannot be copied.

    ``made`` are the copies so far: what occurs twice is copied once.
    """
    if isinstance(value, Held) and isinstance(value.example, list | tuple | dict):
        value = sp.whole(value, loc)
    if value in made:
        return made[value]
    if isinstance(value, Var) and isinstance(number_of(value.type), Array):
        return _deep_array(sp, value, made, loc)
    if isinstance(value, Pack) and value.kind not in (list, dict):
        items = [_deep(sp, item, made, loc) for item in value.items]
        return None if None in items else Pack(value.kind, tuple(items), value.keys)  # type: ignore[arg-type]
    if not isinstance(value, Ref | Pack):
        return _plain(sp, value, loc)
    content = sp.heap.view(value)
    if lists.is_dynamic(content):
        return None
    assert isinstance(content, Pack)
    made[value] = ref = sp.heap.make(content, content.kind)
    items = [_deep(sp, item, made, loc) for item in content.items]
    if None in items:
        return None
    sp.heap.contents[ref] = Pack(content.kind, tuple(items), content.keys)  # type: ignore[arg-type]
    return ref


def _deep_array(sp: Specialiser, array: Var, made: dict[Value, Value], loc: Loc) -> Value | None:
    """The copy of an array, one for all of its names."""
    others = [
        (other, copied)
        for other, copied in made.items()
        if isinstance(other, Var) and isinstance(copied, Var)
    ]
    known = [allocations.is_one(sp, array, other) for other, _ in others]
    if True in known:
        made[array] = others[known.index(True)][1]
        return made[array]
    found = _plain(sp, array, loc)
    assert isinstance(found, Var)
    for one, (other, copied) in zip(known, others, strict=True):
        if one is None:
            sp.twins.append(allocations.Twins((other, array), (copied, found), loc))
    made[array] = found
    return found


def _plain(sp: Specialiser, value: Value, loc: Loc) -> Value | None:
    """A copy of an array; numbers, text and functions are their own."""
    if isinstance(value, Var):
        type_ = number_of(value.type)
        if isinstance(type_, Array):
            return calls.invoke(sp, Const(np.copy), (value,), {}, loc)
        return value if isinstance(type_, Scalar | Size) else None
    return value if isinstance(value, Const | Pack) else None


COPIES: dict[Any, Handler] = {copy.copy: _copy, copy.deepcopy: _deep_copy}

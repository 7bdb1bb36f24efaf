"""Assignment to items and attributes: ``x[i] = v``, ``x.name = v``."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.specialise import stores
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Args = tuple[Value, ...]
Kwargs = Mapping[str, Value]


def _setitem(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    receiver, index, value = args
    return store_into_array(sp, receiver, index, value, loc)


def store_into_array(
    sp: Specialiser, array: Value, index: Value, value: Value, loc: Loc
) -> Value | None:
    """``array[index] = value`` where ``array`` is no container of the program's."""
    return stores.store(sp, array, sp.operand(index, loc), value, loc)


def _setattr(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    message = "assignment to an attribute cannot be differentiated yet"
    raise UnsupportedSyntaxError(message, loc, "make a new object, or assign to a name")


ASSIGNMENTS: dict[object, Callable[..., Value | None]] = {
    operator.setitem: _setitem,
    setattr: _setattr,
}

"""``Point._make(items)``: a named tuple of what an iterable gives."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc
from srcgrad.instances import in_class, is_of_library
from srcgrad.ir.nodes import Const, Pack
from srcgrad.specialise import iterate
from srcgrad.specialise.values import Args, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def is_make(function: Any, args: Args) -> bool:
    """Whether a function is the ``_make`` of named tuples, given a class of those and one more."""
    if not isinstance(function, types.FunctionType) or not is_of_library(function.__module__):
        return False
    cls = args[0].value if len(args) == 2 and isinstance(args[0], Const) else None
    if not isinstance(cls, type) or not issubclass(cls, tuple) or not hasattr(cls, "_fields"):
        return False
    found = in_class(cls, "_make")
    return isinstance(found, classmethod) and found.__func__ is function


def make(sp: Specialiser, args: Args, loc: Loc) -> Value:
    """The named tuple of the elements of ``args[1]``, which no ``__new__`` sees."""
    assert isinstance(args[0], Const)
    cls = args[0].value
    items = iterate.all_elements(sp, args[1], loc)
    if len(items) != len(cls._fields):
        text = f"Expected {len(cls._fields)} arguments, got {len(items)}"
        raise CertainError(text, loc, TypeError(text))
    return Pack(cls, items, cls._fields)  # type: ignore[arg-type]

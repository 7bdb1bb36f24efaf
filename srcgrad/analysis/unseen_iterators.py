"""Iterators that were there before a call, and what asking them for an element runs.

A generator runs its body, of which the source is known, with what its names stand for where it has
stopped; an iterator of Python's library asks those that it has been made of, and calls functions.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from typing import Any

from srcgrad.analysis.unseen_values import Given, Values
from srcgrad.instances import is_own

_LIBRARIES = ("builtins", "itertools")


def is_iterator(value: Any) -> bool:
    """Whether something is a generator of the user's, or an iterator of Python's library."""
    if isinstance(value, types.GeneratorType):
        return value.gi_frame is not None and is_own(value.gi_frame.f_globals.get("__name__"))
    return type(value).__module__ in _LIBRARIES and isinstance(value, Iterator)


def resumed(generator: types.GeneratorType[Any, Any, Any]) -> tuple[types.FunctionType, Given]:
    """A function that does what a generator does from where it is, and what it is given."""
    code, frame = generator.gi_code, generator.gi_frame
    names = dict(frame.f_locals) if frame else {}
    cells = (_cell(names, name) for name in code.co_freevars)
    globals_ = frame.f_globals if frame else {}
    function = types.FunctionType(code, globals_, code.co_name, None, tuple(cells))
    count = code.co_argcount + code.co_kwonlyargcount
    params = (name for name in code.co_varnames[:count] if name in names)
    return function, Given(kwargs={name: (names[name],) for name in params})


def _cell(names: dict[str, Any], name: str) -> types.CellType:
    return types.CellType(names[name]) if name in names else types.CellType()


def kept(generator: types.GeneratorType[Any, Any, Any]) -> Values:
    """What the names of a generator stand for."""
    return tuple(generator.gi_frame.f_locals.values()) if generator.gi_frame else ()


def parts(iterator: Any) -> Values:
    """What an iterator of Python's library was made of."""
    return tuple(gc.get_referents(iterator))

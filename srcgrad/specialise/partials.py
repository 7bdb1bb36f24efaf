"""``functools.partial``: a function with some of its arguments, taken apart where it is called.

One that the program makes is a ``Pack`` of its parts; one from outside is ``Held``, and its parts
are read, and guarded, as attributes of any object are.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Pack
from srcgrad.specialise import calls, iterate
from srcgrad.specialise.values import Held, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Args: TypeAlias = tuple[Value, ...]
Kwargs: TypeAlias = Mapping[str, Value]
_PARTS = ("func", "args", "keywords")


def make(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value:
    """What ``functools.partial(*args, **kwargs)`` is."""
    if not args:
        raise UnsupportedSyntaxError("functools.partial needs a function", loc)
    keywords = Pack(dict, tuple(kwargs.values()), tuple(kwargs))  # type: ignore[arg-type]
    return Pack(functools.partial, (args[0], Pack(tuple, args[1:]), keywords), _PARTS)  # type: ignore[arg-type]


def call(
    sp: Specialiser, callee: Value, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """The result of a call of a ``functools.partial``; None if ``callee`` is something else."""
    parts: list[Value]
    if isinstance(callee, Pack) and callee.kind is functools.partial:
        parts = list(callee.items)
    elif isinstance(callee, Held) and type(callee.example) is functools.partial:
        parts = [calls.attribute(sp, callee, part, loc) for part in _PARTS]
    else:
        return None
    function, given, keywords = parts
    known = (*iterate.all_elements(sp, given, loc), *args)
    return calls.invoke(
        sp, function, known, {**calls.mapping(sp, keywords, loc), **kwargs}, loc, name
    )

"""What functions of libraries do with what they are given, and what they give.

Most may call what they can call, ask it anything, and give anything of it; those that are here do
not.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

import numpy as np

from srcgrad.analysis.unseen_classes import is_users_class
from srcgrad.analysis.unseen_values import CONTAINERS, Given, Made, Values, inner, is_array
from srcgrad.specialise.writes import module_of

_LOOKING = (id, type, isinstance, issubclass, callable, weakref.ref)
"""What looks at an object, and asks it nothing."""
_AS_TEXT = ("__str__", "__repr__", "__format__")
_TURNING: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (len, ("__len__",)),
    (hash, ("__hash__",)),
    *((each, _AS_TEXT) for each in (str, repr, ascii, format)),
    (print, (*_AS_TEXT, "write", "flush")),
    *((each, ("__int__", "__float__", "__index__")) for each in (int, float)),
    (bool, ("__bool__", "__len__")),
    (sys.getsizeof, ("__sizeof__",)),
    *((each, ()) for each in (complex, any, all)),
)
"""What asks an object by these special methods, or by any, and gives numbers, or a text."""
_GOING_THROUGH = (list, tuple, set, frozenset, dict, zip, enumerate, reversed, sum, abs, round)
"""What may give something of what it is given, and does not call it."""
_CALLING_NAMED = frozenset(("copy", "json", "pprint"))
"""The modules whose functions call only what they are given by name."""
_WRITING_DOWN = frozenset(("logging", "warnings"))
"""The modules whose functions make texts of what they are given, and call nothing of it."""


def only_looks(function: Any, given: Given) -> bool:
    """Whether a function runs nothing of what it is given."""
    is_one = any(function is each for each in _LOOKING)
    return is_one and (len(given.args) == 1 or function in (isinstance, issubclass))


def asked_for(function: Any) -> tuple[str, ...]:
    """The special methods that a function, or a method of an object, asks for; empty for any."""
    if _module(function) in _WRITING_DOWN:
        return _AS_TEXT
    return next((names for each, names in _TURNING if each is function), ())


def calls_nothing(function: Any) -> bool:
    """Whether a function, or a method of an object, calls nothing that it is given by position."""
    if type(function) in CONTAINERS or isinstance(function, str):
        return True
    known = (*_LOOKING, *(each for each, _ in _TURNING), *_GOING_THROUGH)
    return any(function is each for each in known) or _module(function) in _CALLING_NAMED


def calls_nothing_at_all(function: Any) -> bool:
    """Whether it does not call what it is given by name either."""
    return _module(function) in _WRITING_DOWN


def _module(function: Any) -> str:
    return module_of(function).split(".")[0]


def gives_no_part(function: Any, given: Given) -> bool:
    """Whether what a function gives is new, and has nothing in it of what was there."""
    looks = only_looks(function, given) and function is not weakref.ref and function is not type
    if looks or any(function is each for each, _ in _TURNING):
        return True
    everything = given.everything()
    if function is sum:
        numbers = not any(is_users_class(type(each)) for each in inner(everything))
        return numbers and len(given.args) == 1 and not given.kwargs and not given.rest
    return function is abs and all(is_array(each) for each in everything)


def of_array(array: np.ndarray, found: Any) -> Values:
    """What an attribute of an array is, as far as something can be written into it."""
    return () if isinstance(found, int | tuple | np.dtype | None) else (array,)


def keys_put(method: str, given: Given) -> Values | None:
    """The keys of a dict that a method of it changes, None if they are not known."""
    first = given.args[0] if given.args else ()
    if method in ("__setitem__", "__delitem__", "setdefault", "pop"):
        return first or None
    if method != "update" or given.rest:
        return None
    keys = [each.keys if isinstance(each, Made) else None for each in first]
    known = [key for some in keys if some is not None for key in some]
    return (*known, *given.kwargs) if None not in keys and (known or not given.args) else None

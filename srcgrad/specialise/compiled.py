"""Functions of the compiler's own that are compiled like the user's, where they are called.

What Python does with an iterable or a list is said in Python: the loop of ``functools.reduce``,
the splice of ``items[1:3] = more``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.frontend import lower
from srcgrad.ir import keys
from srcgrad.specialise.values import Args, Closure, Scope, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_ERRORS = (IndexError, KeyError, StopIteration, TypeError, ValueError)
_NAMES = {"np": np, "operator": operator, "keys": keys, **{each.__name__: each for each in _ERRORS}}


def run(sp: Specialiser, function: Callable[..., Any], args: Args, loc: Loc) -> Value:
    """What ``function`` gives for ``args``; it reads no names but those of builtins."""
    own = closure(function)
    names = (param.name for param in own.function.params)
    with sp.located(loc):
        return sp.inline(own, dict(zip(names, args, strict=True)), loc)


def closure(function: Callable[..., Any]) -> Closure:
    """``function`` as a value of the program, which may be called later."""
    return Closure(lower(function), Scope(function.__module__, _NAMES, {}, trusted=True), {}, {})

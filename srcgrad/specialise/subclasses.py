"""Subclasses of arrays and numbers, which may compute otherwise than those do, are not read."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, SubclassError
from srcgrad.instances import is_users
from srcgrad.specialise import dunders
from srcgrad.specialise.places import Place
from srcgrad.specialise.values import Args, Held, Kwargs

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_OPERATORS = frozenset((*itertools.chain(*dunders.BINARY.values()), *dunders.OTHERS.values()))
_REASON = "a subclass of numpy.ndarray, which may compute otherwise than arrays do"


def is_subclass(cls: object) -> bool:
    """Whether ``cls`` is a class of arrays that is not NumPy's own."""
    return isinstance(cls, type) and issubclass(cls, np.ndarray) and cls is not np.ndarray


def check(held: Held, loc: Loc | None = None) -> None:
    """Refuses to read an array of a subclass."""
    cls = type(held.example)
    if is_subclass(cls):
        hint = f"use np.asarray({held.place})"
        raise SubclassError(f"'{held.place}' is a {cls.__name__}, {_REASON}", loc, hint)


def check_number(place: Place, number: Any) -> None:
    """Refuses to read a number whose class has arithmetic of its own."""
    cls = type(number)
    own = itertools.takewhile(is_users, cls.__mro__)
    if any(_OPERATORS.intersection(vars(base)) for base in own):
        reason = "a number with arithmetic of its own"
        hint = f"pass float({place}), or make it a class that is no number"
        raise SubclassError(f"'{place}' is a {cls.__name__}, {reason}", None, hint)


def check_call(function: Any, args: Args, kwargs: Kwargs, loc: Loc) -> None:
    """Refuses a call that may make an array of a subclass."""
    values = (function, *(getattr(arg, "value", None) for arg in (*args, *kwargs.values())))
    made = next(filter(is_subclass, values), None)
    name = getattr(made, "__name__", "")
    module = getattr(function, "__module__", None) or ""
    if function is np.asmatrix or function is np.bmat:
        name = "matrix"
    elif module.split(".")[:2] == ["numpy", "ma"]:
        name = "MaskedArray"
    if name:
        hint = "compute with arrays, as np.asarray gives them"
        raise SubclassError(f"this may make a {name}, {_REASON}", loc, hint)


def as_array(sp: Specialiser, function: Any, args: Args, kwargs: Kwargs) -> Args:
    """The arguments of a call; an array of a subclass may be given to what makes an array of it."""
    makes_array = function is np.asarray or function is np.array
    if not makes_array or "subok" in kwargs or not args:
        return args
    first = args[0]
    is_own = isinstance(first, Held) and is_subclass(type(first.example))
    return (sp.inputs.opaque(first), *args[1:]) if is_own else args  # type: ignore[arg-type]

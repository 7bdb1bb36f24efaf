"""Subclasses of arrays and numbers, which may compute otherwise than those do, are not read.

Those of dicts and lists are not asked for what they do otherwise, as ``Counter.update`` does.
"""

from __future__ import annotations

import collections
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, SubclassError
from srcgrad.instances import in_class, is_users
from srcgrad.specialise import dunders
from srcgrad.specialise.places import Place
from srcgrad.specialise.values import Args, Held, Kwargs

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_OPERATORS = frozenset((*itertools.chain(*dunders.BINARY.values()), *dunders.OTHERS.values()))
_ALIKE = frozenset((dict, list, collections.OrderedDict, collections.defaultdict))
_PLUMBING = frozenset(
    (
        *("__class_getitem__", "__doc__", "__getattribute__", "__init__", "__new__", "__repr__"),
        *("__reversed__", "__sizeof__", "__hash__", "__setattr__"),
    )
)
"""What a class may have of its own that nobody sees who asks for what is in a container."""
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


def check_method(held: Held, name: str, loc: Loc) -> None:
    """Refuses to call a method that a class of dicts or lists has of its own."""
    cls, base = type(held.example), _base(held)
    if base is not None and name in vars(base) and in_class(cls, name) is not vars(base)[name]:
        raise _is_another(held, base, f"whose '{name}' is not that", loc)


def check_operator(function: Any, args: Args, loc: Loc) -> None:
    """Refuses an operator that the class of an operand, a dict or a list, has of its own."""
    if function in dunders.BINARY:
        names: tuple[str, ...] = dunders.BINARY[function]
    else:
        names = tuple(t[function] for t in (dunders.IN_PLACE, dunders.OTHERS) if function in t)
    for held in args[: 2 if function in dunders.BINARY else 1]:
        base = _base(held) if names and isinstance(held, Held) else None
        if base is not None and isinstance(held, Held):
            cls = type(held.example)
            if any(in_class(cls, name) is not in_class(base, name) for name in names):
                raise _is_another(held, base, "whose operators are not those", loc)


def check_parts(held: Held, loc: Loc | None = None) -> None:
    """Refuses to take apart a dict or a list whose class does otherwise than those do."""
    cls, base = type(held.example), _base(held)
    if base is None:
        return
    names = (*vars(base), *itertools.chain(*dunders.BINARY.values()), "__missing__")
    asked = (name for name in names if name not in _PLUMBING)
    if any(in_class(cls, name) is not in_class(base, name) for name in asked):
        raise _is_another(held, base, "whose methods are not those", loc)


def _base(held: Held) -> type | None:
    """What a container from outside is a kind of; None if it does nothing otherwise."""
    cls = type(held.example)
    if cls in _ALIKE:
        return None
    return next((base for base in (dict, list) if issubclass(cls, base)), None)


def _is_another(held: Held, base: type, what: str, loc: Loc | None) -> SubclassError:
    message = f"'{held.place}' is a {type(held.example).__name__}, {what} of a {base.__name__}"
    hint = f"make a {base.__name__} of it first: {base.__name__}({held.place})"
    return SubclassError(message, loc, hint)


def as_array(sp: Specialiser, function: Any, args: Args, kwargs: Kwargs) -> Args:
    """The arguments of a call; an array of a subclass may be given to what makes an array of it."""
    makes_array = function is np.asarray or function is np.array
    if not makes_array or "subok" in kwargs or not args:
        return args
    first = args[0]
    is_own = isinstance(first, Held) and is_subclass(type(first.example))
    return (sp.inputs.opaque(first), *args[1:]) if is_own else args  # type: ignore[arg-type]

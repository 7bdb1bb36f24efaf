"""Calls that write into an array, which are refused: ``y.sort()``, ``np.copyto(a, b)``, `out`."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const

_METHODS = frozenset(
    (
        *("sort", "fill", "partition", "put", "resize", "itemset", "setfield", "setflags"),
        *("byteswap", "shuffle", "__setitem__", "__delitem__"),
        *("__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__"),
    )
)
_FUNCTIONS = frozenset(
    (np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis)
)
_HINTS = {
    "sort": "use np.sort, which makes a new array",
    "fill": "use np.full_like, which makes a new array",
    "out": "assign the result to a name instead",
}
_HINT = "make a new array with np.where, np.concatenate or np.stack"


def check_method(cls: type | None, name: str, loc: Loc) -> None:
    """Refuses a method that writes into what it is called on, or into its arguments.

    ``cls`` is the class of the receiver, None where it is not known.
    """
    is_numpy = cls is None or (cls.__module__ or "").startswith("numpy")
    if is_numpy and name in _METHODS:
        raise _writes(f"'{name}'", loc, _HINTS.get(name, _HINT))


def check_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], loc: Loc) -> None:
    """Refuses a function of NumPy's that writes into its arguments, or is given an ``out``."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc) and getattr(function, "__name__", "") == "at":
        raise _writes(f"np.{owner.__name__}.at", loc, _HINT)
    if isinstance(function, types.FunctionType | type):
        return
    if isinstance(function, types.MethodDescriptorType):
        if function.__objclass__ is np.ndarray and function.__name__ in _METHODS:
            raise _writes(f"'{function.__name__}'", loc, _HINTS.get(function.__name__, _HINT))
    elif not isinstance(function, np.ufunc) and not _is_of_numpy(function):
        return
    elif function in _FUNCTIONS or _shuffles(function):
        raise _writes(f"np.{function.__name__}", loc, _HINT)
    if _gives_out(function, args, kwargs):
        raise _writes("an 'out' argument", loc, _HINTS["out"])


def _shuffles(function: Any) -> bool:
    # Whoever has the function has imported its module, which takes its time.
    random = sys.modules.get("numpy.random")
    return random is not None and bool(function == random.shuffle)


def _is_of_numpy(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").split(".")[0] in ("numpy", "_operator")


def _gives_out(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a call names an array for its result, by keyword or by position."""
    if "out" in kwargs:
        return not _is_none(kwargs["out"])
    if isinstance(function, np.ufunc):
        return len(args) > function.nin and not all(map(_is_none, args[function.nin :]))
    if isinstance(function, types.MethodDescriptorType):
        function = getattr(np, function.__name__, function)  # the function has the same arguments
    position = _position_of_out(function)
    return position < len(args) and not _is_none(args[position])


@functools.cache
def _position_of_out(function: Any) -> int:
    """Where a function takes ``out`` by position; far away where it does not."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return sys.maxsize  # a builtin that does not tell its parameters, and takes no `out`
    names = [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD]
    return names.index("out") if "out" in names else sys.maxsize


def _is_none(value: Any) -> bool:
    return isinstance(value, Const) and value.value is None


def _writes(what: str, loc: Loc, hint: str) -> UnsupportedSyntaxError:
    return UnsupportedSyntaxError(f"{what} writes into an array", loc, hint)

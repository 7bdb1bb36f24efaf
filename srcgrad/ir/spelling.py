"""How the printer spells Python objects and types: ``np.tanh``, ``'text'``, ``float64[n0, 4]``.

The spelling of an object never depends on where it lives in memory, so that the text of a program
is the same in every run.
"""

from __future__ import annotations

import builtins
import functools
import math
import operator
import types
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.ir.nodes import UNDEFINED
from srcgrad.ir.types import (
    NEVER,
    Array,
    Dim,
    KeysOf,
    Known,
    Length,
    ListOf,
    Object,
    PackType,
    Scalar,
    Size,
    StackOf,
    Symbol,
    Type,
)

_NAMESPACES: tuple[tuple[str, types.ModuleType], ...] = (
    ("", builtins),
    ("operator.", operator),
    ("math.", math),
    ("np.", np),
    ("np.linalg.", np.linalg),
    ("np.fft.", np.fft),
)
"""Where a name for an object is looked for, from left to right."""

_NOT_FINITE = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}
_PLAIN = (int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype, range)


@functools.cache
def _spellings() -> dict[int, str]:
    """The dotted name of every public object of the known namespaces, by identity.

    An object with several names (``np.abs`` is ``np.absolute``) gets the one it calls itself.
    """
    found: dict[int, str] = {}
    for own in (True, False):
        for prefix, module in _NAMESPACES:
            for name, value in vars(module).items():
                if not name.startswith("_") and own == (getattr(value, "__name__", "") == name):
                    found.setdefault(id(value), prefix + name)
    return found


def _is_nameable(value: Any) -> bool:
    return callable(value) or isinstance(
        value, types.ModuleType | types.GetSetDescriptorType | types.MemberDescriptorType
    )


def spell_object(value: Any) -> str:
    """The qualified name of a function, class, method or module.

    Examples
    --------
    >>> import numpy as np
    >>> spell_object(np.add.at), spell_object(np.ndarray.T), spell_object(len)
    ('np.add.at', 'np.ndarray.T', 'len')
    """
    known = _spellings().get(id(value))
    if known is not None and _is_nameable(value):
        return known
    if isinstance(value, types.ModuleType):
        return "np" if value is np else value.__name__
    name = getattr(value, "__qualname__", getattr(value, "__name__", None))
    if not isinstance(name, str) or not _is_nameable(value):
        return f"<{_spell_class(type(value))} object>"
    receiver = getattr(value, "__self__", None)
    if receiver is not None and not isinstance(receiver, types.ModuleType):
        return f"{spell_constant(receiver)}.{value.__name__}"
    owner = getattr(value, "__objclass__", None)
    if owner is not None:
        return f"{_spell_class(owner)}.{value.__name__}"
    return _in_module(getattr(value, "__module__", None), name)


def _spell_class(cls: type) -> str:
    return _spellings().get(id(cls)) or _in_module(cls.__module__, cls.__qualname__)


def _in_module(module: str | None, name: str) -> str:
    """``module.name``, without the modules that go without saying."""
    if module is None or module in ("builtins", "__main__") or module.startswith("srcgrad."):
        return name
    if module == "numpy" or module.startswith("numpy."):
        module = "np" + module[len("numpy") :]
    return f"{module}.{name}"


def spell_constant(value: Any) -> str:
    """A value known to the compiler, on one line."""
    if value is UNDEFINED:
        return "undefined"
    if value is Ellipsis:
        return "..."
    if type(value) is float:
        return _NOT_FINITE.get(repr(value), repr(value))
    if isinstance(value, _PLAIN):
        return _on_one_line(repr(value))
    if type(value) is tuple:
        return spell_display(tuple, [spell_constant(item) for item in value])
    if isinstance(value, slice):
        return spell_display(slice, map(spell_constant, (value.start, value.stop, value.step)))
    if isinstance(value, np.ndarray):
        return f"<{value.dtype}[{', '.join(map(str, value.shape))}] array>"
    return spell_object(value)


def _on_one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def spell_display(kind: type, items: Iterable[str], keys: Iterable[Any] = ()) -> str:
    """A container of items that are text already, as its display is written in Python."""
    items = list(items)
    if kind is tuple:
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if kind is list:
        return f"[{', '.join(items)}]"
    if kind is dict:
        pairs = zip(map(spell_constant, keys), items, strict=False)
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if kind is slice:
        return f"slice({', '.join(items)})"
    fields = [f"{key}={item}" for key, item in zip(keys, items, strict=False)]
    return f"{kind.__name__}({', '.join(fields or items)})"


def spell_type(type_: Type, symbol: Callable[[Symbol], str] = repr) -> str:
    """A type: ``float64[n0, 4]``, ``float``, ``float32 scalar``, ``(int, =None)``.

    Parameters
    ----------
    type_ : Type
        The type.
    symbol : callable, optional
        Names the symbolic lengths.

    Notes
    -----
    ``=value`` is a value known to the compiler, or the length of a dimension; ``?`` is unknown.
    """

    def dim(value: Dim) -> str:
        if isinstance(value, Length):
            offset = f"{value.offset:+d}" if value.offset else ""
            return symbol(value.symbol) + offset
        return "?" if value is None else str(value)

    match type_:
        case Scalar():
            return _spell_scalar(type_)
        case Array():
            either = "" if type_.instead is None else f" or {type_.instead}"
            return f"{type_.dtype}{either}[{', '.join(map(dim, type_.dims))}]"
        case PackType():
            items = [spell_type(item, symbol) for item in type_.items]
            return spell_display(type_.kind, items, type_.keys)
        case Known():
            return f"={spell_constant(type_.value)}"
        case Size():
            return f"={dim(type_.length)}"
        case Object():
            return _spell_class(type_.cls)
        case StackOf():
            return f"stack of {spell_type(type_.item, symbol)}"
        case ListOf():
            item = "nothing" if type_.item is NEVER else spell_type(type_.item, symbol)
            many = "" if type_.length is None else f" {dim(type_.length)} x"
            return f"list of{many} {item}"
        case KeysOf():
            item = "nothing" if type_.item is NEVER else spell_type(type_.item, symbol)
            what = "set of" if type_.of_set else "places by"
            return f"{what} {item}" if type_.in_order else f"{what} {item} in any order"
        case _:
            return "?"


_PYTHON_NAMES = {"b": "bool", "i": "int", "f": "float", "c": "complex"}


def _spell_scalar(type_: Scalar) -> str:
    if type_.instead is not None:
        return f"{_spell_scalar(replace(type_, instead=None))} or {_spell_scalar(type_.instead)}"
    if type_.python:
        return _PYTHON_NAMES.get(type_.dtype.kind, str(type_.dtype))
    return f"{type_.dtype} scalar" if type_.python is False else f"{type_.dtype} number"

"""What an object leads to: what somebody who has it gets at, by its attributes and elements.

Where a function changes a list, or an array, of its own that the caller gave it, nothing that it
hands to code which is not looked into may lead to the caller's, which does not change.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from srcgrad.instances import is_of_library, is_own

_NOTHING = (str, bytes, int, float, complex, bool, type(None), np.generic, np.dtype)
_ENTERED = frozenset(("builtins", "collections", "functools", "itertools", "types", "operator"))
"""Modules of Python whose classes hold what they were given, and nothing besides."""


def is_entered(cls: type) -> bool:
    """Whether the instances of a class are looked into, which those of libraries are not."""
    if issubclass(cls, (*_NOTHING, types.ModuleType, types.BuiltinFunctionType | type)):
        return cls is types.BuiltinFunctionType  # or a method of a list
    return cls.__module__ in _ENTERED or cls is np.ndarray or not is_of_library(cls.__module__)


def leads_to(start: Any, targets: Iterable[Any]) -> bool:
    """Whether an object leads to one of ``targets``, or to memory of an array among them.

    What objects of libraries have does not count.
    """
    targets = tuple(targets)
    wanted = set(map(id, targets))
    arrays = [each for each in targets if isinstance(each, np.ndarray)]
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        value = waiting.pop()
        if type(value) in _PLAIN or id(value) in seen:
            continue
        if id(value) in wanted:
            return True
        seen.add(id(value))
        if isinstance(value, np.ndarray) and any(np.may_share_memory(value, a) for a in arrays):
            return True
        waiting.extend(_parts(value))
    return False


_PLAIN = frozenset((str, bytes, int, float, complex, bool, type(None)))


def _parts(value: Any) -> Iterator[Any]:
    """What an object refers to."""
    if isinstance(value, type):
        if is_own(value.__module__):
            yield from vars(value).values()
    elif isinstance(value, types.FunctionType):
        yield from (value.__closure__, value.__defaults__, value.__kwdefaults__, value.__dict__)
        if is_own(value.__module__):
            yield from _globals_read(value.__code__, value.__globals__)
    elif isinstance(value, types.GeneratorType):
        yield from () if value.gi_frame is None else value.gi_frame.f_locals.values()
    elif isinstance(value, np.ndarray) and value.dtype.hasobject:
        yield from value.ravel().tolist()
    elif is_entered(type(value)):
        yield from gc.get_referents(value)


def _globals_read(code: types.CodeType, namespace: Mapping[str, Any]) -> Iterator[Any]:
    """The globals that code reads by their names."""
    yield from (namespace[name] for name in code.co_names if name in namespace)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _globals_read(inner, namespace)


def kinds_of_rows(values: Iterable[Any]) -> set[Any]:
    """The types of the elements of tuples, a row for each kind; None of what is no tuple."""
    return {tuple(map(type, row)) if type(row) is tuple else None for row in values}

"""What functions of libraries make new of what they are given: copies, and other arrays."""

from __future__ import annotations

import copy
import json
import types
from typing import Any

import numpy as np

from srcgrad.analysis.unseen_classes import is_users_class, method
from srcgrad.analysis.unseen_values import (
    CONTAINERS,
    SOME,
    Given,
    Made,
    Values,
    elements,
    holding,
    is_array,
)
from srcgrad.instances import own_attributes, slots
from srcgrad.specialise.writes import module_of

_COPYING = ("__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__")
_FRESH = frozenset(
    (
        *("gradient", "delete", "insert", "append", "cov", "corrcoef", "histogram", "interp"),
        *(
            "unique",
            "vander",
            "percentile",
            "quantile",
            "median",
            "convolve",
            "correlate",
            "polyfit",
        ),
    )
)
"""The functions of NumPy that always make new arrays, besides the known operations."""
_GENERATORS = (np.random.default_rng, np.random.RandomState, np.random.Generator)
_VIEWING = frozenset(("matrix_transpose", "diagonal", "matrix_power"))
"""The functions of ``numpy.linalg`` that may not."""
_FRESH_METHODS = frozenset(
    (
        *("tolist", "tobytes", "item", "argmax", "argmin", "argsort", "nonzero", "searchsorted"),
        *("all", "any", "flatten", "copy", "__copy__", "__deepcopy__"),
    )
)


def made_new(function: Any, given: Given) -> Values | None:
    """What a function makes new, None where it may give what was there."""
    first = given.args[0] if given.args else ()
    if function is copy.copy or function is copy.deepcopy:
        copied: dict[int, Any] = {}
        return tuple(_copy(each, function is copy.deepcopy, copied) for each in first)
    if any(function is each for each in (json.dumps, json.loads)) and not given.kwargs:
        return (holding((SOME,), dict), SOME)
    if function is compile:
        return (Made(list(first), types.CodeType),)
    if any(function is each for each in _GENERATORS):
        kept = (each for each in first if isinstance(each, np.random.Generator))
        return (Made([], np.random.Generator), *kept)
    if function is object.__new__:
        kinds = (each for each in first if isinstance(each, type))
        return tuple(Made([], cls, is_known=True) for cls in kinds)
    return (Made(),) if _makes_arrays(function, given) else None


def is_fresh_method(name: str, given: Given) -> bool:
    """Whether a method of an array makes something new."""
    is_copied = name == "astype" and len(given.args) == 1 and "copy" not in given.kwargs
    return is_copied or name in _FRESH_METHODS


def _makes_arrays(function: Any, given: Given) -> bool:
    """Whether a function of NumPy makes an array that shows nothing of others."""
    module, name = module_of(function), getattr(function, "__name__", "")
    if given.kwargs.get("out") or given.rest or not module.startswith("numpy"):
        return False
    if module in ("numpy.linalg", "numpy.fft"):
        return name not in _VIEWING
    if name == "diff":
        return len(given.args) == 1 and "n" not in given.kwargs
    if name == "einsum":
        return len(given.args) > 2
    if name in ("asarray", "asanyarray", "ascontiguousarray"):
        return _converts(given)
    return module == "numpy" and name in _FRESH


def _converts(given: Given) -> bool:
    """Whether an array is asked for as one of another kind of numbers."""
    kinds = given.args[1] if len(given.args) > 1 else given.kwargs.get("dtype", ())
    known = (int, float, bool, complex, *np.sctypeDict.values())
    arrays = given.args[0] if given.args else ()
    return bool(kinds) and all(
        any(kind is each for each in known)
        and isinstance(array, np.ndarray)
        and array.dtype != np.dtype(kind)
        for kind in kinds
        for array in arrays
    )


def _copy(value: Any, is_deep: bool, copied: dict[int, Any]) -> Any:
    """A copy of a value; the value itself where it is not known to be copied."""
    if id(value) in copied:
        return copied[id(value)]
    if is_array(value):
        return Made()
    own = own_attributes(value)
    is_known = _is_copied_by_attributes(value)
    if isinstance(value, Made):
        made = Made([], value.cls, is_known=value.is_known)
        own = dict(value.attributes) if value.is_known else {}
    elif type(value) in CONTAINERS or is_known:
        made = Made([], type(value) if is_known else None, is_known=is_known)
        own = {name: (held,) for name, held in own.items()} if is_known else {}
    else:
        return value
    copied[id(value)] = made
    held_there = elements(value)
    parts = tuple(_copy(each, True, copied) for each in held_there) if is_deep else held_there
    made.parts.extend(parts)
    for name, held in own.items():
        made.assign(name, tuple(_copy(e, True, copied) for e in held) if is_deep else held)
    return made


def _is_copied_by_attributes(value: Any) -> bool:
    cls = type(value)
    return (
        is_users_class(cls)
        and not isinstance(value, type | types.FunctionType | types.MethodType)
        and all(map(is_users_class, cls.__mro__[:-1]))
        and not slots(cls)
        and all(method(value, name) is None for name in _COPYING)
    )

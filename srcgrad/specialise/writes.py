"""Calls that write into an array or a list, and are refused: ``y.partition(k)``."""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import is_of_library
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import Scalar, Size, number_of

_METHODS = frozenset(
    (
        *("sort", "fill", "partition", "put", "resize", "itemset", "setfield", "setflags"),
        *("byteswap", "shuffle", "__setitem__", "__delitem__", "__setstate__"),
        *("__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__", "__ifloordiv__"),
        *("__imod__", "__imatmul__", "__iand__", "__ior__", "__ixor__"),
        *("__ilshift__", "__irshift__"),
    )
)
_FUNCTIONS = frozenset(
    (np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis)
)
CHANGING_FUNCTIONS = frozenset(
    (
        *("heapify", "heappush", "heappop", "heapreplace", "heappushpop"),
        *("heapify_max", "heappush_max", "heappop_max", "heapreplace_max", "heappushpop_max"),
        *("insort", "insort_left", "insort_right", "shuffle", "setitem", "delitem"),
        *("iadd", "iconcat", "imul", "ior", "iand", "ixor", "isub", "pack_into"),
    )
)
"""Functions of Python's libraries that change a list or a dict that they are given."""
FILLING = frozenset(
    (
        *("readinto", "readinto1", "recv_into", "recvfrom_into", "recvmsg_into", "pack_into"),
        *("readv", "preadv", "shuffle"),
    )
)
"""Functions and methods of Python's libraries that write into an array that they are given."""
OUTPUTS = ("out", "output")
"""What NumPy, and SciPy, call an argument that is an array to write into."""
_HINTS = {
    "sort": "use np.sort, which makes a new array",
    "fill": "use np.full_like, which makes a new array",
    "out": "assign the result to a name instead",
    "shuffle": "use permutation, which makes a new array, or for a list sample(x, len(x))",
}
_INSTEAD = "make a new array of what it writes, as np.frombuffer(file.read(count))"
_HINT = "make a new array with np.where, np.concatenate or np.stack"
_UNBOUND = (types.MethodDescriptorType, types.WrapperDescriptorType)


def hint_of(name: str, otherwise: str) -> str:
    """What to write instead of a method of this name that writes."""
    return _HINTS.get(name, otherwise)


def check_method(
    cls: type | None, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], loc: Loc
) -> None:
    """Refuses a method that writes into what it is called on, or into its arguments.

    ``cls`` is the class of the receiver, None where it is not known; ``args`` are those of the
    method, without the receiver.
    """
    if cls is not None and not is_of_library(cls.__module__):
        return
    if _is_numpys(cls or np.ndarray) and name in _METHODS:
        raise _writes(f"'{name}'", loc, _HINTS.get(name, _HINT))
    _check_filling(name, args, loc)
    for owner in _candidates() if cls is None else (cls,):
        _check_arguments(getattr(owner, name, None), (None, *args), kwargs, loc)


def _candidates() -> Iterable[type]:
    """The classes of NumPy's whose methods may be meant where the receiver is not known."""
    # Whoever has a generator has imported its module, which takes its time.
    random = sys.modules.get("numpy.random")
    return (np.ndarray,) if random is None else (np.ndarray, random.Generator, random.RandomState)


def _is_method(function: Any) -> bool:
    """Whether a function of NumPy's is a method: ``np.random.shuffle`` is one of a generator."""
    is_numpys = module_of(function).split(".")[0] == "numpy"
    return is_numpys and "." in getattr(function, "__qualname__", "")


def check_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], loc: Loc) -> None:
    """Refuses a function of a library that writes into its arguments, or is given an ``out``."""
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if isinstance(owner, np.ufunc):
        if name == "at":
            raise _writes(f"np.{owner.__name__}.at", loc, _HINT)
    elif isinstance(function, _UNBOUND):
        if _is_numpys(function.__objclass__) and name in _METHODS:
            raise _writes(f"'{name}'", loc, _HINTS.get(name, _HINT))
    elif isinstance(function, type) or not is_of_library(module_of(function)):
        return
    elif function in _FUNCTIONS or (name in _METHODS and _is_method(function)):
        raise _writes(f"'{name}'", loc, _HINTS.get(name, _HINT))
    _check_filling(name, args, loc)
    _check_arguments(function, args, kwargs, loc)


def _check_filling(name: str, args: tuple[Any, ...], loc: Loc) -> None:
    """Refuses what fills an array, or what shows one, with other numbers."""
    if name in FILLING and any(_shows_memory(arg) for arg in args):
        raise _writes(f"'{name}'", loc, _HINTS.get(name, _INSTEAD))


def _shows_memory(value: Any) -> bool:
    return isinstance(value, Var) and not isinstance(number_of(value.type), Scalar | Size)


def changes_containers(function: Any) -> bool:
    """Whether a function may change a list or a dict that it is given."""
    library = is_of_library(module_of(function))
    return not library or getattr(function, "__name__", "") in CHANGING_FUNCTIONS


def module_of(function: Any) -> str:
    """The module that something which is called belongs to; empty where nobody can tell."""
    owner = getattr(function, "__self__", None)
    if isinstance(function, types.BuiltinMethodType) and owner is not None:
        owner = owner if isinstance(owner, types.ModuleType) else type(owner)
        return str(getattr(owner, "__module__", None) or getattr(owner, "__name__", ""))
    named = getattr(function, "__module__", None)
    if named in (None, "builtins") and isinstance(function, types.FunctionType):
        return ""  # made by exec, in names of its own: none of Python's is written in Python
    if named is None and _is_strange(type(function)):
        return ""
    return named or type(function).__module__


def _is_strange(cls: type) -> bool:
    """Whether a class says that it is Python's own, and is not: that of the routines of BLAS."""
    return cls.__module__ == "builtins" and not _is_pythons(cls)


@functools.cache
def _is_pythons(cls: type) -> bool:
    """Whether a class is one of those that Python names itself."""
    own = (getattr(builtins, cls.__name__, None), *vars(types).values())
    return any(cls is each for each in own)


def is_unknown(function: Any) -> bool:
    """Whether nothing is known of what a function writes into.

    Those of Python and NumPy tell by their names and arguments, and so do those of SciPy.
    """
    if type(function).__module__ == "ctypes":
        return True
    owner = getattr(function, "__objclass__", None)
    return not is_of_library(module_of(function) if owner is None else owner.__module__)


def is_unknown_class(cls: type) -> bool:
    """Whether nothing is known of what the methods of a class write into, which may be what the
    object was made of: a sparse matrix of SciPy's sorts its arrays."""
    return cls.__module__.split(".")[0] == "scipy" or is_unknown(cls)


def _is_numpys(cls: type) -> bool:
    return (cls.__module__ or "").split(".")[0] == "numpy"


def _check_arguments(
    function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], loc: Loc
) -> None:
    """Refuses arguments that name an array to write into, by keyword or by position."""
    named = [name for name, value in kwargs.items() if _is_written(name, value)]
    if isinstance(function, np.ufunc) and not all(map(_is_no, args[function.nin :])):
        named.append("out")
    if isinstance(function, types.MethodDescriptorType):
        function = getattr(np, function.__name__, function)  # the function has the same arguments
    named.extend(
        name
        for position, name in ({} if function is None else _positions(function)).items()
        if position < len(args) and _is_written(name, args[position])
    )
    if named:
        article = "an" if named[0][0] in "aeiou" else "a"
        raise _writes(f"{article} '{named[0]}' argument", loc, _HINTS["out"])


def _is_written(name: str, value: Any) -> bool:
    """Whether an argument of this name is an array to write into, or says that one is.

    What SciPy calls ``output`` may be a dtype too.
    """
    if name == "output":
        return _shows_memory(value)
    return (name in OUTPUTS or name.startswith("overwrite_")) and not _is_no(value)


@functools.cache
def position_of_out(function: Any) -> int:
    """Where a function takes an array to write into by position; far away where it does not."""
    found = {name: position for position, name in _positions(function).items()}
    return min((found[name] for name in OUTPUTS if name in found), default=sys.maxsize)


@functools.cache
def _positions(function: Any) -> dict[int, str]:
    """The arguments by position that name arrays to write into."""
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        position = _OUT_OF_UFUNCS.get(function.__name__)
        return {} if position is None else {position: "out"}
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}  # a builtin that does not tell its parameters, and takes no `out`
    names = [p.name for p in parameters if p.kind <= p.POSITIONAL_OR_KEYWORD]
    return {
        i: name for i, name in enumerate(names) if name in OUTPUTS or name.startswith("overwrite_")
    }


_OUT_OF_UFUNCS = {"reduce": 3, "accumulate": 3, "reduceat": 4}
"""Where the methods of ufuncs take ``out``; NumPy does not tell in all of its versions."""


def _is_no(value: Any) -> bool:
    return isinstance(value, Const) and (value.value is None or value.value is False)


def _writes(what: str, loc: Loc, hint: str) -> UnsupportedSyntaxError:
    return UnsupportedSyntaxError(f"{what} writes into an array", loc, hint)

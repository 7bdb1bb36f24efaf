"""The types of random numbers: ``rng.normal(size=(3, n))`` is an array of floats, and
``random.gauss(0, 1)`` one float."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.ops import NeedsConstant
from srcgrad.ir.shapes import array_type, dim_from, is_none, shape_from
from srcgrad.ir.types import (
    FLOAT64,
    INT64,
    PY_FLOAT,
    PY_INT,
    UNKNOWN,
    Array,
    Dim,
    Known,
    Object,
    Scalar,
    Type,
    number_of,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Held, Value

_FLOATS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("random", "random_sample", "standard_cauchy"), ()),
    **dict.fromkeys(("standard_normal", "standard_exponential"), ()),
    **dict.fromkeys(("exponential", "rayleigh"), ("scale",)),
    **dict.fromkeys(("pareto", "power", "weibull"), ("a",)),
    **dict.fromkeys(("chisquare", "standard_t"), ("df",)),
    **dict.fromkeys(("gumbel", "laplace", "logistic", "normal"), ("loc", "scale")),
    "beta": ("a", "b"),
    "gamma": ("shape", "scale"),
    "lognormal": ("mean", "sigma"),
    "standard_gamma": ("shape",),
    "triangular": ("left", "mode", "right"),
    "uniform": ("low", "high"),
}
"""The methods of generators that draw floats, with the parameters before ``size``."""

_INTEGERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("binomial", "negative_binomial"), ("n", "p")),
    **dict.fromkeys(("geometric", "logseries"), ("p",)),
    **dict.fromkeys(("integers", "randint"), ("low", "high")),
    "hypergeometric": ("ngood", "nbad", "nsample"),
    "poisson": ("lam",),
    "zipf": ("a",),
}
"""Those that draw integers."""

_PYTHONS: dict[str, Type] = {
    **dict.fromkeys(("random", "gauss", "normalvariate", "uniform", "triangular"), PY_FLOAT),
    **dict.fromkeys(("betavariate", "expovariate", "gammavariate", "lognormvariate"), PY_FLOAT),
    **dict.fromkeys(("paretovariate", "vonmisesvariate", "weibullvariate"), PY_FLOAT),
    **dict.fromkeys(("randrange", "randint", "getrandbits"), PY_INT),
}
"""What the methods of Python's generators draw, given numbers."""

_GENERATORS = ("Generator", "RandomState")


def type_of_call(function: object, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Type:
    """The type of what a function gives that makes a generator of random numbers, or draws some
    as ``np.random.rand`` does, else UNKNOWN."""
    name = getattr(function, "__name__", "")
    if isinstance(getattr(function, "__self__", None), random.Random):  # as `random.gauss`
        return _drawn_by_python(name, args, kwargs)
    if function is random.Random:
        return Object(random.Random)
    if args and getattr(_class_of(args[0]), name, None) is function:
        return type_of_draw(args[0], name, args[1:], kwargs)
    if name not in ("default_rng", "RandomState"):
        return UNKNOWN  # without importing numpy.random
    if function is np.random.default_rng:
        return Object(np.random.Generator)
    return Object(np.random.RandomState) if function is np.random.RandomState else UNKNOWN


def type_of_draw(
    receiver: Value, name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]
) -> Type:
    """The type of what a method of a generator of random numbers gives, UNKNOWN if not known."""
    cls = _class_of(receiver)
    if cls is random.Random:
        return _drawn_by_python(name, args, kwargs)
    if cls is None or cls.__name__ not in _GENERATORS or cls not in _classes():
        return UNKNOWN
    return _drawn(name, args, kwargs)


def _classes() -> tuple[type, ...]:
    return (np.random.Generator, np.random.RandomState)


def _class_of(receiver: Value) -> type | None:
    if isinstance(receiver, Held):
        return type(receiver.example)
    if isinstance(receiver, Const):
        return type(receiver.value)
    known = isinstance(receiver, Var) and isinstance(receiver.type, Object)
    return receiver.type.cls if known else None  # type: ignore[union-attr]


# --- what is drawn ------------------------------------------------------------------------------


def _drawn(name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Type:
    given = [*args, *kwargs.values()]
    if not all(isinstance(value, Var | Const | Pack) for value in given):
        return UNKNOWN
    types = tuple(type_of(value) for value in args)  # type: ignore[arg-type]
    named = {key: type_of(value) for key, value in kwargs.items()}  # type: ignore[arg-type]
    try:
        return _type_of(name, types, named)
    except NeedsConstant:
        return UNKNOWN  # the rank depends on a value that is not known


def _drawn_by_python(name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Type:
    given = [*args, *kwargs.values()]
    numbers = all(isinstance(v, Var | Const) and _is_number(type_of(v)) for v in given)
    return _PYTHONS.get(name, UNKNOWN) if numbers else UNKNOWN


def _type_of(name: str, types: tuple[Type, ...], named: dict[str, Type]) -> Type:
    if name in ("rand", "randn"):
        numbers = not named and all(map(_is_integer, types))
        return _sized(FLOAT64, tuple(map(dim_from, types))) if numbers else UNKNOWN
    if name == "permutation" and len(types) == 1 and not named:
        return _permuted(types[0])
    if name == "choice":
        return _chosen(types, named)
    dtype = FLOAT64 if name in _FLOATS else INT64
    parameters = _FLOATS.get(name, _INTEGERS.get(name))
    if parameters is None or len(types) > len(parameters) + 1:
        return UNKNOWN  # a dtype
    found = {**dict(zip((*parameters, "size"), types, strict=False)), **named}
    if set(found) - {*parameters, "size", *(("endpoint",) if name == "integers" else ())}:
        return UNKNOWN
    size = found.pop("size", Known(None))
    if not is_none(size):
        return Array(dtype, shape_from(size, "size"))
    high = found.get("high")
    others = (type_ for type_ in found.values() if type_ is not high or not is_none(type_))
    return _sized(dtype, ()) if all(_is_number(type_) for type_ in others) else UNKNOWN


def _permuted(type_: Type) -> Type:
    if _is_integer(type_):
        return Array(INT64, (dim_from(type_),))
    found = array_type(type_)
    return found if isinstance(found, Array) and found.dims else UNKNOWN


def _chosen(types: tuple[Type, ...], named: dict[str, Type]) -> Type:
    """``choice(a, size=None, replace=True, p=None)``: integers below ``a``, or rows of it."""
    found = {**dict(zip(("a", "size", "replace", "p"), types, strict=False)), **named}
    if len(types) > 4 or set(found) - {"a", "size", "replace", "p", "shuffle"}:
        return UNKNOWN
    among, size = found.get("a", UNKNOWN), found.get("size", Known(None))
    rows = array_type(among)
    if _is_integer(among):
        rows = Array(INT64, (None,))
    if not isinstance(rows, Array) or not rows.dims:
        return UNKNOWN
    if is_none(size):
        one = Scalar(rows.dtype, None)  # of a list too it is NumPy's
        return Array(rows.dtype, rows.dims[1:]) if rows.dims[1:] else one
    return Array(rows.dtype, (*shape_from(size, "size"), *rows.dims[1:]))


def _sized(dtype: np.dtype[Any], dims: tuple[Dim, ...]) -> Type:
    """An array, or one number: a float is Python's, an integer may be NumPy's."""
    if dims:
        return Array(dtype, dims)
    return Scalar(dtype, True if dtype == FLOAT64 else None)


def _is_number(type_: Type) -> bool:
    return isinstance(number_of(type_), Scalar)


def _is_integer(type_: Type) -> bool:
    number = number_of(type_)
    return isinstance(number, Scalar) and number.dtype.kind in "iu"

"""The types of random numbers: ``rng.normal(size=(3, n))`` is an array of floats."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from srcgrad.ir.nodes import Const, Pack, Var
from srcgrad.ir.ops import NeedsConstant
from srcgrad.ir.shapes import shape_from
from srcgrad.ir.types import FLOAT64, UNKNOWN, Array, Object, Scalar, Type, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Held, Value

_SIZES = {
    "random": 0,
    "standard_normal": 0,
    "standard_exponential": 0,
    "exponential": 1,
    "normal": 2,
    "uniform": 2,
    "laplace": 2,
    "logistic": 2,
    "gumbel": 2,
}
"""The methods of generators that draw floats, with the position of ``size``."""


def type_of_generator(function: object) -> Type:
    """The type of what a function gives if it makes a generator of random numbers, else UNKNOWN."""
    if getattr(function, "__name__", "") not in ("default_rng", "RandomState"):
        return UNKNOWN  # without importing numpy.random
    if function is np.random.default_rng:
        return Object(np.random.Generator)
    return Object(np.random.RandomState) if function is np.random.RandomState else UNKNOWN


def type_of_draw(
    receiver: Value, name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]
) -> Type:
    """The type of what a method of a generator of random numbers gives, UNKNOWN if not known."""
    position = _SIZES.get(name)
    if position is None or _class_of(receiver) not in (np.random.Generator, np.random.RandomState):
        return UNKNOWN
    if set(kwargs) - {"size", "loc", "scale", "low", "high"}:
        return UNKNOWN
    if len(args) > position + 1:
        return UNKNOWN  # a dtype
    others = [*args[:position], *(v for key, v in kwargs.items() if key != "size")]
    size = kwargs.get("size", args[position] if len(args) > position else None)
    if size is None or (isinstance(size, Const) and size.value is None):
        numbers = all(_is_number(value) for value in others)
        return Scalar(FLOAT64, True) if numbers else UNKNOWN
    if not isinstance(size, Var | Const | Pack):
        return UNKNOWN
    try:
        return Array(FLOAT64, shape_from(type_of(size), "size"))
    except NeedsConstant:
        return UNKNOWN  # the rank depends on a value that is not known


def _class_of(receiver: Value) -> type | None:
    if isinstance(receiver, Held):
        return type(receiver.example)
    if isinstance(receiver, Const):
        return type(receiver.value)
    known = isinstance(receiver, Var) and isinstance(receiver.type, Object)
    return receiver.type.cls if known else None  # type: ignore[union-attr]


def _is_number(value: Value) -> bool:
    return isinstance(value, Var | Const) and isinstance(number_of(type_of(value)), Scalar)

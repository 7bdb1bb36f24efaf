"""Displays given to NumPy where it expects arrays or tuples: ``x * [1.0, 2.0]``, ``axis=[0, 1]``.

They are made into what NumPy makes of them, once, before any rule sees them.
"""

from __future__ import annotations

import operator
import types
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.ops import OPS, Op
from srcgrad.ir.types import Known, ListOf, PackType, Scalar, number_of
from srcgrad.rules.ufuncs import BINARY_OPERATORS, COMPARISONS
from srcgrad.specialise import beside_lists
from srcgrad.specialise.builder import type_of

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_ARRAYS = frozenset(
    [
        "a",
        "b",
        "x",
        "y",
        "m",
        "ary",
        "array",
        "v",
        "fill_value",
        "condition",
        "where",
        "a_min",
        "a_max",
        "operands",
        "weights",
    ]
)
"""The parameters of operations that stand for arrays."""
_TUPLES = frozenset(["axis", "axes", "shape", "shift", "reps", "source", "destination"])
"""The parameters that stand for tuples of integers."""
_AS_THEY_ARE = (operator.getitem, operator.contains, np.asarray, np.asanyarray)

_PYTHONS_OWN = frozenset([*BINARY_OPERATORS, *COMPARISONS, operator.add, operator.sub])

_OWN = frozenset(
    value
    for module in (intrinsics, lists)
    for value in vars(module).values()
    if isinstance(value, types.FunctionType)
)
"""The compiler's own operations, which are given what they are meant for."""

_SEQUENCES = frozenset(("arrays", "tup"))
"""The parameters that stand for sequences of arrays."""

Named = tuple[tuple[str, Operand], ...]


def convert(
    sp: Specialiser, op: object, args: tuple[Operand, ...], kwargs: Named, loc: Loc
) -> tuple[tuple[Operand, ...], Named]:
    """The arguments of an operation, displays made the arrays and tuples that they stand for."""
    entry = OPS.get(op)
    if entry is None or op in _AS_THEY_ARE or op in _OWN:
        return args, kwargs
    if op in _PYTHONS_OWN and not any(map(_is_numpys, args)):
        return args, kwargs  # `(n, 2) < (3, 2)` is a comparison of tuples
    if op in COMPARISONS and not beside_lists.is_compared(op, args):
        return args, kwargs  # Python compares, which knows what it is given
    names = _names(entry, len(args))
    positional = tuple(_one(sp, name, arg, loc) for name, arg in zip(names, args, strict=True))
    return positional, tuple((name, _one(sp, name, value, loc)) for name, value in kwargs)


def _is_numpys(operand: Operand) -> bool:
    """Whether an operand of Python's operators makes arrays of the displays that it meets."""
    type_ = number_of(type_of(operand))
    return not isinstance(type_, Known | PackType) and not (
        isinstance(type_, Scalar) and type_.python is True
    )


def _names(op: Op, count: int) -> list[str]:
    """The names of the parameters that the first ``count`` positional arguments go to."""
    names: list[str] = []
    for name, parameter in op.signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names.extend([name] * (count - len(names)))
        names.append(name)
    return [*names[:count], *[""] * (count - len(names))]


def _one(sp: Specialiser, name: str, operand: Operand, loc: Loc) -> Operand:
    if isinstance(operand, Var) and isinstance(operand.type, ListOf) and name in _ARRAYS:
        return sp.builder.apply(np.array, (operand,), (), loc)
    if not isinstance(operand, Pack) or operand.kind not in (list, tuple):
        return operand
    if name in _ARRAYS and _is_numeric(operand):
        return sp.builder.apply(np.array, (operand,), (), loc)
    if name in _SEQUENCES:  # of arrays, each of which may be a display
        return Pack(operand.kind, tuple(_one(sp, "a", item, loc) for item in operand.items))
    return _as_tuple(operand) if name in _TUPLES else operand


def _is_numeric(pack: Pack) -> bool:
    """Whether a display may be an array: no strings, slices or None in it."""
    for item in pack.items:
        if isinstance(item, Pack):
            if item.kind not in (list, tuple) or not _is_numeric(item):
                return False
        elif isinstance(item, Const) and not isinstance(
            item.value, int | float | complex | np.generic
        ):
            return False
    return True


def _as_tuple(operand: Operand) -> Operand:
    if isinstance(operand, Pack) and operand.kind in (list, tuple):
        return Pack(tuple, tuple(map(_as_tuple, operand.items)))
    return operand

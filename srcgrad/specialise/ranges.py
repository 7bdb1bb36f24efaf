"""Ranges that are no iterables of a loop: ``x[range(n), labels]``, ``if i in range(a, b)``.

NumPy makes arrays of them.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, Scalar, number_of
from srcgrad.specialise import calls, compiled, iterate
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Args, RangeOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def given(sp: Specialiser, function: Any, args: Args, loc: Loc) -> Args:
    """What a function is given, with ranges of unknown length made arrays if it is NumPy's.

    Those whose length is known are displays wherever they are handed on.
    """
    if not any(map(_has_range, args)) or not _is_numpys(function, args):
        return args
    return tuple(_converted(sp, arg, loc) for arg in args)


def contains(sp: Specialiser, within: RangeOf, item: Value, loc: Loc) -> Value | None:
    """``item in range(...)`` of a number; None of anything else."""
    type_ = number_of(type_of(item)) if isinstance(item, Var | Const) else None
    if not isinstance(type_, Scalar) or type_.dtype.kind not in "biuf":
        return None
    if type_.dtype.kind != "f" and _is(within.step, 1):
        return compiled.run(sp, _is_between, (item, within.start, within.stop), loc)
    bounds = (within.start, within.stop, within.step)
    return compiled.run(sp, _is_among, (item, *bounds), loc)


def _is_between(item: Any, start: Any, stop: Any) -> Any:
    return start <= item < stop


def _is_among(item: Any, start: Any, stop: Any, step: Any) -> Any:
    if step > 0:
        return start <= item < stop and (item - start) % step == 0
    return stop < item <= start and (start - item) % -step == 0


def _has_range(value: Value) -> bool:
    if isinstance(value, Pack):
        return any(map(_has_range, value.items))
    return isinstance(value, RangeOf)


def _is_numpys(function: Any, args: Args) -> bool:
    """Whether a function is NumPy's, or an operator that is given an array."""
    module = (getattr(function, "__module__", None) or "").split(".")[0]
    if module == "_operator":
        return function is not operator.contains and any(map(_is_array, args))
    owner = getattr(function, "__objclass__", None)
    of_ufunc = isinstance(getattr(function, "__self__", None), np.ufunc)
    return isinstance(function, np.ufunc) or module == "numpy" or owner is np.ndarray or of_ufunc


def _is_array(value: Value) -> bool:
    return isinstance(value, Var) and isinstance(value.type, Array)


def _converted(sp: Specialiser, value: Value, loc: Loc) -> Value:
    if isinstance(value, Pack) and _has_range(value):
        items = tuple(_converted(sp, item, loc) for item in value.items)
        return Pack(value.kind, items, value.keys)  # type: ignore[arg-type]
    if not isinstance(value, RangeOf) or iterate.is_known(sp, value, loc):
        return value
    bounds: Args = (value.start, value.stop, value.step)
    if _is(value.step, 1):
        bounds = (value.stop,) if _is(value.start, 0) else bounds[:2]
    return calls.apply(sp, np.arange, bounds, {}, loc)


def _is(operand: Operand, number: int) -> bool:
    return isinstance(operand, Const) and operand.value == number

"""Operations that surely give something: whatever there is of these types, they raise nothing.

Of all others it is taken that they may raise.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.analysis.raising import cannot_raise, fit, may_raise
from srcgrad.instances import is_plain_error
from srcgrad.ir.nodes import Apply, Const, Operand, Pack
from srcgrad.ir.types import Array, Dim, ListOf, PackType, Scalar, Size, dims_of, least, number_of
from srcgrad.specialise.builder import type_of

_COMPARING = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
_DIVIDING = (operator.truediv, operator.floordiv, operator.mod)
_ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs)
_ASKING = (operator.is_, operator.is_not, isinstance, format, str, repr)
_TESTING = (operator.not_, operator.truth, bool)
_OF_ANY: tuple[Any, ...] = (np.copy, np.ndarray.copy, np.ravel, np.ndarray.ravel)
_OF_ANY += (np.ndarray.flatten, np.ndarray.tolist, np.zeros_like, np.ones_like, np.empty_like)
_OF_ANY += (np.shape, np.ndim, np.size, np.atleast_1d, np.nan_to_num)
_NAMES = ("sum", "prod", "mean", "std", "var", "any", "all", "cumsum", "cumprod")
_OF_ALL_SHAPES = frozenset(getattr(of, name) for of in (np, np.ndarray) for name in _NAMES)
_OF_SOME = frozenset(
    getattr(of, name) for of in (np, np.ndarray) for name in ("max", "min", "argmax", "argmin")
)
"""What reduces an array, which has to have an element."""
_MAKING: tuple[Any, ...] = (np.zeros, np.ones, np.empty, np.eye, np.identity)


def surely_gives(stmt: Apply) -> bool:
    """Whether an operation raises nothing."""
    if not may_raise(stmt) or cannot_raise(stmt):
        return True
    op, args = stmt.op, stmt.args
    if op in _ASKING or op in _OF_ANY or is_plain_error(op) or _is_own(op):
        return True
    if op in _TESTING or op is len:
        return isinstance(number_of(type_of(args[0])), Scalar) is (op is not len)
    if op is operator.getitem:
        return _is_there(args[0], args[1])
    if op in _OF_ALL_SHAPES or op in _OF_SOME:
        dims = dims_of(number_of(type_of(args[0])))
        if dims is None or not _has_axis(stmt, len(dims)):
            return False
        return op in _OF_ALL_SHAPES or all(least(dim) > 0 for dim in dims)
    if op in _MAKING:
        return not stmt.kwargs and len(args) == 1 and all(map(_is_length, _items(args[0])))
    return not stmt.kwargs and _computes(stmt)


def _is_own(op: Any) -> bool:
    """Whether an operation is the compiler's own, as those on lists and keys are: what these raise
    is asked for anyway."""
    return str(getattr(op, "__module__", "")).startswith("srcgrad.")


def _computes(stmt: Apply) -> bool:
    """Whether an operation computes with numbers, or arrays that fit, what exists of all of them.

    NumPy warns where a number is divided by zero, and Python raises.
    """
    is_ufunc = isinstance(stmt.op, np.ufunc) and stmt.op.signature is None
    if not is_ufunc and stmt.op not in (*_ARITHMETIC, *_COMPARING, *_DIVIDING):
        return False
    types = [number_of(type_of(arg)) for arg in stmt.args]
    made = dims_of(number_of(stmt.target.type))
    if not all(isinstance(type_, Array | Scalar) for type_ in types) or not fit(stmt.args, made):
        return False
    is_numpys = is_ufunc or any(isinstance(t, Array) or t.python is False for t in types)  # type: ignore[union-attr]
    if is_numpys or stmt.op not in _DIVIDING:
        return True
    by = stmt.args[-1]
    return isinstance(by, Const) and bool(by.value != 0)


def _has_axis(stmt: Apply, rank: int) -> bool:
    """Whether a reduction is over all axes, or over one that an array of this ``rank`` has."""
    given = dict(stmt.kwargs)
    axis = given.pop("axis", stmt.args[1] if len(stmt.args) == 2 else Const(None))
    if len(stmt.args) > 2 or given.keys() - {"keepdims"} or not isinstance(axis, Const):
        return False
    return axis.value is None or (type(axis.value) is int and -rank <= axis.value < rank)


def _is_there(container: Operand, key: Operand) -> bool:
    """Whether an array has what an index asks for: slices, or places that it surely has."""
    if isinstance(type_of(container), PackType | ListOf):
        return True  # which the specialiser has looked at, or is asked anyway
    dims = dims_of(number_of(type_of(container)))
    keys = _items(key) if isinstance(key, Pack) and key.kind is tuple else (key,)
    if dims is None or len(keys) > len(dims):
        return False
    return all(
        _is_slice(each) or _is_place(each, dim) for each, dim in zip(keys, dims, strict=False)
    )


def _is_slice(key: Operand) -> bool:
    """Whether a key is a slice with a step that is not zero."""
    if not isinstance(key, Pack) or key.kind is not slice:
        return False
    return isinstance(key.items[2], Const) and key.items[2].value != 0


def _is_place(key: Operand, dim: Dim) -> bool:
    if not isinstance(key, Const) or type(key.value) is not int:
        return False
    return -least(dim) <= key.value < least(dim)


def _is_length(operand: Operand) -> bool:
    if isinstance(operand, Const):
        return type(operand.value) is int and operand.value >= 0
    return isinstance(type_of(operand), Size)


def _items(operand: Operand) -> tuple[Operand, ...]:
    return operand.items if isinstance(operand, Pack) else (operand,)

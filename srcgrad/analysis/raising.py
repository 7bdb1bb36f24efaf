"""What may raise an exception, and what may therefore not change places.

Of two statements that may both raise, the first decides which error it is, and so which handler
runs.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable

import numpy as np

from srcgrad.ir import intrinsics, keys
from srcgrad.ir.lists import as_list, item_append, list_append, list_extend, list_insert
from srcgrad.ir.nodes import Apply, Const, If, Operand, Raise, Stmt, Try
from srcgrad.ir.types import Array, Dim, Scalar, Size, dims_of, number_of
from srcgrad.ir.walk import statements
from srcgrad.specialise.builder import type_of

_COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
_ALWAYS = frozenset(
    (operator.add, operator.sub, operator.mul, operator.neg, operator.pos, *_COMPARISONS)
)
_OF_NUMPYS = _ALWAYS | {operator.abs, np.where}
_OF_ALL = frozenset(
    (
        *(np.add, np.subtract, np.multiply, np.negative, np.positive, np.square, np.hypot),
        *(np.abs, np.fabs, np.sign, np.maximum, np.minimum, np.fmax, np.fmin, np.heaviside),
        *(np.sin, np.cos, np.arctan, np.arctan2, np.sinh, np.cosh, np.tanh, np.arcsinh),
        *(np.exp, np.exp2, np.expm1, np.cbrt, np.floor, np.ceil, np.trunc, np.rint),
        *(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal),
    )
)
"""The functions that have a value for every float."""
_TOTAL: dict[object, str] = {
    int: "ib",
    bool: "ibf",
    float: "bf",
    **dict.fromkeys([operator.add, operator.sub, operator.mul, operator.neg], "ibf"),
}
"""The kinds of Python's numbers that can be converted, or computed with, whatever their value."""
_NEVER = (
    *(
        as_list,
        list_append,
        list_extend,
        list_insert,
        item_append,
        keys.set_of,
        keys.with_element,
        keys.less_element,
        *(keys.set_of_each, keys.with_elements, keys.less_elements, keys.elements_kept),
        *(keys.elements_apart, keys.emptied, keys.less_popped, keys.in_its_order),
        *(keys.union, keys.both, keys.less, keys.either),
        *(keys.union_with, keys.both_with, keys.less_with, keys.either_with),
    ),
    *(setattr, list.append, intrinsics.tested),
)
"""What raises nothing: an attribute is written where the class allows that."""


def may_end(stmt: Stmt) -> bool:
    """Whether what follows ``stmt`` may not run because of it: it raises, or goes on after errors
    in another way."""
    return any(isinstance(each, Raise | Try) for each in statements((stmt,)))


def may_raise(stmt: Stmt) -> bool:
    """Whether a statement of the typed program may raise an exception."""
    if isinstance(stmt, If) and _is_truth(stmt.cond):
        return any(map(may_raise, (*stmt.then.body, *stmt.orelse.body)))
    if not isinstance(stmt, Apply):
        return True
    if isinstance(stmt.target.type, Size) or stmt.op in _NEVER:
        return False
    kinds = _TOTAL.get(stmt.op)
    return kinds is None or not all(_kind(arg) in kinds for arg in stmt.args)


def may_go_before(stmt: Apply, others: Iterable[Stmt]) -> bool:
    """Whether the errors and warnings stay what they are if ``stmt`` goes before ``others``.

    The reverse of what has not raised is taken to raise nothing, but ``stmt`` may be a slope that
    has no value where the program raises an error of its own.
    """
    passed = tuple(others)
    if any(map(may_end, passed)):
        return False
    return not _matters(stmt) or not any(not o.loc.adjoint and _matters(o) for o in passed)


def _matters(stmt: Stmt) -> bool:
    """Whether a statement may raise more than a warning that NumPy was told to raise."""
    is_total = isinstance(stmt, Apply) and not stmt.kwargs and cannot_raise(stmt)
    return may_raise(stmt) and (not is_total or stmt.loc.raises_late)


def cannot_raise(stmt: Apply) -> bool:
    """Whether ``stmt`` computes with floats what exists of all of them.

    Python raises where a number is divided by zero or a power is too large, and NumPy warns.
    """
    made = number_of(stmt.target.type)
    if not isinstance(made, Array | Scalar) or made.dtype.kind not in "fb":
        return False
    if not all(map(_is_float, stmt.args)) and stmt.op is not np.where:
        return False
    if all(isinstance(arg, Const) for arg in stmt.args) and _has_value(stmt):
        return True
    if _is_quotient(stmt):
        return fit(stmt.args, dims_of(made))
    if isinstance(made, Scalar) and made.python is not False:
        return stmt.op in _ALWAYS
    is_total = stmt.op in _OF_ALL or stmt.op in _OF_NUMPYS or _is_natural_power(stmt)
    return is_total and fit(stmt.args, dims_of(made))


def _has_value(stmt: Apply) -> bool:
    """Whether ``stmt`` calls a function of NumPy or :mod:`math` with constants of which it has a
    value."""
    if not isinstance(stmt.op, np.ufunc) and getattr(stmt.op, "__module__", "") != "math":
        return False
    try:
        with np.errstate(all="raise"):
            stmt.op(*(arg.value for arg in stmt.args if isinstance(arg, Const)))
    except (ValueError, ArithmeticError):
        return False
    return True


def _is_natural_power(stmt: Apply) -> bool:
    """Whether a number or an array of NumPy's is taken to a power such as 2."""
    if stmt.op not in (operator.pow, np.power):
        return False
    exponent = stmt.args[-1]
    return isinstance(exponent, Const) and isinstance(exponent.value, int) and exponent.value >= 0


def _is_float(operand: Operand) -> bool:
    """Whether ``operand`` is a number or an array of floats; a constant counts as one."""
    type_ = number_of(type_of(operand))
    if not isinstance(type_, Array | Scalar):
        return False
    return type_.dtype.kind == "f" or (isinstance(operand, Const) and type_.dtype.kind == "i")


def _is_quotient(stmt: Apply) -> bool:
    """Whether something is divided by a constant."""
    if stmt.op not in (operator.truediv, np.divide):
        return False
    by = stmt.args[-1]
    return isinstance(by, Const) and bool(by.value != 0)


def fit(operands: Iterable[Operand], whole: tuple[Dim, ...] | None) -> bool:
    """Whether operands broadcast to a shape for certain."""
    shapes = [dims_of(number_of(type_of(operand))) for operand in operands]
    if whole is None or None in shapes:
        return False
    if sum(bool(dims) for dims in shapes) < 2:
        return True
    return all(
        have == 1 or (have is not None and have == want)
        for dims in shapes
        for have, want in zip(reversed(dims or ()), reversed(whole), strict=False)
    )


def _is_truth(cond: Operand) -> bool:
    """Whether a condition is a number, of which it is known whether it is true: no array."""
    return isinstance(number_of(type_of(cond)), Scalar)


def _kind(operand: Operand) -> str:
    """The kind of a number of Python's that is surely of it."""
    type_ = number_of(type_of(operand))
    is_sure = isinstance(type_, Scalar) and type_.python and type_.instead is None
    return type_.dtype.kind if is_sure else "?"  # type: ignore[union-attr]

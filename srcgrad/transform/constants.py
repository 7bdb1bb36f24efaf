"""What is the same in every trip of a loop and read by its reverse is computed once.

::

    for t in range(n):                     slope = np.abs(F)
        h = h * np.abs(F)          ->      for t in range(n):
                                               h = h * slope

It would be saved in each trip otherwise.  Before the loop it is computed also if there is no trip,
so that it has to be something that cannot raise an exception, nor warn: arithmetic, element by
element, of numbers and of arrays whose shapes are known to fit together, and functions that have a
value wherever they are asked for one.  (What overflows warns.)  Other operations, element by
element, are repeated by the reverse of the loop.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable

import numpy as np

from srcgrad.analysis.cost import is_cheap
from srcgrad.analysis.memory import MemoryClasses, is_fresh
from srcgrad.ir.indices import index_parts, slice_bounds
from srcgrad.ir.nodes import Apply, Block, Const, Operand, Raise, Stmt, Try, Var
from srcgrad.ir.ops import DERIVATIVES, Partials, Pointwise
from srcgrad.ir.types import Array, Dim, Scalar, dims_of, number_of
from srcgrad.ir.walk import statements, targets, used
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


def constant_in(body: Block, wanted: Iterable[Var], memory: MemoryClasses) -> tuple[Apply, ...]:
    """The statements of a loop's body that compute those of ``wanted`` that are the same in every
    trip, in order; what they read stands before the loop."""
    inside = set(body.params).union(var for stmt in body.body for var in targets(stmt))
    found: dict[Var, Apply] = {}
    for stmt in body.body:
        if _may_end(stmt):
            break  # before what follows
        if not isinstance(stmt, Apply) or not _is_safe(stmt, body, memory):
            continue
        if all(var in found or var not in inside for var in used(stmt)):
            found[stmt.target] = stmt
    return _what_gives(wanted, found)


def same_in(body: Block, wanted: Iterable[Var], memory: MemoryClasses) -> tuple[Apply, ...]:
    """The statements of a loop's body that compute those of ``wanted`` that are the same in every
    trip, though not before the loop for certain: what may raise, or warn, where there is no trip.

    Computed again, element by element, they cost no more than kept in each trip.
    """
    inside = set(body.params).union(var for stmt in body.body for var in targets(stmt))
    found: dict[Var, Apply] = {}
    for stmt in body.body:
        if not isinstance(stmt, Apply) or not (is_cheap(stmt) or _is_elementwise(stmt)):
            continue
        if memory.may_differ(stmt) or any(map(memory.is_written, (stmt.target, *used(stmt)))):
            continue
        if all(var in found or var not in inside for var in used(stmt)):
            found[stmt.target] = stmt
    return _what_gives(wanted, found)


def _is_elementwise(stmt: Apply) -> bool:
    return is_fresh(stmt) and isinstance(DERIVATIVES.get(stmt.op), Partials | Pointwise)


def _what_gives(wanted: Iterable[Var], found: dict[Var, Apply]) -> tuple[Apply, ...]:
    """Those of the statements ``found``, by what they give, on which ``wanted`` rest."""
    needed: set[Var] = set()
    waiting = [var for var in wanted if var in found]
    while waiting:
        var = waiting.pop()
        if var not in needed:
            needed.add(var)
            waiting.extend(v for v in used(found[var]) if v in found)
    return tuple(stmt for var, stmt in found.items() if var in needed)


def without(body: Block, moved: tuple[Apply, ...]) -> Block:
    """The body of a loop without the statements that now stand before it."""
    left = set(moved)
    kept = tuple(stmt for stmt in body.body if stmt not in left)
    return Block(body.params, kept, body.results) if moved else body


def _may_end(stmt: Stmt) -> bool:
    """Whether what follows ``stmt`` in a trip may not run because of it."""
    return any(isinstance(each, Raise | Try) for each in statements((stmt,)))


def _is_safe(stmt: Apply, body: Block, memory: MemoryClasses) -> bool:
    """Whether a statement of a loop's body gives the same before it, and raises nothing there."""
    if stmt.kwargs or stmt.loc.raises_late:
        return False
    if any(memory.is_written_in(body, var) for var in used(stmt)):
        return False
    if _is_slice(stmt):
        return True
    return is_fresh(stmt) and not memory.is_written(stmt.target) and _cannot_raise(stmt)


def _is_slice(stmt: Apply) -> bool:
    """Whether ``stmt`` takes slices with literal bounds of an array, along axes that it has."""
    if stmt.op is not operator.getitem:
        return False
    whole, parts = type_of(stmt.args[0]), index_parts(stmt.args[1])
    if not isinstance(whole, Array) or len(parts) > whole.ndim:
        return False
    return all(_is_plain(bounds) for bounds in map(slice_bounds, parts))


def _is_plain(bounds: tuple[Operand, ...] | None) -> bool:
    """Whether a part of an index is a slice with literal bounds: no such slice is an error."""
    if bounds is None or not all(isinstance(bound, Const) for bound in bounds):
        return False
    values = [bound.value for bound in bounds if isinstance(bound, Const)]
    return all(v is None or type(v) is int for v in values) and values[2] != 0


def _cannot_raise(stmt: Apply) -> bool:
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
        return _fit(stmt.args, dims_of(made))
    if isinstance(made, Scalar) and made.python is not False:
        return stmt.op in _ALWAYS
    is_total = stmt.op in _OF_ALL or stmt.op in _OF_NUMPYS or _is_natural_power(stmt)
    return is_total and _fit(stmt.args, dims_of(made))


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
    exponent = stmt.args[-1]
    is_power = stmt.op in (operator.pow, np.power) and isinstance(exponent, Const)
    return is_power and isinstance(exponent.value, int) and exponent.value >= 0  # type: ignore[union-attr]


def _is_float(operand: Operand) -> bool:
    """Whether ``operand`` is a number or an array of floats; a constant counts as one."""
    type_ = number_of(type_of(operand))
    if not isinstance(type_, Array | Scalar):
        return False
    return type_.dtype.kind == "f" or (isinstance(operand, Const) and type_.dtype.kind == "i")


def _is_quotient(stmt: Apply) -> bool:
    """Whether something is divided by a constant."""
    by = stmt.args[-1]
    divides = stmt.op in (operator.truediv, np.divide)
    return divides and isinstance(by, Const) and by.value != 0


def _fit(operands: Iterable[Operand], whole: tuple[Dim, ...] | None) -> bool:
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

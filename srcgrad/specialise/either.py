"""Arguments for which NumPy takes None too: the condition of ``np.where``, the bounds of ``clip``.

Where one is None or a number, or an array, depending on data, the call is made in the arms of a
branch: of None, and of what it is else.  So it is where an argument is a sum that may still be the
number that it starts as, and the derivative depends on which.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Block, Const, If, Invoke, Operand, Stmt, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.started import as_array
from srcgrad.ir.types import dtype_of
from srcgrad.specialise import calls, optional
from srcgrad.specialise.values import Args, Kwargs, Scope, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_POSITIONS: dict[Any, tuple[int, ...]] = {
    np.where: (0,),
    np.clip: (1, 2),
    np.ndarray.clip: (1, 2),
}
"""The positions of such arguments."""
_NAMES = frozenset(("a_min", "a_max", "min", "max", "condition", "where", "initial", "out"))
"""The names of such arguments."""

_BY_RANK = frozenset(
    [
        *(np.prod, np.ndarray.prod, np.median, np.ptp, np.linalg.norm, np.cumsum, np.cumprod),
        *(np.dot, np.inner, np.vdot, np.outer, np.kron, np.einsum),
        *(np.array, np.asarray, np.asanyarray, np.atleast_1d, np.atleast_2d, np.atleast_3d),
        *(np.flip, np.transpose, np.tile, np.repeat, np.diff),
        *(np.trapezoid, np.roll, np.sort, np.diag, np.squeeze, np.ravel),
    ]
)
"""What asks of a sum how many axes it has, which a number has not."""


def call(
    sp: Specialiser, function: Any, args: Args, kwargs: Kwargs, loc: Loc, name: str
) -> Value | None:
    """A call of NumPy's in the arms of a branch; None if there is no argument that asks for it."""
    if calls.find(OPS, function) is None:
        return None
    found = next(_perhaps(sp, function, args, kwargs), None)
    if found is not None:
        return chosen(sp, function, args, kwargs, found, loc, name)
    if function not in _BY_RANK:
        return None
    started = (i for i, value in enumerate(args) if _is_differentiable_sum(value))
    found = next(started, None)
    return None if found is None else chosen(sp, function, args, kwargs, found, loc, name)


def _is_differentiable_sum(value: Value) -> bool:
    """Whether a value is a sum that may still be the number that it starts as, of floats."""
    dtype = dtype_of(as_array(value.type)) if optional.is_started(value) else None
    return dtype is not None and dtype.kind in "fc"


def _perhaps(sp: Specialiser, function: Any, args: Args, kwargs: Kwargs) -> Iterator[int | str]:
    """The positions and names of the arguments that are None, or not, depending on data."""
    positions: Sequence[int] = _POSITIONS.get(function, ())
    if isinstance(function, np.ufunc):
        positions = range(function.nin, len(args))
    values: list[tuple[int | str, Value]] = [(i, args[i]) for i in positions if i < len(args)]
    values += [(key, value) for key, value in kwargs.items() if key in _NAMES]
    return (key for key, value in values if optional.may_be_none(value))


def chosen(
    sp: Specialiser,
    function: Any,
    args: Args,
    kwargs: Kwargs,
    key: int | str,
    loc: Loc,
    name: str = "",
) -> Value:
    """A call in either arm of a branch on whether its argument ``key`` is None, or an array."""
    from srcgrad.specialise.engine import Frame

    values: dict[Var, Value] = {Var(): value for value in itertools.chain(args, kwargs.values())}
    given = list(values)
    named = dict(zip(kwargs, given[len(args) :], strict=True))
    var = named[key] if isinstance(key, str) else given[key]

    def arm(value: Operand) -> Block:
        row = tuple(value if each is var else each for each in given[: len(args)])
        others = tuple((k, value if each is var else each) for k, each in named.items())
        target = Var(name)
        stmts: tuple[Stmt, ...] = (Invoke(target, Const(function), row, others, loc),)
        return Block((), stmts, (target,))

    test, result = Var(), Var(name)
    frame = Frame(Scope("", {}, {}, trusted=False), {}, values)
    is_none = not optional.is_started(values[var])
    callee, other = (operator.is_, None) if is_none else (isinstance, np.ndarray)
    sp.statement(Invoke(test, Const(callee), (var, Const(other)), (), loc), frame)
    first = arm(Const(None)) if is_none else arm(var)
    sp.statement(If((result,), test, first, arm(var), loc), frame)
    return frame.values[result]

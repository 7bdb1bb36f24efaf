"""What rules of the user's give: the cotangent of a number is a number.

That of an array has its shape, which is looked at when the gradient is given back.  The first
element of an array where a number belongs would be a wrong gradient that nobody notices::

    def scaled_vjp(y_bar, y, x, s):
        return s * y_bar, x * y_bar         # np.sum(x * y_bar)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from srcgrad.errors import Loc, RuleError
from srcgrad.ir.nodes import Apply, Const, Pack, Var
from srcgrad.ir.types import Array, ListOf, PackType, Unknown, is_not_one, ndim_of, number_of
from srcgrad.specialise import compiled
from srcgrad.specialise.engine import Specialiser
from srcgrad.transform.arguments import spelled

_HINT = "sum it, as in np.sum(x * y_bar): a number has one derivative"


def check_number(sp: Specialiser, stmt: Apply, x: Var, bar: object, loc: Loc) -> None:
    """Refuses an array as the cotangent of a number ``x``, an operand of ``stmt``; where types do
    not tell, the program looks at run time."""
    if not isinstance(bar, Var) or not _is_number(x):
        return
    type_ = number_of(bar.type)
    message = f"the rule for {spelled(stmt.op)} gives for {x.name or 'an argument'}, a number, an "
    message += "array of shape "
    if isinstance(type_, Array) and any(map(is_not_one, type_.dims)):
        dims = [str(dim) if isinstance(dim, int) else "n" for dim in type_.dims]
        raise RuleError(f"{message}({', '.join(dims)}{',' * (len(dims) == 1)})", loc, _HINT)
    is_open = isinstance(type_, Unknown) and not type_.number
    if is_open or (isinstance(type_, Array) and any(dim != 1 for dim in type_.dims)):
        compiled.run(sp, _refuse_shape, (bar, Const(message)), loc)


def check_structure(stmt: Apply, values: Sequence[Any], bars: Sequence[Any], loc: Loc) -> None:
    """Refuses what no cotangent of the arguments ``values`` of ``stmt`` can be: a list of several,
    a container for an array, more cotangents than there are arguments."""
    name = spelled(stmt.op)
    if any(not _is_none(bar) for bar in bars[len(values) :]):
        message = f"the rule for {name} gives {len(bars)} cotangents, and takes {len(values)} "
        message += f"argument{'s' * (len(values) != 1)} of the function"
        raise RuleError(message, loc, "give one cotangent for each argument")
    for x, bar in zip(values, bars, strict=False):
        is_array = isinstance(x, Var) and not isinstance(x.type, ListOf | PackType)
        if not is_array or not isinstance(bar, Pack):
            continue
        message = f"the rule for {name} gives a {bar.kind.__name__}"
        if len(bars) == 1 and len(values) > 1:
            message += ", and has several cotangents"
            raise RuleError(message, loc, "return a tuple: x_bar, y_bar")
        message += f" for {x.name or 'an argument'}, which is none"
        raise RuleError(message, loc, "return its cotangent alone, or a tuple of all of them")


def _is_none(bar: object) -> bool:
    return isinstance(bar, Const) and bar.value is None


def _is_number(x: Var) -> bool:
    type_ = number_of(x.type)
    return ndim_of(type_) == 0 or (isinstance(type_, Unknown) and type_.number)


def _refuse_shape(bar: Any, message: str) -> None:
    """Compiled like the user's functions."""
    if np.size(bar) != 1:
        raise ValueError(f"{message}{np.shape(bar)}")

"""What rules of the user's give: the cotangent of a number is a number.

That of an array has its shape, which is looked at when the gradient is given back.  The first
element of an array where a number belongs would be a wrong gradient that nobody notices::

    def scaled_vjp(y_bar, y, x, s):
        return s * y_bar, x * y_bar         # np.sum(x * y_bar)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from srcgrad.errors import Loc, RuleError
from srcgrad.ir.nodes import Apply, Const, Var
from srcgrad.ir.types import Array, Unknown, is_not_one, ndim_of, number_of
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


def _is_number(x: Var) -> bool:
    type_ = number_of(x.type)
    return ndim_of(type_) == 0 or (isinstance(type_, Unknown) and type_.number)


def _refuse_shape(bar: Any, message: str) -> None:
    """Compiled like the user's functions."""
    if np.size(bar) != 1:
        raise ValueError(f"{message}{np.shape(bar)}")

"""A gradient is that of a number: what refuses another output, at compile time or at run time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Operand, Pack, Stmt
from srcgrad.ir.types import NUMBER, Array, Object, Scalar, Type, Unknown, number_of
from srcgrad.specialise import compiled
from srcgrad.specialise.builder import type_of

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def check_scalar(sp: Specialiser, value: Operand, loc: Loc) -> list[Stmt]:
    """What looks at run time whether ``value`` is a number, where its type does not say so.

    Raises
    ------
    TypeError
        If it is none.
    """
    type_: Type = number_of(type_of(value))
    where = f"{os.path.basename(loc.file)}:{loc.line}"
    if isinstance(type_, Unknown):
        return [] if type_ == NUMBER else _looking(sp, value, f"{loc.function} ({where})", loc)
    if isinstance(type_, Array) and type_.ndim:
        message = (
            "gradient only defined for scalar-output functions; the output of "
            f"{loc.function} ({where}) is an array of {type_.ndim} dimensions: "
            "sum it, or use vjp"
        )
        raise TypeError(message)
    if isinstance(type_, Array | Scalar) and type_.dtype.kind == "f":
        return []
    kind = _kind(type_, value)
    message = (
        f"gradient only defined for functions with a real scalar output; the output of "
        f"{loc.function} ({where}) is {kind}"
    )
    raise TypeError(message)


def _looking(sp: Specialiser, value: Operand, what: str, loc: Loc) -> list[Stmt]:
    message = f"the output of {what} is an array: sum it, or use vjp"
    with sp.builder.nested() as body:
        ndim = sp.builder.apply(np.ndim, (value,), (), loc)
        compiled.run(sp, _refuse_array, (ndim, Const(message)), loc)
    return body


def _refuse_array(ndim: int, message: str) -> None:
    """Compiled like the user's functions."""
    if ndim > 0:
        raise TypeError(message)


def _kind(type_: Type, value: Operand) -> str:
    if isinstance(type_, Array | Scalar):
        return f"of dtype {type_.dtype}"
    if isinstance(value, Pack):
        return f"a {value.kind.__name__}"
    if isinstance(value, Const):
        return repr(value.value)
    return f"a {type_.cls.__name__}" if isinstance(type_, Object) else "not a number"

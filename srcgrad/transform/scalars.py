"""A gradient is that of a number: what refuses another output, at compile time or at run time."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Block, Const, Operand, Pack, Stmt, Var
from srcgrad.ir.types import Array, Object, Scalar, Type, Unknown, is_some_number, number_of
from srcgrad.ir.walk import passed_on, statements
from srcgrad.specialise import compiled, fractional
from srcgrad.specialise.branches import raise_if
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.optional import GIVING_NONE

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def check_scalar(sp: Specialiser, body: Block, value: Operand, loc: Loc) -> list[Stmt]:
    """What looks at run time whether ``value`` is a number, where its type does not say so.

    ``body`` are the statements that give it.

    Raises
    ------
    TypeError
        If it is none.
    """
    type_: Type = number_of(type_of(value))
    passing = passed_on(body.body)
    for stmt in statements(body.body):
        passing.update(_given_none(stmt))
    where = f"{os.path.basename(loc.file)}:{loc.line}"
    what = f"{loc.function} ({where})"
    looking = _looking_for_none(sp, value, what, loc) if _may_be_none(passing, value) else []
    if _may_be_complex(body, passing, value):
        looking.extend(_looking_for_complex(sp, value, what, loc))
    if isinstance(type_, Unknown):
        return looking if is_some_number(type_) else [*looking, *_looking(sp, value, what, loc)]
    if isinstance(type_, Array) and type_.ndim:
        message = (
            "gradient only defined for scalar-output functions; the output of "
            f"{what} is an array of {type_.ndim} dimensions: "
            "sum it, or use vjp"
        )
        raise TypeError(message)
    if isinstance(type_, Array | Scalar) and type_.dtype.kind == "f":
        return looking
    raise TypeError(_NO_NUMBER.format(what, _kind(type_, value)))


Passing = Mapping[Var, tuple[Operand, ...]]
"""What is passed on as it is, to what."""
_NO_NUMBER = "gradient only defined for functions with a real scalar output; the output of {} is {}"


def _may_be_none(passing: Passing, value: Operand) -> bool:
    """Whether a result may be None: it is chosen, or carried, or what a reduction gives for it."""
    waiting, seen = [value], set[Var]()
    while waiting:
        operand = waiting.pop()
        if isinstance(operand, Const) and operand.value is None:
            return True
        if isinstance(operand, Var) and operand not in seen:
            seen.add(operand)
            waiting.extend(passing.get(operand, ()))
    return False


def _may_be_complex(body: Block, passing: Passing, value: Operand) -> bool:
    made = {stmt.target: stmt for stmt in statements(body.body) if isinstance(stmt, Apply)}

    def sources(var: Var) -> Apply | Sequence[Operand]:
        return made.get(var) or passing.get(var, ())

    return fractional.comes_from_power(value, sources)


def _given_none(stmt: Stmt) -> Iterator[tuple[Var, tuple[Operand, ...]]]:
    """What an operation passes on if it is None, to what."""
    match stmt:
        case Apply(target=target, op=op, args=(first, *_)) if op in GIVING_NONE:
            yield target, (first,)
        case Apply(target=target, op=intrinsics.present, args=(first,)):
            yield target, (first,)


def _looking_for_none(sp: Specialiser, value: Operand, what: str, loc: Loc) -> list[Stmt]:
    with sp.builder.nested() as body:
        is_none = sp.builder.apply(operator.is_, (value, Const(None)), (), loc)
        error = TypeError(_NO_NUMBER.format(what, None))
        raise_if(sp, is_none, error, loc)
    return body


def _looking_for_complex(sp: Specialiser, value: Operand, what: str, loc: Loc) -> list[Stmt]:
    with sp.builder.nested() as body:
        error = TypeError(_NO_NUMBER.format(what, "a complex number"))
        raise_if(sp, fractional.is_complex(sp, value, loc), error, loc)
    return body


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

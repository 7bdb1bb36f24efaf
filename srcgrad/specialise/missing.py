"""What certainly raises: arithmetic with ``None``, an attribute that an object does not have.

``best = None`` before a loop is what the first round of it finds: a branch that computes with it is
then one that raises, and not one that gives something of which nothing is known.
"""

from __future__ import annotations

import operator
import types
from typing import Any

import numpy as np

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_users
from srcgrad.ir.nodes import Const, Operand, Var
from srcgrad.ir.types import NUMBER, Array, Scalar, number_of
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Value

ARITHMETIC = frozenset(
    [
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv),
        *(operator.mod, operator.pow, operator.matmul, operator.neg, operator.pos, operator.abs),
        *(operator.lt, operator.le, operator.gt, operator.ge, abs),
    ]
)
"""The operators that compute with numbers and arrays, and compare them."""


def check(op: Any, operands: tuple[Operand, ...], loc: Loc) -> None:
    """Whether an operator may get what it is given.

    Raises
    ------
    CertainError
        If it is None, and a number or an array, which no operator of Python takes.
    """
    if op is operator.getitem and _is_none(operands[0]):
        text = "'NoneType' object is not subscriptable"
        raise CertainError(text, loc, TypeError(text))
    known = all(_is_none(operand) or _is_number(operand) for operand in operands)
    if op in ARITHMETIC and known and any(map(_is_none, operands)):
        try:
            op(*map(_example, operands))
        except (TypeError, ValueError) as error:
            raise CertainError(str(error), loc, error) from None


def _example(operand: Operand) -> Any:
    """Something of the type of an operand."""
    type_ = number_of(type_of(operand))
    if isinstance(type_, Array):
        return np.ones((1,) * (type_.ndim or 0), type_.dtype)
    if not isinstance(type_, Scalar):
        return None if _is_none(operand) else 1.0
    return type_.dtype.type(1).item() if type_.python else type_.dtype.type(1)


def operator_of(
    op: Any, kinds: tuple[type | None, ...], others: tuple[Value, ...], loc: Loc
) -> UnsupportedSyntaxError:
    """The error where an operator is given instances of classes that do not have it."""
    operands = [_stand_in(kind) for kind in kinds]
    try:
        op(*operands, *(None for _ in others))
    except TypeError as error:
        return CertainError(str(error), loc, error)
    raise AssertionError(f"{op} of {kinds}")


def _stand_in(kind: type | None) -> Any:
    """Something of a class, or of one with its name that has nothing else."""
    if kind is None or not is_users(kind):
        return None if kind is None or kind is type(None) else kind()
    return type(kind.__name__, (), {})()


def attribute(cls: type, name: str, loc: Loc) -> UnsupportedSyntaxError:
    """The error where an instance of a class is asked for an attribute that it does not have."""
    own = types.SimpleNamespace  # the only class among these that gives its module too
    text = f"'{'types.' if cls is own else ''}{cls.__name__}' object has no attribute '{name}'"
    if in_class(cls, "__getattr__") is not None:
        return UnsupportedSyntaxError(text, loc)  # which its class may have an answer for
    return CertainError(text, loc, AttributeError(text))


def attribute_of_number(value: Var, name: str, loc: Loc) -> None:
    """Whether an array or a number has an attribute.

    Raises
    ------
    CertainError
        If it has not.
    """
    if isinstance(number_of(value.type), Scalar | Array):
        try:
            getattr(_example(value), name)
        except AttributeError as error:
            raise CertainError(str(error), loc, error) from None


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def _is_number(operand: Operand) -> bool:
    type_ = number_of(type_of(operand))
    return isinstance(type_, Scalar | Array) or type_ == NUMBER

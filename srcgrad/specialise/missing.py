"""What certainly raises: arithmetic with ``None``, an attribute that an object does not have.

``best = None`` before a loop is what the first round of it finds: a branch that computes with it is
then one that raises, and not one that gives something of which nothing is known.
"""

from __future__ import annotations

import itertools
import operator
import types
from typing import Any

import numpy as np

from srcgrad.errors import FREE, UNBOUND, CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_users
from srcgrad.ir.alternatives import first, has_other, other
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.shared import Shared
from srcgrad.ir.types import (
    NEVER,
    Array,
    Known,
    ListOf,
    Scalar,
    Type,
    Unknown,
    is_some_number,
    least,
    number_of,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import STANDS_FOR
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
    if op is operator.getitem and _is_empty(operands[0]) and _is_integer(operands[1]):
        text = "list index out of range"  # at least in this round of a loop
        raise CertainError(text, loc, IndexError(text))
    known = all(_is_none(operand) or _is_number(operand) for operand in operands)
    if op in ARITHMETIC and known and any(map(_is_none, operands)):
        try:
            op(*map(_example, operands))
        except (TypeError, ValueError) as error:
            raise CertainError(str(error), loc, error) from None


def _is_integer(operand: Operand) -> bool:
    type_ = number_of(type_of(operand))
    return isinstance(type_, Scalar) and not has_other(type_) and type_.dtype.kind in "iub"


def _is_empty(operand: Operand) -> bool:
    """Whether a list is one into which nothing has been put, as far as is known by now."""
    type_ = type_of(operand)
    return isinstance(type_, ListOf) and type_.item is NEVER


_CONTAINERS = {list: [1.0], tuple: (1.0,), dict: {"a": 1.0}}
"""Something of each class of containers; a set is in no typed program."""
_ORDER = (operator.lt, operator.le, operator.gt, operator.ge)


def check_containers(op: Any, operands: tuple[Operand, ...], loc: Loc) -> None:
    """Whether an operator may get the lists, tuples and dicts that it is given.

    Raises
    ------
    CertainError
        If it is none that Python has for them, as ``-[x]`` and ``[x] * 2.5``.
    """
    kinds = [_container(operand) for operand in operands]
    if (
        op not in ARITHMETIC
        or not any(kinds)
        or (op in _ORDER and kinds[0] is kinds[-1] is not dict)
    ):
        return  # what is in two lists decides about their order
    numbers = map(_is_number_or_none, operands)
    if not all(kind or number for kind, number in zip(kinds, numbers, strict=True)):
        return
    errors = [_raised(op, row) for row in itertools.product(*map(_examples, operands))]
    first = errors[0]
    if first is None or None in errors:
        return
    if any(_may_be_empty(operand) for operand in operands):
        raise UnsupportedSyntaxError(str(first), loc)
    raise CertainError(str(first), loc, first) from None


def _raised(op: Any, examples: tuple[Any, ...]) -> TypeError | None:
    try:
        op(*examples)
    except TypeError as error:
        return error
    except ValueError:
        return None  # lengths that do not fit
    return None


def _examples(operand: Operand) -> list[Any]:
    """Something of the type of an operand, of each of the types that it may have."""
    kind = _container(operand)
    if kind is not None:
        return [_CONTAINERS[kind]]
    return _examples_of(type_of(operand))


def _examples_of(type_: Type) -> list[Any]:
    type_ = number_of(type_)
    if isinstance(type_, Unknown) and type_.there is not None:
        return [*_examples_of(type_.there), None]
    if has_other(type_):
        return [*_examples_of(first(type_)), *_examples_of(other(type_))]
    example = _example_of(type_)
    if is_some_number(type_) or (isinstance(type_, Scalar) and type_.python is None):
        return [np.asarray(example).item(), np.asarray(example)[()]]
    return [example]


def _may_be_empty(operand: Operand) -> bool:
    """Whether an operand may be an array without elements, with which nothing is computed."""
    type_ = number_of(type_of(operand))
    if isinstance(type_, Unknown) and type_.there is not None:
        type_ = type_.there
    return isinstance(type_, Array) and any(dim is None or least(dim) < 1 for dim in type_.dims)


def _container(operand: Operand) -> Any:
    """The class of a container that is known to be one, else None."""
    if isinstance(operand, Pack):
        return operand.kind if operand.kind in _CONTAINERS else None
    return list if isinstance(type_of(operand), ListOf) else None


def _example(operand: Operand) -> Any:
    """Something of the type of an operand."""
    return _example_of(number_of(type_of(operand)))


def _example_of(type_: Type) -> Any:
    if isinstance(type_, Array):
        return np.ones((1,) * (type_.ndim or 0), type_.dtype)
    if not isinstance(type_, Scalar):
        return None if type_ == Known(None) else 1.0
    return type_.dtype.type(1).item() if type_.python else type_.dtype.type(1)


def example(kind: type | None, value: Value) -> Any:
    """Something of the class, or of the type, of a value."""
    if isinstance(value, Var | Const):
        return _example(value)
    return _CONTAINERS.get(kind) if kind in _CONTAINERS else _stand_in(kind)


def operator_of(
    op: Any, kinds: tuple[type | None, ...], others: tuple[Value, ...], loc: Loc
) -> UnsupportedSyntaxError:
    """The error where an operator is given instances of classes that do not have it."""
    operands = [_stand_in(kind) for kind in kinds]
    try:
        op(*operands, *(None for _ in others))
    except TypeError as error:
        return CertainError(str(error), loc, error)
    names = " and ".join(f"'{type(operand).__name__}'" for operand in operands)
    return UnsupportedSyntaxError(f"'{op.__name__}' of {names} made here is not supported", loc)


def _stand_in(kind: type | None) -> Any:
    """Something of a class, or of one with its name that has nothing else."""
    kind = STANDS_FOR.get(kind, kind) if kind else None
    if kind is None or not is_users(kind):
        return None if kind is None or kind is type(None) else kind()
    return type(kind.__name__, (), {})()


def attribute(cls: type, name: str, loc: Loc) -> UnsupportedSyntaxError:
    """The error where an instance of a class is asked for an attribute that it does not have."""
    if issubclass(cls, Shared):
        return _unassigned(cls, name, loc)
    if hasattr(STANDS_FOR.get(cls), name):
        message = f"'{name}' of an instance of '{cls.__name__}' made here is not supported"
        return UnsupportedSyntaxError(message, loc)
    own = types.SimpleNamespace  # the only class among these that gives its module too
    text = f"'{'types.' if cls is own else ''}{cls.__name__}' object has no attribute '{name}'"
    if in_class(cls, "__getattr__") is not None:
        return UnsupportedSyntaxError(text, loc)  # which its class may have an answer for
    return CertainError(text, loc, AttributeError(text, name=name))


def _unassigned(cls: type[Shared], name: str, loc: Loc) -> CertainError:
    """The error where a variable is read that functions share, and that has no value yet."""
    own = loc.function == cls.owner
    text = (UNBOUND if own else FREE).format(name)
    return CertainError(text, loc, UnboundLocalError(text) if own else NameError(text))


def attribute_of_number(value: Var, name: str, loc: Loc) -> None:
    """Whether an array or a number has an attribute.

    Raises
    ------
    CertainError
        If it has not.
    """
    type_ = number_of(value.type)
    if not isinstance(type_, Scalar | Array):
        return
    for one in (other(type_), first(type_)):
        try:
            getattr(_example_of(one), name)
        except AttributeError as error:
            found = error
        else:
            return
    raise CertainError(str(found), loc, found) from None


def _is_none(operand: Operand) -> bool:
    return type_of(operand) == Known(None)


def _is_number(operand: Operand) -> bool:
    type_ = number_of(type_of(operand))
    return isinstance(type_, Scalar | Array) or is_some_number(type_)


def _is_number_or_none(operand: Operand) -> bool:
    type_ = type_of(operand)
    return _is_number(operand) or (isinstance(type_, Unknown) and type_.there is not None)

"""Operators of the user's classes: ``a + b`` is ``a.__add__(b)``."""

from __future__ import annotations

import operator
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_generated, is_of_library, is_users
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import Array, Scalar, number_of
from srcgrad.specialise import answers, calls, missing, objects, undecided
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.classes import PYTHONS, class_of, class_of_instance
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
_BITWISE = ("and", "or", "xor", "lshift", "rshift")
_ORDER = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


def _function(name: str) -> Any:
    return getattr(operator, name + "_" if name in ("and", "or") else name)


BINARY: dict[Any, tuple[str, str]] = {
    **{_function(n): (f"__{n}__", f"__r{n}__") for n in (*_ARITHMETIC, *_BITWISE)},
    **{getattr(operator, n): (f"__{n}__", f"__{back}__") for n, back in _ORDER.items()},
}
IN_PLACE: dict[Any, str] = {
    getattr(operator, f"i{n}"): f"__i{n}__" for n in (*_ARITHMETIC, *_BITWISE)
}
OTHERS: dict[Any, str] = {
    operator.neg: "__neg__",
    operator.pos: "__pos__",
    operator.invert: "__invert__",
    operator.getitem: "__getitem__",
    operator.setitem: "__setitem__",
    operator.delitem: "__delitem__",
    operator.contains: "__contains__",
    abs: "__abs__",
    len: "__len__",
    float: "__float__",
    int: "__int__",
    iter: "__iter__",
}
_ALONE = frozenset((operator.neg, operator.pos, operator.invert, operator.getitem, abs, len))
"""Those for which no other method can stand in."""
_COMPARED = frozenset(f"__{name}__" for name in _ORDER)
_WITHOUT_ANSWER = (bool, int, float, type(None))
"""Classes of Python's whose operators decline any instance of a user's."""


def apply(
    sp: Specialiser, function: Any, args: tuple[Value, ...], loc: Loc, name: str
) -> Value | None:
    """The result of an operator of which an operand is an instance; None if its class has none."""
    if not any(class_of_instance(arg) is not None for arg in args):
        return None
    if function in BINARY and len(args) == 2:
        return _binary(sp, function, args[0], args[1], loc, name)
    method = IN_PLACE.get(function) or OTHERS.get(function, "")
    result = special(sp, args[0], method, args[1:], loc, name) if method else None
    if result is not None and function is operator.contains:
        return calls.invoke(sp, Const(bool), (result,), {}, loc)
    cls = class_of_instance(args[0])
    if result is None and function in _ALONE and cls and in_class(cls, method) is None:
        raise missing.operator_of(function, (cls,), args[1:], loc)
    return result


def _binary(
    sp: Specialiser, function: Any, left: Value, right: Value, loc: Loc, name: str
) -> Value | None:
    """The result of an operator with two operands, which are asked in Python's order."""
    method, reflected = BINARY[function]
    turns = [(left, method, right), (right, reflected, left)]
    kinds = class_of(sp, left), class_of(sp, right)
    if _comes_first(kinds, reflected):
        turns.reverse()
    elif _is_numpy(left, right):
        number = _as_pythons(sp, left, right, loc)
        if number is None:
            _refuse_each(function, loc)
        turns = turns[:1] if number is None else [(right, reflected, number)]
    elif class_of_instance(left) is class_of_instance(right) and reflected not in _COMPARED:
        turns.pop()
    result = _asked(sp, turns, loc, name)
    if result is None and not _is_numpy(left, right) and _is_numpy(right, left):
        # Declined by the instance, which is asked again by what is on its right.
        number = _as_pythons(sp, right, left, loc)
        if number is None:
            _refuse_each(function, loc)
        else:
            result = _asked(sp, [(left, method, number)], loc, name)
    if result is not None or function in (operator.eq, operator.ne):
        return result
    if _decline(kinds, (method, reflected)):
        raise missing.operator_of(function, kinds, (), loc)
    return None


def _asked(
    sp: Specialiser, turns: list[tuple[Value, str, Value]], loc: Loc, name: str
) -> Value | None:
    """What the first method gives that does not decline; None if all do."""
    for receiver, own, other in turns:
        ask = _unequal if own == "__ne__" else special
        result = ask(sp, receiver, own, (other,), loc, name)
        if result is not None:
            return result
    return None


def _refuse_each(function: Any, loc: Loc) -> None:
    """Refuses a comparison that gives several answers, or that of an instance as an array."""
    if function in (operator.eq, operator.ne):
        message = "NumPy compares an instance with each element of an array, or as an array"
        raise UnsupportedSyntaxError(message, loc, "compare what it holds")


_LIKE_ARRAYS = (
    *("__array__", "__array_interface__", "__array_struct__", "__array_priority__"),
    *("__array_ufunc__", "__len__", "__getitem__"),
)
"""What makes NumPy take an instance for more than one object."""


def _as_pythons(sp: Specialiser, scalar: Value, instance: Value, loc: Loc) -> Value | None:
    """A scalar of NumPy's as an instance gets it: as the number of Python's that it stands for, for
    NumPy computes with objects then.  None if it does something else."""
    cls, number = class_of_instance(instance), number_of(type_of(sp.operand(scalar, loc)))
    if cls is None or any(in_class(cls, name) is not None for name in _LIKE_ARRAYS):
        return None
    kind = PYTHONS.get(number.dtype.kind) if isinstance(number, Scalar) else None
    undecided.refuse(sp.operand(scalar, loc), loc)
    return None if kind is None else calls.invoke(sp, Const(kind), (scalar,), {}, loc)


def _comes_first(kinds: tuple[type | None, type | None], reflected: str) -> bool:
    """Whether the right operand is asked first, since its class knows that of the left one."""
    left, right = kinds
    if left is None or right is None or left is right or not issubclass(right, left):
        return False
    return reflected in _COMPARED or in_class(left, reflected) is not in_class(right, reflected)


def _decline(kinds: tuple[type | None, type | None], methods: tuple[str, str]) -> bool:
    """Whether no operand can have an answer, once the methods written in Python had none."""
    for kind, method in zip(kinds, methods, strict=True):
        if kind is None or not (is_users(kind) or kind in _WITHOUT_ANSWER):
            return False
        found = in_class(kind, method) if is_users(kind) else None
        if not (found is None or found is in_class(object, method) or is_written(found)):
            return False
    return True


def _unequal(
    sp: Specialiser, receiver: Value, method: str, args: tuple[Value, ...], loc: Loc, name: str
) -> Value | None:
    """``receiver != other``, which a class that says nothing else answers by its ``==``."""
    cls = class_of_instance(receiver)
    if cls is None or in_class(cls, method) is not object.__ne__:
        return special(sp, receiver, method, args, loc, name)
    equal = special(sp, receiver, "__eq__", args, loc, name)
    return None if equal is None else calls.invoke(sp, Const(operator.not_), (equal,), {}, loc)


def special(
    sp: Specialiser, receiver: Value, method: str, args: tuple[Value, ...], loc: Loc, name: str = ""
) -> Value | None:
    """The result of a method of the class of ``receiver``; None if it has none, or declines."""
    cls = class_of_instance(receiver)
    found = None if cls is None else in_class(cls, method)
    if not is_written(found):
        return None
    result = objects.method(sp, receiver, method, args, {}, loc, name)
    if result is None or (isinstance(result, Const) and result.value is NotImplemented):
        return None
    assert cls is not None
    answers.check(sp, cls, method, result, loc)
    return result


def is_written(found: Any) -> bool:
    """Whether a method is written in Python, by the user."""
    if not isinstance(found, types.FunctionType) or is_of_library(found.__module__):
        return False
    return not is_generated(found)


def _is_numpy(operand: Value, instance: Value) -> bool:
    """Whether an operand has an operator of NumPy's, which takes an instance for an object."""
    if getattr(class_of_instance(instance), "__array_ufunc__", 0) is None:
        return False
    if isinstance(operand, Const):
        return isinstance(operand.value, np.ndarray | np.generic)
    if not isinstance(operand, Var):
        return False
    number = number_of(operand.type)
    return isinstance(number, Array) or (isinstance(number, Scalar) and number.python is not True)

"""Operators of the user's classes: ``a + b`` is ``a.__add__(b)``."""

from __future__ import annotations

import operator
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import Loc
from srcgrad.instances import in_class
from srcgrad.ir.nodes import Const, Var
from srcgrad.ir.types import Array, Scalar, number_of
from srcgrad.specialise import objects
from srcgrad.specialise.classes import class_of_instance
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


def apply(
    sp: Specialiser, function: Any, args: tuple[Value, ...], loc: Loc, name: str
) -> Value | None:
    """The result of an operator of which an operand is an instance; None if its class has none."""
    if not any(class_of_instance(arg) is not None for arg in args):
        return None
    if function in BINARY and len(args) == 2:
        method, reflected = BINARY[function]
        result = special(sp, args[0], method, args[1:], loc, name)
        if result is None and not _is_numpy(args[0], args[1]):
            result = special(sp, args[1], reflected, args[:1], loc, name)
        return result
    method = IN_PLACE.get(function) or OTHERS.get(function, "")
    return special(sp, args[0], method, args[1:], loc, name) if method else None


def special(
    sp: Specialiser, receiver: Value, method: str, args: tuple[Value, ...], loc: Loc, name: str = ""
) -> Value | None:
    """The result of a method of the class of ``receiver``; None if it has none, or declines."""
    cls = class_of_instance(receiver)
    found = None if cls is None else in_class(cls, method)
    if not isinstance(found, types.FunctionType) or found.__code__.co_filename == "<string>":
        return None
    result = objects.method(sp, receiver, method, args, {}, loc, name)
    return None if isinstance(result, Const) and result.value is NotImplemented else result


def _is_numpy(left: Value, right: Value) -> bool:
    """Whether the operator of an array comes first, which takes an instance for an object."""
    if getattr(class_of_instance(right), "__array_ufunc__", 0) is None:
        return False
    if isinstance(left, Const):
        return isinstance(left.value, np.ndarray | np.generic)
    if not isinstance(left, Var):
        return False
    number = number_of(left.type)
    return isinstance(number, Array) or (isinstance(number, Scalar) and number.python is not True)

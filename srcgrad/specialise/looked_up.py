"""What is looked up in an object of a library without source, where that runs code of its class.

A property may give something else each time, and fill the array again that it gave before, and so
may an item::

    a = reader.now         # the next numbers, in memory of the reader's own
    b = reader[3]

Each is a call like another: it is made once, where it stands, and in the order of the program.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Mapping
from typing import Any

from srcgrad.instances import in_class, is_of_library
from srcgrad.ir.nodes import Apply, Operand, Var
from srcgrad.ir.types import UNKNOWN, Object
from srcgrad.specialise.builder import type_of

_STEADY = (
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType),
    *(types.WrapperDescriptorType, types.MemberDescriptorType, types.ClassMethodDescriptorType),
    *(classmethod, staticmethod, type),
)
"""The classes of what a class has of which looking it up runs nothing: methods, and slots."""


def runs_code(op: Any, operands: tuple[Operand, ...], made: Mapping[Var, Apply]) -> bool:
    """Whether an operation looks something up and runs code of the object's class for it.

    ``made`` says what makes each variable.
    """
    if op is not getattr and op is not operator.getitem:
        return False
    cls = _class_of(operands[0], made)
    if cls is None or is_of_library(cls.__module__):
        return False
    if op is operator.getitem:
        return not issubclass(cls, list | tuple | dict)
    name = getattr(operands[1], "value", None)
    return isinstance(name, str) and _is_computed(cls, name)


def _class_of(operand: Operand, made: Mapping[Var, Apply]) -> type | None:
    """The class of an object of which no more is known, if that is; of what a call of a class has
    given, that class."""
    type_ = type_of(operand)
    if isinstance(type_, Object):
        return type_.cls
    stmt = made.get(operand) if isinstance(operand, Var) and type_ == UNKNOWN else None
    return stmt.op if stmt is not None and isinstance(stmt.op, type) else None


def _is_computed(cls: type, name: str) -> bool:
    """Whether an attribute of the instances of a class is what a function gives."""
    reads = getattr(in_class(cls, "__getattribute__"), "__objclass__", None)
    if reads is None or not is_of_library(reads.__module__):
        return True  # one of the class's own: those of ``object`` and ``list`` run nothing
    found = in_class(cls, name)
    if found is None:
        return in_class(cls, "__getattr__") is not None
    return not isinstance(found, _STEADY) and hasattr(type(found), "__get__")

"""Whether an object has an attribute that has to be computed to know: ``hasattr`` calls the getter.

It has none where that raises an ``AttributeError``; what it does besides is done.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.instances import in_class, is_of_library
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Const, Operand, Raise, Stmt, Var
from srcgrad.ir.walk import statements
from srcgrad.specialise import answered, attributes, descriptors, outside
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import Held, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def is_computed(sp: Specialiser, value: Value, name: str) -> bool:
    """Whether an attribute of an instance is what a function gives."""
    cls = class_of_instance(value)
    found = None if cls is None else in_class(cls, name)
    if isinstance(found, property | functools.cached_property) or descriptors.gives(found):
        return True
    if not isinstance(value, Held) or outside.written(sp, value, name) is not None:
        return False
    return answered.answering(sp.inputs, value, name) is not None


def computed(sp: Specialiser, value: Value, name: str, loc: Loc) -> Value | None:
    """``value.name``; None where that raises an ``AttributeError``."""
    cls = class_of_instance(value)
    body, mark = sp.builder.body, len(sp.builder.body)
    outer, sp.asking = sp.asking, True
    try:
        found = attributes.attribute(sp, value, name, loc)
    except CertainError as error:
        if not isinstance(error.original, AttributeError):
            raise
        known = cls or object
        has = in_class(known, name) is not None
        if has and in_class(known, "__getattr__") is not None:  # which is asked instead
            raise UnsupportedSyntaxError(error.message, error.loc) from None
        return None
    finally:
        sp.asking = outer
    emitted = body[mark:]
    made = {stmt.target: stmt.op for stmt in statements(emitted) if isinstance(stmt, Apply)}
    raises = bool(emitted) and isinstance(emitted[-1], Raise) and _may_be_missing(emitted[-1], made)
    if any(_may_be_missing(stmt, made) for stmt in statements(emitted[: -1 if raises else None])):
        message = f"whether the attribute '{name}' can be computed is not known here"
        raise UnsupportedSyntaxError(message, loc, "test what it is computed from")
    if raises:
        body.pop()
        return None
    return found


def _may_be_missing(stmt: Stmt, made: dict[Any, Any]) -> bool:
    """Whether a statement may raise an ``AttributeError``."""
    if isinstance(stmt, Raise):
        return _may_lack(stmt.exception, made)
    if not isinstance(stmt, Apply):
        return False
    users = isinstance(stmt.op, types.FunctionType) and not is_of_library(stmt.op.__module__)
    return (users and not _is_own(stmt.op)) or stmt.op in (getattr, intrinsics.call)


def _is_own(function: Any) -> bool:
    return (function.__module__ or "").split(".")[0] == __name__.split(".")[0]


def _may_lack(exception: Operand, made: dict[Any, Any]) -> bool:
    """Whether what is raised may be an ``AttributeError``."""
    kind = made.get(exception) if isinstance(exception, Var) else None
    if isinstance(exception, Const):
        kind = exception.value
    return not isinstance(kind, type) or issubclass(kind, AttributeError)

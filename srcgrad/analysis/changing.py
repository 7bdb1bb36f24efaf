"""Values from outside of which the program knows no content, and the calls that may change them.

A set, a queue or a table of bytes that the function was given is asked for its length or for an
element, and a method adds to it in between::

    y = x * len(seen)
    seen.add(7)

Which calls change which of them nobody can tell: one may be an attribute of another, and a method
that was passed along changes what it belongs to.  So whatever calls something unknown may change
all of them, and what was asked before is neither asked again nor moved past that.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Container, Iterable, Sequence
from typing import Any

import numpy as np

from srcgrad.errors import AliasingError
from srcgrad.instances import is_plain_error
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.nodes import Apply, Operand, Stmt, Var
from srcgrad.ir.ops import AUGMENTED, DERIVATIVES, OPS, Made, Pullback
from srcgrad.ir.recursion import InPlace, Pull, Pulled
from srcgrad.ir.types import Object, Type, Unknown
from srcgrad.ir.walk import statements, used
from srcgrad.specialise.builder import type_of

_STEADY = (
    *(str, bytes, range, slice, frozenset, type(None), type, np.dtype, np.generic, property),
    *(types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.GetSetDescriptorType),
)
"""The classes of what no call changes, as far as it is read."""

IDENTITY = frozenset((operator.is_, operator.is_not, isinstance, issubclass, type, id, callable))
"""Operations that ask which object something is, and nothing of what is in it."""


CALLING = frozenset(
    getattr(operator, name) for name in ("call", "methodcaller") if hasattr(operator, name)
)
"""Operators that call what they are given, ``operator.call`` where Python has it."""


def asks(stmt: Apply) -> bool:
    """Whether an operation reads what an unknown call may change."""
    return stmt.op is intrinsics.copied or asks_object(stmt) or _asks(stmt, Unknown)


def asks_object(stmt: Apply) -> bool:
    """Whether an operation reads an object of which no more than the class is known."""
    return _asks(stmt, Object)


def _asks(stmt: Apply, kind: type[Object | Unknown]) -> bool:
    found = [var for var in used(stmt) if isinstance(var.type, kind)]
    if not found or stmt.op is intrinsics.call or stmt.op in IDENTITY or _takes_method(stmt):
        return False
    return not all(_is_steady(var.type) for var in found)


def is_changeable(operand: Operand) -> bool:
    """Whether an operand is an object of which no more than the class is known, with something in
    it that may change."""
    type_ = type_of(operand)
    return isinstance(type_, Object) and not _is_steady(type_)


def _is_steady(type_: Type) -> bool:
    return isinstance(type_, Object) and issubclass(type_.cls, _STEADY)


def _takes_method(stmt: Apply) -> bool:
    """Whether an operation takes a method off an object: of what its class defines."""
    if stmt.op is not getattr:
        return False
    owner, name = type_of(stmt.args[0]), getattr(stmt.args[1], "value", None)
    found: Any = getattr(owner.cls, str(name), None) if isinstance(owner, Object) else None
    return isinstance(found, types.MethodDescriptorType | types.BuiltinFunctionType)


def may_change(stmt: Stmt) -> bool:
    """Whether a statement itself calls something that may change what others have asked."""
    if not isinstance(stmt, Apply) or isinstance(stmt.op, Pull):
        return False  # a pullback adds to buffers
    if isinstance(stmt.op, Pulled | InPlace):
        return not stmt.op.primal.entry.pure
    if stmt.op is intrinsics.call or stmt.op in KEEPING:
        return True
    if stmt.op in AUGMENTED:
        return any(isinstance(type_of(arg), Object | Unknown) for arg in stmt.args[:1])
    known = OPS.get(stmt.op)
    if known is None:
        return not _is_harmless(stmt.op)
    return isinstance(stmt.op, Made) and not known.pure


def _is_harmless(op: Any) -> bool:
    """Whether something that is no operation of the table does no more than compute."""
    if isinstance(op, type):
        return is_plain_error(op)
    if op in CALLING:
        return False
    return getattr(op, "__module__", None) in ("math", "_operator", "srcgrad.backend.helpers")


def refuse_objects(body: Sequence[Stmt], active: Container[Var], later: bool) -> None:
    """Refuses to differentiate ``body`` where a derivative reads an object that may be changed by
    then, such as the factor ``w`` of ``x * w``, an ``array.array``.

    ``later`` says that the derivative runs when others have had the object.

    Raises
    ------
    AliasingError
        At the operation on the object.
    """
    found = (stmt for stmt in statements(body) if isinstance(stmt, Apply))
    reading = (
        stmt for stmt in found if stmt.target in active and any(map(is_changeable, stmt.args))
    )
    for stmt in reading:
        derivative = DERIVATIVES.get(stmt.op)
        is_users = isinstance(derivative, Pullback) and derivative.is_users
        is_builtin = not isinstance(stmt.op, Made) and derivative is not None and not is_users
        if is_builtin and (later or changes(body)):
            message = (
                "the derivative reads this object again, which a call may have changed by then"
            )
            raise AliasingError(message, stmt.loc, "make an array of it first, with np.array")


def changes(body: Iterable[Stmt]) -> bool:
    """Whether anything in statements may change what others have asked."""
    return any(map(may_change, statements(body)))

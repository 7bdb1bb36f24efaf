"""Calls that nothing is known of: what they may do to a differentiated array, or to another one
that the derivative reads."""

from __future__ import annotations

import operator
import types
from collections.abc import Container, Iterable, Mapping, Sequence

import numpy as np

from srcgrad.analysis.activity import can_carry
from srcgrad.analysis.changing import is_changeable, may_change
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import AliasingError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Stmt, Var
from srcgrad.ir.ops import DERIVATIVES, OPS
from srcgrad.ir.types import Array, Object, Scalar, Size, Unknown
from srcgrad.ir.walk import statements, used
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.writes import module_of

_HARMLESS = frozenset(
    (
        *("builtins", "logging", "warnings", "math", "numpy", "scipy", "_operator", "_io"),
        *("srcgrad", "time"),
    )
)
"""Modules whose functions write into no array that they are given, but for those that are refused
by name (:mod:`srcgrad.specialise.writes`)."""


def may_write(body: Iterable[Stmt], varied: set[Var], made: Mapping[Var, Apply]) -> Apply | None:
    """The first call of an unknown function that is given a differentiated array.

    It may write into the array, and even if its result is not used the derivative would be wrong.
    So it would be if an object keeps a differentiated number: ``queue.append(x[0])``.
    """
    for stmt in statements(body):
        if not isinstance(stmt, Apply) or is_harmless(stmt, made):
            continue
        given = [var for var in used(stmt) if var in varied and can_carry(var.type)]
        if any(isinstance(var.type, Array | Unknown) for var in given):
            return stmt
        if given and any(_may_keep(var, made) for var in used(stmt)):
            return stmt
    return None


_SHOWING = frozenset(
    (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.frombuffer)
)
"""Operations that make an array of an object, and may show what is in that."""


def refuse_shown_objects(
    body: Sequence[Stmt], active: Container[Var], made: Mapping[Var, Apply]
) -> None:
    """Refuses to differentiate ``body`` where a derivative reads an array that shows an object from
    outside, and an unknown call may have changed that by then: ``np.asarray(numbers)``.

    Raises
    ------
    AliasingError
        At the operation on the array.
    """
    found = [stmt for stmt in statements(body) if isinstance(stmt, Apply)]
    showing = [s.target for s in found if s.op in _SHOWING and any(map(is_changeable, s.args[:1]))]
    if not showing or not any(may_change(stmt) and not is_harmless(stmt, made) for stmt in found):
        return
    memory = MemoryClasses(body)
    roots = {memory.root(var) for var in showing}
    for stmt in found:
        shown = (var for var in used(stmt) if var not in active and has_memory(var))
        if stmt.target in active and any(memory.root(var) in roots for var in shown):
            message = "the derivative reads an array again that shows an object, which a call may "
            message += "have changed by then"
            raise AliasingError(message, stmt.loc, "copy what is in the object, with np.array")


def _may_keep(var: Var, made: Mapping[Var, Apply]) -> bool:
    """Whether something may be put into what a variable is: an object, or a method of one."""
    method = made.get(var)
    if method is not None and method.op is getattr:
        return not isinstance(type_of(method.args[0]), Array | Scalar | Size)
    return isinstance(var.type, Object | Unknown)


def is_unknown_call(stmt: Apply | None) -> bool:
    """Whether a value comes from a call of which neither a type nor a derivative is known."""
    return (
        stmt is not None
        and isinstance(stmt.target.type, Unknown)
        and (stmt.op is intrinsics.call or (stmt.op not in OPS and stmt.op not in DERIVATIVES))
    )


def is_harmless(stmt: Apply, made: Mapping[Var, Apply]) -> bool:
    """Whether an operation, or a call, writes into nothing that it is given, and keeps none."""
    if stmt.op is not intrinsics.call:
        return stmt.op in OPS or stmt.op in DERIVATIVES or _module(stmt.op) in _HARMLESS
    callee = stmt.args[0]
    method = made.get(callee) if isinstance(callee, Var) else None
    receiver = method.args[0] if method is not None and method.op is getattr else None
    if not isinstance(receiver, Var):
        return False
    origin = made.get(receiver)
    if origin is not None and _module(origin.op) == "logging":
        return True  # logging.getLogger(name).info(...)
    return isinstance(receiver.type, Object) and _module(receiver.type.cls) in _HARMLESS


def _module(function: object) -> str:
    if function in (operator.getitem, getattr):
        return "builtins"
    if isinstance(function, types.FunctionType):
        return module_of(function).split(".")[0]
    owner = getattr(function, "__objclass__", None) or function
    return (getattr(owner, "__module__", None) or "").split(".")[0]

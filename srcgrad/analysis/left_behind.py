"""Differentiated values that a program leaves in objects outside, and that a call may find there.

::

    model.scale = x[0]
    return weighted()  # which is not looked into, and computes with model.scale

Where the result of the call matters, the derivative goes through the object, which nobody follows.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from srcgrad.analysis.activity import can_carry, leading_to
from srcgrad.errors import NoDerivativeError
from srcgrad.instances import is_of_library, is_users
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import kept_by
from srcgrad.ir.nodes import Apply, Const, For, Stmt, Var, While
from srcgrad.ir.types import Object
from srcgrad.ir.walk import blocks, statements, variables
from srcgrad.specialise.inputs import name_of
from srcgrad.specialise.places import Place

_KINDS = (type, types.FunctionType)


def refuse_left_behind(
    body: Sequence[Stmt],
    varied: set[Var],
    results: Iterable[Var],
    leaves: Mapping[Place, Var],
) -> None:
    """Refuses a program in which a call that matters may read what has been left outside.

    ``leaves`` are what the program reads outside, lists and dicts among it.

    Raises
    ------
    NoDerivativeError
        At the call.
    """
    if not any(kept_by(stmt) is not None for stmt in statements(body)):
        return
    names = {leaf: name_of(place) for place, leaf in leaves.items()}
    useful, left = leading_to(body, results), set[str]()
    for stmt in _in_order(body):
        if not isinstance(stmt, Apply):
            continue
        name = _left(stmt, varied, names)
        if name is not None:
            left.add(name)
        elif left and stmt.target in useful and can_carry(stmt.target.type):
            found = left if stmt.op is eval else left & set(_names(_unseen(stmt)))
            if found:
                called = getattr(stmt.op, "__name__", "a function")
                message = f"'{called}', which is not looked into, may read '{min(found)}', where a "
                message += "differentiated value has been left"
                hint = "compute with the value itself, in a function that is differentiated too"
                raise NoDerivativeError(message, stmt.loc, hint)


def _in_order(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """The statements as they follow each other, those of loops twice."""
    for stmt in body:
        yield stmt
        for _ in range(2 if isinstance(stmt, For | While) else 1):
            for block in blocks(stmt):
                yield from _in_order(block.body)


def _left(stmt: Stmt, varied: set[Var], names: Mapping[Var, str]) -> str | None:
    """The name under which a statement leaves something differentiated; None if it does not."""
    kept = kept_by(stmt)
    if kept is None or varied.isdisjoint(variables(kept)):
        return None
    assert isinstance(stmt, Apply)
    if stmt.op is setattr and isinstance(stmt.args[1], Const):
        return str(stmt.args[1].value)
    return names.get(stmt.args[0]) if isinstance(stmt.args[0], Var) else None


def _unseen(stmt: Apply) -> list[Any]:
    """The functions and classes of the user's that a call may run, and what it is given."""
    module = getattr(stmt.op, "__module__", None)
    if not isinstance(stmt.op, _KINDS) or is_of_library(module):
        return []
    if (module or "").split(".")[0] == "srcgrad" and stmt.op is not intrinsics.call:
        return []
    given = [var.type for arg in stmt.args for var in variables(arg)]
    return [stmt.op, *(each.cls for each in given if isinstance(each, Object))]


def _names(waiting: list[Any]) -> Iterator[str]:
    """The names that functions read, and those of what they may call."""
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, type):
            if is_users(each):
                waiting.extend(part for base in each.__mro__ for part in vars(base).values())
        elif isinstance(each, staticmethod | classmethod):
            waiting.append(each.__func__)
        elif isinstance(each, property):
            waiting.extend((each.fget, each.fset))
        elif isinstance(each, types.FunctionType) and not is_of_library(each.__module__):
            found = set(_names_in(each.__code__))
            yield from found
            globals_ = each.__globals__
            parts = [globals_[name] for name in found if name in globals_]
            parts += [getattr(each, "__wrapped__", None)]
            waiting.extend(p if isinstance(p, _KINDS) else type(p) for p in parts)


def _names_in(code: types.CodeType) -> Iterator[str]:
    """The names that code reads as globals, cells or attributes, and its texts."""
    yield from (*code.co_names, *code.co_freevars)
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _names_in(const)
        elif isinstance(const, str):
            yield const

"""Calls of which nothing is known, in a program and in its functions that call themselves.

What such a call gives may be memory that the next one fills anew, and what it is given it may keep
and write into later.  A function of the program does neither by itself, but for what it calls: so
what is known of a variable is followed into these functions with the arguments, and out of them.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from srcgrad.analysis.changing import CALLING, may_change
from srcgrad.analysis.memory import has_memory
from srcgrad.analysis.unseen_bodies import is_read_through
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, For, Function, Stmt, Var, While
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Object, Unknown
from srcgrad.ir.walk import blocks, params_of, statements, used, variables
from srcgrad.specialise.writes import is_unknown

Part = Recursive | None
Parts = Mapping[Part, Function]
"""A program, under None, and its functions that call themselves."""


def parts_of(function: Function, functions: Mapping[Recursive, Function]) -> Parts:
    """A program and its functions that call themselves."""
    which: tuple[Part, ...] = (None, *functions)
    return {op: function if op is None else functions[op] for op in which}


def is_call(stmt: Apply) -> bool:
    """Whether an operation calls something that may change what other calls have given."""
    return may_change(stmt) and stmt.op not in DERIVATIVES


def is_stranger(stmt: Apply) -> bool:
    """Whether an operation calls something of which nothing is known: what it gives may be changed
    by calls after it.

    Functions of the user's that have a source write into nothing that they have not made.
    """
    if not is_call(stmt) or isinstance(stmt.op, Recursive):
        return False
    if is_read_through(stmt.op):
        return False
    if stmt.op is intrinsics.call or any(isinstance(v.type, Object | Unknown) for v in used(stmt)):
        return True
    owner = getattr(stmt.op, "__self__", None)  # of a method that was bound before
    is_method = owner is not None and not isinstance(owner, types.ModuleType | type | np.ufunc)
    return is_method or stmt.op in CALLING or is_unknown(stmt.op)


class Calls:
    """Which calls the parts of a program make, and what stands before them.

    Attributes
    ----------
    made : dict of Part to set of Apply
        The calls in each part, with those of functions of the program in which some are made.
    before : dict of Part to set of Stmt
        The statements after which one of them is made, there or by whoever has called that part.
    """

    def __init__(self, parts: Parts, counts: Callable[[Apply], bool], later: bool) -> None:
        """``counts`` says which calls; ``later``, that there are some after the program."""
        own = own_calls(parts)
        self.made = {
            part: {
                stmt
                for stmt in statements(function.body.body)
                if isinstance(stmt, Apply) and not isinstance(stmt.op, Recursive) and counts(stmt)
            }
            for part, function in parts.items()
        }
        calling = {part for part, made in self.made.items() if made}
        while new := {part for part in own if any(s.op in calling for s in own[part])} - calling:
            calling |= new
        for part, made in self.made.items():
            made |= {stmt for stmt in own[part] if stmt.op in calling}
        self.before: dict[Part, set[Stmt]] = {part: set() for part in parts}
        followed: dict[Part, bool] = {None: later}
        waiting = list(parts) if calling else []  # without any, before none
        while waiting:
            part = waiting.pop()
            body, is_followed = parts[part].body.body, followed.get(part, False)
            self.before[part] = _before(body, self.made[part], is_followed)
            called = {_function(s) for s in own[part] if s in self.before[part]}
            for op in called - followed.keys():
                followed[op] = True
                waiting.append(op)


def own_calls(parts: Parts) -> dict[Part, list[Apply]]:
    """The calls that each part makes of functions of the program."""
    if len(parts) == 1:
        return {part: [] for part in parts}  # there is none to call
    return {
        part: [
            stmt
            for stmt in statements(function.body.body)
            if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive)
        ]
        for part, function in parts.items()
    }


def _function(stmt: Apply) -> Recursive:
    assert isinstance(stmt.op, Recursive)
    return stmt.op


def _before(body: Iterable[Stmt], calls: set[Apply], later: bool) -> set[Stmt]:
    """The statements after which one of ``calls`` is made, as it is ``later``."""
    found: set[Stmt] = set()
    for stmt in reversed(tuple(body)):
        if later:
            found.add(stmt)
        inside = any(each in calls for each in statements((stmt,)))
        again = inside and isinstance(stmt, For | While)
        for block in blocks(stmt):
            found |= _before(block.body, calls, later or again)
        later = later or inside
    return found


def follow(
    parts: Parts,
    found: dict[Part, set[Var]],
    spread: Callable[[Part, set[Var]], set[Var]],
    back: bool = False,
) -> None:
    """Adds to what is ``found`` in each part what ``spread`` finds from there, through calls of
    functions of the program too: from arguments to parameters, from what a function gives to the
    result of the call, and, if ``back``, from parameters to arguments."""
    own = own_calls(parts)
    before = -1
    while sum(map(len, found.values())) > before:
        before = sum(map(len, found.values()))
        for part in parts:
            found[part] |= spread(part, found[part])
        for part, calls in own.items():
            for call in calls:
                _pass(call, parts[_function(call)], found[part], found[_function(call)], back)


def _pass(call: Apply, function: Function, outside: set[Var], inside: set[Var], back: bool) -> None:
    """Passes on what is found on either side of a call."""
    for param, arg in zip(params_of(function), call.args, strict=True):
        given = {var for var in variables(arg) if has_memory(var)}
        if has_memory(param) and not outside.isdisjoint(given):
            inside.add(param)
        elif back and param in inside:
            outside |= given
    if has_memory(call.target) and not inside.isdisjoint(variables(function.body.results[0])):
        outside.add(call.target)

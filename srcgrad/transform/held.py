"""What a call of which nothing is known has given is copied where a derivative reads it again.

It may be memory that the next call fills with something else, as readers of files do::

    a = x * next(batches)          ->          a = x * copied(next(batches))
    b = x * next(batches)                      b = x * copied(next(batches))

The copy is made where the program reads it; where nothing is called afterwards, there is none.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator

import numpy as np

from srcgrad.analysis.activity import depending_on
from srcgrad.analysis.changing import CALLING, may_change
from srcgrad.analysis.memory import MemoryClasses, has_memory, passing, reads_content
from srcgrad.analysis.unseen_bodies import is_read_through
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, For, Function, Operand, Stmt, Var, While
from srcgrad.ir.ops import DERIVATIVES
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Object, Unknown
from srcgrad.ir.walk import blocks, map_stmt, statements, used, variables
from srcgrad.specialise.writes import is_unknown
from srcgrad.transform.rewrite import Rewriting, rewrite


def hold_results(function: Function, inputs: Iterable[Var], later: bool) -> Function:
    """``function`` with copies of what calls have given, for its derivative.

    Parameters
    ----------
    function : Function
        The typed program, with its writes settled.
    inputs : variables
        With respect to what it is differentiated.
    later : bool
        Whether the derivative runs when others may have called the same.
    """
    body = function.body.body
    given = _shown(body, {s.target for s in _followed(body, later) if has_memory(s.target)})
    if not given:
        return function
    varied, memory = depending_on(body, inputs), MemoryClasses(function.body)
    held = {var for var in given if var not in varied and not memory.is_written(var)}

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and stmt.target in varied and stmt.op in DERIVATIVES:
            read = dict.fromkeys(var for var in reads_content(stmt) if var in held)
            copies: dict[Var, Operand] = {
                var: program.builder.apply(intrinsics.copied, (var,), (), stmt.loc) for var in read
            }
            stmt = map_stmt(stmt, lambda var: copies.get(var, var))
        program.keep(stmt)

    return rewrite(function, step)


def _followed(body: Iterable[Stmt], later: bool) -> Iterator[Apply]:
    """The calls of strangers after which something is called, as it is ``later``."""
    for stmt in reversed(tuple(body)):
        if isinstance(stmt, Apply):
            if later and is_stranger(stmt):
                yield stmt
            later = later or _is_call(stmt)
            continue
        calls = any(isinstance(s, Apply) and _is_call(s) for s in statements((stmt,)))
        again = calls and isinstance(stmt, For | While)
        for block in blocks(stmt):
            yield from _followed(block.body, later or again)
        later = later or calls


def _is_call(stmt: Apply) -> bool:
    """Whether an operation calls something that may change what other calls have given."""
    return may_change(stmt) and stmt.op not in DERIVATIVES


def is_stranger(stmt: Apply) -> bool:
    """Whether an operation calls something of which nothing is known: what it gives may be changed
    by calls after it.

    Functions of the user's that have a source write into nothing that they have not made.
    """
    if not _is_call(stmt) or isinstance(stmt.op, Recursive):
        return False
    if is_read_through(stmt.op):
        return False
    if stmt.op is intrinsics.call or any(isinstance(v.type, Object | Unknown) for v in used(stmt)):
        return True
    owner = getattr(stmt.op, "__self__", None)  # of a method that was bound before
    is_method = owner is not None and not isinstance(owner, types.ModuleType | type | np.ufunc)
    return is_method or stmt.op in CALLING or is_unknown(stmt.op)


def _shown(body: Iterable[Stmt], given: set[Var]) -> set[Var]:
    """The variables that may show what calls have ``given``."""
    if not given:
        return given
    pairs = [pair for stmt in statements(body) for pair in passing(stmt)]
    found, before = set(given), 0
    while len(found) > before:
        before = len(found)
        for target, operand in pairs:
            if not found.isdisjoint(variables(operand)):
                found.update(variables(target))
    return found

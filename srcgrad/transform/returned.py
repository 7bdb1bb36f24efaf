"""Functions that call themselves and give back what they are given, in the end, or a new array.

A merge sort gives back an array of one element as it is, and otherwise a new one that it has
filled.  What such a function gives may be either, so that filling the one looks like writing into
the other.  A copy where it gives back what it is given makes them two::

    def sort(a):                       def sort(a):
        if len(a) <= 1:                    if len(a) <= 1:
            return a             ->            return np.copy(a)
        ...                                ...
        return out                         return out

This is the same program as long as nobody who calls it writes into the one or the other from then
on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of
from srcgrad.analysis.steady import Site, sites_of, stays
from srcgrad.errors import Loc
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Pack,
    Stmt,
    Try,
    Var,
    While,
)
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array
from srcgrad.ir.walk import params_of, targets, variables

Functions = Mapping[Recursive, Function]
Writes = Callable[[Iterable[Stmt]], Iterable[Var]]


def with_copies(functions: Functions) -> dict[Recursive, Function]:
    """The functions, with copies where one may give back what it is given, or something new."""
    return {op: _copied(function) for op, function in functions.items()}


def _copied(function: Function) -> Function:
    (result,) = function.body.results
    parts = result.items if isinstance(result, Pack) else (result,)
    params = {var for var in params_of(function) if has_memory(var)}
    body = replace(function.body, results=parts)
    for place, part in enumerate(parts):
        if isinstance(part, Var) and isinstance(part.type, Array):
            body = _block(body, place, params, function.loc) or body
    if isinstance(result, Pack):
        body = replace(body, results=(replace(result, items=body.results),))
    return replace(function, body=body)


def _block(block: Block, place: int, given: set[Var], loc: Loc) -> Block | None:
    """``block`` with a copy as its result where that is, or shows, one of the arrays ``given``.

    None if nothing is copied.
    """
    result = block.results[place]
    if not isinstance(result, Var):
        return None
    definitions = {var: stmt for stmt in block.body for var in targets(stmt)}
    seen = _seen_through(result, definitions)
    if seen in given:
        copy = Var(result.name, result.type)
        body = (*block.body, Apply(copy, np.copy, (result,), (), loc))
        return replace(block, body=body, results=_put(block.results, place, copy))
    stmt = definitions.get(result)
    if not isinstance(stmt, If) or isinstance(stmt, Try):
        return None
    arms = [_block(arm, stmt.targets.index(result), given, loc) for arm in (stmt.then, stmt.orelse)]
    if arms == [None, None]:
        return None
    new = replace(stmt, then=arms[0] or stmt.then, orelse=arms[1] or stmt.orelse)
    return replace(block, body=tuple(new if each is stmt else each for each in block.body))


def _put(results: tuple[Operand, ...], place: int, operand: Operand) -> tuple[Operand, ...]:
    return (*results[:place], operand, *results[place + 1 :])


def _seen_through(var: Var, definitions: Mapping[Var, Stmt]) -> Var:
    """The array of which ``var`` is a view, or ``var`` itself."""
    stmt = definitions.get(var)
    if isinstance(stmt, Apply) and memory_of(stmt) in (Memory.VIEW, Memory.MAYBE_VIEW):
        source = stmt.args[0]
        return _seen_through(source, definitions) if isinstance(source, Var) else var
    return var


def are_kept_apart(program: Iterable[Function], lent: frozenset[Recursive], writes: Writes) -> bool:
    """Whether it makes no difference if functions ``lent`` give what they are given or a copy.

    It does if one of the two arrays is written after a call, or kept, and if somebody asks which
    array one is, or how it lies in memory.
    """
    for function in program:
        memory = MemoryClasses(function.body)
        for stmt, site in sites_of(function.body):
            if isinstance(stmt, Apply) and (stmt.op in KEEPING or _asks_which(stmt)):
                return False
            if isinstance(stmt, Apply) and stmt.op in lent:
                near = (v for arg in (stmt.target, *stmt.args) for v in variables(arg))
                arrays = {memory.root(var): var for var in near if has_memory(var)}
                if any(_is_written_after(site, var, memory, writes) for var in arrays.values()):
                    return False
    return True


_LYING = ("flags", "strides", "base", "data", "ctypes", "__array_interface__")
_ASKING = frozenset(
    (
        *(np.shares_memory, np.may_share_memory, np.isfortran, id),
        *(getattr(np.ndarray, name) for name in _LYING),
    )
)
"""What tells one array from a copy of it."""


def _asks_which(stmt: Apply) -> bool:
    if stmt.op is getattr:
        return any(isinstance(arg, Const) and arg.value in _LYING for arg in stmt.args[1:])
    return stmt.op in _ASKING


def _is_written_after(site: Site, var: Var, memory: MemoryClasses, writes: Writes) -> bool:
    """Whether memory that ``var`` may show is written after a statement, or in a later trip."""
    for level in (*site.around, site):
        stmt = level.block.body[level.position]
        again = isinstance(stmt, For | While) and stays(stmt, var, memory)
        rest = level.block.body[level.position + (0 if again else 1) :]
        if any(memory.may_share(var, buffer) for buffer in writes(rest)):
            return True
    return False

"""Copies that keep the memory of a pullback out of the caller's hands.

A pullback reads what the forward part left, and the caller may write into the arguments, into
globals and into the value that was returned before calling it.  So whatever it reads and the
caller can reach is copied::

    def f_vjp(x):                          def f_vjp(x):
        y = np.exp(x)                          y = np.exp(x)
        def pullback(y_bar):           ->      def pullback(y_bar):
            return (y_bar * y,)                    return (y_bar * y,)
        return y, pullback                     return y.copy(), pullback
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.analysis.escapes import left_by
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.lists import list_copied
from srcgrad.ir.nodes import Apply, Block, Define, Function, Operand, Stmt, Var
from srcgrad.ir.types import Array, ListOf, PackType, Scalar, Unknown, number_of
from srcgrad.ir.walk import (
    blocks,
    free_in_stmt,
    map_operand,
    operands,
    params_of,
    statements,
    substitute,
    targets,
    variables,
)
from srcgrad.transform.playback import copy_of

_METADATA = (
    *(np.zeros_like, np.ones_like, np.full_like, intrinsics.zero),
    *(np.ndarray.shape, np.ndarray.size, len),
)
"""Operations that read no element of their first operand."""


def protect(function: Function, places: Iterable[Var]) -> Function:
    """``function``, which gives a pullback, with copies of what that shares with the caller.

    Parameters
    ----------
    function : Function
        The simplified program.
    places : variables
        What it reads from outside besides its parameters.
    """
    places = tuple(places)
    inputs = (*params_of(function), *places)
    body = _copy_kept(function.body, inputs, function.loc)
    body = _copy_inputs(body, inputs, places, function.loc)
    return replace(function, body=_copy_results(body, function.loc))


def _copy_kept(body: Block, inputs: tuple[Var, ...], loc: Loc) -> Block:
    """Copies, for the pullback alone, of the arrays that the function keeps in objects.

    Who has the object could write into them between two calls.
    """
    kept = [(s, var) for s in statements(body.body) for var in left_by(s)]
    if not kept:
        return body
    classes = MemoryClasses(body.body)
    roots = {classes.root(var): stmt for stmt, var in kept}
    given = {classes.root(var) for var in inputs}
    copies: dict[Var, Apply] = {}
    read = _read_by_pullback(body)
    (define,) = (stmt for stmt in body.body if isinstance(stmt, Define))
    for var in free_in_stmt(define):
        if var not in read:
            continue
        stmt = roots.get(classes.root(var)) if has_memory(var) else None
        if stmt is None:
            continue
        if classes.root(var) in given or not isinstance(var.type, Array | Unknown):
            message = "a pullback reads an array that the function keeps in an object"
            raise AliasingError(message, stmt.loc, "keep a copy of it, or use value_and_grad")
        copies[var] = Apply(Var(var.name, var.type), np.copy, (var,), (), loc)
    own = {var: copy.target for var, copy in copies.items()}
    protected: list[Stmt] = []
    for each in body.body:
        if isinstance(each, Define):
            protected.extend(copies.values())
            mine = substitute(each.function.body, own)
            each = replace(each, function=replace(each.function, body=mine))
        protected.append(each)
    return replace(body, body=tuple(protected))


def _copy_inputs(body: Block, inputs: tuple[Var, ...], places: tuple[Var, ...], loc: Loc) -> Block:
    """Copies of the inputs that may share memory with what the pullback reads.

    Numbers from outside are read early: their names may mean something else when the pullback is
    called.
    """
    read = _read_by_pullback(body)
    classes = MemoryClasses(body)
    roots = {classes.root(var) for var in read if has_memory(var)}
    renamed: dict[Var, Operand] = {}
    copies: list[Stmt] = []
    for var in inputs:
        if isinstance(var.type, Array | Unknown) and classes.root(var) in roots:
            op: Callable[..., Any] = np.copy
        elif isinstance(var.type, ListOf) and classes.root(var) in roots:
            op = list_copied
        elif isinstance(number_of(var.type), Scalar) and var in read and var in places:
            op = operator.pos
        else:
            continue
        copy = Var(var.name, var.type)
        copies.append(Apply(copy, op, (var,), (), loc))
        renamed[var] = copy
    body = substitute(body, renamed)
    return replace(body, body=(*copies, *body.body))


def _copy_results(body: Block, loc: Loc) -> Block:
    """Copies of those results that may share memory with what the pullback reads."""
    classes = MemoryClasses(body)
    roots = {classes.root(var) for var in _read_by_pullback(body) if has_memory(var)}
    copies: dict[Var, Stmt] = {}

    def copied(var: Var) -> Var:
        if not isinstance(var.type, Array | Unknown | ListOf | PackType):
            return var
        if classes.root(var) not in roots:
            return var
        if var not in copies:
            copies[var] = copy_of(var, loc)
        return targets(copies[var])[0]

    results = tuple(map_operand(result, copied) for result in body.results)
    return Block(body.params, (*body.body, *copies.values()), results)


def _read_by_pullback(body: Block) -> set[Var]:
    """The variables whose content the pullback reads."""
    (define,) = (stmt for stmt in body.body if isinstance(stmt, Define))
    free = free_in_stmt(define)
    read: set[Var] = set()
    for block in (define.function.body, *_inner(define.function.body)):
        for stmt in block.body:
            for position, operand in enumerate(operands(stmt)):
                asked = isinstance(stmt, Apply) and stmt.op in _METADATA and position == 0
                if not asked or _is_list(operand):  # of a list, the length may change
                    read.update(variables(operand))
        read.update(var for result in block.results for var in variables(result))
    return read & set(free)


def _is_list(operand: Operand) -> bool:
    return isinstance(operand, Var) and isinstance(operand.type, ListOf)


def _inner(block: Block) -> list[Block]:
    return [inner for stmt in statements(block.body) for inner in blocks(stmt)]

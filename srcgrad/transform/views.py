"""Views of arrays that are written have to be views.

``np.reshape`` and ``np.ravel`` give a view where they can and a copy where they must, which
depends on the strides and on ``order``.  Where the array is not written any more before the result
is read for the last time, it does not matter which, and the result is taken for a copy; whether
one is made is decided later (:mod:`srcgrad.transform.simplify.zeroing`).  Elsewhere the shadow of
what they give is the same view of a shadow; so a copy is an error when it is made, unless the array
is known to be contiguous::

    y = x.reshape(-1)        ->      y = x.reshape(-1)
                                     if not np.may_share_memory(y, x):
                                         raise ValueError(...)

Where a copy is as likely, as of a transpose or what is computed from one, by
``np.ascontiguousarray``, or by what may be an index or a mask, the program has an arm for each.

A diagonal, or what was broadcast, is always a view, through which nothing can be written.  Where a
branch, a loop or a list hands it on, its shadow would be such a view too, and so it is taken for a
copy there where it can be (:mod:`srcgrad.transform.shadows` refuses it elsewhere).
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from srcgrad.analysis.attempts import deciding
from srcgrad.analysis.layouts import (
    Definition,
    Passed,
    is_c_order,
    is_made_in_order,
    is_surely_view,
    order_of,
    reshapes,
)
from srcgrad.analysis.memory import MemoryClasses, memory_of, sources
from srcgrad.analysis.steady import is_steady, sites_of
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Operand,
    Raise,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import Array, ListOf, Type, Unknown
from srcgrad.ir.walk import blocks, passed_on, statements, variables
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting, rewrite


def check_views(function: Function) -> Function:
    """``function`` with a test behind each operation that may copy an array that is written."""
    function = _detach(function)
    trying = {s.target for s in deciding(function.body.body) if isinstance(s, Apply)}
    checked: list[Var] = []
    asked: list[Var] = []
    either: set[Var] = set()
    everything = statements(function.body.body)
    made: dict[Operand, Apply] = {s.target: s for s in everything if isinstance(s, Apply)}
    passed = passed_on(function.body.body)

    def lies_in_order(stmt: Apply) -> bool:
        return _lies_in_order(stmt, made.get, passed)

    def step(program: Rewriting, stmt: Stmt) -> None:
        base = _viewed(stmt)
        if isinstance(stmt, Apply) and stmt.op in (np.ndarray.flags, np.ndarray.strides):
            asked.extend(variables(stmt.args[0]))
        if base is None or not isinstance(stmt, Apply):
            program.keep(stmt)
            return
        has_to_be = stmt.op is intrinsics.flat_view
        if has_to_be:
            stmt = replace(stmt, op=np.ndarray.reshape, args=(base, Const(-1)))
        if not program.is_stored(stmt.target) or is_surely_view(stmt, program.definition):
            program.keep(stmt)
        else:
            if stmt.target in trying:  # which would catch the error
                message = "whether this is a view of an array that is written cannot be tested"
                raise AliasingError(message, stmt.loc, "take it before the 'try'")
            in_order = base not in either and lies_in_order(stmt)
            if has_to_be or (reshapes(stmt) and in_order):
                program.keep(stmt)
                _check(program, stmt, base)
            else:
                _decide(program, stmt, base)
                either.add(stmt.target)
            if stmt.op is not operator.getitem:
                checked.append(stmt.target)

    return _with_layouts(rewrite(function, step), checked, asked)


def _with_layouts(function: Function, checked: list[Var], asked: list[Var]) -> Function:
    """``function`` with a test that the copies of inputs lie in memory as the inputs do.

    A copy of every other column is contiguous: what is a copy of the columns would be a view of
    that, and no test of ``checked`` views could tell.  Nor is its answer that of the columns where
    a program has ``asked`` for strides or flags.
    """

    def step(program: Rewriting, stmt: Stmt) -> None:
        program.keep(stmt)
        if not isinstance(stmt, Apply) or stmt.op is not np.copy or stmt.loc is not function.loc:
            return  # no copy on entry
        shown = any(program.memory.may_share(stmt.target, var) for var in checked)
        if not shown and not any(program.memory.may_share(stmt.target, var) for var in asked):
            return
        apply, loc = program.builder.apply, stmt.loc
        # Of an axis of length one, the stride means nothing.
        both = (apply(np.ndarray.squeeze, (x,), (), loc) for x in (stmt.args[0], stmt.target))
        strides = (apply(np.ndarray.strides, (x,), (), loc) for x in both)
        name = stmt.target.name or "an input"
        what = "through what may be a view of it" if shown else "and asked how it lies in memory"
        message = f"{name} is written {what}, and is not contiguous"
        moved = apply(operator.ne, tuple(strides), (), loc)
        program.keep(raising(program, moved, message, loc))

    return rewrite(function, step) if checked or asked else function


def _viewed(stmt: Stmt, or_locked: bool = False) -> Var | None:
    """The array of which a statement may give a view, or a copy."""
    asked = (Memory.MAYBE_VIEW, Memory.LOCKED) if or_locked else (Memory.MAYBE_VIEW,)
    if not isinstance(stmt, Apply) or memory_of(stmt) not in asked:
        return None
    base = stmt.args[0]
    if not isinstance(base, Var) or not _may_be_array(base.type):
        return None
    return base if _may_be_array(stmt.target.type) else None


def _may_be_array(type_: Type) -> bool:
    return isinstance(type_, Array) or (isinstance(type_, Unknown) and not type_.number)


# --- copies that nobody can tell from views -------------------------------------------------------


def _detach(function: Function) -> Function:
    """``function`` with operations on copies where these cannot be told from views.

    All are taken for such first, since one may rest on another: ``x.T.ravel().reshape(2, -1)``.
    """
    if not MemoryClasses(function.body).any_written():
        return function
    kept = _locked(function) - _handed_on(function)
    while True:
        copied: dict[Var, Var] = {}
        tried = _with_copies(function, kept, copied)
        memory = MemoryClasses(tried.body)
        placed = [
            (stmt, site)
            for stmt, site in sites_of(tried.body)
            if isinstance(stmt, Apply) and stmt.target in copied
        ]
        copies = [stmt for stmt, _ in placed]
        differing = {
            copied[stmt.target]
            for stmt, site in placed
            if not is_steady(stmt, site, memory, returned=True, others=copies)
        }
        if not differing:
            return tried
        kept |= differing


def _locked(function: Function) -> set[Var]:
    """The views through which nothing can be written."""
    made = (s for s in statements(function.body.body) if isinstance(s, Apply))
    return {stmt.target for stmt in made if memory_of(stmt) is Memory.LOCKED}


def _handed_on(function: Function) -> set[Var]:
    """What branches, loops and lists are given, and the arrays of which that is a view."""
    found: set[Var] = set()
    waiting: list[Operand] = []
    origins: dict[Var, tuple[Operand, ...]] = {}
    for stmt in statements(function.body.body):
        waiting.extend(result for block in blocks(stmt) for result in block.results)
        waiting.extend(stmt.init if isinstance(stmt, For | While) else ())
        if isinstance(stmt, Apply):
            origins[stmt.target] = sources(stmt)
            waiting.extend(stmt.args if isinstance(stmt.target.type, ListOf) else ())
    while waiting:
        for var in variables(waiting.pop()):
            if var not in found:
                found.add(var)
                waiting.extend(origins.get(var, ()))
    return found


def _with_copies(function: Function, kept: set[Var], copied: dict[Var, Var]) -> Function:
    """``function`` with operations on copies, but for those that give ``kept``.

    ``copied`` is told what is computed from each copy.
    """

    def step(program: Rewriting, stmt: Stmt) -> None:
        base = _viewed(stmt, or_locked=True)
        if base is None or not program.is_stored(base) or not isinstance(stmt, Apply):
            program.keep(stmt)
            return
        is_view = is_surely_view(stmt, program.definition)
        if stmt.target in kept or is_view or not _is_by_index(stmt):
            program.keep(stmt)
            return
        own = program.builder.apply(intrinsics.detached, (base,), (), stmt.loc)
        assert isinstance(own, Var)
        own.hint = f"{base.name or base.hint or 'copy'}"
        copied[own] = stmt.target
        program.keep(replace(stmt, args=(own, *stmt.args[1:])))

    return rewrite(function, step)


def _is_by_index(stmt: Apply) -> bool:
    """Whether what an operation gives depends on the elements alone, not on where they lie."""
    return not reshapes(stmt) or order_of(stmt) in ("C", "F")


def _lies_in_order(stmt: Apply, definition: Definition, passed: Passed) -> bool:
    """Whether an operation takes an array in the order in which arrays are made.

    What shows part of another array, or shows it transposed, mostly lies otherwise.
    """
    base = stmt.args[0]
    in_order = isinstance(type_of(base), Array) and is_c_order(stmt)
    return in_order and is_made_in_order(base, definition, passed)


def _check(program: Rewriting, stmt: Apply, base: Var) -> None:
    apply, loc = program.builder.apply, stmt.loc
    shared = apply(np.may_share_memory, (stmt.target, base), (), loc)
    name = stmt.target.name or "this"
    message = (
        f"{name} is a copy of an array that is written, and not a view: it is not contiguous; "
        "if a copy is meant, copy it before, as in A.T.copy()"
    )
    copied = apply(operator.not_, (shared,), (), loc)
    # An empty array shares memory with nothing.
    size = apply(np.ndarray.size, (stmt.target,), (), loc)
    filled = apply(operator.gt, (size, Const(0)), (), loc)
    both = apply(operator.and_, (filled, copied), (), loc)
    program.keep(raising(program, both, message, loc))


def _decide(program: Rewriting, stmt: Apply, base: Var) -> None:
    """A view in one arm, and a copy in the other, of what is not known to be an array or an index.

    ::

        y = x[i]        ->      y = x[i]
                                if np.may_share_memory(y, x):
                                    y = x[i]
                                else:
                                    y = apart(apart(x)[i])
    """
    apply, loc = program.builder.apply, stmt.loc
    probe, view, copy = (replace(stmt, target=Var("", stmt.target.type)) for _ in range(3))
    program.keep(probe)
    shared = apply(np.may_share_memory, (probe.target, base), (), loc)
    assert isinstance(shared, Var)
    shared.hint = f"{stmt.target.name or 'it'}_is_view"
    with program.builder.nested() as viewing:
        program.keep(view)
    with program.builder.nested() as copying:
        own = apply(intrinsics.apart, (base,), (), loc)
        program.keep(replace(copy, args=(own, *stmt.args[1:])))
        result = apply(intrinsics.apart, (copy.target,), (), loc)
    then, orelse = Block((), tuple(viewing), (view.target,)), Block((), tuple(copying), (result,))
    program.keep(If((stmt.target,), shared, then, orelse, loc))


def raising(program: Rewriting, cond: Operand, message: str, loc: Loc) -> If:
    """``if cond: raise ValueError(message)``."""
    with program.builder.nested() as body:
        error = program.builder.apply(ValueError, (Const(message),), (), loc)
        program.builder.emit(Raise(error, None, loc))
    return If((), cond, Block((), tuple(body), ()), Block((), (), ()), loc)

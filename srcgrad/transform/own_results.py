"""What a function with a rule of its own gives, where that or what it was given is written.

Of such a function nothing is known but its rule, and it may give back what it was given.  Where
nobody writes into the one or the other, that makes no difference.  Elsewhere its rule is right only
if the result is memory of its own, as that of almost any function is.  Where its source does not
tell so, the program looks::

    y = f(x)              ->      y = f(x)
    y *= 2                        if np.may_share_memory(y, x):
                                      raise ValueError(...)
                                  y *= 2

Where its source does, that is said of it everywhere: what a function gives that calls itself may
be written by whoever calls it first.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping

import numpy as np

from srcgrad.analysis.attempts import deciding
from srcgrad.analysis.memory import MemoryClasses, has_memory
from srcgrad.errors import AliasingError
from srcgrad.ir.nodes import Apply, Const, Function, Operand, Stmt, Var
from srcgrad.ir.ops import DERIVATIVES, OPS, Ruled
from srcgrad.ir.recursion import Recursive, altered_by
from srcgrad.ir.types import Known, ListOf, Object, PackType, Unknown
from srcgrad.ir.walk import statements, variables
from srcgrad.specialise.ruled import Found
from srcgrad.transform.arguments import spelled
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.views import raising


def own_results(function: Function, known: Mapping[Var, Found]) -> Function:
    """``function`` with the results of rules' functions in memory of their own, where it matters.

    Parameters
    ----------
    function : Function
        The typed program, its augmented assignments as they are.
    known : mapping of Var to Found
        What the source of such functions tells of their results.
    """
    every = tuple(statements(function.body.body))
    if not any(_is_ruled(stmt) for stmt in every):
        return function
    memory, written = _written(function)
    trying = {s.target for s in deciding(function.body.body) if isinstance(s, Apply)}
    several: list[Apply] = []

    def step(program: Rewriting, stmt: Stmt) -> None:
        is_ruled = isinstance(stmt, Apply) and _is_ruled(stmt) and has_memory(stmt.target)
        if not is_ruled or not isinstance(stmt, Apply):
            program.keep(stmt)
            return
        found = known.get(stmt.target, Found())
        own = Apply(stmt.target, Ruled(stmt.op), stmt.args, stmt.kwargs, stmt.loc)
        if memory.root(stmt.target) not in written:
            program.keep(own if found.is_own and not found.is_container else stmt)
            return
        program.keep(own)
        if found.is_kept:
            message = f"{_named(own)}, and what it gives may not be its own to write"
            raise AliasingError(message, stmt.loc, f"let {spelled(own.op)} give a copy")
        if not found.is_own:
            _check(program, own, found, stmt.target in trying)
        elif found.is_container:
            several.append(own)

    made = rewrite(function, step)
    if several:
        _refuse_parts(made, several)
    return made


def _written(function: Function) -> tuple[MemoryClasses, set[Var]]:
    """Which variables of a program may share memory, and the classes that are written."""
    memory = MemoryClasses(function.body)
    altered = (var for stmt in statements(function.body.body) for var in _altered(stmt))
    return memory, {memory.root(var) for var in altered if has_memory(var)}


def _refuse_parts(function: Function, several: Iterable[Apply]) -> None:
    """Refuses writes into parts of what functions give: of one in a container, there is no shadow
    beside it."""
    memory, written = _written(function)
    for stmt in several:
        if memory.root(stmt.target) in written:
            message = f"{_named(stmt)}, and a part of what it gives is written"
            raise AliasingError(message, stmt.loc, "write into a copy of the part: part.copy()")


def _named(stmt: Apply) -> str:
    return f"{spelled(stmt.op)} has a rule of its own"


def _is_ruled(stmt: Stmt) -> bool:
    return isinstance(stmt, Apply) and stmt.op in DERIVATIVES and stmt.op not in OPS


def _altered(stmt: Stmt) -> Iterable[Var]:
    """What a statement may write into; of a function that calls itself it is not known yet."""
    if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
        return [var for arg in stmt.args for var in variables(arg)]
    return altered_by(stmt)


def _check(program: Rewriting, stmt: Apply, found: Found, is_tried: bool) -> None:
    """A test at run time that the result of ``stmt`` shares memory with none of its operands."""
    apply, loc, y = program.builder.apply, stmt.loc, stmt.target
    name = spelled(stmt.op)
    operands = (*stmt.args, *(operand for _, operand in stmt.kwargs))
    given = dict.fromkeys(v for x in operands for v in variables(x) if _may_be_shown(v))
    hint = f"let {name} give a copy"
    if is_tried:  # which would catch the error
        message = f"whether what {name} gives is memory of its own cannot be tested in a 'try'"
        raise AliasingError(message, loc, hint)
    in_container = any(isinstance(var.type, ListOf | Object | PackType) for var in (y, *given))
    if in_container or found.is_container:
        message = f"what {name} gives may be what it was given, and one of the two is written"
        raise AliasingError(message, loc, hint)
    containers = Const((list, tuple, dict))
    tests: list[Operand] = [
        apply(isinstance, (var, containers), (), loc)
        for var in (y, *given)
        if isinstance(var.type, Unknown) and not var.type.number
    ]
    tests += [apply(np.may_share_memory, (y, var), (), loc) for var in given]
    if not tests:
        return
    shared = functools.reduce(lambda a, b: apply(operator.or_, (a, b), (), loc), tests)
    either = " or is a container," if len(tests) > len(given) else ""
    message = (
        f"what {name} gives shares memory with what it was given,{either} and one of the two is "
        "written: let it give a copy"
    )
    program.keep(raising(program, shared, message, loc))


def _may_be_shown(var: Var) -> bool:
    """Whether an array may show what is in ``var``."""
    is_text = isinstance(var.type, Object) and issubclass(var.type.cls, str | bytes)
    return has_memory(var) and not isinstance(var.type, Known) and not is_text

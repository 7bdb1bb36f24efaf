"""Arguments that the function writes are copied on entry: a gradient changes nothing of its caller.

::

    def f(A, x):                          def f(A, x):
        A[0] = x               ->             A = np.copy(A)
        ...                                   A[0] = x

The copy has all that the function reads of its argument, but for strides and flags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir.nodes import Apply, Function, Operand, Stmt, Var
from srcgrad.ir.types import Object
from srcgrad.ir.walk import params_of, substitute
from srcgrad.transform.rewrite import Rewriting, Step, rewrite


def own_inputs(
    function: Function, places: Iterable[Var], keep_apart: Callable[[Var], None]
) -> Function:
    """``function`` working on copies of the inputs that it writes.

    Parameters
    ----------
    function : Function
        A program in the typed dialect.
    places : variables
        What it reads from outside besides its parameters.
    keep_apart : callable
        Told of each input that is written: it must share no memory with another.
    """
    memory = MemoryClasses(function.body)
    if not memory.any_written():
        return function
    copies: list[Stmt] = []
    renamed: dict[Var, Operand] = {}
    for var in (*params_of(function), *places):
        if not isinstance(var.type, Object) and memory.is_written(var):
            keep_apart(var)
            own = Var(var.name, var.type)
            renamed[var] = own
            copies.append(Apply(own, np.copy, (var,), (), function.loc))
    if not copies:
        return function
    body = substitute(function.body, renamed)
    whole = replace(function, body=replace(body, body=(*copies, *body.body)))
    return rewrite(whole, _ask({own: var for var, own in renamed.items()}))


def _ask(originals: Mapping[Operand, Var]) -> Step:
    """A step that has inputs asked how they lie in memory, and which they are, not their copies."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and stmt.op in (np.ndarray.flags, np.ndarray.strides, id):
            asked = originals.get(stmt.args[0])
            stmt = stmt if asked is None else replace(stmt, args=(asked,))
        program.keep(stmt)

    return step

"""What is kept in objects from outside, as copies where the derivative may write into it."""

from __future__ import annotations

import numpy as np

from srcgrad.analysis.escapes import Handing, filled_and_kept
from srcgrad.ir.nodes import Apply, Function, Operand, Stmt, Var
from srcgrad.ir.walk import substitute_in
from srcgrad.transform.rewrite import Rewriting, rewrite


def keep_copies(function: Function, handing: Handing) -> Function:
    """``function`` with ``log.append(u.copy())`` for ``log.append(u)``, if it has filled ``u``.

    ``handing`` says which arguments the functions of the program keep.

    Raises
    ------
    AliasingError
        If a copy would not do.
    """
    wanted = filled_and_kept(function, handing)
    if not wanted:
        return function

    def step(program: Rewriting, stmt: Stmt) -> None:
        copied = wanted.get(stmt.target, ()) if isinstance(stmt, Apply) else ()
        copies: dict[Var, Operand] = {}
        for var in copied:
            array = program.renamed.get(var, var)
            copies[var] = program.builder.apply(np.ndarray.copy, (array,), (), stmt.loc)
        program.keep(substitute_in(stmt, copies) if copies else stmt)

    return rewrite(function, step)

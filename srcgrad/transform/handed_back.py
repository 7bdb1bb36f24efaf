"""Functions that call themselves and give back the very array that they are given and write.

Whoever calls one has that array already, so that it need not be given back::

    def smooth(u, n):                       def smooth(u, n):
        if n == 0:                              if n == 0:
            return u                                return
        u[1:-1] = (u[:-2] + u[2:]) / 2          u[1:-1] = (u[:-2] + u[2:]) / 2
        return smooth(u, n - 1)       ->        smooth(u, n - 1)
    ...                                     ...
    y = smooth(x, n)                        smooth(x, n)
                                            y = x

This is the same program if the function gives that array on every way.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import replace

from srcgrad.ir.nodes import Apply, Const, Function, If, Operand, Stmt, Try, Var
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import UNKNOWN, Array
from srcgrad.ir.walk import params_of, statements, targets
from srcgrad.specialise.values import is_undefined
from srcgrad.transform.rewrite import Rewriting, rewrite

Functions = Mapping[Recursive, Function]


def kept_by_callers(
    main: Function, functions: Functions, written: Mapping[Recursive, frozenset[int]]
) -> tuple[Function, Functions]:
    """The program in which functions that give back an array that they write give nothing."""
    given = {op: found & written[op] for op, found in _given(functions).items()}
    places = {op: min(found) for op, found in given.items() if found}
    if not places:
        return main, functions
    new = {op: _giving_nothing(function, op in places) for op, function in functions.items()}
    return _keeping(main, places), {op: _keeping(each, places) for op, each in new.items()}


def _giving_nothing(function: Function, does: bool) -> Function:
    if not does:
        return function
    return replace(function, body=replace(function.body, results=(Const(None),)))


def _keeping(function: Function, places: Mapping[Recursive, int]) -> Function:
    """``function``, which reads what it has given to a call instead of what that gave back."""

    def step(program: Rewriting, stmt: Stmt) -> None:
        if not isinstance(stmt, Apply) or not isinstance(stmt.op, Recursive):
            program.keep(stmt)
            return
        place = places.get(stmt.op)
        if place is None:
            program.keep(stmt)
            return
        array = stmt.args[place]
        program.keep(replace(stmt, target=Var("", UNKNOWN)))
        if isinstance(array, Var) and array.type == stmt.target.type:
            program.rename(stmt.target, array)
        else:  # of which something else is known
            program.keep(replace(stmt, op=operator.getitem, args=(array, Const(Ellipsis))))

    return rewrite(function, step)


# --- what is given back ---------------------------------------------------------------------------


def _given(functions: Functions) -> dict[Recursive, frozenset[int]]:
    """The parameters of which each function gives one and the same array on every way.

    All that is believed at first is believed until a way is found that gives something else.
    """
    given = {
        op: frozenset(range(len(function.params)))
        if isinstance(function.body.results[0], Var)
        else frozenset[int]()
        for op, function in functions.items()
    }
    while True:
        found = {op: given[op] & _of_function(each, given) for op, each in functions.items()}
        if found == given:
            return found
        given = found


def _of_function(function: Function, given: Mapping[Recursive, frozenset[int]]) -> frozenset[int]:
    params = list(params_of(function))
    definitions = {var: s for s in statements(function.body.body) for var in targets(s)}
    anything = frozenset(range(len(params)))

    def places(operand: Operand) -> frozenset[int]:
        """The parameters that ``operand`` certainly is."""
        if is_undefined(operand):
            return anything
        if not isinstance(operand, Var) or not isinstance(operand.type, Array):
            return frozenset()
        if operand in params:
            return frozenset([params.index(operand)])
        stmt = definitions.get(operand)
        if isinstance(stmt, If) and not isinstance(stmt, Try):
            k = stmt.targets.index(operand)
            return places(stmt.then.results[k]) & places(stmt.orelse.results[k])
        if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
            return frozenset[int]().union(*(places(stmt.args[i]) for i in given[stmt.op]))
        return frozenset()

    return places(function.body.results[0])

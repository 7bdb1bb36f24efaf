"""Values of which only the elements are asked for: there a tuple is as good as a list.

``d.get(k, ())`` of a dict of lists is a list or a tuple.  Nobody can tell which where a loop runs
over it, or a builtin takes its elements or counts them.
"""

from __future__ import annotations

import itertools
import operator
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, ForEach, Free, If, Invoke, Operand, Pack, Star, Stmt, Var
from srcgrad.ir.walk import blocks, operands, variables
from srcgrad.specialise import calls, containers
from srcgrad.specialise.values import Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_TAKING = frozenset(
    (
        *(all, any, bool, enumerate, iter, len, list, max, min, reversed, set),
        *(sorted, sum, tuple, zip, itertools.chain, itertools.product, itertools.combinations),
        *(
            intrinsics.generated,
            intrinsics.pack,
            intrinsics.truth,
            operator.contains,
            operator.not_,
        ),
        *(np.array, np.asarray, np.sum, np.mean),
    )
)
"""What takes the elements of each of its arguments that is a list, as it takes those of a tuple."""


def of_list(sp: Specialiser, value: Value) -> Value:
    """``value``, what is given in place of a list: of ``()``, of which only the elements are asked
    for by the statement at hand, an empty list."""
    return containers.make_list(sp, ()) if _is_empty(value) and _are_asked(sp) else value


def _is_empty(value: Value) -> bool:
    if isinstance(value, Const):
        return type(value.value) is tuple and not value.value
    return isinstance(value, Pack) and value.kind is tuple and not value.items


def _are_asked(sp: Specialiser) -> bool:
    """Whether what the statement at hand gives is only asked for its elements."""
    running = sp.running[-1]
    now = running.now
    if not isinstance(now, Invoke) or running.frame.scope.trusted:
        return False
    return _are_taken(sp, now.target, running.block, running.frame)


def _are_taken(sp: Specialiser, var: Var, block: Block, frame: Frame) -> bool:
    if any(var in variables(result) for result in block.results):
        return False
    return all(_takes(sp, var, stmt, frame) for stmt in block.body)


def _takes(sp: Specialiser, var: Var, stmt: Stmt, frame: Frame) -> bool:
    """Whether a statement, and those in it, do no more with a value."""
    match stmt:
        case ForEach():
            read: tuple[Operand, ...] = stmt.init
        case If():
            read = ()  # whether there are any
        case Invoke() if _is_taking(sp, stmt, var, frame):
            read = ()
        case _:
            read = operands(stmt)
    if any(var in variables(operand) for operand in read):
        return False
    return all(_are_taken(sp, var, block, frame) for block in blocks(stmt))


def _is_taking(sp: Specialiser, stmt: Invoke, var: Var, frame: Frame) -> bool:
    called: Value = stmt.callee
    if isinstance(stmt.callee, Free):
        called = sp.passed(stmt.callee, frame, stmt.loc)
    if not isinstance(called, Const) or not calls.find(_TAKING, called.value):
        return False
    whole = (arg.operand if isinstance(arg, Star) else arg for arg in stmt.args)
    if called.value is intrinsics.pack:  # only what is starred there is taken apart
        whole = (arg.operand for arg in stmt.args if isinstance(arg, Star))
    taken = sum(arg is var for arg in whole)
    others = sum(var in variables(value) for _, value in stmt.kwargs)
    return not others and taken == sum(each is var for a in stmt.args for each in variables(a))

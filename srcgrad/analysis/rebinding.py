"""Augmented assignments to arrays that are as good as rebindings.

``x += e`` writes into the array behind ``x``.  Where nobody else can see that array (it was made
here, and no other name, view or container leads to it) the statement means ``x = x + e``, and that
is what it becomes.  Elsewhere it is a write, which is refused.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.analysis.sites import END, OUTSIDE, Sites, Where
from srcgrad.errors import AliasingError, UnknownTypeError
from srcgrad.ir.nodes import Apply, Const, Function, Stmt, Var
from srcgrad.ir.types import (
    Array,
    Dim,
    Scalar,
    Type,
    Unknown,
    dims_of,
    dtype_of,
    is_not_one,
    number_of,
    same_dtype,
)
from srcgrad.ir.walk import statements, variables
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.structure import IN_PLACE
from srcgrad.transform.rewrite import Rewriting, rewrite


def rebind(function: Function, outside: set[Var]) -> Function:
    """``function`` with augmented assignments to private arrays made rebindings.

    Raises
    ------
    AliasingError
        If the array may be seen under another name.
    """
    every = statements(function.body.body)
    writes = [s for s in every if isinstance(s, Apply) and s.op in IN_PLACE]
    if not writes:
        return function
    facts = Sites(function, outside)
    for write in writes:
        _check(facts, write)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and stmt.op in IN_PLACE:
            _rebind(program, stmt)
        else:
            program.keep(stmt)

    return rewrite(function, step)


def _check(facts: Sites, stmt: Apply) -> None:
    """Raises AliasingError if the array that ``stmt`` writes may be seen otherwise."""
    (target,) = list(variables(stmt.args[0]))
    name = target.name or "x"
    hint = f"write `{name} = {name} ...` with the operator, which makes a new array"
    sites = facts.sites[target]
    if OUTSIDE in sites:
        message = "this augmented assignment writes into an array from outside the function"
        raise AliasingError(message, stmt.loc, hint)
    here = facts.defined[stmt.target][:-1]
    for var in dict.fromkeys(var for site in sites for var in facts.showing[site]):
        if var is stmt.target:
            continue
        if any(_shows(facts, var, read, here) for read in facts.reads.get(var, ())):
            message = "the array that this augmented assignment writes has another name"
            raise AliasingError(message, stmt.loc, hint)


def _shows(facts: Sites, var: Var, read: Where, here: Where) -> bool:
    """Whether ``var``, read at ``read``, may show what is written at ``here``.

    What is defined after the write shows it rightly: it comes from the result.
    """
    defined = facts.defined.get(var, ())
    if read > here and not (defined > here) and not _exclusive(read, here, facts.loops):
        return True
    # Any other read shows the write only in a later trip of a loop around both, if the value is
    # not made anew in each trip.  So may the write itself: `y = base; y += 1`.
    return any(
        len(read) > len(loop)
        and read[: len(loop)] == loop
        and here[: len(loop)] == loop
        and (defined[: len(loop)] != loop or defined[len(loop)] == END)
        for loop in facts.loops
    )


def _exclusive(a: Where, b: Where, loops: set[Where]) -> bool:
    """Whether two places are in different arms of one branch, outside of loops around it."""
    common = 0
    while common < min(len(a), len(b)) and a[common] == b[common]:
        common += 1
    return common % 2 == 1 and a[:common] not in loops


def _rebind(program: Rewriting, stmt: Apply) -> None:
    """``x = x + e`` in the dtype of ``x``, whose shape it has."""
    target, operand = stmt.args
    name = stmt.target.name
    _check_known(type_of(target), type_of(operand), stmt)
    value = program.builder.apply(IN_PLACE[stmt.op], stmt.args, (), stmt.loc, name)
    have, want = dims_of(type_of(value)), dims_of(type_of(target))
    keeps = _keeps_shape(type_of(operand), want)
    if stmt.op is operator.imatmul:
        keeps = have is not None and want is not None and len(have) == len(want)
    if not keeps:
        raise AliasingError(
            "this augmented assignment might change the shape of the array",
            stmt.loc,
            f"write `{name} = {name} ...`",
        )
    wanted = dtype_of(type_of(target))
    if wanted is not None and not same_dtype(dtype_of(type_of(value)), wanted):
        _check_cast(dtype_of(type_of(value)), wanted, stmt)
        dtype = Const(wanted.type)
        value = program.builder.apply(np.ndarray.astype, (value, dtype), (), stmt.loc, name)
    if want == () and isinstance(type_of(value), Scalar):
        value = program.builder.apply(np.asarray, (value,), (), stmt.loc, name)
    program.rename(stmt.target, value)


def _check_known(target: Type, operand: Type, stmt: Apply) -> None:
    """A value that may be an array or a number keeps its dtype or not, as it happens."""
    number = number_of(operand)
    if not isinstance(target, Unknown) or (isinstance(number, Scalar) and number.python):
        return
    name = stmt.target.name or "x"
    message = f"whether {name} is an array or a number is not known here, and `+=` depends on it"
    hint = f"write `{name} = {name} ...`, or start with an array, as in np.zeros_like"
    raise UnknownTypeError(message, stmt.loc, hint)


def _check_cast(have: np.dtype[Any] | None, wanted: np.dtype[Any], stmt: Apply) -> None:
    """NumPy does not write floats into an array of integers."""
    if have is not None and np.can_cast(have, wanted, "same_kind"):
        return
    kind = "a value of unknown dtype" if have is None else str(have)
    message = f"this augmented assignment writes {kind} into an array of {wanted}"
    name = stmt.target.name or "x"
    raise UnknownTypeError(message, stmt.loc, f"write `{name} = {name} ...`, or cast with astype")


def _keeps_shape(operand: Type, dims: tuple[Dim, ...] | None) -> bool:
    """Whether adding something of this type to an array of ``dims`` does not broadcast the array.

    That is so wherever NumPy performs the statement; only what can never be is refused.
    """
    number = number_of(operand)
    if isinstance(number, Scalar):
        return True
    if dims is None or not isinstance(number, Array) or number.ndim > len(dims):
        return False
    pairs = zip(reversed(number.dims), reversed(dims), strict=False)
    return all(a == 1 or b != 1 or not is_not_one(a) for a, b in pairs)

"""Whether two values are one object: what ``is`` asks, and whether a copy of both is one.

A variable of the typed program stands for one object.  Two variables are two objects for certain
where one is made by an operation that always makes a new one, and the other is there without it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srcgrad.analysis.memory import MemoryClasses, is_fresh
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Stmt, Var
from srcgrad.ir.ops import AUGMENTED
from srcgrad.ir.recursion import altered_by
from srcgrad.ir.types import Array, ListOf, Scalar, Type, number_of
from srcgrad.ir.walk import statements, targets, variables
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.missing import ARITHMETIC

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


@dataclass(frozen=True)
class Twins:
    """Two arrays that ``copy.deepcopy`` has copied, and that may be one: so may their copies.

    A list that holds arrays stands for each of them, and beside itself for two.
    """

    arrays: tuple[Var, Var]
    copies: tuple[Var, Var]
    loc: Loc


def refuse_written(sp: Specialiser, body: Sequence[Stmt]) -> None:
    """Refuses to write into copies of two arrays that may be one, and then have one copy.

    Raises
    ------
    AliasingError
        Where they are copied, unless they are arguments, of which a guard says that they are two.
    """
    if not sp.twins:
        return
    memory = MemoryClasses(body)
    buffers = {memory.root(buffer) for buffer in _written(body)}
    inside = {v for f in sp.recursion.functions.values() for v in _defined(f.body.body)}
    for twins in sp.twins:
        followed = inside.isdisjoint(twins.copies)  # not what functions that call themselves give
        if followed and not any(memory.root(copied) in buffers for copied in twins.copies):
            continue
        if not all(map(sp.inputs.place_of, twins.arrays)):
            message = "arrays are copied here that may be one, and a copy is written"
            in_list = any(isinstance(each.type, ListOf) for each in twins.arrays)
            hint = "[x.copy() for x in xs]" if in_list else "x.copy()"
            raise AliasingError(message, twins.loc, f"copy each of them: {hint}")
        sp.inputs.keep_apart(twins.arrays[0])


def _written(body: Sequence[Stmt]) -> Iterator[Var]:
    for stmt in statements(body):
        yield from altered_by(stmt)


def _defined(body: Sequence[Stmt]) -> Iterator[Var]:
    return (var for stmt in statements(body) for var in targets(stmt))


def is_one(sp: Specialiser, a: Var, b: Var) -> bool | None:
    """Whether two variables are one array, or one number; None if that is not known."""
    a, b = itself(sp, a), itself(sp, b)
    if a is b:
        return True
    if any({a, b} == set(twins.copies) for twins in sp.twins):
        return None
    if _differ(number_of(a.type), number_of(b.type)):
        return False
    made = [_is_made(sp, var) for var in (a, b)]
    return False if all(made) or (any(made) and any(map(sp.inputs.place_of, (a, b)))) else None


def _differ(a: Type, b: Type) -> bool:
    """Whether two types are none of one object."""
    if not isinstance(a, Array) or not isinstance(b, Array):
        return {type(a), type(b)} == {Array, Scalar}
    if a.dtype != b.dtype or len(a.dims) != len(b.dims):
        return True
    pairs = zip(a.dims, b.dims, strict=True)
    return any(isinstance(m, int) and isinstance(n, int) and m != n for m, n in pairs)


def itself(sp: Specialiser, var: Var) -> Var:
    """The array that ``x += y``, or ``np.asarray(x)``, gives back."""
    stmt = sp.builder.definitions.get(var)
    while stmt is not None and _gives_back(stmt) and isinstance(stmt.args[0], Var):
        var = stmt.args[0]
        stmt = sp.builder.definitions.get(var)
    return var


def _gives_back(stmt: Apply) -> bool:
    converts = stmt.op in (np.asarray, np.asanyarray) and len(stmt.args) == 1 and not stmt.kwargs
    if stmt.op in (intrinsics.present, intrinsics.tested):
        return True
    return stmt.op in AUGMENTED or (converts and _is_array(type_of(stmt.args[0])))


def _is_made(sp: Specialiser, var: Var) -> bool:
    """Whether a variable is what an operation has made, a new object for certain."""
    stmt = sp.builder.definitions.get(var)
    if stmt is None:
        return False
    type_ = number_of(var.type)
    if isinstance(type_, Array):
        return is_fresh(stmt) or _is_view_of_its_own(stmt)
    return isinstance(type_, Scalar) and type_.dtype.kind in "fc" and _is_new_number(stmt)


def _is_view_of_its_own(stmt: Apply) -> bool:
    return stmt.op in _VIEWS and _is_array(type_of(stmt.args[0]))


_VIEWS = (
    *(operator.getitem, np.transpose, np.ndarray.transpose, np.ndarray.T),
    *(np.reshape, np.ndarray.reshape, np.ravel, np.ndarray.ravel, np.broadcast_to),
    *(np.swapaxes, np.ndarray.swapaxes, np.moveaxis, np.expand_dims),
)
"""Operations whose result is an array of its own, though it shares memory with the operand."""


def _is_new_number(stmt: Apply) -> bool:
    """Whether an operation gives a number that is none of its operands: as ``+s`` may be."""
    if isinstance(stmt.op, np.ufunc) or stmt.op in ARITHMETIC - {operator.pos}:
        return True
    return all(_is_array(var.type) for arg in stmt.args for var in variables(arg))


def _is_array(type_: Type) -> bool:
    return isinstance(number_of(type_), Array)

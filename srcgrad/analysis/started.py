"""Sums that start as a number, and are arrays from the first trip of a loop on.

::

    total = 0
    for row in A:
        total += row

What ``total`` is before ``+=`` is not known: the number, or an array.  But that array was made by
the statement itself, and so it is of the type of what is added.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping

from srcgrad.ir.nodes import Apply, For, If, Operand, Stmt, Try, Var, While
from srcgrad.ir.types import Array, Dim, Length, Scalar, Type, Unknown, number_of
from srcgrad.specialise.augmented import IN_PLACE
from srcgrad.specialise.builder import type_of

Sources = Mapping[Var, tuple[Operand, ...]]


def sums_of_arrays(body: Iterable[Stmt]) -> dict[Var, Array]:
    """What augmented assignments to a number or an array give, with the type of that array."""
    every = tuple(body)
    added = {s.target: s for s in every if isinstance(s, Apply) and s.op in IN_PLACE}
    sources = _sources(every)
    found: dict[Var, Array] = {}
    for target, stmt in added.items():
        if isinstance(type_of(stmt.args[0]), Unknown):
            array = _array(stmt.args[0], sources, added)
            if array is not None:
                found[target] = array
    return found


def _sources(every: Iterable[Stmt]) -> Sources:
    """Where the values come from that branches give, and those that loops carry."""
    found: dict[Var, tuple[Operand, ...]] = {}
    for stmt in every:
        if isinstance(stmt, If) and not isinstance(stmt, Try):
            arms = zip(stmt.then.results, stmt.orelse.results, strict=True)
            found.update(zip(stmt.targets, arms, strict=True))
        elif isinstance(stmt, For | While):
            pairs = tuple(zip(stmt.init, stmt.body.results, strict=True))
            conds = stmt.cond.params if isinstance(stmt, While) else ()
            for variables in (stmt.targets, stmt.carried, conds):
                found.update(zip(variables, pairs, strict=False))
    return found


def _array(start: Operand, sources: Sources, added: Mapping[Var, Apply]) -> Array | None:
    """The type of ``start`` where it is an array, if all that it may be is a number, or what was
    added to that."""
    seen: set[Operand] = set()
    stack, types = [start], set[Type]()
    while stack:
        operand = stack.pop()
        if operand in seen:
            continue
        seen.add(operand)
        stmt = added.get(operand) if isinstance(operand, Var) else None
        if isinstance(operand, Var) and operand in sources:
            stack.extend(sources[operand])
        elif stmt is not None:
            if stmt.op is operator.imatmul:
                return None
            stack.append(stmt.args[0])
            types.add(number_of(type_of(stmt.args[1])))
        elif isinstance(number := number_of(type_of(operand)), Scalar):
            types.add(number)
        else:
            return None
    arrays = [type_ for type_ in types if isinstance(type_, Array)]
    if len(arrays) != 1 or not _is_lasting(arrays[0]):
        return None
    others = types.difference(arrays)
    return arrays[0] if all(_leaves_dtype(type_, arrays[0]) for type_ in others) else None


def _leaves_dtype(type_: Type, array: Array) -> bool:
    """Whether a number and an array of floats of this type give an array of the same type."""
    if not isinstance(type_, Scalar) or type_.dtype.kind not in "iubf":
        return False
    return type_.python is True or type_.dtype == array.dtype


def _is_lasting(array: Array) -> bool:
    """Whether arrays of floats of a type are of one shape in every trip of a loop."""
    is_float = array.dtype.kind == "f" and array.instead is None
    return is_float and array.ndim > 0 and all(map(_is_fixed, array.dims))


def _is_fixed(dim: Dim) -> bool:
    return isinstance(dim, int) or (isinstance(dim, Length) and dim.symbol.fixed)

"""Which numbers are Python's, or NumPy's, already, and need no ``float()`` to be handed out.

A cotangent is typed as a number that may be Python's or NumPy's, because a sum of several may be
either.  Often all that goes into it is Python's: then arithmetic keeps it so, around loops too.
Passes that make numbers of cotangents, as ``4.0`` of the sum of four ones, leave the types of what
is computed from them as they are: NumPy's is what one of NumPy's went into.

Types alone do not say it: what a loop carries as a Python float may start as an int, and is one
still where the loop makes no trip.
"""

from __future__ import annotations

import math
import operator

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import NOTHING, Apply, Const, For, Function, If, Operand, Stmt, Var, While
from srcgrad.ir.types import FLOAT64, PY_FLOAT, Array, Scalar, number_of
from srcgrad.ir.walk import free_in_block, params_of, statements, targets
from srcgrad.specialise.builder import type_of

_ARITHMETIC = frozenset((operator.add, operator.sub, operator.mul, operator.neg))


class _Flow:
    """What flows into the variables of a function."""

    def __init__(self, function: Function) -> None:
        self._definitions: dict[Var, Stmt] = {}
        self._positions: dict[Var, int] = {}
        self._stacks: dict[Var, Operand] = {}
        self._inputs = {*params_of(function), *free_in_block(function.body)}
        for stmt in statements(function.body.body):
            for i, var in enumerate(targets(stmt)):
                self._define(var, stmt, i)
            if isinstance(stmt, For | While):
                for params in _carried(stmt):
                    for i, var in enumerate(params):
                        self._define(var, stmt, i)
            if isinstance(stmt, For):
                elements = stmt.body.params[1 + len(stmt.init) :]
                self._stacks.update(zip(elements, stmt.stacks, strict=True))

    def _define(self, var: Var, stmt: Stmt, position: int) -> None:
        self._definitions[var] = stmt
        self._positions[var] = position

    def _saved(self, stack: Operand) -> tuple[Operand, ...] | None:
        """What the loop that made a stack put into it."""
        made = self._definitions.get(stack) if isinstance(stack, Var) else None
        if isinstance(stack, Var) and isinstance(made, For | While):
            return (made.body.results[self._positions[stack]],)
        return None

    def _joined(self, var: Operand) -> tuple[Operand, ...] | None:
        """What comes together in a variable, of stacks, branches and loops; None elsewhere."""
        if not isinstance(var, Var):
            return None
        if var in self._stacks:
            return self._saved(self._stacks[var])
        stmt, i = self._definitions.get(var), self._positions.get(var, 0)
        match stmt:
            case If():
                # What was saved in one arm is read where that arm ran.
                arms = (stmt.then.results[i], stmt.orelse.results[i])
                return tuple(arm for arm in arms if arm is not NOTHING)
            case For() | While() if i < len(stmt.init):
                return (stmt.init[i], stmt.body.results[i])
        return None


class NumpyNumbers(_Flow):
    """The numbers of a function that are certainly NumPy's."""

    def __contains__(self, operand: Operand) -> bool:
        """Whether a number is NumPy's: found by taking all that flow into it for NumPy's, until
        no more turn out not to be."""
        flowing = self._flowing_into(operand)
        others: set[Operand] = set()
        while more := {one for one in flowing if not self._is_numpys(one, others)} - others:
            others |= more
        return operand not in others

    def _flowing_into(self, operand: Operand) -> set[Operand]:
        found: set[Operand] = set()
        waiting = [operand]
        while waiting:
            operand = waiting.pop()
            if operand not in found:
                found.add(operand)
                waiting.extend((*(self._joined(operand) or ()), *self._terms(operand)))
        return found

    def _terms(self, operand: Operand) -> tuple[Operand, ...]:
        """The operands of the arithmetic that gives a number."""
        stmt = self._definitions.get(operand) if isinstance(operand, Var) else None
        is_arithmetic = isinstance(stmt, Apply) and stmt.op in (*_ARITHMETIC, operator.truediv)
        return stmt.args if is_arithmetic and isinstance(stmt, Apply) else ()

    def _is_numpys(self, operand: Operand, others: set[Operand]) -> bool:
        type_ = number_of(type_of(operand))
        if not isinstance(type_, Scalar):
            return isinstance(type_, Array)  # the sum of a number and an array is NumPy's
        joined = self._joined(operand)
        if joined is not None:
            return not any(one in others for one in joined)
        terms = self._terms(operand)
        if terms:
            return not all(one in others for one in terms)
        return type_.python is False


class PythonFloats(_Flow):
    """The Python floats among the numbers of a function."""

    def __contains__(self, operand: Operand) -> bool:
        """Whether a number is a Python float, as far as can be said.

        It is if all that flows into it is; what flows around a loop into itself is no reason why
        it should not be.
        """
        seen: set[Var] = set()
        waiting = [operand]
        while waiting:
            operand = waiting.pop()
            if isinstance(operand, Var) and operand in seen:
                continue
            sources = self._sources(operand)
            if sources is None:
                return False
            if isinstance(operand, Var):
                seen.add(operand)
            waiting.extend(sources)
        return True

    def _sources(self, operand: Operand) -> tuple[Operand, ...] | None:
        """What must be Python floats for ``operand`` to be one; None where it is none."""
        if isinstance(operand, Const):
            return () if type(operand.value) is float else None
        type_ = number_of(type_of(operand))
        if not isinstance(operand, Var) or not isinstance(type_, Scalar) or type_.python is False:
            return None
        if operand in self._stacks:
            return self._joined(operand)
        stmt = self._definitions.get(operand)
        if stmt is None:
            return () if operand in self._inputs and type_ == PY_FLOAT else None
        if type_.dtype != FLOAT64:
            return None
        return _computed_from(stmt) if isinstance(stmt, Apply) else self._joined(operand)


def _computed_from(stmt: Apply) -> tuple[Operand, ...] | None:
    """What must be Python floats for the result of an operation to be one."""
    if stmt.op in _ARITHMETIC:
        # Beside a float, an int counts as one.
        return tuple(arg for arg in stmt.args if not _is_int(arg)) or None
    if stmt.op is operator.truediv:
        return tuple(arg for arg in stmt.args if not _is_int(arg))
    if stmt.op is float or stmt.op is intrinsics.zero or _is_of_math(stmt):
        return ()
    return stmt.args[1:] if stmt.op in (intrinsics.select, intrinsics.masked) else None


def _carried(stmt: For | While) -> tuple[tuple[Var, ...], ...]:
    return (stmt.carried,) if isinstance(stmt, For) else (stmt.cond.params, stmt.body.params)


def _is_of_math(stmt: Apply) -> bool:
    """Whether an operation is one of :mod:`math`, which give floats where their type says so."""
    is_math = getattr(math, getattr(stmt.op, "__name__", ""), None) is stmt.op
    return is_math and stmt.target.type == PY_FLOAT


def _is_int(operand: Operand) -> bool:
    type_ = number_of(type_of(operand))
    return isinstance(type_, Scalar) and type_.python is True and type_.dtype.kind in "iu"

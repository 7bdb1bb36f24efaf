"""What a backward loop computes from saved values alone is computed on all of them at once.

::

    for t in ...:                                 slopes = 1 - h_rows * h_rows
        slope = 1 - h * h             ->          for t in ...:
        z_bar = h_bar * slope                         z_bar = h_bar * slopes[t]

A value of a loop is a *row* if it is element ``t`` of something that exists before the loop: of
what the forward loop saved, or of an array that is read by the index.  An elementwise operation on
rows and numbers gives rows of the same operation on the arrays.  That takes one call instead of one
for each trip, and is worth while where the rows become an array in any case, which :mod:`.gather`
decides; no more than one array of their size stays for each value that the loop still reads.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from srcgrad.analysis.memory import MemoryClasses
from srcgrad.ir import intrinsics
from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import Apply, Const, For, Function, Operand, Stmt, Store, Var, While
from srcgrad.ir.types import Array, Dim, Length, Scalar, Size, StackOf, number_of
from srcgrad.ir.walk import (
    free_in_block,
    free_in_stmt,
    params_of,
    statements,
    targets,
    used,
    variables,
)
from srcgrad.specialise.builder import type_of
from srcgrad.transform.rewrite import Rewriting
from srcgrad.transform.simplify.dead import is_pure

_OPERATORS = frozenset(
    (
        operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow,
        operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
    )
)  # fmt: skip


class Facts:
    """What holds in all of a function: which memory is written, and which lengths never change."""

    def __init__(self, function: Function) -> None:
        body = function.body.body
        self._classes = MemoryClasses(function.body)
        self._written = {
            self._classes.root(var) for stmt in statements(body) for var in _written_by(stmt)
        }
        # Only these: a symbol in the type of a value that a loop carries may stand for another
        # length at each trip.
        inputs = (*params_of(function), *free_in_block(function.body))
        self._symbols = {
            dim.symbol
            for var in inputs
            if isinstance(var.type, Array)
            for dim in var.type.dims
            if isinstance(dim, Length)
        }

    def is_written(self, var: Var) -> bool:
        """Whether anything stores into memory that ``var`` may share."""
        return self._classes.root(var) in self._written

    def is_fixed(self, dim: Dim) -> bool:
        """Whether a length is the same at each trip of each loop."""
        return isinstance(dim, int) or (isinstance(dim, Length) and dim.symbol in self._symbols)


def _written_by(stmt: Stmt) -> tuple[Var, ...]:
    if isinstance(stmt, Store):
        return (stmt.buffer,)
    if isinstance(stmt, Apply) and not is_pure(stmt):
        return tuple(used(stmt))
    return ()


class Rows:
    """The values of a loop, about to be emitted, that are rows of arrays.

    Attributes
    ----------
    types : dict of Var to Array
        The rows, with their types.
    exact : set of Var
        The rows of arrays that exist anyway.  Others are made from lists, and an empty list does
        not say how long its elements would have been.
    """

    def __init__(self, program: Rewriting, loop: For, facts: Facts) -> None:
        self.types: dict[Var, Array] = {}
        self.exact: set[Var] = set()
        self._program = program
        self._loop = loop
        self._facts = facts
        self._make: dict[Var, Callable[[], Var]] = {}
        self._arrays: dict[Var, Var] = {}
        self._collected: dict[Var, Var] = {}
        self._loc = loop.loc
        self._trips = trips(loop)
        elements = loop.body.params[1 + len(loop.init) :]
        self._stacks = dict(zip(elements, loop.stacks, strict=True))
        for element, stack in self._stacks.items():
            self._saved(element, stack)
        for i, param in enumerate(loop.carried):
            self._restored(param, i)
        for stmt in loop.body.body:
            self._read_by_index(stmt)

    def array(self, row: Var) -> Var:
        """The array of which a value is element ``t``; what makes it is emitted here."""
        if row not in self._arrays:
            self._arrays[row] = self._make[row]()
        return self._arrays[row]

    # --- what is a row --------------------------------------------------------------------------

    def _add(self, var: Var, type_: object, memory: Var, make: Callable[[], Var]) -> None:
        is_vector = isinstance(type_, Array) and type_.ndim == 1
        if is_vector and isinstance(type_, Array) and not self._facts.is_written(memory):
            self.types[var] = type_
            self._make[var] = make

    def _saved(self, element: Var, stack: Operand) -> None:
        if isinstance(stack, Var) and isinstance(stack.type, StackOf):
            made = stack
            self._add(element, stack.type.item, stack, lambda: self._collect(made, element))

    def _restored(self, param: Var, i: int) -> None:
        """What the forward loop handed on, which this loop carries instead of reading it.

        It begins with the forward loop's last value, and goes on with what each trip was given.
        """
        loop, next_ = self._loop, self._loop.body.results[i]
        stack = self._stacks.get(next_) if isinstance(next_, Var) else None
        for producer in self._program.builder.body:
            if not isinstance(producer, For | While) or stack not in producer.targets:
                continue
            carried = producer.carried if isinstance(producer, For) else producer.body.params
            before = producer.body.results[producer.targets.index(stack)]
            backward = isinstance(producer, For) and producer.backward
            if before not in carried or loop.backward == backward:
                continue
            j = carried.index(before)
            after = producer.body.results[j]
            if loop.init[i] is producer.targets[j] and isinstance(after, Var):
                self._add(param, after.type, after, self._saving(producer, after))

    def _saving(self, producer: For | While, after: Var) -> Callable[[], Var]:
        target = producer.targets[0]

        def make() -> Var:
            body = self._program.builder.body
            i = next(i for i, stmt in enumerate(body) if target in targets(stmt))
            loop = body[i]
            assert isinstance(loop, For | While)
            saved = len(loop.init)
            for stack, value in zip(loop.targets[saved:], loop.body.results[saved:], strict=True):
                if value is after:
                    return self._collect(stack, after)
            stack = Var(f"{after.name}_after" if after.name else "", StackOf(after.type))
            results = (*loop.body.results, after)
            body[i] = replace(
                loop, targets=(*loop.targets, stack), body=replace(loop.body, results=results)
            )
            return self._collect(stack, after)

        return make

    def _collect(self, stack: Var, value: Var) -> Var:
        if stack not in self._collected:
            builder = self._program.builder
            array = builder.apply(intrinsics.collect, (stack,), (), self._loc)
            assert isinstance(array, Var)
            if isinstance(array.type, Array):
                array.type = Array(array.type.dtype, (self._trips, *array.type.dims[1:]))
            array.hint = f"{value.name or value.hint or 'saved'}_rows"
            self._collected[stack] = array
        return self._collected[stack]

    def _read_by_index(self, stmt: Stmt) -> None:
        """``x[t]``, where the loop runs over all of ``x``."""
        if not isinstance(stmt, Apply) or stmt.op is not operator.getitem:
            return
        x, index = stmt.args
        if not isinstance(x, Var) or index is not self._loop.body.params[0]:
            return
        if self._trips is None or not isinstance(x.type, Array):
            return
        if x.type.dims and x.type.dims[0] == self._trips:
            array = x
            self._add(stmt.target, stmt.target.type, x, lambda: array)
            if stmt.target in self.types:
                self.exact.add(stmt.target)

    # --- what is computed from rows -------------------------------------------------------------

    def lift(self) -> tuple[For, dict[Var, Var]]:
        """The loop with what follows from rows alone computed before it.

        Gives also the values that are now read from arrays made for them, with these arrays.
        """
        loop = self._loop
        if not is_plain(loop):
            return loop, {}
        inside = {*loop.body.params, *(v for s in statements(loop.body.body) for v in targets(s))}
        lifted: dict[Stmt, Apply] = {}
        for stmt in loop.body.body:
            if isinstance(stmt, Apply) and self._is_row_by_row(stmt, inside):
                lifted[stmt] = stmt
                self._add_lifted(stmt)
        kept = [stmt for stmt in loop.body.body if stmt not in lifted]
        read = {var for stmt in kept for var in free_in_stmt(stmt)}
        read.update(var for result in loop.body.results for var in variables(result))
        needed = set(read)
        for stmt in reversed(lifted.values()):
            if stmt.target in needed:
                needed.update(used(stmt))
        made: dict[Var, Var] = {}
        body: list[Stmt] = []
        for stmt in loop.body.body:
            row = lifted.get(stmt)
            if row is None:
                body.append(stmt)
            elif row.target in needed:
                self._loc = row.loc
                array = self.array(row.target)
                self._loc = loop.loc
                if row.target in read:
                    made[row.target] = array
                    args = (array, loop.body.params[0])
                    view = replace(row, op=operator.getitem, args=args)
                    self._program.builder.definitions[row.target] = view
                    body.append(view)
        return replace(loop, body=replace(loop.body, body=tuple(body))), made

    def _is_row_by_row(self, stmt: Apply, inside: set[Var]) -> bool:
        """Whether an operation takes rows of one length, and numbers from before the loop."""
        if stmt.kwargs or not is_elementwise(stmt.op) or not isinstance(stmt.target.type, Array):
            return False
        lengths: set[Dim] = set()
        for arg in stmt.args:
            if isinstance(arg, Var) and arg in self.types:
                lengths.add(self.types[arg].dims[0])
            elif arg in inside or not isinstance(number_of(type_of(arg)), Scalar):
                return False
        return len(lengths) == 1 and all(map(self._facts.is_fixed, lengths))

    def _add_lifted(self, stmt: Apply) -> None:
        assert isinstance(stmt.target.type, Array)
        (row, *_) = (self.types[a] for a in stmt.args if isinstance(a, Var) and a in self.types)
        dtype = stmt.target.type.dtype
        self.types[stmt.target] = Array(dtype, row.dims)

        def make() -> Var:
            args = tuple(
                self.array(arg) if isinstance(arg, Var) and arg in self.types else arg
                for arg in stmt.args
            )
            result = self._program.builder.apply(stmt.op, args, (), stmt.loc)
            assert isinstance(result, Var)
            result.type = Array(dtype, (self._trips, *row.dims))
            result.hint = f"{stmt.target.name or stmt.target.hint or describe(stmt, {})}s"
            return result

        self._make[stmt.target] = make


def is_plain(loop: For) -> bool:
    """Whether the index of a loop is the position in what it reads and saves."""
    bounds = (loop.start, loop.step)
    values = [b.value if isinstance(b, Const) else None for b in bounds]
    return [type(v) for v in values] == [int, int] and values == [0, 1]


def trips(loop: For) -> Dim:
    """How many trips a loop makes whose index is the position; None where that is not known."""
    if not is_plain(loop):
        return None
    if isinstance(loop.stop, Const):
        return max(int(loop.stop.value), 0)
    type_ = type_of(loop.stop)
    return type_.length if isinstance(type_, Size) else None


def is_elementwise(op: Any) -> bool:
    """Whether an operation gives for each element what it would give for that alone."""
    if isinstance(op, np.ufunc):
        return op.signature is None and op.nout == 1
    return op in _OPERATORS

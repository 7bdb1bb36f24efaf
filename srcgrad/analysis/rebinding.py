"""Augmented assignments to arrays that are as good as rebindings.

``x += e`` writes into the array behind ``x``.  Where nobody else can see that array (it was made
here, and no other name, view or container leads to it) the statement means ``x = x + e``, and that
is what it becomes.  Elsewhere it is a write, which is refused.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from srcgrad.errors import AliasingError, UnknownTypeError
from srcgrad.ir.nodes import (
    Apply,
    Block,
    Const,
    Define,
    For,
    Function,
    If,
    Operand,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.types import (
    Array,
    Dim,
    Scalar,
    Type,
    dims_of,
    dtype_of,
    is_not_one,
    number_of,
    same_dtype,
)
from srcgrad.ir.walk import blocks, params_of, statements, used, variables
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
    facts = _Facts(function, outside)
    for write in writes:
        facts.check(write)

    def step(program: Rewriting, stmt: Stmt) -> None:
        if isinstance(stmt, Apply) and stmt.op in IN_PLACE:
            _rebind(program, stmt)
        else:
            program.keep(stmt)

    return rewrite(function, step)


def _rebind(program: Rewriting, stmt: Apply) -> None:
    """``x = x + e`` in the dtype of ``x``, whose shape it has."""
    target, operand = stmt.args
    name = stmt.target.name
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


_END = 1 << 30


class _Facts:
    """Which variables may share memory, and where each is read."""

    def __init__(self, function: Function, outside: set[Var]) -> None:
        self.parent: dict[Var, Var] = {}
        self.shared: set[Var] = set(params_of(function)) | outside
        self.reads: dict[Var, list[tuple[int, ...]]] = {}
        self.defined: dict[Var, tuple[int, ...]] = {}
        self.position: dict[Var, tuple[int, ...]] = {}
        self.loops: set[tuple[int, ...]] = set()
        self._block(function.body, ())
        for var in variables_in(function.body.results):
            self._read(var, (len(function.body.body),))
        self.classes: dict[Var, list[Var]] = {}
        for var in {*self.parent, *self.reads, *self.shared}:
            self.classes.setdefault(self._root(var), []).append(var)

    # --- alias classes --------------------------------------------------------------------------

    def _root(self, var: Var) -> Var:
        while var in self.parent and self.parent[var] is not var:
            var = self.parent[var]
        return var

    def _join(self, a: Operand, b: Operand) -> None:
        for x in variables(a):
            for y in variables(b):
                self.parent[self._root(x)] = self._root(y)

    def _read(self, var: Var, where: tuple[int, ...]) -> None:
        self.reads.setdefault(var, []).append(where)

    def _block(self, block: Block, path: tuple[int, ...]) -> None:
        for var in block.params:
            self.defined[var] = path
        for i, stmt in enumerate(block.body):
            here = (*path, i)
            if isinstance(stmt, Apply):
                self.position[stmt.target] = here
            for var in used(stmt):
                self._read(var, here)
            self._aliases(stmt)
            for arm, inner in enumerate(blocks(stmt)):
                if isinstance(stmt, For | While):
                    self.loops.add(here)
                self._block(inner, (*here, arm))
                for var in variables_in(inner.results):
                    self._read(var, (*here, arm, len(inner.body)))
            for var in getattr(stmt, "targets", None) or (
                (stmt.target,) if isinstance(stmt, Apply | Define) else ()
            ):
                # A statement's results are there once all of it has run, its blocks included.
                self.defined[var] = (*here, _END)

    def _aliases(self, stmt: Stmt) -> None:
        match stmt:
            case Apply() if stmt.op in IN_PLACE:
                self._join(stmt.target, stmt.args[0])
            case Apply():
                op = OPS.get(stmt.op)
                if isinstance(number_of(stmt.target.type), Scalar):
                    return
                if op is not None and op.memory is Memory.FRESH:
                    return
                for arg in (*stmt.args, *(value for _, value in stmt.kwargs)):
                    self._join(stmt.target, arg)
            case If():
                rows = zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True)
                for target, a, b in rows:
                    self._join(target, a)
                    self._join(target, b)
            case For() | While():
                params = stmt.carried if isinstance(stmt, For) else stmt.body.params
                rows_ = zip(stmt.targets, stmt.init, params, stmt.body.results, strict=False)
                for target, init, param, result in rows_:
                    for other in (init, param, result):
                        self._join(target, other)
                if isinstance(stmt, While):
                    for a, b in zip(stmt.cond.params, stmt.body.params, strict=True):
                        self._join(a, b)

    # --- the question ---------------------------------------------------------------------------

    def check(self, stmt: Apply) -> None:
        """Raises AliasingError if the array that ``stmt`` writes may be seen otherwise."""
        (target,) = list(variables(stmt.args[0]))
        here = self.position[stmt.target]
        name = target.name or "x"
        hint = f"write `{name} = {name} ...` with the operator, which makes a new array"
        family = self.classes.get(self._root(target), [target])
        if any(var in self.shared for var in family):
            message = "this augmented assignment writes into an array from outside the function"
            raise AliasingError(message, stmt.loc, hint)
        for var in family:
            for read in self.reads.get(var, ()):
                if self._sees_the_write(var, read, here, stmt):
                    message = "the array that this augmented assignment writes has another name"
                    raise AliasingError(message, stmt.loc, hint)

    def _sees_the_write(
        self, var: Var, read: tuple[int, ...], here: tuple[int, ...], stmt: Apply
    ) -> bool:
        """Whether ``var``, read at ``read``, may show what is written ``here``.

        What is defined after the write shows it rightly: it comes from the result.
        """
        if var is stmt.target:
            return False
        defined = self.defined.get(var, ())
        if read > here and not (defined > here) and not _exclusive(read, here, self.loops):
            return True
        # Any other read shows the write only in a later trip of a loop around both, if the value is
        # not made anew in each trip.  So may the write itself: `y = base; y += 1`.
        return any(
            len(read) > len(loop)
            and read[: len(loop)] == loop
            and here[: len(loop)] == loop
            and (defined[: len(loop)] != loop or defined[len(loop)] == _END)
            for loop in self.loops
        )


def _exclusive(a: tuple[int, ...], b: tuple[int, ...], loops: set[tuple[int, ...]]) -> bool:
    """Whether two places are in different arms of one branch, outside of loops around it."""
    common = 0
    while common < min(len(a), len(b)) and a[common] == b[common]:
        common += 1
    return common % 2 == 1 and a[:common] not in loops


def variables_in(results: tuple[Operand, ...]) -> list[Var]:
    return [var for result in results for var in variables(result)]

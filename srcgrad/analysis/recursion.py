"""What holds for the functions of a program that call themselves, found by fixpoints over all."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping

from srcgrad.analysis.activity import can_carry, depending_on
from srcgrad.analysis.memory import memory_of
from srcgrad.analysis.singular import any_singular
from srcgrad.ir.nodes import Apply, Function, Operand, Raise, Stmt, Var
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array
from srcgrad.ir.walk import params_of, statements, variables

Functions = Mapping[Recursive, Function]


def survey(functions: Functions) -> None:
    """Finds out what calls of ``functions`` do: see the attributes of :class:`Recursive`."""
    _find_purity(functions)
    _find_dependence(functions)
    # Each is asked for its own operations: the calls in it are among those of the others.
    singular = any(any_singular(f.body.body, among=functions) for f in functions.values())
    for op in functions:
        op.singular = singular


def _find_purity(functions: Functions) -> None:
    """All are pure until one does something."""
    for op in functions:
        op.set_pure(True)
    while True:
        impure = [op for op, f in functions.items() if op.entry.pure and not _is_pure(f)]
        if not impure:
            return
        for op in impure:
            op.set_pure(False)


def _is_pure(function: Function) -> bool:
    for stmt in statements(function.body.body):
        entry = OPS.get(stmt.op) if isinstance(stmt, Apply) else None
        if isinstance(stmt, Raise) or (isinstance(stmt, Apply) and not (entry and entry.pure)):
            return False
    return True


def _find_dependence(functions: Functions) -> None:
    """A result depends on nothing until something is found."""
    changed = True
    while changed:
        changed = False
        for op, function in functions.items():
            found = _dependence(function)
            changed |= found != op.depends
            op.depends = found


def _dependence(function: Function) -> frozenset[int]:
    results = set(variables(function.body.results[0]))
    return frozenset(
        i
        for i, param in enumerate(params_of(function))
        if can_carry(param.type) and results & depending_on(function.body.body, [param])
    )


def find_wanted(functions: Functions, body: Iterable[Stmt], inputs: Iterable[Var]) -> None:
    """Finds the parameters of ``functions`` that are differentiated, where ``inputs`` of the
    program ``body`` are."""
    for op in functions:
        op.wanted = frozenset()
    _want(body, depending_on(body, inputs))
    changed = True
    while changed:
        before = [op.wanted for op in functions]
        for op, function in functions.items():
            _want(function.body.body, varied_in(op, function))
        changed = before != [op.wanted for op in functions]


def find_buffered(functions: Functions) -> None:
    """Finds the differentiated arrays that each call hands on, as they are or a part of them."""
    params = {op: list(params_of(function)) for op, function in functions.items()}
    for op in functions:
        op.set_buffered(frozenset(i for i in op.wanted if wants_buffer(params[op][i])))
    changed = True
    while changed:
        before = [op.buffered for op in functions]
        for op, function in functions.items():
            own = {params[op][i] for i in op.buffered}
            made = {s.target: s for s in statements(function.body.body) if isinstance(s, Apply)}
            for stmt in statements(function.body.body):
                if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
                    kept = {i for i in stmt.op.buffered if _is_part_of(stmt.args[i], own, made)}
                    stmt.op.set_buffered(frozenset(kept))
        changed = before != [op.buffered for op in functions]


def _is_part_of(operand: Operand, own: set[Var], made: Mapping[Var, Apply]) -> bool:
    """Whether an array is one of ``own``, or a part of one that indices and slices take."""
    while operand not in own:
        stmt = made.get(operand) if isinstance(operand, Var) else None
        if stmt is None or stmt.op is not operator.getitem or memory_of(stmt) is not Memory.VIEW:
            return False
        operand = stmt.args[0]
    return True


def wants_buffer(x: Var) -> bool:
    """Whether the cotangent of ``x`` may be collected in a buffer."""
    return isinstance(x.type, Array) and x.type.ndim > 0


def varied_in(op: Recursive, function: Function) -> set[Var]:
    """The values of a function that depend on parameters which are differentiated."""
    params = list(params_of(function))
    return depending_on(function.body.body, [params[i] for i in op.wanted])


def _want(body: Iterable[Stmt], varied: set[Var]) -> None:
    for stmt in statements(body):
        if isinstance(stmt, Apply) and isinstance(stmt.op, Recursive):
            given = {
                i for i in stmt.op.depends if any(v in varied for v in variables(stmt.args[i]))
            }
            stmt.op.wanted |= given

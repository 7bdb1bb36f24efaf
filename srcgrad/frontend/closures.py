"""Functions defined in a loop.

A nested function captures variables, not values: one that outlives its iteration sees what later
iterations assign.  The IR captures values, so a function that captures what the loop assigns must
not leave the iteration in which it was defined.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable

from srcgrad.errors import UnsupportedSyntaxError
from srcgrad.frontend.builder import Builder
from srcgrad.ir import intrinsics, walk
from srcgrad.ir.nodes import Block, Const, Define, Invoke, Operand, Var

_CONTAINERS = (getattr, operator.getitem, intrinsics.pack, intrinsics.unpack)


def check_loop(b: Builder, body: Block) -> None:
    """Refuses a function that leaves the iteration in which it was defined."""
    if not b.closures:
        return
    holders: dict[Var, Var] = {}
    _block(b, body, holders, set())
    _refuse_any(b, body.results, holders)


def _block(b: Builder, block: Block, holders: dict[Var, Var], methods: set[Var]) -> None:
    """Notes in ``holders`` which function each variable may hold."""
    for stmt in block.body:
        if isinstance(stmt, Invoke):
            _invoke(b, stmt, holders, methods)
            continue
        if isinstance(stmt, Define) and stmt.target in b.closures:
            holders[stmt.target] = stmt.target
        _hold(walk.operands(stmt), (*walk.targets(stmt), *walk.inner_params(stmt)), holders)
        if not isinstance(stmt, Define):
            for inner in walk.blocks(stmt):
                _block(b, inner, holders, methods)
                _hold(inner.results, walk.targets(stmt), holders)


def _held(operands: Iterable[Operand], holders: dict[Var, Var]) -> Var | None:
    """A function that one of ``operands`` is or may contain."""
    return next((holders[v] for o in operands for v in walk.variables(o) if v in holders), None)


def _invoke(b: Builder, stmt: Invoke, holders: dict[Var, Var], methods: set[Var]) -> None:
    """Calling such a function is harmless; its value goes where arguments go."""
    function = stmt.callee.value if isinstance(stmt.callee, Const) else None
    if function is getattr and any(True for _ in walk.variables(stmt.args[0])):
        methods.add(stmt.target)
    arguments = walk.operands(stmt)[1:]
    held = _held(arguments, holders)
    if held is None:
        return
    if stmt.callee in methods:  # as in functions.append(f)
        _refuse_any(b, arguments, holders)
    arithmetic = getattr(function, "__module__", "") == "_operator"
    if not arithmetic or function in _CONTAINERS or not all(isinstance(a, Var) for a in arguments):
        holders[stmt.target] = held


def _hold(operands: Iterable[Operand], targets: Iterable[Var], holders: dict[Var, Var]) -> None:
    held = _held(operands, holders)
    if held is not None:
        holders.update((target, held) for target in targets)


def _refuse_any(b: Builder, operands: Iterable[Operand], holders: dict[Var, Var]) -> None:
    held = _held(operands, holders)
    if held is None:
        return
    closure = b.closures[held]
    raise UnsupportedSyntaxError(
        f"a function outlives its iteration, and captures {closure.name!r}, which the loop assigns",
        closure.loc,
        f"bind the value as a default argument: {closure.name}={closure.name}",
    )

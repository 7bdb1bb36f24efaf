"""Counters as they were in an earlier trip of a loop.

What the reverse of a loop reads of an ``int`` to which each trip adds the same need not be saved:
going backwards, each trip takes off what the trip forwards had added::

    k += 1                       x_bar = x_bar * k
    x = x * k          ->        k = k - 1
"""

from __future__ import annotations

import operator
from dataclasses import replace

from srcgrad.ir.nodes import Apply, Block, Const, Operand, Var
from srcgrad.ir.types import Scalar, Type
from srcgrad.transform.appends import Undone

_INVERSE = {operator.add: operator.sub, operator.sub: operator.add}


def undo_counts(
    body: Block, param: Var, result: Operand, needed: list[Var], renamed: dict[Var, Var]
) -> Undone | None:
    """How a reversed loop gets at the versions of a counter that its body has counted up or down.

    ``needed``, the values that would have to be saved otherwise, loses the versions, and
    ``renamed`` says what stands for each.  None if the body does anything else to the counter, or
    if no version is needed.
    """
    counting = _steps(body, param, result)
    versions = [*(step.target for step in counting), param]
    last = max((i for i, var in enumerate(versions) if var in needed), default=None)
    if not counting or last is None:
        return None
    after = now = Var(param.name, param.type)
    renamed[versions[0]] = now
    undoing: list[Apply] = []
    for step, version in zip(counting, versions[1:], strict=True):
        before = Var(param.name, param.type)
        loc = replace(step.loc, adjoint=True)
        undoing.append(Apply(before, _INVERSE[step.op], (now, step.args[1]), (), loc))
        renamed[version] = now = before
    needed[:] = [var for var in needed if var not in versions]
    return Undone(after, now, tuple(undoing[:last]), tuple(undoing[last:]))


def _steps(body: Block, param: Var, result: Operand) -> list[Apply]:
    """What the body does to a counter, the last first; nothing if that is more than counting."""
    made = {stmt.target: stmt for stmt in body.body if isinstance(stmt, Apply)}
    steps: list[Apply] = []
    while result is not param:
        step = made.get(result) if isinstance(result, Var) else None
        if step is None or step.op not in _INVERSE or not all(map(_is_int, _types(step))):
            return []
        if not isinstance(step.args[1], Const):
            return []
        steps.append(step)
        result = step.args[0]
    return steps


def _types(step: Apply) -> list[Type]:
    return [arg.type for arg in (step.target, *step.args) if isinstance(arg, Var)]


def _is_int(type_: Type) -> bool:
    is_surely = isinstance(type_, Scalar) and type_.python is True and type_.instead is None
    return is_surely and type_.dtype.kind == "i"  # type: ignore[union-attr]

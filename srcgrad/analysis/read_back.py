"""Numbers that are read back from what was written down of others: ``float(str(x))``.

A text carries no derivative, and neither does an array of objects or of texts.  Where it is only
looked at, printed, compared or used as a key, nothing is lost.  Where a number that matters is made
of it, the derivative goes through the text, which nobody follows.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from srcgrad.analysis.activity import can_carry, leading_to
from srcgrad.analysis.memory import passing
from srcgrad.errors import NoDerivativeError
from srcgrad.ir.nodes import Apply, Const, Operand, Stmt, Store, Var
from srcgrad.ir.types import ListOf, Object, PackType, Scalar, Size, Type, dtype_of, number_of
from srcgrad.ir.walk import statements, used, variables
from srcgrad.specialise.builder import type_of

_CHOOSING = frozenset((operator.getitem, dict.get))
"""Operations that choose by all but their first operand."""
_COUNTING = frozenset(("count", "find", "rfind", "index", "rindex", "startswith", "endswith"))
"""Methods of texts, and of lists of them, that give whole numbers or a bool."""


def refuse_read_back(body: Sequence[Stmt], varied: set[Var], results: Iterable[Var]) -> None:
    """Refuses a program in which a number that the results depend on is read from a text of one
    that is differentiated.

    Raises
    ------
    NoDerivativeError
        Where it is read.
    """
    every = tuple(statements(body))
    written = {var for stmt in every for var in _written_down(stmt, varied)}
    if not written:
        return
    useful = leading_to(body, results)
    before = 0
    while len(written) > before:
        before = len(written)
        for stmt in every:
            for target, operand in _flows(stmt):
                if target in written or written.isdisjoint(variables(operand)):
                    continue
                if _is_taken_out(stmt, target, operand):
                    continue
                is_number = can_carry(target.type) and not _holds_text(target.type)
                if isinstance(stmt, Apply) and target in useful and is_number:
                    message = "a number is read here from a text, or an array of objects, that was "
                    message += "made of a differentiated value"
                    raise NoDerivativeError(message, stmt.loc, "compute with the number itself")
                if not isinstance(number_of(target.type), Scalar | Size):
                    written.add(target)


def _written_down(stmt: Stmt, varied: set[Var]) -> Iterator[Var]:
    """The text, or the array of objects or texts, that a statement makes of what is varied."""
    target: Var | None = None
    given: Iterable[Var] = ()
    if isinstance(stmt, Apply):
        target, given = stmt.target, used(stmt)
    elif isinstance(stmt, Store):
        target, given = stmt.buffer, variables(stmt.value)
    if target is not None and _is_text(target.type) and not varied.isdisjoint(given):
        yield target


def _is_text(type_: Type) -> bool:
    if isinstance(type_, Object):
        return issubclass(type_.cls, str | bytes)
    dtype = dtype_of(number_of(type_))
    return dtype is not None and dtype.kind in "OSUV"


def _holds_text(type_: Type) -> bool:
    """Whether a value of this type is a text, or holds one beside what else is in it."""
    if isinstance(type_, PackType):
        return any(map(_holds_text, type_.items))
    if isinstance(type_, ListOf):
        return _holds_text(type_.item)
    return _is_text(type_)


def _is_taken_out(stmt: Stmt, target: Var, operand: Operand) -> bool:
    """Whether a number is taken out of a container that has texts beside numbers."""
    if not isinstance(stmt, Apply) or _holds_text(target.type):
        return False
    held = type_of(operand)
    return isinstance(held, PackType | ListOf) and can_carry(held) and _holds_text(held)


def _flows(stmt: Stmt) -> Iterator[tuple[Var, Operand]]:
    """What may pass on to what, by the statement itself."""
    if isinstance(stmt, Store):
        yield stmt.buffer, stmt.value
    elif isinstance(stmt, Apply) and stmt.op is not hash and not _is_method_that_counts(stmt):
        given: tuple[Any, ...] = (*stmt.args, *dict(stmt.kwargs).values())
        for operand in given[:1] if stmt.op in _CHOOSING else given:
            yield stmt.target, operand
    elif not isinstance(stmt, Apply):
        for target, operand in passing(stmt):
            yield from ((var, operand) for var in variables(target))


def _is_method_that_counts(stmt: Apply) -> bool:
    name = stmt.args[1] if stmt.op is getattr else None
    return isinstance(name, Const) and (name.value in _COUNTING or name.value.startswith("is"))

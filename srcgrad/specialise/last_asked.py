"""``try: v = next(it)`` and ``except StopIteration``: a branch on whether an element is left.

::

    try:
        v = next(it)                    if there is an element:
    except StopIteration:       ->          v = next(it)
        break                           else:
                                            break

Nothing else in the ``try`` may raise ``StopIteration``.  What computes the elements may raise any
other error, which the handlers do not see.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from srcgrad.errors import SrcgradError
from srcgrad.instances import is_own, is_plain_error
from srcgrad.ir.nodes import Apply, Block, Const, If, Invoke, Raise, Stmt, Try, Var
from srcgrad.ir.ops import OPS
from srcgrad.ir.walk import statements
from srcgrad.specialise import advancing, branches
from srcgrad.specialise.advanced import is_advanced
from srcgrad.specialise.open_calls import Unsettled
from srcgrad.specialise.values import NeedsValue

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_FINDING = (getattr, operator.getitem)
"""What may stand before ``next`` is called: it finds the iterator."""


@dataclass(frozen=True)
class _Asked:
    """The body of a ``try``: what finds the iterator, ``next`` of it, and the other statements."""

    before: tuple[Stmt, ...]
    call: Invoke
    others: tuple[Stmt, ...]


def as_branch(sp: Specialiser, stmt: Try, classes: tuple[Const, ...], frame: Frame) -> bool:
    """Emits a ``try`` that asks an iterator for its next element as a branch, if it is one."""
    if [each.value for each in classes] != [StopIteration]:
        return False
    asked = _asked(sp, stmt, frame)
    if asked is None:
        return False
    ask, branch = _branch(stmt, asked)
    with _instead(sp, branch):
        if not _is_alone(sp, asked, ask, branch, frame):
            return False
        _emit(sp, stmt, asked, ask, branch, frame)
    return True


@contextmanager
def _instead(sp: Specialiser, branch: If) -> Iterator[None]:
    """Around what is run in place of the ``try`` at hand, which no error leads to the handlers."""
    running = sp.running[-1]
    outer, running.instead = running.instead, branch
    try:
        yield
    finally:
        running.instead = outer


def _emit(sp: Specialiser, stmt: Try, asked: _Asked, ask: Invoke, branch: If, frame: Frame) -> None:
    assert isinstance(stmt.cond, Var)
    assert isinstance(branch.cond, Var)
    completed = frame.values[stmt.cond]
    sp.builder.body[:] = [s for s in sp.builder.body if getattr(s, "target", None) is not completed]
    sp.run(Block((), (*asked.before, ask), ()), frame, asked.call.loc)
    frame.values[stmt.cond] = frame.values[branch.cond]
    caught = stmt.orelse.body[0]
    assert isinstance(caught, Invoke)
    loc = sp.place_of(stmt)
    frame.values[caught.target] = branches.made_again(sp, StopIteration(), loc, caught.target.name)
    sp.statement(branch, frame)


def _asked(sp: Specialiser, stmt: Try, frame: Frame) -> _Asked | None:
    """The parts of a ``try`` that asks an iterator that is gone on with, None of any other."""
    body = stmt.then.body
    for at, each in enumerate(body):
        if not isinstance(each, Invoke):
            return None
        callee = sp.passed(each.callee, frame, sp.place_of(each))
        if not isinstance(callee, Const):
            return None
        if callee.value is next and len(each.args) == 1 and not each.kwargs:
            found = _Asked(body[:at], each, body[at + 1 :])
            return found if _asks_one_that_goes_on(sp, found, frame) else None
        if not any(callee.value is function for function in _FINDING):
            return None
    return None


def _asks_one_that_goes_on(sp: Specialiser, asked: _Asked, frame: Frame) -> bool:
    """Whether what is asked is an iterator that is gone on with, and to find it does nothing."""
    (of,) = asked.call.args
    if not isinstance(of, Var):
        return False
    heap = sp.heap.save()
    with sp.builder.nested() as body, sp.cells.restored():
        sp.run(Block((), asked.before, ()), frame, asked.call.loc)
    changed = any(sp.heap.contents[ref] is not content for ref, content in heap.items())
    quiet = all(isinstance(s, Apply) and s.op in OPS for s in statements(body))
    return not changed and quiet and is_advanced(sp.passed(of, frame, sp.place_of(asked.call)))


def _branch(stmt: Try, asked: _Asked) -> tuple[Invoke, If]:
    """What asks whether there is an element, and the branch on that."""
    loc = asked.call.loc
    left = Var("left")
    ask = Invoke(left, Const(advancing.ask), asked.call.args, (), loc)
    take = replace(asked.call, callee=Const(advancing.take))
    end = Invoke(Var(), Const(advancing.end), asked.call.args, (), loc)
    then = replace(stmt.then, body=(take, *asked.others))
    orelse = replace(stmt.orelse, body=(end, *stmt.orelse.body[1:]))
    return ask, If(stmt.targets, left, then, orelse, stmt.loc)


def _is_alone(sp: Specialiser, asked: _Asked, ask: Invoke, branch: If, frame: Frame) -> bool:
    """Whether nothing in a ``try`` raises ``StopIteration`` but that no element is left."""
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    try:
        with sp.builder.nested() as body, sp.cells.restored():
            sp.run(Block((), (*asked.before, ask, *branch.then.body), ()), frame, asked.call.loc)
    except (SrcgradError, Unsettled, NeedsValue):
        return False
    finally:
        sp.heap.roll_back(before, sealed)
    made = {s.target: s.op for s in statements(body) if isinstance(s, Apply)}
    return not any(_may_stop(each, made) for each in statements(body))


def _may_stop(stmt: Stmt, made: Mapping[Var, Any]) -> bool:
    """Whether a statement may raise ``StopIteration``, as what is not looked into may.

    ``made`` has what has made each value.
    """
    if isinstance(stmt, Raise):
        error = stmt.exception
        kind: Any = error.value if isinstance(error, Const) else made.get(error)  # type: ignore[arg-type]
        return not is_plain_error(kind) or issubclass(kind, StopIteration)
    if not isinstance(stmt, Apply) or is_plain_error(stmt.op):
        return False
    module = getattr(stmt.op, "__module__", None)
    return stmt.op not in OPS or (module is not None and is_own(module))

"""``try``: what its body leaves behind where it raises, and where nothing in it can raise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir.lists import list_append
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    Invoke,
    Operand,
    Pack,
    Stmt,
    Try,
    Var,
    always_raises,
)
from srcgrad.ir.types import Scalar, Size, number_of
from srcgrad.specialise import branches
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.cells import lose
from srcgrad.specialise.heap import Content
from srcgrad.specialise.phis import undefined_like
from srcgrad.specialise.recursion import Unsettled
from srcgrad.specialise.values import Held, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_NOTHING = Const(UNDEFINED)
_CONVERSIONS: dict[object, str] = {int: "ib", bool: "ibf", float: "bf"}
"""The kinds of Python's numbers that can be converted whatever their value."""


def attempt(sp: Specialiser, stmt: Try, frame: Frame) -> None:
    """Emits a ``try`` and its handlers; its body alone where nothing in that can raise."""
    loc = sp.place_of(stmt)
    assert isinstance(stmt.cond, Var)
    classes = tuple(_classes(sp.value(stmt.caught, frame, loc), loc))
    caught = Pack(tuple, classes)
    cond = sp.operand(frame.values[stmt.cond], loc)
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    try:
        with sp.builder.nested() as body, sp.cells.restored() as changed:
            yes, torn = _body(sp, stmt.then, frame, loc)
    except Unsettled:  # these statements are not kept: what counts is what is known of the values
        sp.heap.roll_back(before, sealed)
        with sp.builder.nested(), sp.cells.restored():
            frame.values[stmt.cond] = Const(False)
            frame.values.update(zip(stmt.targets, sp.run(stmt.orelse, frame), strict=True))
        return
    except _Raised as raised:
        error = raised.error
        if not any(isinstance(error.original, each.value) for each in classes):
            raise error from None
        branches.refuse_lost(sp, before, error.loc or loc)
        handled = _handling(sp, stmt.orelse, error.original, frame, loc)
        _decided(sp, stmt, handled, False, before, sealed, frame)
        return
    if not any(map(_may_raise, body)):
        _decided(sp, stmt, stmt.then, True, before, sealed, frame)
        return
    left = sp.heap.save()
    sp.heap.restore(before)
    with sp.builder.nested() as handling, sp.cells.restored() as also_changed:
        no = sp.run(stmt.orelse, frame)
    lose((*changed, *also_changed), loc)
    right = sp.heap.save()
    ends = [bool(arm) and always_raises(arm[-1]) for arm in (body, handling)]
    if torn is not None and not any(ends):
        message = "this changes a container before something that may raise in the same 'try'"
        hint = "change it in the last statement of the 'try', or after it"
        raise UnsupportedSyntaxError(message, torn, hint)
    if ends[0]:
        sp.heap.restore(left)
        branches.refuse_lost(sp, before, loc)
        yes, left = _of_the_other(no), {ref: _like(right[ref], left[ref]) for ref in before}
    elif ends[1]:
        no, right = _of_the_other(yes), {ref: _like(left[ref], right[ref]) for ref in before}
    arms = branches.Arm(body, yes, left), branches.Arm(handling, no, right)
    branches.emit(sp, stmt, cond, arms, before, frame, loc, caught)


def _decided(
    sp: Specialiser,
    stmt: Try,
    block: Block,
    completes: bool,
    before: dict[Ref, Content],
    sealed: set[Ref],
    frame: Frame,
) -> None:
    """Emits one of the two blocks, where it is known which one it is."""
    assert isinstance(stmt.cond, Var)
    cond = frame.values[stmt.cond]
    sp.heap.roll_back(before, sealed)
    sp.builder.body[:] = [s for s in sp.builder.body if getattr(s, "target", None) is not cond]
    frame.values[stmt.cond] = Const(completes)
    frame.values.update(zip(stmt.targets, sp.run(block, frame), strict=True))


def _handling(sp: Specialiser, block: Block, error: Exception, frame: Frame, loc: Loc) -> Block:
    """The handlers of an error that is known."""
    first, rest = block.body[0], block.body[1:]
    assert isinstance(first, Invoke)
    args = tuple(map(Const, error.args))
    frame.values[first.target] = sp.builder.apply(type(error), args, (), loc, first.target.name)
    return replace(block, body=rest)


def _classes(value: Value, loc: Loc) -> Iterator[Const]:
    """The exceptions that are caught."""
    if isinstance(value, Pack) and value.kind is tuple:
        for item in value.items:
            yield from _classes(item, loc)
        return
    if isinstance(value, Const) and isinstance(value.value, tuple):
        for each in value.value:
            yield from _classes(Const(each), loc)
        return
    known = value.value if isinstance(value, Const) else None
    if not isinstance(known, type) or not issubclass(known, BaseException):
        message = "what an 'except' catches is not known at compile time"
        raise UnsupportedSyntaxError(message, loc, "name the class of the exception")
    yield Const(known)


def _body(
    sp: Specialiser, block: Block, frame: Frame, loc: Loc
) -> tuple[tuple[Value, ...], Loc | None]:
    """Emits the body of a ``try``; gives its results, and where it changes a container that was
    there before, if something after that may raise."""
    before, body = sp.heap.save(), sp.builder.body
    changing: Loc | None = None
    torn: Loc | None = None
    for stmt in block.body:
        start = len(body)
        try:
            sp.statement(stmt, frame)
        except CertainError as error:
            # It is reached if nothing before it raises; in a function that is called, it may not.
            if any(map(_may_raise, body)) or error.loc != sp.place_of(stmt):
                raise
            raise _Raised(error) from None
        now = sp.heap.contents
        if changing is None and any(now[ref] is not old for ref, old in before.items()):
            changing = stmt.loc
        if changing is not None and any(map(_may_raise, body[start:])):
            torn = torn or changing
        if body and always_raises(body[-1]):
            return (_NOTHING,) * len(block.results), torn
    return tuple(sp.passed(result, frame, loc) for result in block.results), torn


class _Raised(Exception):
    """The body of a ``try`` certainly raises ``error``."""

    def __init__(self, error: CertainError) -> None:
        self.error = error


def _may_raise(stmt: Stmt) -> bool:
    """Whether a statement of the typed program may raise an exception."""
    if not isinstance(stmt, Apply):
        return True
    if isinstance(stmt.target.type, Size) or stmt.op is list_append:
        return False
    kinds = _CONVERSIONS.get(stmt.op)
    return kinds is None or not all(_kind(arg) in kinds for arg in stmt.args)


def _kind(operand: Operand) -> str:
    """The kind of a number of Python's."""
    type_ = number_of(type_of(operand))
    return type_.dtype.kind if isinstance(type_, Scalar) and type_.python else "?"


def _of_the_other(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """What an arm that always raises gives: what is the same whichever arm runs, and nothing."""
    return tuple(v if isinstance(v, Const | Held) else _NOTHING for v in values)


def _like(content: Content, own: Content) -> Content:
    """What an arm that always raises leaves in an object in which the other leaves ``content``."""
    if content is own or not isinstance(content, Pack):
        return own
    return undefined_like(content)

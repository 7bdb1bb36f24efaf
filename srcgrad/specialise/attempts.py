"""``try``: what its body leaves behind where it raises, and where nothing in it can raise."""

from __future__ import annotations

import collections
import operator
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from srcgrad.analysis.raising import may_raise
from srcgrad.errors import CertainError, Loc, UnsupportedSyntaxError
from srcgrad.ir.keeping import kept_by
from srcgrad.ir.nodes import (
    UNDEFINED,
    Block,
    Const,
    Define,
    Free,
    Invoke,
    Operand,
    Pack,
    Star,
    Stmt,
    Try,
    Var,
)
from srcgrad.ir.walk import blocks, operands, statements
from srcgrad.specialise import branches, last_asked, reach
from srcgrad.specialise.advanced_class import Advanced
from srcgrad.specialise.cells import lose
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.contents import Content
from srcgrad.specialise.identity import from_outside
from srcgrad.specialise.open_calls import Unsettled
from srcgrad.specialise.phis import undefined_like
from srcgrad.specialise.values import Held, Method, Ref, Value, is_data

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_NOTHING = Const(UNDEFINED)


@dataclass(frozen=True)
class _Ran:
    """What the body of a ``try`` does.

    ``calm`` is how many of its statements come before the first that may raise, and ``entered``
    what is in the objects after those.  ``torn`` is where it changes what was in one of them, if
    something after that may raise.
    """

    values: tuple[Value, ...]
    calm: int | None
    entered: dict[Ref, Content]
    torn: Loc | None


def attempt(sp: Specialiser, stmt: Try, frame: Frame) -> None:
    """Emits a ``try`` and its handlers; its body alone where nothing in that can raise."""
    loc = sp.place_of(stmt)
    assert isinstance(stmt.cond, Var)
    classes = tuple(_classes(sp.value(stmt.caught, frame, loc), loc))
    if last_asked.as_branch(sp, stmt, classes, frame):
        return
    caught = Pack(tuple, classes)
    cond = sp.operand(frame.values[stmt.cond], loc)
    before, sealed = sp.heap.save(), set(sp.heap.sealed)
    try:
        with sp.builder.nested() as body, sp.cells.restored() as changed:
            ran = _body(sp, stmt.then, frame, loc)
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
    if ran.calm is None:
        _decided(sp, stmt, stmt.then, True, before, sealed, frame)
        return
    sp.builder.body.extend(body[: ran.calm])  # the handlers find what these have done
    yes, body, before, left = ran.values, body[ran.calm :], ran.entered, sp.heap.save()
    seen, changed_there = branches.seen_by_handlers(sp, before), branches.changed(sp, before)
    torn = ran.torn if seen else None
    if torn is not None and _sees(sp, stmt.orelse, before, frame, loc):
        raise _is_torn(torn)
    sp.heap.restore(before)
    with sp.builder.nested() as handling, sp.cells.restored() as also_changed:
        found = branches.run_arm(sp, stmt.orelse, frame, loc)
    lose((*changed, *also_changed), loc)
    right = sp.heap.save()
    if found is None and not branches.ends(handling):
        raise Unsettled
    no = (_NOTHING,) * len(stmt.targets) if found is None else found
    always = [branches.ends(arm) for arm in (body, handling)]
    if torn is not None and not any(always):
        raise _is_torn(torn)
    if not any(always):
        unseen = changed_there - seen  # after an error nobody can get at them
        right.update((ref, _like(left[ref], right[ref])) for ref in unseen)
    if always[1]:
        branches.refuse_lost(sp, before, loc, sp.running[:-1])
    if always[0]:
        frame.values[stmt.cond] = Const(False)  # for whatever comes after
        sp.heap.restore(left)
        branches.refuse_lost(sp, before, loc)
        yes, left = _of_the_other(no), {ref: _like(right[ref], left[ref]) for ref in before}
    elif always[1]:
        no, right = _of_the_other(yes), {ref: _like(left[ref], right[ref]) for ref in before}
    arms = branches.Arm(body, yes, left), branches.Arm(handling, no, right)
    branches.emit(sp, stmt, cond, arms, before, frame, loc, caught)


def _is_torn(loc: Loc) -> UnsupportedSyntaxError:
    message = "this changes a container before something that may raise in the same 'try'"
    hint = "change it in the last statement of the 'try', or after it"
    return UnsupportedSyntaxError(message, loc, hint)


def _sees(
    sp: Specialiser, block: Block, before: dict[Ref, Content], frame: Frame, loc: Loc
) -> bool:
    """Whether handlers can get at an object that has changed since ``before``."""
    changed = {ref for ref, content in before.items() if sp.heap.contents[ref] is not content}
    known = (op for op in _read_in(block) if not isinstance(op, Var) or op in frame.values)
    values = [sp.passed(op, frame, loc) for op in known]
    found = reach.reachable(values, sp.heap.contents, sp.heap)
    if found is None or changed & found:
        return True
    return any(map(_leads_outside, values)) and not changed.isdisjoint(from_outside(sp))


def _read_in(block: Block) -> set[Operand]:
    """What the statements of a block read, and those inside: of a function, what is not its own."""
    found: set[Operand] = set()
    for stmt in block.body:
        found.update(each for operand in operands(stmt) for each in _in(operand))
        inner = {each for owned in blocks(stmt) for each in _read_in(owned)}
        if isinstance(stmt, Define):
            names = {name for name, _ in stmt.captures}
            inner = {op for op in inner if not isinstance(op, Free) or op.name not in names}
        found |= inner
    return found


def _in(operand: Operand) -> Iterator[Operand]:
    """What an operand is put together from."""
    if isinstance(operand, Pack):
        for item in operand.items:
            yield from _in(item)
    elif isinstance(operand, Star):
        yield from _in(operand.operand)
    else:
        yield operand


def _leads_outside(value: Value) -> bool:
    """Whether a value may be, or may read, an object from outside."""
    if isinstance(value, Const):
        return isinstance(value.value, types.FunctionType)
    return not is_data(value)


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
    """The handlers of an error that is known.

    What the body has computed is not kept, and so is not in it.
    """
    first, rest = block.body[0], block.body[1:]
    assert isinstance(first, Invoke)
    if any(isinstance(arg, Var | Pack) for arg in error.args):
        error = type(error)(None)
    frame.values[first.target] = branches.made_again(sp, error, loc, first.target.name)
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


def _body(sp: Specialiser, block: Block, frame: Frame, loc: Loc) -> _Ran:
    """Emits the body of a ``try``."""
    body, before = sp.builder.body, sp.heap.save()
    calm: int | None = None
    entered, watched = before, before
    changing: Loc | None = None
    torn: Loc | None = None
    for at, stmt in enumerate(block.body):
        start, heap = len(body), sp.heap.save()
        try:
            with sp.at(block, frame, at):
                sp.statement(stmt, frame)
        except CertainError as error:
            # It is reached if nothing before it raises; in a function that is called, it may not.
            # What was left in objects from outside by then is left there.
            matters = any(map(may_raise, body)) or any(map(kept_by, statements(body)))
            if not matters and error.loc == sp.place_of(stmt):
                raise _Raised(error) from None
            branches.raise_in_arm(sp, error, frame, loc)
        raises = any(map(may_raise, body[start:]))
        if raises and calm is None:
            calm, entered = start, heap
            if _has_changed(before, entered):  # what the body has made may be in what was there
                watched = entered
        if changing is not None and raises:
            torn = torn or changing
        if changing is None and calm is not None and _has_changed(watched, sp.heap.contents):
            changing = stmt.loc
            if raises and not _is_whole_or_nothing(sp, stmt, frame):
                torn = changing
        if branches.ends(body):
            return _Ran((_NOTHING,) * len(block.results), calm, entered, torn)
    results = tuple(sp.passed(result, frame, loc) for result in block.results)
    return _Ran(results, calm, entered, torn)


def _is_whole_or_nothing(sp: Specialiser, stmt: Stmt, frame: Frame) -> bool:
    """Whether a statement leaves what it changes as it was if it raises: it puts an item into a
    list or a dict, or takes one out, or asks an iterator that computes nothing for an element."""
    if not isinstance(stmt, Invoke):
        return False
    callee = sp.passed(stmt.callee, frame, sp.place_of(stmt))
    if isinstance(callee, Const) and callee.value is next:
        return class_of(sp, sp.passed(stmt.args[0], frame, sp.place_of(stmt))) is Advanced
    if isinstance(callee, Method) and callee.name in ("pop", "remove"):
        receiver = callee.receiver
    elif isinstance(callee, Const) and _is_item_operator(callee.value):
        receiver = sp.passed(stmt.args[0], frame, sp.place_of(stmt))
    else:
        return False
    kind = class_of(sp, receiver)
    return kind in (list, dict, collections.defaultdict, collections.OrderedDict)


def _is_item_operator(function: Any) -> bool:
    return function is operator.setitem or function is operator.delitem


def _has_changed(before: dict[Ref, Content], now: dict[Ref, Content]) -> bool:
    return any(now[ref] is not content for ref, content in before.items())


class _Raised(Exception):
    """The body of a ``try`` certainly raises ``error``."""

    def __init__(self, error: CertainError) -> None:
        self.error = error


def _of_the_other(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """What an arm that always raises gives: what is the same whichever arm runs, and nothing."""
    return tuple(v if isinstance(v, Const | Held) else _NOTHING for v in values)


def _like(content: Content, own: Content) -> Content:
    """What an arm that always raises leaves in an object in which the other leaves ``content``."""
    if content is own or not isinstance(content, Pack):
        return own
    return undefined_like(content)

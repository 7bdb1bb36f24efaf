"""Which objects the rest of the program can still get at, and by what.

Where a branch or a loop makes one object of two, it depends on data which of them it is.  If
nothing else leads to either, it does not matter: what is changed later is the one object.  If
something does, the two cannot be told apart, and are sealed.

What can be got at is what the statements that follow read: those after the statement at hand in its
block, those of the blocks around it, in the functions that have called this one too, and the whole
body of each loop around, whose next trips read it again.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.instances import is_of_library
from srcgrad.ir.nodes import (
    Block,
    Const,
    Define,
    ForEach,
    Free,
    If,
    Invoke,
    Operand,
    Pack,
    Raise,
    Stmt,
    Try,
    Var,
    While,
)
from srcgrad.ir.walk import blocks, free_in_block, free_in_stmt, operands, targets, variables
from srcgrad.specialise.contents import Content
from srcgrad.specialise.heap import Heap
from srcgrad.specialise.identity import from_outside
from srcgrad.specialise.places import Place
from srcgrad.specialise.presence import lowered
from srcgrad.specialise.values import CellOf, Closure, Conflicting, Held, Method, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

_KNOWN = (Invoke, If, ForEach, While, Define, Raise)
_PLAIN = (Const, Var, Free, Held, Conflicting, Loc, Place, str, int, type(None))


@dataclasses.dataclass
class Running:
    """A block that is being run, and the number of the statement that is."""

    block: Block
    frame: Frame
    at: int = 0
    own: bool = False
    """Whether it stands for the call at hand, as a branch that the compiler makes of it."""
    instead: Stmt | None = None
    """What is run in place of the statement at hand, and does the same."""

    @property
    def now(self) -> Stmt | None:
        """The statement that is being run; None after the last."""
        if self.instead is not None:
            return self.instead
        return self.block.body[self.at] if self.at < len(self.block.body) else None


def held(
    sp: Specialiser, stmt: Stmt, heap: Mapping[Ref, Content], others: Iterable[Value] = ()
) -> set[Ref] | None:
    """The objects that what follows ``stmt``, the one at hand, can get at, with ``heap`` in them.

    ``others`` are values that it gets besides.  None if that is not known: where the compiler has
    values of which no variable knows.
    """
    last = sp.running[-1]
    if stmt is not last.now:
        return None
    if any(isinstance(running.now, Try) for running in sp.running):
        return None
    values = _roots(sp, sp.running)
    if values is None:
        return None
    return reachable((*values, *from_outside(sp), *others), heap, sp.heap)


def kept(sp: Specialiser, heap: Mapping[Ref, Content]) -> set[Ref] | None:
    """The objects that what follows can get at, with ``heap`` in them, where the operands of the
    statement at hand are not read once more by it; None if that is not known.

    What functions of the compiler's own have that are being run counts.
    """
    running = list(sp.running)
    values: list[Value] = [*from_outside(sp)]
    while running and running[-1].frame.scope.trusted:
        values.extend(running.pop().frame.values.values())
    if not running or any(isinstance(each.now, Try) for each in running):
        return None
    later = _roots(sp, running, again=len(running) < len(sp.running))
    return None if later is None else reachable((*values, *later), heap, sp.heap)


def after(sp: Specialiser, heap: Mapping[Ref, Content]) -> set[Ref] | None:
    """The objects that what follows, and what handles an error there, can get at, with ``heap`` in
    them; None if that is not known.

    What functions that are being run were given counts where they, or their callers, read it.
    """
    values: list[Value] = [*from_outside(sp)]
    for running, inner in zip(sp.running, (*sp.running[1:], None), strict=True):
        frame, now = running.frame, running.now
        if now is None or not _is_inside(sp, now, inner, frame):
            return None
        read = _read_later(running, again=False)
        if read is None:
            return None
        values.extend(frame.values[var] for var in read if var in frame.values)
        values.extend(frame.captures.values())
    later, failed = reachable(values, heap, sp.heap), handled(sp, sp.running, heap)
    return None if later is None or failed is None else later | failed


def handled(
    sp: Specialiser, running: Sequence[Running], heap: Mapping[Ref, Content]
) -> set[Ref] | None:
    """The objects that handlers can get at, and what follows them, where the innermost of these
    blocks raises; none if there are no handlers, and None if that is not known."""
    values: list[Value] = []
    for position, each in enumerate(running):
        if not isinstance(each.now, Try):
            continue
        handlers, known = each.now.orelse, each.frame.values
        values.extend(known[var] for var in free_in_block(handlers) if var in known)
        values.extend((*each.frame.captures.values(), *from_outside(sp)))
        later = [] if handlers.diverges else _roots(sp, running[: position + 1])
        if later is None:
            return None
        values.extend(later)
    return reachable(values, heap, sp.heap)


def _roots(sp: Specialiser, blocks_: Sequence[Running], again: bool = True) -> list[Value] | None:
    """The values of the variables that are read later; where the innermost of these blocks is at a
    ``try``, if that goes on after an error.

    The innermost statement reads its operands ``again``, unless it is a call that does not.
    """
    found: list[Value] = []
    for running, inner in zip(blocks_, (*blocks_[1:], None), strict=True):
        frame, now = running.frame, running.now
        if now is None or not _is_inside(sp, now, inner, frame):
            return None
        failed = now.cond if inner is None and isinstance(now, Try) else None
        read = _read_later(running, failed, again or inner is not None)
        if read is None:
            return None
        found.extend(frame.values[var] for var in read if var in frame.values)
        found.extend((*frame.captures.values(), *frame.given))
    return found


def _read_later(
    running: Running, failed: Operand | None = None, again: bool = True
) -> set[Var] | None:
    """The variables that a block reads from the statement at hand on, which it has not made.

    ``failed`` is the condition that is known to be false then: that a ``try`` runs to its end.
    """
    assert running.now is not None
    found = set(_read_again(running.now) if again or not isinstance(running.now, Invoke) else ())
    defined = set(targets(running.now))
    for stmt in running.block.body[running.at + 1 :]:
        if not isinstance(stmt, _KNOWN):
            return None
        on = failed is not None and isinstance(stmt, If) and stmt.cond is failed
        read = free_in_block(stmt.orelse) if on and isinstance(stmt, If) else free_in_stmt(stmt)
        found.update(var for var in read if var not in defined)
        defined.update(targets(stmt))
    results = (var for result in running.block.results for var in variables(result))
    found.update(var for var in results if var not in defined)
    return found


def _is_inside(sp: Specialiser, stmt: Stmt, inner: Running | None, frame: Frame) -> bool:
    """Whether ``inner`` is a block of ``stmt``, or the body of the function that it calls; there
    is none in the innermost."""
    if inner is None:
        return isinstance(stmt, _KNOWN)
    if isinstance(stmt, Invoke) and inner.own:
        return inner.frame is frame
    if isinstance(stmt, Invoke):
        callee = stmt.callee
        value: Any = frame.values.get(callee) if isinstance(callee, Var) else None
        if isinstance(callee, Free):
            value = sp.passed(callee, frame, stmt.loc)
        function = value.value if isinstance(value, Const) else None
        if isinstance(function, type):  # the new instance is given to what makes it
            function = inspect.getattr_static(function, "__init__")
        if isinstance(function, types.FunctionType) and not is_of_library(function.__module__):
            return inner.block is lowered(sp, function).body
        if isinstance(value, Method) and isinstance(value.receiver, Ref | Held):
            of = value.receiver
            cls = of.kind if isinstance(of, Ref) else type(of.example)
            method = inspect.getattr_static(cls, value.name, None)
            plain = isinstance(method, types.FunctionType)
            return plain and inner.block is lowered(sp, method).body
        return isinstance(value, Closure) and inner.block is value.function.body
    if inner.frame is not frame:
        return False
    return any(
        inner.block is block or (block.params and inner.block.params is block.params)
        for block in blocks(stmt)
    )


def _read_again(stmt: Stmt) -> Iterator[Var]:
    """What the statement at hand may read once more."""
    match stmt:
        case ForEach():
            yield from variables(stmt.iterable)
            yield from free_in_block(stmt.body)
        case While():
            yield from (*free_in_block(stmt.body), *free_in_block(stmt.cond))
        case If():
            pass  # its arms have been run, or are being
        case _:
            yield from (v for operand in operands(stmt) for v in variables(operand))


@dataclasses.dataclass
class Reached:
    """The objects to which values lead, and the variables that functions among them read."""

    objects: set[Ref] = dataclasses.field(default_factory=set)
    cells: set[CellOf] = dataclasses.field(default_factory=set)


def reachable(
    values: Iterable[Value], contents: Mapping[Ref, Content], heap: Heap
) -> set[Ref] | None:
    """The objects to which ``values`` lead, with these contents; None if one may lead to any."""
    found = reached(values, contents, heap)
    return None if found is None else found.objects


def reached(values: Iterable[Value], contents: Mapping[Ref, Content], heap: Heap) -> Reached | None:
    """The objects and cells to which ``values`` lead; None if one may lead to any.

    Elements that were computed early lead to what they come from: it is asked later whether that
    is another one by then.
    """
    found = Reached()
    seen: set[int] = set()
    stack: list[Any] = [*values, *heap.listed, *heap.pools]  # to which lists lead by numbers
    while stack:
        value = stack.pop()
        if id(value) in seen or isinstance(value, _PLAIN):
            continue
        seen.add(id(value))
        if isinstance(value, CellOf):
            found.cells.add(value)
        shown = heap.looked_at(value)
        if shown is not None:
            found.objects.add(shown)
            stack.extend((contents.get(shown), heap.early.get(shown)))
            if shown in heap.parts:
                stack.append(heap.parts[shown].owner)
            stack.extend((value,) if value is not shown else ())
            if value is shown:
                continue
        if isinstance(value, Pack):
            stack.extend(value.items)
        elif isinstance(value, Closure):
            stack.extend((*value.captures.values(), *value.defaults.values()))
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, tuple | list | frozenset):
            stack.extend(value)
        elif isinstance(value, partial):
            stack.extend((*value.args, *value.keywords.values()))
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            stack.extend(getattr(value, field.name) for field in dataclasses.fields(value))
        elif not isinstance(value, type) and type(value) is not object:
            return None
    return found

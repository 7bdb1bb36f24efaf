"""Lists, dicts and sets that are put where they have no identity: whether something else has them.

What is in a list of unknown length, or in a dict to which data add keys, is values of the program.
What is put there can still be changed, as a part of that (:mod:`.lists_in_dicts`), where nothing
else leads to it, or where all that leads to it is that part.  Else nothing that may be it can be.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Block, Const, Define, ForEach, Free, Invoke, Operand, Pack, Var, While
from srcgrad.ir.records import can_be_record
from srcgrad.ir.types import ListOf, is_set
from srcgrad.ir.walk import free_in_stmt, operands, variables
from srcgrad.specialise import reach
from srcgrad.specialise.contents import Content, Contents
from srcgrad.specialise.values import Closure, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser


def enter(sp: Specialiser, ref: Ref, value: Value) -> None:
    """Notes that a value is put into a list, or into a dict under a key that only running the
    program tells."""
    if may_be_list(sp, value) and not is_alone(sp, value):
        sp.heap.seal(value)
        sp.heap.seal_lists(ref)


@contextmanager
def entered(sp: Specialiser, ref: Value, value: Value) -> Iterator[bool]:
    """Within, a value is put into a list or a dict, after ``enter``.

    Gives whether it is a part of that from there on: one that the same block has made, and that
    something still leads to.
    """
    is_list = isinstance(value, Ref) and may_be_list(sp, value)
    is_part = is_list and not is_alone(sp, value) and can_be_part(sp, ref, value)
    if isinstance(ref, Ref) and not is_part:
        enter(sp, ref, value)
    with entering(sp, {value, *_alone_inside(sp, value)} if is_list else ()):  # type: ignore[arg-type]
        yield is_part


def _alone_inside(sp: Specialiser, value: Value) -> set[Ref]:
    """What is in a container and nowhere else, which nothing else leads to."""
    kept = reach.kept(sp, sp.heap.contents) if is_alone(sp, value) else None
    return set() if kept is None else _once_in(sp, value, kept) - {value}


@contextmanager
def entering(sp: Specialiser, refs: Iterable[Ref]) -> Iterator[None]:
    """Within, objects of which it is known who has them are put where they have no identity."""
    outer = sp.heap.entering
    sp.heap.entering = outer.union(refs)
    try:
        yield
    finally:
        sp.heap.entering = outer


def settled(sp: Specialiser, value: Value) -> Value:
    """What is in an object that is put where it has no identity: if something else has it, it can
    be changed no more."""
    if isinstance(value, Ref) and value not in sp.heap.entering and not _is_new_there(sp, value):
        sp.heap.seal(value)
        if sp.parts and may_be_list(sp, value):
            sp.heap.seal_lists(None)  # nobody knows into which list it is put
    return sp.heap.view(value)


def _is_new_there(sp: Specialiser, value: Ref) -> bool:
    """Whether a value is put somewhere by a call, and nothing else leads to it."""
    return _is_at_call(sp) and is_alone(sp, value)


def _is_at_call(sp: Specialiser) -> bool:
    """Whether the statement of the user's at hand is a call: what comes of a branch or a loop is
    known when it is over."""
    running = (each for each in reversed(sp.running) if not each.frame.scope.trusted)
    return isinstance(getattr(next(running, None), "now", None), Invoke)


@contextmanager
def moving(sp: Specialiser) -> Iterator[None]:
    """Within, what is taken out of a list of lists leads nowhere else."""
    sp.moving.append(len(sp.running))
    try:
        yield
    finally:
        sp.moving.pop()


def can_be_part(sp: Specialiser, owner: Value, value: Value) -> bool:
    """Whether a value that is put into a list is a list, or a dict, which the block at hand has
    made, so that where it is in ``owner`` is known wherever it is."""
    if (
        not isinstance(owner, Ref)
        or not isinstance(value, Ref)
        or sp.heap.is_shared(value)
        or value is owner
    ):
        return False
    running = sp.running[-1]
    frame, now = running.frame, running.now
    made = (s for s in running.block.body[: running.at] if isinstance(s, Invoke))
    mine = [s for s in made if frame.values.get(s.target) is value]
    return (
        now is not None
        and not frame.scope.trusted
        and bool(mine)
        and _makes(sp, _called(sp, mine[0], frame), value.kind)
    )


def _makes(sp: Specialiser, callee: Value, kind: type) -> bool:
    """Whether a call has made an object of this kind: other objects may have it already."""
    is_class = isinstance(callee, Const) and callee.value is kind
    return (is_class and can_be_record(kind)) or _makes_new(sp, callee)


def seal_part(sp: Specialiser, owner: Value, value: Value) -> None:
    """Notes that a list is somewhere in another one, which is not followed."""
    sp.heap.seal(value)
    if isinstance(owner, Ref):
        sp.heap.seal_lists(owner)


def seal_taken(sp: Specialiser, *owners: Ref) -> None:
    """Allows no further changes of the lists in these, nor of those that are put there from others
    of which nobody knows whose they are."""
    for owner in (None, *owners):
        sp.heap.seal_lists(owner)


def may_be_list(sp: Specialiser, value: Value) -> bool:
    """Whether a value may be a list, a dict or a set, which somebody else may have; so may be an
    instance, where what is in lists is a part of them.  Of what is in a pool they hold places."""
    if sp.heap.pool_of(value) is not None:
        return False
    if isinstance(value, Ref | Pack):
        is_part = sp.parts and can_be_record(value.kind)
        return is_part or issubclass(value.kind, list | dict | set)
    if isinstance(value, Const):
        return isinstance(value.value, list | dict | set)
    return not isinstance(value, Var) or isinstance(value.type, ListOf) or is_set(value.type)


def is_alone(sp: Specialiser, value: Value) -> bool:
    """Whether a value is one that nothing leads to but the statement at hand."""
    if not isinstance(value, Ref) or sp.heap.is_shared(value):
        return False
    if _is_new(sp, value):
        return True
    kept = reach.kept(sp, sp.heap.contents)
    return kept is not None and value not in kept


def _is_new(sp: Specialiser, value: Ref) -> bool:
    """Whether a list is made in an expression of the statement at hand, and is nowhere else."""
    running = sp.running[-1]
    now, block = running.now, running.block
    if not isinstance(now, Invoke):
        return False
    read = [v for operand in operands(now) for v in variables(operand)]
    mine = [v for v in read if running.frame.values.get(v) is value]
    if len(mine) != 1:
        return False
    made = _made_by(block, mine[0])
    if made is None or not _makes_new(sp, _called(sp, made, running.frame)):
        return False
    others = (s for s in block.body if s is not now and s is not made)
    results = (v for result in block.results for v in variables(result))
    return not any(mine[0] in free_in_stmt(stmt) for stmt in others) and mine[0] not in results


def _made_by(block: Block, var: Operand) -> Invoke | None:
    found = [stmt for stmt in block.body if isinstance(stmt, Invoke) and stmt.target is var]
    return found[0] if found else None


def _called(sp: Specialiser, stmt: Invoke, frame: Frame) -> Value:
    if isinstance(stmt.callee, Free):
        return sp.passed(stmt.callee, frame, stmt.loc)
    return (
        frame.values.get(stmt.callee, stmt.callee) if isinstance(stmt.callee, Var) else stmt.callee
    )


def _makes_new(sp: Specialiser, callee: Value) -> bool:
    """Whether what a call gives is a new list, or a new dict: of a display, of the class, or of a
    function that is nothing else."""
    from srcgrad.specialise.engine import Frame

    if isinstance(callee, Const):
        return callee.value in _MAKERS if isinstance(callee.value, Hashable) else False
    if not isinstance(callee, Closure):
        return False
    body = callee.function.body
    if sum(not isinstance(stmt, Define) for stmt in body.body) != 1:
        return False
    made = _made_by(body, body.results[0])
    if made is None or not isinstance(made.callee, Const | Free):
        return False
    called = _called(sp, made, Frame(callee.scope, callee.captures))
    return isinstance(called, Const) and _makes_new(sp, called)


_MAKERS = frozenset([intrinsics.pack, list, sorted, dict, set, collections.defaultdict])


def alone_in(
    sp: Specialiser, pack: Content, held: Callable[[Contents], set[Ref] | None]
) -> set[Ref]:
    """The objects in a list, known element by element so far, to which nothing leads but that list.

    ``held`` are those that something leads to, where what is in them is given.
    """
    if not isinstance(pack, Pack) or not any(isinstance(item, Ref) for item in pack.items):
        return set()
    contents = sp.heap.contents
    mine = {ref for ref, content in contents.items() if _is_same(content, pack)}
    if len(mine) > 1:  # another has the same in it, if something still leads to that
        reached = held(contents)
        mine = mine if reached is None else mine & reached
    if len(mine) > 1:
        return set()
    found = held({ref: content for ref, content in contents.items() if ref not in mine})
    return set() if found is None else _once_in(sp, pack, found)


def _once_in(sp: Specialiser, whole: Value, held: set[Ref]) -> set[Ref]:
    """The objects in a container, and inside of those, that are there once and are not ``held``."""
    met: list[Ref] = []

    def visit(item: Value) -> None:
        if isinstance(item, Ref):
            met.append(item)
            if met.count(item) == 1:
                visit(sp.heap.contents[item])
        elif isinstance(item, Pack):
            for part in item.items:
                visit(part)

    visit(whole)
    alone = (ref for ref in met if met.count(ref) == 1 and ref not in held)
    return {ref for ref in alone if not sp.heap.is_shared(ref)}


def _is_same(content: Content, pack: Pack) -> bool:
    if not isinstance(content, Pack) or content.kind is not pack.kind:
        return False
    if len(content.items) != len(pack.items):
        return False
    return all(a is b for a, b in zip(content.items, pack.items, strict=True))


def held_by_loop(sp: Specialiser, heap: Contents) -> set[Ref] | None:
    """The objects that the loop at hand and what follows it can get at, with ``heap`` in them."""
    running = sp.running[-1]
    now, values = running.now, running.frame.values
    if not isinstance(now, ForEach | While):
        return None
    first = [values[v] for operand in now.init for v in variables(operand) if v in values]
    return reach.held(sp, now, heap, first)


def open_all(sp: Specialiser, pack: Value, held: Callable[[Contents], set[Ref] | None]) -> None:
    """Notes which of the lists in a dict, known key by key so far, are nowhere else: only those may
    be changed after data have added keys to it.

    ``held`` are the objects that something leads to, where what is in them is given.
    """
    items = pack.items if isinstance(pack, Pack) and pack.kind is dict else ()
    refs = [item for item in items if isinstance(item, Ref) and may_be_list(sp, item)]
    if not refs:
        return
    contents = sp.heap.contents
    others = {ref: content for ref, content in contents.items() if content is not pack}
    found = held(others) if len(others) == len(contents) - 1 else None
    for item in refs:
        once = sum(item is other for other in refs) == 1
        if found is not None and once and item not in found and not sp.heap.is_shared(item):
            sp.heap.alone.add(item)
        else:
            sp.heap.alone.discard(item)


@contextmanager
def opening(sp: Specialiser, pack: Pack) -> Iterator[None]:
    """Within, a dict which is known key by key becomes one to which data add keys.

    On other paths it does not, and what of it is nowhere else may still be changed there.
    """
    mine: list[Any] = [item for item in pack.items if may_be_list(sp, item)]
    alone = sp.heap.alone.intersection(mine) - sp.heap.sealed
    if not all(item in alone for item in mine):
        sp.heap.seal_lists(None)
    yield
    sp.heap.sealed -= alone

"""The lists, and the dicts, in a dict to which data add keys: ``groups[label].append(v)``.

What is in such a dict is a list of unknown length of lists, whose elements are values of the
program, without identity.  ``groups[label]`` gives an object all the same, a *part* of the dict,
which has the place of that list: what changes it changes the dict, and with that every other part
that may be the same list.  So the content of a part is always what Python would find there.

This rests on nobody else having the list.  One that is put there, and that something else leads to,
or one that is taken where it has no identity, is sealed, as everywhere: but since nobody knows
which key it has, all lists of the dict are, for good.  They may be read and replaced, and a change
of one is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Block, Const, Free, Invoke, Operand, Pack, Var
from srcgrad.ir.ops import Memory, operation
from srcgrad.ir.types import NEVER, UNKNOWN, ListOf, PackType, Type
from srcgrad.ir.walk import free_in_stmt, operands, variables
from srcgrad.specialise import calls, compiled, containers, lists, perhaps, reach
from srcgrad.specialise.found_out import identity
from srcgrad.specialise.heap import Content, Contents, OneOfTwo, Part
from srcgrad.specialise.join import general, join_elements
from srcgrad.specialise.values import Closure, OpenDict, OpenDictOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

# --- types ----------------------------------------------------------------------------------------


@operation(ops.item_append, memory=Memory.ANY)
def _item_append_type(xs: Type, i: Type, x: Type) -> Type:
    if not isinstance(xs, ListOf) or not isinstance(xs.item, ListOf):
        return UNKNOWN
    longer = ListOf(join_elements(xs.item.item, general(x)))
    return ListOf(join_elements(xs.item, longer), xs.length)


@operation(ops.item_without_last, memory=Memory.VIEW)
def _item_without_last_type(xs: Type, i: Type) -> Type:
    if not isinstance(xs, ListOf) or not isinstance(xs.item, ListOf):
        return UNKNOWN
    return ListOf(join_elements(xs.item, ListOf(xs.item.item)), xs.length)


# --- what is read ---------------------------------------------------------------------------------


def read(
    sp: Specialiser, opened: OpenDictOf, place: Operand, key: Operand | None, loc: Loc
) -> Value:
    """The value at a place: of a list the object that it is."""
    found = calls.index(sp, opened.values, place, loc)
    return _as_part(sp, found, Part(opened.ref, place, None if key is None else identity(key)))


def snapshot(sp: Specialiser, opened: OpenDictOf, found: Value) -> Value:
    """``found``, which may be a list that is in a dict, or another: it can be read as long as the
    lists in the dict are not changed."""
    made = _as_part(sp, found, Part(opened.ref))
    if not holds_lists(opened.values):
        return made
    if not isinstance(made, Ref):
        sp.heap.seal_lists(opened.ref)
        return made
    sp.heap.parts.setdefault(made, Part(opened.ref))
    _detach(sp, made)
    return made


def _detach(sp: Specialiser, ref: Ref) -> None:
    """From here on an object is what it is now: while it is read, the lists in the dict stay."""
    sp.heap.parts[ref] = Part(sp.heap.parts[ref].owner)
    sp.heap.sealed.add(ref)


def perhaps_read(
    sp: Specialiser, opened: OpenDictOf, is_there: Operand, place: Operand, key: Operand, loc: Loc
) -> Value:
    """The value at a place where there is one, else None."""
    found = compiled.run(sp, _found_if, (is_there, opened.values, place), loc)
    part = Part(opened.ref, place, identity(key), anywhere=False)
    return perhaps.made(is_there, _as_part(sp, found, part))


def is_one(sp: Specialiser, a: Ref, b: Ref, loc: Loc) -> Operand | None:
    """``a is b`` of lists in dicts; None if neither is one, or if that is not known."""
    first, second = sp.heap.parts.get(a), sp.heap.parts.get(b)
    if first is None or second is None:
        return None
    if None in (first.place, second.place) or first.owner is not second.owner:
        return None
    if sp.heap.has_sealed_lists(*_same_dicts(sp, first.owner)):
        return None
    return sp.builder.apply(operator.eq, (first.place, second.place), (), loc)  # type: ignore[arg-type]


def _as_part(sp: Specialiser, found: Value, part: Part) -> Value:
    made = as_object(sp, found)
    if made is not found and isinstance(made, Ref):
        sp.heap.parts[made] = part
    return made


def as_object(sp: Specialiser, found: Value) -> Value:
    """A list, or a dict, that was taken out of a list of unknown length, as an object."""
    if isinstance(found, Pack) and found.kind is dict:
        return sp.heap.make(found)
    return containers.new_list(sp, found) if lists.is_dynamic(found) else found


def holds_lists(values: Var) -> bool:
    """Whether the values of a dict are lists or dicts."""
    item = values.type.item if isinstance(values.type, ListOf) else NEVER
    return isinstance(item, ListOf) or (isinstance(item, PackType) and item.kind is dict)


def shared(sp: Specialiser, ref: Ref, kind: type) -> Ref:
    """Another object with what is in ``ref``: the lists in two dicts are the same."""
    made = sp.heap.make(sp.heap.contents[ref], kind)
    content = sp.heap.contents[ref]
    if isinstance(content, Pack) and content.kind is OpenDict:
        sp.heap.seal_lists(ref)
        sp.heap.seal_lists(made)
    return made


# --- what is put there ----------------------------------------------------------------------------


def is_there(sp: Specialiser, ref: Ref, key: Operand, value: Value) -> bool:
    """Whether a value is the list that a dict has under a key, as after ``groups[k] += more``."""
    part = sp.heap.parts.get(value) if isinstance(value, Ref) else None
    return part is not None and part.owner is ref and part.key == identity(key) is not None


def enter(sp: Specialiser, ref: Ref, value: Value) -> None:
    """Notes that a value is put into a dict, under a key that only running the program tells."""
    if may_be_list(value) and not is_alone(sp, value):
        sp.heap.seal(value)
        sp.heap.seal_lists(ref)


def may_be_list(value: Value) -> bool:
    """Whether a value may be a list or a dict, which somebody else may have."""
    if isinstance(value, Ref | Pack):
        return issubclass(value.kind, list | dict)
    if isinstance(value, Const):
        return isinstance(value.value, list | dict)
    return not isinstance(value, Var) or isinstance(value.type, ListOf)


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
    if not isinstance(callee, Closure) or len(callee.function.body.body) != 1:
        return False
    body = callee.function.body
    made = _made_by(body, body.results[0])
    if made is None or not isinstance(made.callee, Const | Free):
        return False
    called = _called(sp, made, Frame(callee.scope, callee.captures))
    return isinstance(called, Const) and _makes_new(sp, called)


_MAKERS = frozenset([intrinsics.pack, list, sorted, dict])


def open_all(sp: Specialiser, pack: Value, held: Callable[[Contents], set[Ref] | None]) -> None:
    """Notes which of the lists in a dict, known key by key so far, are nowhere else: only those may
    be changed after data have added keys to it.

    ``held`` are the objects that something leads to, where what is in them is given.
    """
    items = pack.items if isinstance(pack, Pack) and pack.kind is dict else ()
    refs = [item for item in items if isinstance(item, Ref) and may_be_list(item)]
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
    mine: list[Any] = [item for item in pack.items if may_be_list(item)]
    alone = sp.heap.alone.intersection(mine) - sp.heap.sealed
    if not all(item in alone for item in mine):
        sp.heap.seal_lists(None)
    yield
    sp.heap.sealed -= alone


# --- changing -------------------------------------------------------------------------------------


def write(sp: Specialiser, ref: Ref, content: Content, loc: Loc) -> None:
    """Changes what is in a list of a dict to which data add keys.

    Raises
    ------
    AliasingError
        If something else may lead to it.
    """
    part = sp.heap.parts[ref]
    owners = _same_dicts(sp, part.owner)
    opened = sp.heap.view(part.owner)
    if part.place is None or sp.heap.has_sealed_lists(*owners):
        raise OneOfTwo(_KEPT, loc, _COPY)
    assert isinstance(opened, OpenDictOf)
    others = _others(sp, part.owner, ref)
    found = [sp.heap.parts[other] for other in others]
    if any(each.place is None or not each.anywhere for each in found):
        raise OneOfTwo(_KEPT, loc, _COPY)
    values = _changed(sp, opened.values, part.place, sp.heap.contents[ref], content, loc)
    values.name = opened.values.name
    containers.write(sp, part.owner, Pack(OpenDict, (opened.at, values), ("at", "values")), loc)
    sp.heap.contents[ref] = content if ref.kind is dict else lists.as_list(sp, content, loc)
    kept = reach.kept(sp, sp.heap.contents)
    for each in (*((ref,) if kept is not None and ref in kept else ()), *others):
        _refresh(sp, each, loc)


_KEPT = "this changes a list or a dict in a dict, which something else may have or read later"
_COPY = "put copies in one of the two places: groups[k] = list(items), items = list(groups[k])"


def _refresh(sp: Specialiser, ref: Ref, loc: Loc) -> None:
    """Looks up what is in a list of a dict now."""
    part = sp.heap.parts[ref]
    opened = sp.heap.view(part.owner)
    assert isinstance(opened, OpenDictOf)
    assert part.place is not None
    content = calls.index(sp, opened.values, part.place, loc)
    assert isinstance(content, Var | Pack)
    sp.heap.contents[ref] = content


def _changed(
    sp: Specialiser, values: Var, place: Operand, old: Content, new: Content, loc: Loc
) -> Var:
    """The values of a dict whose list at a place turns from ``old`` to ``new``."""
    made = sp.builder.definitions.get(new) if isinstance(new, Var) else None
    if made is not None and made.op in _IN_PLACE and made.args[0] is old:
        op, args = _IN_PLACE[made.op], (values, place, *made.args[1:])
    else:
        op, args = ops.list_set, (values, place, lists.element(sp, new, loc))
    with lists.located(loc):
        found = sp.builder.apply(op, args, (), loc)
    assert isinstance(found, Var)
    return found


_IN_PLACE: dict[Any, Any] = {
    ops.list_append: ops.item_append,
    ops.list_without_last: ops.item_without_last,
}
"""The operations on a list as those on an element of a list."""


def detach(sp: Specialiser, ref: Ref) -> bool:
    """Notes that a key of a dict may get another value, or may go: lists of it that are still read
    need not be there any more.  Tells whether there are some."""
    others = _others(sp, ref)
    for other in others:
        _detach(sp, other)
    return bool(others)


def _others(sp: Specialiser, owner: Ref, besides: Ref | None = None) -> list[Ref]:
    """What stands for lists of a dict, and is read later."""
    owners, contents = _same_dicts(sp, owner), sp.heap.contents
    mine = [
        ref
        for ref, part in sp.heap.parts.items()
        if ref is not besides and ref in contents and part.owner in owners
    ]
    kept = reach.kept(sp, contents) if mine else None
    return mine if kept is None else [ref for ref in mine if ref in kept]


def _same_dicts(sp: Specialiser, owner: Ref) -> tuple[Ref, ...]:
    return (owner, *sp.heap.aliases(owner))


# --- compiled like the user's functions -----------------------------------------------------------


def _found_if(is_there: Any, values: Any, place: Any) -> Any:
    if is_there:
        found = values[place]
    return found

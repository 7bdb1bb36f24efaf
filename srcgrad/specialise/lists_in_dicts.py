"""Lists, dicts and sets in a dict to which data add keys: ``groups[label].append(v)``.

What is in such a dict is a list of unknown length of lists, whose elements are values of the
program, without identity.  ``groups[label]`` gives an object all the same, a *part* of the dict,
which has the place of that list: what changes it changes the dict, and with that every other part
that may be the same list.  So the content of a part is always what Python would find there.

This rests on nobody else having the list.  One that is put there, and that something else leads to
that is no part of the dict (:mod:`.put_there`), or one that is taken where it has no identity, is
sealed, as everywhere: but since nobody knows which key it has, all lists of the dict are, for good.
They may be read and replaced, and a change of one is refused.

A dict to which data add is an element as a tuple of what it is, its places and its values (an
*entry*).  So are all that have no keys yet: ``d.setdefault(i, {})[j] = v``.  A set is itself there.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from srcgrad.errors import Loc
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.ops import Memory, operation
from srcgrad.ir.records import can_be_record, entry_kind_of, is_entry
from srcgrad.ir.types import UNKNOWN, KeysOf, ListOf, PackType, Type, is_set
from srcgrad.specialise import (
    aliases,
    by_data,
    calls,
    compiled,
    containers,
    lists,
    one_kind,
    opened,
    perhaps,
    put_there,
    reach,
)
from srcgrad.specialise.contents import Content, holds_lists, is_open
from srcgrad.specialise.found_out import identity
from srcgrad.specialise.heap import OneOfTwo, Part
from srcgrad.specialise.join import general, join_elements
from srcgrad.specialise.values import OpenDict, OpenDictOf, OpenSet, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

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


@operation(ops.item_set, memory=Memory.ANY)
def _item_set_type(xs: Type, i: Type, j: Type, x: Type) -> Type:
    if not isinstance(xs, ListOf) or not isinstance(xs.item, ListOf):
        return UNKNOWN
    item = xs.item
    changed = ListOf(join_elements(item.item, general(x)), item.length)
    return ListOf(join_elements(item, changed), xs.length)


# --- what is read ---------------------------------------------------------------------------------


def read(
    sp: Specialiser, opened: OpenDictOf, place: Operand, key: Operand | None, loc: Loc
) -> Value:
    """The value at a place: of a list the object that it is."""
    part = Part(opened.ref, place, None if key is None else identity(key))
    what = (read, opened.values, identity(place))
    found: Value | None = sp.found_out.noted(what)
    if found is None:
        with put_there.moving(sp):
            found = calls.index(sp, opened.values, place, loc)
        if is_element(found):  # whose keys are known to be there
            sp.found_out.note(what, found)
    return as_part(sp, found, part)


def snapshot(sp: Specialiser, opened: OpenDictOf, found: Value) -> Value:
    """``found``, which may be a list that is in a dict, or another: it can be read as long as the
    lists in the dict are not changed."""
    made = as_part(sp, found, Part(opened.ref))
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
    with put_there.moving(sp):
        found = compiled.run(sp, _found_if, (is_there, opened.values, place), loc)
    part = Part(opened.ref, place, identity(key), anywhere=False)
    return perhaps.made(is_there, as_part(sp, found, part))


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


def as_part(sp: Specialiser, found: Value, part: Part) -> Value:
    """What was taken from a place, as the object that it is there; where lists in lists are parts
    of them, those in a dict of known keys are parts of that."""
    made = as_object(sp, found)
    if made is found or not isinstance(made, Ref):
        return made
    sp.heap.parts[made] = part
    content = sp.heap.contents[made]
    if sp.parts and isinstance(content, Pack) and is_known(content):
        rows = zip(content.keys, content.items, strict=True)
        items = tuple(as_part(sp, item, Part(made, Const(key))) for key, item in rows)
        sp.heap.contents[made] = replace(content, items=items)  # type: ignore[arg-type]
    return made


def is_known(content: Pack) -> bool:
    """Whether something is what is in a dict of known keys, or in an instance."""
    return content.kind is dict or (can_be_record(content.kind) and not is_open(content))


def as_object(sp: Specialiser, found: Value) -> Value:
    """A list, a dict or a set that was taken out of a list of unknown length, as an object."""
    if is_element(found):
        kind = found.kind.of() if isinstance(found, Pack) else set  # type: ignore[attr-defined]
        return sp.heap.make(_of_element(found), kind)
    if isinstance(found, Pack) and (found.kind is dict or (sp.parts and is_known(found))):
        return sp.heap.make(found)
    return containers.new_list(sp, found) if lists.is_dynamic(found) else found


def is_element(value: Value) -> TypeGuard[Pack | Var]:
    """Whether a value is what is in a dict or a set to which data add, as an element of a list."""
    if isinstance(value, Pack):
        return is_entry(value.kind)
    return isinstance(value, Var) and is_set(value.type)


def read_entry(sp: Specialiser, value: Pack | Var) -> Value:
    """A dict or a set that was read from a list: an object that is not followed, unless this is
    written where it is."""
    return value if sp.is_moving else sealed(sp, value)


def sealed(sp: Specialiser, value: Value) -> Value:
    """A list, a dict or a set that was taken out of a list, and must not be changed."""
    made = as_object(sp, value)
    sp.heap.seal(made)
    return made


def _of_element(element: Pack | Var) -> Pack:
    """What is in a dict or a set, of what is in a list."""
    if isinstance(element, Var):
        return Pack(OpenSet, (element,), ("at",))
    return Pack(OpenSet if len(element.items) == 1 else OpenDict, element.items, element.keys)


def holds_open(values: Var) -> bool:
    """Whether the values of a dict are lists of unknown length, or dicts or sets to which data
    add."""
    item = values.type.item if isinstance(values.type, ListOf) else None
    if isinstance(item, PackType):
        return is_entry(item.kind)
    return isinstance(item, ListOf | KeysOf)


def entry(sp: Specialiser, ref: Ref, loc: Loc) -> Operand | None:
    """What is in a dict or a set as an element of a list; None if it is a dict of known keys that
    are names, which is its values: others are as many as data tell in the next such dict.

    A set is itself there, and of a frozenset it has to be said that it is one."""
    content = sp.heap.contents[ref]
    if not isinstance(content, Pack) or not issubclass(ref.kind, dict | set | frozenset):
        return None
    if content.kind is dict and ref.kind is dict and not _is_table(sp, content):
        return None
    found = opened.content(sp, content, loc)
    if ref.kind is set:
        return found.items[0]
    return Pack(entry_kind_of(ref.kind, found.keys), found.items, found.keys)


def _is_table(sp: Specialiser, content: Pack) -> bool:
    """Whether the keys of a dict, if it has any, are integers or tuples, of values of one kind."""
    if not all(isinstance(key, int | tuple) for key in content.keys):
        return False
    return not content.keys or one_kind.are_alike(((content, sp.heap.contents),))


def shared(sp: Specialiser, ref: Ref, kind: type) -> Ref:
    """Another object with what is in ``ref``: the lists in two dicts are the same."""
    made = sp.heap.make(sp.heap.contents[ref], kind)
    content = sp.heap.contents[ref]
    if holds_lists(content) or (isinstance(content, Pack) and content.kind is OpenDict):
        sp.heap.seal_lists(ref)
        sp.heap.seal_lists(made)
    return made


# --- what is put there ----------------------------------------------------------------------------


def is_there(sp: Specialiser, ref: Ref, key: Operand, value: Value) -> bool:
    """Whether a value is the list that a dict has under a key, as after ``groups[k] += more``."""
    part = sp.heap.parts.get(value) if isinstance(value, Ref) else None
    return part is not None and part.owner is ref and part.key == identity(key) is not None


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
    values = _values(sp, part.owner)
    if part.place is None or values is None or sp.heap.has_sealed_lists(*owners):
        raise OneOfTwo(_KEPT, loc, _COPY)
    same_ones = others(sp, part.owner, ref)
    if _may_be_elsewhere(sp, part.owner):
        raise OneOfTwo(_KEPT, loc, _COPY)
    found = [sp.heap.parts[other] for other in same_ones]
    if any(each.place is None or not each.anywhere for each in found):
        raise OneOfTwo(_KEPT, loc, _COPY)
    if any(others(sp, other) for other in same_ones):
        raise OneOfTwo(_KEPT, loc, _COPY)  # what is in them would have to be looked up anew too
    with put_there.moving(sp):
        if isinstance(values, Pack):  # in which the object itself is
            sp.heap.contents[ref] = content
            aliases.write(sp, part.owner, values, loc, inside=True)
            return
        changed = _changed(sp, values, part.place, ref, content, loc)
        changed.name = values.name
        aliases.write(sp, part.owner, _with_values(sp, part.owner, changed), loc, inside=True)
        sp.heap.contents[ref] = lists.as_list(sp, content, loc) if ref.kind is list else content
        for each in (*((ref,) if _is_kept_list(sp, ref) else ()), *same_ones):
            _refresh(sp, each, loc)


def _is_kept_list(sp: Specialiser, ref: Ref) -> bool:
    """Whether a list is read later, which is looked up where it is, so that no copy is made."""
    kept = reach.kept(sp, sp.heap.contents) if ref.kind is list else None
    return kept is not None and ref in kept


_KEPT = "this changes a list or a dict in another, which something else may have or read later"
_COPY = "put copies in one of the two places: groups[k] = list(items), items = list(groups[k])"


def _values(sp: Specialiser, owner: Ref) -> Var | Pack | None:
    """The list of what is in a list of unknown length, or in a dict to which data add keys; what is
    in a part that is a dict of known keys; None if it has become one that is known."""
    whole = sp.heap.view(owner)
    if isinstance(whole, OpenDictOf):
        return whole.values
    is_part = isinstance(whole, Pack) and is_known(whole) and owner in sp.heap.parts
    return whole if isinstance(whole, Var) or is_part else None  # type: ignore[return-value]


def _with_values(sp: Specialiser, owner: Ref, values: Var) -> Content:
    """What is in a list, or in such a dict, with another list of what is in it."""
    content = sp.heap.contents[owner]
    if isinstance(content, Var):
        return values
    return Pack(OpenDict, (content.items[0], values), ("at", "values"))


def _refresh(sp: Specialiser, ref: Ref, loc: Loc) -> None:
    """Looks up what is in a list of a dict now."""
    part = sp.heap.parts[ref]
    values = _values(sp, part.owner)
    assert values is not None
    assert part.place is not None
    content = calls.index(sp, values, part.place, loc)
    assert isinstance(content, Var | Pack)
    sp.heap.contents[ref] = _of_element(content) if is_element(content) else content


def _changed(sp: Specialiser, values: Var, place: Operand, ref: Ref, new: Content, loc: Loc) -> Var:
    """The values of a dict of which ``ref`` is at a place, and turns into ``new``."""
    old = sp.heap.contents[ref]
    made = sp.builder.definitions.get(new) if isinstance(new, Var) else None
    is_item = made is not None and made.op in _OF_ITEMS and made.args[0] is old
    if made is not None and is_item and (made.op is not ops.list_set or is_one_place(made)):
        op, args = _OF_ITEMS[made.op], (values, place, *made.args[1:])
    else:
        sp.heap.contents[ref] = new
        with put_there.entering(sp, _own_parts(sp, ref, new)):
            item = entry(sp, ref, loc) or lists.element(sp, new, loc)
        op, args = ops.list_set, (values, place, item)
    with lists.located(loc):
        found = sp.builder.apply(op, args, (), loc)
    assert isinstance(found, Var)
    return found


def is_one_place(stmt: Apply) -> bool:
    """Whether what sets something in a list sets one element, rather than a slice."""
    index = stmt.args[1]
    return isinstance(index, Const | Var) and by_data.is_integer(index)


def _own_parts(sp: Specialiser, ref: Ref, content: Content) -> list[Ref]:
    """The lists in a dict of known keys that are parts of it, each at its own key alone."""
    if not isinstance(content, Pack) or not is_known(content):
        return []
    found: list[Ref] = []
    for key, item in zip(content.keys, content.items, strict=True):
        part = sp.heap.parts.get(item) if isinstance(item, Ref) else None
        once = sum(item is other for other in content.items) == 1
        if (
            once
            and part is not None
            and part.owner is ref
            and identity(part.place) == identity(Const(key))
        ):
            found.append(item)  # type: ignore[arg-type]
    return found


_OF_ITEMS: dict[Any, Any] = {
    ops.list_append: ops.item_append,
    ops.list_without_last: ops.item_without_last,
    ops.list_set: ops.item_set,
}
"""The operations on a list as those on an element of a list."""
IN_ITEMS = tuple(_OF_ITEMS.values())


def detach(sp: Specialiser, ref: Ref) -> bool:
    """Notes that a key of a dict may get another value, or may go: lists of it that are still read
    need not be there any more.  Tells whether there are some."""
    found = others(sp, ref)
    for other in found:
        _detach(sp, other)
    return bool(found)


def moved(sp: Specialiser, ref: Ref, content: Content) -> None:
    """Notes that a list changes into ``content``: its lists may be at other places from here on."""
    old = sp.heap.contents[ref]
    if not sp.parts or not isinstance(old, Var) or old is content:
        return
    made = sp.builder.definitions.get(content) if isinstance(content, Var) else None
    if made is None or made.op not in _AT_THE_END or made.args[0] is not old:
        detach(sp, ref)


_AT_THE_END = (ops.list_append, ops.list_extend)
"""The operations on a list after which what was in it is where it was."""


def others(sp: Specialiser, owner: Ref, besides: Ref | None = None) -> list[Ref]:
    """What stands for lists of a list or a dict, and is read later."""
    owners, contents = _same_dicts(sp, owner), sp.heap.contents
    mine = [
        ref
        for ref, part in sp.heap.parts.items()
        if ref is not besides and ref in contents and part.owner in owners
    ]
    kept = reach.kept(sp, contents) if mine else None
    return mine if kept is None else [ref for ref in mine if ref in kept]


def _may_be_elsewhere(sp: Specialiser, owner: Ref) -> bool:
    """Whether a list of lists has gone on as another one, or something is still read that is a part
    of one that has."""
    if not issubclass(owner.kind, list):
        return False
    if owner in sp.heap.gone_on:
        return True
    contents = sp.heap.contents
    gone = [ref for ref, part in sp.heap.parts.items() if part.owner in sp.heap.gone_on]
    kept = reach.kept(sp, contents) if any(ref in contents for ref in gone) else set()
    return kept is None or any(ref in kept for ref in gone)


def _same_dicts(sp: Specialiser, owner: Ref) -> tuple[Ref, ...]:
    return (owner, *sp.heap.aliases(owner))


# --- compiled like the user's functions -----------------------------------------------------------


def _found_if(is_there: Any, values: Any, place: Any) -> Any:
    if is_there:
        found = values[place]
    return found

"""All objects of a kind in one list, where data tell which of them lists hold: a *pool*.

A list of unknown length holds values, without identity.  Where objects in such lists are changed,
and no other way is found to tell which they are, the program is specialised again with a list of
what is in each object of the kind that it makes, and an object is a place in that list.  What puts
an object into a list puts its place there::

    particles.append(p)                     # particles.append(i)
    particles = [p for p in particles if p.x < 1.0]
    for p in particles: p.x = p.x + p.v     # every_particle[i] = (..., ...)

So any number of lists may hold an object, and all see what is done to it.  An object is a part of
the pool, as lists in lists are parts of those (:mod:`.lists_in_dicts`): what changes it changes the
pool, and every other part of it that is still read is looked up anew.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from srcgrad.errors import Loc
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Operand, Pack, Var
from srcgrad.ir.records import Number, can_be_record, number_kind_of
from srcgrad.specialise import calls, lists, lists_in_lists, put_there, records
from srcgrad.specialise.heap import NeedsPool, Part
from srcgrad.specialise.places import Attribute, Item
from srcgrad.specialise.values import Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Key: TypeAlias = tuple[Hashable, ...]
"""What the objects of a pool have in common: a class, or that they are dicts with these keys."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The list of what is in all objects of a kind, and how their places stand in other lists."""

    ref: Ref
    number: type[Number]


def key_of(sp: Specialiser, value: Value) -> Key | None:
    """What an object has in common with others that may be in a list with it; None if it is one
    that is in no pool."""
    if not isinstance(value, Ref):
        return None
    if can_be_record(value.kind):
        return (value.kind,)
    if value.kind is list:
        return _key_of_list(sp, value)
    content = sp.heap.contents[value]
    if value.kind is dict and isinstance(content, Pack) and content.kind is dict and content.keys:
        return (dict, *content.keys) if all(isinstance(k, str) for k in content.keys) else None
    return None


def _key_of_list(sp: Specialiser, ref: Ref) -> Key | None:
    """That of lists that are made where some are which other lists hold; of any other list, the
    place where it is made, if lists are in a pool at all."""
    if sp.heap.pool_of(ref) is not None:
        return _LISTS
    site = sp.heap.sites.get(ref)
    return _LISTS if site in (sp.pools or ()) else site


_LISTS: Key = (list,)


def start(kinds: tuple[Key, ...], sp: Specialiser) -> None:
    """Lets objects of these kinds be in pools from here on."""
    sp.pools = dict.fromkeys(kinds)


def start_with_parts(kinds: tuple[Key, ...], sp: Specialiser) -> None:
    """The same, where lists in lists are parts of them."""
    start(kinds, sp)
    lists_in_lists.start(sp)


def start_with_lists(kinds: tuple[Key, ...], sp: Specialiser) -> None:
    """The same, where lists that are in lists are in a pool too."""
    start(kinds, sp)
    sp.heap.siting = True


def make(sp: Specialiser, loc: Loc) -> None:
    """Makes a pool for each of these kinds of objects, with nothing in it yet."""
    if sp.pools is None:
        return
    keys = [key for key in sp.pools if isinstance(key[0], type)]
    for key in (*keys, *((_LISTS,) if len(keys) < len(sp.pools) else ())):
        kind: Any = key[0]
        name = f"every_{kind.__name__.lower()}"
        ref = sp.heap.make(lists.as_list(sp, Pack(list, ()), loc, name), list)
        sp.heap.pools.add(ref)
        sp.pools[key] = Pool(ref, number_kind_of(kind, str(key[1:])))


def enter(sp: Specialiser, made: Value, before: int, loc: Loc) -> None:
    """Puts an object into its pool, if it has one, that a call has made: when it began, there were
    so many ``before``."""
    if not isinstance(made, Ref) or sp.heap.is_shared(made):
        return
    if sp.heap.born.get(made, 0) <= before:
        return
    if sp.heap.siting and made.kind is list and made not in sp.heap.sites:
        sp.heap.sites[made] = (loc.file, loc.line, loc.column)
    key = key_of(sp, made)
    pool = None if key is None or sp.pools is None else sp.pools.get(key)
    if pool is not None:
        _enter(sp, made, pool, loc)


def enter_given(sp: Specialiser, loc: Loc) -> None:
    """Puts the function's own of what it was given (``own_containers.py``) into their pools.

    Lists that are in one list, or under one key, count as made at one place.
    """
    for ref, held in sp.inputs.lists.owned.items():
        if sp.heap.siting and ref.kind is list:
            sp.heap.sites[ref] = (held.place.root, *map(_level, held.place.path))
        enter(sp, ref, 0, loc)


def _level(step: Attribute | Item) -> Attribute | Item | None:
    is_index = isinstance(step, Item) and isinstance(step.key, int)
    return None if is_index else step


def _enter(sp: Specialiser, made: Ref, pool: Pool, loc: Loc) -> None:
    xs = sp.heap.contents[pool.ref]
    place = sp.builder.apply(len, (xs,), (), loc)
    item = lists.element(sp, sp.heap.contents[made], loc)
    with lists.located(loc):
        longer: Any = sp.builder.apply(ops.list_append, (xs, item), (), loc)
    longer.name = getattr(xs, "name", "")
    sp.heap.contents[pool.ref] = longer
    if made.kind is list:
        assert isinstance(item, Var)
        sp.heap.contents[made] = item
    sp.heap.parts[made] = Part(pool.ref, place)


def number_of(sp: Specialiser, item: Value, loc: Loc) -> Pack | None:
    """The place of an object in its pool, which is put into a list; None if it is in none.

    Raises
    ------
    NeedsPool
        If objects of its kind are in none so far.
    """
    key = key_of(sp, item)
    if key is None or sp.pools is None or not isinstance(item, Ref):
        return None
    pool = sp.pools.get(key)
    if pool is None:
        raise NeedsPool(key)
    part = sp.heap.parts.get(item)
    if part is None or part.owner is not pool.ref or part.place is None:
        raise records.not_held(item.kind, loc)
    return Pack(pool.number, (part.place,), ("which",))


def holds(sp: Specialiser, display: Value) -> bool:
    """Whether a display holds objects, all of which are in pools, or can be."""
    refs = [item for item in getattr(display, "items", ()) if isinstance(item, Ref)]
    return sp.pools is not None and bool(refs) and all(key_of(sp, ref) for ref in refs)


def read(sp: Specialiser, number: type[Number], place: Operand, loc: Loc) -> Value:
    """The object at a place of its pool."""
    pool = next(pool for pool in (sp.pools or {}).values() if pool and pool.number is number)
    with put_there.moving(sp):
        found = calls.index(sp, sp.heap.contents[pool.ref], place, loc)
    assert isinstance(found, Pack | Var)
    made = sp.heap.make(found, number.of())
    sp.heap.parts[made] = Part(pool.ref, place)
    return made

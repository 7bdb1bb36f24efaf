"""Instances in lists of unknown length: ``alive = [p for p in particles if p.energy > 0]``.

The list holds what is in them (:mod:`srcgrad.ir.records`), and what is read from it is an instance
again, without identity: it may be read, and a change of it, or of what was put there, is refused.
The program is then specialised again, with lists of the numbers of the instances, from which what
is read is chosen (``aliases.py``), as far as all were there before the loops around.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import lists
from srcgrad.ir.nodes import Operand, Pack
from srcgrad.ir.records import Number, can_be_record, is_record, number_kind_of, record_in
from srcgrad.specialise import lists_in_dicts, pools
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.heap import NoIdentity, crowded
from srcgrad.specialise.values import Ref, StructureError, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def number_of(sp: Specialiser, item: Value, loc: Loc) -> Pack | None:
    """The number of an instance that is put into a list, where instances in lists are changed; None
    if it is not known which one it is: one that each trip of a loop makes, or a function of the
    program.

    Raises
    ------
    StructureError
        If it would be known were the loops around unrolled.
    """
    if sp.pools is not None:
        return pools.number_of(sp, item, loc)
    if not sp.nested or not isinstance(item, Ref) or not can_be_record(item.kind):
        return None
    if sp.recursion.is_open or sp.heap.is_sealed(item):
        return None
    unknown = [loop for loop in sp.heap.loops if not sp.heap.is_from(item, loop.before)]
    if unknown:
        if all(loop.countable for loop in unknown):
            raise not_held(item.kind, loc)  # of a loop that is unrolled it is known
        return None
    return Pack(number_kind_of(item.kind), (sp.heap.list_number(item),), ("which",))


def opened(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """What is read from a list: an instance, where the list holds a record.

    The derivative, for which the program is complete, knows of tuples alone.
    """
    if sp.complete:
        return value
    if lists_in_dicts.is_element(value):
        return lists_in_dicts.read_entry(sp, value)
    if not isinstance(value, Pack):
        return value
    if not is_record(value.kind):
        items = tuple(opened(sp, item, loc) for item in value.items)
        return Pack(value.kind, items, value.keys)  # type: ignore[arg-type]
    of = value.kind.of()
    assert of is not None
    if issubclass(value.kind, Number):
        if sp.pools is not None:
            return pools.read(sp, value.kind, value.items[0], loc)
        return _of_number(sp, of, value.items[0], loc)
    items = tuple(opened(sp, item, loc) for item in value.items)
    return Pack(of, items, value.keys)  # type: ignore[arg-type]


def _of_number(sp: Specialiser, of: type, which: Operand, loc: Loc) -> Value:
    """The instance that has a number, of those that lists may hold."""
    from srcgrad.specialise import chosen, dispatched

    refs = sp.heap.listed_of(of)
    few = sp.heap.few
    if few is not None:
        few.exceeded |= len(refs) > _FEW
    if len(refs) > (dispatched.MAX_ARMS if few is None else _FEW):
        raise crowded(loc)
    if sp.recursion.is_open:
        raise changed(sp, of, loc)
    return chosen.numbered(sp, refs, which, loc)


_FEW = 8
"""One of so many objects is rather chosen than put into a pool (:mod:`.pools`) with others."""


def check(sp: Specialiser, op: Any, operands: tuple[Operand, ...], loc: Loc) -> None:
    """Whether an operation may get the lists of instances that it is given.

    Raises
    ------
    UnsupportedSyntaxError
        If it may look at the elements, which are tuples there.
    """
    if sp.complete or op in _LISTS:
        return
    for operand in operands:
        refuse(operand, loc)


_LISTS = frozenset(
    (
        *(operator.getitem, len, lists.as_list, lists.list_append, lists.list_extend),
        *(lists.list_insert, lists.list_without, lists.list_without_last),
        *(lists.list_set, lists.list_copied),
    )
)
"""What moves elements, or reads them one by one."""


def refuse(operand: Operand, loc: Loc) -> None:
    """Refuses what holds instances, or dicts to which data add, where it goes to what is not looked
    into: they are tuples there."""
    kind = record_in(type_of(operand), or_entry=True)
    if kind is not None:
        message = f"a list whose length is not known holds a {kind.__name__}, and goes where "
        message += "it cannot be followed"
        raise UnsupportedSyntaxError(message, loc, "pass on lists of what is in its elements")


def changed(sp: Specialiser, kind: type, loc: Loc) -> NoIdentity:
    """The error about an instance that is changed where it has no identity."""
    name = kind.__name__
    if sp.recursion.is_open:
        return sp.recursion.changes_given(name, loc)
    message = f"this changes a {name} that is an element of a list whose length data tell"
    return NoIdentity(message, loc, f"make a new {name}, and put that into a new list")


def has_objects(value: Value) -> bool:
    """Whether a display holds something with identity, which is lost in a growing list."""
    if isinstance(value, Pack):
        return any(map(has_objects, value.items))
    return isinstance(value, Ref)


def has_instances(value: Value) -> bool:
    """Whether a display holds instances of the user's classes, which are rather kept as they are
    than put into a growing list."""
    if isinstance(value, Pack):
        return any(map(has_instances, value.items))
    return isinstance(value, Ref) and can_be_record(value.kind)


class GetsObjects(StructureError):
    """A list gets elements that have identity, which it keeps if the loop is unrolled."""


def gets_objects(name: str, loc: Loc) -> GetsObjects:
    """The error about a list that gets objects in the trips of a loop."""
    return GetsObjects(_gets(name), loc, _APPEND)


class KeptApart(StructureError):
    """Instances are put into a list by a ``while``: unrolled, it keeps them as they are."""


def kept_apart(name: str, loc: Loc) -> KeptApart:
    """The error about a list that gets instances in the trips of a ``while``."""
    return KeptApart(_gets(name), loc, _APPEND)


def _gets(name: str) -> str:
    return f"{name or 'a list'} gets elements that can be changed"


_APPEND = "append tuples, numbers or arrays"


def not_held(kind: type, loc: Loc) -> StructureError:
    """The error about what cannot be in a list of unknown length."""
    message = f"a list whose length is not known holds a {kind.__name__}"
    return StructureError(message, loc, _APPEND)

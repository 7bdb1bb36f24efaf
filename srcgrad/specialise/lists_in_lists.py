"""Lists in lists of unknown length that are changed there: ``groups[-1].append(v)``.

What is in a list of unknown length is a value of the program, without identity.  Where one of its
lists is changed all the same, and no unrolling tells which one it is, the program is specialised
again with ``groups[i]`` an object, a *part* of the list as those of a dict to which data add keys
are (:mod:`.lists_in_dicts`).

What takes such lists anywhere else, a slice, a sum, a sorted copy, would be a second way to them:
from there on no list in any list may be changed (``note_taken``).  Only what is written here, and
what changes the list that it takes them from, is known to make none.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.records import is_entry, is_value
from srcgrad.ir.types import ListOf, PackType, Type, Unknown, is_set
from srcgrad.ir.walk import variables
from srcgrad.specialise import by_data, calls, compiled, lists, lists_in_dicts, put_there
from srcgrad.specialise.contents import holds_lists
from srcgrad.specialise.found_out import identity
from srcgrad.specialise.heap import Part
from srcgrad.specialise.values import Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


# --- what else has the lists ----------------------------------------------------------------------


def start(sp: Specialiser) -> None:
    """Makes the lists in lists parts of them from here on."""
    sp.parts = True
    sp.builder.watch = partial(note_taken, sp)


def note_taken(sp: Specialiser, op: Any, args: tuple[Operand, ...], type_: Type) -> None:
    """Notes that an operation is given lists of lists: what it gives may lead to those too."""
    if sp.complete or sp.is_moving or op in _NEW or not _may_hold_lists(type_):
        return
    given = args[:1] if op in _PUTTING else args
    if any(holds_lists(var) for arg in given for var in variables(arg)):
        sp.heap.seal_lists(None)


_NEW = frozenset((ops.list_copied, ops.as_list, len))
"""What gives nothing that leads to what it is given, and a display, whose elements are asked for
where they are put there."""
_PUTTING = frozenset((ops.list_append, ops.list_set))
"""What puts an element into a list, of which the same is true."""


def _may_hold_lists(type_: Type) -> bool:
    if isinstance(type_, PackType):
        is_object = type_.kind is dict or is_entry(type_.kind) or is_value(type_.kind)
        return is_object or any(map(_may_hold_lists, type_.items))
    if isinstance(type_, ListOf) or is_set(type_):
        return True
    return isinstance(type_, Unknown) and not type_.number


@contextmanager
def changing(sp: Specialiser, receiver: Value, taken: Value | None = None) -> Iterator[None]:
    """Within, a list is changed: what is taken from it goes back there.

    ``taken`` is the list from which others are put there too.
    """
    if taken is not None and isinstance(receiver, Ref) and holds_lists(sp.heap.view(taken)):
        put_there.seal_taken(sp, receiver)
    with put_there.moving(sp):
        yield


# --- reading --------------------------------------------------------------------------------------


def read(sp: Specialiser, owner: Value, xs: Value, index: Value, loc: Loc) -> Value | None:
    """``owner[index]`` as a part of it; None where that is no list, or one without identity."""
    if not sp.parts or not isinstance(owner, Ref) or not holds_lists(xs):
        return None
    if not isinstance(index, Const | Var) or not by_data.is_integer(index):
        return None
    assert isinstance(xs, Var)
    place = _place(sp, xs, index, loc)
    with put_there.moving(sp):
        found = calls.index(sp, xs, place, loc)
    return lists_in_dicts.as_part(sp, found, Part(owner, place))


def _place(sp: Specialiser, xs: Var, index: Const | Var, loc: Loc) -> Operand:
    """The number of an element, counted from the first, which stays its own when others follow."""
    if isinstance(index, Var) and sp.inputs.measures.is_place(index):
        return index
    if isinstance(index, Const) and index.value >= 0:
        return index
    what = (_place, _as_long(sp, xs), identity(index))
    found: Var | None = sp.found_out.noted(what)
    if found is not None:
        return found
    count = sp.builder.apply(len, (xs,), (), loc)
    if isinstance(index, Const) and index.value == -1:  # an empty list has no such element either
        made: Value = sp.builder.apply(operator.sub, (count, Const(1)), (), loc)
    else:
        made = compiled.run(sp, _from_first, (count, index), loc)
    if isinstance(made, Var):
        sp.found_out.note(what, made)
    assert isinstance(made, Const | Var)
    return made


def _as_long(sp: Specialiser, xs: Var) -> Var:
    """The list from which ``xs`` was made by changes that have left its length."""
    made = sp.builder.definitions.get(xs)
    while made is not None and made.op in (*lists_in_dicts.IN_ITEMS, ops.list_set):
        if made.op is ops.list_set and not lists_in_dicts.is_one_place(made):
            return xs
        assert isinstance(made.args[0], Var)
        xs = made.args[0]
        made = sp.builder.definitions.get(xs)
    return xs


def _from_first(count: Any, index: Any) -> Any:
    """Compiled like the user's functions."""
    if index < 0:
        index = index + count
        if index < 0:
            raise IndexError("list index out of range")
    return index


def taken_out(sp: Specialiser, owner: Value, found: Value) -> Value:
    """A list that is taken out of a list for good: nothing else has it, unless something may have
    the lists there."""
    if not sp.parts or not isinstance(owner, Ref):
        return lists_in_dicts.sealed(sp, found) if lists_in_dicts.is_element(found) else found
    made = lists_in_dicts.as_object(sp, found)
    if isinstance(made, Ref) and made is not found:
        owners = (owner, *sp.heap.aliases(owner))
        if sp.heap.has_sealed_lists(*owners) or lists_in_dicts.others(sp, owner):
            sp.heap.sealed.add(made)
    return made


# --- putting --------------------------------------------------------------------------------------


def append(sp: Specialiser, receiver: Value, xs: Pack | Var, item: Value, loc: Loc) -> Value:
    """What is in a list with one more element.

    A list that the same block has made, and that it goes on changing, is a part from here on.
    """
    if not sp.parts or not isinstance(receiver, Ref) or not isinstance(xs, Var):
        return lists.append(sp, xs, item, loc)
    with put_there.entered(sp, receiver, item) as is_part:
        made = lists.append(sp, xs, item, loc)
    if is_part and isinstance(item, Ref):
        sp.heap.parts[item] = Part(receiver, sp.builder.apply(len, (xs,), (), loc))
    return made


def is_there(
    sp: Specialiser, receiver: Value, xs: Var, index: Value, value: Value, loc: Loc
) -> bool:
    """Whether a value is what a list has at a place, as after ``groups[-1] += more``."""
    if not sp.parts or not isinstance(receiver, Ref):
        return False
    part = sp.heap.parts.get(value) if isinstance(value, Ref) else None
    if part is not None and part.owner is receiver and isinstance(index, Const | Var):
        place = _place(sp, xs, index, loc) if by_data.is_integer(index) else None
        if place is not None and identity(part.place) == identity(place):
            return True
    return False

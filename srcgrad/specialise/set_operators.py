"""Operators between sets to which data add elements, and what their methods take.

In which order the result comes depends on how Python makes it: ``a & b`` looks through the smaller
one, ``a | b`` is a copy of ``a`` that gets what is in ``b``.  So the operator is one of sets when
the program runs, too.  A method that is given something else is that method, of a list.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir import keys
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.specialise import (
    calls,
    containers,
    histories,
    iterate,
    open_dicts,
    open_sets,
    outside_sets,
)
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.values import (
    Args,
    Held,
    OpenDictOf,
    OpenSetOf,
    OpenViewOf,
    Ref,
    StructureError,
    Value,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_OPERATORS = {
    operator.or_: keys.union,
    operator.and_: keys.both,
    operator.sub: keys.less,
    operator.xor: keys.either,
}
_EDITS = {
    operator.or_: keys.with_elements,
    operator.and_: keys.elements_kept,
    operator.sub: keys.less_elements,
    operator.xor: keys.elements_apart,
}

_METHODS = {
    operator.or_: keys.union_with,
    operator.and_: keys.both_with,
    operator.sub: keys.less_with,
    operator.xor: keys.either_with,
}

# --- operands -------------------------------------------------------------------------------------


def is_set(value: Value) -> bool:
    """Whether a value is a set, or a frozenset, and not the keys of a dict."""
    match value:
        case Const(value=frozenset()) | Held(example=set() | frozenset()) | OpenSetOf():
            return True
        case Ref(kind=kind):
            return kind in (set, frozenset)
    return False


def _operand(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """A set, or the keys of a dict, as what an operator takes; anything else as the list of its
    elements."""
    if isinstance(value, Const) and isinstance(value.value, frozenset):
        found = histories.content(histories.existing(value.value))
        return open_sets.content(sp, found, loc).items[0]
    if isinstance(value, Held) and is_set(value):
        return sp.inputs.opaque(value)
    shown = sp.heap.view(value)
    if isinstance(shown, OpenSetOf):
        return shown.at
    if isinstance(shown, OpenViewOf) and shown.what == "keys":
        opened = sp.heap.view(shown.ref)
        assert isinstance(opened, OpenDictOf)
        return opened.at
    if isinstance(shown, Pack) and shown.kind is set and isinstance(value, Ref):
        return open_sets.content(sp, shown, loc).items[0]
    if isinstance(shown, Pack) and shown.kind is set:
        return open_dicts.places(sp, containers.keys_of(shown), loc)
    return elements(sp, value, loc)


def elements(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """The elements of an iterable, one after the other, as a set takes them."""
    shown = sp.heap.view(value)
    if open_sets.is_list_of_keys(shown):
        return shown  # type: ignore[return-value]
    listed = calls.invoke(sp, Const(list), (value,), {}, loc)
    shown = sp.heap.view(listed)
    if isinstance(shown, Var):
        return shown
    items = iterate.all_elements(sp, listed, loc)
    each = [open_sets.as_element(sp, item, loc) for item in items]
    return Pack(list, tuple(each))


# --- operators ------------------------------------------------------------------------------------


def operated(sp: Specialiser, op: Any, a: Value, b: Value, kind: type, loc: Loc) -> Ref:
    """``a | b``, or another operator, of sets and of the keys of dicts; one of them is no set that
    is known."""
    if _is_of_other_dict(sp, a) and op is not operator.and_:
        copy = open_sets.made(sp, keys.set_of, (elements(sp, a, loc),), set, loc)
        changed(sp, op, copy, b, loc)
        return copy
    return _made(sp, _OPERATORS[op], (a, b), kind, loc)


def _made(sp: Specialiser, op: Any, values: Args, kind: type, loc: Loc) -> Ref:
    """The new set that an operation makes of sets, of which some may be from outside."""
    operands = tuple(_operand(sp, value, loc) for value in values)
    ref = open_sets.made(sp, op, operands, kind, loc)
    _know(sp, op, ref, values, operands)
    return ref


def _know(sp: Specialiser, op: Any, ref: Ref, values: Args, operands: tuple[Operand, ...]) -> None:
    """Notes of which type the elements of a set are that was made of one from outside."""
    pairs = zip(operands, values, strict=True)
    given = {o: v for o, v in pairs if isinstance(v, Held) and isinstance(o, Var) and is_set(v)}
    if given:
        opened = sp.heap.view(ref)
        assert isinstance(opened, OpenSetOf)
        better = {var: outside_sets.type_of(sp, held) for var, held in given.items()}
        opened.at.type = sp.builder.infer(op, operands, (), better)


def _is_of_other_dict(sp: Specialiser, value: Value) -> bool:
    """Whether a value is the keys of something else than a plain dict, such as a defaultdict."""
    ref = sp.heap.looked_at(value) if not isinstance(value, OpenViewOf) else value.ref
    return ref is not None and not is_set(value) and ref.kind is not dict


# --- methods --------------------------------------------------------------------------------------


def united(sp: Specialiser, op: Any, ref: Value, others: Args, kind: type, loc: Loc) -> Ref:
    """What a method makes of a set and of any iterables."""
    operands = (_operand(sp, ref, loc), *(_argument(sp, other, loc) for other in others))
    made = open_sets.made(sp, _METHODS[op], operands, kind, loc)
    _know(sp, _METHODS[op], made, (ref, *others), operands)
    return made


def _argument(sp: Specialiser, other: Value, loc: Loc) -> Operand:
    """What a method takes, a set, a dict or a list."""
    if is_set(other):
        return _operand(sp, other, loc)
    return _places(sp, other, loc) if class_of(sp, other) is dict else elements(sp, other, loc)


def changed(sp: Specialiser, op: Any, ref: Ref, other: Value, loc: Loc) -> None:
    """Changes a set to which data add as ``update`` and the other methods do, by one iterable."""
    operand = _argument(sp, other, loc)
    before = open_sets.made_open(sp, ref, loc).at
    open_sets.edit(sp, _EDITS[op], ref, loc, operand)
    _know(sp, _EDITS[op], ref, (ref, other), (before, operand))


def _places(sp: Specialiser, value: Value, loc: Loc) -> Operand:
    """A plain dict as one that has its keys, in their order."""
    opened = sp.heap.view(value)
    if isinstance(opened, OpenDictOf):
        return opened.at
    if isinstance(opened, Held):
        return open_dicts.places(sp, sp.inputs.keys(opened), loc)
    assert isinstance(opened, Pack)
    return open_dicts.places(sp, opened.keys, loc)


def check_order(opened: OpenSetOf, message: str, hint: str, loc: Loc) -> None:
    """Refuses what asks for the order of a set which is not that of Python's."""
    if not open_sets.comes_in_order(opened):
        raise StructureError(message, loc, hint)

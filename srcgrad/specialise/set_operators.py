"""Operators between sets to which data add elements, and what their methods take.

In which order the result comes depends on how Python makes it: ``a & b`` looks through the smaller
one, ``a | b`` is a copy of ``a`` that gets what is in ``b``.  So the operator is one of sets when
the program runs, too.  A method that is given no set does to a copy what it does one by one.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir import keys
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import KeysOf
from srcgrad.specialise import (
    calls,
    compiled,
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
        return sp.heap.view(shown.ref).at  # type: ignore[union-attr]
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
    if not others or op is operator.or_:
        return _edited(sp, op, _copy(sp, ref, kind, loc), others, loc)
    first, *rest = others
    if is_set(first):
        made = operated(sp, op, ref, first, kind, loc)
    elif op is operator.and_:
        made = _both_with(sp, ref, first, kind, loc)
    elif op is operator.xor:
        made = open_sets.made(sp, keys.set_of, (elements(sp, first, loc),), kind, loc)
        changed(sp, op, made, ref, loc)
    else:
        made = _edited(sp, op, _copy(sp, ref, kind, loc), (first,), loc)
    if op is not operator.and_ and class_of(sp, first) is dict:
        disordered(sp, made)  # which Python asks for its size
    if op is operator.and_ and rest:
        return united(sp, op, made, tuple(rest), kind, loc)
    return _edited(sp, op, made, tuple(rest), loc)


def _copy(sp: Specialiser, ref: Value, kind: type, loc: Loc) -> Ref:
    return _made(sp, keys.set_of, (ref,), kind, loc)


def _edited(sp: Specialiser, op: Any, made: Ref, others: Args, loc: Loc) -> Ref:
    """A new set after changes by others, one after the other."""
    for other in others:
        changed(sp, op, made, other, loc)
    return made


def _both_with(sp: Specialiser, ref: Value, other: Value, kind: type, loc: Loc) -> Ref:
    """What is in a set and in an iterable, in the order of that."""
    found = compiled.run(sp, _kept, (other, ref), loc)
    assert isinstance(found, Ref)
    return found if kind is set else sp.heap.make(sp.heap.contents[found], kind)


def changed(sp: Specialiser, op: Any, ref: Ref, other: Value, loc: Loc) -> None:
    """Changes a set to which data add as ``update`` and the other methods do, by one iterable."""
    if is_set(other):
        operand = _operand(sp, other, loc)
    elif class_of(sp, other) is dict:
        operand = _places(sp, other, loc)
    else:
        operand = elements(sp, other, loc)
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


def disordered(sp: Specialiser, ref: Ref) -> None:
    """Notes that a set is laid out in another way than Python's."""
    opened = sp.heap.view(ref)
    assert isinstance(opened, OpenSetOf)
    assert isinstance(opened.at.type, KeysOf)
    opened.at.type = replace(opened.at.type, in_order=False)


def check_order(opened: OpenSetOf, message: str, hint: str, loc: Loc) -> None:
    """Refuses what asks for the order of a set which is not that of Python's."""
    if not open_sets.comes_in_order(opened):
        raise StructureError(message, loc, hint)


# --- compiled like the user's functions -----------------------------------------------------------


def _kept(others: Any, some: Any) -> Any:
    return {element for element in others if element in some}

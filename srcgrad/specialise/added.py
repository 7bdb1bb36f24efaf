"""Adding to lists and dicts from outside: ``losses.append(loss)``, ``history["loss"] = loss``.

This happens once in each call of the gradient, in order, as it does in the function.  What is added
is a constant for whoever reads it.  The program itself must not: what it reads of a container from
outside is read when it begins, and what was there then is known to the compiler.  So what is read
of a container that is added to, is refused at the end (:mod:`srcgrad.analysis.rebound`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir.nodes import Apply, Const, Operand, Pack, Var
from srcgrad.ir.walk import statements
from srcgrad.specialise import calls, certain, given_away, iterate, logs, outside
from srcgrad.specialise.builder import constant_of
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.containers import entries_of
from srcgrad.specialise.heap import Home
from srcgrad.specialise.places import Test
from srcgrad.specialise.values import Args, Held, Kwargs, OfItem, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def takes_item(sp: Specialiser, value: Value, key: Value) -> bool:
    """Whether an item of a value is one of a list or a dict from outside that may be assigned."""
    return takes(sp, value) and class_of(sp, key) is not slice


def takes(sp: Specialiser, value: Value) -> bool:
    """Whether a value is a list or a dict from outside that may be added to.

    What is differentiated is not: it has a gradient, of the structure that it had.
    """
    if not isinstance(value, Held) or type(value.example) not in (list, dict):
        return False
    return not sp.inputs.identities.is_differentiated(value.place)


def set_item(sp: Specialiser, held: Held, key: Value, value: Value, loc: Loc) -> None:
    """``held[key] = value``."""
    if _is_there(sp, held, key, value):
        return  # ``history["loss"] += [v]``, which has added to it
    place = constant_of(key) if isinstance(key, Const | Pack) else None
    is_known = place is not None and isinstance(held.example, dict)
    home = Home(held, OfItem(place.value)) if place is not None and is_known else None
    kept = _kept(sp, value, loc, home)
    made = _emit(sp, operator.setitem, held, (sp.operand(key, loc), kept), loc)
    if not isinstance(held.example, dict):
        sp.inputs.lists.assigned[held.place] = held.example
        return
    known = constant_of(key) if isinstance(key, Const | Pack) else None
    if known is not None:
        certain.computed(loc, hash, known.value)
        if outside.note_item(sp, held, known.value, value):
            sp.noted.add(made)
    elif outside.has_items(sp, held):
        message = "an item of a dict from outside is written whose key is not known, after others"
        raise UnsupportedSyntaxError(message, loc, "keep them in two dicts")


def _is_there(sp: Specialiser, held: Held, key: Value, value: Value) -> bool:
    """Whether a list is what an item of a dict is already."""
    known = constant_of(key) if isinstance(key, Const | Pack) else None
    if known is None or type(held.example) is not dict or not isinstance(known.value, Hashable):
        return False
    example = held.example.get(known.value)
    return outside.is_at(sp, value, example, outside.written_item(sp, held, known.value))


def has_key(sp: Specialiser, held: Held, key: Value) -> bool | None:
    """Whether a dict from outside has a key by now; None if the program has put no items into it,
    or if it is not known which."""
    known = constant_of(key) if isinstance(key, Const | Pack) else None
    is_dict = isinstance(held.example, dict)
    if known is None or not is_dict or not outside.has_items(sp, held) or not _are_noted(sp, held):
        return None
    sp.inputs.guard(held.place, Test.KEYS, tuple(held.example))  # as they were before the first
    sp.inputs.log.known(held.place.attribute("__len__"))
    return outside.written_item(sp, held, known.value) is not None or known.value in held.example


def _are_noted(sp: Specialiser, held: Held) -> bool:
    """Whether all that the program has put into a dict from outside is noted."""
    container = sp.inputs.opaque(held)
    so_far = (stmt for body in (*sp.builder.around, sp.builder.body) for stmt in statements(body))
    put = (s for s in so_far if isinstance(s, Apply) and s.op is operator.setitem)
    return all(stmt.target in sp.noted for stmt in put if stmt.args[0] is container)


def method(
    sp: Specialiser, held: Held, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """The result of a method that adds to a list or a dict; None if the method does not."""
    if name in _CHANGING and takes(sp, held):
        sp.inputs.lists.follow(held)
    if name == "setdefault" and isinstance(held.example, dict) and not kwargs:
        return _setdefault(sp, held, *args, loc=loc) if len(args) == 2 and takes(sp, held) else None
    found = _METHODS.get((type(held.example), name))
    usual = len(args) == 1 and not kwargs
    if found is None or not takes(sp, held) or not (usual or (name == "update" and len(args) < 2)):
        return None
    for arg in args:
        found(sp, held, arg, loc)
    for key, value in kwargs.items():
        set_item(sp, held, Const(key), value, loc)
    return Const(None)


def _setdefault(sp: Specialiser, held: Held, key: Value, default: Value, loc: Loc) -> Value:
    """``d.setdefault(key, default)``."""
    is_there = calls.invoke(sp, Const(operator.contains), (held, key), {}, loc)
    if not isinstance(is_there, Const):
        message = "whether a dict from outside has a key is not known here"
        raise UnsupportedSyntaxError(message, loc, "put what it may lack there before")
    if is_there.value:
        return calls.invoke(sp, Const(operator.getitem), (held, key), {}, loc)
    set_item(sp, held, key, default, loc)
    return default


def _append(sp: Specialiser, held: Held, item: Value, loc: Loc) -> None:
    _emit(sp, list.append, held, (_kept(sp, item, loc),), loc)
    logs.appended(sp, held, item, loc)


def _extend(sp: Specialiser, held: Held, more: Value, loc: Loc) -> None:
    if not iterate.is_known(sp, more, loc):
        sp.inputs.lists.follow(held)
    for item in iterate.all_elements(sp, more, loc):
        _append(sp, held, item, loc)


def _update(sp: Specialiser, held: Held, more: Value, loc: Loc) -> None:
    known = sp.heap.view(more)
    if not isinstance(known, Pack) or known.kind is not dict:
        message = "a dict from outside is updated with what is no dict of known keys"
        raise UnsupportedSyntaxError(message, loc, "assign the items one by one")
    for key, value in entries_of(known).items():
        set_item(sp, held, Const(key), value, loc)


_CHANGING = frozenset(("insert", "pop", "remove", "clear", "sort", "reverse"))
"""What else changes a list, which is followed then."""
_METHODS: Mapping[tuple[type, str], Callable[[Specialiser, Held, Any, Loc], None]] = {
    (list, "append"): _append,
    (list, "extend"): _extend,
    (dict, "update"): _update,
}


def _kept(sp: Specialiser, value: Value, loc: Loc, home: Home | None = None) -> Operand:
    """What is added: a number, an array, a container of those, or an object from outside."""
    fault = "a list or dict from outside is given what is no number, array or container"
    return given_away.kept(sp, value, loc, fault, home)


def _emit(sp: Specialiser, op: Any, held: Held, args: tuple[Operand, ...], loc: Loc) -> Var:
    sp.inputs.lists.change(held, loc)
    made = sp.builder.apply(op, (sp.inputs.opaque(held), *args), (), loc)
    assert isinstance(made, Var)
    sp.inputs.log.call(sp.builder.definitions[made])
    return made

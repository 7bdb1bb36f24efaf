"""Sets to which data add elements: ``if node not in seen: seen.add(node)``.

A set stays a display, known element by element, until something is added or taken out that only
running the program tells, or two arms leave it with different elements.  Then what is in it is one
value (:mod:`srcgrad.ir.keys`), which is a set when the program runs.  Its order is that of hashes,
so that nothing iterates over it but what asks for no order, unless it is made of a list at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import keys
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.ops import operation
from srcgrad.ir.types import PY_INT, UNKNOWN, KeysOf, ListOf, Type, is_text, number_of
from srcgrad.specialise import (
    certain,
    compiled,
    containers,
    histories,
    lists,
    object_keys,
    open_dicts,
)
from srcgrad.specialise.carried_shapes import Carried, Shape, Tree
from srcgrad.specialise.join import join_keys, key_type, keys_of, same
from srcgrad.specialise.values import NeedsValue, OpenSet, OpenSetOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

# --- types ----------------------------------------------------------------------------------------


@operation(keys.set_of)
def _set_type(items: Type) -> Type:
    return keys_of(items, of_set=True)


@operation(keys.with_element)
def _with_type(elements: Type, element: Type) -> Type:
    if not isinstance(elements, KeysOf):
        return UNKNOWN
    return KeysOf(join_keys(elements.item, key_type(element)), of_set=True)


@operation(keys.less_element)
def _less_type(elements: Type, element: Type) -> Type:
    return elements


# --- making ---------------------------------------------------------------------------------------


def content(sp: Specialiser, value: Value, loc: Loc, name: str = "") -> Pack:
    """What is in a set, as one value."""
    assert isinstance(value, Pack)
    if value.kind is OpenSet:
        return value
    known = containers.keys_of(value)
    if not all(map(open_dicts.is_plain, known)):
        message = "a set gets elements that only running the program tells, and has others"
        raise UnsupportedSyntaxError(message, loc, "let them be integers, texts, or tuples")
    name = name if name.isidentifier() else ""
    display = Pack(tuple, tuple(map(Const, known)))
    with lists.located(loc):
        at = sp.builder.apply(keys.set_of, (display,), (), loc, name)
    return _content(at)


def of_list(sp: Specialiser, xs: Value, kind: type, loc: Loc) -> Ref | None:
    """``set(xs)`` of a list of unknown length; None if that holds something else than integers or
    texts."""
    item = number_of(xs.type.item) if isinstance(xs, Var) and isinstance(xs.type, ListOf) else None
    if item is None or not (item == PY_INT or is_text(item)):
        return None
    return _laid_out(sp, xs, KeysOf(item, of_set=True), kind, loc)  # type: ignore[arg-type]


def copied(sp: Specialiser, opened: OpenSetOf, kind: type, loc: Loc) -> Ref:
    """Another set with the same elements."""
    if comes_in_order(sp, opened):
        return _laid_out(sp, opened.at, opened.at.type, kind, loc)
    return sp.heap.make(sp.heap.contents[opened.ref], kind)


def _laid_out(sp: Specialiser, more: Operand, type_: Type, kind: type, loc: Loc) -> Ref:
    """``set(more)``, which is laid out when the program runs as the one of Python is."""
    with lists.located(loc):
        at = sp.builder.apply(keys.set_of, (more,), (), loc)
    assert isinstance(at, Var)
    at.type = type_
    ref = sp.heap.make(_content(at), kind)
    sp.heap.laid_out[ref] = at
    return ref


def comes_in_order(sp: Specialiser, opened: OpenSetOf) -> bool:
    """Whether a set comes when the program runs in the order in which it comes in Python: it was
    made there of a list, and nothing has changed it since."""
    return sp.heap.laid_out.get(opened.ref) is opened.at


def _content(at: Operand) -> Pack:
    return Pack(OpenSet, (at,), ("at",))


def differ(a: Value, b: Value) -> bool:
    """Whether what is in a set has to become one value after two arms."""
    if not isinstance(a, Pack) or not isinstance(b, Pack):
        return False
    if (a.kind, b.kind) == (set, set):
        return not histories.are_alike(a, b)
    return {a.kind, b.kind} == {set, OpenSet}


def differ_in_order(a: Value, b: Value) -> bool:
    """Whether a set has the same elements after two arms, which have come into it in two ways."""
    are_sets = isinstance(a, Pack) and isinstance(b, Pack) and a.kind is b.kind is set
    return are_sets and not differ(a, b) and not same(a, b)


def carried(sp: Specialiser, first: Value, name: str, loc: Loc) -> Shape:
    """How a loop carries a set to which it adds elements, and which was ``first`` before it."""
    (at,) = content(sp, first, loc, name).items
    assert isinstance(at, Var)
    return Tree(OpenSet, ("at",), (Carried(at, at.type, at.name),))


def made_open(sp: Specialiser, ref: Ref, loc: Loc) -> OpenSetOf:
    """A set of the program as one to which data add elements."""
    pack = sp.heap.contents[ref]
    containers.write(sp, ref, content(sp, pack, loc, sp.heap.names.get(ref, "")), loc)
    found = sp.heap.view(ref)
    assert isinstance(found, OpenSetOf)
    return found


# --- elements -------------------------------------------------------------------------------------


def known(sp: Specialiser, receiver: Value, element: Value, loc: Loc) -> Const | None:
    """An element that a set gets or loses; None if only running the program tells which it is.

    Raises
    ------
    NeedsValue
        If it may get known.
    """
    object_keys.put(sp, receiver, element, loc)
    try:
        return Const(certain.element_of_set(sp, element, loc))
    except NeedsValue:
        if not isinstance(receiver, Ref) or not open_dicts.is_key(sp, element):
            raise
        return None


def _element(sp: Specialiser, element: Value, loc: Loc) -> Operand:
    """An element of such a set."""
    certain.check_hash(sp, element, loc)
    return open_dicts.as_key(sp, element, loc, "an element of a set")


def listed(sp: Specialiser, opened: OpenSetOf, loc: Loc) -> Ref:
    """A list of the elements, for what asks for no order."""
    return containers.new_list(sp, open_dicts.key_list(sp, opened, loc))


# --- changing ------------------------------------------------------------------------------------


def add(sp: Specialiser, ref: Ref, element: Value, loc: Loc) -> None:
    """``ref.add(element)``."""
    if not sp.found_out.has_key(made_open(sp, ref, loc).at, _element(sp, element, loc)):
        _change(sp, keys.with_element, ref, element, loc)


def discard(sp: Specialiser, ref: Ref, element: Value, loc: Loc) -> None:
    """``ref.discard(element)``."""
    _change(sp, keys.less_element, ref, element, loc)


def remove(sp: Specialiser, ref: Ref, element: Value, loc: Loc) -> Value:
    """``ref.remove(element)``."""
    return compiled.run(sp, _remove, (ref, element), loc)


def _change(sp: Specialiser, op: Any, ref: Ref, element: Value, loc: Loc) -> None:
    operand, opened = _element(sp, element, loc), made_open(sp, ref, loc)
    with lists.located(loc):
        at = sp.builder.apply(op, (opened.at, operand), (), loc)
    assert isinstance(at, Var)
    at.name = opened.at.name
    containers.write(sp, ref, _content(at), loc)
    sp.found_out.learn_key(at, operand, op is keys.with_element)


# --- compiled like the user's functions -----------------------------------------------------------


def _remove(elements: Any, element: Any) -> None:
    if element not in elements:
        raise KeyError(element)
    elements.discard(element)

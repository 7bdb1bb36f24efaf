"""Sets to which data add elements: ``if node not in seen: seen.add(node)``.

A set stays a display, known element by element, until something is added or taken out that only
running the program tells, or two arms leave it with different elements.  Then what is in it is one
value (:mod:`srcgrad.ir.keys`), which is a set when the program runs.  All that was done to the set
of the program is done to it, so that it comes in the same order, unless it was made of one of which
it is not known how that came about.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import keys
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.ops import operation
from srcgrad.ir.types import (
    NEVER,
    PY_INT,
    UNKNOWN,
    KeysOf,
    ListOf,
    PackType,
    Type,
    is_text,
    number_of,
)
from srcgrad.specialise import (
    certain,
    compiled,
    containers,
    histories,
    lists,
    object_keys,
    open_dicts,
    set_layouts,
)
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.carried_shapes import Carried, Shape, Tree
from srcgrad.specialise.join import join_keys, key_type, keys_of, same
from srcgrad.specialise.values import Held, NeedsValue, OpenSet, OpenSetOf, Ref, Value, is_undefined

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

# --- types ----------------------------------------------------------------------------------------


@operation(keys.set_of, keys.set_of_each)
def _set_type(items: Type) -> Type:
    if isinstance(items, KeysOf | ListOf):
        return KeysOf(items.item, of_set=True, in_order=_in_order(items))
    return keys_of(items, of_set=True)


@operation(keys.with_element)
def _with_type(elements: Type, element: Type) -> Type:
    if not isinstance(elements, KeysOf):
        return UNKNOWN
    return replace(elements, item=join_keys(elements.item, key_type(element)))


@operation(keys.less_element)
def _less_type(elements: Type, element: Type) -> Type:
    return elements


@operation(keys.less_popped, keys.emptied)
def _left_type(elements: Type) -> Type:
    return elements


@operation(keys.popped)
def _popped_type(elements: Type) -> Type:
    return elements.item if isinstance(elements, KeysOf) else UNKNOWN


@operation(keys.in_its_order)
def _ordered_type(elements: Type) -> Type:
    return ListOf(elements.item) if isinstance(elements, KeysOf) else UNKNOWN


@operation(keys.less_elements, keys.less, keys.elements_kept)
def _some_type(elements: Type, others: Type) -> Type:
    return _combined(elements, others, elements)


@operation(keys.with_elements, keys.elements_apart, keys.union, keys.both, keys.either)
def _of_both_type(elements: Type, others: Type) -> Type:
    return _combined(elements, others, elements, others)


@operation(keys.less_with, keys.both_with)
def _method_type(elements: Type, *others: Type) -> Type:
    found = elements
    for each in others:
        found = _combined(found, each, found)
    return found


@operation(keys.union_with, keys.either_with)
def _wide_method_type(elements: Type, *others: Type) -> Type:
    found = elements
    for each in others:
        found = _combined(found, each, found, each)
    return found


def _combined(a: Type, b: Type, *giving: Type) -> Type:
    """The type of what is made of two, with elements of those that are ``giving``."""
    item: Type = NEVER
    for each in giving:
        each = keys_of(each) if isinstance(each, PackType) else each
        item = join_keys(item, each.item) if isinstance(each, KeysOf | ListOf) else UNKNOWN
    return KeysOf(item, of_set=True, in_order=_in_order(a) and _in_order(b))


def _in_order(type_: Type) -> bool:
    return not isinstance(type_, KeysOf) or type_.in_order


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
    layout = set_layouts.layout(value)
    again = None if layout.in_order else _done_again(sp, histories.of(value), loc)
    if isinstance(again, Var):
        again.type = keys_of(type_of(Pack(tuple, value.items)), of_set=True)
        return content_of(again)
    display = Pack(tuple, tuple(map(Const, layout.elements)))
    with lists.located(loc):
        at = sp.builder.apply(layout.op, (display,), (), loc, name)
    assert isinstance(at, Var)
    at.type = set_layouts.typed(at.type, layout)
    return content_of(at)


_MOST_STEPS = 32
"""What was done to a set that is known is done again in up to so many steps."""


def _done_again(sp: Specialiser, history: histories.History, loc: Loc) -> Operand | None:
    """A set to which is done when the program runs what was done to one that is known; None if
    that is not known."""
    steps = list(itertools.islice(history.steps(), _MOST_STEPS + 1))
    if len(steps) > _MOST_STEPS or history.is_lost:
        return None
    at: Operand | None = None
    for step in reversed(steps):
        op = _DONE.get(step.op) if at is not None else _MAKING.get(step.op)
        args = [
            at if arg is step.before else _given_again(sp, arg, step.op in _OPERATORS, loc)
            for arg in step.args
        ]
        if op is None or None in args or (at is not None and len(args) > 1):
            return None
        if at is None and not args:
            args = [Pack(tuple, ())]
        before = () if at is None else (at,)
        at = sp.builder.apply(op, (*before, *args), (), loc)  # type: ignore[arg-type]
    return at


_OPERATORS: dict[Any, Any] = {
    operator.or_: keys.union,
    operator.and_: keys.both,
    operator.sub: keys.less,
    operator.xor: keys.either,
}
_MAKING: dict[Any, Any] = {
    set: keys.set_of,
    frozenset: keys.set_of,
    "copy": keys.set_of,
    **_OPERATORS,
}
_DONE: dict[Any, Any] = {
    "add": keys.with_element,
    "discard": keys.less_element,
    "remove": keys.less_element,
    "pop": keys.less_popped,
    "clear": keys.emptied,
    **dict.fromkeys(["update", "__ior__"], keys.with_elements),
    **dict.fromkeys(["difference_update", "__isub__"], keys.less_elements),
    **dict.fromkeys(["intersection_update", "__iand__"], keys.elements_kept),
    **dict.fromkeys(["symmetric_difference_update", "__ixor__"], keys.elements_apart),
}
"""What makes a set when the program runs, and what changes it, for what is in a history."""


def _given_again(
    sp: Specialiser,
    arg: histories.History | histories.Given | histories.Source,
    in_operator: bool,
    loc: Loc,
) -> Operand | None:
    """What such a step is given, as an operand."""
    if isinstance(arg, histories.Source):
        return None
    if isinstance(arg, histories.Given):
        known = tuple(map(Const, arg.elements))
        if not all(map(open_dicts.is_plain, arg.elements)):
            return None
        if arg.is_mapping():
            return open_dicts.places(sp, arg.elements, loc)
        return known[0] if arg.is_element() else Pack(list, known)
    if arg.is_of_keys():
        listed = Pack(list, tuple(map(Const, arg.real())))
        return open_dicts.places(sp, arg.real(), loc) if in_operator else listed
    place = arg.global_place()
    if place is not None:
        return sp.inputs.opaque(Held(place, arg.real()))
    pack = histories.content(arg)
    (at,) = content(sp, pack, loc).items
    in_order = isinstance(at, Var) and isinstance(at.type, KeysOf) and at.type.in_order
    return at if in_order else None


def of_list(sp: Specialiser, xs: Value, kind: type, loc: Loc) -> Ref | None:
    """``set(xs)`` of a list of unknown length; None if that holds something else than keys."""
    if not is_list_of_keys(xs):
        return None
    return made(sp, keys.set_of, (xs,), kind, loc)  # type: ignore[arg-type]


def is_list_of_keys(xs: Value) -> bool:
    """Whether a value is a list of unknown length of what can be in a set as it is."""
    return isinstance(xs, Var) and isinstance(xs.type, ListOf) and _is_key(xs.type.item)


def _is_key(type_: Type) -> bool:
    if isinstance(type_, PackType):
        return type_.kind is tuple and all(map(_is_key, type_.items))
    number = number_of(type_)
    return number == PY_INT or is_text(number)


def copied(sp: Specialiser, opened: OpenSetOf, kind: type, loc: Loc) -> Ref:
    """Another set with the same elements, as ``set(s)`` and ``s.copy()`` make it."""
    return made(sp, keys.set_of, (opened.at,), kind, loc)


def copied_deeply(sp: Specialiser, opened: OpenSetOf, loc: Loc) -> Ref:
    """What ``copy.deepcopy`` gives, which makes a set of a list."""
    xs = sp.builder.apply(keys.in_its_order, (opened.at,), (), loc)
    ref = made(sp, keys.set_of, (xs,), opened.ref.kind, loc)
    found = sp.heap.view(ref)
    assert isinstance(found, OpenSetOf)
    at = found.at
    if isinstance(at.type, KeysOf):
        at.type = replace(at.type, in_order=_in_order(opened.at.type))
    return ref


def made(
    sp: Specialiser, op: Callable[..., Any], args: tuple[Operand, ...], kind: type, loc: Loc
) -> Ref:
    """The new set that an operation makes."""
    with lists.located(loc):
        at = sp.builder.apply(op, args, (), loc)
    return sp.heap.make(content_of(at), kind)


def comes_in_order(opened: OpenSetOf) -> bool:
    """Whether a set comes when the program runs in the order in which it comes in Python."""
    return _in_order(opened.at.type)


def content_of(at: Operand) -> Pack:
    """What is in a set which is ``at`` when the program runs."""
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
    if not (isinstance(pack, Pack) and pack.kind is OpenSet):
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


def as_element(sp: Specialiser, element: Value, loc: Loc) -> Operand:
    """An element of such a set."""
    certain.check_hash(sp, element, loc)
    return open_dicts.as_key(sp, element, loc, "an element of a set")


def listed(sp: Specialiser, opened: OpenSetOf, loc: Loc) -> Ref:
    """A list of the elements, for what asks for no order."""
    return containers.new_list(sp, open_dicts.key_list(sp, opened, loc, in_its_order=False))


# --- changing ------------------------------------------------------------------------------------


def add(sp: Specialiser, ref: Ref, element: Value, loc: Loc) -> None:
    """``ref.add(element)``."""
    if not sp.found_out.has_key(made_open(sp, ref, loc).at, as_element(sp, element, loc)):
        _change(sp, keys.with_element, ref, element, loc)


def edit(sp: Specialiser, op: Callable[..., Any], ref: Ref, loc: Loc, *others: Operand) -> None:
    """Changes a set as an operation says."""
    opened = made_open(sp, ref, loc)
    with lists.located(loc):
        at = sp.builder.apply(op, (opened.at, *others), (), loc)
    assert isinstance(at, Var)
    at.name = opened.at.name
    containers.write(sp, ref, content_of(at), loc)


def pop(sp: Specialiser, ref: Ref, loc: Loc) -> Value:
    """``ref.pop()``."""
    asked = compiled.run(sp, _refuse_empty, (ref,), loc)
    if is_undefined(asked):
        return asked  # there certainly is none: what follows is not reached
    opened = made_open(sp, ref, loc)
    element = sp.builder.apply(keys.popped, (opened.at,), (), loc)
    edit(sp, keys.less_popped, ref, loc)
    return element


def discard(sp: Specialiser, ref: Ref, element: Value, loc: Loc) -> None:
    """``ref.discard(element)``."""
    _change(sp, keys.less_element, ref, element, loc)


def remove(sp: Specialiser, ref: Ref, element: Value, loc: Loc) -> Value:
    """``ref.remove(element)``."""
    return compiled.run(sp, _remove, (ref, element), loc)


def _change(sp: Specialiser, op: Any, ref: Ref, element: Value, loc: Loc) -> None:
    operand = as_element(sp, element, loc)
    edit(sp, op, ref, loc, operand)
    at = made_open(sp, ref, loc).at
    sp.found_out.learn_key(at, operand, op is keys.with_element)


# --- compiled like the user's functions -----------------------------------------------------------


def _remove(elements: Any, element: Any) -> None:
    if element not in elements:
        raise KeyError(element)
    elements.discard(element)


def _refuse_empty(elements: Any) -> None:
    if not elements:
        raise KeyError("pop from an empty set")

"""Lists of unknown length: how displays become such lists.

A list stays a display, known element by element, as long as its length is known.  Where a loop or
a branch makes it longer or shorter, it becomes one value of type ``ListOf``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError, placed
from srcgrad.ir import lists
from srcgrad.ir.nodes import UNDEFINED, Const, Invoke, Operand, Pack, Star, Stmt, Var
from srcgrad.ir.records import can_be_record, kind_of
from srcgrad.ir.types import (
    ListOf,
    PackType,
)
from srcgrad.specialise import (
    carried_functions,
    chains,
    lists_in_dicts,
    long_tuples,
    open_methods,
    perhaps,
    pools,
    put_there,
    records,
)
from srcgrad.specialise import list_types as list_types  # which tells the operations their types
from srcgrad.specialise import opened as opened_kinds
from srcgrad.specialise.builder import Result
from srcgrad.specialise.carried import Entry, as_anew, shape_of, widen
from srcgrad.specialise.carried_shapes import Anew, Carried, Chosen, Fixed, Perhaps, Shape, Tree
from srcgrad.specialise.contents import Content
from srcgrad.specialise.join import of_items
from srcgrad.specialise.tuple_class import LongTuple
from srcgrad.specialise.values import (
    OpenDict,
    PerhapsOf,
    Ref,
    Value,
    displayed,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Frame, Specialiser

# --- displays -----------------------------------------------------------------------------------


def is_dynamic(value: Value) -> bool:
    """Whether a value is a list of unknown length."""
    return isinstance(value, Var) and isinstance(value.type, ListOf)


def as_list(sp: Specialiser, value: Value, loc: Loc, name: str = "") -> Var:
    """A list, a display or a container from outside as a list of unknown length."""
    value = put_there.settled(sp, sp.whole(value, loc))
    if isinstance(value, Var) and isinstance(value.type, ListOf):
        return value
    if not isinstance(value, Pack) or value.kind is not list:
        raise UnsupportedSyntaxError("a list is expected here", loc)
    items = tuple(element(sp, item, loc) for item in value.items)
    result = _apply(sp, lists.as_list, (Pack(list, items),), loc, name)
    assert isinstance(result, Var)
    return result


def _apply(sp: Specialiser, op: Any, args: tuple[Operand, ...], loc: Loc, name: str) -> Result:
    with located(loc):
        return sp.builder.apply(op, args, (), loc, name)


@contextmanager
def located(loc: Loc) -> Iterator[None]:
    """Within, an error about types that do not join is one about ``loc``."""
    try:
        yield
    except UnknownTypeError as error:
        if error.loc is not None:
            raise
        raise placed(error, loc) from None


def element(sp: Specialiser, item: Value, loc: Loc) -> Operand:
    """An element of a display as an operand; lists in lists are of unknown length too.

    What is in the list has no identity, so that nothing that is put into it can be changed later,
    unless nothing else has it.
    """
    perhaps.check_in(item, loc)
    number = records.number_of(sp, item, loc)
    if number is not None:
        return number
    sp.heap.refuse_cycles(item)
    if isinstance(item, Ref):
        put_there.settled(sp, item)
        entry = lists_in_dicts.entry(sp, item, loc)
        if entry is not None:
            return entry
    item = displayed(put_there.settled(sp, item))
    if isinstance(item, Pack) and item.kind is list:
        return as_list(sp, item, loc)
    if isinstance(item, Pack):
        is_instance = can_be_record(item.kind)
        if item.kind is not dict and not is_instance and not issubclass(item.kind, tuple):
            raise records.not_held(item.kind, loc)
        items = tuple(element(sp, part, loc) for part in item.items)
        kind = kind_of(item.kind, item.keys) if is_instance else item.kind
        return Pack(kind, items, item.keys)
    operand = sp.operand(item, loc)
    if isinstance(operand, Pack) and can_be_record(operand.kind):
        raise records.not_held(operand.kind, loc)  # which is written where it is, outside
    # An object from outside is taken apart.
    return element(sp, operand, loc) if isinstance(operand, Pack) else operand


def append(sp: Specialiser, xs: Value, x: Value, loc: Loc, name: str = "") -> Value:
    """``[*xs, x]``: a display, as long as ``xs`` is one."""
    if isinstance(xs, Pack) and xs.kind is list:
        return Pack(list, (*xs.items, x))  # type: ignore[arg-type]
    both = (as_list(sp, xs, loc), element(sp, x, loc))
    return _apply(sp, lists.list_append, both, loc, name)


def concatenate(sp: Specialiser, xs: Value, ys: Value, loc: Loc, name: str = "") -> Value:
    """``xs + ys``, where at least one of them is of unknown length."""
    if isinstance(ys, Pack) and len(ys.items) <= 2:
        result = xs
        for item in ys.items:
            result = append(sp, result, item, loc, name)
        return result
    both = (as_list(sp, xs, loc), as_list(sp, ys, loc))
    return _apply(sp, lists.list_extend, both, loc, name)


def display(sp: Specialiser, parts: list[tuple[bool, Value]], loc: Loc, name: str) -> Value:
    """``[a, *xs, b]``: each part with whether it is starred."""
    result: Value = Pack(list, ())
    for starred, value in parts:
        if not starred:
            result = append(sp, result, value, loc, name)
        elif isinstance(result, Pack) and not result.items and is_dynamic(value):
            result = value
        else:
            whole = value if is_dynamic(value) else _all(sp, value, loc)
            result = concatenate(sp, result, whole, loc, name)
    return result


def spread(sp: Specialiser, stmt: Invoke, frame: Frame, loc: Loc) -> Value | None:
    """A list display with a starred list of unknown length; None for every other one."""
    if not (isinstance(stmt.args[0], Const) and stmt.args[0].value is list):
        return None
    parts: list[tuple[bool, Value]] = []
    for arg in stmt.args[2:]:
        starred = isinstance(arg, Star)
        operand = arg.operand if isinstance(arg, Star) else arg
        value = sp.value(operand, frame, loc)
        parts.append((starred, open_methods.displayed(sp, value, loc) if starred else value))
    if not any(starred and is_dynamic(value) for starred, value in parts):
        return None
    return display(sp, parts, loc, stmt.target.name)


def _all(sp: Specialiser, value: Value, loc: Loc) -> Value:
    from srcgrad.specialise import iterate

    return Pack(list, iterate.all_elements(sp, value, loc))  # type: ignore[arg-type]


# --- where values meet --------------------------------------------------------------------------


def differ(a: Value, b: Value) -> bool:
    """Whether two values are lists that can only be one of unknown length."""
    if not _is_list(a) or not _is_list(b):
        return False
    if isinstance(a, Pack) and isinstance(b, Pack):
        return len(a.items) != len(b.items)
    return isinstance(a, Pack) or isinstance(b, Pack)


def _is_list(value: Value) -> bool:
    return is_dynamic(value) or (isinstance(value, Pack) and value.kind is list)


def in_arm(
    sp: Specialiser,
    convert: Callable[[Specialiser, Value, Loc], Value],
    value: Value,
    body: list[Stmt],
    loc: Loc,
) -> Value:
    """``value``, what an arm of a branch gives, as ``convert`` makes a list of unknown length of
    it."""
    outer, sp.builder.body = sp.builder.body, body
    try:
        return convert(sp, value, loc)
    finally:
        sp.builder.body = outer


def fitted(sp: Specialiser, shape: Shape, value: Value, loc: Loc) -> Value:
    """``value``, what a trip of a loop carries on, as a list if the loop carries one."""
    if isinstance(shape, Perhaps):
        if isinstance(value, PerhapsOf):
            return replace(value, content=fitted(sp, shape.content, value.content, loc))
        return fitted(sp, shape.content, value, loc)
    if isinstance(shape, Anew) and isinstance(value, Ref):
        content = fitted(sp, shape.content, sp.heap.contents[value], loc)
        sp.heap.contents[value] = content  # type: ignore[assignment]
        return value
    if isinstance(shape, Chosen):
        return carried_functions.fitted(shape, value, sp.heap, partial(fitted, sp, loc=loc))
    if isinstance(shape, Carried) and isinstance(shape.type, ListOf):
        if _is_list(value) and not chains.is_chain(shape.type):
            return as_list(sp, value, loc)
        return chains.fitted(sp, shape, value, loc)
    if not isinstance(shape, Tree) or not isinstance(value, Pack):
        return value
    if shape.kind in opened_kinds.KINDS:
        return opened_kinds.content(sp, value, loc)
    if shape.kind is LongTuple:
        return long_tuples.as_long(sp, value, loc)
    if len(shape.items) == len(value.items):
        pairs = zip(shape.items, value.items, strict=True)
        items = tuple(fitted(sp, s, v, loc) for s, v in pairs)
        return Pack(value.kind, items, value.keys)  # type: ignore[arg-type]
    return value


def carried(
    sp: Specialiser, shape: Shape, value: Value, name: str, loc: Loc, entry: Entry
) -> Shape:
    """``shape``, with displays in it that change their length from trip to trip made lists."""
    shape = as_anew(shape, value, name, loc, entry)
    if isinstance(shape, Anew) and isinstance(value, Ref):
        content = sp.heap.contents[value]
        inside = carried(sp, shape.content, content, name, loc, entry.inside)
        return replace(shape, content=inside)
    longer = long_tuples.carried(sp, shape, value, name, loc, entry)
    if longer is not shape:
        return longer
    first = shape.value if isinstance(shape, Fixed) else None
    heaps = entry.before, sp.heap.contents
    if opened_kinds.differ(first, value, *heaps) and not _is_better_unrolled(sp, value, entry):  # type: ignore[arg-type]
        return opened_kinds.carried(sp, first, name, loc, entry.before)  # type: ignore[arg-type]
    some = opened_kinds.in_some_order(first, value)  # type: ignore[arg-type]
    if some is not None:
        return Fixed(some)
    if not isinstance(shape, Tree) or is_undefined(value):
        return shape
    if isinstance(value, Pack) and value.kind is OpenDict and shape.kind is dict:
        return opened_kinds.carried(sp, first_of(shape), name, loc, entry.before)
    alike = isinstance(value, Pack) and len(value.items) == len(shape.items)
    if shape.kind is list and _is_list(value) and not alike:
        if any(pools.holds(sp, each) for each in (value, first_of(shape))):
            return _list_from(sp, shape, name, loc, entry.before)
        known = sp.nested or records.has_instances(value)
        countable = entry.unrollable or (known and entry.countable)
        if records.has_instances(value) and sp.may_be_unrolled:
            raise records.kept_apart(name, loc)
        if countable and isinstance(value, Pack) and records.has_objects(value):
            raise records.gets_objects(name, loc)
        return _list_from(sp, shape, name, loc, entry.before)
    if isinstance(value, Pack) and len(value.items) == len(shape.items):
        pairs = zip(shape.items, value.items, strict=True)
        items = tuple(carried(sp, s, v, name, loc, entry.inside) for s, v in pairs)
        return Tree(shape.kind, shape.keys, items)
    return shape


def _is_better_unrolled(sp: Specialiser, value: Value, entry: Entry) -> bool:
    """Whether a loop leaves known elements in a set, and can be unrolled."""
    known = isinstance(value, Pack) and value.kind is set
    return known and (entry.unrollable or (sp.nested and entry.countable))


def _list_from(
    sp: Specialiser, shape: Tree, name: str, loc: Loc, before: dict[Ref, Content]
) -> Carried:
    """A carried display as a list of unknown length; if no trip has made it yet, it is nothing.

    What is in its elements is what there was ``before`` the loop.
    """
    later = [i.type for i in shape.items if isinstance(i, Carried) and is_undefined(i.init)]
    if shape.items and len(later) == len(shape.items):
        return Carried(Const(UNDEFINED), of_items(PackType(list, tuple(later))), name)
    first, after = first_of(shape), sp.heap.save()
    sp.heap.restore(before)
    alone = put_there.alone_in(sp, first, partial(put_there.held_by_loop, sp))  # type: ignore[arg-type]
    with put_there.entering(sp, alone):
        init = as_list(sp, first, loc, name)
    sp.heap.restore(after)
    return Carried(init, init.type, name)


def first_of(shape: Shape) -> Value:
    """What a loop carries before its first trip."""
    if isinstance(shape, Carried):
        return shape.init
    if isinstance(shape, Fixed):
        return shape.value
    if isinstance(shape, Anew):
        return first_of(shape.content)
    if isinstance(shape, Perhaps):
        return perhaps.made(first_of(shape.there), first_of(shape.content), shape.kind)  # type: ignore[arg-type]
    if isinstance(shape, Chosen):
        return carried_functions.first_of(shape, first_of(shape.which))
    return Pack(shape.kind, tuple(map(first_of, shape.items)), shape.keys)  # type: ignore[arg-type]


def opened(
    sp: Specialiser, shapes: list[Shape], names: list[str], loc: Loc, before: dict[Ref, Content]
) -> list[Shape] | None:
    """``shapes`` with every list display that a loop carries made a list of unknown length.

    None if there is none, or none that can be.
    """
    mark = len(sp.builder.body)
    result: list[Shape] = []
    try:
        for shape, name in zip(shapes, names, strict=True):
            result.append(open_shape(sp, shape, name, loc, before) or shape)
    except (UnknownTypeError, UnsupportedSyntaxError):
        del sp.builder.body[mark:]
        return None
    return None if result == shapes else result


def open_shape(
    sp: Specialiser, shape: Shape, name: str, loc: Loc, before: dict[Ref, Content]
) -> Shape | None:
    """A carried display as a list of unknown length; None if it is none, or holds objects."""
    outer = shape if isinstance(shape, Anew) else None
    if isinstance(shape, Fixed) and isinstance(shape.value, Ref) and shape.value in before:
        shape = shape_of(before[shape.value], name)
        outer = Anew(list, shape, own=True)
    elif isinstance(shape, Anew):
        shape = shape.content
    if (
        not isinstance(shape, Tree)
        or shape.kind is not list
        or records.has_objects(first_of(shape))
    ):
        return None
    longer = _list_from(sp, shape, name, loc, before)
    return longer if outer is None else replace(outer, content=longer)


def is_opened(old: Shape | None, new: Shape) -> bool:
    """Whether a loop carries as a list of unknown length what it carried as a display before."""
    if isinstance(new, Anew):
        new, old = new.content, old.content if isinstance(old, Anew) else None
    if isinstance(new, Tree) and new.kind in opened_kinds.KINDS:
        return not (isinstance(old, Tree) and old.kind is new.kind)
    is_list = isinstance(new, Carried) and isinstance(new.type, ListOf)
    return is_list and not isinstance(old, Carried)


def widened(
    sp: Specialiser, shape: Shape, value: Value, name: str, loc: Loc, entry: Entry
) -> Shape:
    """``shape`` made to hold also for ``value``, the carried value after a trip."""
    with located(loc):
        chained = chains.carried(sp, shape, value, name, loc, entry)
        if chained is not shape:
            return chained  # the next trip gives what it carries on as a chain
        shape = carried(sp, shape, value, name, loc, entry)
        return widen(shape, value, name, loc, entry)

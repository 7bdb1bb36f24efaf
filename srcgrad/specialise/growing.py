"""Lists of unknown length as objects of the program: what changes them, changes their content.

The content of such a list is one value of type ``ListOf``, and a change makes a new value.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import lists as ops
from srcgrad.ir.nodes import Block, Const, ForEach, Invoke, Operand, Pack, Var
from srcgrad.ir.types import Array
from srcgrad.specialise import (
    beside_lists,
    by_data,
    calls,
    compiled,
    containers,
    iterate,
    lists,
    lists_in_dicts,
    lists_in_lists,
    many_trips,
    one_by_one,
    open_methods,
    ordered,
    put_there,
)
from srcgrad.specialise.classes import class_of_instance
from srcgrad.specialise.values import (
    ITERABLES,
    Args,
    Kwargs,
    OpenViewOf,
    Ref,
    Scope,
    Value,
    is_undefined,
)

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_NO_KWARGS: Kwargs = {}
_NOWHERE = Loc("", 0, 0, 0, 0, (), "")


def is_dynamic(sp: Specialiser, value: Value) -> bool:
    """Whether a value is a list, or another iterable, of unknown length."""
    viewed = sp.heap.view(value)
    if isinstance(viewed, ITERABLES):
        now = sp.running[-1].now if sp.running else None
        loc = _NOWHERE if now is None else sp.place_of(now)
        return not iterate.is_known(sp, viewed, loc)
    return lists.is_dynamic(viewed) or may_be_long(viewed)


def method(
    sp: Specialiser,
    receiver: Value,
    xs: Pack | Var,
    name: str,
    args: Args,
    loc: Loc,
    kwargs: Kwargs = _NO_KWARGS,
) -> Value:
    """A method of a list of unknown length."""
    if name == "copy" and not args:
        is_object = isinstance(receiver, Ref)
        return lists_in_dicts.shared(sp, receiver, list) if is_object else sp.heap.make(xs, list)  # type: ignore[arg-type]
    if name == "sort":  # the key, the user's function, is given what is in the list
        return _method(sp, receiver, xs, name, args, loc, kwargs)
    with lists_in_lists.changing(sp, receiver, *args[:1] if name == "extend" else ()):
        return _method(sp, receiver, xs, name, args, loc, kwargs)


def _method(
    sp: Specialiser,
    receiver: Value,
    xs: Pack | Var,
    name: str,
    args: Args,
    loc: Loc,
    kwargs: Kwargs,
) -> Value:
    key = kwargs.get("key", Const(None))
    match name, args:
        case "sort", () if isinstance(xs, Var) and ordered.is_one_by_one(xs, key):
            reverse = kwargs.get("reverse", Const(False))
            _write(sp, receiver, ordered.by_key(sp, xs, key, reverse, loc), loc)
        case "append", (item,):
            _write(sp, receiver, lists_in_lists.append(sp, receiver, xs, item, loc), loc)
        case "extend", (more,):
            extend(sp, receiver, iterate.taken(sp, more, loc), loc)
        case "pop", () | (Const(value=-1),):
            last = lists_in_lists.taken_out(sp, receiver, _asked(sp, xs, Const(-1), loc))
            _write(sp, receiver, calls.apply(sp, ops.list_without_last, (xs,), {}, loc), loc)
            return last
        case "pop", (Const(value=0),):
            compiled.run(sp, _refuse_empty, (xs,), loc)  # nobody may need the element
            return first_taken(sp, receiver, xs, loc)
        case "insert", (i, item):
            _write(sp, receiver, _inserted(sp, xs, i, item, loc), loc)
        case "pop", (i,):
            found = _asked(sp, xs, sp.operand(i, loc), loc)
            if is_undefined(found):
                return found  # there certainly is none: what follows is not reached
            item = lists_in_lists.taken_out(sp, receiver, found)
            _take(sp, receiver, xs, i, loc)
            return item
        case "reverse", ():
            _write(sp, receiver, _part(sp, xs, _NONE, _NONE, loc, Const(-1)), loc)
        case "clear", ():
            _write(sp, receiver, Pack(list, ()), loc)
        case "remove", (item,) if ordered.is_of_numbers(xs) or class_of_instance(item) is not None:
            return _remove(sp, receiver, xs, item, loc)
        case "index", (item,) if ordered.is_of_numbers(xs) and ordered.is_number(item):
            return compiled.run(sp, _index, (xs, item), loc)
        case "index" | "remove" | "count", (item,) if ordered.has_order_of_its_own(xs):
            if name == "remove":
                return _remove(sp, receiver, xs, item, loc)
            return compiled.run(sp, _index if name == "index" else _count, (xs, item), loc)
        case _:
            message = f"'list.{name}' of a list whose length is not known cannot be differentiated"
            raise UnsupportedSyntaxError(message, loc, _INSTEAD.get(name, _ANEW))
    return Const(None)


def _take(sp: Specialiser, receiver: Value, xs: Pack | Var, i: Value, loc: Loc) -> None:
    """``del receiver[i]``, where it has such an element."""
    both = lists.as_list(sp, xs, loc), sp.operand(i, loc)
    _write(sp, receiver, calls.apply(sp, ops.list_without, both, {}, loc), loc)


def _remove(sp: Specialiser, receiver: Value, xs: Pack | Var, item: Value, loc: Loc) -> Value:
    """``receiver.remove(item)``."""
    place = compiled.run(sp, _removed, (xs, item), loc)
    if is_undefined(place):
        return place
    _take(sp, receiver, xs, place, loc)
    return Const(None)


def _inserted(sp: Specialiser, xs: Pack | Var, i: Value, item: Value, loc: Loc) -> Value:
    """``xs`` after ``xs.insert(i, item)``."""
    given = lists.as_list(sp, xs, loc), sp.operand(i, loc), lists.element(sp, item, loc)
    with lists.located(loc):
        return calls.apply(sp, ops.list_insert, given, {}, loc)


def first_taken(sp: Specialiser, receiver: Value, xs: Pack | Var, loc: Loc) -> Value:
    """``xs.pop(0)`` of a list that has an element."""
    first = lists_in_lists.taken_out(sp, receiver, calls.index(sp, xs, Const(0), loc))
    _write(sp, receiver, _part(sp, xs, Const(1), _NONE, loc), loc)
    return first


_ANEW = "build a new list: `items = [*items, item]`"
_INSTEAD = {
    "count": "count in a loop: `sum(each == item for each in items)`",
    "index": "loop over the elements, and leave at the one that is looked for",
    "remove": "build a new list of the others",
    "sort": "give it a key that is a number, as in `items.sort(key=lambda item: item[0])`",
}
"""What to write in place of a method."""


def extend(sp: Specialiser, receiver: Value, more: Value, loc: Loc) -> None:
    """``receiver.extend(more)``, where the length of either may not be known."""

    def put(item: Value) -> None:
        _write(sp, receiver, lists.append(sp, sp.heap.view(receiver), item, loc), loc)

    if one_by_one.put(sp, receiver, more, put, one_by_one.extend, loc):
        return
    items, xs = _list_of(sp, more, loc), sp.heap.view(receiver)
    if isinstance(xs, Pack) and isinstance(items, Pack):
        _write(sp, receiver, Pack(list, (*xs.items, *items.items)), loc)
    else:
        _write(sp, receiver, lists.concatenate(sp, xs, items, loc), loc)


_NONE = Const(None)


def _part(
    sp: Specialiser, xs: Pack | Var, start: Value, stop: Value, loc: Loc, step: Value = _NONE
) -> Value:
    """``xs[start:stop:step]``."""
    bounds = Pack(slice, tuple(sp.operand(part, loc) for part in (start, stop, step)))
    return calls.apply(sp, operator.getitem, (xs, bounds), {}, loc)


def _index(xs: Any, item: Any) -> Any:
    for i in range(len(xs)):
        if xs[i] == item:
            return i
    raise ValueError(f"{item!r} is not in list")


def _removed(xs: Any, item: Any) -> Any:
    """The place of the first element that is ``item``."""
    for i in range(len(xs)):
        if xs[i] == item:
            return i
    raise ValueError("list.remove(x): x not in list")


def _count(xs: Any, item: Any) -> Any:
    total = 0
    for each in xs:
        if each == item:
            total += 1
    return total


def _refuse_empty(xs: Any) -> None:
    if not xs:
        raise IndexError("pop from empty list")


def collected(sp: Specialiser, value: Value, loc: Loc) -> Ref:
    """``list(value)`` of an iterable of unknown length, by a loop that appends."""
    from srcgrad.specialise.engine import Frame

    whole = open_methods.collected(sp, value, loc) if isinstance(value, OpenViewOf) else None
    if whole is not None:
        return containers.new_list(sp, whole)
    source, item, before, after, result = (Var() for _ in range(5))
    append = Invoke(after, Const(ops.list_append), (before, item), (), loc)
    body = Block((item, before), (append,), (after,))
    loop = ForEach((result,), source, (Pack(list, ()),), body, loc)
    frame = Frame(Scope("", {}, {}, trusted=True), {}, {source: value})
    sp.statement(loop, frame)
    return containers.new_list(sp, frame.values[result])


def _asked(sp: Specialiser, xs: Pack | Var, key: Operand, loc: Loc) -> Value:
    """``xs[key]``, which raises what it does whoever needs it."""
    since = len(sp.builder.body)
    found = calls.index(sp, xs, key, loc)
    calls.note_asked(sp, xs, since)
    return found


def indexable(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """``value``, of unknown length, as something that has indices: an array or a list."""
    viewed = sp.heap.view(value)
    return collected(sp, value, loc) if isinstance(viewed, ITERABLES) else value


def set_item(
    sp: Specialiser, receiver: Value, xs: Var, index: Value, value: Value, loc: Loc
) -> None:
    """``xs[index] = value``."""
    if isinstance(index, Pack) and index.kind is slice:
        _set_slice(sp, receiver, xs, index, value, loc)
        return
    if lists_in_lists.is_there(sp, receiver, xs, index, value, loc):
        return
    with lists_in_lists.changing(sp, receiver), put_there.entered(sp, receiver, value) as part:
        item = lists.element(sp, value, loc)
        since = len(sp.builder.body)
        new = calls.apply(sp, ops.list_set, (xs, index, item), {}, loc)
        calls.note_asked(sp, xs, since)
        _write(sp, receiver, new, loc)
    if part:
        put_there.seal_part(sp, receiver, value)


def _set_slice(
    sp: Specialiser, receiver: Value, xs: Var, index: Pack, value: Value, loc: Loc
) -> None:
    """``xs[start:stop:step] = value``, which may change the length unless there is a step."""
    start, stop, step = index.items
    more = _list_of(sp, value, loc)
    if not (isinstance(step, Const) and step.value in (None, 1)):
        items = lists.as_list(sp, more, loc)
        _write(sp, receiver, calls.apply(sp, ops.list_set, (xs, index, items), {}, loc), loc)
        return
    made = compiled.run(sp, _spliced, (xs, start, stop, containers.new_list(sp, more)), loc)
    _write(sp, receiver, sp.heap.view(made), loc)


def delete_item(sp: Specialiser, receiver: Value, xs: Var, index: Value, loc: Loc) -> None:
    """``del xs[index]``."""
    if not (isinstance(index, Pack) and index.kind is slice):
        method(sp, receiver, xs, "pop", (index,), loc)
        return
    step = index.items[2]
    if not (isinstance(step, Const) and step.value in (None, 1)):
        with put_there.moving(sp):
            left = compiled.run(sp, _without_every, (xs, *index.items), loc)
        _write(sp, receiver, sp.heap.view(left), loc)
        return
    _set_slice(sp, receiver, xs, index, Pack(list, ()), loc)


def _spliced(xs: Any, start: Any, stop: Any, more: Any) -> Any:
    """``xs`` with the elements of ``more`` in place of those from ``start`` to ``stop``."""
    first = 0 if start is None else max(start + len(xs), 0) if start < 0 else start
    last = len(xs) if stop is None else max(stop + len(xs), 0) if stop < 0 else stop
    return [*xs[:first], *more, *xs[max(first, last) :]]


def _without_every(xs: Any, start: Any, stop: Any, step: Any) -> Any:
    """``xs`` without the elements of ``xs[start:stop:step]``."""
    places = list(range(len(xs)))[start:stop:step]
    return [xs[i] for i in range(len(xs)) if i not in places]


def augment(
    sp: Specialiser, op: Any, ref: Ref, xs: Pack | Var, other: Value, loc: Loc
) -> Value | None:
    """``xs *= count``; None for other operators."""
    if op is not operator.imul or not isinstance(other, Const | Var):
        return None
    beside_lists.check_count(other, loc)
    _write(sp, ref, repeated(sp, xs, other, loc), loc)
    return ref


_MAX_REPEATED = 16


def repeated(sp: Specialiser, xs: Pack | Var, count: Const | Var, loc: Loc) -> Value:
    """What is in ``xs * count``."""
    is_chosen = isinstance(count, Var) and by_data.is_chosen(sp, count)
    if is_chosen or (isinstance(xs, Pack) and many_trips.repeat(sp, xs.items, count)):
        made = compiled.run(sp, _repeated, (containers.new_list(sp, xs), count), loc)
        return sp.heap.view(made)
    times = sp.constant(count, "the number of repetitions")
    if isinstance(xs, Pack):
        return Pack(list, xs.items * times)
    if times > _MAX_REPEATED:
        message = f"a list whose length is not known is repeated {times} times"
        raise UnsupportedSyntaxError(message, loc, "append to a list in a loop")
    result: Value = Pack(list, ())
    for _ in range(times):
        result = lists.concatenate(sp, result, xs, loc)
    return result


def _repeated(xs: Any, count: Any) -> Any:
    """``xs * count``, of a count that only running the program tells, or that is large."""
    made: list[Any] = []
    for _ in range(count):
        made.extend(xs)
    return made


def _list_of(sp: Specialiser, value: Value, loc: Loc) -> Value:
    """An iterable as a list: known element by element, or of unknown length."""
    viewed = sp.heap.view(value)
    if not iterate.is_known(sp, value, loc) and may_be_long(viewed):
        viewed = sp.heap.view(collected(sp, value, loc))
    if lists.is_dynamic(viewed):
        return viewed
    return Pack(list, iterate.all_elements(sp, value, loc))  # type: ignore[arg-type]


def may_be_long(value: Value) -> bool:
    """Whether a value is an iterable whose elements a loop can collect."""
    return isinstance(value, ITERABLES) or (
        isinstance(value, Var) and isinstance(value.type, Array)
    )


def _write(sp: Specialiser, receiver: Value, content: Value, loc: Loc) -> None:
    assert isinstance(content, Pack | Var)
    containers.write(sp, receiver, content, loc)

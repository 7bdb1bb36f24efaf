"""Changing what the program has left in an object from outside: ``net.acts.append(x)``.

It is found there by the name under which it was left, and changed when the program runs; what the
program reads of it is its own, which is changed alike.  So is a list that was outside before, and
is followed (:mod:`srcgrad.specialise.followed`).
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.keeping import changed_by
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Object
from srcgrad.specialise import (
    branches,
    calls,
    certain,
    given_away,
    growing,
    iterate,
    ordered,
    outside,
)
from srcgrad.specialise.classes import class_of
from srcgrad.specialise.deque_class import Deque
from srcgrad.specialise.heap import Home
from srcgrad.specialise.values import FOLLOWED, Args, Kwargs, Method, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_FAULT = "a container that was left in an object is given what is no number, array or container"
_WHOLE = Pack(slice, (Const(None), Const(None), Const(None)))


def method(
    sp: Specialiser, ref: Ref, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """A method that changes a list which was left somewhere; None for other methods."""
    if ref in sp.heap.given and ref.kind is Deque and name in _OF_DEQUES and not kwargs:
        return _of_deque(sp, ref, name, args, loc)
    if ref not in sp.heap.given or ref.kind is not list:
        return None
    if name in ("append", "extend") and len(args) == 1 and not kwargs:
        return _append(sp, ref, name, args[0], loc)
    if name == "insert" and len(args) == 2 and not kwargs:
        return _insert(sp, ref, *args, loc=loc)
    if name in ("pop", "clear", "reverse"):
        return _shorten(sp, ref, name, args, kwargs, loc)
    return _rearrange(sp, ref, name, args, kwargs, loc) if name in ("sort", "remove") else None


def _append(sp: Specialiser, ref: Ref, name: str, value: Value, loc: Loc) -> Value | None:
    if name == "extend" and not iterate.is_known(sp, value, loc):
        return _extend(sp, ref, calls.invoke(sp, Const(list), (value,), {}, loc), loc)
    home = sp.heap.given[ref]
    for item in (value,) if name == "append" else iterate.all_elements(sp, value, loc):
        content = sp.heap.contents[ref]
        inside = home.below(len(content.items)) if home and isinstance(content, Pack) else None
        with _changed(sp, ref, loc) as there:
            if there is None:
                return None
            left = _kept(sp, item, loc, inside)
            _emit(sp, list.append, (there, left), loc)
            _own(sp, ref, "append", (item,), loc)
    return Const(None)


def _extend(sp: Specialiser, ref: Ref, more: Value, loc: Loc) -> Value | None:
    """``x.extend(more)`` of a list whose length is not known."""
    with _changed(sp, ref, loc) as there:
        if there is None:
            return None
        _emit(sp, changed_by, (there, Const("extend"), _more(sp, more, loc)), loc)
        return _own(sp, ref, "extend", (more,), loc)


def _more(sp: Specialiser, more: Value, loc: Loc) -> Operand:
    """What a list of the program's own has, to which something outside is extended."""
    content = sp.heap.view(more)
    if isinstance(content, Var) and ordered.is_of_numbers(content):
        return content
    return _kept(sp, more, loc)


def _insert(sp: Specialiser, ref: Ref, at: Value, item: Value, loc: Loc) -> Value | None:
    with _changed(sp, ref, loc) as there:
        if there is None:
            return None
        left = _kept(sp, item, loc)
        _emit(sp, changed_by, (there, Const("insert"), sp.operand(at, loc), left), loc)
        return _own(sp, ref, "insert", (at, item), loc)


def _shorten(
    sp: Specialiser, ref: Ref, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """``pop``, ``clear`` and ``reverse``."""
    with _changed(sp, ref, loc) as there:
        if there is None:
            return None
        given = tuple(sp.operand(arg, loc) for arg in args)
        change = (there, Const(name), *given)
        content = sp.heap.contents[ref]
        if isinstance(content, Var) and name == "pop" and _is_first(args) and not kwargs:
            _emit(sp, changed_by, change, loc)  # which raises if there is none
            return growing.first_taken(sp, ref, content, loc)
        found = _own(sp, ref, name, args, loc, kwargs)  # what raises does so before
        _emit(sp, changed_by, change, loc)
        return found


def _rearrange(
    sp: Specialiser, ref: Ref, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """A method of which the list outside gets what comes out."""
    with _changed(sp, ref, loc) as there:
        if there is None:
            return None
        found = _own(sp, ref, name, args, loc, kwargs)
        _put_whole(sp, ref, there, loc)
        return found


_OF_DEQUES = {
    **dict.fromkeys(("append", "appendleft", "extend", "extendleft"), 1),
    **dict.fromkeys(("pop", "popleft", "clear", "reverse"), 0),
    "rotate": 1,
}
"""The methods that change a deque, each with how many arguments it may have."""


def _of_deque(sp: Specialiser, ref: Ref, name: str, args: Args, loc: Loc) -> Value | None:
    """A method that changes a deque."""
    if len(args) > _OF_DEQUES[name]:
        return None
    if name.startswith("extend") and args and iterate.is_known(sp, args[0], loc):
        single = name.replace("extend", "append")
        items = iterate.all_elements(sp, args[0], loc)
        done = [_of_deque(sp, ref, single, (item,), loc) for item in items]
        return None if None in done else Const(None)
    if name.startswith("extend"):
        args = (calls.invoke(sp, Const(list), args, {}, loc),)
    with _changed(sp, ref, loc) as there:
        if there is None:
            return None
        if name.startswith("extend"):
            given = tuple(_more(sp, arg, loc) for arg in args)
        else:
            is_kept = name.startswith("append")
            given = tuple(_kept(sp, arg, loc) if is_kept else sp.operand(arg, loc) for arg in args)
        found = calls.invoke(sp, Method(ref, name), args, {}, loc)
        _emit(sp, changed_by, (there, Const(name), *given), loc)
        return found


def set_item(sp: Specialiser, ref: Ref, key: Value, value: Value, loc: Loc) -> bool:
    """``x[key] = value`` of a container that was left somewhere; whether it was done."""
    if ref not in sp.heap.given or not (ref.kind is list or isinstance(key, Const)):
        return False
    if ref.kind not in (list, dict):
        return False
    if isinstance(key, Const):
        certain.computed(loc, hash, key.value)
    home = sp.heap.given[ref]
    inside = home.below(key.value) if home and isinstance(key, Const) else None
    with _changed(sp, ref, loc) as there:
        if there is None:
            return False
        if class_of(sp, key) is slice:
            calls.invoke(sp, Const(operator.setitem), (ref, key, value), {}, loc)
            _put_whole(sp, ref, there, loc)
            return True
        left = _kept(sp, value, loc, inside)
        _emit(sp, operator.setitem, (there, sp.operand(key, loc), left), loc)
        calls.invoke(sp, Const(operator.setitem), (ref, key, value), {}, loc)
    return True


def delete_item(sp: Specialiser, ref: Ref, key: Value, loc: Loc) -> bool:
    """``del x[key]`` of a list that was left somewhere; whether it was done."""
    if ref not in sp.heap.given or ref.kind is not list:
        return False
    with _changed(sp, ref, loc) as there:
        if there is None:
            return False
        change = (there, sp.operand(key, loc))
        content = sp.heap.contents[ref]
        if isinstance(content, Var) and _is_first((key,)):
            _emit(sp, operator.delitem, change, loc)
            growing.first_taken(sp, ref, content, loc)
        else:
            calls.invoke(sp, Const(operator.delitem), (ref, key), {}, loc)
            _emit(sp, operator.delitem, change, loc)
    return True


def _is_first(args: Args) -> bool:
    """Whether an index is that of the first element."""
    return len(args) == 1 and isinstance(args[0], Const) and args[0].value == 0


# --- the one outside, and the program's own -------------------------------------------------------


@contextlib.contextmanager
def _changed(sp: Specialiser, ref: Ref, loc: Loc) -> Iterator[Var | None]:
    """Within, the program's own may be changed.

    Gives what was left somewhere as it is found there; None if it is not known where that is.
    """
    home = sp.heap.given[ref]
    there = None if home is None else _found(sp, home, ref, loc)
    if there is None:
        yield None
        return
    content = sp.heap.contents[ref]
    inner: Any = content.items[0] if ref.kind is Deque and isinstance(content, Pack) else None
    homes: dict[Ref, Home | None] = {ref: home}
    if isinstance(inner, Ref):
        homes[inner] = None
    for each in homes:
        del sp.heap.given[each]
        sp.heap.sealed.discard(each)
    try:
        yield there
    finally:
        sp.heap.seal(*homes)
        sp.heap.given.update(homes)


def _own(
    sp: Specialiser, ref: Ref, name: str, args: Args, loc: Loc, kwargs: Kwargs | None = None
) -> Value:
    """Changes the program's own."""
    return calls.invoke(sp, Const(getattr(list, name)), (ref, *args), kwargs or {}, loc)


def _kept(sp: Specialiser, value: Value, loc: Loc, home: Home | None = None) -> Operand:
    return given_away.kept(sp, value, loc, _FAULT, home)


def _emit(sp: Specialiser, op: Any, args: tuple[Operand, ...], loc: Loc) -> None:
    if branches.ends(sp.builder.body):
        return  # the program's own has raised
    made = sp.builder.apply(op, args, (), loc)
    assert isinstance(made, Var)
    sp.inputs.log.call(sp.builder.definitions[made])


def _put_whole(sp: Specialiser, ref: Ref, there: Var, loc: Loc) -> None:
    """``there[:] = [...]``, all that is in the program's own."""
    content = sp.heap.contents[ref]
    whole = _kept(sp, sp.heap.make(content), loc) if isinstance(content, Pack) else content
    _emit(sp, operator.setitem, (there, _WHOLE, whole), loc)


def _found(sp: Specialiser, home: Home, ref: Ref, loc: Loc) -> Var | None:
    """What is left at ``home``, as the program finds it there when it runs; None if that is no
    longer ``ref``."""
    followed = (
        sp.inputs.lists.followed.get(id(home.held.example)) if home.name is FOLLOWED else None
    )
    now = outside.written(sp, home.held, home.name) if followed is None else followed.ref
    for key in home.path:
        content = sp.heap.contents.get(now) if isinstance(now, Ref) else None
        keys = () if not isinstance(content, Pack) else content.keys or range(len(content.items))
        if not isinstance(content, Pack) or key not in keys:
            return None
        now = content.items[list(keys).index(key)]
    if now is not ref:
        return None
    steps: list[tuple[Any, Any]] = [(operator.getitem, key) for key in home.path]
    if isinstance(home.name, str):
        steps.insert(0, (getattr, home.name))
    elif home.name is not FOLLOWED:
        steps.insert(0, (operator.getitem, home.name.key))
    found = sp.inputs.opaque(home.held)
    for op, key in steps:
        made = sp.builder.apply(op, (found, Const(key)), (), loc)
        assert isinstance(made, Var)
        made.type = Object(dict)
        found = made
    if steps:
        found.type = Object(ref.kind)
    return found

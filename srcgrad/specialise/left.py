"""Changing what the program has left in an object from outside: ``net.acts.append(x)``.

It is found there by the name under which it was left, and changed when the program runs; what the
program reads of it is its own, which is changed alike.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Object
from srcgrad.specialise import calls, certain, given_away, iterate, outside
from srcgrad.specialise.heap import Home
from srcgrad.specialise.values import Args, Kwargs, OfItem, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def method(
    sp: Specialiser, ref: Ref, name: str, args: Args, kwargs: Kwargs, loc: Loc
) -> Value | None:
    """``append`` and ``extend`` of a list that was left somewhere; None for other methods."""
    if ref not in sp.heap.given or len(args) != 1 or kwargs or ref.kind is not list:
        return None
    if name not in ("append", "extend"):
        return None
    items = args if name == "append" else iterate.all_elements(sp, args[0], loc)
    for item in items:
        content = sp.heap.contents[ref]
        count = len(content.items) if isinstance(content, Pack) else None
        with _changed(sp, ref, list.append, (), item, count, loc) as may:
            if not may:
                return None
            calls.invoke(sp, Const(list.append), (ref, item), {}, loc)
    return Const(None)


def set_item(sp: Specialiser, ref: Ref, key: Value, value: Value, loc: Loc) -> bool:
    """``x[key] = value`` of a dict that was left somewhere; whether it was done."""
    if ref not in sp.heap.given or ref.kind is not dict or not isinstance(key, Const):
        return False
    certain.computed(loc, hash, key.value)
    with _changed(sp, ref, operator.setitem, (key,), value, key.value, loc) as may:
        if may:
            calls.invoke(sp, Const(operator.setitem), (ref, key, value), {}, loc)
    return may


@contextlib.contextmanager
def _changed(
    sp: Specialiser,
    ref: Ref,
    op: Any,
    args: tuple[Operand, ...],
    value: Value,
    key: Hashable | None,
    loc: Loc,
) -> Iterator[bool]:
    """Changes what was left somewhere, and lets the program's own be changed alike.

    Gives whether it does: whether it is known where that is.
    """
    home = sp.heap.given[ref]
    there = None if home is None else _found(sp, home, ref, loc)
    if home is None or there is None:
        yield False
        return
    fault = "a container that was left in an object is given what is no number, array or container"
    left = given_away.kept(sp, value, loc, fault, None if key is None else home.below(key))
    made = sp.builder.apply(op, (there, *args, left), (), loc)
    assert isinstance(made, Var)
    sp.inputs.log.call(sp.builder.definitions[made])
    del sp.heap.given[ref]
    sp.heap.sealed.discard(ref)
    yield True
    sp.heap.seal(ref)
    sp.heap.given[ref] = home


def _found(sp: Specialiser, home: Home, ref: Ref, loc: Loc) -> Var | None:
    """What is left at ``home``, as the program finds it there when it runs; None if that is no
    longer ``ref``."""
    now = outside.written(sp, home.held, home.name)
    for key in home.path:
        content = sp.heap.contents.get(now) if isinstance(now, Ref) else None
        keys = () if not isinstance(content, Pack) else content.keys or range(len(content.items))
        if not isinstance(content, Pack) or key not in keys:
            return None
        now = content.items[list(keys).index(key)]
    if now is not ref:
        return None
    steps: list[tuple[Any, Any]] = [(operator.getitem, key) for key in home.path]
    first = (
        (operator.getitem, home.name.key) if isinstance(home.name, OfItem) else (getattr, home.name)
    )
    found = sp.inputs.opaque(home.held)
    for op, key in (first, *steps):
        made = sp.builder.apply(op, (found, Const(key)), (), loc)
        assert isinstance(made, Var)
        made.type = Object(dict)
        found = made
    found.type = Object(ref.kind)
    return found

"""Elements of lists and tuples of known length that data choose: ``items[int(np.argmax(x))]``.

An index that is computed from the index of a loop, from an integer that the function is given or
from a length gets known: the loop is unrolled, or the function compiled for that value.  One that
only running the program tells is an index into a list whose length is not known.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Pack, Var
from srcgrad.ir.types import Array, ListOf, PackType, Scalar, Type, is_text
from srcgrad.ir.walk import variables
from srcgrad.specialise import (
    by_data,
    calls,
    containers,
    dispatched,
    growing,
    lists,
    long_lists,
    perhaps,
    provisional,
)
from srcgrad.specialise.values import Held, NeedsValue, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def element(
    sp: Specialiser,
    receiver: Value,
    container: Pack | Held,
    key: Value,
    need: NeedsValue,
    loc: Loc,
) -> Value:
    """``receiver[key]``, an element or a slice of what ``container`` says is in it.

    Raises
    ------
    NeedsValue
        If the value of the index may get known, or the elements are not of one kind.
    """
    if dispatched.is_dict(container):
        return dispatched.element(sp, receiver, container, key, need, loc)
    xs = _as_list(sp, container, key, need, loc)
    found = calls.apply(sp, operator.getitem, (xs, key), {}, loc)
    return containers.new_list(sp, found) if isinstance(key, Pack) else found


def set_element(
    sp: Specialiser,
    receiver: Value,
    pack: Pack,
    key: Value,
    value: Value,
    need: NeedsValue,
    loc: Loc,
) -> None:
    """``receiver[key] = value``, of a list or a dict with what is in ``pack``."""
    if dispatched.is_dict(pack):
        dispatched.set_element(sp, receiver, pack, key, value, need, loc)
        return
    if not isinstance(receiver, Ref):
        raise need
    xs = _as_list(sp, pack, key, need, loc)
    growing.set_item(sp, receiver, xs, key, value, loc)


def _as_list(
    sp: Specialiser, container: Pack | Held, key: Value, need: NeedsValue, loc: Loc
) -> Var:
    kind = container.kind if isinstance(container, Pack) else type(container.example)
    is_sequence = kind is list or (issubclass(kind, tuple) and not isinstance(key, Pack))
    if not (is_sequence and by_data.is_index(key)):
        raise need
    if any(provisional.is_counted(sp, var) for var in variables(key)):  # type: ignore[arg-type]
        xs = None if isinstance(key, Pack) else long_lists.numbers(sp, container)
        if xs is not None:
            return xs
        if _is_long(container):
            raise need  # a display of so many elements is no text that somebody reads
    for var in variables(key):  # type: ignore[arg-type]
        if not by_data.is_chosen(sp, var):
            raise NeedsValue(var, need.why)
    mark, sealed = len(sp.builder.body), set(sp.heap.sealed)
    pack = sp.whole(container, loc)
    try:
        if isinstance(pack, Pack) and pack.items:
            xs = lists.as_list(sp, Pack(list, pack.items), loc)
            if isinstance(xs.type, ListOf) and _is_data(xs.type.item):
                return xs
    except (UnknownTypeError, UnsupportedSyntaxError):
        pass  # which function it is, or which structure, has to be known
    del sp.builder.body[mark:]
    sp.heap.sealed = sealed
    if isinstance(pack, Pack) and any(map(perhaps.is_none, pack.items)):
        need.hint = need.hint or _FOR_NONE
    raise need


def _is_long(container: Pack | Held) -> bool:
    """Whether a container has more elements than a loop takes one by one."""
    elements = container.items if isinstance(container, Pack) else container.example
    return len(elements) > long_lists.MAX_UNROLLED


def _is_data(type_: Type) -> bool:
    """Whether elements of a type can be chosen at run time."""
    return isinstance(type_, Scalar | Array | ListOf | PackType) or is_text(type_)


_FOR_NONE = "let an array of integers hold them, with -1 where there is none: np.full(n, -1)"

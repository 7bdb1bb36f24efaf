"""Elements of lists and tuples of known length that data choose: ``items[int(np.argmax(x))]``.

An index that is computed from the index of a loop, from an integer that the function is given or
from a length gets known: the loop is unrolled, or the function compiled for that value.  One that
only running the program tells is an index into a list whose length is not known.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, UnknownTypeError, UnsupportedSyntaxError
from srcgrad.ir.nodes import Const, Operand, Pack, Var
from srcgrad.ir.types import Array, ListOf, PackType, Scalar, Size, number_of
from srcgrad.ir.walk import variables
from srcgrad.specialise import calls, containers, growing, lists
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.values import Held, NeedsValue, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_DATA = (Scalar, Array, ListOf, PackType)
"""The types of elements that can be chosen at run time."""


def element(
    sp: Specialiser, container: Pack | Held, key: Value, need: NeedsValue, loc: Loc
) -> Value:
    """``container[key]``, an element or a slice.

    Raises
    ------
    NeedsValue
        If the value of the index may get known, or the elements are not of one kind.
    """
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
    """``receiver[key] = value``, of a list with what is in ``pack``."""
    if not isinstance(receiver, Ref):
        raise need
    xs = _as_list(sp, pack, key, need, loc)
    growing.set_item(sp, receiver, xs, key, value, loc)


def _as_list(
    sp: Specialiser, container: Pack | Held, key: Value, need: NeedsValue, loc: Loc
) -> Var:
    kind = container.kind if isinstance(container, Pack) else type(container.example)
    is_sequence = kind is list or (issubclass(kind, tuple) and not isinstance(key, Pack))
    if not (is_sequence and _is_index(key)):
        raise need
    for var in variables(key):  # type: ignore[arg-type]
        if not _is_data(sp, var):
            raise NeedsValue(var, need.why)
    mark, sealed = len(sp.builder.body), set(sp.heap.sealed)
    pack = sp.whole(container, loc)
    try:
        if isinstance(pack, Pack) and pack.items:
            xs = lists.as_list(sp, Pack(list, pack.items), loc)
            if isinstance(xs.type, ListOf) and isinstance(xs.type.item, _DATA):
                return xs
    except (UnknownTypeError, UnsupportedSyntaxError):
        pass  # which function it is, or which structure, has to be known
    del sp.builder.body[mark:]
    sp.heap.sealed = sealed
    raise need


def _is_index(key: Value) -> bool:
    """Whether a value is an integer, or a slice of integers."""
    if isinstance(key, Pack):
        return key.kind is slice and all(map(_is_index, key.items))
    if isinstance(key, Const):
        return key.value is None or type(key.value) is int
    type_ = number_of(type_of(key)) if isinstance(key, Var) else None
    return isinstance(type_, Scalar) and type_.dtype.kind in "iub"


def _is_data(sp: Specialiser, var: Var) -> bool:
    """Whether only running the program tells the value of ``var``."""
    stack: list[Operand] = [var]
    while stack:
        current = stack.pop()
        if not isinstance(current, Var):
            continue
        if current in sp.indices or current in sp.recursion.origins:
            return False
        if isinstance(current.type, Size) or _is_integer_input(sp, current):
            return False
        stmt = sp.builder.definitions.get(current)
        if stmt is not None:
            stack.extend(v for arg in stmt.args for v in variables(arg))
    return True


def _is_integer_input(sp: Specialiser, var: Var) -> bool:
    return sp.inputs.place_of(var) is not None and _is_index(var)

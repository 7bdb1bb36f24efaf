"""Whether an object that a loop carries is the loop's own: nothing else leads to it.

``prev, cur = cur, prev`` and ``z = z + [v]`` carry another object in each trip.  It may be changed
if it is the only one that stands for what is in it: before the loop nothing else leads to the
first, and after a trip nothing else to the next.  If something does, the loop carries besides which
object it is, of those that were there before (``aliases.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.ir.nodes import Stmt
from srcgrad.specialise import reach
from srcgrad.specialise.carried import Entry, followed, numbered
from srcgrad.specialise.carried_shapes import Anew, Carried, Fixed, Perhaps, Shape, Tree
from srcgrad.specialise.contents import Content
from srcgrad.specialise.values import Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def tested(
    sp: Specialiser,
    stmt: Stmt,
    names: Sequence[str],
    first: Sequence[Shape],
    shapes: list[Shape],
    after: Sequence[Value],
    entry: Entry,
) -> list[Shape]:
    """``shapes``, in which only those objects are the loop's own that are.

    ``first`` are the shapes of the values before the loop, ``after`` the values after a trip.
    """
    if not any(isinstance(shape, Anew) and shape.own for shape in shapes):
        return shapes
    at_entry = [_values(shape) for shape in first]
    at_end = [[value] for value in after]
    result: list[Shape] = []
    for i, shape in enumerate(shapes):
        if isinstance(shape, Anew) and shape.own:
            alone = _is_alone(sp, stmt, i, at_entry, entry.before)
            if not (alone and _is_alone(sp, stmt, i, at_end, sp.heap.contents)):
                shape = _one_of_those(shape, names[i], at_entry[i], after[i], entry)
        result.append(shape)
    return result


def _is_alone(
    sp: Specialiser,
    stmt: Stmt,
    position: int,
    carried: Sequence[Sequence[Value]],
    heap: Mapping[Ref, Content],
) -> bool:
    """Whether nothing but the carried value at ``position`` leads to the object that it is."""
    mine = [value for value in carried[position] if isinstance(value, Ref)]
    others = [v for i, values in enumerate(carried) if i != position for v in values]
    inside = [heap[value] for value in mine]
    found = reach.held(sp, stmt, heap, (*others, *inside))
    return found is not None and not any(v in found or sp.heap.is_shared(v) for v in mine)


def _one_of_those(
    shape: Anew, name: str, at_entry: Sequence[Value], after: Value, entry: Entry
) -> Anew:
    """The shape of an object to which others lead, ``after`` a trip: which one it is is carried."""
    assert isinstance(after, Ref)
    if len(at_entry) == 1:
        return followed(numbered(shape, at_entry[0], name, entry), after, entry)
    entry.heap.seal(*at_entry)
    return followed(replace(shape, own=False), after, entry)


def _values(shape: Shape) -> list[Value]:
    """What a carried value is before the loop."""
    match shape:
        case Fixed(value=value):
            return [value]
        case Carried(init=init):
            return [init]
        case Perhaps(content=content):
            return _values(content)
        case Tree(items=items) | Anew(content=Tree(items=items)):
            return [value for item in items for value in _values(item)]
    return []

"""Whether an object that a loop carries is the loop's own: nothing else leads to it.

``prev, cur = cur, prev`` and ``z = z + [v]`` carry another object in each trip.  It may be changed
if it is the only one that stands for what is in it: before the loop nothing else leads to the
first, and after a trip nothing else to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.ir.nodes import Stmt
from srcgrad.specialise import reach
from srcgrad.specialise.carried import Anew, Carried, Fixed, Perhaps, Shape, Tree
from srcgrad.specialise.heap import Content
from srcgrad.specialise.values import Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def tested(
    sp: Specialiser,
    stmt: Stmt,
    first: Sequence[Shape],
    shapes: list[Shape],
    after: Sequence[Value],
    before: Mapping[Ref, Content],
) -> list[Shape]:
    """``shapes``, in which only those objects are the loop's own that are.

    ``first`` are the shapes of the values before the loop, with ``before`` in the objects;
    ``after`` are the values after a trip.
    """
    if not any(isinstance(shape, Anew) and shape.own for shape in shapes):
        return shapes
    at_entry = [_values(shape) for shape in first]
    at_end = [[value] for value in after]
    result: list[Shape] = []
    for i, shape in enumerate(shapes):
        if isinstance(shape, Anew) and shape.own:
            alone = _is_alone(sp, stmt, i, at_entry, before)
            if not (alone and _is_alone(sp, stmt, i, at_end, sp.heap.contents)):
                values = (*at_entry[i], *at_end[i])
                sp.heap.seal(*(v for v in values if _is_seen(sp, v, before)))
                shape = replace(shape, own=False)
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


def _is_seen(sp: Specialiser, value: Value, before: Mapping[Ref, Content]) -> bool:
    """Whether a value is an object that was there before the loop, or may be the same as one."""
    return isinstance(value, Ref) and (value in before or sp.heap.is_shared(value))


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

"""Containers that a function of the program gives back: new ones, or those that it was given.

What goes into such a function and comes out of it are numbers and arrays, of which containers are
made again.  One that was there before the call has then two objects that stand for it: both may be
read, and a change of either is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from srcgrad.ir.nodes import Pack, Var
from srcgrad.ir.types import ListOf
from srcgrad.specialise import objects
from srcgrad.specialise.values import Held, PerhapsOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def is_given(sp: Specialiser, value: Value, before: Collection[Ref]) -> bool:
    """Whether a result holds an object that is not new: a parameter, which has no identity in the
    function, one that was there ``before``, or one that an inner call has given back."""
    if isinstance(value, Ref):
        if value in before or sp.heap.is_shared(value):
            sp.heap.seal(value)
        content = sp.heap.contents[value]
        items = content.items if isinstance(content, Pack) else ()
        return value in sp.heap.sealed or _any_given(sp, items, before)
    if isinstance(value, Pack):
        return not _is_constant(value.kind) or _any_given(sp, value.items, before)
    if isinstance(value, Var):
        return isinstance(value.type, ListOf)
    return isinstance(value, Held)


def _any_given(sp: Specialiser, values: Iterable[Value], before: Collection[Ref]) -> bool:
    found = [is_given(sp, value, before) for value in values]  # which seals every one
    return any(found)


def _is_constant(kind: type) -> bool:
    return kind is slice or issubclass(kind, tuple) or objects.is_frozen(kind)


def thawed(sp: Specialiser, value: Value) -> Value:
    """What a call gives, with objects of its own in place of containers that can be changed."""
    if not isinstance(value, Pack):
        return value
    items = tuple(thawed(sp, item) for item in value.items)
    pack = replace(value, items=items)  # type: ignore[arg-type]
    return pack if value.kind is slice or issubclass(value.kind, tuple) else sp.heap.make(pack)


def seal(sp: Specialiser, *values: Value) -> None:
    """Allows no further changes of the objects in ``values``."""
    sp.heap.seal(*(ref for value in values for ref in _objects(sp, value)))


def _objects(sp: Specialiser, value: Value) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
        value = sp.heap.contents[value]
    if isinstance(value, PerhapsOf):
        yield from _objects(sp, value.content)
    if isinstance(value, Pack):
        for item in value.items:
            yield from _objects(sp, item)

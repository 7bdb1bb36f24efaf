"""The attributes that an instance has of its own, some of which it may not have.

::

    if x[0] > 0:
        box.width = x[0]
    return box.width  # an AttributeError, if it has none

Where one arm of a branch gives an instance an attribute, or a trip of a loop, a flag says when the
program runs whether it has it (``PerhapsSet``).  What reads the attribute tests that.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from srcgrad.errors import CertainError, Loc
from srcgrad.instances import in_class, is_users
from srcgrad.ir.nodes import Const, Operand, Pack
from srcgrad.specialise import (
    attributes,
    branches,
    compiled,
    containers,
    missing,
    noted_on_classes,
    objects,
    perhaps,
    tested,
)
from srcgrad.specialise.classes import STANDS_FOR
from srcgrad.specialise.values import NOT_SET, PerhapsSet, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

_MISSING = object()


def filled(sp: Specialiser, content: Any, other: Any, loc: Loc) -> Any:
    """What is in an instance, with those attributes of ``other``, of the same class, of its own
    that it has from its class: a number, a text, None, a tuple of those or a ufunc.

    Nobody can tell whether it is the class that has them, since what asks an instance that is made
    here for its own attributes is refused, and so is what writes those of the class then.
    """
    if not (isinstance(content, Pack) and isinstance(other, Pack) and content.kind is other.kind):
        return content
    kind, keys = content.kind, content.keys
    if set(other.keys) <= set(keys) or not is_users(kind) or issubclass(kind, tuple):
        return content
    found = {
        name: sp.whole(attributes.attribute(sp, Const(kind), name, loc), loc)
        for name in other.keys
        if name not in keys
        and _is_plain(in_class(kind, name, _MISSING))
        and not noted_on_classes.is_assigned(sp, kind, str(name))
    }
    sp.copied_of_classes.update((kind, str(name)) for name in found)
    return Pack(kind, (*content.items, *found.values()), (*keys, *found)) if found else content  # type: ignore[arg-type]


_PLAIN = (bool, int, float, str, types.NoneType, np.ufunc)


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return isinstance(value, _PLAIN)


def own(sp: Specialiser, pack: Pack, name: str) -> Value | None:
    """What an instance has of its own under a name, as far as is known by now; None if it has
    nothing."""
    found: Value = containers.entries_of(pack).get(name, NOT_SET)
    if isinstance(found, PerhapsSet):
        known = sp.found_out.known(found.there)
        found = found if known is None else found.content if known else NOT_SET
    return None if perhaps.is_not_set(found) else found


def present(sp: Specialiser, value: Value, cls: type, name: str, loc: Loc) -> Value:
    """What an instance has of its own; the program raises what Python does if it has it not."""
    if not isinstance(value, PerhapsSet):
        return value
    error = missing.attribute(cls, name, loc)
    if not isinstance(error, CertainError):
        raise error
    branches.raise_if(sp, tested.negated(sp, value.there, loc), error.original, loc)
    return value.content


def has(sp: Specialiser, value: Ref | Pack, name: str) -> Operand:
    """Whether an instance has an attribute, which nothing has to compute."""
    if value.kind in STANDS_FOR:
        return Const(hasattr(STANDS_FOR[value.kind], name))
    pack = sp.heap.view(value)
    assert isinstance(pack, Pack)
    mine = own(sp, pack, name)
    if isinstance(mine, PerhapsSet):
        return mine.there
    found = objects.class_attribute(sp, value.kind, name, _MISSING)
    in_its_class = found is not _MISSING and not isinstance(found, types.MemberDescriptorType)
    return Const(mine is not None or in_its_class)


def cached(
    sp: Specialiser, value: PerhapsSet, compute: Callable[..., Any], owner: Value, loc: Loc
) -> Value:
    """What a ``cached_property`` is that has been read before, or not: computed once."""
    args = (value.there, value.content, Const(compute), owner)
    return compiled.run(sp, _own_or_computed, args, loc)


def _own_or_computed(is_there: Any, own: Any, compute: Any, owner: Any) -> Any:
    return own if is_there else compute(owner)


def value_or(sp: Specialiser, value: Value, name: str, default: Value, loc: Loc) -> Value | None:
    """``getattr(value, name, default)`` of an instance that has the attribute or not; None if that
    is known."""
    pack = sp.heap.view(value)
    mine = own(sp, pack, name) if isinstance(pack, Pack) else None
    if not isinstance(mine, PerhapsSet):
        return None
    return compiled.run(sp, _own_or, (mine.there, mine.content, default), loc)


def _own_or(is_there: Any, own: Any, default: Any) -> Any:
    return own if is_there else default

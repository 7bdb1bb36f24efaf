"""What a list, a dict or a set takes of an iterator: one element after the other.

Computing an element may read what it is put into, and change it::

    items.extend(items[-1] * 2 for _ in range(3))

So each element is put there before the next one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc
from srcgrad.specialise import advanced, compiled, generators, iterate, taking
from srcgrad.specialise.values import ITERATORS, GeneratorOf, ReversedOf, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser

Put = Callable[[Value], Any]


def put(
    sp: Specialiser,
    receiver: Value,
    more: Value,
    one: Put,
    loop: Callable[[Any, Any], None],
    loc: Loc,
) -> bool:
    """Puts what an iterator gives into ``receiver``; False if ``more`` is no iterator.

    ``one`` puts an element there, and ``loop`` all of them, where nobody knows how many there are.
    """
    if isinstance(more, GeneratorOf) and iterate.is_known(sp, more.part, loc):
        more = generators.mapped(sp, more, loc) or more
    if advanced.is_advanced(more):
        compiled.run(sp, loop, (receiver, more), loc)
        return True
    if not isinstance(more, ITERATORS) or isinstance(more, ReversedOf):
        return False  # its elements are there: the last one of what is reversed comes first
    if not iterate.is_known(sp, more, loc):
        compiled.run(sp, loop, (receiver, more), loc)
        return True
    rows = iterate.all_producers(sp, more, loc)
    for produce in rows.items:
        one(produce())
    taking.check_lengths(sp, rows, loc)
    return True


def extend(items: Any, more: Any) -> None:
    """``items.extend(more)``."""
    for item in more:
        items.append(item)


def update(entries: Any, more: Any) -> None:
    """``entries.update(more)`` of a dict."""
    for key, item in more:
        entries[key] = item


def update_by_keys(entries: Any, more: Any) -> None:
    """``entries.update(more)`` of a dict, where ``more`` is an object that has ``keys``."""
    for key in more.keys():  # noqa: SIM118
        entries[key] = more[key]


def add(keys: Any, more: Any) -> None:
    """``keys.update(more)`` of a set."""
    for key in more:
        keys.add(key)

"""Lists and dicts in differentiated arguments that the program changes: ``params["w"] = ...``.

As long as none is changed, such a container is nothing but what is in it.  Where one is, the
function has its own of each, with what was there when it began, and changes that: a gradient
leaves the containers of its caller as they are, as it leaves their arrays.  The gradient is that
with respect to what was given, in the structure of that.

That one is changed comes up in the course of things, and the specialiser begins again then.

What else leads to one that is changed would see the change, and would have to lead to the same
object of the program; so there must be nothing else, which becomes a guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srcgrad.errors import AliasingError, Loc
from srcgrad.ir.nodes import Pack, Var
from srcgrad.ir.types import ListOf
from srcgrad.specialise.places import Place
from srcgrad.specialise.values import Held, NeedsOwn, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


def ask(sp: Specialiser, container: Value) -> None:
    """Asks for a container that is changed to be one of the function's own, if it may be one of a
    differentiated argument.

    Raises
    ------
    NeedsOwn
        If it is not known yet that one of those is changed.
    """
    is_display = isinstance(container, Pack) and container.kind in (list, dict)
    is_given = (
        isinstance(container, Var)
        and isinstance(container.type, ListOf)
        and sp.inputs.place_of(container) is not None
    )
    if (is_display or is_given) and may_help(sp) and not sp.complete:
        raise NeedsOwn


def may_help(sp: Specialiser) -> bool:
    """Whether a program that is refused, since what it changes has no identity, may have some if
    the function has its own of what it is given."""
    return sp.inputs.lists.taken_apart and not sp.owning


def make(sp: Specialiser, held: Held, content: Pack | Var, name: str) -> Value:
    """The function's own of a container in a differentiated argument; ``content`` itself if no such
    container is changed."""
    if isinstance(content, Pack) and content.kind not in (list, dict):
        return content
    sp.inputs.lists.taken_apart = True
    if not sp.owning:
        sp.inputs.lists.displays[id(content)] = (content, held)
        return content
    ref = sp.heap.make(content, type(held.example))
    sp.heap.name(ref, name)
    sp.heap.owned[ref] = None
    sp.inputs.lists.owned[ref] = held
    return ref


def settle(sp: Specialiser, loc: Loc) -> None:
    """Demands that nothing else leads to the containers of which the program has changed its own.

    The program has been read: what was found outside is let go.

    Raises
    ------
    AliasingError
        If something does.
    """
    lists = sp.inputs.lists
    changed = sp.heap.changed
    if sp.parts or sp.pools is not None:  # what is in lists or pools may be changed there
        changed = dict.fromkeys(sp.heap.owned, loc) | changed
    places = {lists.owned[ref].place: where for ref, where in changed.items()}
    lists.moved = places
    found = {**lists.differentiated, **lists.read}
    for kind in (list, dict):
        same = {place: each for place, each in found.items() if type(each) is kind}
        _demand_alone(sp, same, {p: where for p, where in places.items() if p in same})
    lists.read.clear()
    lists.displays.clear()


def _demand_alone(sp: Specialiser, found: dict[Place, Any], changed: dict[Place, Loc]) -> None:
    """Demands of containers of one class that each that is changed is at one place alone."""
    if not changed:
        return
    first: dict[int, Place] = {}
    for place in (*changed, *(each for each in found if each not in changed)):
        at = first.setdefault(id(sp.inputs.originals.of(found[place])), place)
        if at != place and at in changed:
            kind = type(found[place]).__name__
            message = f"'{at}' and '{place}' are one {kind}, which is changed"
            raise AliasingError(message, changed[at], f"pass a copy of one: {kind}(...)")
        sp.inputs.guard_identity(at, place, True)
    start, *others = first.values()
    for other in others:
        sp.inputs.guard_identity(start, other, False)

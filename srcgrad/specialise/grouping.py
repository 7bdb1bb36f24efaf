"""``itertools.groupby``: runs of elements with one key, each to be read in its turn.

The runs are found early.  A group is an iterator that is empty when the next one is asked for:
it is read in the trip of the loop that it was given to, and refused anywhere else.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from srcgrad.errors import Loc, UnsupportedSyntaxError
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Const, Pack, Stmt, Var
from srcgrad.ir.records import Number, record_in
from srcgrad.specialise import compiled, containers, early
from srcgrad.specialise.generators import Visit
from srcgrad.specialise.iterating import given
from srcgrad.specialise.values import Args, Handler, Kwargs, MapOf, PartialOf, Ref, Value

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


@dataclass(frozen=True, eq=False)
class _Turn:
    """When a group is there: while a trip runs, and no other group has been asked for."""

    visit: Stmt
    number: int


def _groups(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    found = given(args, kwargs, "iterable", "key")
    if found is None or "iterable" not in found:
        return None
    shown = sp.heap.view(found["iterable"])
    held = record_in(shown.type) if isinstance(shown, Var) else None
    if held is not None and issubclass(held, Number):
        message = "'itertools.groupby' groups objects of which data tell how many there are"
        raise UnsupportedSyntaxError(message, loc, "write the loop that groups them")
    key = found.get("key", Const(None))
    if isinstance(key, Const) and key.value is None:
        key = Const(intrinsics.itself)
    with early.unseen(sp, loc):
        runs = compiled.run(sp, _runs, (found["iterable"], key), loc)
    assert isinstance(runs, Pack)
    for part in runs.items:
        if isinstance(part, Ref):
            sp.heap.early[part] = early.computed(sp, tuple(found.values()))
    order = containers.make_list(sp, ())  # which stands for how many groups were asked for
    enter = PartialOf(Const(_enter), (order,), {})
    return compiled.run(sp, _one_by_one, (*runs.items, enter), loc)


def _runs(items: Any, key: Any) -> Any:
    keys: list[Any] = []
    groups: list[Any] = []
    for item in items:
        this = key(item)
        if keys and keys[-1] == this:
            groups[-1].append(item)
        else:
            keys.append(this)
            groups.append([item])
    return keys, groups


def _one_by_one(keys: Any, groups: Any, enter: Any) -> Any:
    return (enter(key, group) for key, group in zip(keys, groups))  # noqa: B905


def _enter(order: Any, key: Any, group: Any) -> Any:
    """The pair that ``groupby`` gives; decided by the compiler."""
    return key, iter(group)


def _entered(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    order, key, group = args
    running = sp.running[-1]
    following = running.block.body[running.at + 1 :]
    visit = next((stmt for stmt in following if _is_visit(stmt)), None)
    if visit is None:
        raise _out_of_turn(loc)
    sp.heap.mutations[order] += 1
    turn = Const(_Turn(visit, sp.heap.mutations[order]))
    members = MapOf(PartialOf(Const(_member), (order, turn), {}), (group,), sp.trip)
    return Pack(tuple, (key, members))  # type: ignore[arg-type]


def _is_visit(stmt: Any) -> bool:
    return isinstance(stmt, Visit)


def _member(order: Any, turn: Any, item: Any) -> Any:
    """An element of a group, where it is its turn; decided by the compiler."""
    return item


def _read(sp: Specialiser, args: Args, kwargs: Kwargs, loc: Loc, name: str) -> Value | None:
    order, turn, item = args
    now: _Turn = turn.value  # type: ignore[union-attr]
    is_there = any(running.now is now.visit for running in sp.running)
    if sp.heap.mutations[order] != now.number or not is_there:
        raise _out_of_turn(loc)
    return item


def _out_of_turn(loc: Loc) -> UnsupportedSyntaxError:
    message = "a group of 'itertools.groupby' is read after the next one was asked for"
    hint = "keep lists: [(k, list(g)) for k, g in groupby(items)]"
    return UnsupportedSyntaxError(message, loc, hint)


GROUPING: dict[Any, Handler] = {
    itertools.groupby: _groups,
    _enter: _entered,
    _member: _read,
}

"""Names: every variable of a plan gets a Python identifier.

Variables that are copied to one another share a name where they are never needed at once: the value
that a loop carries, its first value and its next.  Then each gets the name that the user gave it;
versions that live at the same time are told apart by a number.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from srcgrad.backend.liveness import Range, live_ranges
from srcgrad.backend.plan import Attempt, Branch, Let, Line, Loop, Nested, Pair, Scope, Step
from srcgrad.ir.naming import identifier
from srcgrad.ir.nodes import Var


@dataclass(eq=False)
class _Group:
    """Variables that share a name."""

    members: list[Var]
    ranges: list[Range]
    hint: str
    fixed: str | None = None


@dataclass
class _Taken:
    """When a name is in use."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def is_free(self, ranges: Iterable[Range]) -> bool:
        for start, end in ranges:
            index = bisect.bisect_right(self.starts, end)
            if index and self.ends[index - 1] >= start:
                return False
        return True

    def take(self, ranges: Iterable[Range]) -> None:
        for start, end in ranges:
            index = bisect.bisect_left(self.starts, start)
            self.starts.insert(index, start)
            self.ends.insert(index, end)


def assign_names(
    scope: Scope, hints: Mapping[Var, str], fixed: Mapping[Var, str], reserved: set[str]
) -> dict[Var, str]:
    """A name for each variable of ``scope`` and of the functions inside it.

    Parameters
    ----------
    scope : Scope
        The outermost function.
    hints : mapping of Var to str
        Names for variables that have no good one of their own.
    fixed : mapping of Var to str
        The variables that stand for names outside.
    reserved : set of str
        Names that no variable may take.
    """
    names = dict(fixed)
    _name_scope(scope, hints, names, reserved | set(fixed.values()))
    return names


def _name_scope(
    scope: Scope, hints: Mapping[Var, str], names: dict[Var, str], reserved: set[str]
) -> None:
    # Names of the enclosing functions that this one reads are not its own to assign.
    captured = {names[var] for var in scope.outside if var in names}
    groups = _groups(scope, hints, names)
    taken: dict[str, _Taken] = {}
    first = [group for group in groups if group.fixed is not None]
    rest = [group for group in groups if group.fixed is None]
    for group in (*first, *rest):
        name = _choose(group, _base(group, names), taken, reserved, captured)
        taken.setdefault(name, _Taken()).take(group.ranges)
        names.update((var, name) for var in group.members)
    for nested in _nested(scope.body):
        _name_scope(nested.scope, hints, names, reserved)


def _base(group: _Group, names: Mapping[Var, str]) -> str:
    """What a group would best be called: the cotangent of ``W_1`` is ``W_1_bar``."""
    if group.fixed is not None:
        return group.fixed
    for var in group.members:
        primal = var.primal
        if primal is not None and primal in names and group.hint == f"{primal.name}_bar":
            return f"{names[primal]}_bar"
    return identifier(group.hint)


def _choose(
    group: _Group,
    base: str,
    taken: Mapping[str, _Taken],
    reserved: set[str],
    captured: set[str],
) -> str:
    """A name that is free; a parameter may have the name that expressions from outside begin with,
    since it is what they mean."""
    name, number = base, 0
    while True:
        is_free = name not in taken or taken[name].is_free(group.ranges)
        is_allowed = name == group.fixed or name not in reserved
        if is_free and is_allowed and name not in captured:
            return name
        number += 1
        name = f"{base}_{number}"


def _groups(scope: Scope, hints: Mapping[Var, str], names: Mapping[Var, str]) -> list[_Group]:
    """The variables that ``scope`` assigns, in the order of their first assignment, grouped."""
    own: dict[Var, _Group] = {}
    for var, ranges in live_ranges(scope).items():
        if var not in names and var not in scope.outside:
            own[var] = _Group([var], ranges, var.name, scope.params.get(var))
    for pair in _copies(scope.body):
        if pair.source is not None:
            _merge(own, pair.target, pair.source)
    groups = list(dict.fromkeys(own.values()))
    for group in groups:
        if not group.hint:
            given = [hints[var] for var in group.members if var in hints]
            group.hint = given[0] if given else "value"
    return sorted(groups, key=lambda group: group.ranges[0][0])


def _merge(own: dict[Var, _Group], target: Var, source: Var) -> None:
    a, b = own.get(target), own.get(source)
    if a is None or b is None or a is b or (a.fixed and b.fixed):
        return
    names = {name for name in (a.fixed or a.hint, b.fixed or b.hint) if name}
    if len(names) > 1 or _overlap(a.ranges, b.ranges):
        return
    if len(a.members) < len(b.members):
        a, b = b, a
    a.members.extend(b.members)
    fewer, a.ranges = sorted((a.ranges, b.ranges), key=len)
    for range_ in fewer:
        bisect.insort(a.ranges, range_)
    a.hint, a.fixed = a.hint or b.hint, a.fixed or b.fixed
    for var in b.members:
        own[var] = a


def _overlap(a: list[Range], b: list[Range]) -> bool:
    fewer, more = sorted((a, b), key=len)
    for start, end in fewer:
        index = bisect.bisect_right(more, end, key=itemgetter(0))
        if index and more[index - 1][1] >= start:
            return True
    return False


def _copies(steps: list[Step]) -> Iterator[Pair]:
    """All assignments of one variable to another; those of inner loops first."""
    for step in steps:
        match step:
            case Branch():
                yield from _copies(step.then)
                yield from _copies(step.orelse)
            case Attempt():
                yield from _copies(step.body)
                yield from _copies(step.handler)
            case Loop():
                yield from _copies(step.cond)
                yield from _copies(step.body)
            case _:
                pass
    for step in steps:
        if isinstance(step, Let):
            yield from step.pairs


def _nested(steps: list[Step]) -> Iterator[Nested]:
    for step in steps:
        match step:
            case Nested():
                yield step
            case Branch():
                yield from _nested(step.then)
                yield from _nested(step.orelse)
            case Attempt():
                yield from _nested(step.body)
                yield from _nested(step.handler)
            case Loop():
                yield from _nested(step.cond)
                yield from _nested(step.body)
            case Line() | Let():
                pass

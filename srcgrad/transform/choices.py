"""Where the cotangent of an array lives that a branch chooses among others.

What is read by index, in a loop, of one of two arrays is added to the accumulator of the one that
was chosen::

    src = x if i % 2 else y                   src_bar = x_bar if i % 2 else y_bar
    s += src[i] ** 2                  ->      src_bar[i] += 2 * src[i]

A cotangent of its own would cost the length of the array in each trip.  So it is with parts of
arrays (``row = A[i] if i % 2 else B[i]``), in arms that choose again, and for ``[x, y][i % 2]``.
What an arm makes itself has no accumulator yet: there ``src_bar`` is an array of zeros, which the
reverse of that arm passes on as it does any cotangent.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from srcgrad.analysis.cost import is_cheap
from srcgrad.errors import Loc
from srcgrad.ir.lists import as_list
from srcgrad.ir.nodes import UNDEFINED, Apply, Block, Const, If, Operand, Pack, Stmt, Var
from srcgrad.ir.types import Array, Type, Unknown
from srcgrad.ir.walk import Copier, map_operand, statements, targets, used, variables
from srcgrad.transform import linear
from srcgrad.transform.viewed import gives_itself, needs_order, same_as, shown_by

if TYPE_CHECKING:
    from srcgrad.transform.cotangents import Region


@dataclass(frozen=True, slots=True)
class Choice:
    """A branch and which of its results it is; where the values are that it chooses among."""

    branch: If
    place: int

    @property
    def results(self) -> tuple[Operand, Operand]:
        """What the two arms give."""
        return self.branch.then.results[self.place], self.branch.orelse.results[self.place]


def choices(body: Iterable[Stmt]) -> dict[Var, Choice]:
    """The arrays that branches choose, each with its branch; an arm may give None, or nothing."""
    found: dict[Var, Choice] = {}
    for stmt in statements(body):
        if not isinstance(stmt, If) or stmt.then.diverges or stmt.orelse.diverges:
            continue
        for place, target in enumerate(stmt.targets):
            choice = Choice(stmt, place)
            given = [result for result in choice.results if not _is_absent(result)]
            if given and all(map(_is_perhaps_array, given)):
                found[target] = choice
    return found


def _is_array(operand: Operand) -> bool:
    type_ = operand.type if isinstance(operand, Var) else None
    return isinstance(type_, Array) and type_.ndim > 0


def _is_perhaps_array(operand: Operand) -> bool:
    """Whether an operand is an array, or None: which of the two, data may tell."""
    type_ = operand.type if isinstance(operand, Var) else None
    if isinstance(type_, Unknown):
        return isinstance(type_.there, Array) and type_.there.ndim > 0
    return _is_array(operand) or _is_none(operand)


def _is_absent(operand: Operand) -> bool:
    """Whether an arm assigns nothing, as one that leaves the trip: nobody reads it then."""
    return isinstance(operand, Const) and operand.value is UNDEFINED


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def spare(found: Mapping[Var, Choice], definitions: Mapping[Var, Apply]) -> set[Var]:
    """The arrays that are chosen, or parts of which are."""
    listed = (_listed(stmt, definitions) for stmt in definitions.values())
    items = (item for each in listed if each is not None for item in each.items)
    roots: set[Var] = set()
    for results in (*(choice.results for choice in found.values()), tuple(items)):
        for result in results:
            while isinstance(result, Var) and result not in roots:
                roots.add(result)
                made = definitions.get(result)
                result = same_as(made) or shown_by(made) or result
    return roots


@dataclass(frozen=True, slots=True)
class Shared:
    """The accumulator of a chosen array, and the arms in which it is that of what they give."""

    buffer: Var
    arms: frozenset[int]

    @property
    def is_whole(self) -> bool:
        """Whether it is, whichever was chosen."""
        return self.arms == _BOTH


_BOTH = frozenset((0, 1))


@dataclass(frozen=True, slots=True)
class _Listed:
    """The arrays of which a list is made, and which of them is read."""

    items: tuple[Operand, ...]
    index: Operand


def _listed(stmt: Apply | None, definitions: Mapping[Var, Apply]) -> _Listed | None:
    """What ``[x, y][i]`` chooses among."""
    if stmt is None or stmt.op is not operator.getitem or not isinstance(stmt.args[0], Var):
        return None
    made = definitions.get(stmt.args[0])
    if made is None or made.op is not as_list or not _is_array(stmt.target):
        return None
    items = made.args[0]
    if not isinstance(items, Pack) or not all(map(_is_array, items.items)):
        return None
    return _Listed(items.items, stmt.args[1])


def shared(
    region: Region, x: Var, name: str, partly: bool, loc: Loc, failed: set[Var] | None = None
) -> Shared | None:
    """Emits the accumulator of an array that a branch has chosen.

    None if ``x`` is no such array, or if what it may be has no accumulator yet: in one of the arms
    at least, if ``partly`` will do.  It will not for what may be None, nor where ``x`` is not
    defined in the block of ``region``: nobody else would know what has still to be passed on.

    What it is chosen among may have been chosen before: that gets an accumulator first, but for
    what is known to have ``failed``.  Else it would be chosen again in each arm that may give it.
    """
    choices, definitions = region.buffers.choices, region.buffers.definitions
    if failed is None:
        failed = set()
        for value in _chosen_before(region, x):
            if region.can_share(value) and not region.share(value, loc, False, failed):
                failed.add(value)
    sharing = _Sharing(region, loc, failed)
    choice = choices.get(x)
    if choice is not None:
        partly = partly and all(map(_is_array, choice.results))
        return sharing.chosen(x, choice, name, _Seen(), partly)
    listed = _listed(definitions.get(x), definitions)
    buffer = None if listed is None else sharing.listed(x, listed, name, _Seen())
    return None if buffer is None else Shared(buffer, _BOTH)


def _chosen_before(region: Region, x: Var) -> list[Var]:
    """The arrays without accumulators among which ``x`` is chosen and that were chosen themselves,
    outside of the arms that choose ``x``, and those among which they are, the first ones first."""
    order: list[Var] = []
    seen: set[Var] = set()
    waiting = [(x, False)]
    while waiting:
        value, is_done = waiting.pop()
        if is_done:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            waiting.append((value, True))
            waiting.extend((var, False) for var in _chosen_outside(region, value))
    return order[:-1]


def _chosen_outside(region: Region, x: Var) -> Iterator[Var]:
    """Those of the arrays among which ``x`` is chosen itself."""
    choices, definitions = region.buffers.choices, region.buffers.definitions
    inside: set[Var] = set()
    if x in choices:
        branch = choices[x].branch
        arms = (branch.then, branch.orelse)
        inside.update(var for arm in arms for s in statements(arm.body) for var in targets(s))
    waiting = list(_among(x, choices, definitions))
    seen: set[Operand] = set()
    while waiting:
        value = waiting.pop()
        if value in seen or not isinstance(value, Var):
            continue
        seen.add(value)
        if value not in inside and region.find_buffer(value) is not None:
            continue
        found = _among(value, choices, definitions)
        if found and value not in inside:
            yield value
            continue
        made = definitions.get(value)
        whole = same_as(made) or shown_by(made)
        waiting.extend(found or (() if whole is None else (whole,)))


def with_those_chosen(
    wanted: Iterable[Var], found: Mapping[Var, Choice], definitions: Mapping[Var, Apply]
) -> set[Var]:
    """``wanted``, and what those of them are chosen among that are chosen."""
    every: set[Var] = set()
    waiting = list(wanted)
    while waiting:
        x = waiting.pop()
        if x not in every:
            every.add(x)
            among = _among(x, found, definitions)
            waiting.extend(each for each in among if isinstance(each, Var))
    return every


def _among(
    x: Var, choices: Mapping[Var, Choice], definitions: Mapping[Var, Apply]
) -> tuple[Operand, ...]:
    """What ``x`` is chosen among, if it is chosen."""
    if x in choices:
        return choices[x].results
    listed = _listed(definitions.get(x), definitions)
    return () if listed is None else listed.items


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is defined in the arms around, and the copies of what they compute."""

    inside: frozenset[Var] = frozenset()
    renamed: dict[Var, Var] = field(default_factory=dict)

    def within(self, arm: Block) -> _Seen:
        """The same in an arm."""
        own = (var for stmt in arm.body for var in targets(stmt))
        return _Seen(self.inside.union(own), dict(self.renamed))


def _type_for(x: Var) -> Type:
    """The type of an accumulator, which is None where ``x`` is."""
    return x.type if isinstance(x.type, Unknown) else linear.cotangent_type(x.type)


class _Sharing:
    """Emits accumulators of what is chosen, for the reverse of a block."""

    def __init__(self, region: Region, loc: Loc, failed: set[Var]) -> None:
        self.region = region
        self.failed = failed
        self.buffers = region.buffers
        self.loc = loc

    def chosen(
        self, x: Var, choice: Choice, name: str, seen: _Seen, partly: bool = False
    ) -> Shared | None:
        """The accumulator of what a branch gives: of both arms, or of one if ``partly``."""
        if any(map(_is_absent, choice.results)):
            return self._only(choice, seen)
        builder = self.region.sp.builder
        blocks: list[Block] = []
        arms: set[int] = set()
        for i, arm in enumerate((choice.branch.then, choice.branch.orelse)):
            with builder.nested() as body:
                result = choice.results[i]
                found: Operand | None = result
                if not _is_none(result):
                    found = self._of(result, seen.within(arm))
                if found is not None:
                    arms.add(i)
                elif partly:
                    body.clear()
                    found = linear.zero(self.region.sp, x, self.loc)
            if found is None:
                return None
            blocks.append(Block((), tuple(body), (found,)))
        given = [block.results[0] for block in blocks]
        if not arms or all(map(_is_none, given)):
            return None
        buffer = Var(name, _type_for(x), primal=x)
        cond = map_operand(choice.branch.cond, lambda var: seen.renamed.get(var, var))
        if any(_is_none(each) or each in self.buffers.perhaps for each in given):
            self.buffers.perhaps.add(buffer)
        self._note_order(buffer, given)
        builder.emit(If((buffer,), cond, blocks[0], blocks[1], self.loc))
        return Shared(buffer, frozenset(arms))

    def _only(self, choice: Choice, seen: _Seen) -> Shared | None:
        """The accumulator of what one arm gives, where the other gives nothing: what would have
        to be computed for it, as a view of another, is not there in every trip."""
        absent = _is_absent(choice.results[0])
        arm = choice.branch.orelse if absent else choice.branch.then
        with self.region.sp.builder.nested() as body:
            found = self._of(choice.results[absent], seen.within(arm))
        return None if found is None or body else Shared(found, _BOTH)

    def listed(self, x: Var, found: _Listed, name: str, seen: _Seen) -> Var | None:
        """The accumulator of an element of a list: that of which array it is."""
        parts = [self._of(item, seen) for item in found.items]
        if None in parts or not self._again(variables(found.index), seen):
            return None
        items = Pack(list, tuple(part for part in parts if part is not None))
        bars = self.region.sp.builder.apply(as_list, (items,), (), self.loc)
        buffer = Var(name, _type_for(x), primal=x)
        index = map_operand(found.index, lambda var: seen.renamed.get(var, var))
        self._note_order(buffer, parts)
        self._emit(Apply(buffer, operator.getitem, (bars, index), (), self.loc))
        return buffer

    def _note_order(self, buffer: Var, among: Iterable[Operand | None]) -> None:
        """Notes that an accumulator lies in C's order in memory, as all do that it is one of."""
        in_order = self.buffers.in_order
        if all(each in in_order for each in among if each is not None and not _is_none(each)):
            in_order.add(buffer)

    def _of(self, value: Operand, seen: _Seen) -> Var | None:
        """The accumulator of a value, which may be defined in the arms around."""
        if not isinstance(value, Var):
            return None
        there = None if value in seen.inside else self.region.find_buffer(value)
        if there is not None or value in self.failed:
            return there
        choice = self.buffers.choices.get(value)
        if choice is not None:
            if not self._again(variables(choice.branch.cond), seen):
                return None
            found = self.chosen(value, choice, "", seen)
            return None if found is None else found.buffer
        stmt = self.buffers.definitions.get(value)
        listed = _listed(stmt, self.buffers.definitions)
        if listed is not None:
            return self.listed(value, listed, "", seen)
        return None if stmt is None else self._view(stmt, seen)

    def _view(self, stmt: Apply, seen: _Seen) -> Var | None:
        """The view of an accumulator that the result of an operation is of an array."""
        whole = same_as(stmt) or shown_by(stmt)
        into = None if whole is None else self._of(whole, seen)
        if into is None or gives_itself(stmt):
            return into
        if needs_order(stmt) and into not in self.buffers.in_order:
            return None
        others = [*stmt.args[1:], *(value for _, value in stmt.kwargs)]
        if not self._again((var for other in others for var in variables(other)), seen):
            return None
        own = Copier(seen.renamed).stmt(stmt)
        assert isinstance(own, Apply)
        view = Var("", stmt.target.type)
        self._emit(replace(own, target=view, args=(into, *own.args[1:]), loc=self.loc))
        return view

    def _again(self, wanted: Iterable[Var], seen: _Seen) -> bool:
        """Whether all of ``wanted`` are there: what an arm has computed cheaply is computed
        again."""
        for var in wanted:
            if var not in seen.inside or var in seen.renamed:
                continue
            stmt = self.buffers.definitions.get(var)
            if stmt is None or not is_cheap(stmt) or self.buffers.memory.may_differ(stmt):
                return False
            if not self._again(used(stmt), seen):
                return False
            copy = Copier(seen.renamed).stmt(stmt)
            assert isinstance(copy, Apply)
            seen.renamed[var] = copy.target
            self._emit(copy)
        return True

    def _emit(self, stmt: Apply) -> None:
        self.region.sp.builder.definitions[stmt.target] = stmt
        self.region.sp.builder.emit(stmt)

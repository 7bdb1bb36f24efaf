"""Cotangents while a block is being reversed: who has received what so far.

A value's cotangent is the sum of contributions, one for each use.  The first assigns and further
ones add.  Contributions to single elements (``x[i]``) go into an accumulator, a buffer allocated
once, so that reading an element costs what it touches and not the size of the array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from srcgrad.analysis.activity import can_carry
from srcgrad.errors import Loc
from srcgrad.ir import intrinsics
from srcgrad.ir.facts import replaced
from srcgrad.ir.indices import is_rest, reads_one
from srcgrad.ir.lists import list_insert
from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import Apply, Block, Const, For, If, Operand, Pack, Store, Var
from srcgrad.ir.types import PY_INT, Array, ListOf, PackType, Scalar, ndim_of
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.specialise.values import Value
from srcgrad.transform import linear
from srcgrad.transform.choices import shared
from srcgrad.transform.linear import Bar
from srcgrad.transform.shadows import Buffers, view_of
from srcgrad.transform.viewed import gives_itself, needs_order, same_as, shown_by

Pull: TypeAlias = "Callable[[Apply, Bar, Region, Loc], None]"


@dataclass
class Entry:
    """What one value has received: a sum, or a buffer that holds it, or parts of a container."""

    bar: Bar | None = None
    buffer: Var | None = None
    parts: dict[int, Bar] = field(default_factory=dict)
    shown: bool = False
    """Whether the buffer is a view of that of another value, which so receives what this does."""
    arms: frozenset[int] = frozenset()
    """The arms of the branch that gives the value in which the buffer is that of what they give."""


class Region:
    """The cotangents of one block, inside those of the block around it.

    Parameters
    ----------
    sp : Specialiser
        Emits the statements.
    defined : set of Var
        The values that the block defines.  Contributions to others are collected here too, and
        handed on by whoever opened the region.
    buffers : Buffers
        The arrays that the program writes in place, whose cotangents live in shadows.
    pull : callable
        Passes a cotangent on through the operation that gives a value.
    parent : Region, optional
        The region around.
    """

    def __init__(
        self,
        sp: Specialiser,
        defined: set[Var],
        buffers: Buffers,
        pull: Pull,
        parent: Region | None = None,
    ) -> None:
        self.sp = sp
        self.buffers = buffers
        self.pull = pull
        self.defined = defined
        self.parent = parent
        self.entries: dict[Var, Entry] = {}
        self.cautious: bool = parent.cautious if parent is not None else False
        """Whether cotangents that come out of loops, branches and buffers may be infinite."""

    def outer(self) -> list[Var]:
        """The values of surrounding blocks that have received contributions here."""
        entries = self.entries.items()
        return [var for var, entry in entries if var not in self.defined and not entry.shown]

    # --- receiving ------------------------------------------------------------------------------

    def accumulate(self, x: Var, bar: Bar, loc: Loc) -> None:
        """Adds a contribution to the cotangent of ``x``.

        Where the array is not there, nothing has come of it.
        """
        perhaps = self.buffers.perhaps
        shadow = None
        if self.buffers.has(x):
            shadow = self.buffers.made.get(self.buffers.base(x))
        elif perhaps and x in self.buffers.choices:
            shadow = self.find_buffer(x)
        if shadow not in perhaps or self.buffers.is_there(x):
            self._accumulate(x, bar, loc)
            return
        is_there = self.sp.builder.apply(operator.is_not, (shadow, Const(None)), (), loc)
        with self.sp.builder.nested() as there:
            self._accumulate(x, bar, loc)
        self.sp.builder.emit(If((), is_there, Block((), tuple(there), ()), Block((), (), ()), loc))

    def _accumulate(self, x: Var, bar: Bar, loc: Loc) -> None:
        both = self._scattered(bar)
        if both is not None:
            for part in both:
                self.accumulate(x, replaced(bar, value=part), loc)
            return
        scatter = None
        if isinstance(bar.value, Var):
            stmt = self.sp.builder.definitions.get(bar.value)
            if stmt is not None and stmt.op is intrinsics.scatter_add:
                scatter = stmt
        if isinstance(x.type, ListOf) and scatter is not None:
            self._accumulate_element(x, scatter.args[1], scatter.args[2], loc)
            return
        if isinstance(x.type, PackType):
            assert scatter is not None, "the elements of a container are read one by one"
            self._accumulate_part(x, scatter.args[1], Bar(scatter.args[2], bar.mask), loc)
            return
        if isinstance(x.type, ListOf) and x in self.buffers.made:
            self._accumulate_elements(self.buffers.made[x], bar, loc)
            return
        if self.buffers.has(x) and (through := self.buffers.locked(x)) is not None:
            self.pull(through, bar, self, loc)
            return
        if scatter is not None and ndim_of(x.type) == 0 and not self.buffers.has(x):
            # Whatever index is, what it takes of a number is that number, or nothing.
            value = linear.force(self.sp, replaced(bar, value=scatter.args[2]), loc)
            bar, scatter = bar.unmasked(linear.reduce(self.sp, value, x, loc)), None
        if scatter is not None and bar.mask is None:
            into = self._accumulator(x, loc)
            value = linear.fit_part(self.sp, scatter.args[2], x, loc)
            self.sp.builder.emit(Store(into, scatter.args[1], value, True, loc))
            return
        buffer, index = self._place(x, loc)
        bar = replaced(bar, value=linear.fit(self.sp, bar.value, x, loc))
        if buffer is not None:
            value = linear.force(self.sp, bar, loc)
            self.sp.builder.emit(Store(buffer, index, value, True, loc))
            return
        entry = self.entries.setdefault(x, Entry())
        if entry.bar is None:
            entry.bar = bar
        elif bar.mask is not None and bar.mask is entry.bar.mask:
            value = linear.add(self.sp, entry.bar.value, bar.value, loc, "")
            singular = entry.bar.singular or bar.singular
            chained = entry.bar.chained or bar.chained
            entry.bar = replaced(bar, value=value, singular=singular, chained=chained)
        else:
            first = linear.force(self.sp, entry.bar, loc, bar_name(x))
            second = linear.force(self.sp, bar, loc)
            total = linear.add(self.sp, first, second, loc, bar_name(x))
            entry.bar = Bar(total, singular=entry.bar.singular or bar.singular)

    def _accumulate_elements(self, shadows: Var, bar: Bar, loc: Loc) -> None:
        """Adds the elements of a list to the shadows in another."""
        value = linear.force(self.sp, bar, loc)
        index = Var("k", PY_INT)
        with self.sp.builder.nested() as body:
            part = calls.index(self.sp, value, index, loc)
            shadow = calls.index(self.sp, shadows, index, loc)
            self._accumulate_into(shadow, part, loc)
        count = self.sp.builder.apply(len, (shadows,), (), loc)
        block = Block((index,), tuple(body), ())
        self.sp.builder.emit(For((), Const(0), count, Const(1), False, (), (), block, loc))

    def _accumulate_into(self, shadow: Value, bar: Value, loc: Loc) -> None:
        """Adds to a shadow, or to each of those in a tuple."""
        if isinstance(shadow, Pack):
            for i, part in enumerate(shadow.items):
                if can_carry(type_of(part)):
                    self._accumulate_into(part, calls.index(self.sp, bar, Const(i), loc), loc)
            return
        assert isinstance(shadow, Var)
        assert isinstance(bar, Var | Const)
        self.sp.builder.emit(Store(shadow, None, bar, True, loc))

    def _scattered(self, bar: Bar) -> tuple[Operand, Operand] | None:
        """The two parts of a contribution that is a sum of contributions to elements."""
        definitions = self.sp.builder.definitions
        total = definitions.get(bar.value) if isinstance(bar.value, Var) else None
        if total is None or total.op is not operator.add or bar.mask is not None:
            return None
        a, b = total.args
        made = [definitions.get(part) if isinstance(part, Var) else None for part in (a, b)]
        if any(stmt is None or stmt.op is not intrinsics.scatter_add for stmt in made):
            return None
        return a, b

    def _accumulate_part(self, x: Var, index: Operand, bar: Bar, loc: Loc) -> None:
        assert isinstance(index, Const)
        assert isinstance(x.type, PackType)
        is_dict = x.type.kind is dict
        key = x.type.keys.index(index.value) if is_dict else index.value % len(x.type.items)
        parts = self.entries.setdefault(x, Entry()).parts
        if key in parts:
            first = linear.force(self.sp, parts[key], loc)
            bar = Bar(linear.add(self.sp, first, linear.force(self.sp, bar, loc), loc, ""))
        parts[key] = bar

    def _accumulator(self, x: Var, loc: Loc) -> Var:
        """The array that contributions to elements of ``x`` go into."""
        if self.buffers.has(x):
            return self.shadow(x, loc)
        return self.find_buffer(x) or self.allocate(x, loc)

    # --- shadows --------------------------------------------------------------------------------

    def shadow(self, x: Var, loc: Loc) -> Var:
        """The shadow of a buffer or of a view of one."""
        base = self.buffers.base(x)
        shadow = self.buffers.made.get(base) or self.find_buffer(base)
        if shadow is None:
            assert base in self.defined, "the shadows of outer buffers are allocated before"
            shadow = self.allocate(base, loc)
        return self._view(x, base, shadow, loc)

    def shadow_if_any(self, x: Var, loc: Loc) -> Var | None:
        """The shadow of ``x`` unless it has received nothing."""
        base = self.buffers.base(x)
        if base not in self.buffers.made and self.find_buffer(base) is None:
            entry = self.entries.get(base)
            if entry is None or entry.bar is None:
                return None
        return self.shadow(x, loc)

    def _place(self, x: Var, loc: Loc) -> tuple[Var | None, Operand | None]:
        """The array and the index that contributions to ``x`` go into, the whole if no index.

        No array while the sum of what ``x`` has received will do.
        """
        if not self.buffers.has(x):
            return self.find_buffer(x), None
        base = self.buffers.base(x)
        if base is not x:
            stmt = self.buffers.definitions[x]
            inner = view_of(stmt)
            if stmt.op is operator.getitem and inner is not None and isinstance(inner.type, Array):
                return self.shadow(inner, loc), stmt.args[1]
        elif base not in self.buffers.made and self.find_buffer(base) is None:
            return None, None
        return self.shadow(x, loc), None

    def _view(self, x: Var, base: Var, shadow: Var, loc: Loc) -> Var:
        """The view of a shadow that ``x`` is of ``base``."""
        if x is base:
            return shadow
        stmt = self.buffers.definitions[x]
        inner = view_of(stmt)
        assert inner is not None
        args = (self._view(inner, base, shadow, loc), *stmt.args[1:])
        # As it is, and not by its type: several views at once stay one value.
        view = Var("", x.type)
        new = Apply(view, stmt.op, args, stmt.kwargs, loc)
        self.sp.builder.definitions[view] = new
        self.sp.builder.emit(new)
        return view

    def _accumulate_element(self, x: Var, index: Operand, bar: Operand, loc: Loc) -> None:
        """A contribution to an element of a list, whose cotangent is a list too."""
        entry = self.entries.setdefault(x, Entry())
        if entry.bar is None and is_rest(index) and self._has_first(x):
            whole = self.sp.builder.apply(
                list_insert, (bar, Const(0), Const(0.0)), (), loc, bar_name(x)
            )
            entry.bar = Bar(whole, singular=self.cautious)
            return
        have = linear.zero(self.sp, x, loc, bar_name(x)) if entry.bar is None else entry.bar.value
        entry.bar = Bar(linear.add_at(self.sp, have, index, bar, loc), singular=self.cautious)

    def _has_first(self, x: Var) -> bool:
        """Whether a list of numbers has surely an element: this block reads one of it."""
        if not isinstance(x.type, ListOf) or not isinstance(x.type.item, Scalar):
            return False
        made = self.buffers.definitions.values()
        return any(s.args[0] is x and s.target in self.defined for s in made if reads_one(s))

    def receive(self, x: Var, bar: Operand) -> None:
        """Takes over the cotangent that ``x`` has in the block around: what is added to it here
        gives the whole."""
        self.entries[x] = Entry(Bar(bar, singular=self.cautious))

    def find_buffer(self, x: Var) -> Var | None:
        """The accumulator of ``x``, here or in a block around, if it has one."""
        region: Region | None = self
        while region is not None:
            entry = region.entries.get(x)
            if entry is not None and entry.buffer is not None:
                return entry.buffer
            if x in region.defined:
                return None
            region = region.parent
        return None

    def allocate(self, x: Var, loc: Loc) -> Var:
        """Gives ``x`` an accumulator that holds what it has received so far."""
        entry = self.entries.setdefault(x, Entry())
        name = bar_name(x)
        # A whole contribution has cost the length of a view, as a cotangent of its own does.
        viewed = self._view_of_another(x, loc) if entry.bar is None else None
        if viewed is not None:
            entry.buffer, entry.shown = viewed, True
            return viewed
        if self.share(x, loc):
            assert entry.buffer is not None
            return entry.buffer
        if x in self.buffers.read_flat:
            in_order = self._zeros_in_order(x, loc)
            if entry.bar is not None:
                value = linear.fit(self.sp, linear.force(self.sp, entry.bar, loc), x, loc)
                self.sp.builder.emit(Store(in_order, None, value, True, loc))
            buffer: Operand = in_order
        elif entry.bar is None:
            buffer = self.sp.builder.apply(intrinsics.zero, (x,), (), loc, name)
        else:
            value = linear.force(self.sp, entry.bar, loc)
            if self.buffers.has(x) and self.buffers.depends_on_layout(x):
                buffer = self.sp.builder.apply(intrinsics.zero, (x,), (), loc, name)
                assert isinstance(buffer, Var)
                self.sp.builder.emit(Store(buffer, None, value, True, loc))
            else:
                buffer = self.sp.builder.apply(intrinsics.fresh, (value, x), (), loc, name)
        assert isinstance(buffer, Var)
        buffer.primal = x
        entry.bar, entry.buffer = None, buffer
        return buffer

    def share(self, x: Var, loc: Loc, partly: bool = True, failed: set[Var] | None = None) -> bool:
        """Gives ``x`` the accumulator of what a branch has chosen, if it can be shared: in one of
        the arms at least, if ``partly`` will do.

        What ``x`` is chosen among has accumulators already if it is known what has ``failed``.
        """
        if not self.can_share(x):
            return False
        found = shared(self, x, bar_name(x), partly and x in self.defined, loc, failed)
        if found is None:
            return False
        entry = self.entries.setdefault(x, Entry())
        entry.buffer, entry.arms, entry.shown = found.buffer, found.arms, found.is_whole
        return True

    def can_share(self, x: Var) -> bool:
        """Whether ``x`` has nothing yet that the accumulator of another array would not have."""
        return not self.has_received(x) and not self.buffers.has(x)

    def has_received(self, x: Var) -> bool:
        """Whether contributions to all of ``x`` have come in this block."""
        entry = self.entries.get(x)
        return entry is not None and entry.bar is not None

    def arms(self, x: Var) -> frozenset[int]:
        """The arms whose results have received what ``x`` has, which a branch gives."""
        entry = self.entries.get(x)
        return frozenset() if entry is None else entry.arms

    def _zeros_in_order(self, x: Var, loc: Loc) -> Var:
        """An accumulator that lies in C's order in memory."""
        if ndim_of(x.type) == 1:
            made = self.sp.builder.apply(intrinsics.zero, (x,), (), loc, bar_name(x))
        else:
            order = (("order", Const("C")),)
            made = self.sp.builder.apply(np.zeros_like, (x,), order, loc, bar_name(x))
        assert isinstance(made, Var)
        self.buffers.in_order.add(made)
        return made

    def _view_of_another(self, x: Var, loc: Loc) -> Var | None:
        """The part of another value's accumulator that is the cotangent of ``x``, a view of that.

        Of what is viewed once in a call, the view has a cotangent of its own.
        """
        stmt = self.buffers.definitions.get(x)
        whole = self._shown_by(stmt) if not self.buffers.has(x) else None
        if stmt is None or whole not in self.buffers.active or self.buffers.has(whole):
            return None
        into = self.find_buffer(whole)
        if into is None:
            region: Region | None = self
            while region is not None and x not in region.defined:
                region = region.parent
            if region is None or region.parent is None:
                return None
            into = self.allocate(whole, loc)
        if gives_itself(stmt):
            return into
        if needs_order(stmt) and into not in self.buffers.in_order:
            return None
        view = Var(bar_name(x), x.type, primal=x)
        made = Apply(view, stmt.op, (into, *stmt.args[1:]), stmt.kwargs, loc)
        self.sp.builder.definitions[view] = made
        self.sp.builder.emit(made)
        return view

    def _shown_by(self, stmt: Apply | None) -> Var | None:
        """What the result of an operation is a view of, or is itself where that is not None."""
        whole = same_as(stmt)
        return whole if whole in self.buffers.choices else shown_by(stmt)

    # --- giving ---------------------------------------------------------------------------------

    def take(self, x: Operand, loc: Loc, whole: bool = True) -> Bar | None:
        """The cotangent of ``x``, None if nothing depends on it.

        It is named after ``x`` where it is the whole and not a part that is still to be added.
        """
        if isinstance(x, Var) and x in self.buffers.made:
            return Bar(self.buffers.made[x], singular=self.cautious)
        entry = self.entries.pop(x, None) if isinstance(x, Var) else None
        if entry is None or entry.shown:
            return None
        if entry.buffer is not None:
            return Bar(entry.buffer, singular=self.cautious)
        if entry.parts:
            assert isinstance(x, Var)
            parts = self._take_parts(x, entry.parts, loc)
            return Bar(parts, singular=self.cautious)
        if whole and entry.bar is not None and entry.bar.mask is None:
            assert isinstance(x, Var)
            name_bar(entry.bar.value, x, self.sp.builder.definitions.get(x))
        return entry.bar

    def _take_parts(self, x: Var, parts: dict[int, Bar], loc: Loc) -> Operand:
        assert isinstance(x.type, PackType)
        items: list[Operand] = []
        for i in range(len(x.type.items)):
            if i in parts:
                items.append(linear.force(self.sp, parts[i], loc))
            else:
                key = x.type.keys[i] if x.type.kind is dict else i
                element = self.sp.heap.frozen(calls.index(self.sp, x, Const(key), loc))
                assert isinstance(element, Var | Const | Pack)
                items.append(linear.zero(self.sp, element, loc))
        return Pack(x.type.kind, tuple(items), x.type.keys)


def wants_buffer(x: Var) -> bool:
    """Whether contributions to ``x`` from inside a loop go into an accumulator in place."""
    return isinstance(x.type, Array) and x.type.ndim > 0


def bar_name(x: Var) -> str:
    """The name of the cotangent of ``x``."""
    return f"{x.name}_bar" if x.name else ""


def bar_of(x: Var) -> Var:
    """A variable for the cotangent of ``x``."""
    return Var(bar_name(x), linear.cotangent_type(x.type), primal=x)


def twin(var: Var) -> Var:
    """A new variable for the same thing as ``var``."""
    return Var(var.name, var.type, var.hint, var.primal)


def name_bar(value: Operand, x: Var, definition: Apply | None) -> None:
    """Calls a cotangent that has no name yet after the value that it belongs to."""
    if not isinstance(value, Var) or value.name not in ("", bar_name(x)):
        return
    value.name = bar_name(x)
    value.primal = value.primal or x
    if not value.name and not value.hint and definition is not None:
        value.hint = f"{describe(definition, {})}_bar"

"""The function under construction: its frames, the current statement, and how arms are joined."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from srcgrad.errors import Loc, UnsupportedSyntaxError, unassigned
from srcgrad.frontend.constant_sets import ConstantSets
from srcgrad.frontend.locations import Locations
from srcgrad.frontend.names import FunctionNames
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import (
    UNDEFINED,
    Block,
    Const,
    Free,
    If,
    Invoke,
    Operand,
    Raise,
    Stmt,
    Try,
    Var,
)

UNASSIGNED = Const(UNDEFINED)
DELETED = Const(UNDEFINED)
TORN = Const(UNDEFINED)
"""The value of a name where a statement that may have assigned it did not run to its end."""
NONE = Const(None)


@dataclass(slots=True)
class Frame:
    """A block under construction.

    Attributes
    ----------
    env : dict
        The current value of each local name.
    body : list
        The statements so far.
    bound : dict
        The names that were bound in this block, in order.
    touched : set
        Those that were bound in it or in a block in it, as one that ends with an error.
    closed : bool
        Whether the last statement always raises: nothing can follow.
    """

    env: dict[str, Operand]
    body: list[Stmt] = field(default_factory=list)
    bound: dict[str, None] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    closed: bool = False

    def block(self, params: tuple[Var, ...], results: tuple[Operand, ...]) -> Block:
        if self.closed:
            results = (UNASSIGNED,) * len(results)
        return Block(params, tuple(self.body), results)


class Builder:
    """Builds the IR of one function.

    Attributes
    ----------
    names : FunctionNames
        What is known about its names.
    locations : Locations
        Makes the locations of its statements.
    owner : str
        The class that it is written in, for private names.
    sets : ConstantSets
        The sets among its constants.
    enclosing : frozenset of str
        The local names of the functions around it.
    outer_cells : frozenset of str
        Those of them that stand for cells.
    cells : dict
        The cells of its own names, for those that nested functions may see change.
    late : frozenset of str
        Those of its own names that a generator expression reads, as they are when it is used.
    frame : Frame
        The block to which statements are added.
    loc : Loc
        The statement of the user that is being lowered.
    error : Operand or None
        The exception that is being handled there.
    last : frozenset of str
        What the ``finally`` blocks around it read.
    """

    def __init__(
        self,
        names: FunctionNames,
        locations: Locations,
        owner: str,
        sets: ConstantSets,
        loc: Loc,
        enclosing: frozenset[str] = frozenset(),
        outer_cells: frozenset[str] = frozenset(),
    ) -> None:
        self.names = names
        self.sets = sets
        self.locations = locations
        self.owner = owner
        self.enclosing = enclosing
        self.outer_cells = outer_cells
        self.frame = Frame({})
        self.loc = loc
        self.cells: dict[str, Operand] = {}
        self.late: frozenset[str] = frozenset()
        self.error: Operand | None = None
        self.last: frozenset[str] = frozenset()
        self.capturing = False
        """Whether this is a comprehension of a Python in which those are functions: it reads the
        names of the function around as variables that it captures."""
        self.unsure: set[Operand] = set()
        """What loops carry that has no value before their first trip."""
        self.perhaps: set[Operand] = set()
        """What loops and branches give that has no value on some way, as after no trip."""

    # --- statements

    def emit(self, stmt: Stmt) -> None:
        """Adds a statement, unless the block has ended already."""
        frame = self.frame
        if frame.closed:
            return
        frame.body.append(stmt)
        if isinstance(stmt, Raise) or (
            isinstance(stmt, If) and stmt.then.diverges and stmt.orelse.diverges
        ):
            frame.closed = True

    def at(self, node: Any) -> Loc:
        """The location of what an expression of the current statement becomes."""
        return self.locations.within(self.loc, node)

    def apply(self, function: Callable[..., Any], *args: Operand, node: Any, name: str = "") -> Var:
        """Adds a call of a function that the compiler knows."""
        target = Var(name)
        self.emit(Invoke(target, Const(function), args, (), self.at(node)))
        return target

    def raise_error(self, kind: type[Exception], message: str, node: Any) -> None:
        error = self.apply(kind, Const(message), node=node)
        self.emit(Raise(error, None, self.at(node)))

    # --- names

    def read(self, name: str, node: Any) -> Operand:
        """The value of a name; raises at run time if it is certainly unassigned."""
        if name in self.outer_cells and name not in self.names.local:
            return self.apply(intrinsics.cell_value, Free(self.private(name)), node=node, name=name)
        if name not in self.names.local:
            return Free(self.private(name))
        if name in self.late:
            return self.apply(intrinsics.cell_value, self.cells[name], node=node, name=name)
        value = self.value(name)
        kind = NameError if self.capturing else UnboundLocalError
        if value is UNASSIGNED or value is DELETED:
            self.raise_error(kind, unassigned(kind, name), node)
        if value in self.unsure:
            self.apply(intrinsics.note_read, value, Const(name), node=node)
        if value in self.perhaps:
            self.apply(intrinsics.note_perhaps, value, Const(name), Const(kind), node=node)
        return value

    def may_be_absent(self, value: Operand) -> bool:
        """Whether the value of a name may be that it has none."""
        return value is UNASSIGNED or value in self.unsure or value in self.perhaps

    def is_unsure(self, name: str) -> bool:
        """Whether a name has no value here, or may have none."""
        value = self.frame.env.get(name, UNASSIGNED)
        return value is DELETED or self.may_be_absent(value)

    def value(self, name: str) -> Operand:
        value = self.frame.env.get(name, UNASSIGNED)
        if value is TORN:
            self.refuse_torn(name, self.loc)
        return value

    def refuse_torn(self, name: str, loc: Loc) -> NoReturn:
        """Refuses a name that is needed where a ``try`` did not run to its end."""
        message = f"what '{name}' is depends on which statement of a 'try' raises"
        hint = f"assign '{name}' in the last statement of the 'try' alone, and in its handlers"
        raise UnsupportedSyntaxError(message, loc, hint)

    def refuse_deleted(self, name: str, loc: Loc) -> None:
        """Refuses a name that is needed where it may have been deleted: a name keeps its last
        value in the text, so that reading it would not fail as it does in the function."""
        message = f"'{name}' is deleted on one path and used on another"
        raise UnsupportedSyntaxError(message, loc, "leave out the 'del'")

    def bind(self, name: str, value: Operand) -> None:
        self.frame.env[name] = value
        self.frame.bound[name] = None
        self.frame.touched.add(name)
        self.note(name, value)

    def note(self, name: str, value: Operand) -> None:
        """Writes the new value of a name into its cell, if it has one."""
        if name in self.cells:
            self.fill(self.cells[name], value)

    def fill(self, cell: Operand, value: Operand) -> None:
        """Writes a value into a cell."""
        absent = value is UNASSIGNED or value is DELETED
        function = intrinsics.clear_cell if absent else intrinsics.set_cell
        perhaps = (Const(True),) if self.may_be_absent(value) else ()
        args = (cell,) if absent else (cell, value, *perhaps)
        self.emit(Invoke(Var(""), Const(function), args, (), self.loc))

    def filled(self, name: str, node: Any) -> Operand:
        """A new cell for a name that a nested function captures, and that may have no value: it is
        read from that, so that the specialiser sees where it is."""
        cell = self.apply(intrinsics.make_cell, node=node)
        self.fill(cell, self.value(name))
        return cell

    def private(self, name: str) -> str:
        """A name as Python stores it: in a class, ``__x`` is ``_Class__x``."""
        if not self.owner or not name.startswith("__") or name.endswith("__"):
            return name
        owner = self.owner.lstrip("_")
        return f"_{owner}{name}" if owner else name

    # --- blocks

    @contextmanager
    def comprehension(self) -> Iterator[None]:
        """Within, what a comprehension does with each element is lowered."""
        outer, self.capturing = self.capturing, sys.version_info < (3, 12)
        try:
            yield
        finally:
            self.capturing = outer

    @contextmanager
    def block(self) -> Iterator[Frame]:
        """A new block, which sees the names of the current one and binds its own."""
        outer = self.frame
        inner = self.frame = Frame(dict(outer.env))
        try:
            yield inner
        finally:
            self.frame = outer
        outer.touched |= inner.touched

    def join(
        self,
        cond: Operand,
        then: Frame,
        orelse: Frame,
        results: list[tuple[str, Operand, Operand]],
        live: Collection[str] | None,
        loc: Loc,
        caught: Operand | None = None,
    ) -> list[Operand]:
        """Adds an ``If`` of two finished arms, and binds the names that they bound.

        Parameters
        ----------
        results : list
            A name for the variable, and the values from either arm.
        live : collection of str or None
            The names to bind; None for all.
        caught : Operand, optional
            Of a ``Try``: the exceptions that lead to the second arm.

        Returns
        -------
        list of Operand
            The joined results.
        """
        bound = [name for name in then.bound | orelse.bound if live is None or name in live]
        pairs = [(n, then.env.get(n, UNASSIGNED), orelse.env.get(n, UNASSIGNED)) for n in bound]
        joined: list[Operand] = []
        kept: list[tuple[Var, Operand, Operand]] = []
        for name, first, second in pairs:
            if (first is DELETED or second is DELETED) and first is not second:
                self.refuse_deleted(name, loc)
            if (first is TORN or second is TORN) and first is not second:
                self.refuse_torn(name, loc)
        for name, first, second in (*results, *pairs):
            value = self._same(name, first, second, then.closed, orelse.closed)
            if value is None:
                value = Var(name)
                kept.append((value, first, second))
                ways = ((first, then.closed), (second, orelse.closed))
                if any(self.may_be_absent(one) and not closed for one, closed in ways):
                    self.perhaps.add(value)
            joined.append(value)
        targets = tuple(target for target, _, _ in kept)
        asked = caught is None and isinstance(cond, Var)  # which may raise
        if targets or then.body or orelse.body or asked:
            first_block = then.block((), tuple(first for _, first, _ in kept))
            second_block = orelse.block((), tuple(second for _, _, second in kept))
            if caught is None:
                self.emit(If(targets, cond, first_block, second_block, loc))
            else:
                self.emit(Try(targets, cond, first_block, second_block, loc, caught))
        for name, value in zip(bound, joined[len(results) :], strict=True):
            self.bind(name, value)
        return joined[: len(results)]

    def _same(
        self, name: str, first: Operand, second: Operand, no_first: bool, no_second: bool
    ) -> Operand | None:
        """The one value that both arms give, if it is known before them."""
        if first is second:
            return first
        if no_first and no_second:
            return UNASSIGNED
        if no_first or no_second:
            value = second if no_first else first
            if isinstance(value, Const) or value is self.frame.env.get(name):
                return value
        return None

"""Shadows: where the cotangents of arrays live that the program writes in place.

Such an array is a *buffer*.  It has one shadow, an array of its own shape, and shadows alias as
their primals do: the cotangent of a view of the buffer is the same view of the shadow.  The shadow
of a buffer that keeps its name is allocated in the reverse sweep.  Where names move between buffers
(``u, v = v, u``, a branch that picks one of two, a loop that makes a new one in each trip), shadows
are made where their buffers are made, in the forward sweep, and move with them.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from srcgrad.analysis.activity import can_carry
from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of, sources
from srcgrad.errors import AliasingError, Loc
from srcgrad.ir import intrinsics, lists
from srcgrad.ir.nodes import (
    UNDEFINED,
    Apply,
    Block,
    Const,
    For,
    If,
    Operand,
    Pack,
    Stmt,
    Var,
    While,
)
from srcgrad.ir.ops import AUGMENTED, OPS, Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import FLOAT64, Array, ListOf, Object, PackType
from srcgrad.ir.walk import free_in_block, statements, targets, variables
from srcgrad.transform.arguments import check_call
from srcgrad.transform.choices import Choice, choices, spare, with_those_chosen
from srcgrad.transform.following import followed
from srcgrad.transform.viewed import read_flat

_INSTEAD = {
    np.einsum: "write by indices: A[i, i] *= s; or take a copy, which does not show what is written"
}
"""Hints for operations whose results the program may write to change what they show."""


def view_of(stmt: Apply) -> Var | None:
    """What the result of an operation is a view of, None if it is memory of its own."""
    found = (var for operand in sources(stmt) for var in variables(operand))
    shared = [var for var in found if has_memory(var)]  # a number that is broadcast has none
    if not shared:
        return None
    if isinstance(stmt.op, Recursive):
        message = f"what '{stmt.op.name}' gives back is written, and may be what it was given"
        hint = f"take a copy first: {stmt.op.name}(...).copy()"
        raise AliasingError(message, stmt.loc, hint)
    check_call(stmt)
    several = memory_of(stmt) is Memory.ANY and isinstance(stmt.target.type, PackType)
    several = several or not (stmt.op in OPS or stmt.op in AUGMENTED)
    if several or len(shared) > 1 or shared[0] is not stmt.args[0]:
        message = "an array that is written passes through an operation that may give back any"
        hint = _INSTEAD.get(stmt.op, "take a copy of it first")
        raise AliasingError(message, stmt.loc, hint)
    return shared[0]


@dataclass(frozen=True)
class Buffers:
    """The buffers of a program whose content is active.

    Attributes
    ----------
    memory : MemoryClasses
        Which variables may share memory.
    active : set of Var
        The values that have cotangents.
    definitions : dict of Var to Apply
        The operation behind each variable.
    made : dict of Var to Var
        The shadows that the forward sweep makes.  That of a list is the list of the shadows.
    choices : dict of Var to Choice
        The arrays that branches choose.
    followed : mapping of Var to statement
        The arrays that are treated as those are that the program writes: see :mod:`.following`.
    perhaps : set of Var
        Those that are None where their array is not there, as in one arm of a branch.
    in_order : set of Var
        The cotangents of arrays that nobody writes which lie in C's order in memory.
    """

    memory: MemoryClasses
    active: set[Var]
    definitions: dict[Var, Apply]
    made: dict[Var, Var]
    choices: dict[Var, Choice] = field(default_factory=dict)
    followed: Mapping[Var, Stmt | None] = field(default_factory=dict)
    perhaps: set[Var] = field(default_factory=set)
    in_order: set[Var] = field(default_factory=set)

    @cached_property
    def read_flat(self) -> set[Var]:
        """The arrays that are reshaped, and then read by index or chosen among others."""
        chosen = (result for choice in self.choices.values() for result in choice.results)
        flat = read_flat(self.definitions, chosen)
        return with_those_chosen(flat, self.choices, self.definitions)

    @cached_property
    def unread(self) -> set[Var]:
        """The arrays that branches choose, or parts of, and that have no cotangent.

        What is read of the chosen array goes into an accumulator that nobody reads.
        """
        found = spare(self.choices, self.definitions)
        return {var for var in found if var not in self.active and can_carry(var.type)}

    def has(self, var: Var) -> bool:
        """Whether ``var`` is a name for a buffer or a view of one, and has a cotangent."""
        return var in self.followed or (var in self.active and self.memory.is_written(var))

    def follows(self, stmt: Apply) -> bool:
        """Whether the shadow of a result is had from those of the operands, by the same operation:
        that of a view, a list, or an element of a list."""
        if not self.has(stmt.target):
            return False
        return _is_of_lists(stmt) or view_of(stmt) is not None

    def base(self, var: Var) -> Var:
        """The variable of whose shadow that of ``var`` is a view: ``var`` itself if of none."""
        while var not in self.made:
            stmt = self.definitions.get(var)
            origin = view_of(stmt) if stmt is not None else None
            if origin is None:
                break
            var = origin
        return var

    def is_there(self, var: Var) -> bool:
        """Whether the program has found out that an array is not None, or raises where it is."""
        stmt = self.definitions.get(var)
        while stmt is not None and stmt.op not in (intrinsics.present, intrinsics.tested):
            whole = view_of(stmt)
            stmt = None if whole is None else self.definitions.get(whole)
        return stmt is not None

    def depends_on_layout(self, var: Var) -> bool:
        """Whether there is a view of the memory of ``var`` that another layout would not allow."""
        stmts = map(self.definitions.get, self.memory.members(var))
        return any(s is not None and memory_of(s) is Memory.MAYBE_VIEW for s in stmts)

    def locked(self, var: Var) -> Apply | None:
        """The operation that gives ``var``, if the shadow of that cannot be written through.

        Through a view of a diagonal, say, or of something broadcast.
        """
        stmt = found = self.definitions.get(var)
        while stmt is not None and stmt.target not in self.made:
            origin = view_of(stmt)
            if memory_of(stmt) is Memory.LOCKED:
                return found
            stmt = None if origin is None else self.definitions.get(origin)
        return None

    def outer(self, block: Block) -> Iterable[Var]:
        """The buffers of static shadows that a block reads or writes and that exist before it."""
        found = dict.fromkeys(self.base(var) for var in free_in_block(block) if self.has(var))
        inside = {var for stmt in statements(block.body) for var in targets(stmt)}
        return [var for var in found if var not in self.made and var not in inside]


def make_buffers(
    body: tuple[Stmt, ...], active: set[Var], follows: bool, loc: Loc
) -> tuple[tuple[Stmt, ...], Buffers]:
    """The buffers of ``body``, and ``body`` with the shadows that move with their buffers.

    Arrays that nobody writes are followed where that is asked for.
    """
    memory = MemoryClasses(body)
    definitions = {s.target: s for s in statements(body) if isinstance(s, Apply)}
    made: dict[Var, Var] = {}
    follow = followed(body, memory, active) if follows else {}
    buffers = Buffers(memory, active, definitions, made, choices(body), follow)
    if memory.any_written() or follow:
        moving = {
            memory.root(var)
            for stmt in statements(body)
            for var in targets(stmt)
            if buffers.has(var) and (isinstance(var.type, ListOf) or _is_phi(stmt))
        }
        if moving:
            attach = _Attach(buffers, moving, frozenset(_first_values(body)))
            given = [var for var, stmt in follow.items() if stmt is None]
            body = (*attach.of_inputs(given, loc), *attach.body(body))
    return body, buffers


def _first_values(body: tuple[Stmt, ...]) -> Iterator[Var]:
    """The values that loops begin with."""
    for stmt in statements(body):
        if isinstance(stmt, For | While):
            yield from (var for operand in stmt.init for var in variables(operand))


def _is_phi(stmt: Stmt) -> bool:
    return isinstance(stmt, If | For | While)


def _is_of_lists(stmt: Apply) -> bool:
    """Whether an operation gives a list of arrays, or takes one out of such a list."""
    first = stmt.args[0] if stmt.args else None
    takes = isinstance(first, Var) and isinstance(first.type, ListOf)
    return isinstance(stmt.target.type, ListOf) or (takes and stmt.op is operator.getitem)


_FOLLOWED = (
    *(operator.getitem, lists.as_list, lists.list_append, lists.list_extend),
    *(lists.list_insert, lists.list_without, lists.list_without_last, lists.list_set),
    *(lists.item_append, lists.item_without_last, lists.item_set),
)
"""The operations that do to a list of shadows what they do to the list of the arrays."""


def _is_empty_list(stmt: Apply) -> bool:
    """Whether an operation makes a list that has nothing in it yet, and so no type of elements."""
    first = stmt.args[0] if stmt.args else None
    return stmt.op is lists.as_list and isinstance(first, Pack) and not first.items


class _Attach:
    """Puts beside each buffer of ``moving`` classes, wherever it goes, its shadow.

    The shadow of one that a loop begins with is ``x_bar_0``: in the loop, ``x_bar`` is that of each
    trip's, and both are needed at the end.
    """

    def __init__(self, buffers: Buffers, moving: set[Var], first: frozenset[Var]) -> None:
        self.buffers = buffers
        self.moving = moving
        self.first = first

    def moves(self, var: Operand) -> bool:
        """Whether the shadow of ``var`` is made in the forward sweep."""
        if not isinstance(var, Var):
            return False
        if var in self.buffers.followed:
            return True
        return self.buffers.has(var) and self.buffers.memory.root(var) in self.moving

    def of_inputs(self, inputs: Iterable[Var], loc: Loc) -> Iterator[Stmt]:
        """The shadows of what is there before the program."""
        for var in inputs:
            yield Apply(self.new(var), intrinsics.zero, (var,), (), loc)

    def body(self, body: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
        result: list[Stmt] = []
        for stmt in body:
            result.extend(self.stmt(stmt))
        return tuple(result)

    def stmt(self, stmt: Stmt) -> list[Stmt]:
        match stmt:
            case Apply() if self.moves(stmt.target) and _is_of_lists(stmt):
                return self._of_lists(stmt)
            case Apply() if self.moves(stmt.target) and view_of(stmt) is None:
                shadow = self.new(stmt.target)
                return [stmt, Apply(shadow, intrinsics.zero, (stmt.target,), (), stmt.loc)]
            case If():
                return [self._if(stmt)]
            case For() | While():
                return self._loop(stmt)
            case _:
                return [stmt]

    def _of_lists(self, stmt: Apply) -> list[Stmt]:
        """The operation on a list, and the same on the list of the shadows."""
        more: list[Stmt] = []
        args = tuple(
            self.of(arg, more, stmt.loc) if self._is_array(arg) else arg for arg in stmt.args
        )
        if stmt.op not in _FOLLOWED:
            message = "an array that is written is in a list here that it cannot be followed into"
            raise AliasingError(message, stmt.loc, "put a copy into the list: append(x.copy())")
        shadow = self.new(stmt.target)
        return [stmt, *more, Apply(shadow, stmt.op, args, stmt.kwargs, stmt.loc)]

    def _is_array(self, operand: Operand) -> bool:
        """Whether an operand of an operation on lists is a list, an array or a tuple of arrays, and
        no index."""
        if isinstance(operand, Pack):
            return operand.kind in (list, tuple)
        return isinstance(operand, Var) and isinstance(operand.type, Array | ListOf | PackType)

    def new(self, var: Var) -> Var:
        """A variable for the shadow of ``var``."""
        name = f"{var.name}_bar" if var.name else ""
        shadow = Var(f"{name}_0" if name and var in self.first else name, var.type, primal=var)
        self.buffers.made[var] = shadow
        return shadow

    def of(self, operand: Operand, into: list[Stmt], loc: Loc) -> Operand:
        """The shadow of an operand; views of shadows are emitted ``into`` a list."""
        if not isinstance(operand, Var):
            if isinstance(operand, Pack) and operand.kind in (list, tuple):
                items = tuple(self.of(item, into, loc) for item in operand.items)
                return replace(operand, items=items)
            if isinstance(operand, Pack):
                raise AliasingError("an array that is written is in a container here", loc)
            return operand
        if operand in self.buffers.made:
            return self.buffers.made[operand]
        if isinstance(operand.type, Object):
            return operand  # a text beside an array
        if not has_memory(operand):
            return self._of_number(operand, loc)
        if isinstance(operand.type, Array) and not can_carry(operand.type):
            return _of_integers(operand, into, loc)
        stmt = self.buffers.definitions.get(operand)
        if stmt is None:
            message = "arrays that are written are in a list here that nothing reads any more"
            raise AliasingError(message, loc, "give the list that takes its place another name")
        if _is_empty_list(stmt):
            shadow = Var("", operand.type)
            into.append(replace(stmt, target=shadow))
            return shadow
        base = view_of(stmt)
        assert base is not None
        if memory_of(stmt) is Memory.LOCKED:
            message = "a read-only view of an array that is written goes through a branch or a loop"
            hint = "take it where it is read, or take a copy, which does not show later writes"
            raise AliasingError(message, stmt.loc, hint)
        shadow = Var("", operand.type)
        args = (self.of(base, into, loc), *stmt.args[1:])
        into.append(Apply(shadow, stmt.op, args, stmt.kwargs, loc))
        return shadow

    def _of_number(self, number: Var, loc: Loc) -> Operand:
        """The shadow of a number that is chosen in the place of an array: one that nobody reads.

        What carries no derivative, as an index beside an array, stands for itself.
        """
        if not can_carry(number.type):
            return number
        if number not in self.buffers.active:
            return Const(0.0)
        message = "this is a number or an array, and the array is written"
        raise AliasingError(message, loc, "choose a copy of the array: x.copy()")

    def _if(self, stmt: If) -> If:
        chosen = [i for i, target in enumerate(stmt.targets) if self.moves(target)]
        shadows = tuple(self.new(stmt.targets[i]) for i in chosen)
        then, orelse = (self._block(block, chosen, stmt.loc) for block in (stmt.then, stmt.orelse))
        for arm in (then, orelse):
            self._note_missing(shadows, arm.results[len(stmt.targets) :])
        return replace(stmt, targets=(*stmt.targets, *shadows), then=then, orelse=orelse)

    def _note_missing(self, shadows: Iterable[Var], given: Iterable[Operand]) -> None:
        """Notes which of ``shadows`` may be None, as what they are given may be."""
        for shadow, operand in zip(shadows, given, strict=False):
            value = operand.value if isinstance(operand, Const) else operand
            is_missing = value is UNDEFINED or value is None
            if is_missing or operand in self.buffers.perhaps:
                self.buffers.perhaps.add(shadow)

    def _block(self, block: Block, chosen: list[int], loc: Loc) -> Block:
        body = list(self.body(block.body))
        more = [self.of(block.results[i], body, loc) for i in chosen]
        return replace(block, body=tuple(body), results=(*block.results, *more))

    def _loop(self, stmt: For | While) -> list[Stmt]:
        params = stmt.carried if isinstance(stmt, For) else stmt.body.params
        chosen = [i for i, param in enumerate(params) if self.moves(param)]
        before: list[Stmt] = []
        init = tuple(self.of(stmt.init[i], before, stmt.loc) for i in chosen)
        shadows = tuple(self.new(params[i]) for i in chosen)
        self._note_missing(shadows, init)
        body = self._block(stmt.body, chosen, stmt.loc)
        self._note_missing(shadows, body.results[len(stmt.body.results) :])
        body = replace(body, params=(*body.params, *shadows))
        finals = tuple(self.new(stmt.targets[i]) for i in chosen)
        self._note_missing(finals, shadows)
        targets_ = (*stmt.targets, *finals)
        if isinstance(stmt, For):
            loop: Stmt = replace(stmt, targets=targets_, init=(*stmt.init, *init), body=body)
        else:
            tested = tuple(Var(s.name, s.type) for s in shadows)
            cond = replace(stmt.cond, params=(*stmt.cond.params, *tested))
            first = (*stmt.init, *init)
            loop = replace(stmt, targets=targets_, init=first, cond=cond, body=body)
        return [*before, loop]


def _of_integers(array: Var, into: list[Stmt], loc: Loc) -> Var:
    """The shadow of an array of integers that is chosen in the place of one of floats.

    It takes the cotangents of what is chosen, and passes them on to nothing: each name of such an
    array may have its own.
    """
    assert isinstance(array.type, Array)
    shadow = Var("", Array(FLOAT64, array.type.dims))
    into.append(Apply(shadow, np.zeros_like, (array,), (("dtype", Const(np.float64)),), loc))
    return shadow

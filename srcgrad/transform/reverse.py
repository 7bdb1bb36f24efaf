"""Reverse mode: the adjoint of a program, by reversing its statements.

``reverse`` walks a block backwards.  For each active operation it inlines the derivative rule and
adds what comes out to the cotangents of the operands; branches become branches with the same
condition, loops become loops that run backwards.  No operation is known here by name: what a
derivative is says its rule, and what cotangents are added and scaled with, :mod:`.linear`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import BoundArguments
from typing import Any

from srcgrad.analysis.absent import absent_in
from srcgrad.analysis.activity import depending_on
from srcgrad.analysis.changing import refuse_objects
from srcgrad.analysis.left_behind import refuse_left_behind
from srcgrad.analysis.memory import MemoryClasses
from srcgrad.analysis.opaque import may_write, refuse_shown_objects
from srcgrad.analysis.read_back import refuse_read_back
from srcgrad.analysis.singular import any_singular, is_singular
from srcgrad.errors import CertainError, Loc, NoDerivativeError
from srcgrad.ir import intrinsics
from srcgrad.ir.facts import replaced
from srcgrad.ir.naming import describe
from srcgrad.ir.nodes import (
    NOTHING,
    UNDEFINED,
    Apply,
    Block,
    Const,
    For,
    If,
    Operand,
    Pack,
    Stmt,
    Store,
    Var,
    While,
)
from srcgrad.ir.ops import DERIVATIVES, Partials, Pointwise, Pullback, ZeroDerivative
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Dim, ListOf, dims_of, is_not_one, ndim_of
from srcgrad.ir.walk import free_in_block, statements, targets, variables
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.transform import branches, by_reference, linear, loops, recursion, registered
from srcgrad.transform.arguments import (
    bind_rule,
    by_parameter,
    no_derivative,
    raised_by_rule,
    reads_unknown_dict,
    refuse_complex,
    without_cotangent,
)
from srcgrad.transform.by_reference import Site
from srcgrad.transform.cotangents import Entry, Region, bar_name, name_bar, wants_buffer
from srcgrad.transform.exits import given_at_exits
from srcgrad.transform.given_by_rules import Fitting, one_each
from srcgrad.transform.linear import Bar
from srcgrad.transform.precision import apply_rule, strong
from srcgrad.transform.reading import Reading
from srcgrad.transform.shadows import make_buffers
from srcgrad.transform.viewed import reads_parts
from srcgrad.transform.writes import reverse_store

_NONE: Mapping[Var, Var] = {}


@dataclass(frozen=True, slots=True)
class Adjoint:
    """A differentiated program.

    Attributes
    ----------
    forward : statements
        The program, saving what the backward part needs.
    backward : statements
        The reversed program, which reads the forward part's variables.
    cotangents : operands
        What the backward part gives for each input, None where nothing depends on it.
    shadows : variables
        The shadows that the forward part makes and hands on, as it does their arrays.
    trips : set of Var
        The numbers of trips that loops of the forward part give.
    """

    forward: tuple[Stmt, ...]
    backward: tuple[Stmt, ...]
    cotangents: tuple[Operand | None, ...]
    shadows: tuple[Var, ...] = ()
    trips: frozenset[Var] = frozenset()


def reverse(
    sp: Specialiser,
    body: tuple[Stmt, ...],
    result: Operand,
    seed: Operand,
    inputs: Iterable[Var],
    active: set[Var],
    loc: Loc,
    singular: bool = False,
    collected: Mapping[Var, Var] = _NONE,
    later: bool = False,
    follows: bool = True,
) -> Adjoint:
    """The adjoint of ``body``.

    Parameters
    ----------
    sp : Specialiser
        Emits statements and inlines rules.
    body : statements
        The program, in the typed dialect.
    result, seed : operands
        What is differentiated, and its cotangent.
    inputs : variables
        With respect to what.
    active : set of Var
        The active values of ``body``.
    singular : bool
        Whether ``seed`` may be infinite where the program's own values are finite.
    collected : mapping of Var to Var
        More inputs, with the buffers to which their cotangents are added.
    later : bool
        Whether the backward part runs some time after the forward part.
    follows : bool
        Whether arrays that nobody writes may have shadows that the forward part makes.
    """
    before, loc = loc, replace(loc, adjoint=True)
    inputs = tuple(inputs)
    for stmt in statements(body):
        if isinstance(stmt, Apply) and stmt.target in active and not _has_derivative(stmt):
            raise no_derivative(sp, stmt)
        refuse_complex(stmt, active)
    refuse_objects(body, active, later)
    refuse_shown_objects(body, active, sp.builder.definitions)
    varied = depending_on(body, [*inputs, *collected])
    refuse_read_back(body, varied, variables(result))
    refuse_left_behind(body, varied, variables(result), sp.inputs.leaves)
    writing = may_write(body, varied, sp.builder.definitions)
    if writing is not None:
        raise no_derivative(sp, writing)
    defined = {var for stmt in body for var in targets(stmt)} | {*inputs, *collected}
    body, buffers = make_buffers(body, active, follows, before)
    defined.update(buffers.made.values())
    optional = given_at_exits(body, (result,))
    reverser = Reverser(sp, active, buffers.memory, optional, absent_in(body))
    region = Region(sp, defined, buffers, reverser.pull)
    region.entries.update((var, Entry(buffer=buffer)) for var, buffer in collected.items())
    region.cautious = singular or any_singular(body)
    sp.is_active = lambda operand: any(var in active for var in variables(operand))
    with sp.builder.nested() as backward:
        for var, bar in _pairs(result, seed):
            if var in active:
                region.accumulate(var, Bar(bar, singular=singular), loc)
        forward = reverser.body(body, region)
        cotangents: list[Operand | None] = []
        for var in inputs:
            taken = region.take(var, loc)
            whole = None if taken is None else linear.force(sp, taken, loc, bar_name(var))
            cotangents.append(whole)
    shadows, trips = tuple(buffers.made.values()), frozenset(reverser.trips)
    return Adjoint(tuple(forward), tuple(backward), tuple(cotangents), shadows, trips)


def _has_derivative(stmt: Apply) -> bool:
    if reads_unknown_dict(stmt):
        return False
    derivative = DERIVATIVES.get(stmt.op)
    if isinstance(derivative, ZeroDerivative):
        return not derivative.of_reals  # else it is active, and so no number known to be real
    return derivative is not None or isinstance(stmt.op, Recursive)


def _pairs(operand: Operand, bar: Operand) -> list[tuple[Var, Operand]]:
    """The variables in an operand, each with its part of the cotangent."""
    if isinstance(operand, Var):
        return [(operand, bar)]
    if isinstance(operand, Pack) and isinstance(bar, Pack):
        rows = zip(operand.items, bar.items, strict=True)
        return [pair for item, part in rows for pair in _pairs(item, part)]
    return []


class Reverser:
    """Reverses statements.

    Parameters
    ----------
    sp : Specialiser
        Emits the reverse.
    active : set of Var
        The values that have cotangents.
    memory : MemoryClasses
        Which values may share memory, and what is written.
    optional : set of Var
        Values that may not be there, and then have no cotangent.
    absent : set of Var
        All values that may not be there.
    """

    def __init__(
        self,
        sp: Specialiser,
        active: set[Var],
        memory: MemoryClasses,
        optional: set[Var],
        absent: set[Var],
    ) -> None:
        self.sp = sp
        self.absent = absent
        self.optional = optional
        self.active = active
        self.memory = memory
        self.changing: set[Var] = set()
        """The lists that the loops around make anew in each trip."""
        self.exits: dict[If, tuple[Var, int]] = {}
        """For branches that exit a loop being reversed: the flag that tells, and which arm does."""
        self.within: For | While | None = None
        """The outermost of the loops that are being reversed."""
        self.read_again: dict[Var, Var] = {}
        """Elements that the reverse reads where they stand, with what they are in the program."""
        self.trips: set[Var] = set()
        """The numbers of trips that loops give that may end early."""
        self.reversed: dict[If, tuple[If, int]] = {}
        """The reversed branches, with what each is the reverse of, and of which arm its first."""

    def body(self, body: tuple[Stmt, ...], region: Region) -> list[Stmt]:
        """Emits the reverse of ``body`` and gives ``body`` itself, saving what that reads."""
        forward: list[Stmt] = []
        inner = body if region.parent is not None else ()
        reading = Reading(inner, self.memory, self.active, self.read_again, self.within)
        written = by_reference.changed_by_calls(self._in_place(body, region))
        for position, stmt in reversed(tuple(enumerate(body))):
            loc = replace(stmt.loc, adjoint=True)
            if stmt in written:
                if stmt is written[stmt].call:
                    with self.sp.located(loc):
                        forward.extend(reversed(self._call_in_place(written[stmt], region, loc)))
                continue
            with self.sp.located(loc):
                match stmt:
                    case Apply(op=Recursive()) if stmt.target in self.active:
                        forward.extend(reversed(self._call(stmt, region, loc)))
                        continue
                    case Apply():
                        with self.sp.builder.nested() as emitted:
                            self._apply(stmt, region, loc)
                        reading.again(self.sp.builder, emitted, position, loc)
                    case If():
                        stmt = branches.reverse_branch(self, stmt, region, loc)
                    case For() | While():
                        around, self.within = self.within, self.within or stmt
                        forward.extend(reversed(loops.reverse_loop(self, stmt, region, loc)))
                        self.within = around
                        continue
                    case Store(undoing=False):
                        forward.extend(reversed(reverse_store(self, stmt, region, loc)))
                        continue
            forward.append(stmt)
        forward.reverse()
        return forward

    # --- operations -----------------------------------------------------------------------------

    def _apply(self, stmt: Apply, region: Region, loc: Loc) -> None:
        if stmt.target not in self.active:
            return
        if region.buffers.follows(stmt):
            return  # its cotangent is had from the shadow as it is from the array
        bar = region.take(stmt.target, loc)
        if bar is not None:
            self.pull(stmt, bar, region, loc)

    def pull(self, stmt: Apply, bar: Bar, region: Region, loc: Loc) -> None:
        """Passes the cotangent of the result of an operation on to its operands."""
        derivative = DERIVATIVES.get(stmt.op)
        operands = (*stmt.args, *(value for _, value in stmt.kwargs))
        bar = replaced(bar, value=strong(self.sp, bar.value, stmt.target, operands, loc))
        try:
            if isinstance(derivative, Partials | Pointwise):
                self._elementwise(stmt, derivative, bar, region, loc)
            elif isinstance(derivative, Pullback):
                self._pullback(stmt, derivative, bar, region, loc)
        except CertainError as error:
            raise raised_by_rule(stmt, error) from None

    def _call(self, stmt: Apply, region: Region, loc: Loc) -> list[Stmt]:
        """A call of a function of the program becomes a call that gives its pullback too."""
        bar = region.take(stmt.target, loc)
        if bar is None:
            return [stmt]
        y_bar = linear.force(self.sp, bar, loc, bar_name(stmt.target))
        name_bar(y_bar, stmt.target, stmt)
        forward, pullback = recursion.forward(self.sp, stmt)
        singular = bar.singular or is_singular(stmt)
        buffers = [self._buffer(x, region, loc) for x in recursion.collected(stmt)]
        for x, part in recursion.backward(self.sp, stmt, pullback, y_bar, buffers, loc):
            if isinstance(x, Var) and x in self.active:
                region.accumulate(x, Bar(part, singular=singular), loc)
        return forward

    def _in_place(self, body: tuple[Stmt, ...], region: Region) -> Iterator[Site]:
        """The calls whose derivative writes into what they are given."""
        for site in by_reference.sites(body):
            assert isinstance(site.call.op, Recursive)
            has_cotangent = any(region.buffers.has(store.buffer) for store in site.stores)
            if site.call.op.places and (has_cotangent or site.value in self.active):
                yield site

    def _call_in_place(self, site: Site, region: Region, loc: Loc) -> list[Stmt]:
        """A call that writes gives its pullback, which takes back what it has written."""
        y_bar: Operand = Const(None)
        singular = region.cautious or is_singular(site.call)
        if site.value is not None:
            bar = region.take(site.value, loc)
            if bar is not None:
                singular = singular or bar.singular
            y_bar = (
                self.no_bar(site.value, loc)
                if bar is None
                else linear.force(self.sp, bar, loc, bar_name(site.value))
            )
            name_bar(y_bar, site.value, site.call)
        forward, pullback = recursion.forward_in_place(self.sp, site)
        buffers = [self._buffer(x, region, loc) for x in recursion.collected(site.call)]
        buffers.extend(region.buffers.base(store.buffer) for store in site.stores)
        for x, part in recursion.backward(self.sp, site.call, pullback, y_bar, buffers, loc):
            if isinstance(x, Var) and x in self.active:
                region.accumulate(x, Bar(part, singular=singular), loc)
        return forward

    def _buffer(self, x: Operand, region: Region, loc: Loc) -> Operand:
        """The buffer to which contributions to the cotangent of an array are added."""
        if isinstance(x, Var) and region.buffers.has(x):
            return region.shadow(x, loc)
        if isinstance(x, Var) and x in self.active:
            return region.find_buffer(x) or region.allocate(x, loc)
        return self.sp.builder.apply(intrinsics.zero, (x,), (), loc)  # of which nothing comes

    def _elementwise(
        self, stmt: Apply, derivative: Partials | Pointwise, bar: Bar, region: Region, loc: Loc
    ) -> None:
        """Passes on a cotangent, with its mask, through an elementwise operation."""
        takes_bar = isinstance(derivative, Pointwise)
        arguments = bind_rule(stmt, derivative.rule, 2 if takes_bar else 1)
        given = (bar.value, stmt.target) if takes_bar else (stmt.target,)
        rule, y = derivative.rule, stmt.target
        result = apply_rule(self.sp, rule, given, arguments, y, self.active, loc)
        result = self.sp.heap.frozen(result)
        parts = result.items if isinstance(result, Pack) else (result,)
        operands = by_parameter(arguments)
        self._refuse_rest(stmt, arguments, len(parts))
        bar = replaced(bar, singular=bar.singular or is_singular(stmt))
        shape = dims_of(stmt.target.type)
        for x, part in zip(operands, parts, strict=False):
            if not isinstance(x, Var) or x not in self.active:
                if self._holds_active(x):
                    self._give(x, None, True, region, loc)  # which refuses
                continue
            assert isinstance(part, Var | Const)
            if isinstance(part, Const) and (part.value is None or part.value is False):
                continue
            if takes_bar:
                passed = replaced(bar, value=part, chained=bar.chained or bar.mask is not None)
            else:
                passed = self._scaled(bar, x, part, loc)
            if not (_same_shape(dims_of(x.type), shape) or _alone(x, operands)):
                passed = self._reduced(passed, x, loc)
            region.accumulate(x, passed, loc)

    def _reduced(self, bar: Bar, x: Var, loc: Loc) -> Bar:
        """A cotangent summed to the shape of an operand that was broadcast.

        A mask of the operand's own shape goes on: what comes before may be singular outside it.
        """
        total = linear.reduce(self.sp, linear.force(self.sp, bar, loc), x, loc)
        mask = None if bar.mask is None else dims_of(type_of(bar.mask))
        own = dims_of(x.type)
        # Each has, along every axis, the length of the result: then they are equally long.
        if _same_shape(mask, own) and _same_shape(own, mask):
            return replaced(bar, value=total, chained=True)
        return bar.unmasked(total)

    def _scaled(self, bar: Bar, x: Var, partial: Operand, loc: Loc) -> Bar:
        """The product of a cotangent and a partial derivative; a boolean one is a mask."""
        if linear.is_mask(partial) and not isinstance(partial, Const):
            mask = linear.both(self.sp, bar.mask, partial, loc)
            bar = replaced(bar, mask=mask, loc=loc, hint=bar.hint or self._hint(x))
            return self._keeping(bar, loc)
        value = linear.scale(self.sp, bar.value, partial, loc)
        scaled = bar.mask is not None and not isinstance(partial, Const)
        return replaced(bar, value=value, chained=bar.chained or scaled)

    def _keeping(self, bar: Bar, loc: Loc) -> Bar:
        """A cotangent whose mask is what it is now, whatever of it is restored before its use."""
        if isinstance(bar.mask, Var) and self.memory.is_written(bar.mask):
            return replaced(bar, mask=linear.copy(self.sp, bar.mask, loc))
        return bar

    def _hint(self, x: Var) -> str:
        """What to call the cotangent of ``x``."""
        definition = self.sp.builder.definitions.get(x)
        return bar_name(x) or (f"{describe(definition, {})}_bar" if definition else "")

    def _pullback(
        self, stmt: Apply, derivative: Pullback, bar: Bar, region: Region, loc: Loc
    ) -> None:
        rule: Any = derivative.rule
        is_users = derivative.is_users
        call = registered.completed(self.sp, stmt, rule, loc) if is_users else stmt
        arguments = bind_rule(call, rule, 2)
        y_bar = linear.force(self.sp, bar, loc, bar_name(stmt.target))
        name_bar(y_bar, stmt.target, stmt)
        sp, values, given = self.sp, by_parameter(arguments), (y_bar, stmt.target)
        if is_users:
            result: Any = registered.pulled(sp, stmt, rule, given, arguments, self.memory, loc)
        else:
            args = (*given, *arguments.args)
            result = calls.invoke(sp, Const(rule), args, arguments.kwargs, loc)
            result = sp.heap.frozen(result)  # a rule may give a list
        bars = one_each(arguments, result)
        if is_users:
            bars = Fitting(sp, stmt, self._holds_active, loc).each(arguments, bars)
        singular = bar.singular or is_singular(stmt)
        for value, part in zip(values, bars, strict=False):
            self._give(value, part, singular, region, loc)
        if not (isinstance(result, Const) and result.value is UNDEFINED):  # a rule that raises
            self._refuse_rest(stmt, arguments, len(bars))

    def _refuse_rest(self, stmt: Apply, arguments: BoundArguments, count: int) -> None:
        """Refuses arguments after the first ``count`` that are differentiated: a rule may leave
        out the cotangents at the end, which is not to say that they are zero."""
        rows = zip(arguments.signature.parameters, by_parameter(arguments), strict=True)
        for name, value in tuple(rows)[count:]:
            if self._holds_active(value):
                raise without_cotangent(stmt, name)

    def _give(self, value: object, bar: object, singular: bool, region: Region, loc: Loc) -> None:
        """Adds ``bar`` to the cotangent of ``value``, element by element for containers."""
        if isinstance(bar, Const) and (bar.value is None or bar.value is UNDEFINED):
            return  # no derivative, or a rule that always raises
        if isinstance(value, Var) and value in self.active:
            assert isinstance(bar, Var | Const | Pack)
            kept = self._keeping(linear.selected(self.sp, bar, singular), loc)
            region.accumulate(value, kept, loc)
            return
        items, parts = getattr(value, "items", None), getattr(bar, "items", None)
        if isinstance(items, tuple) and isinstance(bar, Var) and isinstance(bar.type, ListOf):
            parts = tuple(calls.index(self.sp, bar, Const(i), loc) for i in range(len(items)))
        if isinstance(items, tuple) and isinstance(parts, tuple) and len(items) == len(parts):
            for item, part in zip(items, parts, strict=True):
                self._give(item, part, singular, region, loc)
        elif self._holds_active(value):
            message = "the derivative of this operation does not reach into a container"
            raise NoDerivativeError(message, loc, "make an array of it with np.array first")

    def _holds_active(self, value: object) -> bool:
        """Whether an argument has an active value somewhere in it."""
        if isinstance(value, Pack):
            return any(map(self._holds_active, value.items))
        return isinstance(value, Var) and value in self.active

    # --- what blocks share ----------------------------------------------------------------------

    def lists(
        self, blocks: tuple[Block, ...], region: Region, loc: Loc, every: bool = False
    ) -> dict[Var, Operand]:
        """The lists from outside that ``blocks`` read, each with the cotangent it has so far.

        It is handed to the reversed block, which adds to it in place; a sum of two lists would cost
        their length in every trip.  Where there is none yet, it is made if ``every`` says so.
        """
        found: dict[Var, Operand] = {}
        for var in dict.fromkeys(var for block in blocks for var in free_in_block(block)):
            is_list = isinstance(var.type, ListOf) and var in self.active
            is_list = is_list and not region.buffers.has(var)
            if is_list and (every or var in region.entries):
                found[var] = self.outer_bar(region, var, loc)
        return found

    def allocate_shadows(self, block: Block, region: Region, loc: Loc) -> None:
        """Makes the shadows that the reverse of a block writes into, before it."""
        for var in region.buffers.outer(block):
            if var in region.defined and region.find_buffer(var) is None:
                region.allocate(var, loc)

    def allocate_read(self, block: Block, region: Region, loc: Loc) -> None:
        """Makes the accumulators of what an arm reads parts of, before it, if that has received
        something already, or was chosen among what has accumulators.

        What an arm has made would have to be added to the rest, which costs the whole length.
        """
        for var in free_in_block(block) if region.parent is not None else ():
            if var not in self.active or var not in region.defined or region.buffers.has(var):
                continue
            if region.find_buffer(var) is not None:
                continue
            by_parts = reads_parts(block, var)
            if region.share(var, loc, partly=by_parts) or not by_parts:
                continue
            if wants_buffer(var) and region.has_received(var):
                region.allocate(var, loc)

    def outer_bar(self, region: Region, var: Var, loc: Loc, whole: bool = True) -> Operand:
        bar = region.take(var, loc, whole)
        if bar is None:
            return self.no_bar(var, loc)
        return linear.force(self.sp, bar, loc)

    def no_bar(self, var: Var, loc: Loc) -> Operand:
        """The cotangent of a value that has received nothing."""
        return NOTHING if var in self.optional else linear.zero(self.sp, var, loc)

    def taken(self, target: Var, region: Region, loc: Loc) -> Operand | None:
        bar = region.take(target, loc) if target in self.active else None
        return None if bar is None else linear.force(self.sp, bar, loc, bar_name(target))


def _same_shape(a: tuple[Dim, ...] | None, b: tuple[Dim, ...] | None) -> bool:
    """Whether two shapes are provably equal, so that nothing was broadcast."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(is_not_one(m) or (m is not None and m == n) for m, n in zip(a, b, strict=True))


def _alone(x: Var, operands: list[Any]) -> bool:
    """Whether nothing but numbers meets ``x``: then the result has its shape."""
    return all(arg is None or arg is x or ndim_of(type_of(arg)) == 0 for arg in operands)

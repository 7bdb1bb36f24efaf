"""Reverse mode: the adjoint of a program, by reversing its statements.

``reverse`` walks a block backwards.  For each active operation it inlines the derivative rule and
adds what comes out to the cotangents of the operands; branches become branches with the same
condition, loops become loops that run backwards.  No operation is known here by name: what a
derivative is says its rule, and what cotangents are added and scaled with, :mod:`.linear`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from srcgrad.analysis.activity import depending_on
from srcgrad.analysis.opaque import may_write
from srcgrad.analysis.singular import any_singular, is_singular
from srcgrad.errors import Loc, NoDerivativeError
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
    Var,
    While,
)
from srcgrad.ir.ops import DERIVATIVES, Partials, Pointwise, Pullback
from srcgrad.ir.types import PY_INT, Dim, StackOf, dims_of, is_not_one, ndim_of
from srcgrad.ir.walk import free_in_block, statements, targets, variables
from srcgrad.specialise import calls
from srcgrad.specialise.builder import type_of
from srcgrad.specialise.engine import Specialiser
from srcgrad.transform import linear, saves
from srcgrad.transform.arguments import bind_rule, by_parameter, no_derivative
from srcgrad.transform.cotangents import Region, bar_name, name_bar, wants_buffer
from srcgrad.transform.linear import Bar
from srcgrad.transform.precision import apply_rule
from srcgrad.transform.simplify.dead import remove_dead_in


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
    """

    forward: tuple[Stmt, ...]
    backward: tuple[Stmt, ...]
    cotangents: tuple[Operand | None, ...]


def reverse(
    sp: Specialiser,
    body: tuple[Stmt, ...],
    result: Operand,
    seed: Operand,
    inputs: Iterable[Var],
    active: set[Var],
    loc: Loc,
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
    """
    loc = replace(loc, adjoint=True)
    inputs = tuple(inputs)
    for stmt in statements(body):
        if isinstance(stmt, Apply) and stmt.target in active and stmt.op not in DERIVATIVES:
            raise no_derivative(sp, stmt)
    writing = may_write(body, depending_on(body, inputs), sp.builder.definitions)
    if writing is not None:
        raise no_derivative(sp, writing)
    defined = {var for stmt in body for var in targets(stmt)} | set(inputs)
    region = Region(sp, defined)
    region.cautious = any_singular(body)
    sp.is_active = lambda operand: any(var in active for var in variables(operand))
    with sp.builder.nested() as backward:
        for var, bar in _pairs(result, seed):
            if var in active:
                region.accumulate(var, Bar(bar), loc)
        forward = _Reverser(sp, active).body(body, region)
        cotangents: list[Operand | None] = []
        for var in inputs:
            taken = region.take(var, loc)
            whole = None if taken is None else linear.force(sp, taken, loc, bar_name(var))
            cotangents.append(whole)
    return Adjoint(tuple(forward), tuple(backward), tuple(cotangents))


def _pairs(operand: Operand, bar: Operand) -> list[tuple[Var, Operand]]:
    """The variables in an operand, each with its part of the cotangent."""
    if isinstance(operand, Var):
        return [(operand, bar)]
    if isinstance(operand, Pack) and isinstance(bar, Pack):
        rows = zip(operand.items, bar.items, strict=True)
        return [pair for item, part in rows for pair in _pairs(item, part)]
    return []


class _Reverser:
    """Reverses statements; ``active`` are the values that have cotangents."""

    def __init__(self, sp: Specialiser, active: set[Var]) -> None:
        self.sp = sp
        self.active = active

    def body(self, body: tuple[Stmt, ...], region: Region) -> list[Stmt]:
        """Emits the reverse of ``body`` and gives ``body`` itself, saving what that reads."""
        forward: list[Stmt] = []
        for stmt in reversed(body):
            loc = replace(stmt.loc, adjoint=True)
            with self.sp.located(loc):
                match stmt:
                    case Apply():
                        self._apply(stmt, region, loc)
                    case If():
                        stmt = self._if(stmt, region, loc)
                    case For() | While():
                        stmt = self._loop(stmt, region, loc)
            forward.append(stmt)
        forward.reverse()
        return forward

    # --- operations -----------------------------------------------------------------------------

    def _apply(self, stmt: Apply, region: Region, loc: Loc) -> None:
        if stmt.target not in self.active:
            return
        bar = region.take(stmt.target, loc)
        if bar is None:
            return
        derivative = DERIVATIVES.get(stmt.op)
        if isinstance(derivative, Partials | Pointwise):
            self._elementwise(stmt, derivative, bar, region, loc)
        elif isinstance(derivative, Pullback):
            self._pullback(stmt, derivative, bar, region, loc)

    def _elementwise(
        self, stmt: Apply, derivative: Partials | Pointwise, bar: Bar, region: Region, loc: Loc
    ) -> None:
        """Passes on a cotangent, with its mask, through an elementwise operation."""
        takes_bar = isinstance(derivative, Pointwise)
        arguments = bind_rule(stmt, derivative.rule, 2 if takes_bar else 1)
        given = (bar.value, stmt.target) if takes_bar else (stmt.target,)
        rule, y = derivative.rule, stmt.target
        result = apply_rule(self.sp, rule, given, arguments, y, self.active, loc)
        parts = result.items if isinstance(result, Pack) else (result,)
        operands = by_parameter(arguments)
        bar = replace(bar, singular=bar.singular or is_singular(stmt))
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
                passed = replace(bar, value=part, chained=bar.chained or bar.mask is not None)
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
            return replace(bar, value=total, chained=True)
        return bar.unmasked(total)

    def _scaled(self, bar: Bar, x: Var, partial: Operand, loc: Loc) -> Bar:
        """The product of a cotangent and a partial derivative; a boolean one is a mask."""
        if linear.is_mask(partial) and not isinstance(partial, Const):
            mask = linear.both(self.sp, bar.mask, partial, loc)
            return replace(bar, mask=mask, loc=loc, hint=bar.hint or self._hint(x))
        value = linear.scale(self.sp, bar.value, partial, loc)
        scaled = bar.mask is not None and not isinstance(partial, Const)
        return replace(bar, value=value, chained=bar.chained or scaled)

    def _hint(self, x: Var) -> str:
        """What to call the cotangent of ``x``."""
        definition = self.sp.builder.definitions.get(x)
        return bar_name(x) or (f"{describe(definition, {})}_bar" if definition else "")

    def _pullback(
        self, stmt: Apply, derivative: Pullback, bar: Bar, region: Region, loc: Loc
    ) -> None:
        arguments = bind_rule(stmt, derivative.rule, 2)
        y_bar = linear.force(self.sp, bar, loc, bar_name(stmt.target))
        name_bar(y_bar, stmt.target, stmt)
        result = calls.invoke(
            self.sp,
            Const(derivative.rule),
            (y_bar, stmt.target, *arguments.args),
            arguments.kwargs,
            loc,
        )
        values = by_parameter(arguments)
        several = isinstance(result, Pack) and result.kind is tuple
        bars = result.items if several and isinstance(result, Pack) else (result,)
        if len(values) == 1 and several and isinstance(values[0], Pack):
            bars = (result,)
        singular = bar.singular or is_singular(stmt)
        for value, part in zip(values, bars, strict=False):
            self._give(value, part, singular, region, loc)

    def _give(self, value: object, bar: object, singular: bool, region: Region, loc: Loc) -> None:
        """Adds ``bar`` to the cotangent of ``value``, element by element for containers."""
        if isinstance(bar, Const) and (bar.value is None or bar.value is UNDEFINED):
            return  # no derivative, or a rule that always raises
        if isinstance(value, Var) and value in self.active:
            assert isinstance(bar, Var | Const | Pack)
            region.accumulate(value, linear.selected(self.sp, bar, singular), loc)
            return
        items = value if isinstance(value, tuple) else getattr(value, "items", None)
        parts = getattr(bar, "items", None)
        if isinstance(items, tuple) and isinstance(parts, tuple) and len(items) == len(parts):
            for item, part in zip(items, parts, strict=True):
                self._give(item, part, singular, region, loc)
        elif self._holds_active(value):
            message = "the derivative of this operation does not reach into a container"
            raise NoDerivativeError(message, loc, "make an array of it with np.array first")

    def _holds_active(self, value: object) -> bool:
        """Whether an argument has an active value somewhere in it."""
        items = value if isinstance(value, tuple) else getattr(value, "items", None)
        if isinstance(items, tuple):
            return any(map(self._holds_active, items))
        return isinstance(value, Var) and value in self.active

    # --- branches -------------------------------------------------------------------------------

    def _if(self, stmt: If, region: Region, loc: Loc) -> If:
        bars = [self._taken(target, region, loc) for target in stmt.targets]
        if all(bar is None for bar in bars):
            return stmt
        arms = [self._arm(block, bars, region, loc) for block in (stmt.then, stmt.orelse)]
        names = dict.fromkeys(var for arm in arms for var in arm.region.outer())
        blocks: list[Block] = []
        for arm in arms:
            with self.sp.builder.nested() as extra:
                results = tuple(self._outer_bar(arm.region, var, loc) for var in names)
            blocks.append(remove_dead_in(Block((), (*arm.backward, *extra), results)))
        stmt, blocks = self._export(stmt, [arm.forward for arm in arms], blocks)
        phis = tuple(map(bar_of, names))
        self.sp.builder.emit(If(phis, stmt.cond, blocks[0], blocks[1], loc))
        for var, phi in zip(names, phis, strict=True):
            region.accumulate(var, Bar(phi, singular=region.cautious), loc)
        return stmt

    def _arm(self, block: Block, bars: list[Operand | None], region: Region, loc: Loc) -> _Arm:
        inner = Region(self.sp, {v for s in block.body for v in targets(s)}, region)
        with self.sp.builder.nested() as backward:
            for result, bar in zip(block.results, bars, strict=True):
                if isinstance(result, Var) and result in self.active and bar is not None:
                    inner.accumulate(result, Bar(bar, singular=region.cautious), loc)
            forward = self.body(block.body, inner)
        return _Arm(replace(block, body=tuple(forward)), tuple(backward), inner)

    def _outer_bar(self, region: Region, var: Var, loc: Loc, whole: bool = True) -> Operand:
        bar = region.take(var, loc, whole)
        if bar is None:
            return linear.zero(self.sp, var, loc)
        return linear.force(self.sp, bar, loc)

    def _export(
        self, stmt: If, forward: list[Block], backward: list[Block]
    ) -> tuple[If, list[Block]]:
        """Makes what the reversed arms read of the forward arms visible to them."""
        extra: list[Var] = []
        results: list[list[Operand]] = [[], []]
        for side in (0, 1):
            plan = saves.plan(forward[side], backward[side], frozenset())
            renamed = {var: twin(var) for var in plan.saved}
            extra.extend(renamed.values())
            results[side].extend(plan.saved)
            results[1 - side].extend(NOTHING for _ in plan.saved)
            backward[side] = saves.repeat(backward[side], plan.recomputed, renamed)
        # The second arm's values follow the first arm's in both lists of results.
        arms = [
            replace(block, results=(*block.results, *more))
            for block, more in zip(forward, results, strict=True)
        ]
        targets_ = (*stmt.targets, *extra)
        return replace(stmt, targets=targets_, then=arms[0], orelse=arms[1]), backward

    # --- loops ----------------------------------------------------------------------------------

    def _loop(self, stmt: For | While, region: Region, loc: Loc) -> Stmt:
        params = stmt.carried if isinstance(stmt, For) else stmt.body.params
        if len(stmt.targets) != len(params) or (isinstance(stmt, For) and stmt.stacks):
            raise NoDerivativeError("the derivative of a loop that saves values", stmt.loc)
        rows = enumerate(zip(params, stmt.targets, strict=True))
        carried = [i for i, (p, t) in rows if p in self.active or t in self.active]
        bars = {i: self._taken(stmt.targets[i], region, loc) for i in carried}
        if all(bar is None for bar in bars.values()):
            return stmt
        span, index, stmt = self._span(stmt, loc)
        reversed_ = self._loop_body(stmt.body, params, carried, region, loc)
        init = [
            linear.zero(self.sp, stmt.targets[i], loc) if bars[i] is None else bars[i]
            for i in carried
        ]
        init.extend(self._outer_bar(region, var, loc) for var in reversed_.sums)
        plan = self._plan(stmt, params, reversed_, index)
        block = saves.repeat(reversed_.backward, plan.recomputed, plan.renamed)
        loop = For(
            tuple(map(twin, (*block.params, *plan.restored_params))),
            *span,
            not stmt.backward if isinstance(stmt, For) else True,
            (*init, *plan.restored_init),  # type: ignore[arg-type]
            plan.stacks,
            Block(
                (plan.index, *block.params, *plan.restored_params, *plan.elements),
                block.body,
                (*block.results, *plan.restored_next),
            ),
            loc,
        )
        self.sp.builder.emit(loop)
        for i, final in zip(carried, loop.targets, strict=False):
            if isinstance(stmt.init[i], Var) and stmt.init[i] in self.active:
                bar = Bar(final, singular=region.cautious)
                region.accumulate(stmt.init[i], bar, loc)  # type: ignore[arg-type]
        for var, final in zip(reversed_.sums, loop.targets[len(carried) :], strict=False):
            region.accumulate(var, Bar(final, singular=region.cautious), loc)
        body = replace(reversed_.forward, results=(*reversed_.forward.results, *plan.saved))
        return replace(stmt, targets=(*stmt.targets, *plan.stacks), body=body)

    def _span(
        self, stmt: For | While, loc: Loc
    ) -> tuple[tuple[Operand, Operand, Operand], Var | None, For | While]:
        """The range of a loop and its index; a ``while`` is made to count its trips."""
        if isinstance(stmt, For):
            return (stmt.start, stmt.stop, stmt.step), stmt.body.params[0], stmt
        count, tested, trips = (Var("trips", PY_INT) for _ in range(3))
        with self.sp.located(stmt.loc), self.sp.builder.nested() as counting:
            counted = linear.increment(self.sp, count, stmt.loc)
        body = Block(
            (*stmt.body.params, count),
            (*stmt.body.body, *counting),
            (*stmt.body.results, counted),
        )
        cond = replace(stmt.cond, params=(*stmt.cond.params, tested))
        counting_stmt = While((*stmt.targets, trips), (*stmt.init, Const(0)), cond, body, stmt.loc)
        return (Const(0), trips, Const(1)), None, counting_stmt

    def _loop_body(
        self,
        body: Block,
        params: tuple[Var, ...],
        carried: list[int],
        region: Region,
        loc: Loc,
    ) -> _Body:
        """The reverse of a loop's body, from the cotangents of what it carries on to those of
        what it was given."""
        for var in free_in_block(body):
            if var in self.active and wants_buffer(var) and region.find_buffer(var) is None:
                region.allocate(var, loc)
        defined = {*body.params, *(var for stmt in body.body for var in targets(stmt))}
        inner = Region(self.sp, defined, region)
        bars = [bar_of(params[i]) for i in carried]
        with self.sp.builder.nested() as backward:
            for i, bar in zip(carried, bars, strict=True):
                result = body.results[i]
                if isinstance(result, Var) and result in self.active:
                    inner.accumulate(result, Bar(bar, singular=region.cautious), loc)
            forward = self.body(body.body, inner)
            results = [self._outer_bar(inner, params[i], loc) for i in carried]
            sums = inner.outer()
            totals = [bar_of(var) for var in sums]
            for var, total in zip(sums, totals, strict=True):
                part = self._outer_bar(inner, var, loc, whole=False)
                results.append(linear.add(self.sp, total, part, loc, bar_name(var)))
        block = Block((*bars, *totals), tuple(backward), tuple(results))
        return _Body(replace(body, body=tuple(forward)), remove_dead_in(block), tuple(sums))

    def _plan(
        self, stmt: For | While, params: tuple[Var, ...], reversed_: _Body, index: Var | None
    ) -> _Plan:
        """How the reversed body gets at what it reads of the forward body."""
        new_index = Var(index.name if index is not None else "", PY_INT)
        known = frozenset() if index is None else frozenset([index])
        plan = saves.plan(reversed_.forward, reversed_.backward, known)
        renamed: dict[Var, Var] = {} if index is None else {index: new_index}
        saved = list(plan.saved)
        restored: list[tuple[Operand, Var, Var]] = []
        for i, param in enumerate(params):
            after = stmt.body.results[i]
            if param in saved and isinstance(after, Var) and after in saved and after is not param:
                # What this trip carried on is what the trip before it, in reverse order, was
                # given, so that saving the value before the trip is enough.
                saved.remove(after)
                renamed[after] = Var(after.name, param.type)
                restored.append((stmt.targets[i], renamed[after], param))
        elements = []
        stacks = []
        for var in saved:
            renamed[var] = twin(var)
            elements.append(renamed[var])
            suffix = "before" if var in params else "saved"
            name = f"{var.name}_{suffix}" if var.name else "saved"
            stacks.append(Var(name, StackOf(var.type)))
        return _Plan(
            new_index,
            tuple(saved),
            tuple(stacks),
            tuple(elements),
            plan.recomputed,
            renamed,
            tuple(target for target, _, _ in restored),
            tuple(var for _, var, _ in restored),
            tuple(renamed[param] for _, _, param in restored),
        )

    def _taken(self, target: Var, region: Region, loc: Loc) -> Operand | None:
        bar = region.take(target, loc) if target in self.active else None
        return None if bar is None else linear.force(self.sp, bar, loc, bar_name(target))


@dataclass(frozen=True, slots=True)
class _Arm:
    """A branch and its reverse; ``region`` holds what the values from outside have received."""

    forward: Block
    backward: tuple[Stmt, ...]
    region: Region


@dataclass(frozen=True, slots=True)
class _Body:
    """A loop's body and its reverse.

    The reverse carries the cotangents of the carried values, and sums the contributions to
    ``sums``, numbers from outside the loop.
    """

    forward: Block
    backward: Block
    sums: tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the reverse of a loop reads the values of the loop: see ``_Reverser._plan``."""

    index: Var
    saved: tuple[Var, ...]
    stacks: tuple[Var, ...]
    elements: tuple[Var, ...]
    recomputed: tuple[Apply, ...]
    renamed: dict[Var, Var]
    restored_init: tuple[Operand, ...]
    restored_params: tuple[Var, ...]
    restored_next: tuple[Operand, ...]


def bar_of(x: Var) -> Var:
    """A variable for the cotangent of ``x``."""
    return Var(bar_name(x), linear.cotangent_type(x.type), primal=x)


def twin(var: Var) -> Var:
    """A new variable for the same thing as ``var``."""
    return Var(var.name, var.type, var.hint, var.primal)


def _same_shape(a: tuple[Dim, ...] | None, b: tuple[Dim, ...] | None) -> bool:
    """Whether two shapes are provably equal, so that nothing was broadcast."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(is_not_one(m) or (m is not None and m == n) for m, n in zip(a, b, strict=True))


def _alone(x: Var, operands: list[Any]) -> bool:
    """Whether nothing but numbers meets ``x``: then the result has its shape."""
    return all(arg is None or arg is x or ndim_of(type_of(arg)) == 0 for arg in operands)

"""The reverse of loops.

A loop is reversed as a scan is: the reverse runs over the same trips in the opposite order, carries
the cotangents of the carried values, and consumes what the loop's trips save for it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc, NoDerivativeError
from srcgrad.ir.nodes import UNDEFINED, Apply, Block, Const, For, Operand, Stmt, Var, While
from srcgrad.ir.types import PY_INT, KeysOf, ListOf, StackOf
from srcgrad.ir.walk import free_in_block, targets, used
from srcgrad.transform import linear, saves
from srcgrad.transform.appends import undo_appends
from srcgrad.transform.constants import constant_in, same_in, without
from srcgrad.transform.cotangents import Region, bar_name, bar_of, twin, wants_buffer
from srcgrad.transform.counts import undo_counts
from srcgrad.transform.exits import Site, flag_exits, given_at_exit
from srcgrad.transform.kept_reads import keep_reads
from srcgrad.transform.linear import Bar
from srcgrad.transform.restored import in_rings, restored
from srcgrad.transform.simplify.dead import remove_dead_in
from srcgrad.transform.whole_trips import whole_trips
from srcgrad.transform.writes import writes_outside

if TYPE_CHECKING:
    from srcgrad.transform.reverse import Reverser


def reverse_loop(rev: Reverser, stmt: For | While, region: Region, loc: Loc) -> list[Stmt]:
    """Emits the reverse of a loop and gives the loop, saving what that reads, after what is
    computed once for all trips."""
    params = stmt.carried
    if len(stmt.targets) != len(params) or (isinstance(stmt, For) and stmt.stacks):
        raise NoDerivativeError("the derivative of a loop that saves values", stmt.loc)
    rows = enumerate(zip(params, stmt.targets, strict=True))
    carried = [
        i
        for i, (p, t) in rows
        if (p in rev.active or t in rev.active) and not region.buffers.has(t)
    ]
    bars = {i: rev.taken(stmt.targets[i], region, loc) for i in carried}
    writes = writes_outside(stmt.body, region.buffers)
    if all(bar is None for bar in bars.values()) and not writes:
        return [stmt]
    sites: list[Site] = []
    whole = whole_trips(stmt, rev.active, region.buffers) if stmt.exits else None
    if whole is not None:
        stmt = whole.loop
    elif stmt.exits:
        stmt, sites = flag_exits(stmt)
    span, index, stmt = _span(rev, stmt, loc, whole is not None)
    lists = rev.lists((stmt.body,), region, loc, every=True)
    exiting = tuple(twin(site.flag) for site in sites)
    rev.exits.update(
        (site.branch, (flag, site.arm)) for site, flag in zip(sites, exiting, strict=True)
    )
    for target in (target for site in sites for target in site.branch.targets):
        region.buffers.choices.pop(target, None)  # its condition is not kept
    reversed_ = _loop_body(rev, stmt, params, carried, region, loc, lists)
    init = [bars[i] or rev.no_bar(stmt.targets[i], loc) for i in carried]
    init.extend(
        lists[var] if var in lists else rev.outer_bar(region, var, loc) for var in reversed_.sums
    )
    changed = frozenset[int]() if whole is None else whole.changed
    plan = _plan(rev, stmt, params, reversed_, index, changed)
    block = saves.repeat(reversed_.backward, plan.recomputed, plan.renamed)
    # Only the last trip exited, which is the first to be reversed.
    init.extend(site.flag for site in sites)
    block = Block(
        (*block.params, *exiting),
        block.body,
        (*block.results, *(Const(False) for _ in sites)),
    )
    loop = For(
        tuple(map(twin, (*block.params, *plan.restored_params))),
        *span,
        not stmt.backward if isinstance(stmt, For) else True,
        (*init, *plan.restored_init),
        plan.stacks,
        Block(
            (plan.index, *block.params, *plan.restored_params, *plan.elements),
            (*plan.opening, *block.body, *plan.closing),
            (*block.results, *plan.restored_next),
        ),
        loc,
    )
    rev.sp.builder.emit(loop)
    for i, final in zip(carried, loop.targets, strict=False):
        if isinstance(stmt.init[i], Var) and stmt.init[i] in rev.active:
            bar = Bar(final, singular=region.cautious)
            region.accumulate(stmt.init[i], bar, loc)  # type: ignore[arg-type]
    for var, final in zip(reversed_.sums, loop.targets[len(carried) :], strict=False):
        region.accumulate(var, Bar(final, singular=region.cautious), loc)
    body = without(reversed_.forward, plan.constant)
    body = replace(body, results=(*body.results, *plan.saved))
    stmt = replace(stmt, targets=(*stmt.targets, *plan.stacks), body=body)
    return [*plan.constant, stmt if whole is None else whole.nested(stmt)]


def _span(
    rev: Reverser, stmt: For | While, loc: Loc, whole: bool
) -> tuple[tuple[Operand, Operand, Operand], Var | None, For | While]:
    """The range of the trips that a loop has made, and its index; a loop that may end early is
    made to count its trips."""
    if isinstance(stmt, For) and not stmt.exits:
        return (stmt.start, stmt.stop, stmt.step), stmt.body.params[0], stmt
    count, tested, trips = (Var("trips", PY_INT) for _ in range(3))
    rev.trips.add(trips)
    with rev.sp.located(stmt.loc), rev.sp.builder.nested() as counting:
        counted = linear.increment(rev.sp, count, stmt.loc)
    statements = (*stmt.body.body, *counting)
    if stmt.exits and not whole:  # before the exit, which is the last thing in a body
        statements = (*counting, *stmt.body.body)
    body = Block((*stmt.body.params, count), statements, (*stmt.body.results, counted))
    counted_stmt = replace(
        stmt, targets=(*stmt.targets, trips), init=(*stmt.init, Const(0)), body=body
    )
    if isinstance(stmt, While) or isinstance(counted_stmt, While):
        assert isinstance(counted_stmt, While)
        cond = replace(counted_stmt.cond, params=(*counted_stmt.cond.params, tested))
        return (Const(0), trips, Const(1)), None, replace(counted_stmt, cond=cond)
    stop: Operand = trips
    apply = rev.sp.builder.apply
    if not _is(stmt.step, 1):
        stop = apply(operator.mul, (stop, stmt.step), (), loc)
    if not _is(stmt.start, 0):
        stop = apply(operator.add, (stmt.start, stop), (), loc)
    span = (stmt.start, stop, stmt.step)
    return span, counted_stmt.body.params[0], counted_stmt


def _is(operand: Operand, number: int) -> bool:
    return isinstance(operand, Const) and operand.value == number


def _loop_body(
    rev: Reverser,
    stmt: For | While,
    params: tuple[Var, ...],
    carried: list[int],
    region: Region,
    loc: Loc,
    lists: Iterable[Var],
) -> _Body:
    """The reverse of a loop's body, from the cotangents of what it carries on to those of
    what it was given."""
    body = stmt.body
    rev.allocate_shadows(body, region, loc)
    for var in free_in_block(body):
        if region.buffers.has(var):
            continue
        wanted = var in rev.active or var in region.buffers.unread
        if wanted and wants_buffer(var) and region.find_buffer(var) is None:
            region.allocate(var, loc)
    defined = {*body.params, *(var for stmt in body.body for var in targets(stmt))}
    rev.changing.update(var for var in defined if isinstance(var.type, ListOf | KeysOf))
    inner = Region(rev.sp, defined, region.buffers, region.pull, region)
    bars = [bar_of(params[i]) for i in carried]
    shared = {var: bar_of(var) for var in lists}
    for var, bar in shared.items():
        inner.receive(var, bar)
    with rev.sp.builder.nested() as backward:
        for i, bar in zip(carried, bars, strict=True):
            result = body.results[i]
            if isinstance(result, Var) and result in rev.active:
                inner.accumulate(result, Bar(bar, singular=region.cautious), loc)
        forward: Sequence[Stmt] = rev.body(body.body, inner)
        results: list[Operand] = [
            # Read by the reverse of the last trip alone.
            bar if given_at_exit(stmt, i) else rev.outer_bar(inner, params[i], loc)
            for i, bar in zip(carried, bars, strict=True)
        ]
        sums = inner.outer()
        totals = [shared.get(var) or bar_of(var) for var in sums]
        for var, total in zip(sums, totals, strict=True):
            if var in shared:
                results.append(rev.outer_bar(inner, var, loc))
                continue
            part = rev.outer_bar(inner, var, loc, whole=False)
            results.append(linear.add(rev.sp, total, part, loc, bar_name(var)))
    block = remove_dead_in(Block((*bars, *totals), tuple(backward), tuple(results)))
    forward, block = keep_reads(rev, forward, block)
    return _Body(replace(body, body=tuple(forward)), block, tuple(sums))


def _plan(
    rev: Reverser,
    stmt: For | While,
    params: tuple[Var, ...],
    reversed_: _Body,
    index: Var | None,
    changed: frozenset[int],
) -> _Plan:
    """How the reversed body gets at what it reads of the forward body.

    What is carried in the places ``changed`` is another when the last of the trips is undone.
    """
    new_index = Var(index.name if index is not None else "", PY_INT)
    known = frozenset() if index is None else frozenset([index])
    forward, backward = reversed_.forward, reversed_.backward
    results = tuple(
        Const(UNDEFINED) if i in changed else result
        for i, result in enumerate(stmt.body.results[: len(params)])
    )
    ring = in_rings(params, results)
    pairs = zip(results, params, strict=True)
    handed_on = {result: param for result, param in pairs if isinstance(result, Var)}
    plan = saves.plan(
        forward, backward, known | ring, rev.memory, each_trip=True, handed_on=handed_on
    )
    renamed: dict[Var, Var] = {} if index is None else {index: new_index}
    numbers = (again.target for again in plan.recomputed if not set(used(again)))
    constant = constant_in(reversed_.forward, (*plan.saved, *numbers), rev.memory, rev.absent)
    once = {made.target for made in constant}
    firsts = dict(zip(params, stmt.init, strict=False))
    same = same_in(reversed_.forward, plan.saved, rev.memory, firsts)
    again = _in_order(reversed_.forward, plan.recomputed, same)
    elsewhere = once.union(made.target for made in again)
    read = {*free_in_block(backward), *(var for made in again for var in used(made))}
    saved = [var for var in params if var in ring and var in read]
    saved.extend(var for var in plan.saved if var not in elsewhere)
    carried: list[tuple[Operand, Var, Var]] = []
    apart = set[int]()
    steps: list[Apply] = []
    late: list[Apply] = []
    for i, param in enumerate(params):
        after = results[i]
        undone = undo_appends(stmt.body, param, after, saved, renamed, stmt.loc)
        undone = undone or undo_counts(stmt.body, param, after, saved, renamed)
        if undone is not None:
            carried.append((stmt.targets[i], undone.after, param))
            steps.extend(undone.steps)
            late.extend(undone.late)
            apart.add(i)
    back = restored(params, results, saved, apart)
    saved = [var for var in saved if var not in back.known]
    for i in back.places:
        after = results[i]
        assert isinstance(after, Var)
        renamed[after] = Var(after.name, params[i].type)
        carried.append((stmt.targets[i], renamed[after], params[i]))
    elements = []
    stacks = []
    for var in saved:
        renamed[var] = twin(var)
        elements.append(renamed[var])
        suffix = "before" if var in params else "saved"
        name = f"{var.name}_{suffix}" if var.name else var.hint
        stacks.append(Var(name, StackOf(var.type)))
    return _Plan(
        new_index,
        tuple(saved),
        tuple(stacks),
        tuple(elements),
        tuple(made for made in again if made.target not in once),
        constant,
        renamed,
        tuple(target for target, _, _ in carried),
        tuple(var for _, var, _ in carried),
        tuple(renamed[param] for _, _, param in carried),
        tuple(steps),
        tuple(late),
    )


def _in_order(body: Block, *groups: tuple[Apply, ...]) -> tuple[Apply, ...]:
    """The statements of ``groups``, in the order in which ``body`` computes what they give."""
    found = {stmt.target: stmt for group in groups for stmt in group}
    order = (stmt.target for stmt in body.body if isinstance(stmt, Apply))
    return tuple(found[target] for target in order if target in found)


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
    """How the reverse of a loop reads the values of the loop: see ``_plan``."""

    index: Var
    saved: tuple[Var, ...]
    stacks: tuple[Var, ...]
    elements: tuple[Var, ...]
    recomputed: tuple[Apply, ...]
    constant: tuple[Apply, ...]
    renamed: dict[Var, Var]
    restored_init: tuple[Operand, ...]
    restored_params: tuple[Var, ...]
    restored_next: tuple[Operand, ...]
    opening: tuple[Apply, ...]
    closing: tuple[Apply, ...]

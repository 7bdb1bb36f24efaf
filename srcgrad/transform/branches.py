"""The reverse of branches.

A branch becomes one on the same condition, whose arms are the reversed arms; they give the
cotangents of all values from outside that either arm has contributed to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from srcgrad.errors import Loc
from srcgrad.ir.nodes import NOTHING, Block, If, Operand, Stmt, Try, Var
from srcgrad.ir.walk import targets
from srcgrad.transform import linear, saves
from srcgrad.transform.cotangents import Region, bar_of, twin
from srcgrad.transform.linear import Bar
from srcgrad.transform.simplify.dead import remove_dead_in
from srcgrad.transform.writes import writes_outside

if TYPE_CHECKING:
    from srcgrad.transform.reverse import Reverser


@dataclass(frozen=True, slots=True)
class _Arm:
    """A branch and its reverse; ``region`` holds what the values from outside have received."""

    forward: Block
    backward: tuple[Stmt, ...]
    region: Region


def reverse_branch(rev: Reverser, stmt: If, region: Region, loc: Loc) -> If:
    """Emits the reverse of a branch and gives the branch, handing out what that reads."""
    buffers = region.buffers
    received = [region.arms(target) for target in stmt.targets]
    bars = [
        None if buffers.has(target) or target not in rev.active else region.take(target, loc)
        for target in stmt.targets
    ]
    writes = any(writes_outside(block, buffers) for block in (stmt.then, stmt.orelse))
    if all(bar is None for bar in bars) and not writes:
        return stmt
    for block in (stmt.then, stmt.orelse):
        rev.allocate_shadows(block, region, loc)
        rev.allocate_read(block, region, loc)
    shared = rev.lists((stmt.then, stmt.orelse), region, loc)
    arms = [
        _arm(rev, block, _passed(bars, received, arm), region, loc, shared)
        for arm, block in enumerate((stmt.then, stmt.orelse))
    ]
    names = dict.fromkeys(var for arm in arms for var in arm.region.outer())
    blocks, masks = _handed_out(rev, arms, names, [bar for bar in bars if bar], loc)
    cond, exiting = rev.exits.get(stmt, (stmt.cond, 0))
    stmt, blocks = _export(rev, stmt, [arm.forward for arm in arms], blocks)
    given: tuple[Operand, ...] = tuple(map(bar_of, names))
    if isinstance(stmt, Try) and stmt.orelse.diverges:  # it has run to its end
        rev.sp.builder.body.extend(blocks[0].body)
        given = blocks[0].results
    else:
        phis = tuple(phi for phi in given if isinstance(phi, Var))
        reversed_ = If(phis, cond, blocks[exiting], blocks[1 - exiting], loc)
        rev.reversed[reversed_] = (stmt, exiting)
        rev.sp.builder.emit(reversed_)
    for var, part in zip(names, given, strict=True):
        bar = replace(masks.get(var, Bar(part)), value=part)
        singular = bar.singular or region.cautious
        region.accumulate(var, replace(bar, singular=singular), loc)
    return stmt


def _passed(bars: list[Bar | None], received: list[frozenset[int]], arm: int) -> list[Bar | None]:
    """The cotangents that the results of an arm have not received already."""
    rows = zip(bars, received, strict=True)
    return [None if arm in arms else bar for bar, arms in rows]


def _arm(
    rev: Reverser,
    block: Block,
    bars: list[Bar | None],
    region: Region,
    loc: Loc,
    shared: dict[Var, Operand],
) -> _Arm:
    defined = {v for s in block.body for v in targets(s)}
    inner = Region(rev.sp, defined, region.buffers, region.pull, region)
    for var, total in shared.items():
        inner.receive(var, total)
    with rev.sp.builder.nested() as backward:
        for result, bar in zip(block.results, bars, strict=True):
            if isinstance(result, Var) and result in rev.active and bar is not None:
                singular = bar.singular or region.cautious
                inner.accumulate(result, replace(bar, singular=singular), loc)
        forward = rev.body(block.body, inner)
    return _Arm(replace(block, body=tuple(forward)), tuple(backward), inner)


def _handed_out(
    rev: Reverser, arms: list[_Arm], names: Iterable[Var], bars: list[Bar], loc: Loc
) -> tuple[list[Block], dict[Var, Bar]]:
    """The reversed arms, which give the cotangents of ``names``.

    Those that are still under a mask of ``bars``, which came in, in both arms are handed out as
    they are, to be masked behind the branch: the mask runs on to the end of the chain.
    """
    blocks: list[Block] = []
    found: list[dict[Var, Bar | None]] = []
    for arm in arms:
        with rev.sp.builder.nested() as extra:
            found.append({var: arm.region.take(var, loc) for var in names})
        blocks.append(Block((), (*arm.backward, *extra), ()))
    masked = _under_one_mask(names, found, {bar.mask for bar in bars if bar.mask is not None})
    for i, (block, taken) in enumerate(zip(blocks, found, strict=True)):
        with rev.sp.builder.nested() as last:
            results = tuple(_handed(rev, var, taken[var], var in masked, loc) for var in names)
        blocks[i] = remove_dead_in(Block((), (*block.body, *last), results))
    return blocks, masked


def _under_one_mask(
    names: Iterable[Var], found: list[dict[Var, Bar | None]], coming: set[Operand]
) -> dict[Var, Bar]:
    """The values whose cotangents are under one of the masks ``coming`` in wherever there is any,
    each with what holds for both arms."""
    masked: dict[Var, Bar] = {}
    for var in names:
        given = [bar for taken in found if (bar := taken[var]) is not None]
        masks = {bar.mask for bar in given}
        if len(masks) == 1 and masks <= coming:
            singular = any(bar.singular for bar in given)
            chained = any(bar.chained for bar in given)
            masked[var] = replace(given[0], singular=singular, chained=chained)
    return masked


def _handed(rev: Reverser, var: Var, bar: Bar | None, is_masked: bool, loc: Loc) -> Operand:
    if bar is None:
        return rev.no_bar(var, loc)
    return bar.value if is_masked else linear.force(rev.sp, bar, loc)


def _export(
    rev: Reverser, stmt: If, forward: list[Block], backward: list[Block]
) -> tuple[If, list[Block]]:
    """Makes what the reversed arms read of the forward arms visible to them."""
    extra: list[Var] = []
    results: list[list[Operand]] = [[], []]
    for side in (0, 1):
        lists = frozenset(rev.changing)
        plan = saves.plan(forward[side], backward[side], frozenset(), rev.memory, lists)
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

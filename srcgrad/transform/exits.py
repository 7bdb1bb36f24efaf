"""Loops that exit, made ready to be reversed.

The branch that decides whether a loop exits was taken one way in the last trip, and the other way
in all the trips before.  So its reverse needs no condition saved in each trip, but one flag for the
loop: set where the loop exits, and false again once the last trip has been reversed.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from srcgrad.ir.exits import deciding, is_true
from srcgrad.ir.nodes import (
    UNDEFINED,
    Block,
    Const,
    For,
    If,
    Operand,
    Stmt,
    Var,
    While,
    is_absent,
)
from srcgrad.ir.types import PY_BOOL, Scalar, Type, Unknown, number_of
from srcgrad.ir.walk import blocks, free_in_block, free_in_stmt, variables


@dataclass(frozen=True, slots=True)
class Site:
    """A branch whose arm number ``arm`` exits the loop; ``flag`` tells, after the loop, whether
    that happened."""

    branch: If
    arm: int
    flag: Var


def flag_exits(loop: For | While) -> tuple[For | While, list[Site]]:
    """``loop`` with a flag for each of the branches that exit it."""
    ends = _ends(loop.body, loop.body.results[0])
    sites: list[tuple[If, int]] = []
    if None not in ends and ends.count(True) == 1:
        _find(loop.body, loop.body.results[0], sites)
        # The only exit: the loop's own flag tells.
        return loop, [Site(branch, arm, loop.targets[0]) for branch, arm in sites]
    body = _flagged(loop.body, loop.body.results[0], sites)
    flags, params, tested = ([Var("stopped", PY_BOOL) for _ in sites] for _ in range(3))
    body = replace(body, params=(*body.params, *params))
    targets, init = (*loop.targets, *flags), (*loop.init, *(Const(False) for _ in sites))
    found = [Site(branch, arm, flag) for (branch, arm), flag in zip(sites, flags, strict=True)]
    if isinstance(loop, While):
        loop = replace(loop, cond=replace(loop.cond, params=(*loop.cond.params, *tested)))
    return replace(loop, targets=targets, init=init, body=body), found


def _arms(block: Block, flag: Operand) -> tuple[If, int, list[Block]] | None:
    """The branch that decides about ``flag``, which of its results that is, and its arms."""
    last = deciding(block, flag)
    if last is None or not isinstance(flag, Var):
        return None
    return last, last.targets.index(flag), [last.then, last.orelse]


def _ends(block: Block, flag: Operand) -> list[bool | None]:
    """What the flag is at each end of a block; None where that depends on data."""
    inner = _arms(block, flag)
    if inner is None:
        return [is_true(flag) if isinstance(flag, Const) else None]
    _, which, arms = inner
    return [end for arm in arms for end in _ends(arm, arm.results[which])]


def _exit_arm(which: int, arms: list[Block]) -> int | None:
    """The arm that certainly exits, if the other one does not."""
    exits = [is_true(arm.results[which]) for arm in arms]
    return exits.index(True) if exits[0] is not exits[1] else None


def _find(block: Block, flag: Operand, sites: list[tuple[If, int]]) -> None:
    inner = _arms(block, flag)
    if inner is None:
        return
    branch, which, arms = inner
    arm = _exit_arm(which, arms)
    if arm is not None:
        sites.append((branch, arm))
    for block_ in arms:
        _find(block_, block_.results[which], sites)


def _flagged(block: Block, flag: Operand, sites: list[tuple[If, int]]) -> Block:
    """``block`` with one more result for each branch in it that exits, all added to ``sites``."""
    inner = _arms(block, flag)
    if inner is None:
        return block
    branch, which, arms = inner
    found: list[list[tuple[If, int]]] = [[], []]
    new = [_flagged(arm, arm.results[which], each) for arm, each in zip(arms, found, strict=True)]
    own = _exit_arm(which, arms)
    results: list[tuple[Operand, ...]] = []
    for i, (arm, flagged) in enumerate(zip(arms, new, strict=True)):
        mine = () if own is None else (Const(i == own),)
        inner_flags = [[Const(False) for _ in each] for each in found]
        inner_flags[i] = flagged.results[len(arm.results) :]  # type: ignore[call-overload]
        results.append((*arm.results, *mine, *inner_flags[0], *inner_flags[1]))
    count = len(found[0]) + len(found[1]) + (own is not None)
    flags = tuple(Var("stopped", PY_BOOL) for _ in range(count))
    branch = replace(
        branch,
        targets=(*branch.targets, *flags),
        then=replace(new[0], results=results[0]),
        orelse=replace(new[1], results=results[1]),
    )
    sites.extend([(branch, own)] if own is not None else [])
    sites.extend((*found[0], *found[1]))
    return replace(block, body=(*block.body[:-1], branch), results=(*block.results, *flags))


def given_at_exits(body: Iterable[Stmt], results: Iterable[Operand]) -> set[Var]:
    """The arrays after loops that are there only if the loop has exited.

    Where they are not there they have no cotangent either, not even zeros of some shape.  Those of
    which a cotangent is a sum need one: what is used in two places, or in each trip of a loop.  So
    do those that are there on a way on which nobody uses them.
    """
    body, results = tuple(body), tuple(results)
    found = {
        loop.targets[position]
        for loop in body
        if isinstance(loop, For | While) and loop.exits
        for position in range(len(loop.init))
        if not _has_zeros(loop.targets[position].type)
        and given_at_exit(loop, position)
        and _is_used_once(loop.targets[position], _telling(loop, position), body, results)
    }
    for stmt in body:
        for block in blocks(stmt):
            found |= given_at_exits(block.body, block.results)
    return found


def _has_zeros(type_: Type) -> bool:
    """Whether there are zeros for a value that is not there: those of numbers have no shape."""
    if isinstance(type_, Unknown):
        return type_.number or type_.either is not None or isinstance(type_.there, Scalar)
    return isinstance(number_of(type_), Scalar)


def _telling(loop: For | While, position: int) -> set[Var]:
    """The flags after a loop that say whether it has given a value."""
    flags = []
    for i, first in enumerate(loop.init):
        starts = isinstance(first, Const) and first.value is False
        if starts and _tells(loop.body, *(loop.body.results[j] for j in (0, i, position))):
            flags.append(loop.targets[i])
    return set(flags)


def _tells(block: Block, exits: Operand, flag: Operand, value: Operand) -> bool:
    """Whether ``flag`` is set at those ends of a block at which there is a ``value``."""
    inner = _arms(block, exits)
    if inner is not None and {flag, value} & set(inner[0].targets):
        branch, which, arms = inner
        rows = (dict(zip(branch.targets, arm.results, strict=True)) for arm in arms)
        return all(
            arm.diverges or _tells(arm, arm.results[which], _in_arm(flag, row), _in_arm(value, row))
            for arm, row in zip(arms, rows, strict=True)
        )
    return isinstance(flag, Const) and is_true(flag) is not is_absent(value)


def _in_arm(operand: Operand, given: dict[Var, Operand]) -> Operand:
    return given.get(operand, operand) if isinstance(operand, Var) else operand


def _is_used_once(
    var: Var, told: Set[Var], body: Iterable[Stmt], results: Iterable[Operand]
) -> bool:
    """Whether a value is used in one place, which is in no loop, on each way on which it is there:
    where the flags ``told`` are set."""
    users = [stmt for stmt in body if var in free_in_stmt(stmt)]
    count = sum(var in variables(result) for result in results)
    if len(users) + count != 1 or count:
        return count == 1 and not users
    (user,) = users
    if isinstance(user, For | While):
        return not any(var in free_in_block(block) for block in blocks(user))
    if isinstance(user, If):
        arms = [user.then] if user.cond in told else [user.then, user.orelse]
        if len(arms) == 1 and var in free_in_block(user.orelse):
            return False
        return all(arm.diverges or _is_used_once(var, told, arm.body, arm.results) for arm in arms)
    return True


def given_at_exit(loop: For | While, position: int) -> bool:
    """Whether a carried value is there only once the loop has exited: what ``return`` returns."""
    first = loop.init[position]
    if not loop.exits or not isinstance(first, Const) or first.value is not UNDEFINED:
        return False
    if loop.carried[position] in free_in_block(replace(loop.body, params=())):
        return False
    return _only_at_exit(loop.body, loop.body.results[0], loop.body.results[position])


def _only_at_exit(block: Block, flag: Operand, result: Operand) -> bool:
    if is_true(flag) or (isinstance(result, Const) and result.value is UNDEFINED):
        return True
    inner = _arms(block, flag)
    if inner is None or result not in inner[0].targets:
        return False
    branch, which, arms = inner
    assert isinstance(result, Var)
    other = branch.targets.index(result)
    return all(_only_at_exit(arm, arm.results[which], arm.results[other]) for arm in arms)

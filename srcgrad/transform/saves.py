"""What the reverse of a block reads of the forward block, and how it gets it.

The variables of a loop body or of a branch are not visible outside.  Where the reversed block reads
one, it is computed again if that is as cheap, and otherwise leaves the forward block: as one more
target of an ``If``, or as a stacked output of a loop.
"""

from __future__ import annotations

from dataclasses import dataclass

from srcgrad.analysis.cost import is_cheap
from srcgrad.ir.nodes import Apply, Block, Stmt, Var
from srcgrad.ir.walk import Copier, free_in_block, targets, used


@dataclass(frozen=True, slots=True)
class Saves:
    """``saved`` leave the forward block; ``recomputed`` are statements to repeat, in order."""

    saved: tuple[Var, ...]
    recomputed: tuple[Apply, ...]


def plan(forward: Block, backward: Block, known: frozenset[Var]) -> Saves:
    """What ``backward``, the reverse of ``forward``, needs of it.

    Parameters
    ----------
    forward, backward : Block
        A block and its reverse, which may read the variables of ``forward``.
    known : frozenset of Var
        Variables of ``forward`` that the reverse has anyway (the index of a loop).
    """
    visible = set(forward.params)
    definitions: dict[Var, Stmt] = {}
    for stmt in forward.body:
        for var in targets(stmt):
            visible.add(var)
            definitions[var] = stmt
    needed = {var for var in free_in_block(backward) if var in visible and var not in known}
    recomputed: dict[Var, Apply] = {}
    changed = True
    while changed:
        changed = False
        for var in tuple(needed):
            stmt = definitions.get(var)
            if var in recomputed or not isinstance(stmt, Apply) or not is_cheap(stmt):
                continue
            missing = [v for v in used(stmt) if v in visible and v not in known and v not in needed]
            cheap = [v for v in missing if _cheap_from(v, definitions, visible, known, needed)]
            if len(cheap) == len(missing):
                recomputed[var] = stmt
                needed.update(cheap)
                changed = True
    order = {var: i for i, stmt in enumerate(forward.body) for var in targets(stmt)}
    saved = [var for var in (*forward.params, *order) if var in needed and var not in recomputed]
    again = sorted(recomputed, key=lambda var: order[var])
    return Saves(tuple(saved), tuple(recomputed[var] for var in again))


def _cheap_from(
    var: Var,
    definitions: dict[Var, Stmt],
    visible: set[Var],
    known: frozenset[Var],
    needed: set[Var],
) -> bool:
    """Whether ``var`` can be computed again from what is there without saving anything more."""
    if var not in visible or var in known or var in needed:
        return True
    stmt = definitions.get(var)
    if not isinstance(stmt, Apply) or not is_cheap(stmt):
        return False
    return all(_cheap_from(v, definitions, visible, known, needed) for v in used(stmt))


def repeat(block: Block, again: tuple[Apply, ...], renamed: dict[Var, Var]) -> Block:
    """``block`` with copies of ``again`` before it, reading ``renamed`` for what was saved."""
    copier = Copier(renamed)
    body = tuple(copier.stmt(stmt) for stmt in again)
    rest = tuple(copier.stmt(stmt) for stmt in block.body)
    return Block(block.params, (*body, *rest), tuple(copier.operand(r) for r in block.results))

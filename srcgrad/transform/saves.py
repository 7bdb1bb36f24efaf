"""What the reverse of a block reads of the forward block, and how it gets it.

The variables of a loop body or of a branch are not visible outside.  Where the reversed block reads
one, it is computed again if that is as cheap, and otherwise leaves the forward block: as one more
target of an ``If``, or as a stacked output of a loop.

The reverse of a loop computes ``1 - u`` again too, of an array ``u`` that leaves the loop anyway:
one operation costs less than an array kept in each trip.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from srcgrad.analysis.cost import is_cheap, is_light
from srcgrad.analysis.memory import MemoryClasses, memory_of, reads_content, sources
from srcgrad.ir.nodes import Apply, Block, Stmt, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.types import Array, KeysOf, ListOf, Scalar, number_of
from srcgrad.ir.walk import (
    Copier,
    free_in_block,
    free_in_stmt,
    statements,
    substitute_in,
    targets,
    used,
    variables,
)


@dataclass(frozen=True, slots=True)
class Saves:
    """``saved`` leave the forward block; ``recomputed`` are statements to repeat, in order."""

    saved: tuple[Var, ...]
    recomputed: tuple[Apply, ...]


def plan(
    forward: Block,
    backward: Block,
    known: frozenset[Var],
    memory: MemoryClasses,
    changing: frozenset[Var] = frozenset(),
    each_trip: bool = False,
    handed_on: Mapping[Var, Var] | None = None,
) -> Saves:
    """What ``backward``, the reverse of ``forward``, needs of it.

    Parameters
    ----------
    forward, backward : Block
        A block and its reverse, which may read the variables of ``forward``.
    known : frozenset of Var
        Variables of ``forward`` that the reverse has anyway (the index of a loop).
    memory : MemoryClasses
        Which variables may share memory, and what is written.  What is read from an array that is
        written is not there any more when the reverse of the block begins.
    changing : frozenset of Var
        Lists from around that a loop around changes.
    each_trip : bool
        Whether what is saved is kept in each trip of a loop.
    handed_on : mapping of Var to Var
        What a trip hands on, with what it was given in that place: if that is kept, so is this.
    """
    visible = set(forward.params)
    definitions: dict[Var, Stmt] = {}
    for stmt in forward.body:
        for var in targets(stmt):
            visible.add(var)
            if _may_repeat(stmt, memory):
                definitions[var] = stmt
    needed = {var for var in free_in_block(backward) if var in visible and var not in known}
    content = _read_in(backward) - known if each_trip else frozenset()
    origins = _origins(needed, definitions, visible, known, changing, content)
    needed |= _worth_saving(origins, needed)
    asked = _only_asked(backward, needed, origins, handed_on or {}) if each_trip else frozenset()
    recomputed: dict[Var, Apply] = {}
    for var in tuple(needed):
        roots = origins.get(var)
        if roots is not None and roots <= needed and not (roots & asked and _is_number(var)):
            _repeat(var, definitions, origins, needed, recomputed)
    order = {var: i for i, stmt in enumerate(forward.body) for var in targets(stmt)}
    saved = [var for var in (*forward.params, *order) if var in needed and var not in recomputed]
    again = sorted(recomputed, key=lambda var: order[var])
    return Saves(tuple(saved), tuple(recomputed[var] for var in again))


def _may_repeat(stmt: Stmt, memory: MemoryClasses) -> bool:
    """Whether computing a value again, later, gives the same."""
    if not isinstance(stmt, Apply) or memory.may_differ(stmt):
        return False
    # A second allocation would be another array than the one that was filled.
    return bool(sources(stmt)) or not memory.is_written(stmt.target)


def _origins(
    needed: set[Var],
    definitions: dict[Var, Stmt],
    visible: set[Var],
    known: frozenset[Var],
    changing: frozenset[Var],
    content: Set[Var],
) -> dict[Var, set[Var]]:
    """For each cheap value among ``needed`` and below, the values it is computed from that are
    not cheap themselves; so for what is light among ``content``, if its trips differ in it."""
    found: dict[Var, set[Var]] = {}
    lists = visible | changing

    def visit(var: Var) -> set[Var]:
        if var not in visible or var in known:
            return set()
        stmt = definitions.get(var)
        if not isinstance(stmt, Apply) or not is_cheap(stmt) or _reads_list(stmt, lists):
            return {var}
        if var not in found:
            found[var] = set().union(*(visit(v) for v in used(stmt)))
        return found[var]

    for var in needed:
        stmt = definitions.get(var)
        if var in content and isinstance(stmt, Apply) and is_light(stmt, 2):
            roots = set[Var]().union(*(visit(v) for v in used(stmt)))
            found.update([(var, roots)] if roots else ())
        else:
            visit(var)
    return found


def _read_in(block: Block) -> set[Var]:
    """The variables of which a block reads elements, and not only the shape."""
    return {var for stmt in statements(block.body) for var in reads_content(stmt)}


def _only_asked(
    backward: Block,
    needed: set[Var],
    origins: dict[Var, set[Var]],
    handed_on: Mapping[Var, Var],
) -> frozenset[Var]:
    """The arrays among ``needed`` that are asked for their shape alone, and of which no more than
    one number is needed besides: that is kept rather than the array, if that is not kept anyway."""
    read = {v for stmt in statements(backward.body) for v in used(stmt) if not _asks(stmt, v)}
    read.update(v for result in backward.results for v in variables(result))
    found = {var for var in needed - read if isinstance(var.type, Array)}
    found = {var for var in found if handed_on.get(var) not in read}
    numbers: dict[Var, int] = {}
    for var in needed & read if found else ():
        for root in found & origins.get(var, set()):
            numbers[root] = numbers.get(root, 0) + (1 if _is_number(var) else 2)
    return frozenset(root for root in found if numbers.get(root, 0) < 2)


def _asks(stmt: Stmt, var: Var) -> bool:
    """Whether a statement asks an array for no more than its shape."""
    return isinstance(stmt, Apply) and var not in reads_content(stmt) and var not in sources(stmt)


def _is_number(var: Var) -> bool:
    return isinstance(number_of(var.type), Scalar)


def _reads_list(stmt: Apply, visible: set[Var]) -> bool:
    """Whether a statement reads a list that may have changed when the reverse runs.

    Saving what was read costs one reference; keeping the list as it was, a copy.  There is none of
    a set that comes in the same order.
    """
    read = (var for var in used(stmt) if isinstance(var.type, ListOf | KeysOf))
    return any(var in visible or _is_set(var) for var in read)


def _is_set(var: Var) -> bool:
    return isinstance(var.type, KeysOf) and var.type.of_set


def _worth_saving(origins: dict[Var, set[Var]], needed: set[Var]) -> set[Var]:
    """Values that are not needed themselves, but from which at least two that are follow."""
    counts: dict[Var, int] = {}
    for var in needed:
        missing = origins.get(var, set()) - needed
        if len(missing) == 1:
            (root,) = missing
            counts[root] = counts.get(root, 0) + 1
    return {root for root, count in counts.items() if count > 1}


def _repeat(
    var: Var,
    definitions: dict[Var, Stmt],
    origins: dict[Var, set[Var]],
    needed: set[Var],
    recomputed: dict[Var, Apply],
) -> None:
    """Adds what computes ``var`` from values that are not cheap to ``recomputed``."""
    stmt = definitions[var]
    assert isinstance(stmt, Apply)
    for v in used(stmt):
        if v in origins and v not in recomputed and origins[v] <= needed:
            _repeat(v, definitions, origins, needed, recomputed)
    recomputed[var] = stmt


def repeat(block: Block, again: tuple[Apply, ...], renamed: dict[Var, Var]) -> Block:
    """``block`` with copies of ``again`` before it, reading ``renamed`` for what was saved.

    What computes on an array, or takes a part of it, stands where it is read.
    """
    copier = Copier(renamed)
    between = {var for stmt in again for var in used(stmt)}
    late = {stmt.target: stmt for stmt in again if _is_late(stmt) and stmt.target not in between}
    body = [copier.stmt(stmt) for stmt in again if stmt.target not in late]
    for stmt in block.body:
        for var in free_in_stmt(stmt) if late else ():
            if var in late:
                body.append(copier.stmt(late.pop(var)))
        body.append(substitute_in(stmt, copier.renamed))
    body.extend(map(copier.stmt, late.values()))
    return Block(block.params, tuple(body), tuple(copier.operand(r) for r in block.results))


def _is_late(stmt: Apply) -> bool:
    return is_light(stmt, 2) or (bool(sources(stmt)) and memory_of(stmt) is Memory.VIEW)

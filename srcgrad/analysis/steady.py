"""Which copies need not be copies.

Nobody writes what was copied until the copy is read last (:func:`is_steady`), or nobody reads what
was copied any more, and the copy may have its memory (:func:`is_last`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from srcgrad.analysis.memory import MemoryClasses, reads_content
from srcgrad.instances import is_plain_error
from srcgrad.ir.facts import fact, immutable
from srcgrad.ir.keeping import kept_by
from srcgrad.ir.nodes import Apply, Block, For, Function, If, Stmt, Var, While
from srcgrad.ir.ops import OPS
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.walk import (
    blocks,
    free_in_block,
    free_in_stmt,
    params_of,
    statements,
    used,
    variables,
)


@immutable
class Site:
    """Where a statement stands: the block, the position there, and the sites around."""

    block: Block
    position: int
    around: tuple[Site, ...] = ()


def sites_of(block: Block, around: tuple[Site, ...] = ()) -> Iterator[tuple[Stmt, Site]]:
    """The statements of a block and of those inside, with their sites."""
    for position, stmt in enumerate(block.body):
        site = Site(block, position, around)
        yield stmt, site
        for inner in blocks(stmt):
            yield from sites_of(inner, (*around, site))


def is_steady(
    copy: Apply,
    site: Site,
    memory: MemoryClasses,
    returned: bool = False,
    others: Iterable[Apply] = (),
) -> bool:
    """Whether the result of ``copy`` may as well show the memory of its argument.

    ``returned`` says that the program may give back what shows it, and ``others`` are copies that
    may be none either.
    """
    (source,) = variables(copy.args[0])
    if memory.is_written(copy.target) or memory.may_share(source, copy.target):
        return False
    seen = _seen(copy, memory, others)
    levels = (*site.around, site)
    if not kept_in(levels[0].block).isdisjoint(seen):
        return False  # who has it reads it when everything has been written
    for level in reversed(levels):
        rest = level.block.body[level.position + 1 :]
        leaves = any(var in seen for result in level.block.results for var in variables(result))
        if not _is_read_before_writes(rest, seen, source, memory, leaves):
            return False
        if not leaves:
            return True
        outer = level.around[-1] if level.around else None
        # What leaves a trip of a loop may be read in the next.
        owner = None if outer is None else outer.block.body[outer.position]
        if isinstance(owner, For | While) and _writes_again(owner, source, memory):
            return False
        if owner is not None and not isinstance(owner, For | While | If):
            return False
    return returned


def is_last(copy: Apply, site: Site, memory: MemoryClasses, outside: Container[Var]) -> bool:
    """Whether nobody reads or writes what ``copy`` was made of from there on.

    Then its memory may be written as the copy's.  That is not so with what is ``outside``: the
    arrays of whoever calls the function.
    """
    (source,) = variables(copy.args[0])
    if memory.may_share(source, copy.target):
        return False
    own = set(memory.members(source))
    if any(var in outside for var in own):
        return False
    for level in reversed((*site.around, site)):
        rest = level.block.body[level.position + 1 :]
        if any(_touches(stmt, own) for stmt in rest):
            return False
        if any(var in own for result in level.block.results for var in variables(result)):
            return False
        outer = level.around[-1] if level.around else None
        owner = None if outer is None else outer.block.body[outer.position]
        if isinstance(owner, For | While) and stays(owner, source, memory):
            return False
        if owner is not None and not isinstance(owner, For | While | If):
            return False
    return True


def out_of_sight(function: Function) -> set[Var]:
    """The variables that show what others may read: the caller's arrays, what is kept in objects
    from outside, and what calls are given of which it is not known what they do."""
    found = {*params_of(function), *free_in_block(function.body)}
    for stmt in statements(function.body.body):
        # Of functions that call themselves it may not be known yet whether they are pure.
        op = OPS.get(stmt.op) if isinstance(stmt, Apply) else None
        if isinstance(stmt, Apply) and (op is None or not op.pure):
            found.update(used(stmt))
    return found


def _touches(stmt: Stmt, own: set[Var]) -> bool:
    """Whether a statement does more with one of ``own`` than ask for its shape or name a view."""
    for each in statements((stmt,)):
        touched = reads_content(each) if isinstance(each, Apply) else used(each)
        if any(var in own for var in (*touched, *stored_by(each))):
            return True
        if any(var in own for block in blocks(each) for r in block.results for var in variables(r)):
            return True
    return False


@fact
def kept_in(block: Block) -> frozenset[Var]:
    """What is left in objects from outside, or given to calls of which nothing is known."""
    found: set[Var] = set()
    for stmt in statements(block.body):
        kept = kept_by(stmt)
        if kept is not None:
            found.update(variables(kept))
        elif isinstance(stmt, Apply) and OPS.get(stmt.op) is None and not is_plain_error(stmt.op):
            found.update(used(stmt))
    return frozenset(found)


def _writes_again(loop: For | While, source: Var, memory: MemoryClasses) -> bool:
    """Whether a later trip of a loop may write into the memory that ``source`` shows."""
    return _writes((loop,), source, memory) and stays(loop, source, memory)


def stays(loop: For | While, source: Var, memory: MemoryClasses) -> bool:
    """Whether a later trip of a loop may have the memory that ``source`` shows in one.

    It has not if each trip has an array of its own: if none comes in.
    """
    own = set(memory.members(source))
    params = (param for block in blocks(loop) for param in block.params)
    if any(var in own for var in (*params, *free_in_stmt(loop))):
        return True
    made = (s for s in statements((loop,)) if isinstance(s, Apply) and s.target in own)
    return any(stmt.op not in OPS for stmt in made)


def _seen(copy: Apply, memory: MemoryClasses, others: Iterable[Apply]) -> set[Var]:
    """What may show the memory of ``copy``, through other copies too."""
    seen = set(memory.members(copy.target))
    waiting = list(others)
    while reached := [other for other in waiting if any(v in seen for v in used(other))]:
        for other in reached:
            waiting.remove(other)
            seen.update(memory.members(other.target))
    return seen


def _is_read_before_writes(
    rest: tuple[Stmt, ...], seen: set[Var], source: Var, memory: MemoryClasses, leaves: bool
) -> bool:
    """Whether ``rest`` writes into ``source`` only after it reads ``seen`` for the last time."""
    if leaves:
        return not _writes(rest, source, memory)
    readers = [i for i, stmt in enumerate(rest) if any(var in seen for var in free_in_stmt(stmt))]
    return not readers or not _writes(rest[: readers[-1] + 1], source, memory)


def _writes(body: Iterable[Stmt], source: Var, memory: MemoryClasses) -> bool:
    """Whether statements store into memory that ``source`` may show."""
    written = (buffer for stmt in statements(body) for buffer in stored_by(stmt))
    return any(memory.may_share(buffer, source) for buffer in written)

"""What a part of the program does besides giving values, as far as the specialiser has got."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from srcgrad.analysis.memory import MemoryClasses, has_memory, is_fresh, sources
from srcgrad.instances import is_plain_error
from srcgrad.ir.nodes import Apply, Operand, Stmt, Var
from srcgrad.ir.ops import AUGMENTED, OPS
from srcgrad.ir.recursion import altered_by
from srcgrad.ir.walk import blocks, statements, targets, variables

if TYPE_CHECKING:
    from srcgrad.specialise.engine import Specialiser


class Watch:
    """Looks at what is emitted from here on, in the block under construction."""

    def __init__(self, sp: Specialiser) -> None:
        self._sp = sp
        self._body, self._mark = sp.builder.body, len(sp.builder.body)
        self._before = sp.heap.save()
        self._outside = set(sp.outside)

    def has_effects(self) -> bool:
        """Whether somebody may see that it has run, or how often: it writes into what was there
        before, draws a number, prints."""
        new = statements(self._body[self._mark :])
        return self.changes() or self.writes() or any(map(_is_impure, new))

    def writes(self) -> bool:
        """Whether it writes into arrays that were there before."""
        return writes(self._body[self._mark :])

    def changes(self) -> bool:
        """Whether a list or an object that was there before is another one now."""
        contents = self._sp.heap.contents
        if any(contents.get(ref) is not content for ref, content in self._before.items()):
            return True
        return not self._outside.issuperset(self._sp.outside)


def _is_impure(stmt: Stmt) -> bool:
    if not isinstance(stmt, Apply) or stmt.op in AUGMENTED:
        return False
    op = OPS.get(stmt.op)
    if op is not None:
        return not op.pure
    is_error = isinstance(stmt.op, type) and issubclass(stmt.op, BaseException)
    return not isinstance(stmt.op, type) or (is_error and not is_plain_error(stmt.op))


def writes(body: Sequence[Stmt]) -> bool:
    """Whether statements write into arrays, but for those that they make."""
    return bool(written(body, MemoryClasses(body)))


def writes_into(
    sp: Specialiser, body: Sequence[Stmt], passing: Mapping[Var, Sequence[Operand]], read: Set[Var]
) -> bool:
    """Whether statements may write into one of the arrays ``read``.

    ``passing`` has what is passed to variables from outside the statements, and from trip to trip.
    """
    memory = MemoryClasses(body)
    buffers = written(body, memory)
    if not buffers or not read:
        return False
    inside = {var for stmt in statements(body) for var in (*targets(stmt), *_params(stmt))}
    mine = _origins(sp, read, memory, passing, inside)
    theirs = _origins(sp, buffers, memory, passing, inside)
    return mine is None or theirs is None or not mine.isdisjoint(theirs)


def _params(stmt: Stmt) -> Iterator[Var]:
    return (var for block in blocks(stmt) for var in block.params)


def _origins(
    sp: Specialiser,
    arrays: Iterable[Var],
    memory: MemoryClasses,
    passing: Mapping[Var, Sequence[Operand]],
    inside: Set[Var],
) -> set[Var] | None:
    """The inputs and the fresh arrays whose memory arrays may share, None if one is not known.

    ``memory`` tells of what is ``inside`` the statements.
    """
    known = frozenset(sp.inputs.leaves.values())
    found: set[Var] = set()
    seen: set[Var] = set()
    waiting = list(arrays)
    while waiting:
        var = waiting.pop()
        if var in seen or not has_memory(var):
            continue
        seen.add(var)
        stmt = sp.builder.definitions.get(var)
        waiting.extend(memory.members(var))
        if stmt is not None:
            behind = [v for operand in sources(stmt) for v in variables(operand) if has_memory(v)]
            waiting.extend(behind)
            found.update(() if behind else (var,))
        elif var in passing:
            waiting.extend(v for operand in passing[var] for v in variables(operand))
        elif var in known:
            found.add(var)
        elif var not in inside:
            return None  # carried by a loop around, or chosen by a branch before
    return found


def written(body: Sequence[Stmt], memory: MemoryClasses) -> list[Var]:
    """The arrays that statements write into, but for those that they make."""
    everything = list(statements(body))
    inside = {var for stmt in everything for var in targets(stmt)}
    own: set[Operand] = set()
    found: list[Var] = []
    for stmt in everything:
        augmented = isinstance(stmt, Apply) and stmt.op in AUGMENTED
        if isinstance(stmt, Apply) and (is_fresh(stmt) or (augmented and stmt.args[0] in own)):
            own.add(stmt.target)
        for buffer in altered_by(stmt):
            if not has_memory(buffer):
                continue  # a number: the sum is another one
            if any(var not in inside for var in memory.members(buffer)) or buffer not in own:
                found.append(buffer)
    return found

"""Common subexpressions: what was computed already is not computed again.

::

    a = np.exp(x)
    b = np.exp(x) * y      ->    b = a * y

Views and metadata are left alone: repeating them costs nothing.  What is kept in an object from
outside is an array of its own.  What is read from an array that is
written is the same only as long as nothing is written into it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from srcgrad.analysis.attempts import deciding
from srcgrad.analysis.changing import asks, changes, may_change
from srcgrad.analysis.escapes import kept
from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of, reads_content
from srcgrad.ir import intrinsics
from srcgrad.ir.nodes import Apply, Block, Const, Function, Operand, Pack, Stmt, Var
from srcgrad.ir.ops import OPS, Memory
from srcgrad.ir.recursion import stored_by
from srcgrad.ir.types import Array, Known, Scalar, number_of
from srcgrad.ir.walk import blocks, statements, targets, variables
from srcgrad.transform.rewrite import Rewriting, rewrite
from srcgrad.transform.simplify.order import is_metadata

_PRIVATE = (intrinsics.zero, intrinsics.fresh, intrinsics.scatter_add, intrinsics.call)
"""Operations whose results may be written to, each of which is an array of its own."""


def share_common(function: Function) -> Function:
    """``function`` with repeated pure operations replaced by their first result."""

    memory = MemoryClasses(function.body)
    versions = _Versions(memory)
    trying = {var for stmt in deciding(function.body.body) for var in targets(stmt)}
    if memory.any_written() or memory.is_disturbed():
        versions.block(function.body)
    escaping = kept(function.body, memory)
    results = [v for result in function.body.results for v in variables(result) if has_memory(v)]
    given = {memory.root(var) for var in results} if results else set()
    standing: set[Var] = set()
    """What stands for an array that is given back, and is none of them itself."""

    def is_given(var: Var) -> bool:
        return bool(given) and memory.root(var) in given

    def step(program: Rewriting, stmt: Stmt) -> None:
        key = _key(program, stmt, versions) if isinstance(stmt, Apply) else None
        is_kept = (
            isinstance(stmt, Apply) and bool(escaping) and memory.root(stmt.target) in escaping
        )
        if key is None or is_kept or any(var in trying for var in targets(stmt)):
            program.keep(stmt)
            return
        assert isinstance(stmt, Apply)
        found = next((scope[key] for scope in program.scopes if key in scope), None)
        if found is not None and is_given(stmt.target):
            if found in standing or is_given(found):
                found = None  # two arrays are given back, of which the caller may write one
            else:
                standing.add(found)
        if found is None:
            program.scopes[-1][key] = stmt.target
            program.keep(stmt)
        else:
            program.rename(stmt.target, found)

    return rewrite(function, step)


_OUTSIDE = "what objects from outside hold"


class _Versions:
    """What each operation reads of memory that is written, or of objects that calls may change:
    which state of it.

    The state of a class of memory is the number of the writes into it so far; a loop that writes
    begins with a state of its own.
    """

    def __init__(self, memory: MemoryClasses) -> None:
        self.memory = memory
        self.count: Counter[object] = Counter()
        self.read: dict[Var, tuple[tuple[object, int], ...]] = {}

    def block(self, block: Block) -> None:
        for stmt in block.body:
            if isinstance(stmt, Apply):
                roots: dict[object, None] = dict.fromkeys(
                    self.memory.root(var)
                    for var in reads_content(stmt)
                    if self.memory.is_written(var)
                )
                if asks(stmt):
                    roots[_OUTSIDE] = None
                self.read[stmt.target] = tuple((root, self.count[root]) for root in roots)
            written = self._written(stmt)
            for inner in blocks(stmt):
                self._bump(written)
                self.block(inner)
            self._bump(written)

    def _written(self, stmt: Stmt) -> list[object]:
        """What ``stmt`` writes: classes of memory, and what is outside."""
        if isinstance(stmt, Apply):
            stored: list[object] = [self.memory.root(buffer) for buffer in stored_by(stmt)]
            return [*stored, _OUTSIDE] if may_change(stmt) else stored
        found: list[object] = [
            self.memory.root(buffer) for s in statements((stmt,)) for buffer in stored_by(s)
        ]
        return [*found, _OUTSIDE] if changes((stmt,)) else found

    def _bump(self, written: list[object]) -> None:
        for each in written:
            self.count[each] += 1


def _key(program: Rewriting, stmt: Apply, versions: _Versions) -> Any:
    op = OPS.get(stmt.op)
    if op is None or not op.pure or stmt.op in _PRIVATE:
        return None
    is_scalar = isinstance(number_of(stmt.target.type), Scalar)
    if memory_of(stmt) is not Memory.FRESH and not is_scalar:
        return None
    if is_metadata(stmt):
        return None
    if program.is_stored(stmt.target):
        return None
    if not isinstance(number_of(stmt.target.type), Array | Scalar):
        return None
    kwargs = tuple((name, _operand_key(value)) for name, value in stmt.kwargs)
    read = versions.read.get(stmt.target, ())
    return (stmt.op, tuple(map(_operand_key, stmt.args)), kwargs, read, stmt.loc.errstate)


def _operand_key(operand: Operand) -> Any:
    if isinstance(operand, Const):
        return Known(operand.value)
    if isinstance(operand, Pack):
        return (operand.kind, tuple(map(_operand_key, operand.items)), operand.keys)
    return operand

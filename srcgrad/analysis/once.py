"""What a program does, or asks, that would be something else if it were done again.

It prints, logs, draws a random number, takes the next of an iterator, leaves a value in an object
from outside, or asks one how much is in it.
"""

from __future__ import annotations

import operator
from collections.abc import Container, Mapping
from dataclasses import dataclass

from srcgrad.analysis.attempts import PROPHECIES
from srcgrad.analysis.changing import asks, asks_object
from srcgrad.analysis.memory import MemoryClasses, has_memory, memory_of
from srcgrad.analysis.opaque import is_harmless
from srcgrad.analysis.strangers import is_stranger
from srcgrad.errors import AliasingError
from srcgrad.ir import intrinsics
from srcgrad.ir.keeping import KEEPING
from srcgrad.ir.nodes import Apply, Block, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array, Unknown
from srcgrad.ir.walk import statements, used
from srcgrad.transform.simplify.dead import is_pure

_SAME = frozenset((operator.is_, operator.is_not, id))
"""Operations that tell an object from a copy of it."""


@dataclass(frozen=True, slots=True)
class Once:
    """What is not repeated.

    Attributes
    ----------
    effects : dict of Var to Apply
        The operations that do something besides giving their result.
    asked : dict of Var to Apply
        Those that would give something else later.
    """

    effects: Mapping[Var, Apply]
    asked: Mapping[Var, Apply]

    def __contains__(self, var: Var) -> bool:
        return var in self.effects or var in self.asked

    def __bool__(self) -> bool:
        return bool(self.effects) or bool(self.asked)


def happening_once(body: Block, memory: MemoryClasses, repeatable: Container[Var]) -> Once:
    """What ``body`` does that a second sweep must not do again.

    Parameters
    ----------
    body : Block
        The program.
    memory : MemoryClasses
        What it writes.
    repeatable : set of Var
        What functions give that have no effect, though nothing else is known of them.

    Raises
    ------
    AliasingError
        At the call of a function of the program that does such things.
    """
    effects: dict[Var, Apply] = {}
    asked: dict[Var, Apply] = {}
    for stmt in statements(body.body):
        if not isinstance(stmt, Apply) or stmt.op in PROPHECIES or stmt.target in repeatable:
            continue
        if isinstance(stmt.op, Recursive):
            if not is_pure(stmt):
                message = "a pullback repeats what the function writes, and would repeat what this "
                message += "function, which calls itself, does besides giving a value"
                raise AliasingError(message, stmt.loc, "use value_and_grad")
        elif not is_pure(stmt):
            effects[stmt.target] = stmt
        elif _would_differ(stmt, memory) or (
            stmt.op in _SAME and any(var in effects or var in asked for var in used(stmt))
        ):
            asked[stmt.target] = stmt
    return Once(effects, asked)


def _would_differ(stmt: Apply, memory: MemoryClasses) -> bool:
    """Whether an operation reads what may be something else when it is repeated."""
    if asks_object(stmt):
        return True
    return asks(stmt) and memory.is_disturbed() and not any(map(memory.is_written, used(stmt)))


def refuse_written_again(
    once: Once, pullback: Block, memory: MemoryClasses, made: Mapping[Var, Apply]
) -> None:
    """Refuses calls that may write into arrays which the pullback computes again."""
    foreign = [
        stmt
        for stmt in once.effects.values()
        if stmt.op not in KEEPING
        and stmt.op is not intrinsics.copied
        and any(map(_is_array, used(stmt)))
        and not is_harmless(stmt, made)
    ]
    if not foreign:
        return
    every = [stmt for stmt in statements(pullback.body) if not stmt.loc.adjoint]
    read = {memory.root(v) for stmt in every for v in used(stmt) if has_memory(v)}
    for stmt in foreign:
        if any(memory.root(var) in read for var in used(stmt) if _is_array(var)):
            message = "this call may write into an array that the pullback computes again"
            raise AliasingError(message, stmt.loc, "hand on a copy, or use value_and_grad")


def _is_array(var: Var) -> bool:
    return isinstance(var.type, Array | Unknown)


def refuse_shared(once: Once, wanted: Mapping[Var, Var]) -> None:
    """Refuses writes into arrays that come from outside, of which a pullback needs copies: who else
    has them would not see what it writes.

    ``wanted`` has the variables of the program by their names in the pullback.
    """
    for name, var in wanted.items():
        stmt = once.asked.get(var) or once.effects.get(var)
        if name is not var and stmt is not None and not gives_own(stmt):
            message = "a pullback repeats what is written into this array, which may be one of "
            message += "somebody else's"
            raise AliasingError(message, stmt.loc, "write into a copy, or use value_and_grad")


def gives_own(stmt: Apply) -> bool:
    """Whether what an operation gives is in memory that nobody else has: a new array, of random
    numbers too."""
    return memory_of(stmt) is Memory.FRESH or (
        isinstance(stmt.target.type, Array) and is_stranger(stmt)
    )

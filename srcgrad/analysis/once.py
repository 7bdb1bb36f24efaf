"""What a program does, or asks, that would be something else if it were done again.

It prints, logs, draws a random number, takes the next of an iterator, leaves a value in an object
from outside, or asks one how much is in it.
"""

from __future__ import annotations

import operator
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from srcgrad.analysis.attempts import PROPHECIES
from srcgrad.analysis.changing import asks, asks_object
from srcgrad.analysis.memory import MemoryClasses, memory_of
from srcgrad.analysis.strangers import is_stranger
from srcgrad.errors import AliasingError
from srcgrad.ir.nodes import Apply, Block, Function, Var
from srcgrad.ir.ops import Memory
from srcgrad.ir.recursion import Recursive
from srcgrad.ir.types import Array
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
    """
    effects: dict[Var, Apply] = {}
    asked: dict[Var, Apply] = {}
    for stmt in statements(body.body):
        if not isinstance(stmt, Apply) or stmt.op in PROPHECIES or stmt.target in repeatable:
            continue
        if isinstance(stmt.op, Recursive):
            continue
        if not is_pure(stmt):
            effects[stmt.target] = stmt
        elif _would_differ(stmt, memory) or (
            stmt.op in _SAME and any(var in effects or var in asked for var in used(stmt))
        ):
            asked[stmt.target] = stmt
    return Once(effects, asked)


def refuse_repeated_calls(body: Block, functions: Iterable[Function]) -> None:
    """Refuses calls, which a pullback repeats as a whole, of ``functions`` of the program that do
    or ask such things.

    Raises
    ------
    AliasingError
        At the call.
    """
    inside = [s for f in functions for s in statements(f.body.body) if isinstance(s, Apply)]
    own = [s for s in inside if not isinstance(s.op, Recursive) and s.op not in PROPHECIES]
    some_ask, some_do = any(map(asks_object, own)), not all(map(is_pure, own))
    for stmt in statements(body.body):
        if not isinstance(stmt, Apply) or not isinstance(stmt.op, Recursive):
            continue
        message = "a pullback repeats what is written, and would call this function again, "
        if some_do and not is_pure(stmt):  # or it may only raise
            message += "which calls itself and does more than give a value"
            raise AliasingError(message, stmt.loc, "use value_and_grad")
        if some_ask and asks_object(stmt):
            message += "which calls itself and asks an object that may have changed by then"
            hint = "ask the object before, and hand on what it says, or use value_and_grad"
            raise AliasingError(message, stmt.loc, hint)


def _would_differ(stmt: Apply, memory: MemoryClasses) -> bool:
    """Whether an operation reads what may be something else when it is repeated."""
    if asks_object(stmt):
        return True
    return asks(stmt) and memory.is_disturbed() and not any(map(memory.is_written, used(stmt)))


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

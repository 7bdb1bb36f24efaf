"""How many elements masks select: as many in ``y[mask]`` as in ``x[mask]``, unless it is written.

A mask may be written through any array of booleans, and by any call that is not pure.  As long as
the whole program has no such statement, what a mask selects is as long throughout the block that
computes it: in each trip of a loop in there, and in the reverse of that.  Where there has been one,
it is so in the block where it is asked for, until the next.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from srcgrad.ir.nodes import Apply, Operand, Stmt, Store, Var
from srcgrad.ir.ops import AUGMENTED, OPS
from srcgrad.ir.types import Array, Length, Symbol, number_of

_OPPOSITE = (operator.invert, np.invert, np.logical_not)


@dataclass(frozen=True)
class _Selected:
    """The length that a mask selects in a block, after a number of changes."""

    block: list[Stmt]
    changes: int
    length: Length


class Masks:
    """The lengths that masks select.

    Attributes
    ----------
    changes : int
        How many statements have been emitted that may write into a mask.
    trusted : bool
        Whether a length has been taken to be one throughout a loop.
    """

    def __init__(self, definitions: Mapping[Var, Apply]) -> None:
        self.definitions = definitions
        self.changes = 0
        self.trusted = False
        self.is_input: Callable[[Var], bool] = lambda var: False
        self.outermost: list[Stmt] = []
        """The block of the program in which inputs are; the reverse comes after it."""
        self._homes: dict[Var, list[Stmt]] = {}
        self._found: dict[tuple[Var, bool], _Selected] = {}

    def note(self, stmt: Stmt, block: list[Stmt]) -> None:
        """Takes note of a statement that is emitted into a block."""
        if isinstance(stmt, Store):
            self.changes += _may_be_mask(stmt.buffer)
        elif isinstance(stmt, Apply):
            if _may_be_mask(stmt.target):
                self._homes[stmt.target] = block
            op = OPS.get(stmt.op)
            if stmt.op in AUGMENTED:
                self.changes += any(map(_may_be_mask, stmt.args[:1]))
            elif op is None or not op.pure:
                self.changes += 1

    def selected(self, mask: Var, blocks: list[list[Stmt]]) -> Length:
        """How many elements a mask selects, in the last of the ``blocks`` under construction."""
        key = self._origin(mask)
        known = self._found.get(key)
        home = blocks[-1]
        if not self.changes:
            home = self._home(key[0], blocks)
            self.trusted = self.trusted or home is not blocks[-1]
        if known is None or known.block is not home or known.changes != self.changes:
            known = self._found[key] = _Selected(home, self.changes, Length(Symbol()))
        return known.length

    def _origin(self, mask: Var) -> tuple[Var, bool]:
        """What a mask is the opposite of, and whether it is: ``~m`` is computed anew in places."""
        opposite = False
        while (made := self.definitions.get(mask)) is not None and made.op in _OPPOSITE:
            if len(made.args) != 1 or made.kwargs or not isinstance(made.args[0], Var):
                break
            mask, opposite = made.args[0], not opposite
        return mask, opposite

    def _home(self, mask: Var, blocks: list[list[Stmt]]) -> list[Stmt]:
        """The block that computes a mask, if what it computes is there."""
        home = self.outermost if self.is_input(mask) else self._homes.get(mask)
        if home is self.outermost or any(block is home for block in blocks):
            assert home is not None
            return home
        return blocks[-1]


def _may_be_mask(operand: Operand) -> bool:
    type_ = number_of(operand.type) if isinstance(operand, Var) else None
    return not isinstance(type_, Array) or type_.dtype.kind == "b"

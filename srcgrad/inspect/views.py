"""The stages of one compilation, as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from srcgrad.ir.nodes import Function


@dataclass(frozen=True)
class Lowered:
    """What the compiler made of a function, stage by stage.

    Attributes
    ----------
    primal, derivative : Function
        The typed program, and its derivative as it comes from reversing.
    source : str
        The generated source.
    """

    primal: Function
    derivative: Function
    source: str

    @cached_property
    def ssa(self) -> str:
        """The typed program in SSA form."""
        from srcgrad.ir.printer import to_text

        return to_text(self.primal)

    @cached_property
    def adjoint(self) -> str:
        """The derivative before it was simplified, in SSA form."""
        from srcgrad.ir.printer import to_text

        return to_text(self.derivative)

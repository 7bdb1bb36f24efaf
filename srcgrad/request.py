"""What is asked of a function."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Mode(Enum):
    """What the generated function returns."""

    GRAD = "grad"
    VALUE_AND_GRAD = "value_and_grad"
    VJP = "vjp"


@dataclass(frozen=True)
class Request:
    """The mode, the parameters to differentiate, whether the function returns aux too."""

    mode: Mode
    argnums: int | tuple[int, ...] = 0
    has_aux: bool = False

    @property
    def positions(self) -> tuple[int, ...]:
        return self.argnums if isinstance(self.argnums, tuple) else (self.argnums,)

    def behind(self, count: int) -> Request:
        """The same for a function that takes ``count`` more arguments in front."""
        numbers = tuple(n + count if n >= 0 else n for n in self.positions)
        return replace(self, argnums=numbers if isinstance(self.argnums, tuple) else numbers[0])


def check_argnums(argnums: object) -> None:
    """Raises TypeError unless ``argnums`` is an int or a tuple of different ints."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    if not numbers:
        raise TypeError("argnums names no argument")
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
        raise TypeError(f"argnums must be an int or a tuple of ints, not {argnums!r}")
    if len(set(numbers)) != len(numbers):
        raise TypeError(f"argnums names an argument twice: {argnums!r}")

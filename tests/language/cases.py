"""Programs as a table: each is a function with the arguments that it is checked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pytest

from tests.language.checking import check

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Case:
    """A program, its arguments, and what :func:`check` takes besides."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any]

    def run(self) -> None:
        check(self.f, *self.args, **self.options)


@dataclass
class Table:
    """Collects the programs of one test module."""

    cases: list[Any] = field(default_factory=list)

    def __call__(self, *args: Any, **options: Any) -> Callable[[F], F]:
        """Adds the decorated program; ``options`` are those of ``check``."""

        def add(f: F) -> F:
            same = sum(param.values[0].f is f for param in self.cases)
            name = f"{f.__name__}-{same}" if same else f.__name__
            self.cases.append(pytest.param(Case(f, args, options), id=name))
            return f

        return add


def vector(n: int = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    """Some numbers well away from zero and from each other."""
    return np.random.default_rng(seed).uniform(0.4, 1.6, size=n)


def matrix(m: int = 3, n: int = 4, seed: int = 0) -> np.ndarray[Any, Any]:
    """A matrix of such numbers."""
    return np.random.default_rng(seed).uniform(0.4, 1.6, size=(m, n))

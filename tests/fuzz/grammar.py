"""Draws expressions: scalars, vectors and matrices whose values stay small.

Nothing here can fail in NumPy: the lengths of all vectors are known while drawing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

CONSTANTS = ("0.5", "-0.75", "0.3", "1.25", "0.8")


@dataclass
class Scope:
    """The names that are certainly assigned: vectors and lists with the lengths of the vectors."""

    vectors: dict[str, int] = field(default_factory=dict)
    scalars: list[str] = field(default_factory=list)
    matrices: list[str] = field(default_factory=list)
    lists: dict[str, tuple[int, int]] = field(default_factory=dict)  # how many, of which length
    counters: dict[str, int] = field(default_factory=dict)  # loop variables, below which number
    stacked: list[str] = field(default_factory=list)  # what was made of lists

    def copy(self) -> Scope:
        return Scope(
            dict(self.vectors),
            list(self.scalars),
            list(self.matrices),
            dict(self.lists),
            dict(self.counters),
            list(self.stacked),
        )


class Grammar:
    """Draws expressions; ``n`` is the length of most vectors, ``rows`` that of the matrices."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.n = rng.choice([3, 4, 4, 5])
        self.rows = rng.choice([2, 3])

    def one(self, choices: Sequence[T]) -> T:
        return self.rng.choice(choices)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    # --- indices

    def index(self, scope: Scope, length: int) -> str:
        """Of one element of an axis of this length."""
        fits = [i for i, most in scope.counters.items() if most <= length]
        wrapped = [f"{i} % {length}" for i in scope.counters] + [f"{i} - 1" for i in fits]
        if (fits or wrapped) and self.chance(0.6):
            return self.one(fits * 3 + wrapped)
        return str(self.rng.randrange(-length, length))

    def span(self, length: int, part: int) -> str:
        """A slice of ``part`` elements of an axis of this length."""
        gap = length - part
        choices = [(start, start + part, 1) for start in range(gap + 1)]
        if part > 1:
            last = 2 * (part - 1)
            choices += [(start, start + last + 1, 2) for start in range(length - last)]
        start, stop, step = self.one(choices)
        if step == 1 and part == length and self.chance(0.3):
            return "::-1"
        first = str(start) if start or self.chance(0.2) else ""
        end = "" if stop == length else str(stop if self.chance(0.5) else stop - length)
        return f"{first}:{end}" if step == 1 else f"{first}:{end}:2"

    def repeated(self, length: int, part: int) -> str:
        """A display of indices of which at least two are the same element."""
        picks = [self.rng.randrange(length) for _ in range(part)]
        a, b = self.rng.sample(range(part), 2)
        picks[a] = picks[b]
        if self.chance(0.3):
            picks[a] -= length
        return str(picks)

    # --- expressions

    def scalar(self, scope: Scope, depth: int = 2) -> str:
        kind = self.rng.randrange(9) if depth else self.rng.randrange(2)
        if kind == 0:
            return self.one(scope.scalars)
        if kind <= 2:
            return self.element(scope)
        if kind == 3:
            return self.reduction(scope, depth - 1)
        a, b = self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)
        return self.one(
            [
                f"({a} + {b}) * 0.5",
                f"({a} - {b} * 0.4)",
                f"{a} * np.sin({b})",
                f"np.tanh({a} * {b})",
                f"np.cos({a})",
                f"{a} / (1.0 + ({b}) ** 2)",
                f"np.exp(-(({a}) ** 2))",
                f"({a} if {self.test(scope)} else {b})",
                self.one(CONSTANTS),
            ]
        )

    def element(self, scope: Scope) -> str:
        name = self.one([*scope.vectors, *scope.matrices])
        if name in scope.vectors:
            return f"{name}[{self.index(scope, scope.vectors[name])}]"
        return f"{name}[{self.index(scope, self.rows)}, {self.index(scope, self.n)}]"

    def reduction(self, scope: Scope, depth: int) -> str:
        length = self.one([self.n, *scope.vectors.values()])
        a, b = self.vector(scope, length, depth), self.vector(scope, length, depth)
        return self.one(
            [f"np.sum({a}) * 0.3", f"np.mean({a} * {b})", f"np.tanh(np.dot({a}, {b}))"]
            + [f"{m}.mean()" for m in scope.matrices[:1]]
        )

    def test(self, scope: Scope) -> str:
        """A condition; most often on what is in an array."""
        a, b = self.element(scope), self.scalar(scope, 0)
        return self.one(
            [
                f"{a} > {self.one(CONSTANTS)}",
                f"{a} < {b}",
                f"np.sum({self.any_vector(scope)}) > {self.one(CONSTANTS)}",
                f"{b} < {self.one(CONSTANTS)}",
                f"{a} > -0.5 and not {b} > 0.9",
                *(f"{i} % 2 == {self.rng.randrange(2)}" for i in scope.counters),
            ]
        )

    def any_vector(self, scope: Scope) -> str:
        return self.one(list(scope.vectors))

    def atom(self, scope: Scope, length: int) -> str:
        """A vector of this length with no arithmetic: a name, a view, a row, an element's view."""
        choices = [name for name, size in scope.vectors.items() if size == length] * 3
        for name, size in scope.vectors.items():
            if size > length:
                choices.append(f"{name}[{self.span(size, length)}]")
        for name in scope.matrices:
            row = f"{name}[{self.index(scope, self.rows)}]"
            if length == self.n:
                choices.append(row)
            elif length < self.n:
                choices.append(
                    f"{name}[{self.index(scope, self.rows)}, {self.span(self.n, length)}]"
                )
            if length == self.rows:
                choices.append(f"{name}[:, {self.index(scope, self.n)}]")
        for name, (count, size) in scope.lists.items():
            if size == length:
                choices.append(f"{name}[{self.index(scope, count)}]")
        longer = [name for name, size in scope.vectors.items() if size >= 2]
        if not choices:
            name = self.one(longer)
            return f"{name}[{[self.rng.randrange(scope.vectors[name]) for _ in range(length)]}]"
        return self.one(choices)

    def vector(self, scope: Scope, length: int, depth: int = 2) -> str:
        kind = self.rng.randrange(12) if depth > 0 else 0
        if kind <= 2:
            return self.atom(scope, length)
        a, b = self.vector(scope, length, depth - 1), self.vector(scope, length, depth - 1)
        s = self.scalar(scope, 0)
        choices = [
            f"({a} + {b}) * 0.5",
            f"({a} - 0.3 * {b})",
            f"{a} * np.sin({b})",
            f"np.tanh({a} * {b})",
            f"np.tanh({a} + {s})",
            f"np.sin({a})",
            f"({s} * np.cos({a}))",
            f"np.where({a} > {self.one(CONSTANTS)}, {b}, np.sin({a}))",
            f"np.where({a} > {self.one(CONSTANTS)}, {b}, {self.vector(scope, length, 0)})",
            f"np.maximum({a}, 0.5 * {b})",
            f"{a} / (1.0 + ({b}) ** 2)",
            f"np.flip({a})",
            f"np.exp(-(({a}) ** 2))",
        ]
        if scope.matrices and length == self.rows:
            choices.append(f"np.tanh({self.one(scope.matrices)} @ {self.vector(scope, self.n, 0)})")
        if scope.matrices and length in (self.n, self.rows):
            axis = 0 if length == self.n else 1
            m = self.one(scope.matrices)
            choices += [f"np.mean({m}, axis={axis})", f"np.sin({m}.sum(axis={axis - 2}))"]
        if scope.matrices and length == self.n:
            left = self.vector(scope, self.rows, 0)
            choices.append(f"np.tanh({left} @ {self.one(scope.matrices)})")
        return self.one(choices)

    def matrix(self, scope: Scope, depth: int = 1) -> str:
        m = self.one(scope.matrices)
        if depth == 0:
            return m
        v = self.vector(scope, self.n, 1)
        return self.one(
            [
                f"np.sin({m} * {v})",
                f"({m} + {v}) * 0.5",
                f"np.tanh({m}) * {self.scalar(scope, 1)}",
                f"np.outer({self.vector(scope, self.rows, 0)}, {v}) * 0.4",
                f"{m}.copy()",
            ]
        )

"""Draws programs of vectors that share conditions, pass values on unchanged and read elements.

This is where a simplifier can go wrong about memory: a cotangent that is passed on is one array
under two names, and one that gathers elements is written in place.
"""

from __future__ import annotations

import random

SIGNATURE = "def f(x, y, W, c, n):"
LOOPS = ("range(n)", "range(2)", "range(n - 1, -1, -1)")


class Programs:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.vectors = ["x", "y"]
        self.numbers = ["s"]
        self.indices = ["0", "1", "-1"]
        self.budget = self.rng.randint(3, 11)

    def one(self, choices: list[str]) -> str:
        return self.rng.choice(choices)

    def vector(self) -> str:
        a, b, i = self.one(self.vectors), self.one(self.vectors), self.one(self.indices)
        return self.one(
            [
                f"{a} + {b}", f"{a} - {b}", f"np.tanh({a})", f"np.sin({a} * {b})", f"{a} @ W",
                f"W @ {a}", f"W[{i}] * {a}", f"{a} * np.cos({self.one(self.numbers)})", f"-{a}",
                f"{a}[::-1]", f"np.maximum({a}, 0.137)", f"np.where({a} > {b}, {a}, 0.5 * {b})",
                f"{a}[[0, 2, 0]]", f"{a}.reshape(-1)", f"np.sum({a}) * {b}", f"0.5 * {a}",
            ]
        )  # fmt: skip

    def number(self) -> str:
        a, b = self.one(self.vectors), self.one(self.vectors)
        i, j = self.one(self.indices), self.one(self.indices)
        return self.one(
            [
                f"{a}[{i}] * {b}[{j}]", f"np.sin({a}[{i}])", f"np.sum({a} * {b})", f"np.mean({a})",
                f"W[{i}, {j}] * {a}[{i}]", f"np.sum(np.tanh({a}[1:]))", f"{a}[{i}] * {a}[{i}]",
            ]
        )  # fmt: skip

    def block(self, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.rng.randint(1, 4 if depth else 7)):
            self.budget -= 1
            if self.budget < 0:
                break
            lines += self.statement(depth)
        return lines or ["s = s * 0.9"]

    def statement(self, depth: int) -> list[str]:
        kind = self.rng.randint(0, 9)
        if kind < 4 or (kind > 7 and depth > 1):
            name = self.one(self.vectors + ([f"v{self.budget}"] if not depth else []))
            line = f"{name} = {self.vector()}"
            self.vectors += [] if name in self.vectors else [name]
            return [line]
        if kind < 7:
            return [f"s = s + {self.number()}"]
        if kind == 7:
            return [f"{self.one(self.vectors)} = {self.one(self.vectors)}"]
        if kind == 8:
            lines = [f"if {self.one(['c > 0', 'c > 0', 'c < 1', 's > 0.3'])}:"]
            lines += indented(self.block(depth + 1))
            if self.rng.random() < 0.6:
                lines += ["else:", *indented(self.block(depth + 1))]
            return lines
        head = f"for i{depth} in {self.one(list(LOOPS))}:"
        self.indices.append(f"i{depth} % 3")
        body = self.block(depth + 1)
        self.indices.pop()
        return [head, *indented(body)]


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def program(seed: int) -> str:
    """The text of a module with a function ``f``, which gives a number and a vector."""
    drawn = Programs(seed)
    body = drawn.block(0)
    total = " + ".join(["s", *(f"np.sum({v} * {v})" for v in drawn.vectors[-2:])])
    lines = [SIGNATURE, "    s = 0.0", *indented(body)]
    lines += [f"    return {total}, {drawn.one(drawn.vectors)}", ""]
    return "import numpy as np\n\n" + "\n".join(lines)

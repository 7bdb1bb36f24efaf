"""Draws programs: functions of floats and small arrays, with branches, loops and helpers.

Scalars are called ``s0``, ``s1`` …, arrays of three elements ``a0``, ``a1`` …; a name keeps its
kind for good.  Every operation keeps its values small and is smooth, so that a program has kinks
only where it branches.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

HELPERS = """
import math
import numpy as np

GAIN = 0.75
TABLE = np.array([0.5, -0.25, 1.5])


def damped(u, k=0.5):
    return math.tanh(u) * k + GAIN * u / (1.0 + u * u)


def either(u, w):
    if u > w:
        return u - 0.5 * w
    if w > 1.0:
        return math.sin(w)
    w = w * u
    return w


def mixed(p, q, *rest, scale=0.5):
    r = np.tanh(p) * scale + q * TABLE
    for other in rest:
        r = r * 0.5 + np.sin(other)
    return r


def both(u, p):
    m = np.mean(p)
    return u * 0.5 + m, {"array": np.cos(p) * u, "total": (m, u)}


def summed(p):
    total = 0.0
    for c in p:
        total = total + c * c * 0.25
    return total

"""

SIGNATURE = "def f(s0, s1, a0, a1, n):"
CONSTANTS = ("0.5", "-1.25", "2.0", "0.75", "1")


class Programs:
    """Draws statements; ``scalars`` and ``arrays`` are the names that are certainly assigned."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.budget = rng.randint(3, 14)
        self.count = 0
        self.indices: list[str] = []

    def one(self, choices: Sequence[T]) -> T:
        return self.rng.choice(choices)

    def flip(self) -> bool:
        return self.rng.random() < 0.5

    # --- expressions

    def scalar(self, scope: Scope, depth: int = 2) -> str:
        kind = self.rng.randint(0, 13 if depth else 2)
        if kind <= 1 or not depth:
            return self.one(scope.scalars)
        if kind == 2:
            return self.one(CONSTANTS)
        if kind == 3:
            return self.element(scope)
        u, w = self.scalar(scope, depth - 1), self.scalar(scope, depth - 1)
        return self.one(
            [
                f"({u} + {w})",
                f"({u} - {w})",
                f"({u} * {w} * 0.5)",
                f"math.sin({u})",
                f"{u} / (1.0 + {w} ** 2)",
                f"damped({u}, {w})",
                f"either({u}, w={w})",
                f"damped(math.cos({u}))",
                f"np.tanh({u})",
                f"({u} if {self.test(scope)} else {w})",
                f"np.sum({self.array(scope, depth - 1)}) * 0.25",
                f"np.mean({self.array(scope, depth - 1)} * {self.one(scope.arrays)})",
                f"summed({self.array(scope, depth - 1)})",
                f"(lambda q, r={w}: q * 0.5 - r)({u})",
            ]
        )

    def element(self, scope: Scope) -> str:
        index = self.one(["0", "-1", "1", *self.indices])
        return f"{self.one(scope.arrays)}[{index}]"

    def array(self, scope: Scope, depth: int = 2) -> str:
        kind = self.rng.randint(0, 10 if depth else 1)
        if kind <= 1 or not depth:
            return self.one(scope.arrays)
        a, b = self.array(scope, depth - 1), self.array(scope, depth - 1)
        s = self.scalar(scope, depth - 1)
        return self.one(
            [
                f"({a} + {b})",
                f"({a} - {b} * 0.5)",
                f"({a} * {b} * 0.5)",
                f"({a} * {s})",
                f"({s} - {a})",
                f"np.sin({a})",
                f"np.tanh({a} + {b})",
                f"{self.one(scope.arrays)}[::-1]",
                f"np.where({a} > {self.one(CONSTANTS)}, {a}, {b} * 0.5)",
                f"mixed({a}, {b})",
                f"mixed({a}, TABLE, {b}, scale={s})",
                f"({a} if {self.test(scope)} else {b})",
                f"np.concatenate([{self.one(scope.arrays)}[1:], {self.one(scope.arrays)}[:1]])",
            ]
        )

    def test(self, scope: Scope) -> str:
        u, w = self.one(scope.scalars), self.one(scope.scalars)
        return self.one(
            [
                f"{u} > {w}",
                f"{u} < {self.one(CONSTANTS)}",
                f"np.sum({self.one(scope.arrays)}) > {u}",
                f"0.0 < {u} <= {w}",
                f"({u} > 0.25 and not {w} > 1.0)",
                f"({u} > 2.0 or {self.element(scope)} < {w})",
                *(f"{i} % 2 == {self.rng.randint(0, 1)}" for i in self.indices),
            ]
        )

    # --- statements

    def block(self, scope: Scope, depth: int, most: int = 4) -> list[str]:
        lines: list[str] = []
        for _ in range(self.rng.randint(1, most)):
            self.budget -= 1
            if self.budget < 0:
                break
            kinds = [self.assign, self.assign, self.assign, self.swap, self.augment, self.unpack]
            if depth < 3:
                kinds += [self.branch, self.count_loop, self.while_loop, self.element_loop]
            if depth == 0:
                kinds += [self.guard, self.container_loop]
            lines += self.one(kinds)(scope, depth)
        return lines or ["pass"]

    def target(self, scope: Scope, names: str) -> str:
        known = scope.scalars if names == "s" else scope.arrays
        if self.flip() or self.count > 5:
            return self.one(known)
        self.count += 1
        return f"{names}{self.count + 1}"

    def assign(self, scope: Scope, depth: int) -> list[str]:
        if self.flip():
            value, name = self.scalar(scope), self.target(scope, "s")
        else:
            value, name = self.array(scope), self.target(scope, "a")
        scope.add(name)
        return [f"{name} = {value}"]

    def augment(self, scope: Scope, depth: int) -> list[str]:
        if self.flip():
            operator = self.one(["+=", "-=", "*="])
            return [f"{self.one(scope.scalars)} {operator} {self.scalar(scope, 1)}"]
        name = self.one(scope.arrays)
        lines = [f"{name} = {self.array(scope, 1)} * {self.one(CONSTANTS)}"]
        operand = self.array(scope, 1) if self.flip() else self.scalar(scope, 1)
        return [*lines, f"{name} {self.one(['+=', '-=', '*='])} {operand}"]

    def swap(self, scope: Scope, depth: int) -> list[str]:
        if self.flip():
            u, w = self.one(scope.scalars), self.one(scope.scalars)
            return [f"{u}, {w} = {w}, {self.scalar(scope, 1)}"]
        a, b = self.one(scope.arrays), self.one(scope.arrays)
        return [f"{a}, {b} = {b}, {a}"]

    def unpack(self, scope: Scope, depth: int) -> list[str]:
        u, a = self.target(scope, "s"), self.target(scope, "a")
        value = f"both({self.scalar(scope, 1)}, {self.array(scope, 1)})"
        w = self.one(scope.scalars)
        scope.add(u)
        scope.add(a)
        return [f"{u}, rest = {value}", f"{a}, ({w}, _) = rest['array'], rest['total']"]

    def guard(self, scope: Scope, depth: int) -> list[str]:
        return [f"if {self.test(scope)}:", f"    return {self.scalar(scope)} + 0.0 * s0"]

    def branch(self, scope: Scope, depth: int) -> list[str]:
        test = self.test(scope)
        then, orelse = scope.copy(), scope.copy()
        lines = [f"if {test}:", *indented(self.block(then, depth + 1, 3))]
        if self.flip():
            lines += ["else:", *indented(self.block(orelse, depth + 1, 3))]
            scope.keep(then, orelse)
        return lines

    def count_loop(self, scope: Scope, depth: int) -> list[str]:
        index = f"i{len(self.indices)}"
        span = self.one(["n", "1, n", "n - 1, -1, -1", "0", "3", "0, 3, 2"])
        self.indices.append(index)
        body = self.block(scope.copy(), depth + 1, 3)
        self.indices.pop()
        return [f"for {index} in range({span}):", *indented(body)]

    def element_loop(self, scope: Scope, depth: int) -> list[str]:
        a, b = self.one(scope.arrays), self.one(scope.arrays)
        inner = scope.copy()
        head = self.one(
            [
                f"for sc in {a}:",
                f"for sc, sd in zip({a}, {b}):",
                f"for sc in reversed({a}):",
                f"for j, sc in enumerate({a}):",
                f"for sc in ({self.scalar(scope, 1)}, {self.scalar(scope, 1)}):",
            ]
        )
        inner.scalars += ["sc", "sd"] if "sc, sd" in head else ["sc"]
        self.indices += ["j"] if "j, sc" in head else []
        body = self.block(inner, depth + 1, 3)
        self.indices = [i for i in self.indices if i != "j"]
        return [head, *indented(body)]

    def container_loop(self, scope: Scope, depth: int) -> list[str]:
        u, w = self.one(scope.scalars), self.one(scope.scalars)
        a, b = self.one(scope.arrays), self.one(scope.arrays)
        inner = scope.copy()
        inner.scalars.append("sk")
        inner.arrays.append("ap")
        body = self.block(inner, depth + 1, 2)
        return [f"for sk, ap in [({u}, {a}), ({w}, {b})]:", *indented(body)]

    def while_loop(self, scope: Scope, depth: int) -> list[str]:
        counter = f"t{depth}{self.budget}"
        body = self.block(scope.copy(), depth + 1, 3)
        test = self.test(scope)
        return [
            f"{counter} = 0",
            f"while {test} and {counter} < {self.rng.randint(0, 3)}:",
            *indented(body),
            f"    {counter} += 1",
        ]


class Scope:
    """The names that are certainly assigned."""

    def __init__(self, scalars: list[str], arrays: list[str]) -> None:
        self.scalars = scalars
        self.arrays = arrays

    def copy(self) -> Scope:
        return Scope(list(self.scalars), list(self.arrays))

    def add(self, name: str) -> None:
        names = self.scalars if name.startswith("s") else self.arrays
        if name not in names:
            names.append(name)

    def keep(self, a: Scope, b: Scope) -> None:
        self.scalars = [name for name in a.scalars if name in b.scalars]
        self.arrays = [name for name in a.arrays if name in b.arrays]


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def program(seed: int) -> str:
    """The text of a module with a function ``f``."""
    drawing = Programs(random.Random(seed))
    scope = Scope(["s0", "s1"], ["a0", "a1"])
    body = drawing.block(scope, 0, 7)
    result = " + ".join(scope.scalars[-3:] + [f"np.sum({a})" for a in scope.arrays[-3:]])
    return HELPERS + "\n".join([SIGNATURE, *indented(body), f"    return {result}", ""])

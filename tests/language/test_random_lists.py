"""Programs made at random that build, share, change and read lists of unknown length.

Three lists of vectors are appended to, shortened, sliced, rotated, given to one another and read,
in loops and in branches, so that every version may still be needed when the next one is made.
"""

from __future__ import annotations

import itertools
import linecache
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import SrcgradError, value_and_grad, vjp
from tests.parts import batches

COUNTER = itertools.count()
LISTS = ("p", "q", "r")
ARGUMENTS = (
    (np.array([0.4, 1.3, -0.8]), np.array([1.1, -0.2, 0.6]), 3),
    (np.array([-1.1, 0.7, 0.9]), np.array([0.3, 1.4, -0.5]), 1),
)


class Program:
    """Draws the lines of one function of two vectors and a number."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def text(self) -> str:
        lines = ["p = [a * 0.5**i for i in range(n + 1)]", "q = [b]", "r = [*p, b]"]
        lines += self.block(0, 5)
        lines += ["total = np.sum(a * b)"]
        for name in LISTS:
            lines.append(f"total = total + np.sum(np.stack({name}) * np.cos(len({name}) + a))")
        body = "".join(f"    {line}\n" for line in [*lines, "return total"])
        others = "".join(f"def f{n}(a, b):\n    return f(a, b, {n})\n\n\n" for n in (1, 3))
        return f"import numpy as np\n\n\n{others}def f(a, b, n):\n{body}"

    def block(self, depth: int, count: int) -> list[str]:
        return [line for _ in range(count) for line in self.statement(depth)]

    def statement(self, depth: int) -> list[str]:
        compound = [self.loop, self.branch, self.each, self.until]
        simple = [self.grow, self.shrink, self.assign, self.read, self.read, self.change]
        return self.rng.choice(simple + compound if depth < 2 else simple)(depth)

    def one(self) -> str:
        return self.rng.choice(LISTS)

    def vector(self) -> str:
        xs = self.one()
        return self.rng.choice(
            [
                "a",
                "np.sin(b)",
                f"np.tanh({xs}[-1] * a)",
                f"{xs}[0]",
                f"{xs}[n % len({xs})] * 0.5",
                f"np.mean(np.array({xs}), axis=0)",
                f"sum({xs}) / len({xs})",
                f"np.cos(np.stack({xs})[0])",
            ]
        )

    def grow(self, depth: int) -> list[str]:
        xs = self.one()
        forms = [f"[*{xs}, {self.vector()}]", f"{xs} + [{self.vector()}]"]
        return [f"{xs} = {self.rng.choice([*forms, f'[{self.vector()}, *{xs}]'])}"]

    def shrink(self, depth: int) -> list[str]:
        xs = self.one()
        return [f"if len({xs}) > 1:", f"    {xs} = {xs}{self.rng.choice(['[:-1]', '[1:]'])}"]

    def assign(self, depth: int) -> list[str]:
        xs, ys = self.one(), self.one()
        return [
            self.rng.choice(
                [
                    f"{xs} = {ys}",
                    f"{xs} = {ys}[1:] + {ys}[:1]",
                    f"{xs} = {ys}[-2:] + {xs}[:1]",
                    f"{xs} = [np.tanh(v * a) for v in {ys}]",
                    f"{xs} = [v for v in {ys} if v[0] > -5] + [a]",
                    f"{xs}, {ys} = {ys}, {xs}",
                    f"{xs} = {ys} if np.sum(a * b) > 0.1 else {xs}[::-1]",
                ]
            )
        ]

    def read(self, depth: int) -> list[str]:
        return [f"{self.rng.choice('ab')} = np.tanh({self.vector()} + {self.vector()})"]

    def change(self, depth: int) -> list[str]:
        xs, ys = self.one(), self.one()
        return [
            f"before = {xs}",
            f"{xs} = [*{xs}, {self.vector()}]",
            f"{ys} = [*{ys}[-3:], before[-1] * {xs}[-1]]",
        ]

    def loop(self, depth: int) -> list[str]:
        return [f"for i{depth} in range(n):", *indented(self.block(depth + 1, 3))]

    def each(self, depth: int) -> list[str]:
        head = f"for e{depth} in {self.one()}[:4]:"
        use = f"a = np.tanh(a + e{depth} * {self.rng.choice(['0.5', 'b'])})"
        return [head, *indented([use, *self.block(depth + 1, 1)])]

    def branch(self, depth: int) -> list[str]:
        test = self.rng.choice(["a[0] > b[1]", "np.sum(a) > 0.3", f"len({self.one()}) > 3"])
        then, orelse = self.block(depth + 1, 2), self.block(depth + 1, 1)
        return [f"if {test}:", *indented(then), "else:", *indented(orelse)]

    def until(self, depth: int) -> list[str]:
        xs = self.one()
        lines = [f"{xs} = [*{xs}, {self.vector()}]", *self.read(depth)]
        return [f"while len({xs}) < 5:", *indented(lines)]


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def functions(source: str) -> dict[str, Callable[..., Any]]:
    """The function ``f`` of a program, and ``f1`` and ``f3``, which fix its number."""
    file = f"<random lists {next(COUNTER)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace: dict[str, Any] = {"__name__": f"random_lists_{next(COUNTER)}"}
    exec(compile(source, file, "exec"), namespace)
    return namespace


def check_program(seed: int) -> bool:
    """Whether a program was compiled; then it has the right value and gradient."""
    made = functions(Program(seed).text())
    f = made["f"]
    df = value_and_grad(f, argnums=(0, 1))
    for args in ARGUMENTS:
        want = f(*args)
        if not np.isfinite(want) or abs(want) > 1e6:
            return True
        try:
            value, bars = df(*(np.copy(x) for x in args[:2]), args[2])
        except SrcgradError:
            return False
        np.testing.assert_allclose(value, want, rtol=1e-11, atol=1e-11)
        rng = np.random.default_rng(3)
        steps = [rng.normal(size=3) for _ in range(2)]
        slopes = []
        for h in (1e-5, 1e-6):
            ends = [f(*(x + s * h * d for x, d in zip(args, steps)), args[2]) for s in (1, -1)]
            slopes.append((ends[0] - ends[1]) / (2 * h))
        found = sum(float(np.sum(bar * d)) for bar, d in zip(bars, steps, strict=True))
        if abs(slopes[0] - slopes[1]) < 1e-4 * max(1.0, abs(slopes[0])):  # no branch in between
            np.testing.assert_allclose(found, slopes[0], rtol=2e-4, atol=1e-5)
        _, pullback = vjp(made[f"f{args[2]}"], *args[:2])
        for _ in range(2):
            for again, bar in zip(pullback(1.0), bars, strict=True):
                np.testing.assert_allclose(again, bar, rtol=1e-9, atol=1e-11)
    return True


@pytest.mark.parametrize("batch", batches(1, 6))
def test_random_lists(batch):
    compiled = [check_program(seed) for seed in range(5 * batch, 5 * batch + 5)]
    assert all(compiled)

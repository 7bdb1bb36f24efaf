"""Random functions that call themselves and write into one or two arrays that they are given."""

from __future__ import annotations

import linecache
import random
import sys
import types

import numpy as np
import pytest

from srcgrad import value_and_grad, vjp
from tests.parts import batches

SIZE, BATCHES, LONG = 7, 2, 12


class Drawing:
    """Draws a recursive function ``go`` and a function ``f(x, c, n)`` that calls it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.arrays = ["A", "B"] if self.rng.random() < 0.4 else ["A"]
        self.result = self.rng.choice(["", "c * A[0]", "n", "np.sum(A)"])

    def one(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def index(self) -> str:
        return self.one("0", "1", "-1", "n % 3", "lo", "-2")

    def number(self) -> str:
        a, i = self.one(*self.arrays), self.index()
        return self.one(
            f"{a}[{i}]", "c", f"np.sin({a}[{i}])", f"np.sum({a}) * 0.1", f"{a}[{i}] * c"
        )

    def write(self) -> str:
        a, i, s = self.one(*self.arrays), self.index(), self.number()
        return self.one(
            f"{a}[{i}] = {s}",
            f"{a}[{i}] += 0.3 * {s}",
            f"{a} *= np.cos({s})",
            f"{a}[1:] = {a}[:-1] * {s}",
            f"{a}[:] = np.tanh({a} + {s})",
            f"{a}[::2] *= {s}",
        )

    def call(self) -> str:
        given = [self.one("A", "A", "A[::-1]", "A[:]", "A.copy()")]
        if len(self.arrays) == 2:
            given.append(self.one("B", "B", "B[::-1]"))
            self.rng.shuffle(given)
        where = ", ".join(given)
        step = self.one("c", "c * 0.5", "np.sin(c)")
        return f"r = go({where}, {step}, n - 1, {self.one('lo', '1', '2')})"

    def text(self) -> str:
        listed = ", ".join(self.arrays)
        lines = ["import numpy as np", "", f"def go({listed}, c, n, lo):", "    if n <= 0:"]
        if self.rng.random() < 0.5:
            lines.append(f"        {self.write()}")
        lines.append(f"        return {self.result or None}")
        lines += [f"    {self.write()}" for _ in range(self.rng.randint(0, 2))]
        if self.rng.random() < 0.6:
            lines.append(f"    {self.call()}")
        else:
            lines.append(f"    if {self.one(*self.arrays)}[{self.index()}] > c:")
            lines += [f"        {self.call()}", "    else:"]
            lines += [f"        {self.write()}", f"        {self.call()}"]
        lines += [f"    {self.write()}" for _ in range(self.rng.randint(0, 2))]
        if self.rng.random() < 0.3:
            lines.append(f"    {self.call()}")
        if self.result:
            lines.append("    return r" + self.one("", " * c", " + A[1]"))
        lines += ["", "def f(x, c, n):", "    lo = 0"]
        lines.append(
            f"    A = {self.one('x.copy()', 'x * c', 'np.sin(x)', 'np.outer(x, x)[:, 1]')}"
        )
        lines.append(f"    B = {self.one('x * 0.5', 'np.ones(len(x))', 'np.cos(x)')}")
        lines.append(f"    t = {self.one('np.sum(A * A)', '1.0')}")
        lines.append("    for k in range(2):" if self.rng.random() < 0.3 else "    if True:")
        lines.append(f"        q = go({listed}, c, n, lo)")
        lines.append("        A[1] += 0.2 * c")
        lines.append(f"        t = t + {'q' if self.result else 'A[0]'}")
        lines.append(f"    {self.write()}")
        lines.append("    return np.sum(np.sin(A)) * t + np.sum(B)")
        return "\n".join(lines) + "\n"


def loaded(seed: int) -> types.ModuleType:
    """The module with the program of this number; its source can be found."""
    text, file = Drawing(seed).text(), f"<random recursion {seed}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    module = types.ModuleType(f"random_recursion_{seed}")
    sys.modules[module.__name__] = module
    exec(compile(text, file, "exec"), module.__dict__)
    return module


def compare(seed: int) -> None:
    f = loaded(seed).f
    rng = np.random.default_rng(seed)
    x, c, n = rng.uniform(0.2, 1.2, 5), float(rng.uniform(0.3, 0.9)), int(rng.integers(0, 4))
    kept, both = x.copy(), value_and_grad(f, (0, 1))
    value, (x_bar, c_bar) = both(x, c, n)
    again = both(x, c, n)[1]
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(again[0], x_bar)
    np.testing.assert_allclose(value, f(x, c, n), rtol=1e-10)
    _, pullback = vjp(lambda a, b: f(a, b, n), x, c)
    for bars in (pullback(1.0), pullback(1.0)):
        np.testing.assert_allclose(bars[0], x_bar, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(bars[1], c_bar, rtol=1e-9, atol=1e-12)
    step = 1e-6
    rows = step * np.eye(5)
    want = [(f(x + e, c, n) - f(x - e, c, n)) / (2 * step) for e in rows]
    np.testing.assert_allclose(x_bar, want, rtol=1e-5, atol=1e-6)
    slope = (f(x, c + step, n) - f(x, c - step, n)) / (2 * step)
    np.testing.assert_allclose(c_bar, slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("batch", batches(BATCHES, LONG))
def test_batch(batch: int) -> None:
    for seed in range(SIZE * batch, SIZE * (batch + 1)):
        try:
            compare(seed)
        except Exception as error:
            raise AssertionError(f"{error}\n{Drawing(seed).text()}") from error

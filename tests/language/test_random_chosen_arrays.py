"""Programs drawn at random whose loops read elements of arrays that they choose, bind anew, view,
put into lists, write, or may not have."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srcgrad import grad, value_and_grad, vjp
from tests.parts import examples

HEAD = """
import numpy as np

TABLE = np.linspace(0.4, 1.3, 6)


def pick(a, b, i):
    if i % 2:
        return a
    return b


def f(x, n, flag):
    s = 0.0
    y = np.cos(x)
"""


class Programs:
    """Draws the body of ``f``."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.arrays = ["x", "y"]
        self.lists: list[str] = []
        self.perhaps: list[str] = []
        self.indices: list[str] = []
        self.count = 0

    def draw(self) -> list[str]:
        """The statements: names that loops carry, and loops."""
        lines = []
        for name in ("c", "d")[: self.rng.randint(0, 2)]:
            lines.append(f"{name} = {self.rng.choice(['x', 'y', 'np.sin(x)', 'TABLE', 'x[1:]'])}")
            self.arrays.append(name)
        kind = self.rng.randint(0, 3)
        if kind == 1:
            lines.append("o = None")
            self.perhaps.append("o")
        elif kind == 2:
            lines.append("w = np.zeros(len(x))")
            self.arrays.append("w")
        elif kind == 3:
            lines += ["rows = []", "for k in range(n):", "    rows.append(x * (0.3 * k + 0.2))"]
            self.lists.append("rows")
        for _ in range(self.rng.randint(1, 2)):
            lines += self.loop(2)
        return [*lines, self.rng.choice(["return s", f"return s + np.sum({self.array()})"])]

    # --- expressions ----------------------------------------------------------------------------

    def array(self) -> str:
        return self.rng.choice(self.arrays)

    def index(self) -> str:
        return self.rng.choice(self.indices) if self.indices else "1"

    def element(self) -> str:
        i = self.index()
        if self.lists and self.rng.random() < 0.4:
            row = self.rng.choice(["rows[0]", "rows[-1]", f"rows[{i} % len(rows)]"])
            return f"{row}[{self.rng.choice([f'{i} % 3', '0', '-1'])}]"
        a = self.array()
        return f"{a}[{self.rng.choice([f'{i} % len({a})', f'(3 * {i}) % len({a})', '0', '-1'])}]"

    def condition(self) -> str:
        i = self.index()
        choices = [f"{i} % 2", f"{i} % 3 == 1", f"{i} == 2", f"{i} > 2", "flag"]
        return self.rng.choice([*choices, f"{self.element()} > 0.9137"])

    def made(self) -> str:
        a = self.array()
        choices = [f"{a} * 0.9", f"np.sin({a})", f"{a} + 0.1 * s", f"0.5 * {a} * {a}"]
        return self.rng.choice(choices)

    def chosen(self) -> str:
        a, b = self.array(), self.array()
        choices = [f"{a} if {self.condition()} else {b}"] * 3
        choices += [f"{a} if {self.condition()} else {self.made()}"]
        choices += [f"[{a}, {b}][int({self.condition()})]", f"pick({a}, {b}, {self.index()})"]
        choices += [a, f"{a}[1:] if len({a}) > 3 else {a}", f"{a}[::-1]", self.made()]
        return self.rng.choice(choices)

    # --- statements -----------------------------------------------------------------------------

    def loop(self, depth: int) -> list[str]:
        i = f"i{len(self.indices)}"
        self.indices.append(i)
        body = self.block(depth, self.rng.randint(3, 5))
        body.append(f"s += {self.element()} ** 2")
        self.indices.pop()
        return [f"for {i} in range({self.rng.choice(['len(x)', '4', 'n'])}):", *indented(body)]

    def block(self, depth: int, length: int) -> list[str]:
        known = len(self.arrays)
        lines = [line for _ in range(length) for line in self.statement(depth)]
        del self.arrays[known:]
        return lines

    def statement(self, depth: int) -> list[str]:
        carried = [name for name in self.arrays if name in ("c", "d")]
        kinds = [self.read, self.read, self.bind]
        kinds += [lambda: self.bind_anew(carried)] * (2 * bool(carried))
        kinds += [self.perhaps_one] * (3 * bool(self.perhaps))
        kinds += [self.put] * (2 * bool(self.lists))
        kinds += [self.write] * (2 * ("w" in self.arrays))
        if depth:
            kinds += [lambda: self.branch(depth)] * 2
            kinds += [lambda: self.loop(depth - 1)] * (len(self.indices) < 2)
        if self.indices and self.rng.random() < 0.06:
            return [f"if {self.condition()}:", f"    {self.rng.choice(['break', 'continue'])}"]
        return self.rng.choice(kinds)()

    def read(self) -> list[str]:
        a, e = self.array(), self.element()
        choices = [f"{e} ** 2", f"{e} * {self.element()}", e, f"0.1 * np.sum({a}[1:3] ** 2)"]
        return [f"s += {self.rng.choice([*choices, f'0.01 * np.sum({a})'])}"]

    def bind(self) -> list[str]:
        self.count += 1
        line = f"v{self.count} = {self.chosen()}"
        self.arrays.append(f"v{self.count}")
        return [line]

    def bind_anew(self, carried: list[str]) -> list[str]:
        c = self.rng.choice(carried)
        if len(carried) > 1 and self.rng.random() < 0.3:
            return [f"if {self.condition()}:", "    c, d = d, c"]
        new = [self.made(), self.chosen(), self.array(), f"{c}[1:] if len({c}) > 3 else {c}"]
        return [f"if {self.condition()}:", f"    {c} = {self.rng.choice(new)}"]

    def perhaps_one(self) -> list[str]:
        if self.rng.random() < 0.5:
            return ["if o is not None:", f"    s += o[{self.index()} % len(o)] ** 2"]
        one = self.rng.choice([self.array(), self.made(), "None"])
        either = [f"if {self.condition()}:", f"    o = {one}"]
        return self.rng.choice([either, [f"o = {self.array()} if {self.condition()} else None"]])

    def put(self) -> list[str]:
        one = self.rng.choice([self.array(), self.made()])
        return [f"if {self.condition()}:", f"    rows.append({one})"]

    def write(self) -> list[str]:
        return [f"w[{self.index()} % len(w)] {self.rng.choice(['=', '+='])} 0.3 * {self.element()}"]

    def branch(self, depth: int) -> list[str]:
        lines = [f"if {self.condition()}:", *indented(self.block(depth - 1, 2))]
        if self.rng.random() < 0.4:
            lines += ["else:", *indented(self.block(depth - 1, 1))]
        return lines


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def loaded(seed: int, folder: Path) -> ModuleType:
    """The module with the program of a seed."""
    body = Programs(random.Random(seed)).draw()
    name = f"chosen_{seed}"
    path = folder / f"{name}.py"
    path.write_text(HEAD + "\n".join(indented(body)) + "\n")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(seed: int, folder: Path) -> None:
    f = loaded(seed, folder).f
    x = np.random.default_rng(seed).uniform(0.5, 1.4, 6)
    value, found = value_and_grad(f)(x.copy(), 5, True)
    np.testing.assert_allclose(value, f(x.copy(), 5, True), rtol=1e-12)
    scale = max(1.0, abs(value), np.abs(found).max())
    np.testing.assert_allclose(grad(f)(x.copy(), 5, True), found, rtol=1e-10, atol=1e-12 * scale)
    if seed % 2:
        _, pullback = vjp(lambda x: f(x, 5, True), x.copy())
        for y_bar in (1.0, 1.0, -2.0):
            (pulled,) = pullback(y_bar)
            np.testing.assert_allclose(pulled, y_bar * found, rtol=1e-10, atol=1e-11 * scale)
    for h, x_bar in zip(np.eye(len(x)), found, strict=True):
        near = [(f(x + e * h, 5, True) - f(x - e * h, 5, True)) / (2 * e) for e in (1e-4, 1e-6)]
        if np.allclose(*near, rtol=1e-3, atol=1e-4 * scale):  # else there is a jump close by
            np.testing.assert_allclose(x_bar, near[1], rtol=1e-4, atol=1e-5 * scale)


@settings(max_examples=examples(6, 100), deadline=None)
@given(seed=st.integers(0, 1 << 30))
def test_programs(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    check(seed, tmp_path_factory.mktemp("chosen"))

"""Programs drawn at random that read and write objects, which are reached under several names."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from srcgrad.backend import signature
from srcgrad.errors import SrcgradError
from srcgrad.specialise.identity import Identities
from srcgrad.transform.simplify import common
from tests.language.stateful import follow
from tests.parts import batches

HEAD = """
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Plain:
    kind = "plain"

    def __init__(self, rng):
        self.a, self.b = rng.uniform(0.4, 1.2, (2, 3))
        self.s, self.n, self.name, self.last = 0.5, 1, "p", None

    @property
    def both(self):
        return self.a * self.b

    @both.setter
    def both(self, value):
        self.b = 0.5 * value
        self.n += 1

    def step(self, v):
        old = self.a
        self.a = 0.7 * self.a + 0.2 * np.sin(v)
        self.last = v
        return old * v + self.s

    def maybe(self, v):
        if np.sum(v) > {limit}:
            self.s = 0.5 * self.s + 0.1 * np.sum(self.b * v)
            return v * self.a
        return v + self.b


@dataclass
class Data(Plain):
    a: Any
    b: Any
    s: float = 0.3
    n: float = 1.0
    last: Any = None

    kind = "data"


class Pair(NamedTuple):
    first: Any
    second: Any


class Net:
    def __init__(self, child, items, table, pair):
        self.child, self.items, self.table, self.pair = child, items, table, pair
        self.w = np.array([0.3, 0.8, 0.5])
        self.count = 0


"""
OBJECTS = ("net.child", "net.items[0]", "net.items[1]", "net.table['k']", "net.pair.first", "other")
NAMES = ("q", "r")


class Drawn:
    """A program and its arguments, drawn with a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.names: list[str] = []
        self.lines: list[str] = []
        self.shares = False
        """Whether the second argument may be a part of the first."""

    def object(self) -> str:
        return self.rng.choice([*OBJECTS, *self.names])

    def vector(self, depth: int = 0) -> str:
        pick, o = self.rng.randrange(9 if depth < 2 else 5), self.object()
        simple = ("v", "x", f"{o}.a", f"{o}.b", "net.w")
        if pick < 5:
            return simple[pick]
        first, second = self.vector(depth + 1), self.vector(depth + 1)
        return (
            f"np.sin({first})",
            f"({first} * {second})",
            f"({first} + {o}.s * {second})",
            f"({o}.both - 0.3 * {first})",
        )[pick - 5]

    def block(self, depth: int, length: int) -> None:
        for _ in range(length):
            self.statement(depth)

    def add(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def statement(self, depth: int) -> None:
        o, p = self.object(), self.object()
        pick = self.rng.randrange(16)
        limit = self.rng.choice((0.5, 1.5, 3.0))
        if pick == 0:
            self.add(depth, f"v = np.tanh({self.vector()})")
        elif pick <= 3:
            self.add(depth, f"{o}.{self.rng.choice('ab')} = np.cos({self.vector()})")
        elif pick == 4:
            self.add(depth, f"{o}.s = 0.5 * {o}.s + 0.1 * np.sum({p}.a)")
        elif pick == 5:
            self.add(depth, f"{o}.n += 1")
        elif pick == 6:
            self.add(depth, f"v = {o}.step({self.vector()})")
        elif pick == 7:
            self.add(depth, f"v = {o}.maybe({self.vector()})")
        elif pick == 8:
            self.add(depth, f"{o}.both = {self.vector()}")
        elif pick == 9:
            self.add(depth, f"{o}.a, {p}.b = {p}.b, {o}.a")
        elif pick == 10 and depth < 3:
            self.add(depth, f"if np.sum({self.vector()}) > {limit}:")
            self.block(depth + 1, self.rng.randrange(1, 3))
            if self.rng.random() < 0.5:
                self.add(depth, "else:")
                self.block(depth + 1, self.rng.randrange(1, 3))
        elif pick == 11 and depth < 3:
            self.add(depth, "for i in range(n):")
            self.block(depth + 1, self.rng.randrange(1, 3))
        elif pick == 12 and depth < 3:
            self.add(depth, "for it in net.items:")
            self.add(depth + 1, f"it.{self.rng.choice('ab')} = 0.6 * it.a + 0.2 * {self.vector()}")
            self.block(depth + 1, 1)
        elif pick == 13 and depth == 1:
            name = self.rng.choice(NAMES)
            self.add(depth, f"{name} = {o}")
            if name not in self.names:
                self.names.append(name)
        elif pick == 14:
            self.add(depth, f"{o}.last = {self.vector()}")
        else:
            self.add(depth, f"kept = {o}.{self.rng.choice('ab')}")
            self.add(depth, f"{o}.a = 0.4 * kept + 0.1 * {self.vector()}")
            self.add(depth, "v = v * kept")

    def text(self) -> str:
        self.lines = ["def f(net, other, x, n):", "    v = x"]
        self.block(1, self.rng.randrange(3, 8))
        o, p = self.object(), self.object()
        self.add(1, "net.count += 1")
        self.add(1, f"return np.sum(v * {o}.a) + {p}.s * np.sum({self.vector()}) + {o}.n")
        return HEAD.replace("{limit}", "1.0") + "\n".join(self.lines) + "\n"

    def arguments(self, module: ModuleType) -> tuple[Any, ...]:
        """A network whose parts are some of a few objects, so that some occur twice."""
        numbers = module.np.random.default_rng(self.rng.randrange(1000))
        pool: list[Any] = []
        for _ in range(self.rng.choice((2, 3, 7))):
            if self.rng.random() < 0.5:
                pool.append(module.Plain(numbers))
            else:
                pool.append(module.Data(*numbers.uniform(0.4, 1.2, (2, 3))))
        draw = lambda: self.rng.choice(pool)
        net = module.Net(draw(), [draw(), draw()], {"k": draw()}, module.Pair(draw(), 2.0))
        self.shares = self.rng.random() < 0.3
        other = draw() if self.shares else module.Plain(numbers)
        return net, other, numbers.uniform(0.4, 1.2, 3), self.rng.randrange(4)


def check(seed: int, folder: Path) -> str:
    """Whether a program was accepted, all right; the kind of the error where it was refused."""
    drawn = Drawn(seed)
    text = drawn.text()
    name = f"random_objects_{seed}"
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    args = drawn.arguments(module)
    # What another argument leads to is a constant, and moved objects are moved everywhere.
    wrt = 2 if drawn.shares else drawn.rng.choice((0, 2, (0, 2), (0, 1), (0, 1, 2)))
    try:
        follow(module.f, *args, wrt=wrt, rtol=1e-5)
    except SrcgradError as error:
        return f"{type(error).__name__}: {error.message}"
    finally:
        del sys.modules[name]
    return "accepted"


@pytest.mark.parametrize("part", batches(1, 6))
def test_programs(part, tmp_path):
    outcomes = [check(seed, tmp_path) for seed in range(20 * part, 20 * (part + 1))]
    assert outcomes.count("accepted") >= 10
    assert all(o == "accepted" or "are one object" in o for o in outcomes), outcomes


FAULTS = {
    "what was there before is read late": (16, signature, "written_attributes", lambda body: set()),
    "each name has an object of its own": (
        0,
        Identities,
        "place_of",
        lambda _, place, example: place,
    ),
    "two attributes share an array": (133, common, "kept", lambda *_: set()),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name, tmp_path, monkeypatch):
    seed, owner, attribute, fault = FAULTS[name]
    assert check(seed, tmp_path) == "accepted"
    monkeypatch.setattr(owner, attribute, fault)
    with pytest.raises(AssertionError):
        check(seed, tmp_path)

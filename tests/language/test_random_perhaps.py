"""Programs drawn at random with names that are None or a container, which somebody tests or not."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from srcgrad import value_and_grad
from srcgrad.errors import SrcgradError
from tests.parts import examples

HEAD = """
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

GAIN = 0.5


@dataclass
class Data:
    p: Any
    q: Any

    def weight(self):
        return self.p * 0.5 + np.sum(self.q)


class Plain:
    def __init__(self, p, q):
        self.p = p
        self.q = q

    def weight(self):
        return np.sum(self.q * self.p)


class Named(NamedTuple):
    p: Any
    q: Any


def found(x, k):
    if x[k] < -0.2:
        return None
    v = np.sin(x[k])
    return {v_and_x}


def first(x, k, n):
    while k < n:
        if x[k] > 0.1:
            return {xk_and_x}
        k += 1
    return None


def changed(h, v):
    if h is None:
        return None
    return {changed}


def value(h, v):
    if h is None:
        return v
    return v * {p} + 0.1 * np.sum({q})


def f(x, n):
    s = np.tanh(x[0])
    g = None
    h = {x0_and_x}
    ok = True
"""


class Kind:
    """A kind of containers: how one is written, and its parts."""

    def __init__(self, name: str) -> None:
        self.name = name

    def made(self, p: str, q: str) -> str:
        return {
            "tuple": f"({p}, {q})",
            "list": f"[{p}, {q}]",
            "dict": f"{{'p': {p}, 'q': {q}}}",
            "nested": f"({p}, (None if GAIN > 0 else 1.0, {q}))",
        }.get(self.name, f"{self.name}({p}, {q})")

    def p(self, h: str) -> str:
        if self.name in ("tuple", "list", "nested"):
            return f"{h}[0]"
        return f"{h}['p']" if self.name == "dict" else f"{h}.p"

    def q(self, h: str) -> str:
        if self.name in ("tuple", "list", "nested"):
            return f"{h}[1][1]" if self.name == "nested" else f"{h}[1]"
        return f"{h}['q']" if self.name == "dict" else f"{h}.q"


KINDS = ("tuple", "list", "dict", "nested", "Data", "Plain", "Named")


class Programs:
    """Draws the body of ``f``."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.kind = Kind(rng.choice(KINDS))
        self.count = 0

    def number(self, known: tuple[str, ...] = ()) -> str:
        choices = ["s", "x[1]", "x[2] * s", "np.sin(s)", "0.5", "np.sum(x) * 0.3"]
        choices += [f"{self.kind.p(h)} * 0.7" for h in known]
        choices += [f"np.sum({self.kind.q(h)}) * 0.4" for h in known]
        return self.rng.choice(choices)

    def container(self, known: tuple[str, ...]) -> str:
        q = ["x * 0.5", "np.cos(x)", "x * s", *(f"{self.kind.q(h)} * 0.9" for h in known)]
        return self.kind.made(f"np.tanh({self.number(known)})", self.rng.choice(q))

    def condition(self, known: tuple[str, ...] = ()) -> str:
        return f"{self.number(known)} > {self.rng.choice(['0.0', '0.3', '-0.4', 's'])}"

    def maybe(self, known: tuple[str, ...]) -> str:
        """What may be None."""
        made, cond = self.container(known), self.condition(known)
        k = self.rng.randint(0, 3)
        choices = [f"{made} if {cond} else None", f"None if {cond} else {made}", f"found(x, {k})"]
        choices += [f"first(x, {k}, n)", "changed(h, s)", "changed(g, 0.5)", "h", "g", "None", made]
        return self.rng.choice(choices)

    def block(self, depth: int, known: tuple[str, ...], loop: bool) -> list[str]:
        lines: list[str] = []
        for _ in range(self.rng.randint(1, 3)):
            lines += self.statement(depth, known, loop)
            known = tuple(h for h in known if not any(f"{h} = " in line for line in lines))
        return lines

    def statement(self, depth: int, known: tuple[str, ...], loop: bool) -> list[str]:
        h = self.rng.choice("gh")
        used = f"s = 0.5 * s + 0.3 * ({self.number((*known, h))})"
        simple = [
            [f"{h} = {self.maybe(known)}"],
            [f"{h} = {h} or {self.container(known)}"],
            [f"ok = {h} is not None"],
            [f"s = 0.5 * s + 0.2 * value({h}, s)"],
            [f"s = 0.5 * s + ({self.number((h,))} if {h} is not None else 0.1)"],
            [f"s = s * 0.9 + {self.number(known)}"],
        ]
        if known and self.kind.name in ("list", "dict", "Data", "Plain"):
            changed = [f"{self.kind.p(known[-1])} = np.sin({self.number(known)})"]
            simple += [changed, changed]
        if self.rng.random() < 0.06:
            simple.append([used])
            simple.append([f"assert {h} is not None, 'nothing'", used])
        if depth == 0 or self.rng.random() < 0.45:
            return self.rng.choice(simple)
        return self.branch(depth, h, known, loop) if self.rng.random() < 0.75 else self.loop(depth)

    def branch(self, depth: int, h: str, known: tuple[str, ...], loop: bool) -> list[str]:
        there = (*known, h)
        other = "g" if h == "h" else "h"
        test, yes, no = self.rng.choice(
            [
                (f"{h} is not None", there, known),
                (f"{h} is None", known, there),
                (f"{h}", there, known),
                (f"not {h}", known, there),
                (f"{h} is not None and {self.condition((h,))}", there, known),
                (f"{h} is None or {self.condition((h,))}", known, there),
                (f"{h} is not None and {other} is not None", ("g", "h"), known),
                (f"ok and {self.condition(known)}", known, known),
                (self.condition(known), known, known),
            ]
        )
        lines = [f"if {test}:", *indented(self.block(depth - 1, yes, loop))]
        if loop and self.rng.random() < 0.25:
            lines += indented([self.rng.choice(["break", "continue"])])
        if self.rng.random() < 0.6:
            lines += ["else:", *indented(self.block(depth - 1, no, loop))]
        return lines

    def loop(self, depth: int) -> list[str]:
        self.count += 1
        k = f"k{self.count}"
        body = self.block(depth - 1, (), True)
        if self.rng.random() < 0.5:
            return [f"for {k} in range(3):", *indented([f"s = s * 0.8 + x[{k}]", *body])]
        head = [f"s = 0.7 * s + x[{k}]", f"{k} += 1"]
        return [f"{k} = 0", f"while {k} < n:", *indented([*head, *body])]

    def source(self) -> str:
        kind = self.kind
        head = HEAD.format(
            v_and_x=kind.made("v", "x * v"),
            xk_and_x=kind.made("x[k]", "x * 0.5"),
            x0_and_x=kind.made("x[0]", "np.sin(x)"),
            changed=kind.made(f"np.tanh({kind.p('h')} * v)", f"{kind.q('h')} * 0.8"),
            p=kind.p("h"),
            q=kind.q("h"),
        )
        body: list[str] = []
        for _ in range(self.rng.randint(2, 5)):
            body += self.statement(3, (), False)
        return head + "\n".join(indented([*body, "return s + 0.3 * value(h, 1.0) - value(g, s)"]))


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def loaded(path: Path, source: str) -> ModuleType:
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(f, *args):
    """What a function gives, or the exception that it raises."""
    try:
        return f(*args)
    except SrcgradError:
        raise
    except Exception as error:
        return error


def compared(f, x: np.ndarray, n: int) -> None:
    """The value and the gradient of ``f``, or what it raises, as they should be."""
    want, got = outcome(f, x, n), outcome(value_and_grad(f), x, n)
    if isinstance(want, Exception) or isinstance(got, Exception):
        assert (type(want), str(want)) == (type(got), str(got))
        return
    np.testing.assert_allclose(got[0], want, rtol=1e-12, atol=1e-14)
    v = np.array([0.3, -0.2, 0.7, 0.4])
    slopes = [(f(x + e * v, n) - f(x - e * v, n)) / (2 * e) for e in (1e-4, 1e-5, 1e-6)]
    if abs(want) > 1e3 or not np.allclose(slopes, slopes[0], rtol=1e-3, atol=1e-5):
        return  # right beside a jump, or the sine of something large
    np.testing.assert_allclose(got[1] @ v, slopes[0], rtol=1e-3, atol=1e-5)


def accepted(seed: int, folder: Path) -> bool:
    """Whether a program is accepted, which is right then."""
    source = Programs(random.Random(seed)).source()
    module = loaded(folder / f"program_{seed}.py", source)
    rng = np.random.default_rng(seed)
    try:
        for _ in range(4):
            compared(module.f, rng.normal(size=4), int(rng.integers(0, 5)))
    except SrcgradError:
        return False
    return True


@settings(max_examples=examples(8, 25), deadline=None)
@given(seed=st.integers(0, 1 << 30))
def test_programs(seed, tmp_path_factory):
    accepted(seed, tmp_path_factory.mktemp("perhaps"))


def test_few_are_refused(tmp_path):
    assert sum(accepted(seed, tmp_path) for seed in range(8)) > 6

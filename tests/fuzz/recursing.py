"""Draws functions that call themselves and each other, and says how each of them is called.

What is in braces where they are called is drawn there: ``{c}`` and ``{d}`` are numbers, ``{n}`` is
how deep to go, ``{v}`` is a vector, ``{w}`` one that may be written, ``{items}`` a display of
numbers and ``{tree}`` a node with others below it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

DEPTH, ELEMENTS, TREE = "recursion by a depth", "recursion over elements", "recursion over a tree"
MUTUAL, WRITING, SEVERAL = "mutual recursion", "recursion that writes", "recursion giving several"
ACCUMULATED, LOOPED = "recursion with an accumulator", "recursion in a loop"
RECURSIONS = (DEPTH, ELEMENTS, TREE, MUTUAL, WRITING, SEVERAL, ACCUMULATED, LOOPED)

NODE = """\
@dataclasses.dataclass
class Node:
    value: float
    kids: list = dataclasses.field(default_factory=list)"""


@dataclass(frozen=True)
class Recursion:
    """The text of a function, and how a number or a vector is got from it or a vector written."""

    tags: tuple[str, ...]
    text: str
    numbers: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


def _early(rng: random.Random, leave: str) -> str:
    """A way out before the last call, in some of the functions."""
    if rng.random() < 0.6:
        return ""
    return f"    if c > {rng.choice(['0.7', '0.3', '-0.4'])}:\n        {leave}\n"


def _down(rng: random.Random) -> Recursion:
    step = rng.choice(
        [
            "np.sin(c) + 0.4 * down(c * 0.7, n - 1)",
            "0.6 * c * down(np.cos(c), n - 1)",
            "down(c * 0.5, n - 1) - 0.3 * down(c + 0.1, n - 2)",
            "np.tanh(down(c, n - 1) * c) + 0.2 * n",
            "down(down(c * 0.6, n - 2), n - 1) * 0.8",
        ]
    )
    text = f"def down(c, n):\n    if n <= 0:\n        return {rng.choice(['c', '0.5', 'c * c'])}\n"
    text += _early(rng, "return np.cos(c)") + f"    return {step}"
    return Recursion((DEPTH,), text, ("down({c}, {n})",))


def _gather(rng: random.Random) -> Recursion:
    new = rng.choice(["total + np.sin(c * n)", "total * c + 0.3", "np.cos(total) * c"])
    text = "def gather(n, c, total=0.25):\n    if n <= 0:\n        return total\n"
    text += _early(rng, "return total * c") + f"    return gather(n - 1, c * 0.8, {new})"
    calls = ("gather({n}, {c})", "gather({n}, {c}, {d})", "gather(total={d}, n={n}, c={c})")
    return Recursion((ACCUMULATED, DEPTH), text, calls)


def _along(rng: random.Random) -> Recursion:
    if rng.random() < 0.5:
        step = rng.choice(
            ["along(items[1:], np.sin(c) * items[0])", "items[0] * along(items[1:], c)"]
        )
        text = f"def along(items, c):\n    if not items:\n        return c\n    return {step} + 0.2"
    else:
        step = rng.choice(["np.sin(c * items[i])", "c * 0.5 + items[i] ** 2", "items[i] - 0.3 * c"])
        text = "def along(items, c, i=0):\n    if i == len(items):\n        return c\n"
        text += f"    return along(items, {step}, i + 1)"
    return Recursion((ELEMENTS,), text, ("along({items}, {c})",))


def _horner(rng: random.Random) -> Recursion:
    step = rng.choice(
        ["v[i] + 0.5 * c * horner(v, c, i + 1)", "np.sin(v[i] * horner(v, c, i + 1))"]
    )
    text = "def horner(v, c, i=0):\n    if i >= len(v):\n        return 0.3 * c\n"
    text += _early(rng, "return v[i] * v[-1]") + f"    return {step}"
    return Recursion((ELEMENTS,), text, ("horner({v}, {c})", "horner({v}, {c}, 1)"))


def _halves(rng: random.Random) -> Recursion:
    step = rng.choice(["a * 0.7 + b ** 2", "np.sin(a - b)", "a * np.cos(b)"])
    text = "def halves(v):\n    if len(v) < 2:\n        return np.sin(v[0])\n    m = len(v) // 2\n"
    text += f"    a, b = halves(v[:m]), halves(v[m:])\n    return {step}"
    return Recursion((ELEMENTS,), text, ("halves({v})",))


def _couple(rng: random.Random) -> Recursion:
    out = rng.choice(["np.sin(b) + 0.3 * a, a * c", "b, 0.5 * a - c * b", "a * b, np.cos(a) * c"])
    text = "def couple(c, n):\n    if n <= 0:\n        return c, 0.5\n"
    text += _early(rng, "return 0.2, c * c")
    text += f"    a, b = couple(c * 0.8, n - 1)\n    return {out}"
    calls = ("couple({c}, {n})[0]", "couple({c}, {n})[1]", "0.5 * sum(couple({c}, {n}))")
    return Recursion((SEVERAL, DEPTH), text, calls)


def _spread(rng: random.Random) -> Recursion:
    step = rng.choice(
        ["a[i] = np.tanh(a[i] * c + 0.3 * a[i - 1])", "a[i] *= c", "a[i] = a[-1] * c"]
    )
    again = rng.choice(["spread(a, c * 0.9, i + 1)", "spread(a, np.sin(c) + 0.1 * a[i], i + 1)"])
    parts = [step, again] if rng.random() < 0.6 else [again, step]
    text = "def spread(a, c, i=0):\n    if i >= len(a):\n        return\n" + _early(rng, "return")
    text += "\n".join(f"    {part}" for part in parts)
    return Recursion((WRITING,), text, statements=("spread({w}, {c})", "spread({w}, {c}, 1)"))


def _reduce(rng: random.Random) -> Recursion:
    step = rng.choice(["a[1:] += 0.5 * c * a[:-1]", "a[0] = np.sin(a[1]) * c", "a[:-1] *= a[1:]"])
    text = f"def shorten(a, c):\n    if len(a) < 2:\n        return\n    {step}\n"
    text += rng.choice(
        ["    shorten(a[1:], c)", "    shorten(a[:-1], c * 0.8)", "    shorten(a[::2], a[0])"]
    )
    return Recursion((WRITING, ELEMENTS), text, statements=("shorten({w}, {c})",))


def _turns(rng: random.Random) -> Recursion:
    there = rng.choice(["0.7 * pong(np.sin(c), n - 1)", "pong(c * 0.6, n - 1) + 0.2 * c"])
    back = rng.choice(["np.cos(c) * ping(c, n - 1)", "ping(c + 0.3, n - 2) - 0.3 * ping(c, n - 1)"])
    ping = f"def ping(c, n):\n    if n <= 0:\n        return c\n    return {there}"
    pong = (
        f"def pong(c, n):\n    if n <= 0:\n        return np.sin(c)\n{_early(rng, 'return c * c')}"
    )
    text = f"{ping}\n\n\n{pong}    return {back}"
    return Recursion((MUTUAL, DEPTH), text, ("ping({c}, {n})", "pong({c}, {n})"))


def _turned_arrays(rng: random.Random) -> Recursion:
    step = rng.choice(["v * 0.6", "np.sin(v) + 0.1 * v[0]", "v[::-1] * np.cos(v)"])
    text = (
        "def even(v, n):\n    if n <= 0:\n        return v * 0.9\n    return odd(np.sin(v), n - 1)"
    )
    text += "\n\n\ndef odd(v, n):\n    if n <= 0:\n        return v * v\n"
    text += f"    return 0.8 * even({step}, n - 1)"
    vectors = ("even({v}, {n})", "odd({v}, {n})")
    return Recursion((MUTUAL, DEPTH), text, vectors=vectors)


def _writing_turns(rng: random.Random) -> Recursion:
    text = (
        "def left(a, n):\n    if n > 0:\n        a[1:] *= np.cos(a[:-1])\n        right(a, n - 1)"
    )
    step = rng.choice(["a[:-1] -= 0.4 * a[1:]", "a[0] = np.sin(a[-1])", "a *= 0.8"])
    text += "\n\n\ndef right(a, n):\n    if n <= 0:\n        return\n"
    text += "\n".join(rng.sample(["    left(a, n - 1)", f"    {step}"], 2))
    calls = ("left({w}, {n})", "right({w}, {n})")
    return Recursion((MUTUAL, WRITING, DEPTH), text, statements=calls)


def _walk(rng: random.Random) -> Recursion:
    times = rng.choice(["n", "2", "min(n, 2)"])
    text = "def walk(c, n):\n    total = np.sin(c)\n    if n <= 0:\n        return total\n"
    text += f"    for i in range({times}):\n"
    if rng.random() < 0.4:
        leave = rng.choice(["break", "continue", "return c"])
        text += f"        if total > 0.8:\n            {leave}\n"
    text += "        total += 0.3 * walk(c * 0.5 + 0.1 * i, n - 1)\n    return total"
    return Recursion((LOOPED, DEPTH), text, ("walk({c}, {n})",))


def _tree(rng: random.Random) -> Recursion:
    step = rng.choice(
        ["0.5 * whole(kid, c * 0.9)", "total * whole(kid, c) * 0.4", "whole(kid, total)"]
    )
    text = "def whole(node, c):\n    total = np.sin(node.value * c)\n    for kid in node.kids:\n"
    text += f"        total += {step}\n    return total"
    sink = rng.choice(
        ["node.value = 0.5 * node.value + c", "node.value *= c", "node.value += c * c"]
    )
    text += f"\n\n\ndef sink(node, c):\n    {sink}\n    for kid in node.kids:\n"
    text += "        sink(kid, np.sin(node.value))\n    return node"
    calls = ("whole({tree}, {c})", "whole(sink({tree}, {d}), {c})")
    return Recursion((TREE, LOOPED), f"{NODE}\n\n\n{text}", calls)


def _grown(rng: random.Random) -> Recursion:
    step = rng.choice(["0.5 * grown(np.sin(v), n - 1) + 0.1 * v", "grown(v * v[0], n - 1) * 0.6"])
    last = rng.choice(["v", "v.copy()", "v * 0.9", "v[::-1] * 0.7"])
    text = f"def grown(v, n):\n    if n <= 0:\n        return {last}\n    return {step}"
    return Recursion((DEPTH,), text, vectors=("grown({v}, {n}) * 1.0", "np.sin(grown({v}, {n}))"))


DRAWN: tuple[Callable[[random.Random], Recursion], ...] = (
    _down, _gather, _along, _horner, _halves, _couple, _spread, _reduce, _turns, _turned_arrays,
    _writing_turns, _walk, _tree, _grown,
)  # fmt: skip


def recursions(rng: random.Random, count: int) -> list[Recursion]:
    """So many of these functions, of different names."""
    return [draw(rng) for draw in rng.sample(DRAWN, count)]

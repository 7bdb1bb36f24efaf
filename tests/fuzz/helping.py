"""The functions and classes outside of the function of a program about such, and how those are
called.

What is in braces is drawn where they are called: see ``classing`` and ``recursing``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tests.fuzz.classing import Sort
from tests.fuzz.recursing import Recursion

IMPORTS = """\
import copy
import dataclasses
import functools
from typing import NamedTuple

import numpy as np"""

CLOSURE, LATE, EARLY, IN_LOOP = "closure", "bound anew later", "bound early", "made in a loop"
TABLE, RETURNED, HANDED = "functions in a container", "returned function", "function as argument"
PARTIAL, STARRED, DECORATED = "partial", "stars and keywords", "decorator"
WRITES, ITSELF, EFFECT = (
    "closure that writes",
    "helper that gives its argument",
    "helper that writes",
)
OWN_NAME, GROUP, DISPATCH = "second name of an object", "objects in a list", "isinstance"
ORDER, HERE = "order of operands", "local recursion"
FUNCTIONS = (
    CLOSURE, LATE, EARLY, IN_LOOP, TABLE, RETURNED, HANDED, PARTIAL, STARRED, DECORATED, WRITES,
    ITSELF, EFFECT, OWN_NAME, GROUP, DISPATCH, ORDER, HERE,
)  # fmt: skip
Call: TypeAlias = tuple[str, tuple[str, ...]]
"""The text of a call, with what it is an example of."""

HELPERS = """\
def twice(function, c):
    return function(function(c))


def fold(function, items, start=0.2):
    for item in items:
        start = function(start + item) <fold>
    return start


def blend(c, q=0.3, *rest, w=0.5, **named):
    total = c * q + w
    for each in rest:
        total += 0.3 * each
    return <blend>


def scaled(by):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return <scaled>

        return wrapper

    return decorate


def damped(function):
    @functools.wraps(function)
    def wrapper(q, *rest, **kwargs):
        return np.tanh(function(q, *rest, **kwargs)) <damped>

    return wrapper


@scaled(0.6)
@damped
def wave(c, by=0.5):
    return np.sin(c) * by


def keeper(c):
    box = [c, 0.3]

    def step(q):
        box[0] = <keeper>
        return box[0] - box[1]

    return step


def line(a, b):
    return lambda q, c=a * b: <line>


def stir(a, c=0.4):
    <stir>


def itself(a, c):
    <itself>
    return a


def tail(a, c):
    <tail>
    return a[1:]"""

CHOICES = {
    "fold": ["* 1.0", "* 0.5", "- item"],
    "blend": ['total + named.get("extra", 0.1)', "total * len(rest) * 0.4 + sum(named.values())"],
    "scaled": ["by * function(*args, **kwargs)", "function(*args, **kwargs) + by * args[0]"],
    "damped": ["* 0.9", "+ 0.3 * q"],
    "keeper": ["np.sin(box[0] + q)", "box[0] * 0.6 + q", "q * box[1]"],
    "line": ["a * q + b", "a * q + c", "np.sin(q * b) + c"],
    "stir": ["a[0] = np.sin(a[1]) * c", "a *= c", "a[1:] += c * a[:-1]", "a[-1], a[0] = a[0], c"],
    "itself": ["a *= np.cos(c)", "a[0] = c", "c = c * 0.5"],
    "tail": ["a[-1] = c * a[0]", "c = c * 0.5", "a[1] *= c"],
}

ALWAYS: list[Call] = [
    ("blend({c}, {d}, {c}, {d})", (STARRED,)),
    ("blend({c}, w={d}, extra={c})", (STARRED,)),
    ('blend(*[{c}, {d}], **{"w": {c}})', (STARRED,)),
    ("wave({c})", (DECORATED,)),
    ("wave({c}, by={d})", (DECORATED,)),
    ("line({c}, {d})({c})", (RETURNED,)),
    ("twice(lambda q: q * {c} + 0.1, {d})", (HANDED, CLOSURE)),
    ("functools.partial(blend, {c}, w={d})({c})", (PARTIAL,)),
    ("fold(lambda q: q * {c}, [{d}, {c}])", (HANDED, CLOSURE)),
]

URGE = """\
def urge(thing, c):
    thing.move(c)
    return thing"""

ASKED = {"Body": "u", "Heavy": "w", "Num": "a", "Row": "seen", "State": "total"}
"""The number that is asked of an instance of each class; of any other it is ``a``."""


def helpers(rng: random.Random, sorts: Mapping[str, Sort], recursive: Iterable[Recursion]) -> str:
    """The text of all of them."""
    text = HELPERS
    for name, choices in CHOICES.items():
        text = text.replace(f"<{name}>", rng.choice(choices))
    parts = [text, *dict.fromkeys(sort.text for sort in sorts.values())]
    return "\n\n\n".join([*parts, *(each.text for each in recursive), URGE, _weighing(sorts)])


def _weighing(sorts: Mapping[str, Sort]) -> str:
    """A function that asks of which class is what it was given; what has a class above it first."""
    lines = ["def weigh(thing, c):"]
    for cls in reversed(sorts):
        lines += [
            f"    if isinstance(thing, {cls}):",
            f"        return thing.{ASKED.get(cls, 'a')} * c",
        ]
    return "\n".join([*lines, "    return thing * c"])

"""Texts that a loop makes longer: ``name += str(i)`` of a text is a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.language.checking import check

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def one_of_two(x):
    s = ""
    for v in x:
        s += "a" if v > 0 else "bb"
    return x[0] * len(s)


def numbers(x):
    name = "n"
    for i in range(len(x)):
        name += str(i)
    return x[0] * len(name)


def compared(x):
    signs = ""
    for v in x:
        if v > 0:
            signs += "p"
        else:
            signs += "m"
    return x[0] * (2 if signs == "pmppm" else 3)


def formatted(x):
    s = ""
    for i, v in enumerate(x):
        s += f"{i}-{v:.2f};"
    return x[0] * s.count(";") + x[1] * s.startswith("0")


def until_it_is_long(x):
    s, i = "", 0
    while len(s) < 4:
        s += "ab"
        i += 1
    return x[i] * 2


def left_when_it_is_found(x):
    s = ""
    for v in x:
        if v > 0:
            s += "p"
        if s == "pp":
            return v * x[0]
    return x[1]


PROGRAMS = [one_of_two, numbers, compared, formatted, until_it_is_long]


@pytest.mark.parametrize("x", [X, -X], ids=["x", "-x"])
@pytest.mark.parametrize("f", [*PROGRAMS, left_when_it_is_found], ids=lambda f: f.__name__)
def test_a_text(f: Callable[..., Any], x: Any) -> None:
    check(f, x, wrt=0)


def test_the_text_of_an_argument() -> None:
    def f(x, name):
        for _ in x:
            name += "a"
        return x[0] * len(name)

    check(f, X, "ab", wrt=0)

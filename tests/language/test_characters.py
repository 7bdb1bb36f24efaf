"""Loops over the characters of strings that are computed of integers: bits and digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad
from srcgrad.errors import UnsupportedSyntaxError

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def probabilities_of_states(x):
    s = 0.0
    for i in range(8):
        p = 1.0
        for j, b in enumerate(format(i, "03b")):
            p *= x[j] if b == "1" else 1 - x[j]
        s += p * i
    return s


@program
def filled_with_zeros(x):
    s = 0.0
    for i in range(8):
        for j, b in enumerate(bin(i)[2:].zfill(3)):
            if b == "1":
                s += x[j] ** 2 * i
    return s


@program
def of_an_f_string(x):
    s = 0.0
    for i in range(4):
        for b, v in zip(reversed(f"{i:03b}"), x):
            s += v**2 * int(b) * i
    return s


@program
def bits_in_a_list(x):
    s = 0.0
    for i in range(8):
        bits = [int(c) for c in format(i, "03b")]
        s += x[0] * bits[0] + x[1] * x[2] * bits[1] * bits[2]
    return s


@program
def unpacked(x):
    s = 0.0
    for i in range(8):
        a, b, c = map(int, np.binary_repr(i, 3))
        s += x[0] ** a * x[1] ** b * x[2] ** c * i
    return s


@program
def read_by_index(x):
    s = 0.0
    for i in range(8):
        t = format(i, "03b")
        for j in range(3):
            if t[j] == "1":
                s += x[j] * i
        s += t.count("1") * x[0] ** 2
    return s


@program
def digits(x):
    s = 0.0
    for b in hex(18).replace("0x", ""):
        s += x[int(b, 16) % 3] ** 2
    for c in "abc":
        s += x[ord(c) - ord("a")] * (chr(98) == c)
    return s


@program
def of_a_length(x):
    s = x[0]
    for b in bin(len(x))[3:]:
        s = s * s * x[2]
        if b == "1":
            s = s * x[1]
    return s


def slopes(f, x, *args):
    h = 1e-6
    return [(f(x + h * d, *args) - f(x - h * d, *args)) / (2 * h) for d in np.eye(len(x))]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x = np.array([0.3, 0.5, 0.8])
    np.testing.assert_allclose(grad(f)(x), slopes(f, x), rtol=1e-7)


def test_powers_by_squaring():
    def f(x, n):
        r = x[0]
        for b in format(n, "b")[1:]:
            r = r * r
            if b == "1":
                r = r * x[0]
        return r

    x = np.array([0.9])
    for n in (13, 6):
        np.testing.assert_allclose(grad(f)(x, n), n * x ** (n - 1))


@pytest.mark.parametrize("text", [lambda x: str(x[0]), lambda x: bin(int(x.sum()))[2:]])
def test_what_only_running_the_program_tells(text):
    def f(x):
        s = 0.0
        for _ in text(x):
            s += x[1]
        return s

    with pytest.raises(UnsupportedSyntaxError, match="whose characters a loop takes") as error:
        grad(f)(np.ones(3))
    assert "constants, integers and indices of loops" in error.value.hint

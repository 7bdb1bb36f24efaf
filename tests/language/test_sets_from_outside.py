"""Sets that are constants of a program: what is in them is known, with their order."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import UnsupportedSyntaxError, grad, value_and_grad

KEYS = frozenset(["W", "b", "c"])
SOME = {"W", "b"}
FIXED = {"b"}
NAMES = ["W", "b", "c"]
PLACES = {8, 0, 3}
PAIRS = {(0, 1), (1, 2), (3, 8)}
P = {"W": 1.3, "b": 0.7, "c": 0.4}
X = np.linspace(0.5, 1.7, 9)
STEP = 1e-6
PROGRAMS: list[Callable[..., Any]] = []


class Settings:
    names = frozenset(["W", "b"])

    def __init__(self):
        self.own = {"W", "c"}


SETTINGS = Settings()


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def loops(p):
    s = 0.0
    for k in KEYS:
        s = s * 2 + p[k] ** 2
    for i, k in enumerate(SOME):
        s = s * 3 + i * p[k]
    for k, name in zip(SOME, sorted(KEYS), strict=False):
        s = s * 2 + p[k] * p[name]
    return s


@program
def made_of_it(p):
    s = sum([p[k] ** 2 for k in list(KEYS)]) * len(tuple(SOME))
    squares = {k: p[k] ** 2 for k in KEYS}
    first, second = SOME
    return s + max(p[k] for k in {*FIXED, "c"}) + squares[max(SOME)] + p[first] - p[second]


@program
def operators(p):
    s = 0.0
    for names in (KEYS & {"W", "c"}, SOME | {"c"}, p.keys() - SOME, set(NAMES) - FIXED):
        for k in names:
            s = s * 2 + p[k] ** 2
    for names in (SOME - FIXED, SOME ^ {"c", "b"}, KEYS ^ SOME, p.keys() & FIXED):
        for k in names:
            s = s * 2 + p[k] ** 2
    return s


@program
def methods(p):
    s = 0.0
    for names in (KEYS.difference(FIXED), SOME.union(["c"], {"W"}), SOME.copy(), SOME.union()):
        for k in names:
            s = s * 2 + p[k] ** 2
    s *= len(set.union(SOME, ["c"])) * len(frozenset.union(KEYS, {"q"})) * len(set().union(*NAMES))
    for names in (KEYS.intersection(["b", "c"]), SOME.symmetric_difference(["c"])):
        for k in names:
            s = s * 2 + p[k] ** 2
    return s


@program
def compared(p):
    s = p["W"] ** 2 * (2 if FIXED <= SOME else 3) * (5 if SOME < KEYS else 7)
    s *= (11 if SOME >= KEYS else 13) * (3 if KEYS > SOME else 4) * (5 if {"b"} == FIXED else 7)
    s *= (2 if FIXED.issubset(SOME) else 3) * (5 if SOME.issuperset("b") else 7)
    s *= (2 if SOME.isdisjoint(FIXED) else 3) * (2 if KEYS != p.keys() else 3)
    return s * (2 if {"b"} <= SOME else 3) * (5 if FIXED == {"c"} else 7)


@program
def defaults(p, keys=frozenset({"W", "b"}), more=frozenset()):
    s = p["c"]
    for k in keys - FIXED:
        s = s * 2 + p[k] ** 2
    return s * (1 + len(more)) * (2 if keys <= KEYS else 3)


@program
def attributes(p):
    s = 0.0
    for k in SETTINGS.names:
        s = s * 2 + p[k] ** 2
    for k in SETTINGS.own - SETTINGS.names:
        s = s * 2 + p[k] ** 2
    return s


def _closure():
    kept = {"W", "c"}

    def captured(p):
        s = 0.0
        for k in kept:
            s = s * 2 + p[k] ** 2
        return s

    return captured


program(_closure())


@program
def made_inside(p):
    a, b, one = {"W"}, {"b", "c"}, {"c"}
    s = p["W"]
    if {"b"} <= b and b < {"W", "b", "c"} and b >= {"c"} and b.issubset(KEYS) and a != b:
        s *= 2
    a.update(["b"], {"c"})
    k = one.pop()
    a ^= {"W"}
    a.difference_update({"z"}, ["y"])
    a.intersection_update(["b", "c"])
    a.symmetric_difference_update({"W"})
    for name in sorted(a):
        s = s * 2 + p[name] ** 2
    return s * p[k] * (1 + len(one)) * (2 if a.isdisjoint(["y"]) else 3) * len(a ^ b)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    value, found = value_and_grad(f)(P)
    np.testing.assert_allclose(value, f(P), rtol=1e-14)
    for k in P:
        rise = f({**P, k: P[k] + STEP}) - f({**P, k: P[k] - STEP})
        np.testing.assert_allclose(found[k], rise / (2 * STEP), rtol=1e-6, atol=1e-7)


def test_of_integers_and_of_tuples():
    def f(x):
        s = 0.0
        for k in PLACES:
            s = s * 2 + x[k] ** 2
        for i, j in PAIRS:
            s = s * 2 + x[i] * x[j]
        return s

    value, found = value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X), rtol=1e-14)
    slopes = [(f(X + h) - f(X - h)) / (2 * STEP) for h in STEP * np.eye(len(X))]
    np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-7)


class Direction(enum.IntEnum):
    EAST = 3
    WEST = 5


def test_of_members_of_an_enumeration():
    """Which are equal to integers, of another set."""
    some: Any = {Direction.EAST, Direction.WEST}

    def f(x):
        s = 0.0
        for k in some:
            s = s * 2 + x[k] ** 2 * (3 if isinstance(k, Direction) else 5)
        return s

    derivative = value_and_grad(f)
    for some in ({Direction.EAST, Direction.WEST}, {3, 5}, {3, Direction.WEST}, {Direction.WEST}):
        assert derivative(X)[0] == f(X)


def test_other_elements_and_another_order():
    """The order of a set is part of what is in it."""
    places: Any = {8, 0}

    def f(x):
        s = 0.0
        for k in places:
            s = s * 2 + x[k] ** 2
        return s

    derivative = value_and_grad(f)
    for places in ({8, 0}, {0, 8}, {8, 0, 1}, {3}, frozenset({0, 5}), {8, 0}):
        assert derivative(X)[0] == f(X)
    assert list({8, 0}) != list({0, 8})


def test_tuples_that_are_equal_are_not_the_same_indices():
    pairs: Any = {(1, 2)}

    def f(x):
        return sum(np.sum(x[i]) * x[j] for i, j in pairs)

    derivative = value_and_grad(f)
    for pairs in ({(1, 2)}, {(True, 2)}):
        assert derivative(X)[0] == f(X)


def test_one_of_more_elements_than_are_taken_apart():
    many = frozenset(range(300))

    def f(x):
        s = 0.0
        for k in many:
            s = s + k * x[k % 9]
        return s

    source = grad(f).lower(X).source
    assert "list(many)" in source
    np.testing.assert_allclose(value_and_grad(f)(X)[0], f(X), rtol=1e-14)


def test_the_text():
    """As it is written by hand: the trips of the loop, and nothing about sets."""
    source = grad(operators).lower(P).source
    assert "set" not in source.replace("sets", "").split("# Backward")[0].split("# Forward")[-1]
    assert "KEYS" not in source.split("# Backward")[0]


def _added_before(p):
    SOME.add("c")
    return sum(p[k] for k in SOME)


def _added_after(p):
    s = sum(p[k] for k in SOME)
    SOME.add("c")
    return s + sum(p[k] for k in SOME)


def _added_elsewhere(p):
    _change()
    return sum(p[k] for k in SOME - FIXED)


def _change():
    SOME.add("c")


@pytest.mark.parametrize("f", [_added_before, _added_after, _added_elsewhere])
def test_one_that_the_program_changes(f):
    with pytest.raises(UnsupportedSyntaxError, match="this changes (what is in )?a set"):
        grad(f)(P)
    assert {"W", "b"} == SOME


def test_which_one_a_pop_gives_is_known():
    def f(p):
        names, s = {"W", "b", "c"}, 0.0
        while names:
            s = s * 2 + p[names.pop()] ** 2
        return s

    assert value_and_grad(f)(P)[0] == f(P)

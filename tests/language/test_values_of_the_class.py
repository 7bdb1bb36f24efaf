"""Attributes that instances have from their class until the program writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import value_and_grad

PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


class Total:
    total = 0

    def add(self, v):
        if v > 0:
            self.total += v


class Best(Total):
    best = None
    name = "none"

    def put(self, v):
        if v > 1:
            self.best, self.name = v, "some"


class Pair(Total):
    weight = 0.5
    first = None

    def __init__(self):
        self.second = 1.0

    def see(self, v):
        if v > 0:
            self.first = (v, self.weight)
            self.weight = v


@program
def added(x):
    o = Total()
    for v in x:
        o.add(v)
    return o.total * x[0]


@program
def inherited(x):
    o = Best()
    for v in x:
        o.add(v)
        o.put(v)
    found = o.best if o.best is not None else x[3]
    return o.total * x[0] + found * (2.0 if o.name == "some" else 3.0)


@program
def in_one_arm(x):
    o = Total()
    if x[0] > 0:
        o.total = x[1]
    return o.total * x[0] + Total.total


@program
def in_a_while(x):
    o, k = Total(), 0
    while k < 3:
        if x[k] > 0:
            o.total += x[k] * x[k]
        k += 1
    return o.total * x[0]


@program
def in_every_trip(x):
    o, k = Best(), 0
    while k < 3 and o.total < 2.0:
        o.total = o.total + x[k] * x[k]
        k += 1
    return o.total * x[0]


@program
def of_two_objects(x):
    a, b = Pair(), Pair()
    for v in x:
        a.see(v)
        b.see(-v)
    s = a.weight * b.weight * a.second
    if a.first is not None:
        s += a.first[0] * a.first[1]
    return s


@program
def made_in_the_arms(x):
    if x[0] > 0:
        o = Total()
        o.total = x[1]
    else:
        o = Total()
    o.add(x[2])
    return o.total * x[3]


@program
def in_a_try(x):
    o = Total()
    try:
        o.total = x[1] * [1.0][int(abs(x[0]))]
    except IndexError:
        pass
    return o.total * x[3]


KEPT = Total()
OWN = Total()
OWN.total = 5.0


def written_outside(x):
    for o in (KEPT, OWN):
        if x[0] > 0:
            o.total = x[1]
    return KEPT.total * x[2] + OWN.total * x[3]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("first", [1.3, -0.3, 0.3])
def test_gradient(f, first):
    x = np.array([first, -0.7, 2.1, 0.4])
    slopes = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(4)]
    value, x_bar = value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x.copy()), rtol=1e-14)
    np.testing.assert_allclose(x_bar, slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("first", [1.3, -0.3])
def test_objects_from_outside_keep_their_own(first):
    x = np.array([first, -0.7, 2.1, 0.4])

    def start():
        KEPT.__dict__.pop("total", None)
        OWN.total = 5.0

    start()
    expected = written_outside(x)
    start()
    value, x_bar = value_and_grad(written_outside)(x)
    assert value == expected
    assert ("total" in vars(KEPT)) is (first > 0)
    start()
    slopes = [0, x[2] + x[3], x[1], x[1]] if first > 0 else [0, 0, 0, 5.0]
    np.testing.assert_allclose(x_bar, slopes)

"""Tuples of numbers that are globals, defaults or arguments, indexed by what is computed."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from srcgrad import grad

NEXT = (2, 0, 1)
MIXED = (1, 2.5, 3)
PAIRS = ((0, 1), (1, 2), (2, 0))
MANY = tuple(int(i) for i in np.random.default_rng(0).permutation(300))
Order = namedtuple("Order", "first second third")
ORDER = Order(2, 0, 1)
PROGRAMS: list[Callable[..., Any]] = []


def program(f: Callable[..., Any]) -> Callable[..., Any]:
    PROGRAMS.append(f)
    return f


@program
def a_global(x):
    out = np.zeros(3)
    for i in range(len(x)):
        out[i] = x[NEXT[i]] * 2
    return np.sum(out * x)


@program
def a_default(x, after=(2, 0, 1)):
    out = np.zeros(3)
    for i in range(len(x)):
        j = after[i]
        if j > 1:
            out[j] = x[j] * 2
        else:
            out[j] += x[i] * x[j]
    return np.sum(out * x)


@program
def in_an_index_of_two(x):
    A = np.outer(x, x)
    s = 0.0
    for t in range(3):
        s += A[t, NEXT[t]] * A[t, NEXT[-t]]
    return s


@program
def ints_and_floats(x):
    out = np.zeros(3)
    for i in range(len(x)):
        out[i] += x[i] ** 2 * MIXED[i]
    return out.sum()


@program
def pairs(x):
    s = 0.0
    for i in range(len(x)):
        a, b = PAIRS[i]
        s += x[a] * x[b] ** PAIRS[i][0]
    return s


@program
def a_named_tuple(x):
    s = 0.0
    for i in range(len(x)):
        s += x[ORDER[i]] * x[i]
    return s


@program
def chosen_by_a_condition(x):
    i, s = 0, 0.0
    while s < 3:
        s += x[NEXT[i % 3]] * x[0]
        i += 1
    return s


def central(f, x):
    h = 1e-6
    return [(f(x + h * d) - f(x - h * d)) / (2 * h) for d in np.eye(len(x))]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradient(f):
    x = np.array([0.9, 0.5, 1.1])
    np.testing.assert_allclose(grad(f)(x), central(f, x), rtol=1e-7)


def test_an_argument():
    def f(x, after):
        out = np.zeros(3)
        for i in range(len(x)):
            out[i] = x[after[i]] * 2
        return np.sum(out * x)

    x = np.array([0.9, 0.5, 1.1])
    for after in ((2, 0, 1), (1, 1, 0)):
        np.testing.assert_allclose(grad(f)(x, after), central(lambda x: f(x, after), x))


def test_more_than_can_be_unrolled():
    def f(x):
        out = np.zeros(len(MANY))
        for i in range(len(x)):
            out[MANY[i]] = x[i] ** 2
        return np.sum(out * np.arange(len(MANY)))

    x = np.linspace(0.5, 1.5, len(MANY))
    np.testing.assert_allclose(grad(f)(x), 2 * x * np.array(MANY))


def test_beyond_its_end():
    def f(x):
        s = 0.0
        for i in range(len(x)):
            s += x[NEXT[i]]
        return s

    with pytest.raises(IndexError):
        grad(f)(np.ones(4))

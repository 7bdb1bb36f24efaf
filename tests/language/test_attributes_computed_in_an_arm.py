"""A ``cached_property`` read first in an arm or a trip, and attributes of a class that are no
numbers, and which an instance gets in an arm."""

from functools import cached_property

import numpy as np
import pytest

from tests.slopes import check_at

POINTS = np.array([0.31, -0.7, 1.2, 0.4]), np.array([-0.3, 0.9, 0.5, -0.45])


class Cached:
    def __init__(self, a):
        self.a = a
        self.computed = 0

    @cached_property
    def square(self):
        self.computed += 1
        return self.a**2

    @cached_property
    def items(self):
        self.computed += 1
        return [self.a, self.a * 2]


def read_in_an_arm(x):
    c, s = Cached(x[0]), 0.0
    if x[1] > 0:
        s += c.square
    s += c.square * x[2] + c.square
    return s * c.computed


def read_in_trips(x):
    c, s = Cached(x[0]), 0.0
    for v in x:
        if v > 0:
            s += c.square * v
        c.a = c.a + 1
    return s + c.computed + c.square


def changed_after_it_was_read(x):
    c, s = Cached(x[0]), 0.0
    if x[1] > 0:
        s += c.items[0]
        c.items.append(x[2])
    return s + len(c.items) * c.items[-1] + c.computed


def assigned_in_an_arm(x):
    c = Cached(x[0])
    if x[1] > 0:
        c.square = x[3]
    return c.square * x[2] + c.computed


def asked_for(x):
    c = Cached(x[0])
    if x[1] > 0:
        c.square
    there = 3.0 if hasattr(c, "square") else x[1]
    return there * getattr(c, "square", 9.0) * x[2] + c.computed


class Settings:
    weights = (1.0, 2.0)
    act = np.tanh
    nested = ((1.0, 2.0), "a")

    def __init__(self, a):
        self.a = a

    def result(self):
        return self.act(self.a) * self.weights[0] + self.weights[-1]


def tuples_of_a_class(x):
    c = Settings(x[0])
    if x[1] > 0:
        c.weights = (x[1], 3.0)
    else:
        c.nested = ((x[2], x[1]), "b")
    return c.result() * c.nested[0][0] * (2 if c.nested[1] == "a" else 3)


def of_other_lengths(x):
    c = Settings(x[0])
    for v in x:
        if v > 0:
            c.weights = (v, c.weights[0], 1.0)
    return c.result()


def functions_of_a_class(x):
    c = Settings(x[0])
    for v in x:
        if v > 0:
            c.act = lambda u: u * v
    return c.result() * c.act(x[1])


PROGRAMS = (
    *(read_in_an_arm, read_in_trips, changed_after_it_was_read, assigned_in_an_arm, asked_for),
    *(tuples_of_a_class, of_other_lengths, functions_of_a_class),
)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(f):
    check_at(f, *POINTS)
